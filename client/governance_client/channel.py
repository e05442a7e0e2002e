"""The channel: how a client reaches the server, trusting one authority and sending who it is over TLS only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc

from governance_client.bearing import BearingChannel

if TYPE_CHECKING:
    from governance_client.credentials import Credentials

MAX_RECEIVE_BYTES: Final = 4 << 20
"""Of one message. The server's frames and its pages of decisions have less."""
MAX_SEND_BYTES: Final = 4 << 20
"""Of one message. What the server takes in one frame is less, and its hello says so."""
KEEPALIVE_INTERVAL_MS: Final = 30_000
"""A dead peer is noticed within this and KEEPALIVE_TIMEOUT_MS, and no server is pinged more often than it permits."""
KEEPALIVE_TIMEOUT_MS: Final = 10_000
CONNECT_MS: Final = 10_000
"""How long one attempt to connect may take: TCP, TLS and the server's settings are four round trips, and a server that
five hundred come back to at once is slow to greet. As long as the server waits for a handshake. gRPC calls it
`min_reconnect_backoff`, but it is no wait: an attempt that fails sooner is followed by the next as told below."""
RECONNECT_FIRST_MS: Final = 250
"""gRPC's own wait before the second attempt to connect; it grows, with jitter, up to RECONNECT_MOST_MS."""
RECONNECT_MOST_MS: Final = 1_000
"""Below what sessions wait between their attempts: an attempt of theirs should not meet a channel that still waits."""
USER_AGENT: Final = "governance-client"


def connect(credentials: Credentials) -> grpc.aio.Channel:
    """Return a channel to the server. Connects when first used; the caller closes it.

    It trusts the credentials' certificate authority alone, for their server_name alone. A bearer token travels in the
    metadata of every call, and by TLS alone, since there is no other channel. The channel retries nothing: a stream's
    retries need its resume point, and a command's its request_id.
    """
    secured = _channel_credentials(credentials)
    channel = grpc.aio.secure_channel(credentials.server, secured, options=_options(credentials))
    return channel if credentials.token is None else BearingChannel(channel, credentials.token)


def _channel_credentials(credentials: Credentials) -> grpc.ChannelCredentials:
    authority = credentials.certificate_authority.encode()
    if credentials.client_certificate is not None and credentials.client_key is not None:
        return grpc.ssl_channel_credentials(
            authority, credentials.client_key.encode(), credentials.client_certificate.encode()
        )
    assert credentials.token is not None, "Credentials hold a token or a client certificate"
    return grpc.ssl_channel_credentials(authority)


def _options(credentials: Credentials) -> list[tuple[str, str | int]]:
    return [
        ("grpc.ssl_target_name_override", credentials.server_name),
        ("grpc.primary_user_agent", USER_AGENT),
        ("grpc.max_receive_message_length", MAX_RECEIVE_BYTES),
        ("grpc.max_send_message_length", MAX_SEND_BYTES),
        ("grpc.keepalive_time_ms", KEEPALIVE_INTERVAL_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 0),
        # gRPC pings for measures of its own, too, and sends no keepalive while one of those is under way; it would
        # wait a minute for that one
        ("grpc.http2.ping_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        ("grpc.initial_reconnect_backoff_ms", RECONNECT_FIRST_MS),
        ("grpc.min_reconnect_backoff_ms", CONNECT_MS),
        ("grpc.max_reconnect_backoff_ms", RECONNECT_MOST_MS),
        ("grpc.enable_retries", 0),
        ("grpc.service_config_disable_resolution", 1),
        # the credentials file says where to go; a proxy that the environment names does not
        ("grpc.enable_http_proxy", 0),
    ]

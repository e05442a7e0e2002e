"""Limits: what one caller, one connection and the server as a whole may take up, each with where its number is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

KIB: Final = 1024
MIB: Final = 1024 * KIB
MAX_PROPOSAL_BYTES: Final = 256 * KIB
"""Largest proposal, so that the largest decision fits a frame many times over; the contract says so, too."""
MAX_ANSWER_BYTES: Final = 144 * KIB
"""Largest answer of core to a question: one exhibit in full and more. A decision holds eight, and fits a message."""
MAX_MODIFICATION_BYTES: Final = 16 * KIB
"""Largest modified action, for the same reason."""
MAX_PAGE_BYTES: Final = 2 * MIB
"""A page of decisions is made shorter until it is no larger: half of what gRPC's clients take by default."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds in force. `docs/operations.md` has them as a table; a test holds the two together.

    Attributes:
        max_frame_bytes: Largest message taken; a larger one ends its call with RESOURCE_EXHAUSTED. gRPC's own default.
        max_commands_per_frame: As the contract's `max_items` says.
        max_connections: Open connections of each listener, also those of strangers, who can hold one for
            `handshake_timeout_s` without saying anything: twice as many as streams. One more is closed at once.
        max_streams: Open streams in all: 500 sessions, five times the 100 operators that were asked for, and as many
            again, since whoever lost its connection unseen comes back before the server lets go of the stream it had.
        max_streams_per_caller: Open streams of one credential: a console, a board, a script, and what hangs of them.
        max_streams_per_connection: Calls under way on one connection; HTTP/2's usual bound.
        progress_interval_s: An idle stream hears from the server this often; a tenth of the shortest SLA's warning
            margin is far more.
        hello_timeout_s: A stream that has not said hello by then is ended.
        write_timeout_s: A stream whose client takes nothing for this long is ended. Whoever takes half a
            MiB, a frame of changes, needs 9 KiB a second for it.
        keepalive_time_s: The server pings a silent connection after this long, and
        keepalive_timeout_s: drops it when the ping is not answered within this.
        min_ping_interval_s: A client that pings more often than this is sent away (GOAWAY, too_many_pings).
        handshake_timeout_s: A connection whose TLS handshake takes longer is dropped.
        idle_connection_s: A connection without a call for this long is ended; clients connect anew when they call.
            Who calls is asked with each call, so that strangers could keep such connections as long as they like.
        credential_cache_s: A credential is read anew from the ledger after this long: how late a revocation may be.
        stop_grace_s: A stop waits this long for streams and calls to end; below the 10 s that were asked for.
    """

    max_frame_bytes: int = 4 * MIB
    max_commands_per_frame: int = 1024
    max_connections: int = 2000
    max_streams: int = 1000
    max_streams_per_caller: int = 16
    max_streams_per_connection: int = 100
    progress_interval_s: float = 5.0
    hello_timeout_s: float = 10.0
    write_timeout_s: float = 60.0
    keepalive_time_s: float = 30.0
    keepalive_timeout_s: float = 10.0
    min_ping_interval_s: float = 10.0
    handshake_timeout_s: float = 10.0
    idle_connection_s: float = 300.0
    credential_cache_s: float = 2.0
    stop_grace_s: float = 5.0


def channel_options(limits: Limits) -> Sequence[tuple[str, int]]:
    """Return the limits that gRPC itself keeps, as channel arguments of the server."""
    return (
        ("grpc.max_receive_message_length", limits.max_frame_bytes),
        ("grpc.max_concurrent_streams", limits.max_streams_per_connection),
        ("grpc.max_allowed_incoming_connections", limits.max_connections),
        ("grpc.keepalive_time_ms", _ms(limits.keepalive_time_s)),
        ("grpc.keepalive_timeout_ms", _ms(limits.keepalive_timeout_s)),
        ("grpc.keepalive_permit_without_calls", 1),
        # gRPC pings for measures of its own, too, and sends no keepalive while one of those is under way; it would wait
        # a minute for that one.
        ("grpc.http2.ping_timeout_ms", _ms(limits.keepalive_timeout_s)),
        ("grpc.http2.min_ping_interval_without_data_ms", _ms(limits.min_ping_interval_s)),
        ("grpc.http2.max_ping_strikes", 2),
        ("grpc.max_connection_idle_ms", _ms(limits.idle_connection_s)),
        ("grpc.server_handshake_timeout_ms", _ms(limits.handshake_timeout_s)),
        # Two servers on one port would share its callers between them; the second has to fail instead.
        ("grpc.so_reuseport", 0),
    )


def _ms(seconds: float) -> int:
    return int(seconds * 1000)

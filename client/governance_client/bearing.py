"""Bearing: a channel every call of which carries the bearer token.

gRPC has call credentials for that, which are plugins. A channel that is closed waits for gRPC's own threads, with
Python's lock held, and a thread that lets go of a plugin waits for that lock: the process stands still for ever
(grpc/grpc pull request 42247). Metadata needs no plugin. What plugins assure, that a token travels by TLS alone, the
channel beneath has to: it is made by `channel.connect`, and is a secure one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import grpc

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_AUTHORIZATION: Final = "authorization"


class BearingChannel(grpc.aio.Channel):
    """A channel that adds the token to the metadata of every call, and is the channel beneath in all else."""

    def __init__(self, beneath: grpc.aio.Channel, token: str) -> None:
        """Take over a channel.

        Args:
            beneath: A secure channel; closed with this one.
            token: The bearer token.
        """
        self._beneath = beneath
        self._token: Final = ((_AUTHORIZATION, f"Bearer {token}"),)

    def __repr__(self) -> str:
        """Return what it is, without the token."""
        return f"BearingChannel({self._beneath!r})"

    async def __aenter__(self) -> Self:
        """Return the channel; it is closed when the block ends."""
        await self._beneath.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        """Close the channel, and cancel what is under way."""
        return await self._beneath.__aexit__(kind, error, traceback)

    async def close(self, grace: float | None = None) -> None:
        """Close the channel; what is under way may end within the grace, in seconds, and is cancelled then."""
        await self._beneath.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Return the connection's state."""
        return self._beneath.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Return once the connection's state is another one."""
        await self._beneath.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Return once the channel is connected."""
        await self._beneath.channel_ready()

    def unary_unary(self, *arguments: Any, **options: Any) -> Any:
        """Return what makes calls of one request and one response."""
        return _Bearing(self._beneath.unary_unary(*arguments, **options), self._token)

    def unary_stream(self, *arguments: Any, **options: Any) -> Any:
        """Return what makes calls of one request and many responses."""
        return _Bearing(self._beneath.unary_stream(*arguments, **options), self._token)

    def stream_unary(self, *arguments: Any, **options: Any) -> Any:
        """Return what makes calls of many requests and one response."""
        return _Bearing(self._beneath.stream_unary(*arguments, **options), self._token)

    def stream_stream(self, *arguments: Any, **options: Any) -> Any:
        """Return what makes calls of many requests and many responses."""
        return _Bearing(self._beneath.stream_stream(*arguments, **options), self._token)


class _Bearing:
    """Makes calls as what it stands for does, with the token."""

    def __init__(self, call: Any, token: tuple[tuple[str, str]]) -> None:
        self._call = call
        self._token = token

    def __call__(self, *arguments: Any, metadata: Any = None, **options: Any) -> Any:
        return self._call(*arguments, metadata=(*(metadata or ()), *self._token), **options)

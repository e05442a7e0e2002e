"""What every verb has at hand: who we are, the channel, and whether a person or a program reads."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import grpc

from governance_client import credentials as credentials_file
from governance_client.channel import connect
from governance_client.cli.clock import CLOCK
from governance_client.errors import from_rpc_error

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import AsyncIterator, Awaitable

    from governance_client.credentials import Credentials

_T = TypeVar("_T")
CALL_TIMEOUT_S: Final = 20.0
"""For one answer of the server; a person waits no longer, and a script has to be told."""


class Context:
    """One invocation.

    Attributes:
        json: A program reads.
        language: The language that was asked for on the command line; empty where none was.
    """

    def __init__(self, arguments: Namespace) -> None:
        self.json = bool(arguments.json)
        self.language: str = arguments.lang or ""
        self._arguments = arguments

    def credentials(self) -> Credentials:
        """Return the credentials that were named. Raises CredentialsError."""
        path = credentials_file.find(self._arguments.credentials, os.environ)
        return credentials_file.Credentials.load(path, self._arguments.server)

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[grpc.aio.Channel]:
        """Open a channel for as long as the block lasts."""
        channel = connect(self.credentials())
        try:
            yield channel
        finally:
            await channel.close(None)


async def answer(call: Awaitable[_T]) -> _T:
    """Await a call. Raises the ClientError that its status means."""
    try:
        response = await call
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from None
    CLOCK.note(response)
    return response

"""Real local destinations of notifications: a web service and a mail server, both on a free port of 127.0.0.1."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, Envelope, Session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from email.message import EmailMessage

PATIENCE_S = 30.0


class WebService:
    """A web service that takes JSON.

    Attributes:
        port: Where it listens; a service that was closed and opened again keeps it.
        status: What it answers with; 0 for never answering.
        taken: The bodies it answered 200 to.
        refused: The statuses of the requests that it answered otherwise, or 0 for those it left waiting.
    """

    def __init__(self) -> None:
        self.port = 0
        self.status = 200
        self.taken: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.refused: asyncio.Queue[int] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self._closing = asyncio.Event()

    async def open(self) -> None:
        """Listen."""
        self._closing.clear()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listen no more: whoever connects is refused."""
        assert self._server is not None
        self._closing.set()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = json.loads(await reader.readexactly(int(length.partition(b":")[2])))
        if self.status == 200:
            self.taken.put_nowait(body)
        else:
            self.refused.put_nowait(self.status)
        if self.status == 0:
            await self._closing.wait()
        else:
            writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % self.status)
        writer.close()

    async def next(self) -> dict[str, Any]:
        """Return the next body it took."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.taken.get()

    async def next_refused(self) -> int:
        """Return the status of the next request it did not take."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.refused.get()


@asynccontextmanager
async def web_service() -> AsyncIterator[WebService]:
    """A web service that is open when the block begins."""
    service = WebService()
    await service.open()
    try:
        yield service
    finally:
        await service.close()


class MailServer:
    """A mail server that takes everything, without TLS and passwords.

    Attributes:
        port: Where it listens.
        refusing: Answer every message with a permanent error.
        taken: The mails it took.
    """

    def __init__(self) -> None:
        self.port = 0
        self.refusing = False
        self.taken: asyncio.Queue[EmailMessage] = asyncio.Queue()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        if self.refusing:
            return "554 not today"
        assert isinstance(envelope.content, bytes)
        self.taken.put_nowait(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"

    async def next(self) -> EmailMessage:
        """Return the next mail it took."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.taken.get()


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """A mail server that is open while the block lasts."""
    mail = MailServer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mail, hostname="localhost", loop=loop), "127.0.0.1", 0)
    mail.port = server.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        server.close()
        await server.wait_closed()

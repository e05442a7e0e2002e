"""Requesting: HTTP/1.1 to a server on this machine, no more than a benchmark's load needs, so that it costs little.

The usual clients take longer for a request than the server that they ask.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

HERE = "127.0.0.1"
_REFUSED = 300
_END = b"\r\n"


class Requests:
    """Requests to one port; connections are kept and used again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, method: str, path: str, body: Any = None) -> bytes:
        """Send a request, its body as JSON, and return the answer's.

        Raises:
            OSError: Nobody answers.
            asyncio.IncompleteReadError: The answer broke off.
            ValueError: The answer is that it was not done; the message has it.
        """
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection(HERE, self._port)
        data = b"" if body is None else json.dumps(body).encode()
        kind = "content-type: application/json\r\n" if data else ""
        head = f"{method} {path} HTTP/1.1\r\nhost: {HERE}\r\n{kind}content-length: {len(data)}\r\n\r\n"
        try:
            writer.write(head.encode() + data)
            status, answer = await _answer(reader)
        except BaseException:
            writer.close()
            raise
        self._idle.append((reader, writer))
        if status >= _REFUSED:
            raise ValueError(f"{method} {path} was answered with {status}: {answer[:300].decode(errors='replace')}")
        return answer

    def close(self) -> None:
        """Close the connections."""
        for _, writer in self._idle:
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return an answer's status and body, whose length is either said before or told by the chunk."""
    first, *lines = (await reader.readuntil(_END * 2)).decode("latin-1").splitlines()
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status = int(first.split()[1])
    if "transfer-encoding" not in headers:
        return status, await reader.readexactly(int(headers.get("content-length", "0")))
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(len(_END))
    await reader.readexactly(len(_END))
    return status, b"".join(parts)

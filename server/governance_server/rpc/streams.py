"""The two channels, Propose and Operate: one protocol, told in `proto/README.md`.

Theory of operation. One task reads frames and brings their commands before the governor; the handler's own task writes
whatever has gathered since its last write ended. Neither waits for the other but through the session: a reader that
brings more than the session may have unanswered waits, its stream fills, and HTTP/2 holds the client back. The two
services' frames have the same layout, so that their bytes are made in one place.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import grpc
import structlog

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.moment import SECOND_US, duration, timestamp
from governance_server.engine.frames import halt_items, length_delimited
from governance_server.engine.ports import StoreError
from governance_server.engine.session import NEWS_BYTES, Session
from governance_server.errors import FailedPrecondition, Fault, FieldViolation, InvalidArgument, Unavailable
from governance_server.rpc import validation
from governance_server.rpc.authentication import Standing
from governance_server.rpc.outlet import ClientGoneError, Outlet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance_server.engine.bulletin import Copy, News
    from governance_server.rpc.edge import Edge
    from governance_server.rpc.handlers import Context
    from governance_server.rpc.identity import Principal

log = structlog.get_logger(__name__)

ENVELOPE: Final = v1.OperateResponse.ENVELOPE_FIELD_NUMBER
HELLO: Final = v1.OperateResponse.HELLO_FIELD_NUMBER
NEWS: Final = v1.OperateResponse.NEWS_FIELD_NUMBER
PROGRESS: Final = v1.OperateResponse.PROGRESS_FIELD_NUMBER
GOODBYE: Final = v1.OperateResponse.GOODBYE_FIELD_NUMBER
PRESSURE: Final = v1.CoreNews.PRESSURE_FIELD_NUMBER
CONSOLE_RULES: Final = v1.OperatorNews.CONSOLE_RULES_FIELD_NUMBER
RECEIPTS_BYTES: Final = 1024 * 1024
"""Receipts in a frame stop growing here. A refusal carries the decision as it stands, so that the answers to one frame
can be hundreds of times as large as it was."""
TOGETHER_BYTES: Final = RECEIPTS_BYTES + NEWS_BYTES
"""Receipts and changes that are more than this come in frames of their own: the largest decision fits gRPC's 4 MiB
once, and not as a change beside a refusal that carries it, too."""
RETRY_AFTER_US: Final = SECOND_US
"""When a client is told to come back after a stop: a restart takes about that long."""

FRESH_US: Final = 10_000
"""So long a frame is handed to one session after the other; it tells the server's time, which clients set theirs by."""


class Channel(NamedTuple):
    """What tells Propose from Operate.

    Attributes:
        request: The frame that comes up.
        own_decisions_only: The caller follows its own decisions alone.
        instance_required: The hello has to name an instance.
    """

    request: type[v1.ProposeRequest | v1.OperateRequest]
    own_decisions_only: bool
    instance_required: bool


PROPOSE: Final = Channel(v1.ProposeRequest, own_decisions_only=True, instance_required=True)
OPERATE: Final = Channel(v1.OperateRequest, own_decisions_only=False, instance_required=False)


class Stream:
    """One open channel."""

    def __init__(self, edge: Edge, channel: Channel, context: Context, principal: Principal) -> None:
        self._edge = edge
        self._channel = channel
        self._context = context
        self._principal = principal
        self._outlet = Outlet(context, edge.limits.write_timeout_s)
        self._told_us = 0
        self._reader_ended = False
        self._credential_ended = False
        interval_s = edge.limits.progress_interval_s
        self._standing = Standing(edge.authenticator, edge.clock, context, principal, interval_s)

    async def serve(self) -> None:
        """Serve the channel to its end.

        Raises:
            Fault: The client broke the protocol, or the server cannot go on.
        """
        with self._edge.connections.greeting(self._principal):
            hello = await self._read_hello()
        core = self._principal.actor.name if self._channel.own_decisions_only else ""
        end = await known_head(self._edge, hello.offset)
        session = Session(
            self._edge.store,
            self._edge.governor,
            core=core,
            offset=hello.offset,
            known_head=end,
            bulletins=self._edge.bulletins,
        )
        name = self._edge.entropy.token(8).hex()
        facts = log.bind(session=name, caller=self._principal.actor.name)
        try:
            with self._edge.connections.hold(session, self._principal, acts=True), self._outlet:
                await self._outlet.send(self._hello_frame(session, name))
                facts.info("session began", client=hello.client, instance=hello.instance, offset=hello.offset)
                async with asyncio.TaskGroup() as tasks:
                    reader = tasks.create_task(self._read(session))
                    ended = await self._write_to_the_end(session)
                    reader.cancel()
                if ended is not None:
                    raise ended
        finally:
            session.close()
            facts.info("session ended", offset=session.cursor)

    async def _read_hello(self) -> v1.ClientHello:
        try:
            async with asyncio.timeout(self._edge.limits.hello_timeout_s):
                data = await self._context.read()
        except TimeoutError:
            # not the client's fault, perhaps: it comes back, as after any line that failed
            message = "The stream's first frame, a hello, did not come in time. Connect again."
            raise Unavailable(v1.ERROR_REASON_CLIENT_TOO_SLOW, message) from None
        if data is grpc.aio.EOF:
            raise _hello_expected("The stream ended before its first frame, which has to be a hello.")
        frame = self._frame(data)
        if frame.WhichOneof("frame") != "hello":
            raise _hello_expected("The stream's first frame has to be a hello.")
        hello = frame.hello
        if self._channel.instance_required and not hello.instance:
            raise InvalidArgument(
                v1.ERROR_REASON_FIELD_INVALID,
                "A core has to say which instance of it this is.",
                field_violations=[FieldViolation("hello.instance", "is required")],
            )
        check_ledger(self._edge, hello.offset, hello.ledger_id)
        return hello

    def _frame(self, data: Any) -> v1.ProposeRequest | v1.OperateRequest:
        frame = validation.parse(self._channel.request, data)
        validation.validate(frame)
        return frame

    async def _read(self, session: Session) -> None:
        """Bring what the client sends before the governor, until it ends or breaks the protocol."""
        read, stopping = self._context.read, self._edge.stopping
        try:
            while (data := await read()) is not grpc.aio.EOF:
                # The writer looks, too, but a client that does not read keeps it from it.
                if self._standing.is_due:
                    await self._check_credential()
                if self._credential_ended or stopping.is_set():
                    # Not acknowledged, so the client sends it again to whoever serves next.
                    break
                await self._take(session, self._frame(data), len(data))
        except Fault as fault:
            session.end(fault)
        except StoreError as error:
            session.end(Unavailable(v1.ERROR_REASON_LEDGER_UNAVAILABLE, f"{error} Ask again when the server is back."))
        self._reader_ended = True
        session.wake()

    async def _take(self, session: Session, frame: v1.ProposeRequest | v1.OperateRequest, size: int) -> None:
        kind = frame.WhichOneof("frame")
        if kind == "hello":
            raise _hello_expected("Only the stream's first frame may be a hello.")
        if kind is None:
            await session.refuse(_from_the_future(frame.sequence))
            return
        commands: Sequence[v1.CoreCommand | v1.OperatorCommand] = frame.commands.commands
        actor = self._principal.actor
        brought = [Command(actor, command) for command in commands]
        await session.bring(brought, frame.sequence, size)

    async def _write_to_the_end(self, session: Session) -> Fault | StoreError | ClientGoneError | None:
        """Write until the stream has to end; return what it has to end with, None for OK."""
        try:
            await self._write(session)
        except (Fault, StoreError, ClientGoneError) as error:
            return error
        return None

    async def _write(self, session: Session) -> None:
        """Write what there is to tell, until there is a reason to end."""
        timeout_s = 0.0  # The first frame after the hello tells where the client stands, even if nothing is there.
        interval_s, send = self._edge.limits.progress_interval_s, self._outlet.send
        while True:
            news = await session.news(timeout_s)
            timeout_s = interval_s
            if news.copy is not None and news.changes:
                await send(self._shared_frame(news, news.copy))
            else:
                for frame in self._news_frames(news):
                    await send(frame)
            reason = await self._reason_to_end(session)
            if reason is not None:
                goodbye = v1.Goodbye(reason=reason, retry_after=duration(RETRY_AFTER_US))
                await send(self._frame_bytes(news.offset, GOODBYE, goodbye.SerializeToString()))
                return
            if self._reader_ended and session.settled:
                return

    async def _reason_to_end(self, session: Session) -> v1.GoodbyeReason.ValueType | None:
        if self._edge.stopping.is_set():
            return v1.GOODBYE_REASON_STOPPING if session.settled else None
        if self._standing.is_due:
            await self._check_credential()
        return v1.GOODBYE_REASON_CREDENTIAL_ENDED if self._credential_ended else None

    async def _check_credential(self) -> None:
        """Look at the credential again where it is time to. Once ended, it stays so.

        Raises:
            StoreError: It cannot be read.
        """
        try:
            await self._standing.assure()
        except Fault:
            self._credential_ended = True

    def _hello_frame(self, session: Session, name: str) -> bytes:
        limits = self._edge.limits
        hello = v1.ServerHello(
            session_id=name,
            you=self._principal.actor,
            server_version=self._edge.version,
            ledger_id=self._edge.ledger_id,
            offset=session.cursor,
            head_offset=max(self._edge.governor.tails.head, session.cursor),
            snapshot=session.snapshot,
            halts=self._edge.governor.house.halts.values(),
            console_rules=None if self._channel.own_decisions_only else session.console_rules,
            limits=v1.SessionLimits(
                max_frame_bytes=limits.max_frame_bytes,
                max_commands_per_frame=limits.max_commands_per_frame,
                progress_interval=duration(int(limits.progress_interval_s * SECOND_US)),
            ),
        )
        return self._frame_bytes(session.cursor, HELLO, hello.SerializeToString())

    def _news_frames(self, news: News) -> Iterator[bytes]:
        """Yield what there is to tell: one frame, and more where it is too many bytes for one.

        The changes are in the first, so that nobody has a receipt before the change that it is for.
        """
        if news.idle:
            yield self._frame_bytes(news.offset, PROGRESS, self._progress().SerializeToString())
            return
        receipts = _receipt_parts(news.receipts)
        asked = _part(PRESSURE, news.pressure) + _part(CONSOLE_RULES, news.console_rules)
        told = b"".join((*news.changes, halt_items(news.halts), asked))
        answers = next(receipts, b"")
        if answers and len(told) + len(answers) > TOGETHER_BYTES:
            yield self._frame_bytes(news.offset, NEWS, told)
            told = b""
        yield self._frame_bytes(news.offset, NEWS, answers + told)
        for part in receipts:
            yield self._frame_bytes(news.offset, NEWS, part)

    def _shared_frame(self, news: News, copy: Copy) -> bytes:
        """Return the frame of news that other sessions are told, too: the one that was made for the first of them."""
        made_at_us = copy.made_at_us
        # The server's clock does not go back before anybody's eyes.
        if made_at_us < self._told_us or self._edge.clock.now_us() - made_at_us > FRESH_US:
            copy.frame = self._frame_bytes(news.offset, NEWS, b"".join(news.changes))
            copy.made_at_us = self._told_us
        else:
            self._told_us = made_at_us
        return copy.frame

    def _progress(self) -> v1.Progress:
        """Return what an idle stream is told: to core, how much waits."""
        return v1.Progress(pressure=self._edge.governor.pressure if self._channel.own_decisions_only else None)

    def _frame_bytes(self, offset: int, kind: int, content: bytes) -> bytes:
        self._told_us = self._edge.clock.now_us()
        envelope = v1.Envelope(offset=offset, server_time=timestamp(self._told_us))
        return length_delimited(ENVELOPE, envelope.SerializeToString()) + length_delimited(kind, content)


def _receipt_parts(receipts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the items of a frame's receipts, so many at a time as stay below RECEIPTS_BYTES, at least one."""
    gathered: list[bytes] = []
    size = 0
    for item in receipts:
        if gathered and size + len(item) > RECEIPTS_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
        gathered.append(item)
        size += len(item)
    if gathered:
        yield b"".join(gathered)


def _part(number: int, message: v1.Pressure | v1.ConsoleRules | None) -> bytes:
    """Return a message as a field of a frame's news; nothing where there is none."""
    return b"" if message is None else length_delimited(number, message.SerializeToString())


async def known_head(edge: Edge, offset: int) -> int:
    """Return how far the ledger reaches, read anew where an offset lies beyond what the governor knows.

    Another process, such as `governance-server operator add`, may have appended since; the governor takes that over
    with its next batch, and a caller may have read it before. Raises StoreError where the ledger cannot be read.
    """
    head = edge.governor.tails.head
    return head if offset <= head else (await edge.store.head()).offset


def check_ledger(edge: Edge, offset: int, ledger_id: str) -> None:
    """Let an offset pass that was read from this ledger.

    Raises:
        FailedPrecondition: It was read from another one.
    """
    if offset and ledger_id and ledger_id != edge.ledger_id:
        raise FailedPrecondition(
            v1.ERROR_REASON_OFFSET_UNKNOWN,
            "The offset was read from another ledger than this server's. Find out why before starting from 0.",
        )


def _hello_expected(message: str) -> FailedPrecondition:
    return FailedPrecondition(v1.ERROR_REASON_HELLO_EXPECTED, f"{message} See proto/README.md for the handshake.")


def _from_the_future(sequence: int) -> v1.Receipt:
    return v1.Receipt(
        sequence=sequence,
        refused=v1.Refusal(
            reason=v1.REFUSAL_REASON_UNKNOWN_COMMAND,
            message=f"Frame {sequence} holds nothing that this server knows; it changed nothing. The client is newer.",
        ),
    )

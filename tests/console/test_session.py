"""The operator's session: hello, resume, commands across cuts, and what ends it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import pytest

from governance import v1
from governance_client.errors import NotLetInError, UnreachableError
from governance_client.operator import (
    DisconnectedError,
    Link,
    OperatorSession,
    OutcomeUnknownError,
    SessionSettings,
)
from tests.console.examples import change, decision
from tests.console.scripted_server import CREDENTIALS, LEDGER, ScriptedServer, accept, dialler, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

QUICK = SessionSettings(backoff_first_s=0.01, backoff_most_s=0.05)


@pytest.fixture
async def script() -> AsyncIterator[ScriptedServer]:
    async with serving(ScriptedServer()) as served:
        yield served


def _session(script: ScriptedServer, settings: SessionSettings = QUICK) -> OperatorSession:
    return OperatorSession(CREDENTIALS, settings, dial=dialler(script))


async def _until(session: OperatorSession, link: Link) -> None:
    while session.link is not link:
        await session.news()


async def test_snapshot_then_changes(script: ScriptedServer) -> None:
    """A new session is told all that is open at once, and then what changes."""
    script.open = [decision("aaaaaaaa"), decision("bbbbbbbb")]
    async with _session(script) as session:
        news = await session.news()
        while not news.snapshot:
            news = await session.news()
        assert {each.after.decision_id for each in news.updates} == {"aaaaaaaa", "bbbbbbbb"}
        script.send(change(decision("cccccccc", offset=11), "decision_proposed"))
        later = await session.news()
        assert [each.after.decision_id for each in later.updates] == ["cccccccc"]
        assert session.you.name == "alice"


async def test_resume_from_offset(script: ScriptedServer) -> None:
    """After a cut the session says where it left off, and keeps what it knew."""
    script.open = [decision("aaaaaaaa")]
    async with _session(script) as session:
        await script.until_hellos(1)
        script.send(change(decision("bbbbbbbb", offset=12)))
        while session.replica.offset < 12:
            await session.news()
        script.cut()
        await script.until_hellos(2)
        assert (script.hellos[1].offset, script.hellos[1].ledger_id) == (12, LEDGER)
        await _until(session, Link.UP)
        assert {each.decision_id for each in session.replica.open()} == {"aaaaaaaa", "bbbbbbbb"}


async def test_receipt_of_a_command(script: ScriptedServer) -> None:
    """A command returns its own receipt, and the verdict names the digest it was given."""
    async with _session(script) as session:
        receipt = await session.approve("aaaaaaaa", b"d" * 32, "fine")
    assert receipt.accepted.offset == 99
    assert script.commands[0].verdict.action_digest == b"d" * 32


async def test_command_in_flight_survives_a_cut(script: ScriptedServer) -> None:
    """A command without a receipt when the stream is cut is sent again under the same request id, and answered."""
    script.answer = lambda _: None
    async with _session(script) as session:
        waiting = asyncio.create_task(session.claim("aaaaaaaa"))
        await script.until_commands(1)
        script.answer = accept
        script.cut()
        receipt = await waiting
    assert receipt.WhichOneof("result") == "accepted"
    assert len({command.request_id for command in script.commands}) == 1
    assert len(script.commands) == 2


async def test_no_command_while_disconnected(script: ScriptedServer) -> None:
    """Without a connection a command fails at once, and is not sent later either."""
    settings = SessionSettings(backoff_first_s=30, backoff_most_s=30)
    async with _session(script, settings) as session:
        script.cut()
        await _until(session, Link.DOWN)
        with pytest.raises(DisconnectedError, match="nothing changed"):
            await session.claim("aaaaaaaa")
    assert script.commands == []


async def test_no_receipt_in_time(script: ScriptedServer) -> None:
    """A command whose receipt does not come says that it may have counted, and which decision to look at."""
    script.answer = lambda _: None
    async with _session(script, SessionSettings(receipt_s=0.05)) as session:
        with pytest.raises(OutcomeUnknownError, match="show aaaaaaaa"):
            await session.claim("aaaaaaaa")


async def test_command_given_up_is_not_sent_again(script: ScriptedServer) -> None:
    """A command that was given up is not sent again after a cut: it would count when nobody expects it."""
    script.answer = lambda _: None
    async with _session(script, SessionSettings(receipt_s=0.05, backoff_first_s=0.01)) as session:
        with pytest.raises(OutcomeUnknownError):
            await session.claim("aaaaaaaa")
        script.answer = accept
        script.cut()
        await script.until_hellos(2)
        await _until(session, Link.UP)
        await session.release("aaaaaaaa")
    assert [command.WhichOneof("command") for command in script.commands] == ["claim", "release"]


async def test_credential_that_ends(script: ScriptedServer) -> None:
    """A credential that is no longer good ends the session; it is not tried again and again."""
    async with _session(script) as session:
        script.refuse(grpc.StatusCode.UNAUTHENTICATED, "the credential was revoked")
        script.cut()
        await _until(session, Link.ENDED)
        assert "revoked" in session.why


async def test_not_let_in_at_first(script: ScriptedServer) -> None:
    """Who is not let in is told so when the session is opened."""
    script.refuse(grpc.StatusCode.UNAUTHENTICATED, "unknown credential")
    with pytest.raises(NotLetInError):
        await _session(script).__aenter__()


async def test_no_server() -> None:
    """Where no server answers, opening a session says so."""
    script = ScriptedServer()
    script.port = 1
    with pytest.raises(UnreachableError):
        await _session(script).__aenter__()


async def test_frame_from_the_future(script: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    """A frame this version does not know is logged and left out, resume point included; the session goes on."""
    async with _session(script) as session:
        await script.until_hellos(1)
        script.send_frame(v1.OperateResponse(envelope=v1.Envelope(offset=500)))
        script.send(change(decision("cccccccc", offset=11)))
        while session.replica.get("cccccccc") is None:
            await session.news()
        assert session.replica.offset == 11
    assert "does not know" in caplog.text


async def test_rules_of_the_policy(script: ScriptedServer) -> None:
    """What the policy asks of consoles is what the server said last, in its hello or since."""
    script.rules = v1.ConsoleRules(batch_decisions=7)
    async with _session(script) as session:
        await script.until_hellos(1)
        assert session.rules.batch_decisions == 7
        await session.news()
        script.send_frame(v1.OperateResponse(news=v1.OperatorNews(console_rules=v1.ConsoleRules(batch_decisions=8))))
        while session.rules.batch_decisions != 8:
            await session.news()
        script.rules = v1.ConsoleRules(batch_decisions=9)
        script.cut()
        await script.until_hellos(2)
        await _until(session, Link.UP)
        assert session.rules.batch_decisions == 9

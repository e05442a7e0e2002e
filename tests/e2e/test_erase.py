"""Personal data is erased beside a running server, with every trace in its files, and every proof still holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from governance import v1
from tests.support.messages import acceptance, approval, proposal, rejection
from tests.support.server import ServerProcess, run_server_command
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "mary.canary@example.com"
WHY = ("--reason", "Article 17", "--requested-by", "ticket 4711")
OTHERS = 30


def personal(number: int) -> v1.Proposal:
    """Propose about somebody who can be found again in the file, with more text than fits a page."""
    made = proposal(number)
    made.action.parameters["account"] = CANARY
    made.assets[0].name = f"{CANARY}-laptop"
    made.evidence.reasoning = f"{CANARY} {'did this and that ' * 500}"
    made.metadata["mailbox"] = CANARY
    return made


def traces(directory: Path) -> list[str]:
    """Return the files of a ledger that have the canary anywhere in them."""
    return [path.name for path in directory.glob("ledger.db*") if CANARY.encode() in path.read_bytes()]


def head_of(directory: Path) -> int:
    """Return where a ledger ends."""
    with closing(sqlite3.connect(directory / "ledger.db")) as connection:
        return int(connection.execute("SELECT offset FROM head").fetchone()[0])


async def live(server: ServerProcess) -> str:
    """Have one decision about the canary rejected and one approved, each noted upon; return the ledger's name."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    async with propose_stream(core) as up, operate_stream(operator) as down:
        for number in range(OTHERS):
            await up.answer(v1.CoreCommand(proposal=personal(number) if number in {3, 7, 9} else proposal(number)))
        await down.until(lambda wire: len(wire.replica) == OTHERS)
        for number in (3, 7):
            for turn in range(5):
                note = v1.OperatorCommand(request_id=f"note-{number}-{turn}")
                note.add_note.decision_id, note.add_note.text = f"decision-{number:06d}", f"{CANARY} called, {turn}"
                assert (await down.answer(note)).HasField("accepted")
        three, seven = (down.replica[f"decision-{number:06d}"] for number in (3, 7))
        assert (await down.answer(rejection(three, reason=f"I know {CANARY}."))).HasField("accepted")
        assert (await down.answer(approval(seven))).HasField("accepted")
        await up.until(lambda wire: wire.replica["decision-000007"].HasField("order"))
        assert (await up.answer(acceptance(up.replica["decision-000007"]))).HasField("accepted")
        return up.hello.ledger_id


async def test_no_trace_is_left(server: ServerProcess) -> None:
    """Beside a running server: nothing of it is in the ledger, its log, its index and their free pages afterwards."""
    await live(server)
    assert "ledger.db-wal" in traces(server.directory) or "ledger.db" in traces(server.directory)
    open_still = run_server_command("erase", str(server.directory), "decision-000009", *WHY, status=1)
    assert "Decision decision-000009 is open" in open_still.stderr
    reported = server.directory / "credentials" / "maximus.toml"
    async with propose_stream(reported) as up:
        await up.until(lambda wire: "decision-000007" in wire.replica)
        order_id = up.replica["decision-000007"].order.order_id
        report = v1.CoreCommand(request_id="report-1")
        report.report_order.decision_id, report.report_order.order_id = "decision-000007", order_id
        report.report_order.action_digest = up.replica["decision-000007"].action_digest
        report.report_order.outcome.result = v1.OUTCOME_RESULT_EXECUTED
        report.report_order.outcome.detail = f"{CANARY} is locked"
        receipt = await up.answer(report)
        assert receipt.HasField("accepted"), receipt
        cancel = v1.CoreCommand(request_id="cancel-1")
        cancel.cancel.decision_id = "decision-000009"
        assert (await up.answer(cancel)).HasField("accepted")
    done = run_server_command(
        "erase", str(server.directory), "decision-000003", "decision-000007", "decision-000009", *WHY
    )
    assert "Erased the personal data of decision-000003: of 7 of its entries." in done.stdout
    assert traces(server.directory) == []
    again = run_server_command("erase", str(server.directory), "decision-000003", *WHY)
    assert "The personal data of decision-000003 was erased before" in again.stdout
    assert "in order" in run_server_command("check", str(server.directory)).stdout
    async with propose_stream(reported) as up:
        assert (await up.answer(v1.CoreCommand(proposal=proposal(99)))).HasField("accepted")
    assert server.stop() == 0
    assert traces(server.directory) == []
    server.start()
    assert "in order" in run_server_command("check", str(server.directory)).stdout


async def test_who_follows_gets_none_of_it(server: ServerProcess) -> None:
    """A follower from before the erasure is told of the decision as it is by now, also from the server's memory."""
    ledger_id = await live(server)
    core = server.directory / "credentials" / "maximus.toml"
    async with propose_stream(core) as following:
        run_server_command("erase", str(server.directory), "decision-000003", *WHY)
        end = head_of(server.directory)  # nobody sends anything: the server has to look by itself
        await following.until(lambda wire: wire.offset >= end)
    async with propose_stream(core, offset=1, ledger_id=ledger_id) as up:
        await up.until(lambda wire: "decision-000029" in wire.replica)
        erased = up.replica["decision-000003"]
    assert CANARY not in str(erased)
    assert erased.proposal.action == v1.Action(type=v1.ACTION_TYPE_BLOCK_IP, scope=v1.ACTION_SCOPE_HOST)
    assert erased.state == v1.DECISION_STATE_REJECTED


@pytest.mark.parametrize("missing", ["--reason", "--requested-by"])
def test_why_and_who(server: ServerProcess, missing: str) -> None:
    """Nobody erases without saying why and for whom."""
    place = WHY.index(missing)
    run_server_command("erase", str(server.directory), "decision-1", *WHY[:place], *WHY[place + 2 :], status=2)


def test_a_decision_that_is_not_there(server: ServerProcess) -> None:
    """What was never there is said not to be."""
    refused = run_server_command("erase", str(server.directory), "decision-1", *WHY, status=1)
    assert "There is no decision decision-1." in refused.stderr

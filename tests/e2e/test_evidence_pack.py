"""Evidence packs of decisions that a real server saw to their end, by the real program, opened in a real browser."""

from __future__ import annotations

import asyncio
import json
import stat
import zipfile
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from governance import v1
from tests.support import browser
from tests.support.alerts import POLICY
from tests.support.browser import Browser
from tests.support.house import House
from tests.support.messages import acceptance, proposal
from tests.support.server import run_server_command
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE: Final = "\u202eexe.tset</p><script>document.title='x'</script><img src=http://evil.example/x.png>"
HASTE: Final = f"{POLICY}\n[sla]\nlow_s = 1\nmedium_s = 1\nhigh_s = 1\ncritical_s = 1\n"
EXECUTED, REJECTED, EXPIRED, REVERSED = "executed-0001", "rejected-0001", "expired-0001", "reversed-0001"
KINDS: Final = (EXECUTED, REJECTED, EXPIRED, REVERSED)
FACTS: Final = {
    EXECUTED: ("executed", "Approved by duty (soc_operator)", "Leave was given 1 time", "reported by maximus (core)"),
    REJECTED: ("rejected", "That is our own.", "None of its entries here gives core leave to act.", "after which"),
    EXPIRED: (
        "expired",
        "No person judged it.",
        "None of its entries here gives core leave to act.",
        "nobody decided",
    ),
    REVERSED: ("executed", "asked core for the reverse", "Core proposed the reverse as decision", "reverse-0001"),
}


class Packs(NamedTuple):
    """Packs, and the house that they are from."""

    house: House
    key: Path
    folder: Path

    def path(self, decision_id: str) -> Path:
        return self.folder / f"{decision_id}.zip"

    def verify(self, path: Path, *options: str, status: int = 0) -> str:
        return self.house.run(
            "chief", "audit", "verify", "--pack", str(path), "--key", str(self.key), *options, status=status
        )


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packs]:
    folder = tmp_path_factory.mktemp("packs")
    (folder / "haste.toml").write_text(HASTE)
    with House(folder) as house:
        house.propose([_proposed(name, number) for number, name in enumerate((EXECUTED, REJECTED, REVERSED), 1)])
        lines = (f"show {EXECUTED}", f"approve {EXECUTED} --comment 'Known scanner.'", f"approve {REVERSED}")
        house.run("duty", "exec", *lines, f"escalate {REJECTED} --reason 'above me'")
        for decision_id in (EXECUTED, REVERSED):
            asyncio.run(_executed(house, decision_id))
        house.run("lead", "reject", REJECTED, "--reason", "That is our own.")
        house.run("duty", "undo", REVERSED, "--reason", "wrong host")
        house.propose([_proposed("reverse-0001", 9, reverses=REVERSED)])
        house.run("chief", "policy", "apply", str(folder / "haste.toml"), "--reason", "a drill")
        asyncio.run(_expired(house))
        made = Packs(house, house.server.directory / "checkpoint.vkey", folder)
        for decision_id in KINDS:
            told = house.run(
                "chief",
                "audit",
                "evidence",
                decision_id,
                "--key",
                str(made.key),
                "--output",
                str(made.path(decision_id)),
            )
            assert decision_id in told
        yield made


def _proposed(decision_id: str, number: int, reverses: str = "") -> v1.Proposal:
    made = proposal(number)
    made.decision_id, made.reverses = decision_id, reverses
    made.evidence.reasoning = f"Seen scanning.\n{HOSTILE}"
    return made


async def _executed(house: House, decision_id: str) -> None:
    """Have core accept the order and report that it is done."""
    async with propose_stream(house.credentials("maximus")) as wire:
        await wire.until(lambda wire: decision_id in wire.replica)
        decision = wire.replica[decision_id]
        assert (await wire.answer(acceptance(decision, f"accept-{decision_id}"))).HasField("accepted")
        order = decision.order
        report = v1.ReportOrder(
            decision_id=decision_id,
            order_id=order.order_id,
            action_digest=order.action_digest,
            outcome=v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED, detail="Dropped at the gateway."),
        )
        done = await wire.answer(v1.CoreCommand(request_id=f"report-{decision_id}", report_order=report))
        assert done.HasField("accepted")


async def _expired(house: House) -> None:
    """Have core propose what nobody decides, and wait for its end, which the server tells."""
    async with operate_stream(house.credentials("duty")) as wire, propose_stream(house.credentials("maximus")) as core:
        receipt = await core.answer(v1.CoreCommand(proposal=_proposed(EXPIRED, 5)))
        assert receipt.HasField("accepted")
        await wire.until(
            lambda wire: EXPIRED in wire.replica and wire.replica[EXPIRED].state == v1.DECISION_STATE_EXPIRED
        )


@pytest.mark.skipif(browser.found() is None, reason="no Chromium on this machine to open the page with")
@pytest.mark.parametrize("decision_id", KINDS)
def test_the_page_opens_in_a_browser(packs: Packs, decision_id: str, tmp_path: Path) -> None:
    """The page tells the decision, asks the network for nothing, runs nothing, and gives the browser nothing to say."""
    with zipfile.ZipFile(packs.path(decision_id)) as archive:
        page = tmp_path / "report.html"
        page.write_bytes(archive.read("report.html"))
    program = browser.found()
    assert program is not None
    with Browser(program) as opened:
        for dark in (False, True):
            seen = opened.open(page, dark=dark)
            assert seen.requests == [page.resolve().as_uri()]
            assert seen.complaints == []
            assert seen.title == f"Evidence: decision {decision_id}"
            for fact in (decision_id, *FACTS[decision_id], "</p><script>document.title='x'</script>", "U+202E"):
                assert fact in seen.text, fact
            assert seen.picture.startswith(b"\x89PNG")


@pytest.mark.parametrize("decision_id", KINDS)
def test_a_third_party_verifies_the_pack(packs: Packs, decision_id: str) -> None:
    """With the pack and the key, and no server, everything in it is found in order."""
    found = json.loads(packs.verify(packs.path(decision_id), "--json"))
    assert (found["verified"], found["decision_id"], found["page_compared"]) == (True, decision_id, True)
    assert found["without_order"] == (decision_id in {REJECTED, EXPIRED})


def test_the_pack_says_what_operators_were_shown(packs: Packs) -> None:
    """The version that was shown, for how long, and the digest of what was shown stand in the pack with the vote."""
    facts = _facts(packs.path(EXECUTED))
    (approved,) = [
        each for each in facts["entries"] if any("decision_approved" in event for event in each["entry"]["events"])
    ]
    assert approved["entry"]["presentation"]["version"] == "1"
    assert len(approved["entry"]["presentation"]["rendering_digest"]) == 44
    assert approved["written"]["remark"] == "Known scanner."


def test_the_policies_that_had_a_say_are_in_the_pack(packs: Packs) -> None:
    """The document in force at the proposal is there, byte for byte."""
    for decision_id, document in ((REJECTED, POLICY), (EXPIRED, HASTE)):
        with zipfile.ZipFile(packs.path(decision_id)) as archive:
            (name,) = [each for each in archive.namelist() if each.startswith("policy-")]
            assert archive.read(name).decode() == document


def test_tampering_with_any_file_is_found(packs: Packs, tmp_path: Path) -> None:
    """Whatever file of the pack is changed, the program ends with 1 and says which, or where."""
    with zipfile.ZipFile(packs.path(REJECTED)) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    for name, content in files.items():
        forged = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(forged, "w") as archive:
            for each, kept in files.items():
                archive.writestr(each, kept if each != name else content.replace(b"rejected", b"approved") + b"\n")
        assert packs.verify(forged, status=1) == ""


def test_the_file_is_its_owners_and_takes_nobodys_place(packs: Packs) -> None:
    """A pack is of mode 0600; another file of its name is left as it is."""
    path = packs.path(EXECUTED)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    packs.house.run("chief", "audit", "evidence", EXECUTED, "--key", str(packs.key), "--output", str(path), status=2)
    assert path.read_bytes() == before
    assert not [each for each in path.parent.iterdir() if each.name.startswith(".")]


def test_nothing_is_written_that_does_not_verify(packs: Packs, tmp_path: Path) -> None:
    """With a key that is not the ledger's, and for a decision that is none, there is no pack."""
    (tmp_path / "other").mkdir()
    with House(tmp_path / "other") as other:
        stranger = other.server.directory / "checkpoint.vkey"
        target = tmp_path / "pack.zip"
        for options, status in (
            ((EXECUTED, "--key", str(stranger)), 1),
            (("nothing-here", "--key", str(packs.key)), 1),
        ):
            packs.house.run("chief", "audit", "evidence", *options, "--output", str(target), status=status)
            assert not target.exists()


def test_the_key_that_was_verified_with_is_remembered(packs: Packs, tmp_path: Path) -> None:
    """Without a key there is no pack, until the ledger was verified with one."""
    target = ("--output", str(tmp_path / "pack.zip"))
    packs.house.run("chief", "audit", "evidence", EXPIRED, *target, status=2)
    assert not (tmp_path / "pack.zip").exists()
    packs.house.run("chief", "audit", "verify", "--key", str(packs.key))
    packs.house.run("chief", "audit", "evidence", EXPIRED, *target)
    packs.verify(tmp_path / "pack.zip")


def test_an_auditor_takes_along_what_an_auditor_may_see(packs: Packs) -> None:
    """What a role may not see is redacted in its packs, which verify all the same."""
    packs.house._credentials["ann"] = packs.house.server.add("ann", "auditor")
    path = packs.folder / "redacted.zip"
    packs.house.run("ann", "audit", "evidence", REJECTED, "--key", str(packs.key), "--output", str(path))
    packs.verify(path)
    facts = _facts(path)
    assert facts["proposal"]["evidence"]["reasoning"] == "[redacted]"
    assert "own" not in json.dumps(facts["entries"])


def _facts(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read("decision.json"))
    return found


def test_what_was_erased_is_proven_all_the_same(packs: Packs, tmp_path: Path) -> None:
    """After an erasure a new pack proves every entry, shows nothing of what was erased, and has the record of it."""
    run_server_command(
        "erase", str(packs.house.server.directory), REVERSED, "--reason", "asked to", "--requested-by", "the subject"
    )
    path = tmp_path / "pack.zip"
    packs.house.run("chief", "audit", "evidence", REVERSED, "--key", str(packs.key), "--output", str(path))
    assert json.loads(packs.verify(path, "--json"))["page_compared"]
    facts = _facts(path)
    assert {each["personal"] for each in facts["entries"]} <= {"erased", "none"}
    with zipfile.ZipFile(path) as archive:
        content = b"".join(archive.read(each) for each in archive.namelist())
    assert b"Seen scanning" not in content
    assert b"erased" in content

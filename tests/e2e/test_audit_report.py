"""The report about a period, by the real programs."""

from __future__ import annotations

import json
import re
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from governance_client.audit.report_period import Period
from tests.support.house import House
from tests.support.messages import proposal
from tests.support.naive_report import Naive
from tests.support.server import run_server_command

if TYPE_CHECKING:
    from collections.abc import Iterator

USAGE: Final = 2
REFUSED: Final = 1
ROOT: Final = Path(__file__).parents[2]
D = [f"decision-{number:06d}" for number in range(5)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house"), policy="") as made:
        made.propose([proposal(number) for number in (1, 2, 3, 4)])
        made.run("duty", "approve", D[1], "--comment", "fine")
        made.run("lead", "reject", D[2], "--reason", "That is our own.")
        made.run("lead", "escalate", D[3], "--reason", "Not mine.")
        made.run("chief", "halt", "--reason", "A drill.")
        made.credentials("ann")
        yield made


def key(house: House) -> str:
    return str(house.server.directory / "checkpoint.vkey")


def report(house: House, *options: str, who: str = "ann") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        house.run(who, "audit", "report", "--from", "1d", "--key", key(house), "--format", "json", *options)
    )
    return found


def test_for_programs(house: House) -> None:
    """Every figure is what counting the server's entries anew gives, also for an auditor who may see nobody's data."""
    found = report(house)
    entries = house.entries()
    since, until, made = (moment_us(found["basis"][name]) for name in ("from", "to", "made"))
    for section, known in Naive(entries, Period(since, until, made)).figures().items():
        got = {key: found[section][key] for key in known}
        if section == "halts":
            got |= {"any_s": known["any_s"], "sum_s": known["sum_s"], "longest_s": known["longest_s"]}
        assert got == known, section
    assert found["basis"]["entries"] == len(entries)
    assert found["basis"]["checkpoint_size"] >= len(entries)
    assert found["decisions"]["proposed"] == 4
    assert found["halts"]["in_force"] == 1
    assert report(house, "--json") | {"basis": 0, "halts": 0} == found | {"basis": 0, "halts": 0}


def moment_us(written: str) -> int:
    """Read a moment as the report writes it."""
    span = datetime.fromisoformat(written) - datetime(1970, 1, 1, tzinfo=UTC)
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def test_for_people(house: House) -> None:
    """The text has the period's figures, and says what each is and what it rests on; no personal data are in it."""
    told = house.run("ann", "audit", "report", "--from", "1d", "--key", key(house))
    assert re.search(r"proposed +4\n", told)
    assert re.search(r"human oversight rate +100\.0 % \(2/2\)\n", told)
    assert "Every figure was counted anew from the ledger's entries." in told
    assert "That is our own." not in told


def test_a_page(house: House, tmp_path: Path) -> None:
    """The page is a file of its owner's alone, whole or not there, and in no other's place unless that is said."""
    file = tmp_path / "report.html"
    options = ("audit", "report", "--from", "1d", "--format", "html", "--key", key(house), "--output", str(file))
    house.run("ann", *options)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    file.write_text("mine")
    house.run("ann", *options, status=USAGE)
    assert file.read_text() == "mine"
    house.run("ann", *options, "--force")
    assert "<svg" in file.read_text(encoding="utf-8")


def test_a_period_before_everything(house: House) -> None:
    """A period in which nothing happened has figures of nothing, and no rates."""
    found = report(house, "--from", "2020-01-01", "--to", "2020-02-01")
    assert (found["basis"]["entries"], found["decisions"]["proposed"], found["decisions"]["open_after"]) == (0, 0, 0)
    assert found["oversight"]["human_oversight_rate"] == {"part": 0, "whole": 0, "share": None}


@pytest.mark.parametrize(
    "options",
    [
        ["--from", "yesterday"],
        ["--from", "2026-03-01", "--to", "2026-03-01"],
        ["--from", "9999-01-01"],
        ["--from", "1900-01-01"],
        ["--from", "1d", "--format", "html", "--json"],
        [],
    ],
)
def test_mistakes(house: House, options: list[str], tmp_path: Path) -> None:
    """A mistake ends with 2, and leaves no file."""
    house.run("ann", "audit", "report", *options, "--output", str(tmp_path / "file"), status=USAGE)
    assert list(tmp_path.iterdir()) == []


def test_another_key(house: House, tmp_path: Path) -> None:
    """A ledger that is not signed with the key that is trusted gets no report, and ends with 1."""
    run_server_command("init", str(tmp_path / "other"))
    other = tmp_path / "other" / "checkpoint.vkey"
    file = tmp_path / "report.txt"
    house.run("ann", "audit", "report", "--from", "1d", "--key", str(other), "--output", str(file), status=REFUSED)
    assert not file.exists()


def test_a_core_gets_no_report(house: House) -> None:
    """A core is not let in."""
    house.run("maximus", "audit", "report", "--from", "1d", "--key", key(house), status=3)


def test_no_word_of_the_product_about_itself() -> None:
    """Neither in the documents about the audit nor in what the programs say is the product called compliant."""
    places = [ROOT / "docs" / "audit.md", ROOT / "docs" / "compliance.md", ROOT / "README.md"]
    places += [path for part in ("client", "server", "proto") for path in (ROOT / part).rglob("*.py")]
    places += (ROOT / "proto").rglob("*.proto")
    assert [
        path.name for path in places if re.search(r"\bcompliant\b", path.read_text(encoding="utf-8"), re.IGNORECASE)
    ] == []

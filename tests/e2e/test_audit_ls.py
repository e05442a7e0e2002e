"""Finding and exporting entries with the real programs."""

from __future__ import annotations

import csv
import json
import stat
from typing import TYPE_CHECKING

import pytest
from google.protobuf import json_format

from governance import v1
from governance_client.verify import ChainReader
from tests.support.house import House
from tests.support.messages import proposal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USAGE = 2
FORMULA = '=HYPERLINK("http://198.51.100.1")'
D1, D2 = (f"decision-{number:06d}" for number in (1, 2))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house"), policy="") as made:
        made.propose([proposal(number) for number in (1, 2, 3)])
        made.run("duty", "approve", D1, "--comment", "fine")
        made.run("lead", "reject", D2, "--reason", FORMULA)
        yield made


def entries(house: House, *options: str, who: str = "chief") -> list[v1.Entry]:
    found = [json.loads(line) for line in house.run(who, "audit", "ls", "--json", *options).splitlines()]
    return [json_format.ParseDict(one["entry"], v1.Entry()) for one in found]


def kinds(found: list[v1.Entry]) -> list[str]:
    return [event.WhichOneof("kind") or "" for entry in found for event in entry.events]


def test_everything(house: House) -> None:
    """Without options, the whole ledger is listed, as a table to read."""
    told = house.run("chief", "audit", "ls").splitlines()
    assert len(told) == len(house.entries()) + 1
    assert "the ledger was created" in told[0]
    assert told[-1].endswith("entries, every hash as it should be.")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--event", "decision_rejected"], ["decision_rejected"]),
        (["--event", "decision-rejected", "--actor", "lead"], ["decision_rejected"]),
        (["--event", "decision_rejected", "--actor", "duty"], []),
        (["--decision", "decision-000002"], ["decision_proposed", "decision_rejected"]),
        (["--outcome", "rejected"], ["decision_proposed", "decision_rejected"]),
        (["--outcome", "pending", "--risk", "low", "--risk", "medium"], ["decision_proposed"]),
        (["--action", "block_ip", "--event", "decision_proposed"], ["decision_proposed"] * 3),
        (["--action", "isolate_host"], []),
        (["--core", "maximus", "--tier", "soc_operator", "--actor", "duty", "--limit", "1"], ["decision_approved"]),
        (["--since", "1h", "--until", "2000-01-01"], None),
        (["--until", "1h"], []),
        (["--request-id", "no-such"], []),
    ],
)
def test_what_is_asked_for(house: House, options: list[str], expected: list[str] | None) -> None:
    """Entries are found by time, decision, actor, event, risk, action, outcome, tier, core and request id."""
    if expected is None:
        house.run("chief", "audit", "ls", *options, status=USAGE)
        return
    found = [kind for kind in kinds(entries(house, *options)) if kind != "order_issued"]
    assert found == expected


def test_by_request_id(house: House) -> None:
    """A verdict is found by its request id."""
    (verdict,) = entries(house, "--event", "decision_rejected")
    assert entries(house, "--request-id", verdict.request_id) == [verdict]


def test_pages(house: House) -> None:
    """Page by page, each after the last entry of the one before, comes what comes at once."""
    whole = entries(house)
    paged: list[v1.Entry] = []
    while page := entries(house, "--limit", "3", "--after", str(paged[-1].offset if paged else 0)):
        paged += page
    assert paged == whole
    told = house.run("chief", "audit", "ls", "--limit", "3")
    assert "There may be more: --after 3." in told


def test_csv(house: House, tmp_path: Path) -> None:
    """A table for a spreadsheet has one row an entry, and no cell that is a formula; the file is its owner's alone."""
    file = tmp_path / "entries.csv"
    house.run("chief", "audit", "ls", "--format", "csv", "--output", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["offset"] for row in rows] == [str(entry.offset) for entry in house.entries()]
    (rejected,) = (row for row in rows if row["events"] == "decision_rejected")
    assert (rejected["actor"], rejected["role"], rejected["said"]) == ("lead", "soc_supervisor", f"'{FORMULA}")
    assert house.run("chief", "audit", "ls", "--format", "csv").splitlines()[0].startswith("offset,recorded_at,")


def test_records(house: House, tmp_path: Path) -> None:
    """Records have the bytes that were hashed, so that somebody else can check them."""
    file = tmp_path / "export.jsonl"
    house.run("chief", "audit", "ls", "--records", "--output", str(file))
    chain = ChainReader(whole=True)
    for line in file.read_text().splitlines():
        chain.read(json_format.Parse(line, v1.LedgerRecord()))
    chain.finish(house.entries()[-1].offset)


def test_ocsf(house: House) -> None:
    """A SIEM gets one event for each thing that happened."""
    told = house.run("chief", "audit", "ls", "--format", "ocsf", "--decision", D2)
    proposed, rejected = map(json.loads, told.splitlines())
    assert (proposed["type_uid"], rejected["type_uid"]) == (600301, 600303)
    assert rejected["actor"]["user"]["name"] == "lead"
    assert rejected["unmapped"]["personal"]["remark"] == FORMULA


def test_an_auditor_sees_the_shape(house: House) -> None:
    """Whoever may not see personal data gets every entry, with `[redacted]` where they would be, in every form."""
    for form in ("json", "csv", "ocsf", "records"):
        told = house.run("ann", "audit", "ls", "--format", form)
        assert "[redacted]" in told
        assert "HYPERLINK" not in told
        assert "Seen scanning" not in told
    assert len(entries(house, who="ann")) == len(entries(house))
    assert "decision-000002 [redacted] rejected" in house.run("ann", "audit", "ls", "--decision", D2)


def test_a_file_that_is_there(house: House, tmp_path: Path) -> None:
    """Another file is not overwritten unless that is said, and one that cannot be written is named."""
    file = tmp_path / "there"
    file.write_text("mine")
    house.run("chief", "audit", "ls", "--output", str(file), status=USAGE)
    assert file.read_text() == "mine"
    house.run("chief", "audit", "ls", "--output", str(file), "--force")
    assert "the ledger was created" in file.read_text()
    house.run("chief", "audit", "ls", "--output", str(tmp_path / "none" / "file"), status=USAGE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there"]


@pytest.mark.parametrize(
    "options",
    [
        ["--event", "decision_rejceted"],
        ["--action", "nonsense"],
        ["--since", "yesterday"],
        ["--json", "--format", "csv"],
        ["--after", "999999"],
        ["--limit", "-1"],
    ],
)
def test_mistakes(house: House, options: list[str], tmp_path: Path) -> None:
    """A mistake ends with 2, and leaves no file."""
    house.run("chief", "audit", "ls", "--output", str(tmp_path / "file"), *options, status=USAGE)
    assert list(tmp_path.iterdir()) == []


def test_a_core_reads_no_ledger(house: House) -> None:
    """A core is not let in."""
    house.run("maximus", "audit", "ls", status=3)

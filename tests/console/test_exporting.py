"""Exports: what is in the file, whose file it is, and that it is there whole or not at all."""

from __future__ import annotations

import csv
import stat
from typing import TYPE_CHECKING

import pytest
from google.protobuf import json_format

from governance import v1
from governance_client.console import exports, glyphs
from governance_client.console.script import Outcome
from tests.console.examples import decision
from tests.console.talking import talking

if TYPE_CHECKING:
    from pathlib import Path

LOW = v1.RISK_LEVEL_LOW
THREE = (
    decision("aaaa0001", risk=LOW),
    decision("bbbb0001"),
    decision("cccc0001", state=v1.DECISION_STATE_EXECUTING),
)


def _decisions(path: Path) -> list[v1.Decision]:
    return [json_format.Parse(line, v1.Decision()) for line in path.read_text().splitlines()]


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_json(tmp_path: Path) -> None:
    """A file of JSON lines has the decisions that the queue would list, whole, and is for its owner alone."""
    path = tmp_path / "today.json"
    async with talking(*THREE) as room:
        assert await room.say(f"export {path}") == f"3 decisions written to {path}.\n"
        assert _decisions(path) == [THREE[1], THREE[0], THREE[2]]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert _files(tmp_path) == [path]


async def test_what_is_chosen(tmp_path: Path) -> None:
    """Filters of the line and the filter that is on choose, and rows keep their numbers."""
    async with talking(*THREE) as room:
        await room.say("queue", f"export {tmp_path}/low.json low", "filter high", f"export {tmp_path}/high.json")
        assert [each.decision_id for each in _decisions(tmp_path / "low.json")] == ["aaaa0001"]
        assert [each.decision_id for each in _decisions(tmp_path / "high.json")] == ["bbbb0001", "cccc0001"]
        assert room.talk.desk.find("2") == THREE[0]


async def test_an_existing_file(tmp_path: Path) -> None:
    """Another file is written over only by force, and then in one step."""
    path = tmp_path / "today.json"
    path.write_text("mine")
    async with talking(*THREE) as room:
        assert await room.run(f"export {path}") is Outcome.REFUSED
        assert (path.read_text(), "--force" in room.complaints[0]) == ("mine", True)
        await room.say(f"export {path} --force")
        assert len(_decisions(path)) == 3
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_link_is_an_existing_file(tmp_path: Path) -> None:
    """A link that leads nowhere is not followed to write elsewhere."""
    (tmp_path / "today.json").symlink_to(tmp_path / "elsewhere")
    async with talking(*THREE) as room:
        assert await room.run(f"export {tmp_path}/today.json") is Outcome.REFUSED
        assert not (tmp_path / "elsewhere").exists()


async def test_no_such_folder(tmp_path: Path) -> None:
    """Where no file can be made, the reason is told, and that nothing was written."""
    async with talking(*THREE) as room:
        assert await room.run(f"export {tmp_path}/none/today.json") is Outcome.REFUSED
        assert "No such file or directory. Nothing was written." in room.complaints[0]


async def test_whole_or_not_at_all(tmp_path: Path) -> None:
    """What fails halfway leaves nothing behind."""
    broken = decision("bbbb0001")
    broken.proposed_at.seconds = 1 << 60  # no JSON writes that
    with pytest.raises(exports.UnwritableError, match="bbbb0001"):
        await exports.write(str(tmp_path / "today.json"), "json", [THREE[0], broken])
    assert _files(tmp_path) == []


async def test_a_moment_that_no_calendar_has(tmp_path: Path) -> None:
    """JSON has no word for it, which is told, and the console goes on; a table has its seconds since 1970."""
    broken = decision("bbbb0001")
    broken.proposed_at.seconds = broken.schedule.deadline.seconds = 1 << 60
    async with talking(THREE[0], broken) as room:
        assert await room.run(f"export {tmp_path}/today.json") is Outcome.REFUSED
        assert "bbbb0001 has a value that JSON cannot say" in room.complaints[0]
        assert _files(tmp_path) == []
        await room.say(f"export {tmp_path}/today.csv")
    with (tmp_path / "today.csv").open(newline="") as file:
        (row,) = [each for each in csv.DictReader(file) if each["decision_id"] == "bbbb0001"]
    assert row["proposed_at"] == row["deadline"] == str(1 << 60)


async def test_a_file_has_utf_8(tmp_path: Path) -> None:
    """What is in a table does not hang on the characters of the terminal that it was asked for on."""
    written = []
    for ascii_only in (False, True):
        glyphs.use(ascii=ascii_only)
        try:
            await exports.write(str(tmp_path / str(ascii_only)), "csv", [decision("aaaa0001", target="josé" * 9_000)])
        finally:
            glyphs.use(ascii=False)
        written.append((tmp_path / str(ascii_only)).read_bytes())
    assert written[0] == written[1]
    assert "josé".encode() in written[0]


async def test_csv(tmp_path: Path) -> None:
    """A table has a row for each decision, with the contract's own words."""
    path = tmp_path / "today.csv"
    async with talking(*THREE) as room:
        await room.say(f"export {path}")
    with path.open(newline="") as file:
        first, *_rest = list(csv.DictReader(file))
    assert (first["decision_id"], first["risk"], first["action"]) == ("bbbb0001", "high", "block_ip")
    assert first["deadline"] == "2027-01-15T08:05:00Z"


@pytest.mark.parametrize("target", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
async def test_no_formula(tmp_path: Path, target: str) -> None:
    """No spreadsheet takes what an attacker wrote for a formula, and no control character is in the file."""
    path = tmp_path / "today.csv"
    await exports.write(str(path), "csv", [decision("aaaa0001", target=target)])
    with path.open(newline="") as file:
        (row,) = list(csv.DictReader(file))
    assert row["targets"][0] not in "=+-@\t\r\n"
    assert not any(ord(character) < 32 for value in row.values() for character in value)

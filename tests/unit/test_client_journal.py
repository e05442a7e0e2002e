"""The execution journal: every point at which core may crash, and what the journal then says."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_client import journal as journal_module
from governance_client.errors import JournalError
from governance_client.journal import Journal, Stage, Step

if TYPE_CHECKING:
    from pathlib import Path

INTENDED = Step("d-1/1", "d-1", v1.ACTION_TYPE_BLOCK_IP, bytes(32), "accept-1")
EXECUTING = INTENDED._replace(stage=Stage.EXECUTING)
OUTCOME = EXECUTING._replace(
    stage=Stage.OUTCOME, report_request_id="report-1", result=v1.OUTCOME_RESULT_EXECUTED, detail='"\n\x1b[2J ü'
)
REPORTED = OUTCOME._replace(stage=Stage.REPORTED)
ABANDONED = INTENDED._replace(stage=Stage.ABANDONED)
LIFE = [INTENDED, EXECUTING, OUTCOME, REPORTED]


def reopened(path: Path, instance: str = "core-1") -> dict[str, Step]:
    with Journal(path, instance) as journal:
        return dict(journal.in_flight)


@pytest.mark.parametrize("steps", range(len(LIFE) + 1))
def test_a_crash_after_any_step_leaves_that_step(tmp_path: Path, steps: int) -> None:
    """What was written is there when the journal is opened again, whole; what is finished is in flight no more."""
    path = tmp_path / "journal"
    with Journal(path, "core-1") as journal:
        for step in LIFE[:steps]:
            journal.append([step])
    expected = {} if steps in (0, len(LIFE)) else {"d-1/1": LIFE[steps - 1]}
    assert reopened(path) == expected
    assert reopened(path) == expected


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_is_as_good_as_not_written(tmp_path: Path, cut: int) -> None:
    """A crash in the middle of a write leaves the step before, and the journal goes on after it."""
    path = tmp_path / "journal"
    with Journal(path, "core-1") as journal:
        journal.append([INTENDED])
        journal.append([EXECUTING])
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(path, "core-1") as journal:
        assert journal.in_flight == {"d-1/1": INTENDED}
        journal.append([EXECUTING])
    assert reopened(path) == {"d-1/1": EXECUTING}


def test_a_torn_batch_keeps_what_is_whole(tmp_path: Path) -> None:
    """Of several lines written at once, those before the tear count."""
    path = tmp_path / "journal"
    other = INTENDED._replace(order_id="d-2/1")
    with Journal(path, "core-1") as journal:
        journal.append([INTENDED, other])
    path.write_bytes(path.read_bytes()[:-1])
    assert reopened(path) == {"d-1/1": INTENDED}


def test_damage_in_the_middle_is_refused(tmp_path: Path) -> None:
    """A journal that lies about an order is not believed about any."""
    path = tmp_path / "journal"
    with Journal(path, "core-1") as journal:
        journal.append([INTENDED])
        journal.append([EXECUTING])
    lines = path.read_bytes().splitlines(keepends=True)
    for damaged in ([lines[0], b"{\n", lines[2]], [lines[0], b"{}\n"], [lines[0], lines[1], lines[1]], [lines[1]]):
        path.write_bytes(b"".join(damaged))
        with pytest.raises(JournalError, match=r"damaged|not an execution journal"):
            Journal(path, "core-1")


def test_an_empty_file_is_a_new_journal(tmp_path: Path) -> None:
    """A crash while the journal was made leaves nothing in flight; so does a torn first line."""
    path = tmp_path / "journal"
    path.write_bytes(b'{"format":"gover')
    assert reopened(path) == {}
    assert reopened(path) == {}


def test_one_process_holds_a_journal(tmp_path: Path) -> None:
    """A second holder is refused while the first lives, and let in afterwards."""
    path = tmp_path / "journal"
    with Journal(path, "core-1"), pytest.raises(JournalError, match="Another process"):
        Journal(path, "core-1")
    assert reopened(path) == {}


def test_a_journal_belongs_to_one_instance(tmp_path: Path) -> None:
    """Another instance's journal is refused by name."""
    reopened(tmp_path / "journal")
    with pytest.raises(JournalError, match="'core-1', not of 'core-2'"):
        reopened(tmp_path / "journal", "core-2")


def test_a_journal_is_private(tmp_path: Path) -> None:
    """Nobody else may read what core did."""
    reopened(tmp_path / "journal")
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o600


def test_a_journal_that_cannot_be_written_stops_everything(tmp_path: Path) -> None:
    """After a failed write nothing is appended any more, since what follows might be glued to a torn line."""
    journal = Journal(tmp_path / "journal", "core-1")
    journal.close()
    with pytest.raises(JournalError, match="could not be written"):
        journal.append([INTENDED])
    with pytest.raises(JournalError, match="earlier write failed"):
        journal.append([INTENDED])
    with pytest.raises(JournalError, match="cannot be used"):
        Journal(tmp_path / "none" / "journal", "core-1")


def test_a_long_journal_is_rewritten_to_what_is_in_flight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished orders are forgotten when a journal is opened; unfinished ones never; the lock is kept all the while."""
    monkeypatch.setattr(journal_module, "_COMPACT_FROM_LINES", 3)
    path = tmp_path / "journal"
    with Journal(path, "core-1") as journal:
        journal.append([INTENDED, INTENDED._replace(order_id="d-2/1")])
        journal.append([EXECUTING])
        journal.append([OUTCOME, ABANDONED._replace(order_id="d-2/1")])
    with Journal(path, "core-1") as journal:
        assert len(path.read_bytes().splitlines()) == 2
        with pytest.raises(JournalError, match="Another process"):
            Journal(path, "core-1")
        journal.append([REPORTED])
    assert reopened(path) == {}

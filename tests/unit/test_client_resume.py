"""The resume point, and the file it is kept in."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from governance_client.errors import ClientError
from governance_client.resume import ResumeFile, ResumePoint

if TYPE_CHECKING:
    from pathlib import Path

LEDGER = "0123456789abcdef" * 2


def test_the_resume_point_never_goes_back() -> None:
    """An earlier offset changes nothing."""
    assert ResumePoint(LEDGER, 7).reached(9).reached(8) == ResumePoint(LEDGER, 9)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """The last saved point is there, in a file of one's own, and nothing is left beside it."""
    file = ResumeFile(tmp_path / "resume")
    assert file.load() == ResumePoint()
    file.save(ResumePoint(LEDGER, 1))
    file.save(ResumePoint(LEDGER, 2))
    assert file.load() == ResumePoint(LEDGER, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["resume"]
    assert stat.S_IMODE((tmp_path / "resume").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"ledger_id": "x", "offset": 1}',
        f'{{"ledger_id": "{LEDGER}", "offset": -1}}',
        f'{{"ledger_id": "{LEDGER}", "offset": true}}',
        f'{{"ledger_id": "{LEDGER}", "offset": {2**63}}}',
        "[" * 9999,
    ],
)
def test_what_is_no_resume_point_is_refused(tmp_path: Path, content: str) -> None:
    """A damaged file is not taken for a fresh start."""
    (tmp_path / "resume").write_text(content)
    with pytest.raises(ClientError, match="not a resume point"):
        ResumeFile(tmp_path / "resume").load()
    with pytest.raises(ClientError, match="cannot be written"):
        ResumeFile(tmp_path / "none" / "resume").save(ResumePoint())

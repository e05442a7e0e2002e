"""The file that keeps what was typed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from governance_client.console.keeping import LINES, LONGEST, KeptLines

if TYPE_CHECKING:
    from pathlib import Path


def test_kept_for_the_next_time(tmp_path: Path) -> None:
    """Lines come back newest first, each as one line, from a file and a folder that only their owner can read."""
    file = tmp_path / "state" / "governance" / "history"
    kept = KeptLines(file)
    for line in ("show 1", "reject 1 a\nb\tc", "  "):
        kept.keep(line)
    assert KeptLines(file).newest() == ["reject 1 a b c", "show 1"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert not kept.complaint


def test_never_more_than_a_bound(tmp_path: Path) -> None:
    """The oldest lines go, in memory and in the file, and no line is endless."""
    file = tmp_path / "history"
    kept = KeptLines(file)
    for number in range(LINES + 20):
        kept.keep(f"show {number}")
    kept.keep("x" * 2 * LONGEST)
    assert len(file.read_text().splitlines()) == LINES
    assert kept.newest()[0] == "x" * LONGEST
    assert kept.newest()[-1] == "show 21"
    assert KeptLines(file).newest() == kept.newest()
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_grew(tmp_path: Path) -> None:
    """Two consoles can have made it longer than the bound: it is cut when it is read."""
    file = tmp_path / "history"
    file.write_text("".join(f"show {number}\n" for number in range(LINES + 500)))
    file.chmod(0o600)
    assert KeptLines(file).newest()[-1] == "show 500"
    assert len(file.read_text().splitlines()) == LINES


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Neither for reading nor for writing, even where it is put there later."""
    victim, file = tmp_path / "victim", tmp_path / "history"
    victim.write_text("precious\n")
    victim.chmod(0o600)
    file.symlink_to(victim)
    kept = KeptLines(file)
    assert "symbolic link" in kept.complaint
    assert kept.newest() == []
    kept.keep("show 1")
    assert kept.newest() == ["show 1"]
    file.unlink()
    late = KeptLines(file)
    file.symlink_to(victim)
    late.keep("show 2")
    assert "symbolic link" in late.complaint
    assert victim.read_text() == "precious\n"


def test_a_link_to_nothing_makes_nothing(tmp_path: Path) -> None:
    """A link that leads nowhere is not a place to write to."""
    file = tmp_path / "history"
    file.symlink_to(tmp_path / "elsewhere")
    KeptLines(file).keep("show 1")
    assert not (tmp_path / "elsewhere").exists()


def test_what_others_can_read_is_not_used(tmp_path: Path) -> None:
    """A file that others may read or write is left as it is, and the complaint says what to do."""
    file = tmp_path / "history"
    for mode in (0o644, 0o620, 0o666):
        file.write_text("a line\n")
        file.chmod(mode)
        kept = KeptLines(file)
        kept.keep("show 1")
        assert "chmod 600" in kept.complaint
        assert file.read_text() == "a line\n"


def test_no_regular_file(tmp_path: Path) -> None:
    """A folder, a pipe and a place where nothing can be made are complained about, and what is typed is remembered."""
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe, 0o600)
    folder.mkdir()
    (tmp_path / "file").touch()
    for place in (pipe, folder, tmp_path / "file" / "history"):
        kept = KeptLines(place)
        kept.keep("show 1")
        assert kept.complaint, place
        assert kept.newest() == ["show 1"]


def test_other_bytes_than_text(tmp_path: Path) -> None:
    """A file that is no text any more is read as far as it is, and harms nobody."""
    file = tmp_path / "history"
    file.write_bytes(b"show 1\n\xff\xfe\x00\n\nshow 2\n")
    file.chmod(0o600)
    assert KeptLines(file).newest()[0] == "show 2"


def test_turned_off() -> None:
    """Without a file what is typed is kept for the session."""
    kept = KeptLines(None)
    kept.keep("show 1")
    assert kept.newest() == ["show 1"]
    assert not kept.complaint

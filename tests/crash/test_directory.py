"""What is wrong with a server's directory is said in one sentence with status 1, and mended, the server starts."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.support.faulty import ends, refuses_to_serve, with_files_of, with_open_files, without_privileges
from tests.support.server import ServerProcess, run_server_command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JUNK = b"\xff\xfe\x00 no such thing\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a caller in it, served once."""
    server = ServerProcess(tmp_path_factory.mktemp("template") / "server")
    server.start()
    server.add("operator-1", "soc_operator")
    assert server.stop() == 0
    return server.directory


@pytest.fixture
def directory(template: Path, tmp_path: Path) -> Path:
    """A copy of it of one's own."""
    return shutil.copytree(template, tmp_path / "server")


def serves(directory: Path) -> None:
    """Serve, and stop in good order."""
    server = ServerProcess.__new__(ServerProcess)
    server.directory, server.address, server._process, server._log = directory, "", None, None
    server.start()
    assert server.stop() == 0


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("ledger.db", None, "There is no ledger at"),
        ("ledger.db", b"", "is an empty file: what was in it is gone. It was not touched."),
        ("ledger.db", JUNK * 400, "file is not a database"),
        ("server.toml", JUNK, "server.toml cannot be read"),
        ("checkpoint.key", None, "The private key of governance-workspace/"),
        ("checkpoint.key", JUNK, "is no private key in PEM; restore it from a backup."),
        ("tls/server.pem", None, "server.pem cannot be read: No such file or directory. Restore it from a backup."),
        ("tls/server.pem", JUNK, "server.pem is not a certificate in PEM. Restore it from a backup."),
        ("tls/server.key", JUNK, "server.key is not the private key of the server's certificate. Restore it"),
        ("tls/authority.pem", b"", "authority.pem is not a certificate in PEM. Restore it from a backup."),
    ],
)
def test_a_file_that_is_not_what_it_was(directory: Path, name: str, content: bytes | None, complaint: str) -> None:
    """Missing, empty or something else: the sentence names it, nothing is written over it, and put back it serves."""
    path, kept = directory / name, directory.parent / "kept"
    path.rename(kept)
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)
    assert complaint in refuses_to_serve(directory)
    assert (path.read_bytes() if path.exists() else None) == content
    kept.replace(path)
    if name == "ledger.db":
        serves(directory)


def test_the_key_of_another_certificate(directory: Path, tmp_path: Path) -> None:
    """A key that is in order, but not this certificate's, is not mistaken for a port that is taken."""
    run_server_command("init", str(tmp_path / "other"))
    shutil.copy(tmp_path / "other" / "tls" / "server.key", directory / "tls" / "server.key")
    assert "is not the private key of the server's certificate" in refuses_to_serve(directory)


def test_a_ledger_without_entries(directory: Path) -> None:
    """A ledger whose entries are gone is not taken for a new one: no command writes to it, and check complains."""
    with closing(sqlite3.connect(directory / "ledger.db", isolation_level=None)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        database.execute("PRAGMA foreign_keys = OFF")
        for table in set(tables) - {"alembic_version", "head"}:
            database.execute(f"DELETE FROM {table}")
        database.execute("UPDATE head SET offset = 0, hash = zeroblob(32), recorded_us = 0, ledger_id = ''")
    for arguments in (
        ["serve", str(directory)],
        ["check", str(directory)],
        ["rotate-key", str(directory)],
        ["operator", "add", str(directory), "mary", "--role", "ciso"],
    ):
        ended = ends(*arguments)
        assert ended.status == 1
        assert "has no first entry: what was in it is gone." in ended.sentence


def test_public_key_file_is_written_anew(directory: Path) -> None:
    """It follows from the private one: whatever is in it, the server starts, and puts it right."""
    path = directory / "checkpoint.vkey"
    before = path.read_bytes()
    path.write_bytes(JUNK)
    serves(directory)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "mode", "complaint"),
    [
        ("ledger.db", 0o400, "could not be opened: Permission denied."),
        ("checkpoint.key", 0o000, "checkpoint.key cannot be read: Permission denied."),
        ("tls/server.key", 0o000, "server.key cannot be read: Permission denied."),
        ("server.toml", 0o000, "server.toml cannot be read: "),
        (".", 0o500, "attempt to write a readonly database"),
        ("ledger.db", 0o640, "Run: chmod 600"),
        ("checkpoint.key", 0o644, "Run: chmod 600"),
        ("tls/server.key", 0o604, "Run: chmod 600"),
        ("tls/authority.key", 0o660, "Run: chmod 600"),
        (".", 0o770, "Others may put files into"),
    ],
)
def test_wrong_permissions(directory: Path, name: str, mode: int, complaint: str) -> None:
    """Too few or too many: the sentence names what it is about, and the command that mends it where there is one."""
    path = directory / name
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        assert complaint in refuses_to_serve(directory, under=without_privileges)
    finally:
        path.chmod(before)


@pytest.mark.parametrize(
    ("under", "complaint"),
    [
        (with_open_files(24), "files open, and the server needs"),
        (with_files_of(0), "disk I/O error"),
        (with_files_of(4096), "disk I/O error"),
    ],
    ids=["files", "nothing", "a-page"],
)
def test_a_machine_without_room(directory: Path, under: Callable[[], None], complaint: str) -> None:
    """Too few open files or no room to write: the server does not begin, and begins where there is some."""
    assert complaint in refuses_to_serve(directory, under=under)
    serves(directory)


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_another_process_holds_the_ledger(directory: Path, lock: str) -> None:
    """A start does not wait for it longer than some seconds, and says so; released, the server starts."""
    with closing(sqlite3.connect(directory / "ledger.db", isolation_level=None)) as other:
        other.execute(lock)
        assert "database is locked" in refuses_to_serve(directory)
    serves(directory)


@pytest.mark.parametrize(
    ("name", "option", "complaint"),
    [
        ("authority.key", "--certificate", "is not the private key of the authority's certificate. Nobody was let in"),
        ("authority.pem", "--certificate", "is not a certificate in PEM. Nobody was let in"),
        ("authority.pem", "--days=7", "is not a certificate in PEM. Nobody was let in"),
    ],
)
def test_an_authority_that_is_none(directory: Path, name: str, option: str, complaint: str) -> None:
    """Nobody gets a credentials file that no client could connect with."""
    config = directory / "server.toml"
    config.write_text(config.read_text() + 'listen_mutual = "127.0.0.1:0"\n')
    (directory / "tls" / name).write_bytes(JUNK)
    ended = ends("operator", "add", str(directory), "mary", "--role", "ciso", option)
    assert ended.status == 1
    assert complaint in ended.sentence
    assert [path.name for path in (directory / "credentials").iterdir()] == ["operator-1.toml"]


@pytest.mark.parametrize("room", [100, 20_000], ids=["files", "ledger"])
def test_a_directory_that_finds_no_room(tmp_path: Path, room: int) -> None:
    """Nothing is made by halves: the same command makes it once there is room."""
    init = ("init", str(tmp_path / "server"))
    ended = ends(*init, under=with_files_of(room))
    assert ended.status == 1
    assert not (tmp_path / "server").exists()
    assert ends(*init).status == 0


def test_a_credential_that_finds_no_room(directory: Path) -> None:
    """Nobody was let in, nothing of the secret is left in the folder, and the name is free."""
    add = ("operator", "add", str(directory), "mary", "--role", "ciso")
    ended = ends(*add, under=with_files_of(100))
    assert ended.status == 1
    assert "File too large" in ended.sentence
    assert [path.name for path in (directory / "credentials").iterdir()] == ["operator-1.toml"]
    assert ends(*add).status == 0

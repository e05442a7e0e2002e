"""The search for canaries bites: a secret is found in whatever form it stands, and nothing else is."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from governance_server.rpc import certificates
from governance_server.rpc.identity import issue_token
from governance_server.signing import Ed25519Signer
from tests.support.canaries import BLOCK, LONGEST, PIECE, Canaries, Find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW_US = 1_700_000_000_000_000


class Chance:
    """Bytes that look drawn, and are the same in every run."""

    def __init__(self) -> None:
        self._draws = 0

    def token(self, length: int) -> bytes:
        self._draws += 1
        return hashlib.shake_256(bytes([self._draws])).digest(length)


TOKEN = issue_token(Chance()).token
SECRET = TOKEN.rpartition(".")[2].encode()
RAW = base64.urlsafe_b64decode(SECRET + b"=")
KIND = "a bearer token of duty.toml"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Iterator[Path]:
    """A directory that is gone when all tests have ended: what lies in it would be found, rightly."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.fixture
def canaries() -> Canaries:
    made = Canaries()
    made.note_text(f'token = "{TOKEN}"', "duty.toml")
    return made


def written(form: Callable[[bytes], bytes], secret: bytes, before: int) -> bytes:
    """A file's content in which a form of a secret stands after so many other bytes that are written the same way."""
    return b"log\n" * 3 + form(b"x" * before + secret + b"yz") + b"\n" * 50


@pytest.mark.parametrize("before", range(13))
@pytest.mark.parametrize("secret", [SECRET, RAW], ids=["text", "bytes"])
@pytest.mark.parametrize(
    "form",
    [bytes, lambda text: text.hex().encode(), lambda text: text.hex().upper().encode(), base64.b64encode,
     base64.urlsafe_b64encode],
    ids=["plain", "hex", "HEX", "base64", "base64url"],
)  # fmt: skip
def test_a_secret_is_found_in_every_form_at_every_place(
    canaries: Canaries, folder: Path, form: Callable[[bytes], bytes], secret: bytes, before: int
) -> None:
    """As text and as the bytes it stands for, plain, in hexadecimal digits and in base64, whatever stands before it."""
    path = folder / "server.log"
    path.write_bytes(written(form, secret, before))
    assert list(canaries.search_tree(folder)) == [Find(str(path), KIND)]
    assert canaries.files == 1
    assert canaries.searched == path.stat().st_size


@pytest.mark.parametrize("place", [BLOCK - len(SECRET), BLOCK - 30, BLOCK - PIECE, BLOCK - 1, BLOCK])
def test_a_secret_is_found_where_what_is_read_at_a_time_ends(canaries: Canaries, folder: Path, place: int) -> None:
    """One that two reads share is not overlooked."""
    path = folder / "ledger.db-wal"
    path.write_bytes(bytes(place) + SECRET + bytes(2 * LONGEST))
    assert len(list(canaries.search_file(path))) == 1


def test_a_private_key_is_found_by_its_secret_part_alone(folder: Path) -> None:
    """Of a P-256 key and of an Ed25519 one, in PEM, in DER and bare; its public key and its certificate are no find."""
    canaries, entropy = Canaries(), Chance()
    authority = certificates.create_authority(now_us=NOW_US, entropy=entropy)
    signer = Ed25519Signer.create("governance-workspace/0")
    for pem in (authority.key, signer.pem()):
        canaries.note_text(pem.decode(), "a.key")
        der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
        for content in (pem, der, der[16:48] if len(der) == 48 else der[36:68], der.hex().encode()):
            path = folder / "leak"
            path.write_bytes(content)
            assert [find.kind for find in canaries.search_file(path)] == ["a private key of a.key"]
    public = folder / "public"
    public.write_bytes(authority.certificate + signer.verifier_key.encode())
    assert list(canaries.search_file(public)) == []


def test_what_secrets_are_kept_in_is_noted_and_not_searched(folder: Path) -> None:
    """A server's own places, and a credentials file wherever its owner has put it; nothing else may hold a secret."""
    entropy = Chance()
    rightful = ("server/credentials/a.toml", "server/tls/server.key", "server/checkpoint.key", "client.toml")
    for name in rightful:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Credentials of a\n{issue_token(entropy).token}\n")
    canaries = Canaries()
    canaries.note_rightful(folder)
    assert len(canaries) == 2 * len(rightful)
    assert list(canaries.search_tree(folder)) == []
    token = (folder / "client.toml").read_text().splitlines()[1]
    (folder / "out.log").write_text(f"said {token}")
    assert list(canaries.search_tree(folder)) == [Find(str(folder / "out.log"), "a bearer token of client.toml")]


def test_a_key_that_a_test_has_spoilt_is_passed_over(folder: Path) -> None:
    """It opens nothing, and does not keep the others from being looked for."""
    for place, body in enumerate(("A", "AAAA", "====", "QUFB" * 20)):
        path = folder / str(place) / "tls" / "server.key"
        path.parent.mkdir(parents=True)
        path.write_text(f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n{TOKEN if place else ''}")
    canaries = Canaries()
    canaries.note_rightful(folder)
    assert len(canaries) == 2


def test_what_a_test_printed_is_searched_too(canaries: Canaries) -> None:
    """A find names the place and the kind, and never the secret."""
    (find,) = canaries.search_text("test_x, stderr", f"Traceback\n  presented {SECRET!r}\n")
    assert find == Find("test_x, stderr", KIND)
    assert SECRET.decode() not in repr(find)


def test_nothing_else_is_a_find(canaries: Canaries) -> None:
    """Other tokens, hashes of the secret, and pieces of it that are too short to be worth anything."""
    others = Chance()
    issue_token(others)  # the one that is looked for
    text = " ".join(issue_token(others).token for _ in range(100))
    text += hashlib.sha256(SECRET).hexdigest() + f" {SECRET[:12].decode()} {SECRET[-12:].decode()} {TOKEN[:20]}"
    assert list(canaries.search_text("a log", text)) == []


def test_a_placeholder_is_no_canary() -> None:
    """A token whose secret is a few characters over and over stands in examples, and opens nothing."""
    canaries = Canaries()
    canaries.note_text("gw1." + "0" * 16 + "." + "s" * 43, "an example")
    assert len(canaries) == 0


CONFTEST = """
import pathlib
from tests.support.canary_search import CanarySearch
import pytest

def pytest_configure(config):
    config.search = CanarySearch(config, pathlib.Path(__file__).parent)
    config.pluginmanager.register(config.search)

@pytest.fixture(scope="session", autouse=True)
def _below(pytestconfig, tmp_path_factory):
    pytestconfig.search.look_below(tmp_path_factory.getbasetemp())
"""
TESTS = """
from tests.support.canaries import note_token

TOKEN = {token!r}

def test_careful(tmp_path):
    note_token(TOKEN)
    (tmp_path / "server.log").write_text("nothing to see")

def test_careless(tmp_path):
    note_token(TOKEN)
    {leak}
"""


@pytest.mark.parametrize(
    ("processes", "leak", "place"),
    [
        ("0", "pass", None),
        ("1", "(tmp_path / 'server.log').write_text(TOKEN.encode().hex())", "server.log"),
        ("0", "print('presented', TOKEN)", "test_careless, Captured stdout call"),
        (
            "1",
            "__import__('pathlib').Path(__file__).with_name('core.1').write_bytes(bytes(99) + TOKEN.encode())",
            "core.1",
        ),
    ],
    ids=["nothing", "file", "output", "core dump"],
)
def test_a_suite_that_leaks_a_secret_fails(folder: Path, leak: str, place: str | None, processes: str) -> None:
    """All its tests pass, and it fails: the place and the kind are told, and the secret is not."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text(TESTS.format(token=TOKEN, leak=leak))
    options = ["-q", "-n", processes, "-p", "no:cacheprovider", f"--basetemp={folder}/base"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "test_it.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert "2 secrets of the tests' looked for in" in done.stdout
    assert "in 0 files" not in done.stdout
    assert done.returncode == (place is not None), done.stdout
    assert ("SECRET FOUND: a bearer token of a test, in " in done.stdout) == (place is not None)
    assert place is None or place in done.stdout
    assert SECRET.decode() not in done.stdout.replace("presented", "")

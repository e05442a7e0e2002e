"""Canaries: every secret that the tests make is looked for, after them, wherever no secret may be.

A secret is noted when it is made, or found where it rightly lies when the tests have ended. What was left behind, and
all that the tests printed, is then searched for each of them: as it is, in hexadecimal digits, in base64 at every
alignment, and for a token's secret also for the 32 bytes that it stands for.

How it is fast: what is searched is cut into pieces of `PIECE` bytes, and each is looked up in one table. The table has,
of each form of a secret, the pieces that begin at its first `PIECE` bytes: wherever the form stands, one of them is a
whole piece, since no form is shorter than `SHORTEST`.
"""

from __future__ import annotations

import base64
import os
import re
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE: Final = 12
"""72 bits of a token and more: nothing else has them by chance."""
SHORTEST: Final = 2 * PIECE - 1
LONGEST: Final = 256
"""No form of a secret is longer; what is read of a file at a time overlaps by as much."""
BLOCK: Final = 4 * 1024 * 1024
"""Bytes of a file at a time."""
RIGHTFUL: Final = (
    "*/credentials/*.toml",
    "*/credentials/*.new",
    "*/tls/*.key",
    "*/checkpoint.key",
    "*/checkpoint.key.new",
)
"""Where a server keeps secrets."""
FEWEST_CHARACTERS: Final = 16
"""A drawn token has 31 different ones on average; fewer than these once in a hundred million years of tests."""
CREDENTIALS: Final = b"# Credentials of "
"""How a credentials file begins; its owner may have put it anywhere."""

_PIECES: Final = re.compile(rb".{%d}" % PIECE, re.DOTALL)
_TOKEN: Final = re.compile(r"gw1\.[0-9a-f]{16}\.([A-Za-z0-9_-]{43})")
_KEY: Final = re.compile(r"-----BEGIN PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END PRIVATE KEY-----")
_EC_SCALAR: Final = re.compile(rb"\x02\x01\x01\x04\x20(.{32})", re.DOTALL)
"""RFC 5915: an EC private key begins with version 1 and its scalar. What follows is the public key, which is public."""
_ED25519_SEED: Final = re.compile(rb"\x04\x22\x04\x20(.{32})", re.DOTALL)
"""RFC 8410: the seed is all that a private key of Ed25519 has."""
_SCALAR_ON_LINE_2: Final = 26
"""Characters of the second line of a P-256 key in PEM that are the scalar's alone."""
_FIRST_WHOLE: Final = (0, 2, 3)
"""In base64, the first character of a secret that none of so many bytes before it has a part in."""


class Find(NamedTuple):
    """A secret where none may be.

    Attributes:
        place: The file, or the test and what it printed.
        kind: What it is a secret of. Never the secret.
    """

    place: str
    kind: str


class Canaries:
    """Secrets, and the search for them.

    Attributes:
        files: How many files were searched so far.
        searched: How many bytes were, of files and of texts.
    """

    def __init__(self) -> None:
        self.files = 0
        self.searched = 0
        self._secrets: set[bytes] = set()
        self._pieces: dict[bytes, list[tuple[bytes, str]]] = {}

    def __len__(self) -> int:
        return len(self._secrets)

    def note(self, secret: bytes, kind: str) -> None:
        """Look for a secret from now on. A short one could stand anywhere by chance."""
        assert len(secret) >= SHORTEST
        if secret in self._secrets:
            return
        self._secrets.add(secret)
        for form in _forms(secret):
            assert SHORTEST <= len(form) <= LONGEST
            for start in range(PIECE):
                self._pieces.setdefault(form[start : start + PIECE], []).append((form, kind))

    def note_text(self, text: str, origin: str) -> None:
        """Look for every token and every private key that a text holds."""
        for token in _TOKEN.finditer(text):
            if len(set(token[1])) < FEWEST_CHARACTERS:
                continue  # a placeholder, which opens nothing
            kind = f"a bearer token of {origin}"
            self.note(token[1].encode(), kind)
            self.note(base64.urlsafe_b64decode(f"{token[1]}="), kind)
        for pem in _KEY.finditer(text):
            self._note_key(pem[1], f"a private key of {origin}")

    def _note_key(self, body: str, kind: str) -> None:
        try:
            der = base64.b64decode(body)
        except ValueError:
            return  # a test has spoilt it
        scalar, seed = _EC_SCALAR.search(der), _ED25519_SEED.search(der)
        found = scalar or seed
        if found is None:
            return  # spoilt, or of a kind that no server of ours makes
        self.note(found[1], kind)
        if scalar is not None:
            # As PEM it is broken over two lines, so that no form of it is whole.
            self.note(body.splitlines()[1][:_SCALAR_ON_LINE_2].encode(), kind)

    def note_rightful(self, root: Path) -> None:
        """Look for all that lies where secrets rightly lie below a directory."""
        for path in _files(root):
            with suppress(FileNotFoundError):  # of a server that is still ending
                if may_hold_secrets(path):
                    self.note_text(path.read_text(errors="replace"), path.name)

    def search_tree(self, root: Path) -> Iterator[Find]:
        """Give what is found in the files below a directory, but for those that rightly hold secrets."""
        for path in _files(root):
            with suppress(FileNotFoundError):
                if not may_hold_secrets(path):
                    yield from self.search_file(path)

    def search_file(self, path: Path) -> Iterator[Find]:
        """Give what is found in a file: each kind of secret once."""
        found: set[str] = set()
        with path.open("rb") as file:
            self.files += 1
            content = file.read(BLOCK)
            while content:
                found |= self._kinds_in(content)
                following = file.read(BLOCK)
                content = content[-LONGEST:] + following if following else b""
        for kind in sorted(found):
            yield Find(str(path), kind)

    def search_text(self, place: str, text: str) -> Iterator[Find]:
        """Give what is found in a text: each kind of secret once."""
        for kind in sorted(self._kinds_in(text.encode("utf-8", "replace"))):
            yield Find(place, kind)

    def _kinds_in(self, content: bytes) -> set[str]:
        self.searched += len(content)
        hits = self._pieces.keys() & set(_PIECES.findall(content))
        return {kind for piece in hits for form, kind in self._pieces[piece] if form in content}


def may_hold_secrets(path: Path) -> bool:
    """Tell whether a file is one of those that secrets are kept in."""
    if any(fnmatch(str(path), pattern) for pattern in RIGHTFUL):
        return True
    with path.open("rb") as file:
        return file.read(len(CREDENTIALS)) == CREDENTIALS


def _forms(secret: bytes) -> Iterator[bytes]:
    """Give a secret as it may be written, of each form that part in which nothing around it has a say."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for before, first in enumerate(_FIRST_WHOLE):
        encoded = base64.b64encode(bytes(before) + secret)[first : (before + len(secret)) // 3 * 4]
        yield encoded
        yield encoded.translate(bytes.maketrans(b"+/", b"-_"))


def _files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


SESSION: Final = Canaries()
"""Those of this process's tests."""


def note_file(path: Path) -> None:
    """Look for what a credentials file holds once all tests have ended; also where the file is gone by then."""
    SESSION.note_text(path.read_text(), path.name)


def note_token(token: str) -> None:
    """Look for a token once all tests have ended."""
    SESSION.note_text(token, "a test")

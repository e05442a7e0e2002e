"""What the verbs of `governance-server` have in common: the types of their arguments, and their exit statuses."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from governance_server.directory import Directory

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse has no other name for it
"""Where verbs are added."""

DONE: Final = 0
NOT_IN_ORDER: Final = 1
INTERRUPTED: Final = 130
MOST_WORDS: Final = 4096
"""Characters, as the contract bounds a reason."""
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def directory_of(options: argparse.Namespace) -> Directory:
    """Return the server directory that a verb is about.

    Raises:
        DirectoryError: `init` has not made it.
    """
    from governance_server.directory import Directory

    directory = Directory(options.directory)
    directory.require()
    return directory


def take_directory(parser: argparse.ArgumentParser) -> None:
    """Have a verb take the server's directory."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the server's directory")


def take_name(parser: argparse.ArgumentParser) -> None:
    """Have a verb take the server's directory and a caller's name."""
    take_directory(parser)
    parser.add_argument("name", type=name, metavar="NAME", help="letters, digits, . _ and -, at most 64")


def name(text: str) -> str:
    """Read a caller's name."""
    if NAME.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(
            "a name has letters, digits, . _ and - only, begins with a letter or digit, and at most 64"
        )
    return text


def words(text: str) -> str:
    """Read what is recorded for people to read."""
    said = text.strip()
    if not 1 <= len(said) <= MOST_WORDS:
        raise argparse.ArgumentTypeError(f"a text, of at most {MOST_WORDS} characters")
    return said


def date(text: str) -> int:
    """Read a day; return its beginning in UTC, in microseconds since the epoch."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError("a day, such as 2026-01-31") from None
    return int(day.timestamp()) * 1_000_000


def days(text: str) -> int:
    """Read a number of days."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 3650:  # noqa: PLR2004 - the authority's life
        raise argparse.ArgumentTypeError("a whole number from 1 to 3650")
    return int(text)


def address(text: str) -> str:
    """Read HOST:PORT."""
    from governance_server.directory import is_address

    if not is_address(text):
        raise argparse.ArgumentTypeError("HOST:PORT, such as 127.0.0.1:50051")
    return text


def host(text: str) -> str:
    """Read a host's name or address."""
    if re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", text) is None:
        raise argparse.ArgumentTypeError("a host name or an IP address")
    return text

"""What a report is made of, however it is shown: sections of figures and tables, each with what it means. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from governance_client.console import words
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NOTHING: Final = "–"  # noqa: RUF001 - a dash where there is nothing, as in tables
_TENTHS: Final = 10
_TENTH_US: Final = 100_000
_MINUTE: Final = 60 * _TENTHS


class Share(NamedTuple):
    """So many of so many."""

    part: int
    whole: int

    def told(self) -> str:
        """Return it for people."""
        return f"{_percent(self.part, self.whole)} ({self.part}/{self.whole})" if self.whole else NOTHING

    def data(self) -> object:
        """Return it for programs, with what it is made of."""
        return {**self._asdict(), "share": self.part / self.whole if self.whole else None}


class Rate(NamedTuple):
    """So many in so many units."""

    number: int
    units: int

    def told(self) -> str:
        """Return it for people, rounded half up."""
        if not self.units:
            return NOTHING
        tenths = (self.number * 20 + self.units) // (2 * self.units)
        return f"{tenths // 10}.{tenths % 10}"

    def data(self) -> object:
        """Return it for programs."""
        return self.number / self.units if self.units else None


class Span(NamedTuple):
    """A span of time in tenths of a second; None where there is none."""

    tenths: int | None

    def told(self) -> str:
        """Return it for people: to the tenth where it is short, in minutes, hours or days where it is long."""
        if self.tenths is None:
            return NOTHING
        if self.tenths < _MINUTE:
            return _("{seconds}.{tenths} s").format(seconds=self.tenths // _TENTHS, tenths=self.tenths % _TENTHS)
        return words.span(self.tenths * _TENTH_US)

    def data(self) -> object:
        """Return it for programs, in seconds."""
        return None if self.tenths is None else self.tenths / _TENTHS


class Instant(NamedTuple):
    """A moment, in microseconds since 1970."""

    us: int

    def told(self) -> str:
        """Return it for people, to the second."""
        return f"{self._moment():%Y-%m-%d %H:%M:%S} UTC"

    def data(self) -> object:
        """Return it for programs, as in RFC 3339."""
        return self._moment().isoformat().replace("+00:00", "Z")

    def _moment(self) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.us)


class Foreign(NamedTuple):
    """What somebody else wrote."""

    text: str

    def told(self) -> str:
        """Return it as it was: whoever shows it has to make it harmless."""
        return self.text

    def data(self) -> object:
        """Return it as it was."""
        return self.text


class Word(NamedTuple):
    """A word of ours: as programs know it, and as people read it."""

    key: str
    name: str

    def told(self) -> str:
        """Return it for people."""
        return self.name

    def data(self) -> object:
        """Return it for programs."""
        return self.key


Value: TypeAlias = "int | Share | Rate | Span | Instant | Foreign | Word | None"


class Figure(NamedTuple):
    """One figure.

    Attributes:
        key: Its name for programs.
        name: Its name for people.
        value: The figure.
        meaning: What it is, so that somebody else could count it anew; empty where the name says it.
    """

    key: str
    name: str
    value: Value
    meaning: str = ""


class Column(NamedTuple):
    """A column of a table; its attributes are a figure's."""

    key: str
    name: str
    meaning: str = ""


class Table(NamedTuple):
    """Figures that there are several of.

    Attributes:
        key: Its name for programs.
        columns: What its columns are; the first says what a row is about.
        rows: The figures.
        without: What to say where there is no row.
    """

    key: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    without: str = ""


class Section(NamedTuple):
    """Figures that belong together.

    Attributes:
        key: Its name for programs.
        title: Its title for people.
        parts: Figures and tables, in order.
        notes: Sentences that stand before them.
    """

    key: str
    title: str
    parts: Sequence[Figure | Table]
    notes: Sequence[str] = ()


def meanings(defined: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield names with what they mean, those that mean the same together."""
    for meaning, group in groupby(((name, meaning) for name, meaning in defined if meaning), key=lambda each: each[1]):
        yield ", ".join(name for name, _meaning in group), meaning


def told(value: Value) -> str:
    """Return a value for people; what others wrote is as it was."""
    if value is None or isinstance(value, int):
        return NOTHING if value is None else str(value)
    return value.told()


def data(value: Value) -> object:
    """Return a value for programs."""
    return value if value is None or isinstance(value, int) else value.data()


def _percent(part: int, whole: int) -> str:
    """Return a percentage, rounded half up; what is not all is never called all, and something never nothing."""
    thousandths = (part * 2000 + whole) // (2 * whole)
    if 0 < part < whole:
        thousandths = min(max(thousandths, 1), 999)
    return f"{thousandths // 10}.{thousandths % 10} %"

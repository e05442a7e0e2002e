"""A report as text and as JSON. Pure."""

from __future__ import annotations

import json
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from governance_client.audit.report_sections import rules, sections
from governance_client.audit.report_values import Figure, Foreign, data, meanings, told
from governance_client.console.inert import value as inert_value
from governance_client.console.inert import width_of
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance_client.audit.report import Report
    from governance_client.audit.report_values import Section, Table, Value

FORMAT: Final = "governance-workspace report 1"
_COLUMNS: Final = 100
_INDENT: Final = "  "
_GAP: Final = "   "


def text(report: Report) -> Iterator[str]:
    """Yield a report's lines, for people; whatever others wrote is inert."""
    title = _("Governance report")
    yield title
    yield "=" * width_of(title)
    for section in sections(report):
        yield from ("", section.title, "-" * width_of(section.title))
        for note in section.notes:
            yield from _wrapped(note, "")
        yield from _parts(section)
        yield from _meanings(section)
    title = _("How it was counted")
    yield from ("", title, "-" * width_of(title))
    for rule in rules():
        yield from _wrapped(rule, "- ")


def as_json(report: Report) -> str:
    """Return a report as a JSON object, in ASCII: figures by section and name, and what each of them means."""
    found: dict[str, object] = {"format": FORMAT}
    definitions: dict[str, str] = {}
    for section in sections(report):
        found[section.key] = {part.key: _part(part) for part in section.parts} | (
            {"notes": list(section.notes)} if section.notes else {}
        )
        definitions |= {f"{section.key}.{key}": meaning for key, _name, meaning in _defined(section)}
    found["definitions"] = definitions
    found["rules"] = rules()
    return json.dumps(found, indent=2) + "\n"


def _defined(section: Section) -> Iterator[tuple[str, str, str]]:
    """Yield what is defined in a section: key, name and meaning."""
    for part in section.parts:
        if isinstance(part, Figure):
            defined = [(part.key, part.name, part.meaning)]
        else:
            defined = [(f"{part.key}.{each.key}", each.name, each.meaning) for each in part.columns]
        yield from (each for each in defined if each[2])


def _part(part: Figure | Table) -> object:
    if isinstance(part, Figure):
        return data(part.value)
    return [{column.key: data(value) for column, value in zip(part.columns, row, strict=True)} for row in part.rows]


def _parts(section: Section) -> Iterator[str]:
    figures = [part for part in section.parts if isinstance(part, Figure)]
    widest = max((width_of(each.name) for each in figures), default=0)
    for each in figures:
        yield f"{_INDENT}{_padded(each.name, widest)}{_GAP}{_shown(each.value)}"
    for number, part in enumerate(section.parts):
        if not isinstance(part, Figure):
            yield from [""] if number or section.notes else []
            yield from _table(part)


def _table(table: Table) -> Iterator[str]:
    """Yield a table's lines, names of columns on several where they are long; one that is too wide, row by row."""
    if not table.rows:
        yield f"{_INDENT}{table.without}"
        return
    rows = [[_shown(value) for value in row] for row in table.rows]
    names = [column.name for column in table.columns]
    longest = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    widths = [max(width, width_of(name)) for width, name in zip(longest, names, strict=True)]
    if not _fits(widths):
        widths = [max(width, *map(width_of, name.split())) for width, name in zip(longest, names, strict=True)]
    if not _fits(widths):
        yield from _stacked(names, rows)
        return
    heads = [textwrap.wrap(name, width, break_long_words=False) for name, width in zip(names, widths, strict=True)]
    for line in (*zip_longest(*heads, fillvalue=""), *rows):
        cells = (_padded(cell, width) for cell, width in zip(line, widths, strict=True))
        yield f"{_INDENT}{_GAP.join(cells)}".rstrip()


def _fits(widths: Sequence[int]) -> bool:
    return sum(widths) + len(_GAP) * len(widths) <= _COLUMNS


def _stacked(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    widest = max(map(width_of, names[1:]))
    for row in rows:
        yield f"{_INDENT}{row[0]}"
        for each, cell in zip(names[1:], row[1:], strict=True):
            head = f"{_INDENT * 2}{_padded(each, widest)}{_GAP}"
            first, *rest = textwrap.wrap(cell, max(_COLUMNS - width_of(head), 20)) or [""]
            yield f"{head}{first}".rstrip()
            yield from (" " * width_of(head) + line for line in rest)


def _meanings(section: Section) -> Iterator[str]:
    defined = list(meanings((called, meaning) for _key, called, meaning in _defined(section)))
    if defined:
        yield ""
    for called, meaning in defined:
        yield from _wrapped(f"{called}: {meaning}", _INDENT)


def _wrapped(sentence: str, mark: str) -> list[str]:
    return textwrap.wrap(
        sentence, _COLUMNS, initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False
    )


def _shown(value: Value) -> str:
    return inert_value(value.text) if isinstance(value, Foreign) else told(value)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - width_of(cell))

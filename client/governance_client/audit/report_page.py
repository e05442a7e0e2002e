"""A report as one page that fetches nothing and runs nothing. Pure."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from governance_client.audit.pack_markup import Markup, element, foreign, joined
from governance_client.audit.report_charts import charts
from governance_client.audit.report_sections import rules, sections
from governance_client.audit.report_style import STYLE
from governance_client.audit.report_values import Figure, Foreign, Share, Table, meanings, told
from governance_client.language import _, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from governance_client.audit.report import Report
    from governance_client.audit.report_values import Column, Section, Value

_FIRST = ("decisions.proposed", "oversight.human_oversight_rate", "oversight.automation_rate", "times.sla_kept")
_SECOND = ("overrides.overrides", "escalations.rate", "halts.declared", "outcomes.unknown")
_DIGEST_CHARACTERS = 64


def page(report: Report) -> str:
    """Return the page, in the language in use. The same report gives the same page."""
    found = sections(report)
    drawn = charts()
    parts = [_section(each, [*drawn[each.key](report.tally)] if each.key in drawn else []) for each in found]
    counted = element(
        "section", element("h2", _("How it was counted")), element("ul", *(element("li", rule) for rule in rules()))
    )
    body = element("body", _head(report, found), *parts, counted)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_security()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", _("Governance report")),
        element("style", Markup(STYLE)),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang=spoken().replace('_', '-'))}\n"


def _security() -> str:
    """Return what the page may load and do: apply its own style sheet, and nothing else."""
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"


def _head(report: Report, found: Sequence[Section]) -> Markup:
    basis = {part.key: part for part in found[0].parts if isinstance(part, Figure)}
    figures = {
        f"{section.key}.{part.key}": part for section in found for part in section.parts if isinstance(part, Figure)
    }
    period = _("{start} to {end}").format(start=told(basis["from"].value), end=told(basis["to"].value))
    tiles = [_tile(figures[key]) for key in (*_FIRST, *_SECOND)]
    return element(
        "header",
        element("p", _("Governance report"), class_="over"),
        element("h1", period),
        element("p", foreign(report.verified.checkpoint.origin), class_="quiet"),
        element("div", *tiles, class_="tiles"),
    )


def _tile(figure: Figure) -> Markup:
    value = figure.value
    large, of = told(value), ""
    if isinstance(value, Share) and value.whole:
        large, _space, of = told(value).partition(" (")
        of = f"{value.part}/{value.whole}"
    return element(
        "div", element("b", large), element("span", of, class_="of"), element("p", figure.name), class_="tile"
    )


def _section(section: Section, drawn: Sequence[Markup]) -> Markup:
    notes = [element("p", note, class_="note") for note in section.notes]
    return element("section", element("h2", section.title), *notes, *drawn, *_parts(section), id=section.key)


def _parts(section: Section) -> Iterator[Markup]:
    figures = [part for part in section.parts if isinstance(part, Figure)]
    if figures:
        rows = [
            element(
                "tr",
                element("td", each.name, class_="name"),
                _cell(each.value),
                element("td", each.meaning, class_="small quiet"),
            )
            for each in figures
        ]
        yield element("div", element("table", *rows), class_="scroll")
    for part in section.parts:
        if isinstance(part, Table):
            yield _table(part)


def _table(table: Table) -> Markup:
    if not table.rows:
        return element("p", table.without, class_="quiet")
    head = element("tr", *(element("th", column.name) for column in table.columns))
    rows = [element("tr", *(element("td", _shown(value)) for value in row)) for row in table.rows]
    return joined((element("div", element("table", head, *rows), class_="scroll"), _meanings(table.columns)))


def _meanings(columns: Sequence[Column]) -> Markup:
    defined = meanings((each.name, each.meaning) for each in columns)
    pairs = [joined((element("dt", called), element("dd", meaning))) for called, meaning in defined]
    return element("dl", *pairs, class_="meanings") if pairs else Markup()


def _cell(value: Value) -> Markup:
    return element("td", _shown(value), class_="value hash" if isinstance(value, Foreign) else "value")


def _shown(value: Value) -> str:
    if not isinstance(value, Foreign):
        return told(value)
    digest = len(value.text) == _DIGEST_CHARACTERS and value.text.isalnum()
    return element("span", value.text, class_="hash") if digest else foreign(value.text)

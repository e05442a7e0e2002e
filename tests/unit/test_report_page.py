"""The page of a report: well formed, alone in the world, and nobody's words but ours do anything in it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from governance import v1
from governance_client import language
from governance_client.audit.report_mapping import mapping
from governance_client.audit.report_page import page
from governance_client.audit.report_period import Period
from governance_client.audit.report_sections import sections
from governance_client.audit.report_text import as_json, text
from governance_client.audit.report_values import Figure, Share, told
from tests.support.browser import Browser, found
from tests.support.reported import CORE, START_US, Fabric, reported
from tests.support.small_ledger import PERIOD, small

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from governance_client.audit.report import Report

_DAYS_US: Final = 7 * 86_400 * 1_000_000
_HOSTILE: Final = (
    '<script>alert(1)</script><img src="http://198.51.100.1/x">\u202e\u180b\ufe0f\u0301\u0301\u0301\u0301\u0301\u0301"'
)
_EMPTY: Final = Period(START_US, START_US + 1, START_US + 2)


def full() -> Report:
    fabric = Fabric(Random(3))
    return reported(fabric.grow(1500), Period(START_US, START_US + _DAYS_US, START_US + 10 * _DAYS_US))


def hostile() -> Report:
    fabric = Fabric(Random(3))
    fabric.add(CORE, v1.Event(decision_proposed=v1.DecisionProposed(action_digest=b"d")), name="d")
    eve = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name=_HOSTILE, role=v1.ROLE_CISO)
    fabric.add(eve, v1.Event(decision_rejected=v1.DecisionRejected()), name="d")
    fabric.entries[-1].presentation.reading.FromMicroseconds(5)
    short = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="\u180bx\ufe0f\u2028", role=v1.ROLE_CISO)
    fabric.add(CORE, v1.Event(decision_proposed=v1.DecisionProposed(action_digest=b"d")), name="e")
    fabric.add(short, v1.Event(decision_rejected=v1.DecisionRejected()), name="e")
    fabric.entries[-1].presentation.reading.FromMicroseconds(9)
    fabric.add(eve, v1.Event(policy_applied=v1.PolicyApplied(policy_digest=b"p" * 32)))
    return reported(fabric.entries, Period(START_US, START_US + 1, START_US + 2))


def parsed(written: str) -> ET.Element:
    """Read a page as XML, which it is but for its doctype and its meta elements."""
    body = re.sub(r"(<meta [^>]*)>", r"\1/>", written.removeprefix("<!DOCTYPE html>\n"))
    return ET.fromstring(body)


_REPORTS: Final[dict[str, Callable[[], Report]]] = {
    "full": full,
    "small": lambda: reported(small(), PERIOD),
    "hostile": hostile,
    "empty": lambda: reported([], _EMPTY),
}


@pytest.fixture(params=list(_REPORTS))
def report(request: pytest.FixtureRequest) -> Report:
    return _REPORTS[request.param]()


def test_well_formed_and_alone(report: Report) -> None:
    """Every element is closed, nothing runs, nothing is fetched, and no attribute is a style or a handler."""
    tree = parsed(page(report))
    known = {"html", "head", "meta", "title", "style", "body", "header", "section", "div", "p", "b", "span", "bdi"}
    known |= {"h1", "h2", "table", "tr", "td", "th", "dl", "dt", "dd", "ul", "li", "figure", "figcaption"}
    known |= {"svg", "rect", "line", "circle", "text"}
    for element in tree.iter():
        assert element.tag in known
        assert not {"style", "src", "href"} & set(element.keys())
        if element.tag == "svg":
            assert {each.tag for each in element.iter()} <= {"svg", "rect", "line", "circle", "text", "title"}
        assert not [name for name in element.keys() if name.startswith("on")]  # noqa: SIM118 - it is no mapping
    assert "url(" not in page(report)
    (policy,) = (each.get("content", "") for each in tree.iter("meta") if each.get("http-equiv"))
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'", policy)


def test_every_figure_is_on_the_page(report: Report) -> None:
    """The page has each figure that the report has, with its meaning."""
    shown = "".join(parsed(page(report)).itertext())
    for section in sections(report):
        assert section.title in shown
        for part in section.parts:
            if isinstance(part, Figure):
                assert part.name in shown
                assert part.meaning in shown
                assert told(part.value) in shown


def test_charts_show_what_the_tables_say() -> None:
    """The parts of a bar are as long as the shares that the table beside it names."""
    report = full()
    (bar,) = (
        figure.find("svg")
        for figure in parsed(page(report)).iter("figure")
        if (figure.findtext("figcaption") or "").startswith("Automation levels")
    )
    assert bar is not None
    widths = [float(rect.get("width", "0")) + 1 for rect in bar.findall("rect")]
    table = next(part for part in sections(report)[1].parts if part.key == "automation")
    assert not isinstance(table, Figure)
    shares = [row[1] for row in table.rows]
    for width, share in zip(widths, shares, strict=True):
        assert isinstance(share, Share)
        assert width / sum(widths) == pytest.approx(share.part / share.whole, abs=0.01)


def test_in_portuguese() -> None:
    """The page says which language it is in, in every language that there is."""
    try:
        language.use("pt_BR")
        assert '<html lang="pt-BR">' in page(reported(small(), PERIOD))
    finally:
        language.use("en")


def test_no_word_of_the_product_about_itself(report: Report) -> None:
    """A report says what its figures support; that anything is compliant is for others to say."""
    for written in (page(report), as_json(report), "\n".join(text(report))):
        assert "complian" not in written.lower().replace("docs/compliance.md", "")
    assert len(mapping().parts) == 1


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = found()
    if program is None:
        pytest.skip("there is no browser on this machine")
    with Browser(program) as opened:
        yield opened


@pytest.mark.parametrize("dark", [False, True])
def test_in_a_browser(browser: Browser, tmp_path: Path, dark: bool) -> None:
    """A real browser opens it, asks for nothing else, and has nothing to complain about."""
    file = tmp_path / "report.html"
    file.write_text(page(full()), encoding="utf-8")
    seen = browser.open(file, dark=dark)
    assert seen.requests == [file.resolve().as_uri()]
    assert seen.complaints == []
    for fact in ("human oversight rate", "SLA kept", "Reading and approving", "op-1", "EU AI Act, Article 14"):
        assert fact in seen.text


def test_hostile_names_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    """A name that is markup is shown as the text that it is."""
    file = tmp_path / "report.html"
    file.write_text(page(hostile()), encoding="utf-8")
    seen = browser.open(file)
    assert seen.requests == [file.resolve().as_uri()]
    assert seen.complaints == []
    assert "<script>alert(1)</script>" in seen.text
    assert "\u202e" not in seen.text

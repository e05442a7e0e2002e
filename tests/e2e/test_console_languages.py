"""The console in the languages that its operators speak, on a real terminal against a real server."""

from __future__ import annotations

import gettext
from typing import TYPE_CHECKING

import pytest

from governance_client.language import DOMAIN, LANGUAGES, LOCALES
from tests.support.alerts import SCAN, alert
from tests.support.house import House

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROMPT = "governance>"
MISSING = [each for each in LANGUAGES if gettext.find(DOMAIN, LOCALES, [each]) is None]
"""The languages that have no compiled catalogue here; English is spoken in their place."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        house.propose([alert("first-0001", SCAN, "203.0.113.7")])
        yield house


@pytest.mark.parametrize(
    ("language", "options", "locale"),
    [
        pytest.param("en", (), "en_US.UTF-8", id="English by the locale"),
        pytest.param("pt_BR", (), "pt_BR.UTF-8", id="Portuguese by the locale"),
        pytest.param("pt_BR", ("--lang", "pt-BR"), "en_US.UTF-8", id="Portuguese by --lang"),
        pytest.param("en", ("--lang", "en"), "pt_BR.UTF-8", id="English by --lang"),
    ],
)
@pytest.mark.skipif(bool(MISSING), reason=f"no catalogue is compiled for {', '.join(MISSING)}")
def test_a_decision_in_a_language(house: House, language: str, options: tuple[str, ...], locale: str) -> None:
    """The console greets, asks and tells in its language, and takes that language's own verb and own yes."""
    spoken = gettext.translation(DOMAIN, LOCALES, [language])
    greeting = spoken.ngettext(
        "{count} waits for a decision: {risks}. `queue` lists it.",
        "{count} wait for a decision: {risks}. `queue` lists them.",
        1,
    )
    question = spoken.gettext("type {answer} to {verb} {what}")
    done = spoken.gettext("Approved")
    yes, approve = spoken.pgettext("answer", "yes"), spoken.pgettext("verb", "approve")
    with house.console("duty", *options, LC_ALL=locale) as console:
        console.until(greeting.format(count=1, risks="").partition(":")[0])
        console.asked(PROMPT)
        console.enter(f"{approve} first")
        console.answer(question.partition("{")[0].strip(), yes)
        console.until(f"{done},")
        console.asked(PROMPT)
        console.enter(spoken.pgettext("verb", "quit"))
        assert console.end() == 0
    kinds = [event.WhichOneof("kind") for entry in house.entries() for event in entry.events]
    assert kinds.count("decision_approved") == 1


def test_english_always_works(house: House) -> None:
    """Whatever the language, the English verb and `yes` are understood."""
    with house.console("duty", LC_ALL="pt_BR.UTF-8") as console:
        console.asked(PROMPT)
        console.enter("approve first")
        console.until("first-0001")
        console.until(lambda screen: PROMPT not in screen.cursor_row and screen.cursor_row.endswith(":"))
        console.steady()
        console.enter("yes")
        console.asked(PROMPT)
        console.enter("quit")
        assert console.end() == 0
    kinds = [event.WhichOneof("kind") for entry in house.entries() for event in entry.events]
    assert kinds.count("decision_approved") == 1

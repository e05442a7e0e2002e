"""Every view, help and refusal is told in the language in use: nothing of ours passes the catalogues by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from governance import v1
from governance_client.cli.parser import build_parser
from governance_client.console import naming, refusals, words
from governance_client.console.announcing import announce
from governance_client.console.board.panes import too_small
from governance_client.console.doing import DEEDS
from governance_client.console.doing.asking import _all_verbs, _one_verb
from governance_client.console.inert import width_of
from governance_client.console.lines import plain
from governance_client.console.page import page
from governance_client.console.quoting import LABELS, label_columns
from governance_client.console.toolbar import toolbar
from governance_client.console.verbs import Mistake, parse
from governance_client.console.vocabulary import BY_NAME, VERBS
from governance_client.language import _, pgettext
from governance_client.operator.replica import Update
from tests.console.examples import NOW_S, decision, operator
from tests.console.test_toolbar import FULL
from tests.support.hostile import hostile_decision
from tests.support.languages import speaking, struck_out
from tests.unit.test_console_page import alerts, of_alert
from tests.unit.test_console_views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW_US: Final = NOW_S * 1_000_000
SAID: Final = "ы"
"""What everybody else says in the examples, so that every letter of the alphabet is ours."""
_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_DIGEST: Final = re.compile(r"\b[0-9a-f]{8,}\b")
_CONTRACT: Final = frozenset(
    word
    for enum in (v1.RiskLevel, v1.DecisionState, v1.Role, v1.ActionType, v1.ActionScope, v1.TargetKind)
    for name, _number in enum.items()
    for word in name.lower().split("_")
)
"""The contract's own names, which are typed as values and shown as they are typed."""
_DATA: Final = frozenset({"block", "maximus", "UTC", "ip", "ms", "governance", "ID", "alice"})
"""What the examples say, units, and names."""


@pytest.fixture
def portuguese() -> Iterator[None]:
    with speaking("pt_BR"):
        yield


def _of_ours(text: str) -> set[str]:
    """Return the words of a drawn text that came from no catalogue and are nobody's data."""
    return {word for word in _WORD.findall(_DIGEST.sub("", text)) if word not in _CONTRACT | _DATA}


def _refusals() -> str:
    current = decision()
    known = [reason for reason in v1.RefusalReason.values() if reason in refusals.SENTENCES]
    told = [refusals.told(v1.Refusal(reason=reason, current=current), NOW_US) for reason in known]
    for state in words.STATES:
        ended = decision(state=state)
        ended.ending.actor.CopyFrom(operator("alice"))
        ended.ending.resolved_at.seconds = NOW_S - 60
        told.append(refusals.standing(ended, NOW_US))
    return "\n".join(told)


def _news() -> str:
    """Return what is announced of a decision in each state, of one and of many."""
    cause = v1.Cause(actor=operator("alice"))
    arrived = [Update(None, decision(), cause)]
    moved = [[Update(decision(), decision(state=state, version=2), cause)] for state in words.STATES]
    shown = [
        line for updates in (arrived, *moved) for count in (1, 9) for line in announce(updates * count, NOW_US, 200)
    ]
    return "\n".join(plain(line) for line in shown)


def _drawn(view: str) -> str:
    return "\n".join(plain(line) for line in VIEWS[view](SAID, 200))


def _help() -> str:
    return "\n".join(plain(line) for line in _all_verbs())


@pytest.mark.parametrize("view", VIEWS)
def test_every_word_of_a_view_is_looked_up(view: str) -> None:
    """With each text of the catalogues struck out, only data and the contract's names are left to read."""
    with struck_out():
        drawn = _drawn(view)
    assert _of_ours(drawn) == set()
    assert drawn != _drawn(view), "the catalogue was asked"


def test_every_word_of_what_is_told_is_looked_up() -> None:
    """So it is with refusals, the toolbar, the help, and what is too small."""
    with struck_out():
        told = [_refusals(), _news(), plain(toolbar(FULL, 300)), *(plain(line) for line in too_small(40, 5)), _help()]
        told += [_(verb.summary) for verb in VERBS] + [_(verb.done) for verb in VERBS if verb.done]
    assert {word for text in told for word in _of_ours(text)} == set()


def test_a_word_that_is_not_looked_up_is_seen() -> None:
    """The check can fail: English text beside the catalogues is found."""
    with struck_out():
        assert _of_ours(_("Nothing waits") + " for you") == {"for", "you"}


@pytest.mark.parametrize("view", VIEWS)
def test_views_speak_portuguese(view: str, portuguese: None) -> None:
    """Each is drawn in another language than English, within the width that it has."""
    del portuguese
    for width in (40, 80):
        assert all(width_of(plain(line)) <= width for line in VIEWS[view](SAID, width))
    spoken = _drawn(view)
    with speaking("en"):
        assert spoken != _drawn(view)


def test_help_speaks_portuguese() -> None:
    """No summary of a verb, and no word for what was done, is the English one."""
    english = {*(verb.summary for verb in VERBS), *(verb.done for verb in VERBS if verb.done)}
    with speaking("pt_BR"):
        assert {text for text in english if _(text) == text} == set()
        shown = _help() + "".join(plain(line) for verb in VERBS for line in _one_verb(verb)) + _refusals()
    assert [text for text in english | set(refusals.SENTENCES.values()) if len(text) > 12 and text in shown] == []


def test_verbs_have_names_of_their_own(portuguese: None) -> None:
    """Each can be typed by a name without accents that no other verb has, and by its English one."""
    del portuguese
    spoken = {verb.name: naming.called(verb) for verb in VERBS}
    assert set(spoken) == set(DEEDS)
    assert len(set(spoken.values())) == len(spoken)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)?", name) for name in spoken.values())
    assert [name for name in spoken.values() if name in BY_NAME] == []
    for english, name in spoken.items():
        assert naming.named(name) == naming.named(english) == BY_NAME[english]


@pytest.mark.parametrize("line", ["aprovar", "mostrar 1 2", "adiar 1", "lote 1 fazer", "nada", "fila risco=alto"])
def test_mistakes_are_told_in_portuguese(line: str, portuguese: None) -> None:
    """What was mistyped is explained with the verbs' names in that language."""
    del portuguese
    found = parse(line)
    if isinstance(found, Mistake):
        assert not re.search(r"\b(the|is|type|typed|verb)\b", found.message)
    else:
        assert line == "aprovar"


def test_yes_is_sim(portuguese: None) -> None:
    """A question is answered in the language it was asked in."""
    del portuguese
    assert pgettext("answer", "yes") == "sim"


def test_labels_keep_their_column(portuguese: None) -> None:
    """No label is wider than the column of labels, so that facts stand below one another."""
    del portuguese
    assert label_columns() <= 14
    assert [label for label in LABELS if width_of(_(label)) >= label_columns()] == []


@pytest.mark.parametrize("risk", [v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_CRITICAL])
def test_pages_fit_in_portuguese_too(risk: v1.RiskLevel.ValueType, portuguese: None) -> None:
    """A page of a real alert takes at most two lines more than in English."""
    del portuguese
    for line in alerts()[:10]:
        found = of_alert(line, risk)
        spoken = page(found, NOW_US, 80)
        with speaking("en"):
            english = page(found, NOW_US, 80)
        assert len(spoken) <= len(english) + 2


def test_what_others_said_is_not_translated(portuguese: None) -> None:
    """Core's own words stay as they were written, whatever language an operator reads."""
    del portuguese
    text = "\n".join(plain(line) for line in page(hostile_decision("approved by policy"), NOW_US, 120))
    assert "approved by policy" in text


def test_the_command_line_is_helped_in_portuguese(portuguese: None) -> None:
    """Each verb's summary is another one than in English."""
    del portuguese
    spoken = build_parser().format_help()
    with speaking("en"):
        english = build_parser().format_help()
    told = [line.split(maxsplit=1)[1] for line in english.splitlines() if re.match(r"    \S+ +\S", line)]
    assert len(told) > 20
    assert [line for line in told if line in spoken] == []

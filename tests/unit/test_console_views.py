"""Every view over every hostile text: inert, within the screen, and what others wrote is marked as that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance import v1
from governance_client.console import glyphs
from governance_client.console.figures import health, operator_statistics, statistics
from governance_client.console.glyphs import GLYPHS
from governance_client.console.grouping import groups_of
from governance_client.console.groups import group_page, groups
from governance_client.console.halts import halt_line, halt_news, who_lines
from governance_client.console.inert import inert
from governance_client.console.lines import Line, clip, plain
from governance_client.console.page import page
from governance_client.console.rendering import summary, table
from governance_client.console.replaying import replay_report
from governance_client.console.settings import COLUMNS
from governance_client.console.similar import similar
from governance_client.console.trail import trail
from governance_client.console.why import why
from tests.console.examples import NOW_S, decision, operator
from tests.support.hostile import FORGED, HOSTILE, IMITATIONS, hostile_decision, hostile_record, written
from tests.support.inertness import assert_drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NOW_US: Final = NOW_S * 1_000_000
WIDTHS: Final = (20, 40, 80, 200)
ALL_COLUMNS: Final = (*COLUMNS, "group", "core", "tier", "confidence", "age", "score")


def _halt(text: str) -> v1.Halt:
    return v1.Halt(
        halt_id=text, scope=v1.HaltScope(target=text), reason=text, actor=operator(text), released_by=[operator(text)]
    )


def _halts(text: str, width: int) -> list[Line]:
    halt = _halt(text)
    return [*halt_news({}, {"h": halt}, NOW_US, width), *halt_news({text: halt}, {}, NOW_US, width)]


def _who(text: str, width: int) -> list[Line]:
    found = v1.EligibleOperator(operator=v1.Operator(name=text, role=v1.ROLE_CISO), voted=True)
    return [clip(line, width) for line in who_lines(v1.ListEligibleOperatorsResponse(operators=[found]))]


def _similar(text: str, width: int) -> list[Line]:
    states = [v1.StateCount(state=v1.DECISION_STATE_REJECTED, count=3)]
    return similar(
        v1.ListSimilarDecisionsResponse(decisions=[hostile_decision(text)], states=states, open=1), NOW_US, width
    )


def _groups(text: str, width: int) -> list[Line]:
    odd = hostile_decision(text)
    odd.assessment.risk = v1.RISK_LEVEL_LOW
    found = groups_of([hostile_decision(text), hostile_decision(text), odd, decision()])
    return [*groups(found, NOW_US, width), *(line for each in found for line in group_page(each, NOW_US, width))]


def _figures(text: str, width: int) -> list[Line]:
    mine = v1.GetOperatorStatisticsResponse(operator=text, events=[v1.EventCount(event=text, count=1)], approved=1)
    halt = _halt(text)
    return [
        *operator_statistics(mine, width),
        *statistics(v1.GetStatisticsResponse(halts=[halt]), width),
        *health(serving=True, took_s=0.001, halts=[halt], now_us=NOW_US, width=width),
    ]


def _replay(text: str, width: int) -> list[Line]:
    report = v1.ReplayPolicyResponse(changed=1, differences=[v1.ReplayDifference(decision_id=text)])
    return [clip(line, width) for line in replay_report(report)]


VIEWS: Final[Mapping[str, Callable[[str, int], list[Line]]]] = {
    "page": lambda text, width: page(hostile_decision(text), NOW_US, width),
    "table": lambda text, width: table([hostile_decision(text), decision()], NOW_US, width, columns=ALL_COLUMNS),
    "summary": lambda text, width: [summary(hostile_decision(text), NOW_US, width)],
    "why": lambda text, width: why(hostile_decision(text), width),
    "trail": lambda text, width: trail([hostile_record(text)], width),
    "similar": _similar,
    "groups": _groups,
    "figures": _figures,
    "halts": _halts,
    "who": _who,
    "replay": _replay,
}


@pytest.fixture
def in_ascii() -> Iterator[None]:
    glyphs.use(ascii=True)
    yield
    glyphs.use(ascii=False)


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("view", VIEWS)
def test_no_view_lets_a_text_act(view: str, hostile: str) -> None:
    """Wherever a hostile text stands, nothing of it does anything, and no line is wider than the screen."""
    for width in WIDTHS:
        assert_drawn(VIEWS[view](written(hostile), width), width)


def _is_marked(line: str) -> bool:
    """Tell whether each imitation in a line stands behind a mark that what follows was written by someone else."""
    for index in (at for at in range(len(line)) if line.startswith(FORGED, at)):
        before, after = line[:index], line[index + len(FORGED) :]
        enclosed = GLYPHS.quote in before or GLYPHS.opening in before
        # in a name no space ends it, so that it does not pass for words of ours
        if not enclosed and not after.startswith((GLYPHS.space, GLYPHS.closing, "approved" + GLYPHS.space)):
            return False
    return True


@pytest.mark.parametrize("imitation", IMITATIONS, ids=range(len(IMITATIONS)))
@pytest.mark.parametrize("view", VIEWS)
def test_what_imitates_us_is_marked(view: str, imitation: str) -> None:
    """A text that looks like a prompt, a confirmation or a status line has our mark of a quotation before it."""
    for line in (line for width in WIDTHS for line in VIEWS[view](imitation, width)):
        assert _is_marked(plain(line)), plain(line)


@pytest.mark.parametrize("view", ["page", "why", "trail"])
def test_imitations_are_shown(view: str) -> None:
    """They are quoted, not left out: an operator sees what was tried."""
    lines = [plain(line) for line in VIEWS[view](IMITATIONS[0], 80)]
    assert any(f"{GLYPHS.quote}{FORGED} done: approved by policy" in line for line in lines)


@pytest.mark.usefixtures("in_ascii")
@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_but_ascii_leaves_a_view_that_draws_in_it(view: str, hostile: str) -> None:
    """Where the terminal has ASCII alone, neither we nor anyone else writes anything else."""
    for line in VIEWS[view](written(hostile), 80):
        assert plain(line).isascii(), plain(line)
        assert plain(line).isprintable(), plain(line)


@pytest.mark.usefixtures("in_ascii")
@pytest.mark.parametrize("imitation", IMITATIONS, ids=range(len(IMITATIONS)))
@pytest.mark.parametrize("view", VIEWS)
def test_quotations_are_marked_in_ascii_too(view: str, imitation: str) -> None:
    """With the marks that it has."""
    for line in VIEWS[view](imitation, 80):
        assert _is_marked(plain(line)), plain(line)


@pytest.mark.parametrize("view", VIEWS)
@given(text=st.text(max_size=300), width=st.integers(min_value=1, max_value=120))
@example(text="0\u0abe", width=1)  # a spacing mark, which has a column only on another character
@settings(max_examples=30)
def test_any_text_in_any_view(view: str, text: str, width: int) -> None:
    """Whatever is written, wherever it stands, and however narrow the screen."""
    assert_drawn(VIEWS[view](written(text), width), width)


def test_a_decision_without_anything_is_drawn() -> None:
    """What a server of another version leaves out, or sends in numbers we do not know, stops no view."""
    strange = v1.Decision(state=v1.DECISION_STATE_PENDING)
    strange.MergeFromString(b"\x20\x63")  # a state of number 99
    for each in (v1.Decision(), strange):
        for lines in (page(each, 0, 80), table([each], 0, 80), why(each, 80), [summary(each, 0, 80)]):
            assert_drawn(lines, 80)
    (found,) = groups_of([strange])
    assert_drawn([*groups([found], 0, 80), *group_page(found, 0, 80), *groups([], 0, 80)], 80)
    assert "unknown (99)" in plain(page(strange, 0, 80)[2])


def test_an_entry_that_cannot_be_read_is_told_as_that() -> None:
    """Its bytes are nobody's message; the others are shown."""
    lines = [plain(line) for line in trail([v1.LedgerRecord(entry=b"\xff\xff"), hostile_record("x")], 80)]
    assert "cannot be read" in lines[0]
    assert lines[-1] == "2 entries"


def test_halt_line_is_one_line() -> None:
    """The reason that was given is quoted at its end."""
    line = plain(halt_line(_halt("breach under way"), NOW_US, 400))
    assert line.endswith(": “breach under way”")
    assert inert(line) == line

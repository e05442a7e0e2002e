"""Views: whatever a server may send about decisions and halts, drawn inert and within the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import glyphs
from governance_client.console.board.rows import ended_lines, pending_row
from governance_client.console.figures import health, operator_statistics, statistics
from governance_client.console.grouping import groups_of
from governance_client.console.groups import group_page, groups
from governance_client.console.halts import halt_line, halt_news, who_lines
from governance_client.console.inert import inert, inert_lines, name, sentence
from governance_client.console.lines import Line, clip
from governance_client.console.page import page
from governance_client.console.refusals import foreseen, server_says, standing, told
from governance_client.console.rendering import ALL, summary, table
from governance_client.console.replaying import replay_report
from governance_client.console.similar import similar
from governance_client.console.why import why
from tests.console.examples import NOW_S, decision, operator
from tests.fuzz.choices import TRICKS, Choices
from tests.fuzz.messages import change, made
from tests.support.inertness import assert_drawn, assert_inert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NOW_US: Final = NOW_S * 1_000_000
_VERBS: Final = ("approve", "reject", "claim", "defer", "undo")


def target(data: bytes) -> None:
    """Draw a view of what the bytes make, at some width, in Unicode or in ASCII."""
    choices = Choices(data)
    view, width, in_ascii = choices.pick(_VIEWS), 1 + choices.below(160), choices.byte() & 7 == 7
    glyphs.use(ascii=in_ascii)
    try:
        drawn = view(choices, width)
        assert_drawn(drawn, width)
        if in_ascii:
            assert all(text.isascii() for line in drawn for _style, text in line)
    finally:
        glyphs.use(ascii=False)


def _decision(choices: Choices) -> v1.Decision:
    """Return a decision that a server of ours would hold, with anything at all changed in it."""
    changed = decision() if choices.chance() else v1.Decision()
    change(choices, changed)
    return changed


def _texts(choices: Choices, width: int) -> list[Line]:
    text = choices.rest().decode("utf-8", "replace")
    for one in (inert(text), name(text), sentence(text), inert(text, 7)):
        assert_inert(one)
    return [[("", line)] for line in inert_lines(text, max(width, 40), 12)]


def _page(choices: Choices, width: int) -> list[Line]:
    return page(_decision(choices), _NOW_US, width)


def _table(choices: Choices, width: int) -> list[Line]:
    shown = [_decision(choices), decision(), _decision(choices)]
    return table(shown, _NOW_US, width, columns=tuple(ALL))


def _rows(choices: Choices, width: int) -> list[Line]:
    shown = _decision(choices)
    row = clip(pending_row(shown, _NOW_US, width, selected=True), width)
    return [row, summary(shown, _NOW_US, width), *ended_lines(shown, _NOW_US, width), *why(shown, width)]


def _groups(choices: Choices, width: int) -> list[Line]:
    found = groups_of([_decision(choices), _decision(choices), decision()])
    return [*groups(found, _NOW_US, width), *(line for each in found for line in group_page(each, _NOW_US, width))]


def _refused(choices: Choices, width: int) -> list[Line]:
    refusal = made(choices, v1.Refusal)
    for text in (told(refusal, _NOW_US), standing(refusal.current, _NOW_US)):
        assert_inert(text)
    assert_inert(foreseen(choices.pick(_VERBS), refusal.current, operator("alice"), _NOW_US))
    return [*server_says(refusal, width)]


def _halts(choices: Choices, width: int) -> list[Line]:
    halt, other = made(choices, v1.Halt), made(choices, v1.Halt)
    news = halt_news({"a": other}, {"b": halt}, _NOW_US, width)
    found = made(choices, v1.ListEligibleOperatorsResponse)
    return [clip(halt_line(halt, _NOW_US, width), width), *news, *(clip(line, width) for line in who_lines(found))]


def _figures(choices: Choices, width: int) -> list[Line]:
    counted, mine = made(choices, v1.GetStatisticsResponse), made(choices, v1.GetOperatorStatisticsResponse)
    alike, replayed = made(choices, v1.ListSimilarDecisionsResponse), made(choices, v1.ReplayPolicyResponse)
    return [
        *statistics(counted, width),
        *operator_statistics(mine, width),
        *similar(alike, _NOW_US, width),
        *(clip(line, width) for line in replay_report(replayed)),
        *health(serving=True, took_s=0.1, halts=counted.halts, now_us=_NOW_US, width=width),
    ]


_VIEWS: Final[tuple[Callable[[Choices, int], list[Line]], ...]] = (
    _texts,
    _page,
    _table,
    _rows,
    _groups,
    _refused,
    _halts,
    _figures,
)


def seeds() -> Iterator[bytes]:
    """Give a hostile text and some choices to every view."""
    for text in TRICKS:
        yield b"\0\x50\0" + text.encode()
    for number in range(1, len(_VIEWS)):
        yield bytes([number, 79, 0]) + bytes(range(1, 90))
        yield bytes([number, 39, 7]) + bytes(range(0, 256, 3))

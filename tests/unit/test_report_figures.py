"""The figures of a report: against a slow recount by their definitions, and against a small ledger that is known."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import v1
from governance_client.audit.report_conduct import conduct
from governance_client.audit.report_halts import Halts
from governance_client.audit.report_period import Period
from governance_client.audit.report_sections import sections
from governance_client.audit.report_spread import Spread
from governance_client.audit.report_tally import Tally
from governance_client.audit.report_text import as_json, text
from governance_client.audit.report_values import Figure, Rate, Share, Span, told
from tests.support.naive_report import Naive
from tests.support.reported import CORE, START_US, Fabric, reported
from tests.support.small_ledger import MINUTE_US, PERIOD, small

VECTORS: Final = Path(__file__).parents[1] / "vectors"


def figures(entries: list[v1.Entry], period: Period) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(as_json(reported(entries, period)))
    return found


@given(st.integers(0, 2**32), st.integers(0, 120), st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_every_figure_is_what_a_recount_gives(seed: int, steps: int, start: float, end: float, over: bool) -> None:
    """Whatever happened, and whatever the period, each figure is what counting anew by its definition gives."""
    fabric = Fabric(Random(seed))
    entries = fabric.grow(steps)
    length = fabric.us - START_US + 1
    since, until = START_US + int(length * start), START_US + int(length * end)
    period = Period(min(since, until), max(since, until) + 1, fabric.us + 1 if over else (since + until) // 2)
    found, expected = figures(entries, period), Naive(entries, period).figures()
    for section, known in expected.items():
        assert {key: found[section][key] for key in known} == known, section
        assert set(found[section]) - {"notes"} == set(known)
    assert set(found) - set(expected) == {"format", "basis", "supports", "definitions", "rules"}


@given(st.integers(0, 2**32), st.floats(0, 1))
def test_two_periods_add_up(seed: int, cut: float) -> None:
    """What is counted in two periods, one after the other, is together what is counted in both at once."""
    fabric = Fabric(Random(seed))
    entries = fabric.grow(80)
    middle, end = START_US + int((fabric.us - START_US) * cut) + 1, fabric.us + 2
    whole, first, second = (
        figures(entries, Period(since, until, end))
        for since, until in ((START_US, end), (START_US, middle), (middle, end))
    )
    for section, key in (
        ("decisions", "proposed"),
        ("decisions", "ended"),
        ("oversight", "decided"),
        ("basis", "entries"),
    ):
        assert whole[section][key] == first[section][key] + second[section][key]
    assert first["decisions"]["open_after"] == second["decisions"]["open_before"]
    assert whole["halts"]["sum_s"] == pytest.approx(first["halts"]["sum_s"] + second["halts"]["sum_s"], abs=0.11)


def test_the_small_ledger() -> None:
    """The figures of a ledger of which each entry is known."""
    found = figures(small(), PERIOD)
    assert found["decisions"]["open_before"] == 1
    assert (found["decisions"]["open_after"], found["decisions"]["waiting"]) == (1, 1)
    assert found["oversight"]["human_oversight_rate"] == {"part": 3, "whole": 5, "share": 0.6}
    assert found["times"]["sla_kept"] == {"part": 3, "whole": 4, "share": 0.75}
    assert found["overrides"]["overrides"]["part"] == 2
    assert found["quorum"]["rejected"] == {"part": 1, "whole": 1, "share": 1.0}
    assert found["halts"]["any_s"] == 120
    assert found["outcomes"] == {
        "unknown": 1,
        "reported_by_core": 0,
        "nothing_reported": 1,
        "reconciled": 1,
        "reported_late": 0,
        "still_unknown": 0,
    }
    first = found["operators"]["looking"][0]
    assert (first["operator"], first["verdicts"], first["median_reading_s"], first["batches"]) == ("op-1", 3, 2.0, 1)
    assert found["operators"]["outcomes"][0]["agreement"] == {"part": 2, "whole": 3, "share": 2 / 3}


@pytest.mark.parametrize("form", ["txt", "json"])
def test_the_golden_report(form: str) -> None:
    """A report of the same ledger and period stays what it was, letter for letter."""
    report = reported(small(), PERIOD)
    written = as_json(report) if form == "json" else "".join(f"{line}\n" for line in text(report))
    assert written == (VECTORS / f"report.{form}").read_text(encoding="utf-8")


def test_every_figure_is_defined() -> None:
    """The report itself says what each of its figures is."""
    for section in sections(reported(small(), PERIOD)):
        for part in section.parts:
            if isinstance(part, Figure):
                assert part.meaning, (section.key, part.key)
            else:
                assert all(column.meaning for column in part.columns[1:]), (section.key, part.key)


def test_text_is_inert_and_narrow() -> None:
    """What somebody wrote cannot move a terminal, and no line of ours is longer than a screen is wide."""
    fabric = Fabric(Random(1))
    fabric.add(CORE, v1.Event(decision_proposed=v1.DecisionProposed(action_digest=b"d")), name="d")
    hostile = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="\x1b[2J\u202eeve", role=v1.ROLE_CISO)
    fabric.add(hostile, v1.Event(decision_rejected=v1.DecisionRejected()), name="d", judged=True)
    lines = list(text(reported(fabric.entries, Period(START_US, START_US + 1, START_US + 2))))
    assert not [line for line in lines if "\x1b" in line or "\u202e" in line]
    assert any("eve" in line for line in lines)
    assert max(len(line) for line in lines if "governance-workspace/" not in line) <= 110


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60))
def test_spreads_are_exact(spans: list[int]) -> None:
    """Median, 95th percentile and mean are those of the values themselves."""
    spread = Spread()
    for each in spans:
        spread.add(each)
    ordered = sorted(each // 100_000 for each in spans)
    assert spread.median == ordered[(len(ordered) + 1) // 2 - 1]
    assert spread.p95 == next(
        each for each in ordered if sum(one <= each for one in ordered) * 100 >= 95 * len(ordered)
    )
    assert spread.mean == sum(spans) // len(spans) // 100_000


def test_a_spread_of_nothing() -> None:
    """Of nothing there is no median, and a dash is shown."""
    assert (Spread().median, Spread().p95, Spread().mean) == (None, None, None)
    assert told(Span(None)) == told(Share(0, 0)) == told(Rate(0, 0)) == "–"  # noqa: RUF001 - the dash that is shown


def test_shares_are_never_rounded_to_all_or_nothing() -> None:
    """What is not all is not called 100 %, and something is not called nothing."""
    assert told(Share(9999, 10_000)) == "99.9 % (9999/10000)"
    assert told(Share(1, 10_000)) == "0.1 % (1/10000)"
    assert (told(Share(1, 1)), told(Share(0, 7))) == ("100.0 % (1/1)", "0.0 % (0/7)")


def test_halts_that_overlap() -> None:
    """Two halts at once are counted twice in the sum, and once in the time with a halt; only within the period."""
    halts = Halts(Period(100, 200, 1000))
    halts.declare(v1.HaltDeclared(halt_id="a", all=True), 50, inside=False)
    halts.declare(v1.HaltDeclared(halt_id="b", all=True), 120, inside=True)
    halts.end(v1.HaltEnded(halt_id="a"), 150, inside=True)
    assert (halts.sum_us, halts.any_us, halts.most_us, halts.in_force) == (130, 100, 80, 1)
    halts.end(v1.HaltEnded(halt_id="unheard of"), 160, inside=True)
    assert halts.released == 1


@pytest.mark.parametrize("days", [1, 2, 30, 365, 3650, 100_000])
def test_charts_have_few_columns(days: int) -> None:
    """However long a period is, its charts can be read; each moment of it has a column."""
    period = Period(0, days * 1440 * MINUTE_US, days * 1440 * MINUTE_US)
    assert 1 <= period.spans <= 60
    assert [period.span_of(0), period.span_of(period.to_us - 1)] == [0, period.spans - 1]


def test_events_of_a_later_version() -> None:
    """What this version does not know is passed over, and the rest is counted."""
    tally = Tally(Period(START_US, START_US + 10, START_US + 10))
    fabric = Fabric(Random(1))
    fabric.add(CORE, v1.Event(), name="d")
    fabric.add(CORE, v1.Event(decision_approved=v1.DecisionApproved()), name="unheard of")
    for entry in fabric.entries:
        tally.take(entry)
    assert tally.entries == 2
    assert conduct(tally)[0].parts

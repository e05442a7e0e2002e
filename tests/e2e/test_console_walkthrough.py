"""A walk-through: one operator, one terminal, a hundred mixed decisions, and every key that it takes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.alerts import ACCOUNT, BEACON, GUESSING, MALWARE, SCAN, WIPING, alert
from tests.support.house import House
from tests.support.screen import LARGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governance import v1
    from tests.support.screen import Screen

PROMPT: Final = "governance>"
KEYS_MOST: Final = 530
"""What the whole of it may take, in keys. It took 509 when this was written."""
KEYS_A_MINUTE: Final = 200
"""How fast the operator types. People type 52 words of five characters a minute on the average, which is 260 keys
(Dhakal, Feit, Kristensson and Oulasvirta, "Observations on Typing from 136 Million Keystrokes", CHI 2018): 200 is slow.
"""
MINUTES_MOST: Final = 5

SCANNERS: Final = [f"198.51.100.{host}" for host in range(1, 31)]
GUESSERS: Final = [f"203.0.113.{host}" for host in range(1, 25)]
OURS: Final = [f"192.0.2.{host}" for host in range(1, 17)]
"""The scanner of our own, which somebody forgot to announce."""
WIPED: Final = ["crm-export", "hr-export"]
HOSTS: Final = [f"fs-{number:02}" for number in range(1, 7)]
ACCOUNTS: Final = [f"svc-{number:02}" for number in range(1, 5)]
DOMAINS: Final = [f"cdn-{number:02}.example.org" for number in range(1, 13)]
STRAYS: Final = [f"198.18.{network}.7" for network in range(1, 7)]
HANDLED: Final = {
    "vote_cast",
    "decision_approved",
    "decision_rejected",
    "decision_escalated",
    "decision_deferred",
    "information_requested",
}
"""What decides a decision or hands it on."""


def evening() -> list[v1.Proposal]:
    """A hundred proposals: three groups of like ones, and thirty that each have to be looked at."""
    of = [
        *((WIPING, each) for each in WIPED),
        *((MALWARE, each) for each in HOSTS),
        *((ACCOUNT, each) for each in ACCOUNTS),
        *((GUESSING, each) for each in GUESSERS),
        *((BEACON, each) for each in DOMAINS),
        *((SCAN, each) for each in (*SCANNERS, *OURS, *STRAYS)),
    ]
    return [alert(f"{number:04d}-{kind.threat}", kind, target) for number, (kind, target) in enumerate(of, 1)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        house.propose(evening())
        yield house


def test_a_hundred_decisions(house: House) -> None:
    """A hundred mixed decisions are decided or handed on by one operator with so few keys that five minutes are plenty.

    All keys count: those of the questions, of the targets typed back, of the reasons, and of the ways between.
    `pytest -rP` prints how many they were.
    """
    assert len(evening()) == 100
    with house.console("duty", size=LARGE) as console:
        console.until("100 wait for a decision")
        console.asked(PROMPT)
        decide_the_groups(console)
        decide_the_grave(console)
        decide_the_rest(console)
        console.enter("quit")
        assert console.end() == 0
        minutes = console.keys / KEYS_A_MINUTE
        sys.stdout.write(f"100 decisions, {console.keys} keys: {minutes:.1f} min at {KEYS_A_MINUTE} keys a minute\n")
        assert console.keys <= KEYS_MOST
        assert minutes < MINUTES_MOST
    entries = house.entries()
    handled: dict[str, list[str]] = {}
    for entry in entries:
        kinds = {str(event.WhichOneof("kind")) for event in entry.events}
        if entry.actor.name == "duty" and kinds & HANDLED:
            handled.setdefault(entry.decision_id, []).extend(sorted(kinds & HANDLED))
    assert set(handled) == {each.decision_id for each in evening()}
    counts = {kind: sum(kind in kinds for kinds in handled.values()) for kind in HANDLED}
    assert counts["decision_rejected"] == len(OURS) + 2 + 1 + 2
    assert counts["decision_escalated"] == len(WIPED) + 1
    assert counts["decision_approved"] == 100 - counts["decision_rejected"] - counts["decision_escalated"] - 2
    batches = {entry.batch_id for entry in entries if entry.batch_id}
    assert len(batches) == 3


def decide_the_groups(console: Screen) -> None:
    """The three groups: two are approved, the third is our own scanner and rejected."""
    console.enter("batch")
    console.asked(PROMPT)
    rows = [row.split() for row in console.lines()]
    numbers = {row[1]: row[0] for row in rows if len(row) > 5 and row[0].isdigit()}
    for count, verdict in ((len(SCANNERS), "approve"), (len(GUESSERS), "approve"), (len(OURS), "reject our scanner")):
        console.enter(f"batch {numbers[str(count)]} {verdict}")
        console.answer("type yes to", "yes")
        console.until(f"{count} approvals taken" if verdict == "approve" else f"{count} rejections taken")
        console.asked(PROMPT)


def decide_the_grave(console: Screen) -> None:
    """The critical and the high ones, each with its page before it: `next` brings one after the other."""
    for _ in WIPED:
        following(console)
        say(console, "escalate . beyond me", "type yes to escalate", "yes", "Escalated")
    verdicts = ["approve"] * 3 + ["modify . scope=host", "escalate . a server", "reject . ours"]
    for host, verdict in zip(HOSTS, verdicts, strict=True):
        judge(console, host, verdict)
    for account, verdict in zip(ACCOUNTS, ["approve", "approve", "reject . travels", "reject . travels"], strict=True):
        judge(console, account, verdict)


def judge(console: Screen, target: str, line: str) -> None:
    """The next one, which is about this target; what lets core act wants the target typed."""
    following(console)
    assert any(target in row for row in console.told[-60:])
    verb = line.partition(" ")[0]
    acts = verb in {"approve", "modify"}
    answer = target if acts else "yes"
    done = {"approve": "Approved", "modify": "Modified and approved", "reject": "Rejected", "escalate": "Escalated"}
    say(console, line, f"type {answer} to {verb}", answer, f"{done[verb]}, entry")


def following(console: Screen) -> None:
    console.enter("next")
    console.asked(PROMPT)


def say(console: Screen, line: str, question: str, answer: str, done: str) -> None:
    console.enter(line)
    console.answer(question, answer)
    console.until(done)
    console.asked(PROMPT)


def decide_the_rest(console: Screen) -> None:
    """What is left is decided on the board: one key for the verb, the answer, and on to the next."""
    console.enter("board")
    console.until("PENDING")
    verdicts = [*"r" * 2, "d", "i", *"a" * 8, *"a" * len(STRAYS)]
    for verdict in verdicts:
        console.press("n")
        console.steady()
        press_on_board(console, verdict)
    console.press("q")
    console.asked(PROMPT)


def press_on_board(console: Screen, verdict: str) -> None:
    said = {"r": ("why reject it?", "known"), "d": ("for how long?", "10m"), "i": ("what to ask core?", "since when?")}
    console.press(verdict)
    if verdict in said:
        fill(console, *said[verdict])
    if verdict in "ar":
        fill(console, "type yes to", "yes")
    done = {"a": "Approved", "r": "Rejected", "d": "Deferred", "i": "Asked"}[verdict]
    console.until(f"{done}, entry")
    console.steady()


def fill(console: Screen, question: str, text: str) -> None:
    """Answer what the board asks at its foot, where a low line stands for the cursor."""
    console.until(question)
    console.steady()
    for count, character in enumerate(text, 1):
        console.press(character)
        console.until(f"{text[:count]}_")
    console.press("enter")

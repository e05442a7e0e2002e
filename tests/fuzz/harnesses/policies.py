"""Policies: a document in TOML to a policy, and what that makes of proposals that were made before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_server.domain.default_document import DEFAULT_DOCUMENT
from governance_server.domain.policy_document import MOST_PROBLEMS, read_policy
from governance_server.domain.replay import Replay
from tests.fuzz.choices import Choices
from tests.fuzz.messages import made
from tests.support.messages import CORE, proposal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_server.domain.policy import Policy

_LINES: Final = DEFAULT_DOCUMENT.splitlines()
_VALUES: Final = (
    *("0", "1", "0.5", "-1", "1e999", "nan", "true", '"ciso"', "[]", "[[0, 0.1]]", "1979-05-27", "{}", "9" * 99),
    *('["soc_operator"]', '"by_turns"', "[[0, 0.2], [9, 0.1]]", "3600"),
)
_RULE: Final = (
    '[[approval]]\nname = "a"\nwhen = "{}"\nrequired = 2\nroles = ["ciso"]\n',
    '[[escalation]]\nname = "e"\npriority = 3\non = "proposal"\nto = "ciso"\nwhen = "{}"\n',
    '[[core]]\nname = "maximus"\nowners = ["alice"]\n# {}\n',
)
_CONDITIONS: Final = (
    "risk.score > 0.5",
    "action.parameters.port == '22'",
    "action.targets.exists(t, t.kind == 'host')",
    "core.confidence / asset.count > 1.0",
    "time.weekday in [6, 7] || risk.level == 'high'",
)


def target(data: bytes) -> None:
    """Read a document, and where it is a policy, replay proposals by it."""
    choices = Choices(data)
    document = choices.rest().decode("utf-8", "replace") if choices.byte() & 1 else _written(choices)
    reading = read_policy(document)
    assert (reading.policy is None) is bool(reading.problems)
    assert len(reading.problems) <= MOST_PROBLEMS + 1
    for problem in reading.problems:
        assert problem.problem
        assert problem.line <= document.count("\n") + 1
    if reading.policy is not None:
        assert read_policy(document).policy is reading.policy
        _replay(reading.policy, choices)


def _written(choices: Choices) -> str:
    """Return the built-in document with some lines changed, taken away, doubled, and some rules below it."""
    lines = list(_LINES) if choices.chance() else []
    for _ in range(choices.below(6)):
        at = choices.below(len(_LINES)) % (len(lines) + 1)
        if choices.chance():
            del lines[at : at + 1]
        else:
            key = choices.pick(_LINES).partition("=")[0]
            lines.insert(at, f"{key}= {choices.pick(_VALUES)}" if choices.chance() else choices.text())
    rules = [choices.pick(_RULE).replace("{}", _condition(choices)) for _ in range(choices.below(4))]
    return "\n".join([*lines, *rules])


def _condition(choices: Choices) -> str:
    return choices.pick(_CONDITIONS) if choices.chance() else choices.text().replace('"', "'")


def _replay(policy: Policy, choices: Choices) -> None:
    """Replay a proposal that the contract lets in, and whatever else the bytes make."""
    assert len(policy.digest) == 32
    replay = Replay(policy)
    entry = v1.Entry(
        offset=1,
        actor=CORE,
        recorded_at=Timestamp(seconds=1_800_000_000),
        decision_id="d",
        events=[v1.Event(decision_proposed=v1.DecisionProposed(assessment=v1.Assessment()))],
    )
    replay.look_at(entry, v1.PersonalData(proposal=proposal()))
    report = replay.report()
    assert report.looked_at == 1
    assert made(choices, v1.Entry) is not None


def seeds() -> Iterator[bytes]:
    """Give the built-in document, and documents with one thing wrong."""
    yield b"\1" + DEFAULT_DOCUMENT[:4000].encode()
    yield b"\1" + _RULE[0].replace("{}", _CONDITIONS[0]).encode()
    yield b"\1" + _RULE[1].replace("{}", _CONDITIONS[2]).encode()
    yield b"\1" + b"[sla]\nwarn_share = 2\n[risk.from]\nmedium = 0.9\n"
    yield b"\1" + b"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r = 1"
    yield b"\1" + b"x = " + b"[" * 64
    yield b"\1" + b"x = " + b"9" * 99 + b"\ny = 0x" + b"f" * 99
    yield b"\0" + bytes(range(1, 80))
    yield b"\0\1" + bytes(range(80, 1, -1))
    yield b"\0\0\0\3" + bytes([1, 2, 1, 0, 1, 1, 1, 2, 1, 3])

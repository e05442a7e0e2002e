"""Conditions: an expression in CEL to a verdict on a proposal, in bounded time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.conditions import FIELDS, Circumstances, holds, problems_of
from tests.fuzz.choices import Choices
from tests.fuzz.messages import change
from tests.support.messages import proposal

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES: Final = tuple(f"{root}.{name}" for root, names in FIELDS.items() for name in names)
_OPERATORS: Final = (
    " + ",
    " - ",
    " * ",
    " / ",
    " % ",
    " == ",
    " != ",
    " < ",
    " >= ",
    " && ",
    " || ",
    " in ",
    " ? ",
    " : ",
)
_ATOMS: Final = (
    "1",
    "0",
    "-1",
    "9223372036854775807",
    "0.5",
    "'a'",
    "[]",
    "{}",
    "[1, 2]",
    "true",
    "null",
    "1u",
    "b'x'",
)
_CALLS: Final = (
    "size({})",
    "string({})",
    "int({})",
    "double({})",
    "type({})",
    "has({})",
    "({}).matches('(a+)+b')",
    "({}).startsWith('a')",
    "({}).contains('')",
    "timestamp({})",
    "duration({})",
    "[{}].all(x, x == x)",
    "action.targets.exists(t, t.value == {})",
    "{{'a': {}}}.a",
    "!({})",
    "-({})",
    "dyn({})",
    "({})[0]",
)


def target(data: bytes) -> None:
    """Check a condition, and ask it of a proposal whether it passed or not."""
    choices = Choices(data)
    text = choices.rest().decode("utf-8", "replace") if choices.byte() & 1 else _expression(choices, 0)
    problems = list(problems_of(text))
    assert all(problems), "a problem has words"
    if problems:
        return
    made = proposal()
    if choices.left:
        change(choices, made)
    assessment = v1.Assessment(risk=v1.RISK_LEVEL_LOW, automation=v1.AUTOMATION_LEVEL_MANUAL)
    circumstances = Circumstances(made, assessment, "core", 1_800_000_000_000_000, 1)
    held = holds(text, circumstances)
    assert held in (True, False, None)
    assert holds(text, circumstances) is held, "asked twice, it says two things"


def _expression(choices: Choices, depth: int) -> str:
    way = choices.byte() & 7 if depth < 5 else 0
    if way <= 1:
        return choices.pick(_NAMES)
    if way == 2:
        return choices.pick(_ATOMS)
    if way == 3:
        return repr(choices.text(12))
    if way == 4:
        return choices.pick(_CALLS).replace("{}", _expression(choices, depth + 1)).replace("{{", "{").replace("}}", "}")
    left, right = _expression(choices, depth + 1), _expression(choices, depth + 1)
    joined = f"{left}{choices.pick(_OPERATORS)}{right}"
    return f"({joined})" if way & 1 else joined


def seeds() -> Iterator[bytes]:
    """Give a condition of every kind that the documentation shows, and some that are none."""
    for text in (
        "risk.score > 0.5 && core.confidence < 0.9",
        "action.targets.exists(t, t.kind == 'host' && t.value.startsWith('10.'))",
        "action.parameters.port == '22'",
        "time.weekday in [6, 7]",
        "asset.types.all(t, t != 'server')",
        "action.type.matches('^block_')",
        "timestamp('2026-01-01T00:00:00Z') > timestamp('1970-01-01T00:00:00Z')",
        "1 / 0 == 1",
        "9223372036854775807 + 1 > 0",
        "x.y",
        "((((((((((1))))))))))",
        "has(action.parameters.port)",
        "{'a': 1}.a == 1",
        "duration('1h') < duration('2h')",
        "",
        "'\\u0000' == \"\\x41\"",
    ):
        yield b"\1" + text.encode()
    yield b"\0" + bytes(range(60))
    yield b"\0" + bytes(range(4, 255, 5))

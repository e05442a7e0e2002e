"""Conditions: when a rule of a policy holds, in CEL over what is known of a proposal.

Every name that a condition may use is always there; only what core chose to send by name, its action's parameters, may
be missing. A condition is worth what it says only where it says true or false: anything else has failed, and whoever
asks has to decide as if it were against him.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import cel

from governance import v1
from governance_server.domain.moment import SECOND_US, span_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LONGEST: Final = 1_000
"""Characters of a condition: more cannot be reviewed, and nesting as deep as that is safe for the parser."""
MOST_LOOPS: Final = 2
"""Calls of `all`, `exists` and the like in one condition: of 256 targets, each with each takes milliseconds, and each
with each with each takes seconds, in which nobody else is served."""

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "action": ("type", "scope", "targets", "parameters", "duration_s", "target_count"),
    "risk": ("level", "score", "automation", "key_concerns"),
    "core": ("name", "confidence", "model_version", "rejections"),
    "asset": ("count", "criticality", "types", "data_classification", "data_type", "compliance_tags"),
    "time": ("hour", "weekday", "unix_s"),
}
"""What a condition may use."""
FAILURES: Final = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)
"""All that the evaluation of an expression ends with where it has no value."""

_LITERAL: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
_FIELD: Final = re.compile(rf"(?<![\w.])({'|'.join(FIELDS)})\s*\.\s*(\w+)")
_LOOP: Final = re.compile(r"\.\s*(?:all|exists|exists_one|existsOne|map|filter)\s*\(")
_LOOP_NAME: Final = re.compile(r"\.\s*(?:all|exists|exists_one|existsOne|map|filter)\s*\(\s*(\w+)\s*,")


class Circumstances:
    """What conditions are asked about. Laid out for them only once one is asked, and then only what they name.

    Attributes:
        proposal: The proposal.
        assessment: Its assessment.
        core: The core that made it.
        now_us: The moment.
        rejections: How many decisions of that core about the same action were rejected.
    """

    __slots__ = ("_context", "_known", "assessment", "core", "now_us", "proposal", "rejections")

    def __init__(
        self, proposal: v1.Proposal, assessment: v1.Assessment, core: str, now_us: int, rejections: int
    ) -> None:
        self.proposal = proposal
        self.assessment = assessment
        self.core = core
        self.now_us = now_us
        self.rejections = rejections
        self._context: cel.Context | None = None
        self._known: set[str] = set()

    def context(self, names: Iterable[str]) -> cel.Context:
        """Return them as an expression sees them, at least what is named."""
        if self._context is None:
            self._context = cel.Context()
        for name in names:
            if name not in self._known:
                self._context.add_variable(name, _LAYOUTS[name](self))
                self._known.add(name)  # not before: what cannot be laid out once cannot be the next time either
        return self._context


def holds(condition: str, circumstances: Circumstances) -> bool | None:
    """Tell whether a condition holds; None where that cannot be told. An empty one always holds."""
    if not condition:
        return True
    try:
        program, names = _compiled(condition)
        value = program.execute(circumstances.context(names))
    except FAILURES:
        return None
    return value if isinstance(value, bool) else None


def problems_of(condition: str) -> Iterator[str]:
    """Yield, as sentences, what is wrong with a condition; nothing where it is in order."""
    if len(condition) > LONGEST:
        yield f"A condition has at most {LONGEST} characters; this one has {len(condition)}."
        return
    if len(_LOOP.findall(condition)) > MOST_LOOPS:
        yield f"A condition may call all, exists, map and the like at most {MOST_LOOPS} times."
        return
    try:
        program = cel.compile(condition)
    except ValueError as error:
        yield f"It is not a CEL expression: {_first_line(error)}."
        return
    unknown = list(_unknown(program, _LITERAL.sub('""', condition)))
    yield from unknown
    if not unknown:
        yield from _misfit(program)


def _unknown(program: cel.Program, code: str) -> Iterator[str]:
    for name in sorted(set(program.variables()) - set(FIELDS) - set(_LOOP_NAME.findall(code))):
        yield f"There is no {name!r} here; a condition knows {', '.join(FIELDS)}."
    for root, name in _FIELD.findall(code):
        if name not in FIELDS[root]:
            yield f"There is no '{root}.{name}'; {root} has {', '.join(FIELDS[root])}."


def _misfit(program: cel.Program) -> Iterator[str]:
    """Try an expression on a proposal: what does not fit together there fits nowhere."""
    try:
        value = program.execute(_EXAMPLE.context(FIELDS))
    except TypeError as error:
        yield f"It cannot be evaluated: {_first_line(error)}."
    except RuntimeError as error:
        if str(error).startswith("Undefined"):
            yield f"It cannot be evaluated: {_first_line(error)}."
    except FAILURES:
        return  # an index or a number that the example does not have; a real proposal may
    else:
        if not isinstance(value, bool):
            yield "It is worth neither true nor false; compare it with something."


def _first_line(error: Exception) -> str:
    """Return what the library says, in one line without its end."""
    line = str(error).splitlines()[0]
    return line.rpartition("<input>:")[2].partition(". ")[0].rstrip(".")


@lru_cache(maxsize=1024)  # the conditions of several of the largest policies
def _compiled(condition: str) -> tuple[cel.Program, tuple[str, ...]]:
    program = cel.compile(condition)
    return program, tuple(name for name in program.variables() if name in FIELDS)


def _action(about: Circumstances) -> dict[str, Any]:
    action = about.proposal.action
    return {
        "type": _word(v1.ActionType, action.type),
        "scope": _word(v1.ActionScope, action.scope),
        "targets": [{"kind": _word(v1.TargetKind, one.kind), "value": one.value} for one in action.targets],
        "parameters": dict(action.parameters),
        "duration_s": span_us(action.duration) // SECOND_US,
        "target_count": len(action.targets),
    }


def _risk(about: Circumstances) -> dict[str, Any]:
    assessment = about.assessment
    return {
        "level": _word(v1.RiskLevel, assessment.risk),
        "score": assessment.score,
        "automation": _word(v1.AutomationLevel, assessment.automation),
        "key_concerns": [_word(v1.RiskFactorKind, kind) for kind in assessment.key_concerns],
    }


def _core(about: Circumstances) -> dict[str, Any]:
    return {
        "name": about.core,
        "confidence": about.proposal.confidence,
        "model_version": about.proposal.model_version,
        "rejections": about.rejections,
    }


def _asset(about: Circumstances) -> dict[str, Any]:
    proposal = about.proposal
    worst = max(
        (asset.criticality or v1.CRITICALITY_MEDIUM for asset in proposal.assets), default=v1.CRITICALITY_MEDIUM
    )
    return {
        "count": len(proposal.assets),
        "criticality": _word(v1.Criticality, worst),
        "types": sorted({asset.type for asset in proposal.assets}),
        "data_classification": _word(
            v1.DataClassification, proposal.data_classification or v1.DATA_CLASSIFICATION_INTERNAL
        ),
        "data_type": proposal.data_type,
        "compliance_tags": list(proposal.compliance_tags),
    }


def _time(about: Circumstances) -> dict[str, Any]:
    seconds = about.now_us // SECOND_US
    moment = datetime.fromtimestamp(seconds, UTC)
    return {"hour": moment.hour, "weekday": moment.isoweekday(), "unix_s": seconds}


_LAYOUTS: Final = {"action": _action, "risk": _risk, "core": _core, "asset": _asset, "time": _time}


@cache  # as many as the contract has
def _words(kind: Any) -> Mapping[int, str]:
    prefix = kind.Name(0).removesuffix("UNSPECIFIED")
    return {number: name.removeprefix(prefix).lower() for name, number in kind.items()}


def _word(kind: Any, number: int) -> str:
    """Return a value of an enum as it is written outside of the contract."""
    return _words(kind)[number]


_EXAMPLE: Final = Circumstances(
    v1.Proposal(
        action=v1.Action(
            type=v1.ACTION_TYPE_BLOCK_IP, targets=[v1.Target(kind=v1.TARGET_KIND_IP_ADDRESS, value="203.0.113.9")]
        ),
        assets=[v1.Asset(name="web-1", type="server")],
    ),
    v1.Assessment(risk=v1.RISK_LEVEL_LOW, automation=v1.AUTOMATION_LEVEL_MANUAL),
    "core",
    0,
    0,
)
"""A proposal with one of everything, to try conditions on. Its parameters are empty: they are what may be missing."""

"""The policy document: TOML in, a policy or everything that is wrong with it out."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from governance import v1
from governance_server.domain.consistency import CHECKS
from governance_server.domain.key_lines import key_lines, line_of
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from governance_server.domain.policy_schema import FREE_TABLES, LEAVES, Leaf, shown
from governance_server.domain.rule_tables import RULE_TABLES, RuleTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from governance_server.domain.key_lines import Place

LONGEST_DOCUMENT: Final = 262_144
"""Characters of a document, as the contract bounds it."""
MOST_PROBLEMS: Final = 100
"""Told at once; whoever made more has read enough."""

_AT_LINE: Final = re.compile(r"(.*) \(at line (\d+), column \d+\)", re.DOTALL)
_TOO_DEEP: Final = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){16}""")
"""A key of more parts than any policy has: the parser's time grows with the square of them, and others wait for it."""
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_TABLES: Final = {keys[:length] for keys in (*LEAVES, *FREE_TABLES) for length in range(1, len(keys))}
_KNOWN: Final = {*LEAVES, *FREE_TABLES, *_TABLES, *((name,) for name in RULE_TABLES)}


class Reading(NamedTuple):
    """What a document says.

    Attributes:
        policy: The policy; None where there are problems.
        problems: All of them, in the order of their lines.
    """

    policy: Policy | None
    problems: tuple[v1.PolicyProblem, ...]


@lru_cache(maxsize=8)  # a policy is checked, applied and evolved into in a row; the one in force is asked for by many
def read_policy(document: str) -> Reading:
    """Read a document whole: either it is a policy, or nothing of it counts. What it does not set keeps its default."""
    deep = _TOO_DEEP.search(document)
    if deep is not None:
        line = document.count("\n", 0, deep.start()) + 1
        return Reading(None, (v1.PolicyProblem(line=line, problem="This key has more parts than any that there is."),))
    try:
        content = tomllib.loads(document)
    except (ValueError, RecursionError) as error:
        return Reading(None, (_not_toml(error, document),))
    return _Reader(document).read(content)


def policy_of(document: str) -> Policy:
    """Return the policy of a document that was found in order."""
    policy = read_policy(document).policy
    assert policy is not None, "a document with problems was applied"
    return policy


def _not_toml(error: ValueError | RecursionError, document: str) -> v1.PolicyProblem:
    if isinstance(error, RecursionError):
        return v1.PolicyProblem(problem="This is nested too deep to be read.")
    match = _AT_LINE.fullmatch(str(error))
    if match:
        return v1.PolicyProblem(line=int(match[2]), problem=f"This is not TOML: {match[1]}.")
    sentence, at_end, _ = str(error).partition(" (at end of document)")
    line = document.count("\n") + 1 if at_end else 0
    return v1.PolicyProblem(line=line, problem=f"This is not TOML: {sentence}.")


class _Reader:
    """One reading of one document."""

    def __init__(self, document: str) -> None:
        self._lines = key_lines(document)
        self._problems: list[v1.PolicyProblem] = []
        self._values: dict[str, Any] = {}
        self._set_at: dict[str, list[Place]] = {}
        self._troubled: set[str] = set()

    def read(self, content: Mapping[str, Any]) -> Reading:
        """Return what the document says."""
        self._table((), content)
        self._check()
        if not self._problems:
            return Reading(Policy(**self._values), ())
        problems = sorted(self._problems, key=lambda one: (one.line, one.place))
        more = len(problems) - MOST_PROBLEMS
        if more > 0:
            problems[MOST_PROBLEMS:] = [v1.PolicyProblem(problem=f"And {more} more problems, which are not listed.")]
        return Reading(None, tuple(problems))

    def _table(self, place: tuple[str, ...], content: Mapping[str, Any]) -> None:
        for key, value in content.items():
            at = (*place, key)
            if at in LEAVES:
                self._leaf(LEAVES[at], at, value)
            elif at in FREE_TABLES:
                self._free(FREE_TABLES[at], at, value)
            elif len(at) == 1 and key in RULE_TABLES:
                self._rules(RULE_TABLES[key], at, value)
            elif at not in _TABLES:
                known = [keys[-1] for keys in _KNOWN if keys[:-1] == place]
                self._problem(at, f"There is no such key here{self._nearest(key, known)}.")
            elif isinstance(value, dict):
                self._table(at, value)
            else:
                self._problem(at, f"This is a table, [{_written(at)}], not {shown(value)}.")

    def _leaf(self, leaf: Leaf, place: Place, value: Any) -> None:
        taken = self._taken(leaf.take, place, value, leaf.field)
        if taken is None:
            return
        self._set_at.setdefault(leaf.field, []).append(place)
        if leaf.at is None:
            self._values[leaf.field] = taken
        else:
            self._values.setdefault(leaf.field, dict(getattr(DEFAULT_POLICY, leaf.field)))[leaf.at] = taken

    def _free(self, leaf: Leaf, place: Place, value: Any) -> None:
        if not isinstance(value, dict):
            self._problem(place, f"This is a table, [{_written(place)}], not {shown(value)}.")
            return
        for key, item in value.items():
            self._leaf(leaf._replace(at=key), (*place, key), item)

    def _rules(self, table: RuleTable, place: Place, value: Any) -> None:
        if not isinstance(value, list) or not all(isinstance(element, dict) for element in value):
            self._problem(place, f"This is a list of tables, each [[{_written(place)}]], not {shown(value)}.")
            return
        if table.most and len(value) > table.most:
            self._troubled.add(table.field)
            self._problem(place, f"{_written(place)} must be at most {table.most}.")
            return
        self._set_at[table.field] = [place]
        elements = [self._rule(table, (*place, number), element) for number, element in enumerate(value, 1)]
        names = [element.get("name") for element in elements]
        for number, name in enumerate(names, 1):
            if name is not None and name in names[: number - 1]:
                self._problem((*place, number, "name"), f"There is another {_written(place)} named {name} before it.")
                self._troubled.add(table.field)
        if table.field not in self._troubled:
            self._values[table.field] = table.gather(elements)

    def _rule(self, table: RuleTable, place: Place, element: Mapping[str, Any]) -> Mapping[str, Any]:
        taken = {}
        for key, value in element.items():
            at = (*place, key)
            if key in table.keys:
                taken[key] = self._taken(table.keys[key], at, value, table.field)
            else:
                self._problem(at, f"There is no such key here{self._nearest(key, table.keys)}.")
        for key in table.required:
            if key not in element:
                self._problem(place, f"It has no {key}, which it needs.")
                self._troubled.add(table.field)
        return taken

    def _taken(self, take: Callable[[Any], Any], place: Place, value: Any, field: str) -> Any:
        """Return what a value is taken as; None where it cannot be taken."""
        try:
            return take(value)
        except ValueError as error:
            self._troubled.add(field)
            for sentence in error.args:
                self._problem(place, sentence)
        return None

    def _check(self) -> None:
        """Find what does not fit together, among what was taken."""
        for check in CHECKS:
            if self._troubled.isdisjoint(check.fields) and not check.holds(*map(self._value, check.fields)):
                self._troubled.add(check.fields[0])
                at = [place for field in check.fields for place in self._set_at.get(field, ())]
                self._problem(
                    min(at, key=lambda one: line_of(self._lines, one)), f"{_home(check.fields[0])} {check.sentence}."
                )

    def _nearest(self, key: str, known: Iterable[str]) -> str:
        if len(self._problems) >= MOST_PROBLEMS:
            return ""  # it will not be told, and thousands of comparisons take seconds
        names = sorted(known)
        near = get_close_matches(key, names, n=1)
        return f"; did you mean {near[0]}" if near else f"; there are {', '.join(names)}"

    def _value(self, field: str) -> Any:
        return self._values[field] if field in self._values else getattr(DEFAULT_POLICY, field)

    def _problem(self, place: Place, sentence: str) -> None:
        line = line_of(self._lines, place)
        self._problems.append(v1.PolicyProblem(place=_written(place), line=line, problem=sentence))


def _home(field: str) -> str:
    """Return the key or table of the document that sets a field."""
    rules = (name for name, table in RULE_TABLES.items() if table.field == field)
    leaves = (_written(keys if leaf.at is None else keys[:-1]) for keys, leaf in LEAVES.items() if leaf.field == field)
    return next(rules, "") or next(leaves)


def _written(place: Place) -> str:
    """Return a place as it is told, such as "approval[2].when"."""
    parts = ""
    for key in place:
        if isinstance(key, int):
            parts += f"[{key}]"
        else:
            parts += f".{key}" if _BARE.fullmatch(key) else f".{shown(key)}"
    return parts.removeprefix(".")

"""A bug that is planted, and how the simulator looks for it.

Each is put into the real code in memory, by replacing an attribute while a run lasts. Nowhere else is that right: here
the wrong code must not exist in the tree.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.simulation.run import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.simulation.scenario import Scenario

NOTHING: Final[frozenset[str]] = frozenset()


@contextmanager
def replaced(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    """Put something else in the place of attributes, or of a mapping's values, while the block lasts.

    Args:
        changes: Of what, the attribute's name, and what takes its place.
    """
    with ExitStack() as back:
        for owner, name, value in changes:
            if isinstance(owner, dict):
                back.callback(owner.update, dict(owner))
                if name not in owner:
                    back.callback(owner.pop, name)
                owner[name] = value
            else:
                back.callback(setattr, owner, name, owner.__dict__[name])
                setattr(owner, name, value)
        yield


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug that is planted.

    Attributes:
        name: What it is called.
        breaks: What it breaks, in a sentence.
        promises: The promises that a run may find broken by it; the first is the one it attacks.
        seeds: Within so many seeds, 0 and up, it is found.
        plant: Puts it in, while a block lasts.
        faults: Troubles that it needs.
        without: Troubles that hide it.
        tempers: What people have to be like.
        shape: What else of the scenario it needs.
    """

    name: str
    breaks: str
    promises: tuple[int, ...]
    seeds: int
    plant: Callable[[], AbstractContextManager[None]]
    faults: frozenset[str] = NOTHING
    without: frozenset[str] = NOTHING
    tempers: frozenset[str] = NOTHING
    shape: tuple[tuple[str, Any], ...] = ()

    def direct(self, drawn: Scenario) -> Scenario:
        """Return a scenario in which the bug has its chance; the seed still decides what happens."""
        faults = (drawn.faults | self.faults) - self.without
        return replace(drawn, faults=faults, tempers=drawn.tempers | self.tempers, **dict(self.shape))


class Found(NamedTuple):
    """That a bug was found.

    Attributes:
        seed: By which seed.
        step: After which step of its run.
        promise: Which promise was broken.
        sentence: How.
    """

    seed: int
    step: int
    promise: int
    sentence: str


def without(bug: Bug, found: Found) -> str:
    """Live through what found a bug, as far as there, with nothing planted; return what is wrong, empty for nothing.

    Only where nothing is has the bug been found, and not something else.
    """
    failure = run(found.seed, steps=found.step, adjust=bug.direct).failure
    return "" if failure is None else failure.sentence


def look_for(bug: Bug) -> Found | None:
    """Run seed after seed with a bug planted; return what found it, None where none of its seeds did.

    A run in which the server stops itself over the bug, by an assertion of its own, has found no broken promise: the
    next seed is tried.
    """
    for seed in range(bug.seeds):
        with bug.plant():
            failure = run(seed, adjust=bug.direct).failure
        if failure is not None and failure.promise in bug.promises:
            return Found(seed, failure.step, failure.promise, failure.sentence)
    return None

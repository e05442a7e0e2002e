"""Runs: the figures of one run or of several on one machine, read from JSON and written to one file."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from benchmarks.catalogue import BENCHMARKS
from benchmarks.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LOAD: Final = "load before"
"""The one fact about a machine that is another one in each run."""
_DIGITS: Final = 6
"""Significant ones that are kept from reading on, so that what is written says the same once more when it is read."""
_BOUNDS: Final = ("most", "least", "aim")


class RunsError(Exception):
    """Runs could not be read, or do not belong together; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a benchmark.

    Attributes:
        benchmark: Its name.
        command: What it was run with, without this machine's folders.
        load: How busy the machine was before.
        figures: What it found, by name.
    """

    benchmark: str
    command: str
    load: str
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs on one machine.

    Attributes:
        machine: What they hang on.
        runs: The runs. What several of them measured counts as the first of them has it.
    """

    machine: Mapping[str, str]
    runs: Sequence[Run]

    def figures(self, first: str = "") -> Mapping[str, Figure]:
        """Return all figures by name.

        Args:
            first: The benchmark whose own count before those of all others: what is compared has to be of one run.
        """
        found: dict[str, Figure] = {}
        for run in sorted(self.runs, key=lambda run: run.benchmark != first):
            for name, figure in run.figures.items():
                found.setdefault(name, figure)
        return found


def read(paths: Sequence[Path]) -> Runs:
    """Read what `scripts/bench NAME --json` wrote, or what `to_json` did; of runs of one command, the first is taken.

    Raises:
        RunsError: A file is not to be read or holds something else, or they are of more than one machine.
    """
    machine: Mapping[str, str] = {}
    found: dict[str, Run] = {}
    for path in paths:
        runs = _read(path)
        if machine and runs.machine and runs.machine != machine:
            raise RunsError(f"{path.name} is of another machine: {_difference(machine, runs.machine)}. Run it here.")
        machine = machine or runs.machine
        for run in runs.runs:
            found.setdefault(run.command, run)
    return Runs(machine, list(found.values()))


def to_json(runs: Runs) -> str:
    """Return runs as a JSON document, a figure a line, without what a reader finds in it again or only here."""
    machine = json.dumps(dict(runs.machine), indent=2, ensure_ascii=False)
    shown = ",\n".join(_run_json(run) for run in runs.runs)
    return f'{{\n"machine": {machine},\n"runs": [{shown}]\n}}\n'


def _run_json(run: Run) -> str:
    head = {"benchmark": run.benchmark, "command": run.command, LOAD: run.load}
    told = ",\n".join(f"  {json.dumps(_figure_json(each), ensure_ascii=False)}" for each in run.figures.values())
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "figures": [\n{told}\n]}}'


def _figure_json(figure: Figure) -> dict[str, Any]:
    document: dict[str, Any] = {"name": figure.name, "value": float(figure.value), "unit": figure.unit}
    document |= {name: getattr(figure, name) for name in _BOUNDS if getattr(figure, name) is not None}
    return document | ({"rounds": list(figure.rounds)} if figure.rounds else {})


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _read(path: Path) -> Runs:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if "runs" in document:
            runs = [_run(each, each["command"], each[LOAD]) for each in document["runs"]]
            return Runs(document["machine"], runs)
        machine = dict(document["machine"])
        load = machine.pop(LOAD)
        return Runs(machine, [_run(document, command(document["benchmark"], document["options"]), load)])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunsError(f"{path.name} is not what scripts/bench --json writes ({error!r}). Name such a file.") from None


def _run(document: Mapping[str, Any], line: str, load: str) -> Run:
    figures = [_figure(each) for each in document["figures"]]
    return Run(document["benchmark"], line, load, {each.name: each for each in figures})


def _figure(document: Mapping[str, Any]) -> Figure:
    return Figure(
        document["name"],
        _rounded(document["value"]),
        document["unit"],
        **{name: document[name] for name in _BOUNDS if name in document},
        rounds=tuple(_rounded(value) for value in document.get("rounds", ())),
    )


def command(benchmark: str, options: Mapping[str, Any]) -> str:
    """Return the command line of a run: the options that are not the defaults, and none that names a folder.

    Raises:
        RunsError: There is no such benchmark.
    """
    if benchmark not in BENCHMARKS:
        raise RunsError(f"There is no benchmark {benchmark!r}. Name the JSON of one that scripts/bench --help lists.")
    parser = argparse.ArgumentParser()
    BENCHMARKS[benchmark].options(parser)
    words = ["scripts/bench", benchmark]
    for name, default in vars(parser.parse_args([])).items():
        value = options.get(name, default)
        said = _said(value)
        if said != _said(default) and "/" not in said:
            words += [f"--{name.replace('_', '-')}", *([] if value is True else [said])]
    return " ".join(words)


def _said(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _difference(one: Mapping[str, str], other: Mapping[str, str]) -> str:
    name = next(name for name in {**one, **other} if one.get(name) != other.get(name))
    return f"{name} {other.get(name)}, where the others have {one.get(name)}"

"""The program: where a soak is run, how its result is told, and the exit status."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from benchmarks import machine, report
from benchmarks.progress import Progress
from soaking.judging import figures
from soaking.plan import DEEDS, Plan
from soaking.plot import picture
from soaking.running import Check, Runner, SoakError
from soaking.stage import StageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from benchmarks.figures import Figure
    from soaking.running import Soak

HELD: Final = 0
NOT_HELD: Final = 1
USAGE: Final = 2
EVENTS: Final = (
    "decision_approved",
    "vote_cast",
    "decision_rejected",
    "proposal_returned",
    "action_modified",
    "decision_escalated",
    "decision_claimed",
    "decision_deferred",
    "information_requested",
    "information_provided",
    "note_added",
    "decision_cancelled",
    "order_accepted",
    "outcome_reported",
    "outcome_reconciled",
    "undo_requested",
    "reversal_proposed",
    "sla_warned",
    "sla_breached",
    "decision_expired",
    "policy_applied",
    "halt_declared",
    "halt_release_requested",
    "halt_ended",
)
"""What has to have happened, for the load to have been a mixed one."""
ACCOUNTED: Final = ("acknowledgements", "executed", "sights")
"""What the reckoning has to have compared, for its finding nothing wrong to say anything."""
LATENCY: Final = (
    "Latencies are told and not judged: whatever else ran on the machine, the clients among it, is in them."
)


def run(arguments: argparse.Namespace) -> int:
    """Run a soak, tell its result, and return the exit status."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    if not Path("/proc/self/fd").is_dir() or arguments.minutes <= 0:
        print("soak: needs Linux's /proc, and more than 0 minutes.", file=sys.stderr)
        return USAGE
    folder: Path | None = arguments.directory
    if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        print(f"soak: {folder} is not an empty folder. Name another.", file=sys.stderr)
        return USAGE
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        return _run_in(folder, arguments)
    with tempfile.TemporaryDirectory(prefix="governance-soak-") as made:
        return _run_in(Path(made), arguments)


def _run_in(folder: Path, arguments: argparse.Namespace) -> int:
    facts, progress = machine.facts(), Progress()
    plan = Plan.of(arguments.minutes, arguments.seed)
    try:
        soak = Runner(folder.resolve(), plan, arguments.minutes, progress).run()
    except (SoakError, StageError) as error:
        progress.done()
        print(f"soak: {error}", file=sys.stderr)
        return NOT_HELD
    progress.done()
    checks = [*soak.checks, *_coverage(soak)]
    found = figures(soak, plan)
    _tell(soak, found, checks, facts, arguments.note)
    if arguments.json:
        arguments.json.write_text(_document(arguments, soak, found, checks, facts), encoding="utf-8")
    if arguments.plot:
        arguments.plot.write_text(picture(soak, plan, arguments.note), encoding="utf-8")
    return HELD if all(one.holds for one in found) and all(check.held for check in checks) else NOT_HELD


def _coverage(soak: Soak) -> list[Check]:
    """Return whether everything that makes the load a mixed one has happened."""
    counts = _counts(soak)[0]
    missing = [kind for kind in EVENTS if not soak.account.events[kind]]
    missing += [name for name in DEEDS if not counts.get(name)]
    missing += [name for name in ACCOUNTED if not getattr(soak.account, name)]
    said = f"missing: {', '.join(missing)}" if missing else f"{len(EVENTS)} kinds of events, {len(DEEDS)} of deeds"
    return [Check("everything happened that makes the load a mixed one", not missing, said)]


def _counts(soak: Soak) -> tuple[Mapping[str, int], Mapping[str, int]]:
    lines = [line for line in soak.tally if line["kind"] == "counts"]
    return (lines[-1]["counts"], lines[-1]["refusals"]) if lines else (Counter(), Counter())


def _tell(soak: Soak, found: Sequence[Figure], checks: Sequence[Check], facts: Mapping[str, str], note: str) -> None:
    counts, refusals = _counts(soak)
    print(f"soak on {report.machine_line(facts)}{f' ({note})' if note else ''}\n\n{report.table(found)}\n\n{LATENCY}\n")
    for check in checks:
        print(f"{'held    ' if check.held else 'NOT HELD'}  {check.name}: {' '.join(check.said.split())}")
    print(f"\nevents   {_listed(soak.account.events)}\ndone     {_listed(counts)}\nrefused  {_listed(refusals)}")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1])) or "none"


def _document(
    arguments: argparse.Namespace,
    soak: Soak,
    found: Sequence[Figure],
    checks: Sequence[Check],
    facts: Mapping[str, str],
) -> str:
    counts, refusals = _counts(soak)
    options = {"minutes": arguments.minutes, "seed": arguments.seed}
    document: dict[str, Any] = json.loads(report.to_json("soak", options, facts, found))
    document["checks"] = [check._asdict() for check in checks]
    document |= {"note": arguments.note, "events": soak.account.events, "done": counts, "refused": refusals}
    document["happenings"] = [
        {"minute": round((each.at - soak.began) / 60, 2), "what": each.what, "took_s": round(each.took_s, 2)}
        for each in soak.happenings
    ]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

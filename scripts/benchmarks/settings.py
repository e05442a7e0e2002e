"""Settings: the options that the benchmarks of speed share, each with the value that the bars are meant with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


class _Setting(NamedTuple):
    kind: Callable[[str], Any]
    default: Any
    help: str


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


_SETTINGS: Final = {
    "rounds": _Setting(int, 5, "rounds of everything; figures are their median"),
    "messages": _Setting(int, 200_000, "proposals that are echoed in a round"),
    "commits": _Setting(int, 1_000, "commits in a round of limit.commit"),
    "cycles": _Setting(int, 10_000, "cycles in a round"),
    "at-once": _Setting(int, 256, "cycles, or echoed proposals, under way at once"),
    "watching": _Setting(_numbers, (1, 10, 100), "operators connected: the one who decides, and who watch"),
    "singles": _Setting(int, 500, "cycles one at a time in a round"),
    "peer-cycles": _Setting(int, 1_000, "cycles of a peer in a round, for each number at once"),
    "peer-singles": _Setting(int, 100, "cycles of a peer one at a time in a round"),
    "operators": _Setting(_numbers, (1, 10, 100, 500), "operators whose screens have to show it"),
    "seconds": _Setting(float, 5.0, "how long proposals come in a round of screen.latency and limit.fanout"),
    "burst": _Setting(int, 10_000, "proposals at once"),
    "calls": _Setting(int, 1_000, "calls of each rpc in a round"),
    "backlogs": _Setting(_numbers, (0, 10_000, 100_000, 1_000_000), "open decisions beside which to measure"),
    "history": _Setting(int, 10_000_000, "entries about decisions that have ended, beside which to measure; 0: none"),
}
"""By name: what it is, its default, and its help."""


def take(parser: argparse.ArgumentParser, *names: str, **defaults: Any) -> None:
    """Add options to a subcommand.

    Args:
        parser: The subcommand's.
        names: Which.
        defaults: What is another default here, by name.
    """
    for name in names:
        setting = _SETTINGS[name]
        default = defaults.get(name, setting.default)
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
        parser.add_argument(f"--{name}", type=setting.kind, default=default, help=f"{setting.help} ({shown})")
    parser.add_argument("--folder", help="where servers' directories are made, for a while")


def take_whole(parser: argparse.ArgumentParser) -> None:
    """Add the option that makes cycles longer."""
    parser.add_argument("--whole", action="store_true", help="a cycle goes on to core's acceptance and report")


def take_keep(parser: argparse.ArgumentParser) -> None:
    """Add the option that keeps what takes long to make."""
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where full ledgers are kept for the next run")


def per_second(operators: int) -> float:
    """Return how many proposals come a second where so many have to be shown them."""
    return 20.0 if operators > 100 else 100.0  # noqa: PLR2004 - a hundred are what was asked for; beyond, fewer come

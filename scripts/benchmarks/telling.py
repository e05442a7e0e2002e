"""Telling: the commands of `scripts/bench` that measure nothing, and show what runs have found."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks import page, runs, tables

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


class Telling(NamedTuple):
    """One such command.

    Attributes:
        name: The subcommand.
        summary: What it shows, in a line.
        options: Adds its options to its subcommand.
        tell: Does it; may raise RunsError, PageError or OSError.
    """

    name: str
    summary: str
    options: Callable[[argparse.ArgumentParser], None]
    tell: Callable[[argparse.Namespace], None]


def run(telling: Telling, arguments: argparse.Namespace) -> int:
    """Carry out a command; return the exit status: 0 done, 2 the files are not what it needs."""
    try:
        telling.tell(arguments)
    except (runs.RunsError, page.PageError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


def _sources(parser: argparse.ArgumentParser, *, required: bool) -> None:
    shown = "the JSON of runs, on one machine; what several of them measured counts as the first has it"
    parser.add_argument("--from", dest="sources", nargs="+", type=Path, metavar="FILE", help=shown, required=required)


def _table_options(parser: argparse.ArgumentParser) -> None:
    _sources(parser, required=True)


def _plots_options(parser: argparse.ArgumentParser) -> None:
    _sources(parser, required=True)
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="the folder in which to write them")


def _page_options(parser: argparse.ArgumentParser) -> None:
    _sources(parser, required=False)
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="the page (docs/performance.md)")


def _table(arguments: argparse.Namespace) -> None:
    found = tables.tables(runs.read(arguments.sources))
    print("\n".join(f"**{name}**\n\n{table}" for name, table in found.items() if table != tables.NOTHING), end="")


def _plots(arguments: argparse.Namespace) -> None:
    arguments.into.mkdir(parents=True, exist_ok=True)
    for name, svg in page.pictures(runs.read(arguments.sources)).items():
        (arguments.into / name).write_text(svg, encoding="utf-8")
        print(arguments.into / name)


def _page(arguments: argparse.Namespace) -> None:
    for path in page.write(arguments.page, arguments.sources or []):
        print(path)


TELLINGS: Final = {
    each.name: each
    for each in (
        Telling("table", "print what runs found as Markdown tables", _table_options, _table),
        Telling("plots", "draw what runs found (SVG)", _plots_options, _plots),
        Telling("page", "write what runs found into docs/performance.md and its folder", _page_options, _page),
    )
}
"""By the name of the subcommand."""

"""The page: text that people wrote, with marked places that the harness fills with tables and plots of figures.

A place begins with `<!-- figures: NAME -->` and ends with `<!-- end -->`, each on a line of its own. NAME is a table's
(see `tables`), or `plot NAME` for a picture. Whatever stands between them is written anew; the rest is left as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from benchmarks import runs as reading
from benchmarks.charts import drawn
from benchmarks.plots import charts
from benchmarks.tables import NOTHING, tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.charts import Chart
    from benchmarks.runs import Runs

FIGURES: Final = "figures.json"
"""The file in a page's folder, from which everything in its marked places can be made again."""
_PLACE: Final = re.compile(r"(<!-- figures: ([^\n]+?) -->\n).*?(<!-- end -->\n)", re.DOTALL)
_PLOT: Final = "plot "


class PageError(Exception):
    """A page asks for what there is not; the message says for what."""


def folder_of(page: Path) -> Path:
    """Return the folder beside a page that holds its figures and plots."""
    return page.with_suffix("")


def filled(text: str, runs: Runs, folder: str) -> str:
    """Return a page's text with its marked places filled.

    Args:
        text: The page.
        runs: The figures.
        folder: Where the plots are, as seen from the page.

    Raises:
        PageError: A place asks for a table or a plot that there is not.
    """
    made = tables(runs)
    plots = {chart.name: chart for chart in charts(runs)}

    def fill(place: re.Match[str]) -> str:
        begin, name, end = place.groups()
        if name.startswith(_PLOT):
            inside = _shown(plots.get(name.removeprefix(_PLOT)), folder)
        elif name in made:
            inside = f"\n{made[name]}\n"
        else:
            raise PageError(f"The page asks for the table {name!r}. There are: {', '.join(made)}.")
        return f"{begin}{inside}{end}"

    return _PLACE.sub(fill, text)


def _shown(chart: Chart | None, folder: str) -> str:
    return f"\n![{chart.title}]({folder}/{chart.name}.svg)\n\n" if chart else f"\n{NOTHING}\n"


def pictures(runs: Runs) -> dict[str, str]:
    """Return the plots of runs as SVG documents, by the names of their files."""
    return {f"{chart.name}.svg": drawn(chart) for chart in charts(runs)}


def write(page: Path, sources: Sequence[Path]) -> list[Path]:
    """Fill a page, and write its figures and plots into its folder; return what was written.

    Args:
        page: The page.
        sources: The JSON of runs; those that its folder holds where there are none.

    Raises:
        RunsError: The sources are not to be read together.
        PageError: The page asks for what there is not.
    """
    folder = folder_of(page)
    runs = reading.read(sources or [folder / FIGURES])
    documents: Mapping[Path, str] = {
        page: filled(page.read_text(encoding="utf-8"), runs, folder.name),
        folder / FIGURES: reading.to_json(runs),
        **{folder / name: svg for name, svg in pictures(runs).items()},
    }
    folder.mkdir(exist_ok=True)
    for old in set(folder.glob("*.svg")) - set(documents):
        old.unlink()
    for path, text in documents.items():
        path.write_text(text, encoding="utf-8")
    return list(documents)

"""docs/performance.md: its tables and plots are those of its figures, and what it names exists."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import page, runs, telling
from benchmarks.catalogue import BENCHMARKS
from benchmarks.figures import Figure
from benchmarks.page import PageError, filled
from benchmarks.runs import Run, Runs, RunsError
from benchmarks.tables import tables

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"
TEXT = PAGE.read_text(encoding="utf-8")
FIGURES = runs.read([page.folder_of(PAGE) / page.FIGURES])
ECHO = Figure("limit.echo: proposals", 61_234.5, "/s", rounds=(61_234.5, 60_000.0))
ONE = Runs({"cores": "2"}, [Run("limits", "scripts/bench limits", "0.10", {ECHO.name: ECHO})])
PLACES = (
    "# Title\n<!-- figures: yardsticks -->\nold\n<!-- end -->\nWords.\n<!-- figures: plot screens -->\n<!-- end -->\n"
)


def test_the_page_is_that_of_its_figures() -> None:
    """No figure in a table of the page was typed: `scripts/bench page` writes the same page from its figures again."""
    assert filled(TEXT, FIGURES, "performance") == TEXT


def test_the_plots_are_those_of_its_figures() -> None:
    """The plots beside the page are those that its figures make, byte for byte, and there are no others."""
    beside = {path.name: path.read_text(encoding="utf-8") for path in page.folder_of(PAGE).glob("*.svg")}
    assert beside == page.pictures(FIGURES)


def test_the_figures_are_small_and_name_no_folder() -> None:
    """The figures that are kept are small, and hold nothing of the machine but what they hang on."""
    text = (page.folder_of(PAGE) / page.FIGURES).read_text(encoding="utf-8")
    assert len(text) < 100_000
    assert not re.search(r'[ "](/\w[^" ]*/|~)', text)
    assert text == runs.to_json(FIGURES)


def test_every_table_has_its_place() -> None:
    """The page shows every table that there is."""
    places = re.findall(r"<!-- figures: (.+) -->", TEXT)
    assert set(tables(FIGURES)) == {name for name in places if not name.startswith("plot ")}
    assert len(places) == len(set(places)) == TEXT.count("<!-- end -->")


@pytest.mark.parametrize("line", sorted(set(re.findall(r"scripts/bench [^`#\n|]+", TEXT))))
def test_commands(line: str) -> None:
    """Every command that the page names is one of the program's, with options that it has."""
    name, *words = shlex.split(line)[1:]
    if name == "NAME":
        return
    parser = argparse.ArgumentParser(exit_on_error=False)
    known = BENCHMARKS.get(name) or telling.TELLINGS[name]
    known.options(parser)
    parser.add_argument("--json")
    assert vars(parser.parse_args(words))


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", TEXT))))
def test_links(link: str) -> None:
    """Every link leads to a file, or to a heading of the page."""
    name, _, heading = link.partition("#")
    headings = [each.lower().replace(" ", "-") for each in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)]
    assert (PAGE.parent / name).exists()
    assert not heading or heading in headings


def test_filling() -> None:
    """What stands in a marked place is written anew, and the rest of a page is left as it is."""
    made = filled(PLACES, ONE, "page")
    assert made == (
        "# Title\n<!-- figures: yardsticks -->\n\n"
        "| figure | median | rounds |\n| --- | --- | --- |\n| limit.echo: proposals | 61,234/s | 60,000 to 61,234 |\n"
        "\n<!-- end -->\nWords.\n<!-- figures: plot screens -->\n\nNot measured yet.\n\n<!-- end -->\n"
    )
    assert filled(made, ONE, "page") == made
    with pytest.raises(PageError, match="asks for the table 'gossip'"):
        filled("<!-- figures: gossip -->\n<!-- end -->\n", ONE, "page")


def test_writing(tmp_path: Path) -> None:
    """A page is written with its figures and plots beside it, and can be made from these again; old plots go away."""
    path, source = tmp_path / "speed.md", tmp_path / "runs.json"
    path.write_text(PLACES)
    source.write_text(runs.to_json(ONE))
    (tmp_path / "speed").mkdir()
    (tmp_path / "speed" / "old.svg").write_text("")
    written = page.write(path, [source])
    assert written == [path, tmp_path / "speed" / "figures.json"]
    assert not (tmp_path / "speed" / "old.svg").exists()
    before = path.read_text()
    page.write(path, [])
    assert path.read_text() == before
    with pytest.raises(RunsError):
        page.write(path, [tmp_path / "nowhere.json"])


def test_the_program(tmp_path: Path) -> None:
    """`table` prints the tables of runs, `plots` writes their plots, and a file of something else ends it with 2."""
    source = tmp_path / "runs.json"
    name = "cycle.throughput, 1 operator"
    cycle = Run("cycle", "scripts/bench cycle", "0.10", {name: Figure(name, 5_000.0, "/s")})
    source.write_text(runs.to_json(Runs({"cores": "2"}, [cycle])))

    def bench(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, ROOT / "scripts" / "bench", *words],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "GOVERNANCE_ENVIRONMENT": sys.prefix},
        )

    told = bench("table", "--from", source)
    assert (told.returncode, told.stderr) == (0, "")
    assert "| cycle.throughput, 1 operator | 5,000/s |" in told.stdout
    drawn = bench("plots", "--from", source, "--into", tmp_path / "plots")
    assert drawn.returncode == 0
    assert [path.name for path in (tmp_path / "plots").iterdir()] == ["watching.svg"]
    failed = bench("table", "--from", ROOT / "README.md")
    assert failed.returncode == 2
    assert failed.stderr.startswith("bench: README.md is not what scripts/bench --json writes")

"""`scripts/bench plots` and `table`: what the JSON of runs becomes."""

from __future__ import annotations

import argparse
import io
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from benchmarks import cycle, limits, parts, recovery, report, runs, screen, shown
from benchmarks.charts import LEFT, RIGHT, WIDTH, Chart, Panel, Row, drawn
from benchmarks.drawing import DARK, LIGHT, Linear, Logarithmic
from benchmarks.figures import Figure, over_rounds, timings_over_rounds
from benchmarks.grounds import Fill
from benchmarks.page import pictures
from benchmarks.plots import charts
from benchmarks.progress import Progress
from benchmarks.runs import Run, Runs, RunsError
from benchmarks.tables import NOTHING, table, tables

if TYPE_CHECKING:
    from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"
MACHINE = {"cores": "2", "load before": "0.10"}
MOST_BYTES = 30_000


def found() -> list[Figure]:
    """Figures of every kind, as the benchmarks name them."""
    times = [[0.001, 0.004], [0.002, 0.005], [0.003, 0.006]]
    figures = [over_rounds("limit.echo: proposals", [50_000.0, 60_000.0, 40_000.0], "/s")]
    for number in (1, 10, 100):
        name = cycle.title(number)
        figures.append(over_rounds(name, [9_000.0 / number, 8_000.0 / number, 9_500.0 / number], "/s"))
        figures.append(over_rounds(f"{name}{shown.COST}", [90.0 * number], "µs"))
        figures += timings_over_rounds(screen.title(number), times)
        figures += timings_over_rounds(limits.title(number), times)
    figures += timings_over_rounds(shown.LATENCY, times, cycle.AIMS_MS)
    figures += cycle.ratios(figures, figures[0])
    figures += screen.ratios(figures, figures, (1, 10, 100))
    for fill in (Fill(), Fill(10_000), Fill(1_000_000), Fill(entries=10_000_000)):
        figures.append(over_rounds(f"recovery, {fill.title}: time to serve", [3.0, 2.0, 4.0], "s", most=20.0, aim=5.0))
        figures.append(Figure(f"{fill.title}: {shown.ONE}", 8_900.0, "/s"))
    figures.append(Figure(f"{Fill(1_000_000).title}: memory, each", 1_900.0, "B", most=4_000, aim=2_000))
    figures.append(Figure("burst of 10000, lost", 0, "", most=0))
    figures += [Figure(f"{shown.PARTS}{name}", value, "µs") for name, value in (("read", 20.0), ("decide", 30.5))]
    return figures


def beside_peers() -> list[Figure]:
    """What a run of the peers finds."""
    figures = [Figure(shown.ONE, 7_000.0, "/s"), Figure(f"{shown.ONE}, 64 at once", 6_000.0, "/s")]
    figures += timings_over_rounds(shown.LATENCY, [[0.002, 0.003]])
    for number in (64, 256):
        figures.append(over_rounds(f"peers.throughput, Slow & <Sure>, {number} at once", [20.0, 30.0, 25.0], "/s"))
        figures.append(Figure(f"peers.throughput, Restate, {number} at once", 300.0, "/s"))
    figures += timings_over_rounds(shown.PEER_LATENCY.format("Restate"), [[0.007, 0.01]])
    figures.append(Figure("peers.missing, Elsewhere: no registry has it", 0, ""))
    figures.append(Figure(f"{shown.ONE}, of Restate", 23.3, "", least=25, aim=50))
    return figures


def run_of(benchmark: str, figures: list[Figure]) -> Run:
    return Run(benchmark, f"scripts/bench {benchmark}", "0.10", {each.name: each for each in figures})


WHOLE = Runs({"cores": "2"}, [run_of("all", found()), run_of("peers", beside_peers())])


def test_every_plot() -> None:
    """Each plot is a small document that says in its title and in words what it shows, in light and dark colours."""
    made = pictures(WHOLE)
    assert list(made) == [
        f"{name}.svg"
        for name in ("peers-throughput", "peers-latency", "watching", "screens", "backlog", "recovery", "parts")
    ]
    for name, svg in made.items():
        tree = ET.fromstring(svg)
        title, description = tree.findtext(f"{SVG}title"), tree.findtext(f"{SVG}desc")
        assert title, name
        assert description, name
        assert tree.get("role") == "img"
        assert "prefers-color-scheme:dark" in svg
        assert svg.count("http") == 1, "the name of SVG itself: nothing is fetched"
        assert len(svg.encode()) < MOST_BYTES


def test_the_same_bytes(tmp_path: Path) -> None:
    """The same figures make the same bytes, also once they were written to JSON and read again."""
    (tmp_path / "figures.json").write_text(runs.to_json(WHOLE))
    again = runs.read([tmp_path / "figures.json"])
    assert runs.to_json(again) == runs.to_json(WHOLE)
    assert pictures(again) == pictures(WHOLE) == pictures(WHOLE)
    assert tables(again) == tables(WHOLE)


def test_what_a_plot_says_in_words() -> None:
    """Whoever has a plot read to them hears every figure that others see in it."""
    told = {chart.name: chart.description for chart in charts(WHOLE)}
    assert told["backlog"] == (
        "Cycles a second, 1 operator: 0 open 8,900/s; 10,000 open 8,900/s; 1,000,000 open 8,900/s. "
        "Memory of each open decision, bytes: 1,000,000 open 1,900 B."
    )
    assert told["parts"].endswith("read 20 µs; decide 30.5 µs.")
    assert "Slow & <Sure> 25/s (20 to 30)" in told["peers-throughput"]
    assert "screens of 100 operators 2 and 5 ms; bare gRPC, the same 2 and 5 ms" in told["screens"]


def test_ours_is_compared_in_the_run_of_the_peers() -> None:
    """What is told beside the peers was measured in their run, with as many at once."""
    peers = shown.peers(WHOLE.figures("peers"))
    ours = {each.at_once: each.rate.value for each in peers if each.name == shown.OWN_NAME}
    assert ours == {64: 6_000.0, 256: 7_000.0}
    assert WHOLE.figures("all")[shown.ONE].value == 9_000.0


def test_what_nobody_measured() -> None:
    """A plot or a table of what nobody measured is not made; a bar that nobody measured is told beside the others."""
    assert charts(Runs({}, [])) == []
    assert set(tables(Runs({}, [])).values()) == {NOTHING}
    few = Runs({}, [run_of("cycle", [Figure(f"{cycle.title(1)}, of limit.echo", 0.15, "", least=0.1, aim=0.2)])])
    bars = tables(few)["bars"].splitlines()
    assert bars[2] == "| cycle.throughput, 1 operator, of limit.echo | ≥ 0.10 | ≥ 0.20 | 0.15 | holds | not reached |"
    assert bars[-1] == "| 10,000,000 entries before: cost of a cycle, of empty |  |  | not measured |  |  |"


def test_tables() -> None:
    """The tables show median and spread, the bar, and each of the peers, those among them that could not be run."""
    made = tables(WHOLE)
    assert NOTHING not in {name: text for name, text in made.items() if name != "unary"}.values()
    assert "| cycle.throughput, 1 operator | 9,000/s | 8,000 to 9,500 |" in made["throughput"]
    assert "| 10 | 2 ms | 5 ms | 2 ms | 5 ms | 1 |" in made["fanout"]
    assert "| 1,000,000 open: memory, each | ≤ 4,000 B | ≤ 2,000 B | 1,900 B |  | holds | reached |" in made["bars"]
    assert made["bars"].splitlines()[-1].startswith("| cycle.throughput, 1 operator, of Restate | ≥ 25 | ≥ 50 | 23.3 |")
    assert "| Restate | 64 | 300/s | 20 times | 7 ms | 10 ms |" in made["peers"]
    assert "| Elsewhere |  | not run: no registry has it |  |  |  |" in made["peers"]
    assert "| decide | 30.5 µs | 60% |" in made["parts"]
    assert "burst of 10000, lost" not in made["bars"]
    assert made["commands"].splitlines()[2] == "| `scripts/bench all` | 0.10 |"


def test_a_table() -> None:
    """A column in which nothing stands is left out, and a bar in a text does not end its cell."""
    assert table(("a", "b", "c"), [("1", "", "x|y")]) == "| a | c |\n| --- | --- |\n| 1 | x\\|y |\n"


def test_the_json_of_a_run(tmp_path: Path) -> None:
    """A run's JSON is read with its command: the options that are not the defaults, without this machine's folders."""
    options = {"rounds": 2, "watching": [1, 3], "cycles": 10_000, "whole": True, "folder": str(tmp_path)}
    (tmp_path / "cycle.json").write_text(report.to_json("cycle", options, MACHINE, found()))
    read = runs.read([tmp_path / "cycle.json", tmp_path / "cycle.json"])
    assert read.machine == {"cores": "2"}
    assert [(run.command, run.load) for run in read.runs] == [
        ("scripts/bench cycle --rounds 2 --watching 1,3 --whole", "0.10")
    ]
    assert list(read.runs[0].figures.values()) == found()
    assert str(tmp_path) not in runs.to_json(read)


def test_what_is_read_is_what_is_kept(tmp_path: Path) -> None:
    """Figures are rounded as they are read: what is shown of them is shown again from the file that is kept."""
    exact = Figure(shown.ONE, 1 / 3, "/s", rounds=(1 / 3, 99.99999999))
    (tmp_path / "cycle.json").write_text(report.to_json("cycle", {}, MACHINE, [exact]))
    read = runs.read([tmp_path / "cycle.json"])
    assert read.figures()[shown.ONE] == Figure(shown.ONE, 0.333333, "/s", rounds=(0.333333, 100.0))
    (tmp_path / "figures.json").write_text(runs.to_json(read))
    assert runs.read([tmp_path / "figures.json"]) == read


def test_runs_that_do_not_belong_together(tmp_path: Path) -> None:
    """Figures of two machines are not put on one page, and a file of something else is named."""
    for name, cores in (("here", "2"), ("there", "64")):
        machine = {**MACHINE, "cores": cores}
        (tmp_path / name).write_text(report.to_json("recovery", {}, machine, []))
    with pytest.raises(RunsError, match="there is of another machine: cores 64, where the others have 2"):
        runs.read([tmp_path / "here", tmp_path / "there"])
    (tmp_path / "else").write_text("[]")
    for name in ("else", "nowhere"):
        with pytest.raises(RunsError, match=f"{name} is not what scripts/bench --json writes"):
            runs.read([tmp_path / name])
    (tmp_path / "other").write_text(report.to_json("dance", {}, MACHINE, []))
    with pytest.raises(RunsError, match="no benchmark 'dance'"):
        runs.read([tmp_path / "other"])


def test_figures_are_told_apart_by_their_names() -> None:
    """What the plots look for is what the benchmarks write."""
    assert shown.numbered({cycle.title(n): Figure("", n, "") for n in (100, 1)}, shown.THROUGHPUTS)[1][0] == 100
    assert Fill().title == shown.EMPTY
    assert shown.SCREENS.format(3) == f"{screen.title(3)}, p99"
    assert shown.FANOUT.format(3, "p99") == f"{limits.title(3)}, p99"
    assert recovery.BENCHMARK.name == "recovery"
    names = {f"{Fill(10).title}: x": Figure("", 1, ""), f"recovery, {Fill(9).title}: y": Figure("", 1, "")}
    assert shown.grounds(names, "open") == ["0 open", "9 open", "10 open"]
    assert shown.grounds({f"{Fill(entries=8).title}: x": Figure("", 1, "")}, "entries before")[1:] == [
        "8 entries before"
    ]


@pytest.mark.parametrize(
    ("values", "marks"), [([0.0], [0, 0.5, 1.0]), ([7.0, 3.0], [0, 2.5, 5.0, 7.5]), ([1_100], [0, 500, 1_000, 1_500])]
)
def test_an_axis(values: list[float], marks: list[float]) -> None:
    """An axis begins at 0 and ends at a round number, so that the length of a bar is what it says."""
    axis = Linear(values)
    assert axis.marks == marks
    assert axis.share(marks[-1]) == 1
    assert axis.share(0) == 0


def test_an_axis_of_powers_of_ten() -> None:
    """On a logarithmic axis each step is ten times as much, and what is not above 0 lies at its beginning."""
    axis = Logarithmic([20, 3_000])
    assert axis.marks == [10, 100, 1_000, 10_000]
    assert axis.share(100) == pytest.approx(1 / 3)
    assert axis.share(0) == 0
    assert Logarithmic([0.0]).marks == [1, 10]


def test_a_bar_is_as_long_as_its_figure() -> None:
    """A bar begins at the axis and ends at its value, and a step begins where the last one ended."""
    rows = [Row("<one>", "50", (50.0,), spread=(40.0, 60.0)), Row("two", "step", (50.0, 100.0), "part")]
    tree = ET.fromstring(drawn(Chart("x", "Some & more", [Panel("of", [rows])])))
    assert tree.findtext(f"{SVG}title") == "Some & more"
    bar, step = tree.findall(f"{SVG}rect")[1:]
    whole = WIDTH - LEFT - RIGHT
    assert (float(bar.attrib["x"]), float(bar.attrib["width"])) == (LEFT, whole / 2)
    assert (float(step.attrib["x"]), float(step.attrib["width"])) == (LEFT + whole / 2, whole / 2)
    spread = next(line for line in tree.findall(f"{SVG}line") if line.get("class") == "spread")
    assert (float(spread.attrib["x1"]), float(spread.attrib["x2"])) == (LEFT + 0.4 * whole, LEFT + 0.6 * whole)
    assert [each.text for each in tree.findall(f"{SVG}text")].count("<one>") == 1


def test_where_the_time_goes() -> None:
    """A thread's time is divided as it was looked at, by the innermost frame that is somebody's part."""
    main = "thread (7): MainThread;main (governance_server/__main__.py:1);"
    rule = "Governor._rule (governance_server/engine/governor.py:9);decide (governance_server/domain/decide.py:5)"
    stacks = [
        f"{main}{rule};<genexpr> (google/protobuf/message.py:3) 2",
        f"{main}{rule};send (grpc/aio/_server.py:3) 1",
        f"{main}wait (asyncio/runners.py:118) 1",
        "thread (8): Thread-1;run (threading.py:3);commit (governance_server/ledger/writes.py:1) 5",
        "thread (99): ended meanwhile;run (threading.py:3) 7",
    ]
    made = {each.name.removeprefix(shown.PARTS): each.value for each in parts.parts(stacks, {"7": 80, "8": 30, "9": 4})}
    assert made.pop("looks of the profiler") == 9
    assert {name: value for name, value in made.items() if value} == {
        "rules: decide and evolve": 40,
        parts.TRANSPORT: 44,
        "commit": 30,
    }


def test_without_a_profiler() -> None:
    """Without the profiler people are told so before anything is started."""
    with pytest.raises(parts.ProfilerError, match="no nobody-has-this on PATH"):
        parts.measure(argparse.Namespace(profiler="nobody-has-this"), Progress(io.StringIO()))


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_it_can_be_read(palette: dict[str, str]) -> None:
    """Text has the contrast to the paper that WCAG asks of text (4.5), and so has whatever tells one from another."""
    paper = luminance(palette["paper"])
    for name in ("ink", "dim", "a", "b", "c", "alarm"):
        light, dark = sorted((paper, luminance(palette[name])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name

"""A terminal's screen as SVG: its cells as text in the reader's own monospace font, nothing fetched from anywhere."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape

from governance_client.console.inert import width_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.emulator import Emulator

    from pictures.palette import Palette

CELL: Final = (8.4, 18)
"""Width and height of a cell at a font of 14 pixels, of which most monospace fonts take 0.6 for a character."""
FONT_SIZE: Final = 14
MARGIN: Final = 16
BASELINE: Final = 13
FONTS: Final = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace"
_ARMS: Final = {"─": "EW", "│": "NS", "┌": "ES", "┐": "SW", "└": "EN", "┘": "NW", "├": "ENS", "┤": "NSW"}
_ARMS_MORE: Final = {"┬": "ESW", "┴": "ENW", "┼": "ENSW"}
ARMS: Final = _ARMS | _ARMS_MORE
"""The characters that are drawn as lines, so that they meet whatever the font: where their arms go."""
EIGHTHS: Final = "▏▎▍▌▋▊▉█"
"""The characters that are drawn as a part of the cell, from one eighth of its width."""
_WORDS: Final = re.compile(r"\S+(?: \S+)*")
"""What stands together."""


class Look(NamedTuple):
    """How a cell looks.

    Attributes:
        ink: The colour of its character.
        ground: The colour behind it; empty for the terminal's own.
        bold: Its character is bold.
        underlined: Its character is underlined.
        drawn: Its character is drawn and not written.
    """

    ink: str
    ground: str
    bold: bool
    underlined: bool
    drawn: bool


class Run(NamedTuple):
    """Neighbouring cells that look the same.

    Attributes:
        row: Counted from 0.
        column: Of the first, counted from 0.
        text: Their characters.
        columns: How many cells they are.
        look: How they look.
    """

    row: int
    column: int
    text: str
    columns: int
    look: Look


def picture(screen: Emulator, palette: Palette, title: str) -> str:
    """Return a screen as an SVG document.

    Args:
        screen: What is shown.
        palette: In which colours.
        title: What it shows, for whoever cannot see it.
    """
    runs = [run for row in range(screen.lines) for run in _runs(screen, palette, row)]
    width, height = screen.columns * CELL[0] + 2 * MARGIN, screen.lines * CELL[1] + 2 * MARGIN
    inks = {ink: f"c{number}" for number, ink in enumerate(sorted({run.look.ink for run in runs}))}
    size = f'width="{width:.0f}" height="{height}"'
    window = f'x=".5" y=".5" width="{width - 1:.0f}" height="{height - 1}" rx="8"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" {size} role="img">',
            f"<title>{escape(title)}</title>",
            _style(inks),
            f'<rect {window} fill="{palette.ground}" stroke="{palette.frame}"/>',
            f'<g transform="translate({MARGIN} {MARGIN})">',
            *(_ground(touching) for touching in _grounds(runs)),
            *_cursor(screen, palette),
            *(_drawn(run) if run.look.drawn else _written(run, inks) for run in runs if run.text.strip()),
            "</g>",
            "</svg>",
            "",
        ]
    )


def _runs(screen: Emulator, palette: Palette, row: int) -> Iterator[Run]:
    cells = [(column, screen.buffer[row][column]) for column in range(screen.columns)]
    for look, grouped in groupby(cells, lambda cell: _look(cell[1], palette)):
        members = list(grouped)
        text = "".join(char.data for _, char in members)
        if text.strip() or look.ground:
            yield Run(row, members[0][0], text, len(members), look)


def _look(char: object, palette: Palette) -> Look:
    data, fore, back = (getattr(char, name) for name in ("data", "fg", "bg"))
    ink, ground = palette.colour(fore, palette.ink), palette.colour(back, "")
    if getattr(char, "reverse"):  # noqa: B009 - pyte is published without types
        ink, ground = ground or palette.ground, ink
    drawn = bool(data) and (data in ARMS or data in EIGHTHS)
    blank = not data.strip()
    return Look(
        ink=palette.ink if blank else ink,
        ground="" if ground == palette.ground else ground,
        bold=bool(getattr(char, "bold")) and not blank and not drawn,  # noqa: B009 - as above
        underlined=bool(getattr(char, "underscore")),  # noqa: B009 - as above
        drawn=drawn,
    )


def _style(inks: dict[str, str]) -> str:
    rules = "".join(f".{name}{{fill:{ink}}}" for ink, name in inks.items())
    text = f"text{{font:{FONT_SIZE}px {FONTS};white-space:pre}}.b{{font-weight:700}}.u{{text-decoration:underline}}"
    return f"<style>{text}{rules}</style>"


def _grounds(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Yield the runs that touch and have the same colour behind them: as one shape they have no seams."""
    touching: list[Run] = []
    for run in (each for each in runs if each.look.ground):
        last = touching[-1] if touching else run
        if touching and (last.row, last.column + last.columns, last.look.ground) != (
            run.row,
            run.column,
            run.look.ground,
        ):
            yield touching
            touching = []
        touching.append(run)
    if touching:
        yield touching


def _ground(runs: list[Run]) -> str:
    x, y = _number(runs[0].column * CELL[0]), runs[0].row * CELL[1]
    columns = sum(run.columns for run in runs)
    return f'<rect x="{x}" y="{y}" width="{_span(columns)}" height="{CELL[1]}" fill="{runs[0].look.ground}"/>'


def _cursor(screen: Emulator, palette: Palette) -> list[str]:
    if screen.cursor.hidden or screen.cursor.x >= screen.columns:
        return []
    x, y = _number(screen.cursor.x * CELL[0]), screen.cursor.y * CELL[1]
    return [f'<rect x="{x}" y="{y}" width="{CELL[0]}" height="{CELL[1]}" fill="{palette.ink}" opacity=".55"/>']


def _written(run: Run, inks: dict[str, str]) -> str:
    """Return a run as text. What two or more blanks part is placed apart: not every reader keeps blanks."""
    classes = " ".join([inks[run.look.ink], *(["b"] if run.look.bold else []), *(["u"] if run.look.underlined else [])])
    return "".join(_placed(run, found.start(), found[0], classes) for found in _WORDS.finditer(run.text))


def _placed(run: Run, start: int, text: str, classes: str) -> str:
    # the second cell of a wide character is empty: it is in the count of columns, and not in the text
    column = run.column + width_of(run.text[:start])
    x, y = _number(column * CELL[0]), run.row * CELL[1] + BASELINE
    return f'<text x="{x}" y="{y}" textLength="{_span(width_of(text))}" class="{classes}">{escape(text)}</text>'


def _drawn(run: Run) -> str:
    """Return lines and bars as shapes: there a font's own would leave gaps between the rows."""
    pieces = [_shape(run.row, run.column + number, char) for number, char in enumerate(run.text)]
    lines = "".join(piece for piece, char in zip(pieces, run.text, strict=True) if char in ARMS)
    bars = "".join(piece for piece, char in zip(pieces, run.text, strict=True) if char in EIGHTHS)
    return (f'<path d="{lines}" stroke="{run.look.ink}" fill="none"/>' if lines else "") + (
        f'<path d="{bars}" fill="{run.look.ink}"/>' if bars else ""
    )


def _shape(row: int, column: int, char: str) -> str:
    x, y, (width, height) = column * CELL[0], row * CELL[1], CELL
    if char in EIGHTHS:
        part = _number(width * (EIGHTHS.index(char) + 1) / len(EIGHTHS))
        return f"M{_number(x)} {y + 3}h{part}v{height - 6}h-{part}z"
    ends = {
        "N": (x + width / 2, y),
        "S": (x + width / 2, y + height),
        "W": (x, y + height / 2),
        "E": (x + width, y + height / 2),
    }
    middle = f"M{_number(x + width / 2)} {_number(y + height / 2)}"
    return "".join(f"{middle}L{_number(ends[arm][0])} {_number(ends[arm][1])}" for arm in ARMS[char])


def _span(columns: int) -> str:
    return _number(columns * CELL[0])


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

"""`scripts/screens`: a terminal's screen becomes an SVG that fetches nothing and shows what the screen showed."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pictures.palette import PALETTES
from pictures.svg import picture
from tests.support.emulator import Emulator

SCREENS = Path(__file__).parents[2] / "docs" / "screens"
SVG = "{http://www.w3.org/2000/svg}"


def drawn(written: str, theme: str = "dark") -> ET.Element:
    """The picture of a screen that something was written to."""
    screen = Emulator(40, 5, lambda _reply: None)
    screen.feed(written.encode())
    return ET.fromstring(picture(screen, PALETTES[theme], "A <screen>"))


def texts(svg: ET.Element) -> dict[str, tuple[str, str]]:
    """Each text with the column it stands at and its classes."""
    return {str(each.text): (each.attrib["x"], each.attrib["class"]) for each in svg.iter(f"{SVG}text")}


def test_text() -> None:
    """Text stands in its column, bold where it was bold; what blanks part is placed apart; markup is text."""
    found = texts(drawn("\x1b[1mrisk\x1b[0m   <b>&  漢字 end"))
    assert found["risk"][0] == "0"
    assert found["risk"][1].endswith(" b")
    assert found["<b>&"][0] == "58.8"
    assert found["漢字 end"][0] == "109.2"


def test_colours() -> None:
    """A colour is the theme's; reverse video exchanges it with what is behind it."""
    svg = ET.tostring(drawn("\x1b[31mred\x1b[0m \x1b[7mback\x1b[0m"), encoding="unicode")
    assert PALETTES["dark"].named["red"] in svg
    assert f'fill="{PALETTES["dark"].ink}"' in svg


def test_lines_meet() -> None:
    """Lines and bars are shapes, so that they meet whatever the reader's font is."""
    svg = drawn("┌─┐ █▌")
    assert texts(svg) == {}
    assert len(list(svg.iter(f"{SVG}path"))) == 2


@pytest.mark.parametrize("path", sorted(SCREENS.glob("*.svg")), ids=lambda path: path.name)
def test_what_is_kept(path: Path) -> None:
    """The pictures in docs/screens are small, have a title, and fetch nothing from anywhere."""
    text = path.read_text(encoding="utf-8")
    assert len(text) < 60_000
    assert ET.fromstring(text).find(f"{SVG}title") is not None
    assert "href" not in text
    assert text.count("http") == 1, "the name of SVG itself"


def test_both_themes() -> None:
    """Every screen is there in the dark theme and in the light one."""
    names = {path.stem.rpartition("-")[0] for path in SCREENS.glob("*.svg")}
    assert {"queue", "show", "why", "batch", "board", "storm", "lost-race"} <= names
    assert all((SCREENS / f"{name}-{theme}.svg").exists() for name in names for theme in PALETTES)

"""The scenes: what is done at a real console until its screen shows what a picture is of."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.support.alerts import BEACON, EXAMPLES, MALWARE, scans
from tests.support.house import House

from pictures.story import evening, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from tests.support.emulator import Emulator
    from tests.support.screen import Screen

PROMPT: Final = "governance>"
ARRIVALS: Final = 4_000
_COUNTED: Final = re.compile(r"^(\d+) new:", re.MULTILINE)
"""How the console tells of many arrivals."""
OPERATOR: Final = "duty"
FILE_SERVER: Final = name_of(MALWARE, "fs-02.example.org")[:8]
UPDATES: Final = name_of(BEACON, "telemetry.example.net")[:8]
DOMAIN: Final = name_of(BEACON, "updates.example.com")[:8]


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture.

    Attributes:
        name: The file's, without what follows it.
        title: What it shows.
        size: Columns and rows.
        play: Does what leads there.
    """

    name: str
    title: str
    size: tuple[int, int]
    play: Callable[[House, Screen], None]


def play(folder: Path, theme: str, names: Collection[str]) -> Iterator[tuple[Scene, Emulator]]:
    """Play scenes in one theme at a server of their own, and yield the screen at the end of each.

    Args:
        folder: An empty one, for the server and the console's personal files.
        theme: Of the console.
        names: Which scenes.
    """
    configuration = folder / "config" / "governance" / "console.toml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(f'theme = "{theme}"\n', encoding="utf-8")
    with House(folder) as house:
        house.credentials("relief")
        house.propose(evening())
        for scene in (each for each in SCENES if each.name in names):
            with house.console(OPERATOR, size=scene.size) as screen:
                screen.until("for a decision")
                screen.asked(PROMPT)
                scene.play(house, screen)
                screen.steady()
                yield scene, screen.emulator


def _done(screen: Screen, line: str) -> None:
    """Have a line done, to the next prompt."""
    screen.enter(line)
    screen.asked(PROMPT)


def _queue(_house: House, screen: Screen) -> None:
    _done(screen, "queue")


def _show(_house: House, screen: Screen) -> None:
    _done(screen, f"show {FILE_SERVER}")


def _why(_house: House, screen: Screen) -> None:
    _done(screen, f"why {FILE_SERVER}")


def _batch(_house: House, screen: Screen) -> None:
    _done(screen, "batch")
    screen.enter("batch 1 approve seen in the proxy log")
    screen.asked("type yes")


def _board(house: House, screen: Screen) -> None:
    screen.enter("board")
    screen.until("PENDING")
    house.run("relief", "reject", UPDATES, "--reason", "The vendor's own.")
    screen.until("by relief")
    for _ in range(2):
        screen.press("j")
        screen.steady()


def _lost_race(house: House, screen: Screen) -> None:
    screen.enter(f"approve {DOMAIN} never seen before")
    screen.asked("type yes to approve")
    house.run("relief", "reject", DOMAIN, "--reason", "It is the vendor's own update service.")
    screen.until("rejected by relief")
    screen.asked("type yes to approve")
    screen.enter("yes")
    screen.asked(PROMPT)


def _storm(house: House, screen: Screen) -> None:
    """Last, since what it proposes stays."""
    line = f"approve {FILE_SERVER} its owner agrees"
    storm = threading.Thread(target=house.propose, args=(scans(ARRIVALS, "storm", skipping=EXAMPLES),))
    storm.start()
    try:
        screen.type(line)
    finally:
        storm.join()
    screen.until(lambda screen: sum(int(found) for found in _COUNTED.findall(screen.text)) == ARRIVALS)


SCENES: Final = (
    Scene("queue", "The queue: most urgent first, with what is left of the time", (100, 30), _queue),
    Scene("show", "A high decision: what was found before what core recommends", (100, 40), _show),
    Scene("why", "Why a decision is as risky as it is, factor by factor", (100, 42), _why),
    Scene("batch", "A group of like decisions, and the one verdict on all of it", (100, 30), _batch),
    Scene("board", "The board: all that waits, the one that is looked at, and what ended", (150, 42), _board),
    Scene("lost-race", "Another operator was first", (100, 16), _lost_race),
    Scene("storm", "Four thousand arrivals while a line is being typed", (100, 16), _storm),
)
"""In the order in which they are played."""

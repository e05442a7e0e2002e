"""The bar of long readings: on a terminal only, redrawn where it changes, gone at the end."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from governance_client.cli.bar import Bar

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how far it is, writes nothing where nothing changed, and leaves nothing behind."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Bar() as bar:
        bar.show(0, 0)
        assert not terminal.getvalue()
        bar.show(50, 100)
        assert terminal.getvalue().endswith(" 50 %")
        drawn = len(terminal.getvalue())
        bar.show(50, 100)
        assert len(terminal.getvalue()) == drawn
        bar.show(200, 100)
        assert terminal.getvalue().endswith("100 %")
    last = terminal.getvalue().split("\r")
    assert last[-1] == ""
    assert last[-2].strip() == ""


def test_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no person looks, nothing is written."""
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with Bar() as bar:
        bar.show(50, 100)
    assert not pipe.getvalue()

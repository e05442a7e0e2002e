"""Fixtures of every kind of test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that has been made and serves on a free port of 127.0.0.1, killed at the end."""
    process = ServerProcess(tmp_path / "server")
    process.start()
    yield process
    process.close()

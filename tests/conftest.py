"""Fixtures of every kind of test, and the search for secrets after all of them."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.canary_search import CanarySearch
from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator


SEARCH = pytest.StashKey[CanarySearch]()

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("governance", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("governance")


def pytest_configure(config: pytest.Config) -> None:
    """Have Ctrl-C end what tests start, and what they start speak English, whatever the person who runs them speaks.

    A shell's background job ignores Ctrl-C, and hands that on to its children.
    """
    os.environ["LC_ALL"] = "C.UTF-8"
    os.environ.pop("LANGUAGE", None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[SEARCH] = CanarySearch(config, Path(__file__).parents[1])
    config.pluginmanager.register(config.stash[SEARCH], "canary search")


@pytest.fixture(scope="session", autouse=True)
def _searched_for_secrets(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> None:
    pytestconfig.stash[SEARCH].look_below(tmp_path_factory.getbasetemp())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that has been made and serves on a free port of 127.0.0.1, killed at the end."""
    process = ServerProcess(tmp_path / "server")
    process.start()
    yield process
    process.close()

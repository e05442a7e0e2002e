"""`scripts/soak`, compressed: everything that happens in the long one, in the fifth of a minute."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 280.0
"""Many times what it takes on two cores with nothing else to do; below the limit, so that it shows how far it came."""


def soak(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end, on the environment that the tests run in."""
    return subprocess.run(
        [str(ROOT / "scripts" / "soak"), *arguments],
        env=os.environ | {"GOVERNANCE_ENVIRONMENT": sys.prefix},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.timeout(300)
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="samples are read from Linux's /proc")
def test_a_short_soak(tmp_path: Path) -> None:
    """Stopped, killed, halted and backed up under a mixed load, the server loses nothing and does nothing twice."""
    figures, plot = tmp_path / "soak.json", tmp_path / "soak.svg"
    done = soak("--minutes", "0.2", "--json", str(figures), "--plot", str(plot), "--note", "beside other tests")
    assert done.returncode == 0, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(figures.read_text())
    assert {check["name"]: check["held"] for check in document["checks"]} == {
        "backup taken under load": True,
        "governance audit verify": True,
        "governance-server check": True,
        "exactly once, nothing lost, no gap": True,
        "everything happened that makes the load a mixed one": True,
    }
    assert sorted(each["what"] for each in document["happenings"]) == ["backup", "kill", "stop"]
    assert document["note"] == "beside other tests"
    assert ET.fromstring(plot.read_text()).tag.endswith("svg")


def test_usage(tmp_path: Path) -> None:
    """It runs in a folder of its own, and for some time."""
    (tmp_path / "mine").touch()
    assert soak("--minutes", "1", "--directory", str(tmp_path)).returncode == 2
    assert soak("--minutes", "0").returncode == 2

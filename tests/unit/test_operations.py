"""`docs/operations.md` gives the limits that the server keeps."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

from governance_server.rpc.limits import MAX_PAGE_BYTES, MAX_PROPOSAL_BYTES, Limits

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def test_limits() -> None:
    """Each limit is in the table with the value in force, and the table has no other."""
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", PAGE, re.MULTILINE)
    assert {name: float(value) for name, value in rows} == asdict(Limits()) | {
        "MAX_PROPOSAL_BYTES": MAX_PROPOSAL_BYTES,
        "MAX_PAGE_BYTES": MAX_PAGE_BYTES,
    }

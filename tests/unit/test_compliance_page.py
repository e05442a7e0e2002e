"""What docs/compliance.md says exists: its commands, options, links and the report's sections."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from random import Random
from typing import Final

import pytest

from governance_client.audit.report_period import Period
from governance_client.audit.report_sections import sections
from governance_client.cli.parser import build_parser
from tests.support.reported import START_US, Fabric, reported

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "compliance.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`governance ([^`]+)`", PAGE))))
def test_commands(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command that the page names is one of the program's, with the options it has there."""
    words = shlex.split(command)
    options = [word for word in words if word.startswith("--")]
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([*(word for word in words if word not in options and word.islower()), "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(option in shown for option in options)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", PAGE))))
def test_links(link: str) -> None:
    """Every link leads to a page, and to a heading in it."""
    name, _, heading = link.partition("#")
    page = (ROOT / "docs" / name).read_text(encoding="utf-8") if name else PAGE
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    known = [re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings]
    assert not heading or heading in known


def test_sections_of_the_report() -> None:
    """Every section of the report that the page names is one of the report's."""
    titles = " ".join(
        each.title for each in sections(reported(Fabric(Random(1)).entries, Period(START_US, START_US + 1, 1)))
    )
    named = {
        name.strip()
        for cell in re.findall(r"report(?:\]\([^)]*\))?: ([A-Z][^|;]*?) *[|;]", PAGE)
        for name in re.sub(r"\([^)]*\)", "", cell).split(",")
        if name.strip()[:1].isupper()
    }
    assert len(named) > 8
    assert not [name for name in named if name not in titles]

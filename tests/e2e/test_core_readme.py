"""The SDK's guide does what it says."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import governance_client
from tests.support.messages import approval
from tests.support.wire import operate_stream

if TYPE_CHECKING:
    from tests.support.server import ServerProcess

GUIDE = Path(governance_client.__file__).parent / "README.md"


async def test_the_example_of_the_guide_runs(server: ServerProcess, tmp_path: Path) -> None:
    """The example, as it stands in the guide, proposes, is approved, executes, and prints what the guide says."""
    example = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert example is not None
    program = tmp_path / "example.py"
    program.write_text(example[1])
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    command = [sys.executable, str(program), str(core), str(tmp_path / "journal")]
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with operate_stream(operator) as wire:
        await wire.until(lambda seen: "scan-203.0.113.7" in seen.replica)
        await wire.answer(approval(wire.replica["scan-203.0.113.7"]))
    printed = (await running.communicate())[0].decode()
    assert printed == "DECISION_STATE_EXECUTED blocked 203.0.113.7\n"
    assert printed.strip() in GUIDE.read_text()

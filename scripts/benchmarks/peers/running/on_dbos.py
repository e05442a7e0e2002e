"""DBOS's cycle: a workflow that receives a message, sent to it by its id; its system database is a SQLite file.

DBOS leaves SQLite as it comes: a rollback journal and synchronous = FULL, so each transaction is synced four times;
strace counted twenty syncs a cycle. The verdict is looked for every 10 ms and not, as by default, every second.
"""

# What it imports is installed in its own environment, where mypy does not look.
# mypy: disable-error-code="import-not-found, untyped-decorator"

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbos import DBOS, SetWorkflowID

from .speaking import APPROVED, Cycle, answer_questions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

_TOPIC = "verdict"
_LONGEST_S = 600
_LOOKED_FOR_EVERY_S = 0.01


@DBOS.workflow()
async def _approval(_request: str) -> str:
    return str(await DBOS.recv_async(_TOPIC, timeout_seconds=_LONGEST_S))


@asynccontextmanager
async def stand(settings: Mapping[str, Any]) -> AsyncIterator[Cycle]:
    """Have DBOS launched while the block lasts."""
    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{Path(settings['folder']) / 'dbos.db'}",
            "notification_listener_polling_interval_sec": _LOOKED_FOR_EVERY_S,
            "log_level": "WARNING",
            "run_admin_server": False,
        }
    )
    DBOS.launch()

    async def cycle(name: str) -> str:
        with SetWorkflowID(name):
            waiter = await DBOS.start_workflow_async(_approval, settings["request"])
        await DBOS.send_async(name, APPROVED, _TOPIC)
        return str(await waiter.get_result())

    try:
        yield cycle
    finally:
        DBOS.destroy()


if __name__ == "__main__":
    answer_questions(stand)

"""LangGraph's cycle: a graph of one node that interrupts, resumed by its thread's id; checkpoints in a SQLite file.

Durability "sync": each checkpoint is written before the graph goes on. AsyncSqliteSaver sets journal_mode = WAL and
leaves SQLite's synchronous = FULL, so each of its transactions is synced; strace counted seven syncs a cycle.
With "exit", which is cheaper, an approval is written only after what was approved has been done.
"""

# What it imports is installed in its own environment, where mypy does not look.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from .speaking import APPROVED, Cycle, answer_questions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


class Asked(TypedDict):
    """The graph's state."""

    request: str
    verdict: str


async def _ask(state: Asked) -> dict[str, Any]:
    return {"verdict": interrupt(state["request"])}


@asynccontextmanager
async def stand(settings: Mapping[str, Any]) -> AsyncIterator[Cycle]:
    """Have the graph while the block lasts."""
    async with AsyncSqliteSaver.from_conn_string(str(Path(settings["folder"]) / "langgraph.db")) as saver:
        plan = StateGraph(Asked)
        plan.add_node("ask", _ask)
        plan.add_edge(START, "ask")
        plan.add_edge("ask", END)
        graph = plan.compile(checkpointer=saver)

        async def cycle(name: str) -> str:
            thread = {"configurable": {"thread_id": name}}
            waiting = await graph.ainvoke({"request": settings["request"]}, thread, durability="sync")
            if "__interrupt__" not in waiting:
                raise ValueError("The graph did not wait.")
            ended = await graph.ainvoke(Command(resume=APPROVED), thread, durability="sync")
            return str(ended["verdict"])

        yield cycle


if __name__ == "__main__":
    answer_questions(stand)

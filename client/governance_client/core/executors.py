"""Executors: what core does when it is given leave, and what is made of how that went."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MAX_DETAIL: Final = 8192
"""The contract's bound on Outcome.detail, in characters."""
_CUT_MARK: Final = " … (cut)"


@dataclass(frozen=True, slots=True)
class Order:
    """Leave to do one thing once.

    Attributes:
        order_id: Its name.
        action: What to do, and nothing else. Its digest was recomputed and is the one that was approved.
        decision: How the leave came about.
    """

    order_id: str
    action: v1.Action
    decision: v1.Decision


class OutcomeUnknownError(Exception):
    """Raised by an executor that cannot tell whether it acted. A person then has to find out."""


if TYPE_CHECKING:
    Execute: TypeAlias = Callable[[Order], Awaitable[str | v1.Outcome | None]]


@dataclass(frozen=True, slots=True)
class Executor:
    """What to do for one type of action.

    Attributes:
        execute: Does it. What it returns is the outcome's detail, or the outcome; what it raises makes it FAILED.
        idempotent: Doing it twice is as good as doing it once, so after a crash it may be done again.
    """

    execute: Execute
    idempotent: bool = False

    async def run(self, order: Order) -> v1.Outcome:
        """Execute an order; return what became of it, whatever the executor raised.

        Raises:
            asyncio.CancelledError: Core is closing. Whether it acted is not known.
        """
        task = asyncio.ensure_future(self.execute(order))
        try:
            # waited for rather than awaited: an executor's exception is a result, whatever its type
            await asyncio.wait([task])
        finally:
            task.cancel()
        if task.cancelled():
            return _outcome(v1.OUTCOME_RESULT_UNKNOWN, "the executor was cancelled")
        error = task.exception()
        if error is None:
            return _returned(task.result())
        if not isinstance(error, Exception):
            raise error
        if isinstance(error, OutcomeUnknownError):
            return _outcome(v1.OUTCOME_RESULT_UNKNOWN, str(error))
        return _outcome(v1.OUTCOME_RESULT_FAILED, f"{type(error).__name__}: {error}")


def action_type(kind: v1.ActionType.ValueType | str) -> v1.ActionType.ValueType:
    """Return an action type by its number or its name, such as "block_ip". Raises ValueError where there is none."""
    if isinstance(kind, str):
        number = v1.ActionType.Value(f"ACTION_TYPE_{kind.upper()}")
    else:
        number = kind
        v1.ActionType.Name(number)
    if number == v1.ACTION_TYPE_UNSPECIFIED:
        raise ValueError("an executor needs a type of action")
    return number


def action_name(kind: int) -> str:
    """Return an action type's name in lower case; its number where this version does not know it."""
    try:
        return v1.ActionType.Name(v1.ActionType.ValueType(kind)).removeprefix("ACTION_TYPE_").lower()
    except ValueError:
        return f"type {kind}"


def _returned(value: str | v1.Outcome | None) -> v1.Outcome:
    if isinstance(value, v1.Outcome):
        if value.result == v1.OUTCOME_RESULT_UNSPECIFIED:
            return _outcome(v1.OUTCOME_RESULT_UNKNOWN, value.detail or "the executor did not say what became of it")
        return _outcome(value.result, value.detail)
    return _outcome(v1.OUTCOME_RESULT_EXECUTED, str(value) if value is not None else "")


def _outcome(result: v1.OutcomeResult.ValueType, detail: str) -> v1.Outcome:
    text = detail.encode(errors="replace").decode()
    if len(text) > MAX_DETAIL:
        text = text[: MAX_DETAIL - len(_CUT_MARK)] + _CUT_MARK
    return v1.Outcome(result=result, detail=text)

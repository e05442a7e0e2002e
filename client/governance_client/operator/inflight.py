"""Commands in flight: sent, or about to be, and without a receipt yet."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from governance_client.errors import ClientError, UnreachableError
from governance_client.language import _
from governance_client.operator.commands import decision_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance import v1


class DisconnectedError(UnreachableError):
    """The command was not sent: there is no connection. Nothing changed, and nothing is kept to be sent later."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class OutcomeUnknownError(UnreachableError):
    """The command was sent, and its receipt did not come in time: it may have counted or not.

    Attributes:
        decision_id: The decision it is about; empty where it is about none.
    """

    def __init__(self, decision_id: str, why: str) -> None:
        look = f"`show {decision_id}`" if decision_id else "`queue`"
        told = _("It is unknown whether that counted: {why}. Look at {command} once connected, then decide.")
        super().__init__(told.format(why=why, command=look))
        self.decision_id = decision_id


class InFlight:
    """The book of commands whose receipt is awaited, in the order they were asked for."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[v1.OperatorCommand, asyncio.Future[v1.Receipt]]] = {}

    def add(self, command: v1.OperatorCommand) -> asyncio.Future[v1.Receipt]:
        """Note a command, and return the future that its receipt, or a ClientError, will settle."""
        assert command.request_id not in self._waiting, "a request id is drawn once"
        future: asyncio.Future[v1.Receipt] = asyncio.get_running_loop().create_future()
        self._waiting[command.request_id] = (command, future)
        return future

    def forget(self, request_id: str) -> None:
        """Await a receipt no longer; it is not sent again either."""
        self._waiting.pop(request_id, None)

    def awaits(self, request_id: str) -> bool:
        """Say whether this command's receipt is awaited."""
        return request_id in self._waiting

    def commands(self) -> list[v1.OperatorCommand]:
        """Return what has to be sent again after a cut, in order."""
        return [command for command, _ in self._waiting.values()]

    def settle(self, receipts: Iterable[v1.Receipt]) -> None:
        """Hand receipts to whoever awaits them. One that nobody awaits is ignored."""
        for receipt in receipts:
            entry = self._waiting.pop(receipt.request_id, None)
            if entry is not None and not entry[1].done():
                entry[1].set_result(receipt)

    def fail(self, request_id: str, error: ClientError) -> bool:
        """End the wait for one command with an error, and say whether it was awaited."""
        entry = self._waiting.pop(request_id, None)
        if entry is not None and not entry[1].done():
            entry[1].set_exception(error)
        return entry is not None

    def fail_all(self, why: str) -> None:
        """End all waiting: what was sent may have counted or not."""
        for command in self.commands():
            self.fail(command.request_id, OutcomeUnknownError(decision_of(command), why))

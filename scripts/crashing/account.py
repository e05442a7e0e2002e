"""What callers were told, kept outside of the server: afterwards the ledger is held against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from governance import v1


class Acknowledged(NamedTuple):
    """An accepted command.

    Attributes:
        offset: The entry that records it, as the receipt says.
        decision_id: Which decision it is about.
    """

    offset: int
    decision_id: str


class Account:
    """Everything that any caller was told, over all kills.

    Attributes:
        acknowledged: The accepted commands, by caller and request id.
        executed: By order, the instances of core that were told that the order is theirs.
        contradictions: What a caller was told that does not fit what it was told before.
        refused: How many commands were refused; racing callers expect some.
    """

    def __init__(self) -> None:
        self.acknowledged: dict[tuple[str, str], Acknowledged] = {}
        self.executed: dict[str, list[str]] = {}
        self.contradictions: list[str] = []
        self.refused = 0

    def note(self, caller: str, receipt: v1.Receipt, decision_id: str) -> bool:
        """Note a receipt; return whether it says that the command was accepted."""
        if not receipt.HasField("accepted"):
            self.refused += 1
            return False
        told = Acknowledged(receipt.accepted.offset, decision_id)
        before = self.acknowledged.setdefault((caller, receipt.request_id), told)
        if before != told:
            self.contradict(f"{caller} was told {before} and then {told} about {receipt.request_id}")
        return True

    def contradict(self, what: str) -> None:
        """Note what does not fit."""
        self.contradictions.append(what)

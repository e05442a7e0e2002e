"""Commands: what is decided on, with who asked for it; and what deciding returns."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance_server.domain.house import House


class Tick(NamedTuple):
    """A moment has come that a decision's state names, or with an empty id the house's; the timekeeper's command."""

    decision_id: str


class Reversed(NamedTuple):
    """Core proposed the reverse of a decision; follows from that proposal.

    Attributes:
        decision_id: The decision that is to be reversed.
        reversed_by: The decision that does it.
    """

    decision_id: str
    reversed_by: str


Body: TypeAlias = v1.CoreCommand | v1.OperatorCommand | v1.ApplyPolicyRequest | Tick | Reversed


class Command(NamedTuple):
    """A command and whose it is.

    Attributes:
        actor: Who asks, as the credential says.
        body: What is asked.
    """

    actor: v1.Actor
    body: Body


class Tally(NamedTuple):
    """What of one batch has been decided.

    Attributes:
        decisions: How many decisions.
        score: The sum of their scores.
    """

    decisions: int = 0
    score: float = 0.0


class Surroundings(NamedTuple):
    """What is true around a command when it is decided, beside the decision it names and the house.

    Attributes:
        open_decisions: How many decisions are open.
        connected: The operators that have a stream open, by name.
        twin: For a proposal, the open decision of the same core about the same action, if there is one.
        rejections: For a proposal, how many decisions of the same core about the same action were rejected.
        original: For a proposal that reverses a decision, that decision, if there is one.
        retry_after_us: How long the caller has to wait before it may ask again; 0 where it may ask now.
        batch: For a verdict that is one of a batch, what its author has decided in that batch so far.
        action_digest: For a proposal, the digest of its action, where the caller knows it already; else empty.
    """

    open_decisions: int = 0
    connected: Mapping[str, v1.Role.ValueType] = MappingProxyType({})
    twin: v1.Decision | None = None
    rejections: int = 0
    original: v1.Decision | None = None
    retry_after_us: int = 0
    batch: Tally = Tally()
    action_digest: bytes = b""


class State(NamedTuple):
    """Everything a command is decided on.

    Attributes:
        decision: The decision the command names, open or closed; None where there is none.
        house: What holds for every decision.
        around: What else is true.
    """

    decision: v1.Decision | None
    house: House
    around: Surroundings = Surroundings()


class Consequence(NamedTuple):
    """What an accepted command brings about: one ledger entry, or none where `events` is empty.

    Attributes:
        events: What happened, in order.
        personal: What of it can hold personal data, to be stored apart; None where there is nothing.
        joined: The decision the entry is about, where that is not the one that the command names.
        then: What is decided right after it, in the same transaction.
    """

    events: tuple[v1.Event, ...]
    personal: v1.PersonalData | None = None
    joined: str = ""
    then: tuple[Tick | Reversed, ...] = ()


Ruling: TypeAlias = Consequence | v1.Refusal

"""Commands: what is decided on, with who asked for it; and what deciding returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from governance import v1

if TYPE_CHECKING:
    from governance_server.domain.policy import Policy


class Tick(NamedTuple):
    """A moment has come that a decision's state names; the timekeeper's command."""

    decision_id: str


Body: TypeAlias = v1.CoreCommand | v1.OperatorCommand | Tick


class Command(NamedTuple):
    """A command and whose it is.

    Attributes:
        actor: Who asks, as the credential says.
        body: What is asked.
    """

    actor: v1.Actor
    body: Body


@dataclass(frozen=True, slots=True)
class House:
    """What holds for every decision alike.

    Attributes:
        policy: The rules in force.
        open_decisions: How many decisions are open.
    """

    policy: Policy
    open_decisions: int


class State(NamedTuple):
    """Everything a command is decided on.

    Attributes:
        decision: The decision the command names, open or closed; None where there is none.
        house: What holds for every decision.
    """

    decision: v1.Decision | None
    house: House


class Consequence(NamedTuple):
    """What an accepted command brings about: one ledger entry, or none where `events` is empty.

    Attributes:
        events: What happened, in order.
        personal: What of it can hold personal data, to be stored apart; None where there is nothing.
    """

    events: tuple[v1.Event, ...]
    personal: v1.PersonalData | None = None


Ruling: TypeAlias = Consequence | v1.Refusal

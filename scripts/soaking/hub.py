"""The hub: what the clients of a soak share."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from governance import v1

if TYPE_CHECKING:
    from pathlib import Path

    from soaking.journal import Journal
    from soaking.plan import Plan
    from soaking.tally import Tally

EXPECTED: Final = frozenset(
    {
        v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED,
        v1.REFUSAL_REASON_DECISION_ALREADY_APPROVED,
        v1.REFUSAL_REASON_VERSION_STALE,
        v1.REFUSAL_REASON_ACTION_CHANGED,
        v1.REFUSAL_REASON_ROLE_TOO_LOW,
        v1.REFUSAL_REASON_CLAIMED_BY_ANOTHER,
        v1.REFUSAL_REASON_NO_HIGHER_TIER,
        v1.REFUSAL_REASON_ORDER_NOT_FOUND,
        v1.REFUSAL_REASON_ORDER_ALREADY_ACCEPTED,
        v1.REFUSAL_REASON_ORDER_LAPSED,
        v1.REFUSAL_REASON_HALTED,
        v1.REFUSAL_REASON_ALREADY_VOTED,
        v1.REFUSAL_REASON_BEYOND_DEADLINE,
        v1.REFUSAL_REASON_NOTHING_ASKED,
        v1.REFUSAL_REASON_OUTCOME_KNOWN,
        v1.REFUSAL_REASON_NOTHING_TO_UNDO,
        v1.REFUSAL_REASON_NOT_IN_BATCH,
        v1.REFUSAL_REASON_HALT_NOT_FOUND,
        v1.REFUSAL_REASON_ALREADY_RELEASED_BY_YOU,
    }
)
"""Refusals that come when several act at once. Any other is none that this load gives a reason for."""


class Hub:
    """What is shared.

    Attributes:
        plan: What happens when.
        credentials: Where the callers' credentials files are.
        journal: What was told and done.
        tally: What is counted and timed.
        chance: Drawn from the plan's seed.
        proposed_at: When decisions were proposed that nobody was shown yet, by id.
        closed_loop: Cores propose as fast as decisions end, and not at a rate.
        rate: Proposals a second of all cores together.
        in_cycle: Decisions that were proposed and have not ended, but for those that stay open on purpose.
        ended: How many have ended.
        stopping: Nothing more is proposed.
    """

    def __init__(self, plan: Plan, credentials: Path, journal: Journal, tally: Tally) -> None:
        self.plan = plan
        self.credentials = credentials
        self.journal = journal
        self.tally = tally
        self.chance = Random(plan.seed)  # noqa: S311 - no secret: the same in every run
        self.proposed_at: dict[str, float] = {}
        self.closed_loop = True
        self.rate = 0.0
        self.in_cycle = 0
        self.ended = 0
        self.stopping = False

    def path(self, name: str) -> Path:
        """Return a caller's credentials file."""
        return self.credentials / f"{name}.toml"

    def refused(self, who: str, receipt: v1.Receipt) -> None:
        """Note a refusal, and that it should not have been where nothing in the load gives a reason for it."""
        name = v1.RefusalReason.Name(receipt.refused.reason).removeprefix("REFUSAL_REASON_")
        self.tally.refusals[name] += 1
        if receipt.refused.reason not in EXPECTED:
            self.journal.wrong(f"{who} was refused {receipt.request_id}: {name}: {receipt.refused.message}")

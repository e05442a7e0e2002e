"""Who loads the server: instances of one core that race for orders, operators that race for verdicts, and a watcher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.support.messages import acceptance, approval, proposal, rejection
from tests.support.wire import operate_stream, propose_stream

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.support.wire import Wire

    from crashing.account import Account

POLICY: Final = """\
[limits]
operator_requests_per_minute = 0
proposals_per_hour = 0

[sla] # short, so that warnings, breaches and expiries come before, while and after the server is killed
low_s = 2
medium_s = 2
high_s = 2
critical_s = 2
warn_share = 0.5
chain = ["soc_operator", "soc_supervisor"]

[execution]
accept_within_s = 3
report_within_s = 3

[[escalation]] # in the place of the built-in ones, which lead further up
name = "to-supervisor"
priority = 100
on = "hand"
to = "soc_supervisor"
"""
CORE: Final = "maximus"
INSTANCES: Final = ("instance-1", "instance-2")
OPERATORS: Final = {
    "operator-1": v1.ROLE_SOC_OPERATOR,
    "operator-2": v1.ROLE_SOC_OPERATOR,
    "lead": v1.ROLE_SOC_SUPERVISOR,
}
_SURE: Final = 0.97
"""Core's confidence from which the built-in policy gives leave by itself."""
_UNDER_WAY: Final = 2 * 24
"""Most proposals of one instance without an answer."""


def number_of(decision: v1.Decision) -> int:
    """Return the number that a decision's proposal was made of; it decides what happens to it."""
    return int(decision.decision_id.rpartition("-")[2])


class Allowance:
    """How many decisions may be proposed; numbers are given once.

    Attributes:
        left: So many more may be.
    """

    def __init__(self) -> None:
        self.left = 0
        self._given = 0

    def take(self) -> int | None:
        """Return the number of a new proposal; None where no more may be made."""
        if self.left == 0:
            return None
        self.left -= 1
        self._given += 1
        return self._given


class Core:
    """One instance of the core: proposes, accepts orders before the others do, carries them out and reports."""

    def __init__(self, instance: str, credentials: Path, allowance: Allowance, account: Account) -> None:
        self._instance = instance
        self._credentials = credentials
        self._allowance = allowance
        self._account = account
        self._under_way: set[str] = set()
        self._accepting: dict[str, str] = {}

    def connect(self, offset: int, ledger_id: str) -> AbstractAsyncContextManager[Wire[v1.ProposeResponse]]:
        """Open its stream."""
        return propose_stream(self._credentials, instance=self._instance, offset=offset, ledger_id=ledger_id)

    def begins(self) -> Iterable[v1.CoreCommand]:
        """Propose as much as is allowed and not under way."""
        while len(self._under_way) < _UNDER_WAY:
            number = self._allowance.take()
            if number is None:
                return
            # of ten, two get leave by the policy; the others wait for people
            made = proposal(number, confidence=_SURE if number % 10 >= 8 else 0.85)  # noqa: PLR2004 - as it says
            self._under_way.add(made.decision_id)
            yield v1.CoreCommand(proposal=made)

    def wants(self, decision: v1.Decision) -> Iterable[v1.CoreCommand]:
        """Accept an order, but of every seventh decision; report on it, but of every eleventh."""
        self._under_way.discard(decision.decision_id)
        number, order = number_of(decision), decision.order
        key = f"{self._instance}-{order.order_id}".replace("/", "-")
        if decision.state == v1.DECISION_STATE_APPROVED and number % 7:
            self._accepting[f"accept-{key}"] = order.order_id
            yield acceptance(decision, f"accept-{key}", self._instance)
        if self._instance in self._account.executed.get(order.order_id, ()) and number % 11:
            outcome = v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED)
            report = v1.ReportOrder(
                decision_id=decision.decision_id,
                order_id=order.order_id,
                action_digest=order.action_digest,
                outcome=outcome,
            )
            yield v1.CoreCommand(request_id=f"report-{key}", report_order=report)

    def learns(self, receipt: v1.Receipt) -> None:
        """Carry out an order that is ours."""
        self._under_way.discard(receipt.request_id)
        if order := self._accepting.get(receipt.request_id):
            self._account.executed.setdefault(order, []).append(self._instance)


class Operator:
    """One operator: approves, rejects and leaves alone, by the decision's number and their own tier."""

    def __init__(self, name: str, role: v1.Role.ValueType, credentials: Path) -> None:
        self._name = name
        self._role = role
        self._credentials = credentials

    def connect(self, offset: int, ledger_id: str) -> AbstractAsyncContextManager[Wire[v1.OperateResponse]]:
        """Open their stream."""
        return operate_stream(self._credentials, offset=offset, ledger_id=ledger_id)

    def begins(self) -> Iterable[v1.OperatorCommand]:
        """Ask nothing that no decision calls for."""
        return ()

    def wants(self, decision: v1.Decision) -> Iterable[Any]:
        """Decide what is in their tier: of eight, six at once and raced for, one a tier later, one never."""
        if decision.state != v1.DECISION_STATE_PENDING or decision.tier != self._role:
            return
        kind = number_of(decision) % 10
        request_id = f"{self._name}-{decision.decision_id}"
        late = self._role == v1.ROLE_SOC_SUPERVISOR
        if kind == 5 and self._name == "operator-1":  # noqa: PLR2004 - the kind that is rejected by one and approved by the other
            yield rejection(decision, request_id)
        elif kind <= 5 or (kind == 6 and late):  # noqa: PLR2004 - as the docstring says
            yield approval(decision, request_id)

    def learns(self, receipt: v1.Receipt) -> None:
        """Remember nothing."""


class Watcher(Operator):
    """An operator that only looks."""

    def wants(self, decision: v1.Decision) -> Iterable[Any]:
        """Want nothing."""
        del decision
        return ()

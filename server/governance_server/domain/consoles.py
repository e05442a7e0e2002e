"""Consoles: what the policy asks of them, and the refusal of a verdict that shows it was not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.consistency import ROUNDING_DIGITS
from governance_server.domain.moment import SECOND_US, duration, span_us
from governance_server.domain.refusal import refuse

if TYPE_CHECKING:
    from governance_server.domain.command import Tally
    from governance_server.domain.policy import Policy


def console_rules(policy: Policy) -> v1.ConsoleRules:
    """Return what a policy asks of operators' consoles, as they are told it."""
    return v1.ConsoleRules(
        reading=[
            v1.ReadingTime(risk=risk, least=duration(least_s * SECOND_US))
            for risk, least_s in sorted(policy.reading_s.items())
            if least_s
        ],
        retype=sorted(policy.retype_target),
        batch_decisions=policy.batch_decisions,
        batch_score=policy.batch_score,
        similar_after_judgement=policy.similar == "after_judgement",
    )


def never_shown(decision: v1.Decision, verdict: v1.Verdict) -> v1.Refusal | None:
    """Refuse a verdict whose author was shown a version that there has never been; None for any other.

    It is refused as stale, like a verdict that names such a version, and not as malformed: whether there has been one
    depends on the decision, and a console that is ahead of the ledger is helped by the decision as it stands.
    """
    if not verdict.HasField("presentation"):
        return None
    shown = verdict.presentation.version
    if 0 < shown <= decision.version:
        return None
    return refuse(
        v1.REFUSAL_REASON_VERSION_STALE,
        f"The decision is at version {decision.version}, and your console says that it showed you version {shown}; "
        "your verdict was not counted. Look at it again and decide anew.",
        decision,
    )


def read_too_shortly(
    policy: Policy, decision: v1.Decision, verdict: v1.Verdict, risk: v1.RiskLevel.ValueType
) -> v1.Refusal | None:
    """Refuse an approval that came sooner than the policy lets one be read; None for any other.

    Args:
        policy: The rules in force.
        decision: The decision as it stands.
        verdict: The approval, with what its author was shown. That is the console's word, and nobody can check it.
        risk: The risk of what is approved.
    """
    least_s, shown = policy.reading_s[risk], verdict.HasField("presentation")
    if not least_s and not shown:
        return None  # no time is asked for, and none is told
    if span_us(verdict.presentation.reading) >= least_s * SECOND_US:
        return None
    seen = "does not say that you had it in view"
    if shown:
        seen = f"says that you had it in view for {span_us(verdict.presentation.reading) / SECOND_US:.1f} s"
    return refuse(
        v1.REFUSAL_REASON_READ_TOO_SHORTLY,
        f"The policy asks for {least_s} s with a decision of {_risk_name(risk)} risk before it is approved, and your "
        f"console {seen}. Nothing was changed; read on and approve it then, or reject it.",
        decision,
    )


def not_in_batch(
    policy: Policy, decision: v1.Decision, verdict: v1.Verdict, risk: v1.RiskLevel.ValueType, so_far: Tally
) -> v1.Refusal | None:
    """Refuse a verdict that may not be given along with others; None for any other, and for one that stands alone.

    Args:
        policy: The rules in force.
        decision: The decision as it stands.
        verdict: The approval or rejection.
        risk: The risk of what is decided.
        so_far: What its author has decided in the same batch.
    """
    if not verdict.batch_id:
        return None
    if risk == v1.RISK_LEVEL_CRITICAL:
        return _alone(decision, "What is critical is never decided along with others.")
    if so_far.decisions >= policy.batch_decisions:
        return _alone(
            decision,
            f"The policy lets at most {policy.batch_decisions} be decided at once, and so many of this batch were.",
        )
    score = round(so_far.score + decision.assessment.score, ROUNDING_DIGITS)
    if score > policy.batch_score:
        return _alone(
            decision,
            f"The policy lets a risk of at most {policy.batch_score:g} in all be decided at once, and with this one "
            f"the batch would come to {score:.2f}.",
        )
    return None


def _alone(decision: v1.Decision, why: str) -> v1.Refusal:
    return refuse(
        v1.REFUSAL_REASON_NOT_IN_BATCH, f"{why} This one was not decided; look at it and decide it by itself.", decision
    )


def _risk_name(risk: v1.RiskLevel.ValueType) -> str:
    return v1.RiskLevel.Name(risk).removeprefix("RISK_LEVEL_").lower()

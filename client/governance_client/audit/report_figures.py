"""A report's figures about decisions: how many, how fast, by whom, and against whose advice. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_client.audit.report_counts import ASKED_OF_PEOPLE, BY_PEOPLE, DECIDED, End, How
from governance_client.audit.report_values import Column, Figure, Section, Share, Span, Table, Word
from governance_client.console import words
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance_client.audit.report_tally import Tally
    from governance_client.audit.report_values import Value

_LEVELS = (
    v1.AUTOMATION_LEVEL_FULL,
    v1.AUTOMATION_LEVEL_SUPERVISED,
    v1.AUTOMATION_LEVEL_ADVISORY,
    v1.AUTOMATION_LEVEL_MANUAL,
)
_TIERS = (v1.ROLE_SOC_OPERATOR, v1.ROLE_SOC_SUPERVISOR, v1.ROLE_SECURITY_MANAGER, v1.ROLE_CISO)


def figures(tally: Tally) -> list[Section]:
    """Return the sections about decisions."""
    return [_totals(tally), _oversight(tally), _times(tally), _escalations(tally), _overrides(tally), _quorum(tally)]


def how_told(how: How) -> str:
    """Return in words how a decision was settled."""
    return {
        How.APPROVED: _("approved by people"),
        How.REJECTED: _("rejected"),
        How.RETURNED: _("returned for revision"),
        How.BY_POLICY: _("approved by the policy"),
        How.UNDECIDED: _("nobody decided: denied"),
        How.WITHDRAWN: _("withdrawn by core"),
    }[how]


def risk(value: int) -> Word:
    """Return a risk, as programs and people know it."""
    return Word(words.risk(value), words.risk(value))


def tier(value: int) -> Word:
    """Return a tier, as programs and people know it."""
    return Word(words.role(value), words.role(value))


def automation_shares(tally: Tally) -> list[tuple[int, Share]]:
    """Return the automation levels, most autonomy first, with their share of the proposals."""
    counted = tally.counts.proposed
    whole = counted.total()
    known = (*_LEVELS, *sorted({level for _risk, level in counted} - set(_LEVELS)))
    return [(level, Share(sum(n for (_r, of), n in counted.items() if of == level), whole)) for level in known]


def _totals(tally: Tally) -> Section:
    counts = tally.counts
    parts: list[Figure | Table] = [
        Figure("proposed", _("proposed"), counts.proposed.total(), _("Proposals by core that became a decision.")),
        Figure("open_before", _("open at the beginning"), tally.open_before, _("Proposed before, and not ended.")),
        Figure(
            "ended", _("ended"), counts.ends.total(), _("Executed, failed, rejected, returned, expired or withdrawn.")
        ),
        Figure("open_after", _("open at the end"), tally.open, _("Proposed before the period's end, and not ended.")),
        Figure("waiting", _("of these, waiting for a person"), tally.waiting, _("Neither approved nor ended.")),
        _by_risk(tally),
        Table(
            "automation",
            [
                Column("level", _("automation level")),
                Column(
                    "share", _("share of the proposals"), _("By the level that the policy made of risk and confidence.")
                ),
            ],
            [[Word(_level(level), words.automation(level)), share] for level, share in automation_shares(tally)],
        ),
        Table(
            "ends",
            [
                Column("end", _("how decisions ended")),
                Column("count", _("decisions"), _("Those that ended in the period.")),
            ],
            [[Word(end.value, _end_told(end)), counts.ends[end]] for end in End],
        ),
    ]
    return Section("decisions", _("Decisions"), parts)


def _level(value: int) -> str:
    try:
        return v1.AutomationLevel.Name(v1.AutomationLevel.ValueType(value)).removeprefix("AUTOMATION_LEVEL_").lower()
    except ValueError:
        return str(value)


def _by_risk(tally: Tally) -> Table:
    counts = tally.counts
    rows: list[Sequence[Value]] = []
    for level in words.RISKS:
        proposed = sum(count for (of, _level), count in counts.proposed.items() if of == level)
        row = [counts.settled_how(how, risk=level) for how in How]
        rows.append([risk(level), proposed, *row])
    meanings = {
        How.APPROVED: _("As many operators approved as the decision asked for."),
        How.REJECTED: _("One operator rejected; one is enough."),
        How.RETURNED: _("An operator returned it to core, which may propose it anew."),
        How.BY_POLICY: _("The policy approved in the moment of the proposal: automation level full."),
        How.UNDECIDED: _("The last deadline passed, at the top of the chain."),
        How.WITHDRAWN: _("Core withdrew it before anybody had decided."),
    }
    columns = [Column("risk", _("risk")), Column("proposed", _("proposed"), _("As above, of this risk."))]
    columns += [Column(how.value, how_told(how), meanings[how]) for how in How]
    return Table("by_risk", columns, rows)


def _end_told(end: End) -> str:
    return {
        End.EXECUTED: words.state_told(v1.DECISION_STATE_EXECUTED),
        End.FAILED: words.state_told(v1.DECISION_STATE_FAILED),
        End.REJECTED: words.state_told(v1.DECISION_STATE_REJECTED),
        End.RETURNED: how_told(How.RETURNED),
        End.UNDECIDED: how_told(How.UNDECIDED),
        End.NOT_ACCEPTED: _("expired: core did not accept the order in time"),
        End.POLICY_CHANGED: _("expired: held by a halt, and not enough under the new policy"),
        End.CANCELLED: how_told(How.WITHDRAWN),
    }[end]


def _oversight(tally: Tally) -> Section:
    counts = tally.counts
    decided, people = counts.settled_how(*DECIDED), counts.settled_how(*BY_PEOPLE)
    approved, policy = counts.settled_how(How.APPROVED), counts.settled_how(How.BY_POLICY)
    judging = sum(each.verdicts > 0 for each in tally.operators.values())
    parts = [
        Figure("decided", _("decided"), decided, _("By people, by the policy, or by nobody in time.")),
        Figure(
            "human_oversight_rate",
            _("human oversight rate"),
            Share(people, decided),
            _("Decided by people (approved, rejected or returned), of all that was decided."),
        ),
        Figure(
            "automation_rate",
            _("automation rate"),
            Share(policy, decided),
            _("Approved by the policy, with no person asked, of all that was decided."),
        ),
        Figure(
            "undecided_rate",
            _("left undecided"),
            Share(counts.settled_how(How.UNDECIDED), decided),
            _("Denied since nobody decided in time, of all that was decided."),
        ),
        Figure("approval_rate", _("approvals"), Share(approved, people), _("Approved, of what people decided.")),
        Figure(
            "rejection_rate",
            _("rejections"),
            Share(people - approved, people),
            _("Rejected or returned for revision, of what people decided."),
        ),
        Figure("operators", _("operators"), judging, _("Who gave at least one verdict.")),
    ]
    return Section("oversight", _("Oversight"), parts)


def _times(tally: Tally) -> Section:
    counts = tally.counts
    every, asked = counts.all_times(), counts.settled_how(*ASKED_OF_PEOPLE)
    rows: list[Sequence[Value]] = []
    for level in words.RISKS:
        spread, of_risk = counts.times[level], counts.settled_how(*ASKED_OF_PEOPLE, risk=level)
        kept = Share(of_risk - counts.late[level], of_risk)
        rows.append([risk(level), spread.count, Span(spread.median), Span(spread.p95), Span(spread.mean), kept])
    parts: list[Figure | Table] = [
        Figure(
            "sla_kept",
            _("SLA kept"),
            Share(asked - counts.late.total(), asked),
            _("No deadline had passed when people decided, of what people decided or nobody did."),
        ),
        Figure("warnings", _("SLA warnings"), counts.kinds["sla_warned"], _("Given before a deadline passed.")),
        Figure("breaches", _("deadlines passed"), counts.kinds["sla_breached"], _("Each tier's deadline counts.")),
        Figure(
            "mean_review_time",
            _("mean review time"),
            Span(every.mean),
            _("The mean time to decide, of all risks."),
        ),
        Table(
            "by_risk",
            [
                Column("risk", _("risk")),
                Column("decided", _("decided by people"), _("Approved, rejected or returned.")),
                Column(
                    "median_s", _("median"), _("Of the time to decide: from the proposal to the verdict that decided.")
                ),
                Column("p95_s", _("95th percentile"), _("Of the same.")),
                Column("mean_s", _("mean"), _("Of the same, rounded down to a tenth of a second.")),
                Column("sla_kept", _("SLA kept"), _("As above, of this risk.")),
            ],
            rows,
        ),
    ]
    return Section("times", _("Time to decide, and the SLA"), parts)


def _escalations(tally: Tally) -> Section:
    counts = tally.counts
    settled = counts.settled_how(*How)
    asked: list[Sequence[Value]] = []
    ended: list[Sequence[Value]] = []
    for role in _TIERS:
        asked.append([tier(role), counts.escalated[role, True], counts.escalated[role, False]])
        ended.append([tier(role), *(counts.escalated_settled[role, how] for how in How if how is not How.BY_POLICY)])
    parts: list[Figure | Table] = [
        Figure("count", _("escalations"), counts.escalated.total(), _("How often another tier was asked.")),
        Figure(
            "rate",
            _("decisions escalated"),
            Share(counts.escalated_settled.total(), settled),
            _("Escalated at least once, of the decisions that came to wait for nobody any more."),
        ),
        Table(
            "asked",
            [
                Column("tier", _("tier that was asked")),
                Column("by_hand", _("by hand"), _("An operator escalated.")),
                Column("by_time", _("by time"), _("A deadline passed, or the policy said so.")),
            ],
            asked,
        ),
        Table(
            "ended",
            [
                Column("tier", _("tier where it ended"), _("The last tier that was asked.")),
                *(
                    Column(how.value, how_told(how), _("Of the decisions that had been escalated."))
                    for how in How
                    if how is not How.BY_POLICY
                ),
            ],
            ended,
        ),
    ]
    return Section("escalations", _("Escalations, and where they ended"), parts)


def _overrides(tally: Tally) -> Section:
    counts = tally.counts
    people = counts.settled_how(*BY_PEOPLE)
    rejected, returned = counts.settled_how(How.REJECTED), counts.settled_how(How.RETURNED)
    parts = [
        Figure(
            "overrides",
            _("overrides"),
            Share(rejected + returned + counts.modified, people),
            _(
                "Core's recommendation was not taken as it was: rejected, returned, or approved with another action; "
                "of what people decided."
            ),
        ),
        Figure("rejected", _("rejected"), rejected, _("Decisions that an operator rejected.")),
        Figure("returned", _("returned for revision"), returned, _("Decisions that an operator returned to core.")),
        Figure(
            "modified", _("approved with another action"), counts.modified, _("An operator had changed the action.")
        ),
        Figure(
            "modifications",
            _("changes of an action"),
            counts.kinds["action_modified"],
            _("However the decision was settled."),
        ),
        Figure(
            "narrowing",
            _("of these, narrowing"),
            counts.narrowing,
            _("Scope, targets and duration became smaller or stayed, and the rest stayed."),
        ),
        Figure("questions", _("questions to core"), counts.kinds["information_requested"], _("Before a verdict.")),
        Figure("undo_requests", _("reversals asked for"), counts.kinds["undo_requested"], _("After the execution.")),
        Figure(
            "reversals", _("reversals proposed"), counts.kinds["reversal_proposed"], _("By core, of what was executed.")
        ),
    ]
    return Section("overrides", _("Overrides"), parts)


def _quorum(tally: Tally) -> Section:
    counts = tally.counts
    settled = counts.quorum
    asked = sum(settled[how] for how in ASKED_OF_PEOPLE)
    parts = [
        Figure(
            "decisions",
            _("decisions with a quorum"),
            asked,
            _("They asked for more than one approval when they were proposed, and people decided or nobody did."),
        ),
        Figure("approved", _("approved by the quorum"), Share(settled[How.APPROVED], asked), _("Of these.")),
        Figure(
            "rejected",
            _("rejected or returned"),
            Share(settled[How.REJECTED] + settled[How.RETURNED], asked),
            _("Of these."),
        ),
        Figure("undecided", _("nobody decided: denied"), Share(settled[How.UNDECIDED], asked), _("Of these.")),
        Figure(
            "votes",
            _("approvals that needed more"),
            counts.kinds["vote_cast"],
            _("Votes after which the decision still waited for others."),
        ),
    ]
    return Section("quorum", _("Quorum"), parts)

"""The policy document: what it sets, and how everything that is wrong with one is told."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from governance import v1
from governance_server.domain.default_document import DEFAULT_DOCUMENT
from governance_server.domain.key_lines import key_lines, line_of
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.policy_document import MOST_PROBLEMS, policy_of, read_policy
from governance_server.domain.policy_schema import FREE_TABLES, LEAVES, shown
from governance_server.domain.rule_tables import RULE_TABLES
from governance_server.domain.rules import ApprovalRule, EscalationRule


def test_default_document_is_the_default_policy() -> None:
    """The built-in policy is written out as a document, and read again it has the same digest."""
    assert read_policy(DEFAULT_DOCUMENT).problems == ()
    assert policy_of(DEFAULT_DOCUMENT).digest == DEFAULT_POLICY.digest


def test_empty_document_is_the_default_policy() -> None:
    """What a document does not set keeps its default; one that sets nothing is the built-in policy."""
    assert policy_of("# nothing\n").digest == DEFAULT_POLICY.digest


def test_default_document_names_every_key() -> None:
    """Whoever begins with the built-in document sees every figure that can be set, but for scores that do not exist."""
    content = tomllib.loads(DEFAULT_DOCUMENT)
    missing = {keys for keys in LEAVES if _value(content, keys) is None}
    assert missing == {
        keys
        for keys, leaf in LEAVES.items()
        if keys[:2] == ("risk", "actions") and leaf.at and leaf.at not in getattr(DEFAULT_POLICY, leaf.field)
    }


def _value(content: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        content = content.get(key, {})
    return None if content == {} else content


def test_reference_names_every_key() -> None:
    """The reference of the document explains every table, every key and every list."""
    reference = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
    for keys in (*LEAVES, *FREE_TABLES):
        if keys[:2] != ("risk", "actions"):
            assert f"`{keys[-1]}`" in reference, keys
            assert f"`[{'.'.join(keys[:-1])}]`" in reference or keys in FREE_TABLES, keys
    for name, table in RULE_TABLES.items():
        assert f"`[[{name}]]`" in reference
        for key in table.keys:
            assert f"`{key}`" in reference, (name, key)


def test_reference_example() -> None:
    """Every example of the reference is a policy that is in order."""
    reference = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", reference, re.DOTALL)
    assert examples
    for example in examples:
        assert read_policy(example).problems == ()


def test_everything_can_be_set() -> None:
    """Figures, tables and rules that are set are the policy's; the rest of a table keeps its defaults."""
    policy = policy_of(
        """
        sla.critical_s = 60
        [risk]
        from.medium = 0.4
        actions.block_port = { aggressiveness = 0.1 }
        privacy = { health = 0.95 }
        scales.time_of_day_utc = [[0, 1], [12, 0]]
        compliance.strict_regulations = ["NIS2"]
        [approvals.required_approvals]
        high = 2
        [[approval]]
        name = "crown-jewels"
        when = 'asset.criticality == "critical"'
        risk = ["high", "critical"]
        required = 3
        roles = ["security_manager"]
        tier = "soc_supervisor"
        automation = "manual"
        [[escalation]]
        name = "at-once"
        priority = 7
        on = "proposal"
        to = "ciso"
        [[core]]
        name = "maximus"
        owners = ["alice", "bob"]
        [console]
        retype_target = ["critical", "medium"]
        similar = "after_judgement"
        reading_s = { high = 10, critical = 3600 }
        [batch]
        decisions = 1000
        score = 7
        [privacy]
        see_personal_from = "auditor"
        retention_days = 365
        """
    )
    assert policy.sla_s == {**DEFAULT_POLICY.sla_s, v1.RISK_LEVEL_CRITICAL: 60}
    assert policy.risk_from[v1.RISK_LEVEL_MEDIUM] == 0.4
    assert policy.aggressiveness[v1.ACTION_TYPE_BLOCK_PORT] == 0.1
    assert policy.privacy == {"PII": 0.9, "user_data": 0.6, "health": 0.95}
    assert policy.time_of_day_utc == ((0, 1.0), (12, 0.0))
    assert policy.strict_regulations == ("NIS2",)
    assert policy.required_approvals[v1.RISK_LEVEL_HIGH] == 2
    assert policy.approval_rules == (
        ApprovalRule(
            "crown-jewels",
            'asset.criticality == "critical"',
            (v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL),
            3,
            (v1.ROLE_SECURITY_MANAGER,),
            v1.ROLE_SOC_SUPERVISOR,
            v1.AUTOMATION_LEVEL_MANUAL,
        ),
    )
    assert policy.escalation_rules == (EscalationRule("at-once", 7, "proposal", v1.ROLE_CISO),)
    assert policy.core_owners == {"maximus": {"alice", "bob"}}
    assert policy.retype_target == {v1.RISK_LEVEL_MEDIUM, v1.RISK_LEVEL_CRITICAL}
    assert policy.similar == "after_judgement"
    assert policy.reading_s == {1: 0, 2: 0, 3: 10, 4: 3600}
    assert (policy.batch_decisions, policy.batch_score) == (1000, 7.0)
    assert (policy.see_personal_from, policy.retention_days) == (v1.ROLE_AUDITOR, 365)


def test_the_order_of_risks_says_nothing() -> None:
    """Two lists of the same risks are the same policy, and a whole number is as good as a fraction."""
    one = policy_of('console.retype_target = ["critical", "high"]\nbatch.score = 20')
    assert one.digest == DEFAULT_POLICY.digest


TOO_LONG = (
    "This is not TOML: Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits; "
    "use sys.set_int_max_str_digits() to increase the limit."
)
ORDERED = (
    "automation.full_from_confidence must lie above supervised_from_confidence, "
    "and that above advisory_from_confidence."
)
NO_CEL = (
    "It is not a CEL expression: 1:13: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', "
    "'!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}."
)
SHORT_CHAIN = (
    '[sla]\nchain = ["soc_operator"]\n[[escalation]]\nname = "e"\npriority = 1\non = "hand"\nto = "soc_operator"'
)
RULE = '[[approval]]\nname = "a"\n'
TWICE = "This names the same twice."
BAD: dict[str, tuple[str, str, int, str]] = {
    "not TOML": ("[sla]\ncritical_s =\n", "", 2, "This is not TOML: Invalid value."),
    "a key twice": ("[sla]\nlow_s = 1\nlow_s = 2\n", "", 3, "This is not TOML: Cannot overwrite a value."),
    "cut off": ('a = 1\nb = "', "", 2, "This is not TOML: Unterminated string."),
    "a number without end": ("a = " + "9" * 5000, "", 0, TOO_LONG),
    "nested too deep": ("a = " + "[" * 5000, "", 0, "This is nested too deep to be read."),
    "a key of many parts": ("\n" + "a." * 20 + "a = 1", "", 2, "This key has more parts than any that there is."),
    "an unknown table": ("\n[slas]\n", "slas", 2, "There is no such key here; did you mean sla."),
    "an unknown key": (
        "[sla]\n\ncritcal_s = 1",
        "sla.critcal_s",
        3,
        "There is no such key here; did you mean critical_s.",
    ),
    "a key like no other": (
        "[execution]\nzzz = 1",
        "execution.zzz",
        2,
        "There is no such key here; there are accept_within_s, report_within_s.",
    ),
    "a key to be quoted": (
        '[execution]\n"z z" = 1',
        "execution.'z z'",
        2,
        "There is no such key here; there are accept_within_s, report_within_s.",
    ),
    "a value for a table": ("sla = 5", "sla", 1, "This is a table, [sla], not 5."),
    "a value for a table of one's own": (
        "risk.privacy = 5",
        "risk.privacy",
        1,
        "This is a table, [risk.privacy], not 5.",
    ),
    "a table for a value": (
        "[sla.low_s]\nx = 1",
        "sla.low_s",
        1,
        "This is a whole number of seconds from 1 to 31622400, not {'x': 1}.",
    ),
    "a text for a number": (
        '[sla]\nlow_s = "5"',
        "sla.low_s",
        2,
        "This is a whole number of seconds from 1 to 31622400, not '5'.",
    ),
    "a fraction of a second": (
        "[sla]\nlow_s = 1.5",
        "sla.low_s",
        2,
        "This is a whole number of seconds from 1 to 31622400, not 1.5.",
    ),
    "true for a number": (
        "[sla]\nlow_s = true",
        "sla.low_s",
        2,
        "This is a whole number of seconds from 1 to 31622400, not True.",
    ),
    "no time at all": (
        "[sla]\nlow_s = 0",
        "sla.low_s",
        2,
        "This is a whole number of seconds from 1 to 31622400, not 0.",
    ),
    "more than a year": (
        "[execution]\naccept_within_s = 31622401",
        "execution.accept_within_s",
        2,
        "This is a whole number of seconds from 1 to 31622400, not 31622401.",
    ),
    "a share above 1": ("[sla]\nwarn_share = 75", "sla.warn_share", 2, "This is a number from 0 to 1, not 75."),
    "a share that is no number": (
        "[risk]\nkey_concern_from = nan",
        "risk.key_concern_from",
        2,
        "This is a number from 0 to 1, not nan.",
    ),
    "a warning at once": ("[sla]\nwarn_share = 0", "sla.warn_share", 2, "sla.warn_share must be greater than 0."),
    "weights that do not add up": (
        "[risk.category_weights]\n\nthreat = 0.3",
        "risk.category_weights.threat",
        3,
        "risk.category_weights must add up to 1.",
    ),
    "factors that do not add up": (
        "[risk.factor_weights]\nnovelty = 0.3",
        "risk.factor_weights.novelty",
        2,
        "risk.factor_weights must add up to 1 within each category.",
    ),
    "risk thresholds out of order": (
        "[risk.from]\nmedium = 0.6",
        "risk.from.medium",
        2,
        "risk.from must ascend from low over medium and high to critical.",
    ),
    "automation thresholds out of order": (
        "[automation]\nsupervised_from_confidence = 0.96",
        "automation.supervised_from_confidence",
        2,
        ORDERED,
    ),
    "a threshold for low": (
        "[risk.from]\nlow = 0.1",
        "risk.from.low",
        2,
        "There is no such key here; there are critical, high, medium.",
    ),
    "an invented role": (
        '[sla]\nchain = ["soc_operator", "ceo"]',
        "sla.chain",
        2,
        "This is a role of operators: soc_operator, soc_supervisor, security_manager, ciso; not 'ceo'.",
    ),
    "a chain downwards": (
        '[sla]\nchain = ["ciso", "soc_operator"]',
        "sla.chain",
        2,
        "sla.chain must ascend from soc_operator to ciso, each role once.",
    ),
    "a role twice": ('[sla]\nchain = ["ciso", "ciso"]', "sla.chain", 2, "This names the same twice."),
    "no chain": (
        "[sla]\nchain = []",
        "sla.chain",
        2,
        "sla.chain must name roles of operators; the contract has them, a policy cannot invent one.",
    ),
    "a chain that is a name": ('[sla]\nchain = "ciso"', "sla.chain", 2, "This is a list of names, not 'ciso'."),
    "silence as leave": (
        '[sla]\non_expiry = "approve"',
        "sla.on_expiry",
        2,
        "This is what silence means: deny; not 'approve'.",
    ),
    "nobody to approve": (
        "[approvals.required_approvals]\nlow = 0",
        "approvals.required_approvals.low",
        2,
        "This is a whole number of people from 1 to 10, not 0.",
    ),
    "more people for less risk": (
        "[approvals.required_approvals]\nlow = 2",
        "approvals.required_approvals.low",
        2,
        "approvals.required_approvals must not ask for fewer people where the risk is higher.",
    ),
    "an action that does not exist": (
        "[risk.actions]\nblock_ips = { aggressiveness = 1 }",
        "risk.actions.block_ips",
        2,
        "There is no such key here; did you mean block_ip.",
    ),
    "points that are none": (
        "[risk.scales]\nasset_count = [1, 2]",
        "risk.scales.asset_count",
        2,
        "This is a list of pairs of numbers; 1 is none.",
    ),
    "no list of points": (
        "[risk.scales]\nasset_count = 1",
        "risk.scales.asset_count",
        2,
        "This is a list of pairs [measure, value], not 1.",
    ),
    "points that do not ascend": (
        "[risk.scales]\nasset_count = [[2, 0.1], [1, 0.2]]",
        "risk.scales.asset_count",
        2,
        "risk.scales.asset_count must name points that ascend, with values between 0 and 1.",
    ),
    "an hour that does not exist": (
        "[risk.scales]\ntime_of_day_utc = [[0, 1], [24, 1]]",
        "risk.scales.time_of_day_utc",
        2,
        "This is a whole number of hours from 0 to 23, not 24.",
    ),
    "a day without a morning": (
        "[risk.scales]\ntime_of_day_utc = [[6, 1]]",
        "risk.scales.time_of_day_utc",
        2,
        "risk.scales.time_of_day_utc must ascend by hours from 0 to 23, with values between 0 and 1.",
    ),
    "regulations that are no texts": (
        "[risk.compliance]\nstrict_regulations = [1]",
        "risk.compliance.strict_regulations",
        2,
        "This is a string, not 1.",
    ),
    "kinds of data beyond 1": (
        "[risk.privacy]\nPII = 2",
        "risk.privacy.PII",
        2,
        "This is a number from 0 to 1, not 2.",
    ),
    "a rule that is no list": (
        '[approval]\nname = "a"',
        "approval",
        1,
        "This is a list of tables, each [[approval]], not {'name': 'a'}.",
    ),
    "rules that are no tables": (
        "approval = [1]",
        "approval",
        1,
        "This is a list of tables, each [[approval]], not [1].",
    ),
    "a rule without a name": ("[[approval]]\nrequired = 2", "approval[1]", 1, "It has no name, which it needs."),
    "a name nobody can type": (
        '[[approval]]\nname = "a b"',
        "approval[1].name",
        2,
        "A name has letters, digits, . _ and -, begins with a letter or digit, and has at most 64; not 'a b'.",
    ),
    "a name twice": (f"{RULE}{RULE}", "approval[2].name", 4, "There is another approval named a before it."),
    "an unknown key of a rule": (
        f"{RULE}requires = 2",
        "approval[1].requires",
        3,
        "There is no such key here; did you mean required.",
    ),
    "a rule that leaves everything": (
        f'{RULE}automation = "full"',
        "approval[1].automation",
        3,
        "This is the most autonomy that is left: manual, advisory, supervised; not 'full'.",
    ),
    "a condition that is no text": (f"{RULE}when = 1", "approval[1].when", 3, "This is a string, not 1."),
    "a condition that is no CEL": (
        f"{RULE}when = 'risk.score >'",
        "approval[1].when",
        3,
        NO_CEL,
    ),
    "a condition about nothing": (
        f"{RULE}when = 'level == 1'",
        "approval[1].when",
        3,
        "There is no 'level' here; a condition knows action, risk, core, asset, time.",
    ),
    "a condition about no field": (
        f"{RULE}when = 'risk.levl == \"low\"'",
        "approval[1].when",
        3,
        "There is no 'risk.levl'; risk has level, score, automation, key_concerns.",
    ),
    "a condition that is a number": (
        f"{RULE}when = 'risk.score'",
        "approval[1].when",
        3,
        "It is worth neither true nor false; compare it with something.",
    ),
    "a condition that is long": (
        f"{RULE}when = '{'1' * 1001} > 1'",
        "approval[1].when",
        3,
        "A condition has at most 1000 characters; this one has 1005.",
    ),
    "rules beyond number": (
        "\n".join(f'[[approval]]\nname = "a{number}"' for number in range(51)),
        "approval",
        1,
        "approval must be at most 50.",
    ),
    "an escalation without a target": (
        '[[escalation]]\nname = "e"\npriority = 1\non = "hand"',
        "escalation[1]",
        1,
        "It has no to, which it needs.",
    ),
    "an escalation never asked": (
        '[[escalation]]\nname = "e"\npriority = 1\non = "breach"\nto = "ciso"',
        "escalation[1].on",
        4,
        "This is when the rule is asked: hand, proposal; not 'breach'.",
    ),
    "a negative priority": (
        '[[escalation]]\nname = "e"\npriority = -1\non = "hand"\nto = "ciso"',
        "escalation[1].priority",
        3,
        "This is a whole number from 0 to 2147483647, not -1.",
    ),
    "an escalation out of the chain": (
        '[sla]\nchain = ["soc_operator"]\n[[escalation]]\nname = "e"\npriority = 1\non = "hand"\nto = "ciso"',
        "sla.chain",
        2,
        "escalation must lead to roles of the chain.",
    ),
    "an approval out of the chain": (
        f'{RULE}tier = "ciso"\n{SHORT_CHAIN}',
        "approval",
        1,
        "approval must name roles of the chain.",
    ),
    "a core nobody stands behind": (
        '[[core]]\nname = "maximus"\nowners = []',
        "core[1].owners",
        3,
        "This is a list of at least one name, not [].",
    ),
    "owners that are no names": (
        '[[core]]\nname = "maximus"\nowners = ["a b"]',
        "core[1].owners",
        3,
        "A name has letters, digits, . _ and -, begins with a letter or digit, and has at most 64; not 'a b'.",
    ),
    "no room for decisions": (
        "[limits]\nopen_decisions = 0",
        "limits.open_decisions",
        2,
        "This is a whole number from 1 to 2147483647, not 0.",
    ),
    "a negative rate": (
        "[limits]\nproposals_per_hour = -1",
        "limits.proposals_per_hour",
        2,
        "This is a whole number from 0 to 2147483647, not -1.",
    ),
    "pressure out of order": (
        "[limits.hold_back_from]\nmedium = 0.8",
        "limits.hold_back_from.medium",
        2,
        "limits.hold_back_from must ascend from medium over high to critical.",
    ),
    "a reader that is none": (
        '[privacy]\nsee_personal_from = "core"',
        "privacy.see_personal_from",
        2,
        (
            "This is a role of auditors or operators: auditor, soc_operator, soc_supervisor, security_manager, ciso;"
            " not 'core'."
        ),
    ),
    "a retention of no time": (
        "[privacy]\nretention_days = 0",
        "privacy.retention_days",
        2,
        "This is a whole number of days from 1 to 36525, not 0.",
    ),
    "more reading than anybody does": (
        "[console.reading_s]\ncritical = 3601",
        "console.reading_s.critical",
        2,
        "This is a whole number of seconds from 0 to 3600, not 3601.",
    ),
    "half a second to read": (
        "[console.reading_s]\ncritical = 0.5",
        "console.reading_s.critical",
        2,
        "This is a whole number of seconds from 0 to 3600, not 0.5.",
    ),
    "less reading for more risk": (
        "[console.reading_s]\nhigh = 20",
        "console.reading_s.high",
        2,
        "console.reading_s must not ask for less time where the risk is higher.",
    ),
    "a time to read for no risk": (
        "[console.reading_s]\nmediums = 1",
        "console.reading_s.mediums",
        2,
        "There is no such key here; did you mean medium.",
    ),
    "one time to read for all": (
        "[console]\nreading_s = 5",
        "console.reading_s",
        2,
        "This is a table, [console.reading_s], not 5.",
    ),
    "a risk that does not exist": (
        '[console]\nretype_target = ["severe"]',
        "console.retype_target",
        2,
        "This is a risk: low, medium, high, critical; not 'severe'.",
    ),
    "a risk twice": ('[console]\nretype_target = ["high", "high"]', "console.retype_target", 2, TWICE),
    "a risk that is no list": (
        '[console]\nretype_target = "high"',
        "console.retype_target",
        2,
        "This is a list of names, not 'high'.",
    ),
    "a judgement of another kind": (
        '[console]\nsimilar = "never"',
        "console.similar",
        2,
        "This is when it is told how like decisions ended: always, after_judgement; not 'never'.",
    ),
    "a batch of none": (
        "[batch]\ndecisions = 0",
        "batch.decisions",
        2,
        "This is a whole number of decisions from 1 to 1000, not 0.",
    ),
    "a batch of all": (
        "[batch]\ndecisions = 1001",
        "batch.decisions",
        2,
        "This is a whole number of decisions from 1 to 1000, not 1001.",
    ),
    "a batch of no risk": (
        "[batch]\nscore = 0",
        "batch.score",
        2,
        "This is a number greater than 0 and at most 1000, not 0.",
    ),
    "a batch of endless risk": (
        "[batch]\nscore = inf",
        "batch.score",
        2,
        "This is a number greater than 0 and at most 1000, not inf.",
    ),
    "a batch's risk in words": (
        '[batch]\nscore = "low"',
        "batch.score",
        2,
        "This is a number greater than 0 and at most 1000, not 'low'.",
    ),
    "turns that do not exist": (
        '[work]\nassignment = "by_lot"',
        "work.assignment",
        2,
        "This is who gives decisions to operators: by_hand, by_turns; not 'by_lot'.",
    ),
}


@pytest.mark.parametrize(("document", "place", "line", "sentence"), BAD.values(), ids=BAD)
def test_bad_documents(document: str, place: str, line: int, sentence: str) -> None:
    """A document that is wrong is no policy, and says where, in which line, and what."""
    policy, problems = read_policy(document)
    assert policy is None
    assert list(problems) == [v1.PolicyProblem(place=place, line=line, problem=sentence)]


def test_of_too_many_rules_none_is_read() -> None:
    """To read a condition takes milliseconds, and others wait for it: beyond the number, no rule is looked at."""
    rules = "".join(f'[[approval]]\nname = "a{number}"\nwhen = "1 +"\n' for number in range(51))
    (problem,) = read_policy(rules).problems
    assert problem.problem == "approval must be at most 50."


def test_all_problems_at_once() -> None:
    """Everything that is wrong is told at once, in the order of the lines."""
    document = '[sla]\nlow_s = 0\n[[approval]]\nname = "?"\nwhen = "zz && yy"\n[work]\nclaim_lease_s = "1"\n'
    problems = read_policy(document).problems
    assert [(problem.line, problem.place) for problem in problems] == [
        (2, "sla.low_s"),
        (4, "approval[1].name"),
        (5, "approval[1].when"),
        (5, "approval[1].when"),
        (7, "work.claim_lease_s"),
    ]


def test_what_is_wrong_is_not_blamed_twice() -> None:
    """A weight that is no number is told alone: whether the others add up is not asked."""
    problems = read_policy('[risk.category_weights]\nthreat = "much"\n').problems
    assert [problem.place for problem in problems] == ["risk.category_weights.threat"]


def test_too_many_problems() -> None:
    """A document of nothing but problems is answered with the first hundred, and how many more there are."""
    problems = read_policy("\n".join(f"key{number} = 1" for number in range(130))).problems
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[-1].problem == "And 30 more problems, which are not listed."


def test_policy_of_a_bad_document() -> None:
    """A document with problems never becomes a policy, not even by a bug elsewhere."""
    with pytest.raises(AssertionError, match="with problems"):
        policy_of("sla = 5")


def test_long_values_are_cut() -> None:
    """A value is shown in a sentence only as far as anybody reads."""
    assert shown("x" * 100) == "'" + "x" * 39 + "…"


def test_key_lines() -> None:
    """Every key and table is found in its line, whatever stands before it."""
    lines = key_lines(
        '# a comment with [brackets] and "quotes\n'
        'text = """\n'
        "[not.a.table]\n"
        'nor = "a key" \\""""\n'
        "raw = '''\n[x]\n'''\n"
        "list = [ # with ] a comment\n"
        "  { a = '[' },\n"
        "]\r\n"
        'one.two."three.four" = 1\n'
        "[[rules]]\n"
        "name = 1 # [x]\n"
        "  [[rules]]\n"
        "  'name' = 2\n"
        "[rules.sub]\n"
        "deep = { inline = 'x' }"
    )
    assert lines["text",] == 2
    assert lines["raw",] == 5
    assert lines["list",] == 8
    assert lines["one", "two", "three.four"] == 11
    assert lines["one", "two"] == 11
    assert lines["rules",] == lines["rules", 1] == 12
    assert lines["rules", 1, "name"] == 13
    assert lines["rules", 2] == 14
    assert lines["rules", 2, "name"] == 15
    assert lines["rules", 2, "sub"] == 16
    assert lines["rules", 2, "sub", "deep"] == 17
    assert ("not", "a", "table") not in lines
    assert line_of(lines, ("rules", 2, "sub", "deep", "inline")) == 17
    assert line_of(lines, ("nowhere",)) == 0

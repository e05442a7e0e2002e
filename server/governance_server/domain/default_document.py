"""The default document: the built-in policy, as a document to begin one's own with."""

from __future__ import annotations

from typing import Final

DEFAULT_DOCUMENT: Final = """\
# The policy of Governance Workspace. What is left out keeps the value it has here; docs/policy.md explains every key.
# Values and weights are shares from 0 to 1, times are whole seconds.

[risk]
key_concern_from = 0.7 # from here on, a factor is a key concern

[risk.from] # the lowest score of each level; low starts at 0
medium = 0.30
high = 0.50
critical = 0.75

[risk.category_weights] # together 1
threat = 0.25
asset = 0.20
business = 0.20
action = 0.15
compliance = 0.10
environment = 0.10

[risk.factor_weights] # together 1 in each category
threat_score = 0.5
uncertainty = 0.3
novelty = 0.2

criticality = 0.5
data_sensitivity = 0.3
asset_count = 0.2

financial = 0.4
operational = 0.3
reputational = 0.3

irreversibility = 0.5
aggressiveness = 0.3
scope = 0.2

regulatory = 0.6
privacy = 0.4

time_of_day = 0.5
operator_absence = 0.5

[risk.novelty]
seen_before = 0.2
known = 0.5
zero_day = 0.9

[risk.criticality]
low = 0.2
medium = 0.5
high = 0.8
critical = 1.0

[risk.data_sensitivity]
public = 0.0
internal = 0.3
confidential = 0.6
restricted = 0.8
top_secret = 1.0

[risk.scope]
unspecified = 0.1
host = 0.2
department = 0.5
organization = 0.8
global = 1.0

[risk.scales] # [measure, value], linear between; [hour in UTC, value from then on]
asset_count = [[1, 0.1], [10, 0.5], [100, 1.0]]
financial_usd = [[0, 0.0], [10_000, 0.3], [100_000, 0.6], [1_000_000, 1.0]]
time_of_day_utc = [[0, 0.8], [6, 0.5], [9, 0.2], [17, 0.5], [22, 0.8]]
availability_utc = [[0, 0.3], [6, 0.6], [9, 0.9], [17, 0.6], [22, 0.3]] # the share of operators to be expected

[risk.compliance]
strict_regulations = ["HIPAA", "GDPR", "PCI-DSS"]
regulatory_strict = 0.9
regulatory_other = 0.6
regulatory_none = 0.2
privacy_other = 0.2

[risk.privacy] # by kind of data; the names are yours
PII = 0.9
user_data = 0.6

[risk.actions]
unscored = 0.5 # both scores, where an action has none
isolate_host = { aggressiveness = 0.7, irreversibility = 0.3 }
block_ip = { aggressiveness = 0.5, irreversibility = 0.2 }
block_domain = { aggressiveness = 0.5, irreversibility = 0.2 }
throttle_connection = { aggressiveness = 0.3, irreversibility = 0.1 }
quarantine_file = { aggressiveness = 0.6, irreversibility = 0.3 }
delete_file = { aggressiveness = 0.8, irreversibility = 0.8 }
kill_process = { aggressiveness = 0.6, irreversibility = 0.4 }
suspend_process = { aggressiveness = 0.4, irreversibility = 0.2 }
disable_user = { aggressiveness = 0.7, irreversibility = 0.4 }
lock_account = { aggressiveness = 0.7, irreversibility = 0.4 }
reset_password = { aggressiveness = 0.8, irreversibility = 0.6 }
encrypt_data = { aggressiveness = 0.5, irreversibility = 0.5 }
backup_data = { aggressiveness = 0.2, irreversibility = 0.1 }
delete_data = { aggressiveness = 0.9, irreversibility = 0.9 }
collect_forensics = { aggressiveness = 0.2 }
collect_logs = { aggressiveness = 0.1, irreversibility = 0.0 }
send_alert = { aggressiveness = 0.0, irreversibility = 0.0 }
create_ticket = { aggressiveness = 0.0, irreversibility = 0.0 }

[automation] # low and medium risk, by core's confidence; high is always supervised, critical always manual
full_from_confidence = 0.95
supervised_from_confidence = 0.80
advisory_from_confidence = 0.60

[sla] # how long each tier has, by risk
low_s = 1800
medium_s = 900
high_s = 600
critical_s = 300
warn_share = 0.75 # of that time has passed when the warning is given
chain = ["soc_operator", "soc_supervisor", "security_manager", "ciso"]
on_expiry = "deny"

[approvals]
free_modification_from = "security_manager" # below, a modification may only narrow
below_tier_may = ["comment", "escalate"] # what operators below a decision's tier may do, beside seeing it

[approvals.required_approvals] # distinct operators, by risk
low = 1
medium = 1
high = 1
critical = 2

[work]
assignment = "by_hand" # or "by_turns"
claim_lease_s = 900

[execution]
accept_within_s = 600
report_within_s = 900

[halt]
declared_from = "soc_supervisor"
release_people = 2

[limits] # 0 for no limit, where it is by the minute or the hour
operator_requests_per_minute = 100
proposals_per_hour = 1000
rate_exempt_from = "critical"
open_decisions = 100_000
retry_when_full_s = 30
hold_back_s = 60

[limits.hold_back_from] # this share of open_decisions is open: core should hold back what is below that risk
medium = 0.50
high = 0.75
critical = 0.90

[notifications]
reminder_s = 3600

[console] # what is asked of operators' consoles
retype_target = ["high", "critical"] # an approval of these risks asks for the target to be typed back
similar = "always" # how like decisions ended is told; or "after_judgement"

[console.reading_s] # how long a decision is in view before it is approved, by risk; 0: no such time
low = 0
medium = 0
high = 0
critical = 0

[batch] # most that is decided at once as a group; what is critical never is
decisions = 50
score = 20.0 # the sum of their scores

[privacy]
see_personal_from = "soc_operator" # or "auditor": from which role readers of the ledger see personal data
retention_days = 2557 # what is older may be pruned

# Whom a decision goes to. Rules of your own replace these four.
# on = "hand": where an operator escalates without saying to whom; on = "proposal": at once.

[[escalation]]
name = "critical-to-ciso"
priority = 200
on = "hand"
risk = ["critical"]
to = "ciso"

[[escalation]]
name = "high-to-manager"
priority = 150
on = "hand"
risk = ["high"]
to = "security_manager"

[[escalation]]
name = "rejected-twice"
priority = 120
on = "proposal"
rejections = 2
to = "security_manager"

[[escalation]]
name = "others-to-supervisor"
priority = 100
on = "hand"
risk = ["low", "medium"]
to = "soc_supervisor"

# What an approval takes beyond that. None is built in; for example:
#
# [[approval]]
# name = "crown-jewels"
# when = 'asset.criticality == "critical" && action.type in ["delete_data", "delete_file"]'
# required = 2
# roles = ["security_manager"]
#
# Who stands behind a core, and may not approve what it proposes:
#
# [[core]]
# name = "maximus"
# owners = ["alice"]
"""
"""Read, it is `DEFAULT_POLICY`, to the digest."""

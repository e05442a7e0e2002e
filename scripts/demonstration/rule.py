"""The rule by which the scripted operators decide. It is printed before they do."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any, Final, NamedTuple

SERVERS: Final = tuple(ip_network(text) for text in ("10.20.0.0/23", "2001:db8:20::/48"))
"""Where the organisation of the bundled sample has its servers."""
GRAVE: Final = frozenset({"RISK_LEVEL_HIGH", "RISK_LEVEL_CRITICAL"})
LOOKING: Final = ("COLLECT", "CAPTURE", "SNAPSHOT", "SEND", "CREATE", "NOTIFY", "UPDATE", "ESCALATE")
"""What an action type begins with that takes nothing out of service."""

TEXT: Final = """\
The rule of the scripted operators; the first line that fits decides:
  1. It would act on one of our own servers (10.20.0.0/23, 2001:db8:20::/48): reject. A person does that by hand.
  2. The risk is high or critical and it is the operator's: escalate. The chief then decides it.
  3. Anything else: approve."""


class Judgement(NamedTuple):
    """What is done about a decision.

    Attributes:
        who: The name of the one who does it.
        verb: The command of `governance`.
        option: The option that takes the words.
        words: Why.
    """

    who: str
    verb: str
    option: str
    words: str


def judge(decision: dict[str, Any]) -> Judgement:
    """Return what the rule says about a pending decision, in protobuf's JSON mapping."""
    first_tier = decision.get("tier") == "ROLE_SOC_OPERATOR"
    who = "operator" if first_tier else "chief"
    if touches_server(decision["proposal"]["action"]):
        return Judgement(who, "reject", "--reason", "Rule 1: acts on a server of ours.")
    if first_tier and decision["assessment"]["risk"] in GRAVE:
        return Judgement(who, "escalate", "--reason", "Rule 2: too grave for the first tier.")
    return Judgement(who, "approve", "--comment", "Rule 3: nothing speaks against it.")


def touches_server(action: dict[str, Any]) -> bool:
    """Tell whether an action does more than look at one of the organisation's servers."""
    if action["type"].removeprefix("ACTION_TYPE_").startswith(LOOKING):
        return False
    return any(_is_server(target["value"]) for target in action.get("targets", []))


def _is_server(value: str) -> bool:
    """Tell whether a target names a server. One that is no address, such as a domain, is none."""
    try:
        address = ip_address(value)
    except ValueError:
        return False
    return any(address in network for network in SERVERS)

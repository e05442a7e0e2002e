"""The rule by which the scripted operators decide. It is printed before they do."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

SERVERS: Final = tuple(ip_network(text) for text in ("10.20.0.0/23", "2001:db8:20::/48"))
"""Where the organisation of the bundled sample has its servers."""
MACHINES: Final = (ip_network("10.20.0.0/16"), *SERVERS)
"""Where all its machines are."""
GRAVE: Final = frozenset({"RISK_LEVEL_HIGH", "RISK_LEVEL_CRITICAL"})
LOOKING: Final = ("COLLECT", "CAPTURE", "SNAPSHOT", "SEND", "CREATE", "NOTIFY", "UPDATE", "ESCALATE")
"""What an action type begins with that takes nothing out of service."""

TEXT: Final = """\
The rule of the scripted operators; the first line that fits decides:
  1. It would act on one of our own servers (10.20.0.0/23, 2001:db8:20::/48): reject. A person does that by hand.
  2. It would act on another machine of ours (10.20.0.0/16), or its risk is high or critical: the operator escalates,
     and the chief then approves.
  3. Anything else, such as blocking an address outside, or only looking: approve."""


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
    action = decision["proposal"]["action"]
    if acts_on(action, SERVERS):
        return Judgement(who, "reject", "--reason", "Rule 1: acts on a server of ours.")
    if first_tier and (acts_on(action, MACHINES) or decision["assessment"]["risk"] in GRAVE):
        return Judgement(who, "escalate", "--reason", "Rule 2: not for the first tier.")
    return Judgement(who, "approve", "--comment", f"Rule {3 if first_tier else 2}: nothing speaks against it.")


def acts_on(action: dict[str, Any], networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Tell whether an action does more than look at a machine in one of the networks."""
    if action["type"].removeprefix("ACTION_TYPE_").startswith(LOOKING):
        return False
    return any(_within(target["value"], networks) for target in action.get("targets", []))


def _within(value: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Tell whether a target is an address in one of the networks. A domain, a connection or a team is not."""
    try:
        address = ip_address(value)
    except ValueError:
        return False
    return any(address in network for network in networks)

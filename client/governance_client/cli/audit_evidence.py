"""`audit evidence`: one archive that proves what became of one decision."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from governance_client.cli import status
from governance_client.cli.audit_verify import chosen_key, key_argument, memory_of
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.audit.evidence import Checked
    from governance_client.cli.context import Context
    from governance_client.cli.grammar import Add


def add_parser(add: Add) -> None:
    """Add what the verb takes."""
    verb = add("evidence", _("write an archive that proves what became of one decision, with a page to read"))
    verb.add_argument("id", metavar="ID", help=_("the decision's id, or the start of it where that is unique"))
    verb.add_argument("--output", metavar=_("FILE"), default="", help=_("where (default: evidence-ID.zip, here)"))
    key_argument(verb)


async def run(context: Context, arguments: Namespace) -> int:
    """Collect the evidence, verify it, and write it whole or not at all; tell where it is and what it says."""
    from governance_client.audit import pack
    from governance_client.audit.evidence_collecting import collect
    from governance_client.cli.finding import find
    from governance_client.cli.output import complain
    from governance_client.whole_file import whole_file

    key = chosen_key(arguments.key)
    async with context.channel() as channel:
        decision_id = (await find(channel, arguments.id)).decision_id
        checked = await collect(channel, decision_id, memory_of("checkpoints"), key=key)
    name = arguments.output or f"evidence-{decision_id}.zip"
    try:
        with whole_file(name) as file:
            pack.write(file, pack.files_of(checked))
    except FileExistsError:
        complain(_("{file} is there already, and was left as it is. Name another with --output.").format(file=name))
        return status.USAGE
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        complain(_("{file} cannot be written: {why}. There is no pack.").format(file=name, why=why))
        return status.REFUSED
    _tell(context, checked, name)
    return status.DONE


def _tell(context: Context, checked: Checked, name: str) -> None:
    from governance_client.audit.evidence_story import story_of
    from governance_client.cli.output import harmless
    from governance_client.console import words

    story, size = story_of(checked), checked.checkpoint.size
    if context.json:
        facts = {
            "file": name,
            "decision_id": story.decision_id,
            "state": words.state(story.state),
            "entries": len(story.entries),
            "orders": len(story.leaves),
            "checkpoint_size": size,
            "key": str(checked.key),
        }
        sys.stdout.write(json.dumps(facts) + "\n")
        return
    told = ngettext(
        "{file}: {decision}, {state}: {count} entry, verified at the checkpoint of {size} entries.",
        "{file}: {decision}, {state}: {count} entries, verified at the checkpoint of {size} entries.",
        len(story.entries),
    )
    state, count = words.state_told(story.state), len(story.entries)
    said = told.format(file=name, decision=story.decision_id, state=state, count=count, size=size)
    sys.stdout.write(f"{harmless(said)}\n")

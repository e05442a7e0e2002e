"""The deeds: what each verb does, by what they are for. `DEEDS` has one for every verb of the vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console.doing.asking import DEEDS as ASKING
from governance_client.console.doing.batching import DEEDS as BATCHING
from governance_client.console.doing.deciding import DEEDS as DECIDING
from governance_client.console.doing.exporting import DEEDS as EXPORTING
from governance_client.console.doing.governing import DEEDS as GOVERNING
from governance_client.console.doing.looking import DEEDS as LOOKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance_client.console.talk import Deed, Talk
    from governance_client.console.verbs import Request

__all__ = ["DEEDS", "do"]

DEEDS: Final[Mapping[str, Deed]] = {**LOOKING, **ASKING, **DECIDING, **BATCHING, **GOVERNING, **EXPORTING}
"""By the names of their verbs."""


async def do(talk: Talk, request: Request, line: str) -> str:
    """Do what a line asks for, and return what to keep at the prompt; empty for nothing.

    Args:
        talk: Where.
        request: What the line means.
        line: The line as it was typed.
    """
    talk.line = line
    return await DEEDS[request.verb.name](talk, request)

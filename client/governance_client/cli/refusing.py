"""Refusals on the command line: the server's sentence, after one in the language in use where that is another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client import language
from governance_client.errors import RefusedError
from governance_client.language import _

if TYPE_CHECKING:
    from governance_client.errors import ClientError

SERVERS: Final = "en"
"""The language that the server's sentences are in."""


def sentence_of(error: ClientError) -> str:
    """Return what is told of an error."""
    if not isinstance(error, RefusedError) or language.spoken() == SERVERS:
        return str(error)
    try:
        from governance_client.console.refusals import sentence
    except ModuleNotFoundError:  # a core's machine has no console
        return str(error)
    ours = sentence(error.refusal)
    if not ours:
        return str(error)
    if not error.refusal.message:
        return ours
    return _("{sentence} The server says: {message}").format(sentence=ours, message=error.refusal.message)

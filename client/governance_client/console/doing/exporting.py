"""The deed that writes decisions to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console import exports
from governance_client.console.surface import Interrupted
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from governance_client.console.talk import Talk
    from governance_client.console.verbs import Request


async def export(talk: Talk, request: Request) -> str:
    """Write what `queue` would list to a new file."""
    listing = talk.desk.chosen(request, talk.you.name)
    try:
        await talk.surface.wait(exports.write(request.file, request.form, listing, force=request.force))
    except Interrupted:
        talk.refuse(_("You stopped it. Nothing was written."))
    except FileExistsError:
        text = _("{file} is there already. Nothing was written. Name another file, or add --force to write over it.")
        talk.refuse(text.format(file=request.file))
    except exports.UnwritableError as error:
        talk.refuse(_("{why} Nothing was written; --format csv can say it.").format(why=error))
    except OSError as error:
        text = _("{file} cannot be written: {why}. Nothing was written.")
        talk.refuse(text.format(file=request.file, why=error.strerror or error))
    else:
        text = ngettext("{count} decision written to {file}.", "{count} decisions written to {file}.", len(listing))
        talk.say("done", text.format(count=len(listing), file=request.file))
    return ""


DEEDS: Final = {"export": export}
"""By the names of their verbs."""

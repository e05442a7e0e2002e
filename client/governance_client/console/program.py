"""Starts the console: a session, a terminal, and the conversation between them."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from governance_client.console.attention import Attention
from governance_client.console.console import Console
from governance_client.console.desk import Desk
from governance_client.console.settings import Settings
from governance_client.console.talk import Talk
from governance_client.console.terminal import Terminal
from governance_client.operator import Link, OperatorSession, SessionSettings

if TYPE_CHECKING:
    from governance_client.credentials import Credentials


async def start(
    credentials: Credentials, settings: Settings | None = None, wait: SessionSettings | None = None
) -> bool:
    """Run the console until the operator quits, and return whether the session was still good then.

    Args:
        credentials: Who comes, and to which server.
        settings: What the operator has chosen.
        wait: How long the session waits.

    Raises:
        ClientError: The server cannot be reached, or does not let us in.
    """
    chosen = settings or Settings()
    # a log line would be written across the prompt; what matters is told above it
    logging.getLogger("governance_client").addHandler(logging.NullHandler())
    async with OperatorSession(credentials, wait) as session:
        terminal = Terminal(chosen)
        talk = Talk(session, terminal, Desk(session.replica), chosen, Attention(time.monotonic))
        await Console(talk, terminal).run()
        return session.link is not Link.ENDED

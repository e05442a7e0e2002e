"""Starts the console: a session, a terminal, and the conversation between them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from governance_client.console.console import Console
from governance_client.console.terminal import Terminal
from governance_client.operator import Link, OperatorSession, SessionSettings

if TYPE_CHECKING:
    from governance_client.credentials import Credentials


async def start(credentials: Credentials, settings: SessionSettings | None = None) -> bool:
    """Run the console until the operator quits, and return whether the session was still good then.

    Raises:
        ClientError: The server cannot be reached, or does not let us in.
    """
    # a log line would be written across the prompt; what matters is told above it
    logging.getLogger("governance_client").addHandler(logging.NullHandler())
    async with OperatorSession(credentials, settings) as session:
        await Console(session, Terminal()).run()
        return session.link is not Link.ENDED

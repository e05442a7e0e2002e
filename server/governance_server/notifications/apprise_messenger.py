"""The way to a destination through apprise: mail, chat, text messages, webhooks and a hundred others by URL.

A URL of apprise's holds secrets: passwords, tokens, whole paths that are as good as one. apprise masks some of them in
some places; here they stay in the object that was made from them, and nothing that apprise or the libraries below it
have to say is logged or passed on, but for an HTTP status.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

from governance_server.engine.ports import MessengerError

if TYPE_CHECKING:
    from apprise import AppriseResult

    from governance_server.engine.ports import Message

ATTEMPT_TIMEOUT_S: Final = 60.0
"""How long an attempt may take: a slow mail server with TLS and several recipients is done in half of it."""
CHATTERING: Final = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib")
"""The libraries whose own logs would end on standard error, URLs included."""
HTTP_STATUS: Final = re.compile(r"\berror=(\d{3})\b")


class AppriseMessenger:
    """The port's Messenger, over one of apprise's services."""

    def __init__(self, url: str, *, timeout_s: float = ATTEMPT_TIMEOUT_S) -> None:
        """Prepare; nothing is sent yet.

        Raises:
            ValueError: apprise does not understand the URL. The text does not hold it.
        """
        for name in CHATTERING:
            _silence(logging.getLogger(name))
        asset = AppriseAsset(
            app_id="Governance Workspace",
            app_desc="Governance Workspace",
            async_mode=False,  # sent by the thread that calls it; apprise's pools are waited for when a process ends
            service_timeout=0,  # the same; the time limit is ours
            http_redirects=False,  # a message goes where the administrator said, and nowhere else
            interpret_emojis=False,
            interpret_escapes=False,
        )
        service = Apprise.instantiate(url, asset=asset)
        if service is None:
            raise ValueError("its url is none that apprise understands; see https://appriseit.com/services/.")
        service.optional = False  # `optional=yes` in a URL would report a failure as a success
        self._apprise = Apprise(service, asset=asset)
        self._timeout_s = timeout_s
        self._attempt: asyncio.Future[AppriseResult] | None = None

    async def send(self, message: Message) -> None:
        """Return when the service has taken the message; as the port says."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._former_attempt()
                self._attempt = self._begin(message)
                result = await asyncio.shield(self._attempt)
        except TimeoutError:
            raise MessengerError(f"The service did not answer within {self._timeout_s:g} s.") from None
        if not result:
            raise MessengerError(_reason(result))

    async def _former_attempt(self) -> None:
        """Wait for an attempt that ran out of time before: a thread cannot be stopped, and one at a time is enough."""
        if self._attempt is not None:
            await asyncio.shield(self._attempt)

    def _begin(self, message: Message) -> asyncio.Future[AppriseResult]:
        """Send in a thread of its own, which a process that ends does not wait for."""
        loop = asyncio.get_running_loop()
        sent: asyncio.Future[AppriseResult] = loop.create_future()

        def settle(result: AppriseResult) -> None:
            if not sent.done():
                sent.set_result(result)

        def send() -> None:
            result = self._apprise.notify(
                message.body,
                title=message.title,
                notify_type=NotifyType.WARNING if message.urgent else NotifyType.INFO,
                body_format=NotifyFormat.TEXT.value,
            )
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits for it any more
                loop.call_soon_threadsafe(settle, result)

        threading.Thread(target=send, name="notification", daemon=True).start()
        return sent


def _silence(logger: logging.Logger) -> None:
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _reason(result: AppriseResult) -> str:
    """Say why it failed, from what cannot hold a secret."""
    for entry in result.logs():
        status = HTTP_STATUS.search(str(entry.message))
        if status is not None:
            return f"The service answered with status {status[1]}."
    return "The service could not be reached, or did not take the message."

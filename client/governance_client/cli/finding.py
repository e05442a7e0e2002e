"""Finding decisions: all pages of a list, and the one that a typed id means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from governance import v1
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.cli.context import CALL_TIMEOUT_S, answer
from governance_client.console.inert import inert
from governance_client.console.rendering import act
from governance_client.errors import NotFoundError, ServerError
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import grpc

    from governance.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

_PAGE: Final = 200
_RIVALS: Final = 8
"""So many are named when a prefix is ambiguous."""
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class AmbiguousError(NotFoundError):
    """The start of an id is that of several decisions."""


async def list_all(channel: grpc.aio.Channel, chosen: v1.DecisionFilter) -> list[v1.Decision]:
    """Return every decision that a filter chooses, each once, however many pages there are.

    What changes while pages are read may move in the order, from a page that is still to come to one that was read. So
    the latest changes are read afterwards, until one page has all that there were since.
    """
    stub = DecisionServiceStub(channel)
    found: dict[str, v1.Decision] = {}
    offsets: list[int] = []
    async for page in _pages(stub, chosen, v1.DECISION_ORDER_URGENCY):
        offsets.append(page.offset)
        _take(found, page)
    if offsets[0] == offsets[-1]:
        return list(found.values())
    known_to, pages = offsets[0], 0
    while pages != 1:
        known_to, pages = await _catch_up(stub, chosen, found, known_to)
    return list(found.values())


async def _catch_up(
    stub: DecisionServiceAsyncStub, chosen: v1.DecisionFilter, found: dict[str, v1.Decision], known_to: int
) -> tuple[int, int]:
    """Read what changed after an offset; return the ledger's offset when this began, and how many pages it took."""
    offsets: list[int] = []
    async for page in _pages(stub, chosen, v1.DECISION_ORDER_RECENT):
        offsets.append(page.offset)
        _take(found, page)
        if not page.decisions or page.decisions[-1].offset <= known_to:
            break
    return offsets[0], len(offsets)


def _take(found: dict[str, v1.Decision], page: v1.ListDecisionsResponse) -> None:
    for decision in page.decisions:
        known = found.get(decision.decision_id)
        if known is None or known.version < decision.version:
            found[decision.decision_id] = decision


async def _pages(
    stub: DecisionServiceAsyncStub, chosen: v1.DecisionFilter, order: v1.DecisionOrder.ValueType
) -> AsyncIterator[v1.ListDecisionsResponse]:
    token = ""
    while True:
        request = v1.ListDecisionsRequest(filter=chosen, order=order, page_size=_PAGE, page_token=token)
        response = await answer(stub.ListDecisions(request, timeout=CALL_TIMEOUT_S))
        yield response
        if not response.next_page_token:
            return
        if response.next_page_token == token:
            raise ServerError(_("The server gave the same page twice; the list is not complete. Try again."))
        token = response.next_page_token


async def find(channel: grpc.aio.Channel, word: str) -> v1.Decision:
    """Return the decision with this id, or the only one whose id starts so.

    Raises:
        NotFoundError: There is none.
        AmbiguousError: There are several; the text names them.
    """
    if not _IDENTIFIER.fullmatch(word):
        raise NotFoundError(_("{word!r} is no decision's id. `governance ls` shows them.").format(word=word))
    stub = DecisionServiceStub(channel)
    try:
        exact = await answer(stub.GetDecision(v1.GetDecisionRequest(decision_id=word), timeout=CALL_TIMEOUT_S))
    except NotFoundError:
        return await _by_prefix(stub, word)
    return exact.decision


async def _by_prefix(stub: DecisionServiceAsyncStub, word: str) -> v1.Decision:
    request = v1.ListDecisionsRequest(filter=v1.DecisionFilter(decision_id_prefix=word), page_size=_RIVALS + 1)
    response = await answer(stub.ListDecisions(request, timeout=CALL_TIMEOUT_S))
    found = response.decisions
    if not found:
        raise NotFoundError(
            _("There is no decision whose id is or starts with {word}. `governance ls --all` lists all.").format(
                word=word
            )
        )
    if len(found) > 1:
        named = "; ".join(f"{inert(each.decision_id)} {act(each)}" for each in found[:_RIVALS])
        text = _("{word} could be {named}. Type more of the id.")
        if len(found) > _RIVALS:
            text = _("{word} could be {named}; and more. Type more of the id.")
        raise AmbiguousError(text.format(word=word, named=named))
    return found[0]

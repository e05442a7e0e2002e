"""Lists are complete, also where decisions move while their pages are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from governance import v1
from governance_client.cli.finding import list_all
from governance_client.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable

    import grpc


class _Pages:
    """A channel to a server that gives prepared pages, in either order."""

    def __init__(self, *pages: v1.ListDecisionsResponse) -> None:
        self.orders: list[int] = []
        self._pages = list(pages)

    def unary_unary(self, *_: object, **__: object) -> Callable[..., Any]:
        return self._answer

    unary_stream = stream_stream = unary_unary

    async def _answer(self, request: v1.ListDecisionsRequest, **_: object) -> v1.ListDecisionsResponse:
        self.orders.append(request.order)
        return self._pages.pop(0)


def _page(head: int, token: str, *versions: tuple[str, int, int]) -> v1.ListDecisionsResponse:
    decisions = [v1.Decision(decision_id=each, version=version, offset=offset) for each, version, offset in versions]
    return v1.ListDecisionsResponse(decisions=decisions, next_page_token=token, offset=head)


async def _listed(pages: _Pages) -> dict[str, int]:
    found = await list_all(cast("grpc.aio.Channel", pages), v1.DecisionFilter())
    return {each.decision_id: each.version for each in found}


async def test_a_list_during_which_nothing_changes() -> None:
    """The pages are all there is to read."""
    pages = _Pages(_page(5, "a", ("one", 1, 1)), _page(5, "", ("two", 1, 2)))
    assert await _listed(pages) == {"one": 1, "two": 1}
    assert len(pages.orders) == 2


async def test_a_decision_that_moves_to_a_page_read_before() -> None:
    """It is found among the latest changes, at its newest version, and so is what moves while those are read."""
    pages = _Pages(
        _page(5, "a", ("one", 1, 1)),
        _page(6, "", ("three", 1, 3)),  # two moved up
        _page(8, "b", ("two", 2, 6), ("one", 2, 8)),
        _page(9, "c", ("three", 1, 3)),  # four moved up
        _page(9, "d", ("four", 2, 9), ("one", 2, 8)),
    )
    assert await _listed(pages) == {"one": 2, "two": 2, "three": 1, "four": 2}
    assert pages.orders[2:] == [v1.DECISION_ORDER_RECENT] * 3


async def test_a_server_that_turns_in_a_circle() -> None:
    """The same page twice is an error, not a list without an end."""
    with pytest.raises(ServerError, match="same page twice"):
        await _listed(_Pages(_page(5, "a", ("one", 1, 1)), _page(5, "a", ("one", 1, 1))))

"""Credentials that are not what they seem, or not any more: never let in, and never told why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import grpc
import pytest

from governance import v1
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from tests.support.admission import admit, token_of
from tests.support.bearing import bearing, reason_of
from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MISSING: Final = ("UNAUTHENTICATED", "CREDENTIAL_MISSING")
REFUSED: Final = ("UNAUTHENTICATED", "CREDENTIAL_REFUSED")
LET_IN: Final = ("OK", "")


class Ground:
    """A server, another one, and what opens them. Has no repr of its own, so that a test that fails prints no token."""

    def __init__(self, folder: Path) -> None:
        self.server = ServerProcess(folder / "server")
        self.other = ServerProcess(folder / "other")
        self.server.start()
        self.token = token_of(admit(self.server.directory, "duty", "soc_operator"))
        self.elsewhere = token_of(admit(self.other.directory, "duty", "soc_operator"))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One server for all of them: it outlives every attempt, and its ledger has nothing of any of them."""
    made = Ground(tmp_path_factory.mktemp("credentials"))
    yield made
    assert made.server.stop() == 0


async def presented(channel: grpc.aio.Channel, metadata: Sequence[tuple[str, str | bytes]] = ()) -> tuple[str, str]:
    """Call what every credential may call; return the status and the reason."""
    try:
        await cast("Any", DecisionServiceStub(channel)).ListDecisions(
            v1.ListDecisionsRequest(), metadata=tuple(metadata), timeout=20
        )
    except grpc.aio.AioRpcError as error:
        return error.code().name, reason_of(error)
    return LET_IN


async def with_metadata(ground: Ground, *metadata: tuple[str, str | bytes]) -> tuple[str, str]:
    async with bearing(ground.server, None) as channel:
        return await presented(channel, metadata)


async def test_a_token_is_good_from_two_places_at_once(ground: Ground) -> None:
    """It says who comes, not from where: a console and a script of one operator have the same."""
    async with bearing(ground.server, ground.token) as here, bearing(ground.server, ground.token) as there:
        assert [await presented(here), await presented(there), await presented(here)] == [LET_IN] * 3


async def test_a_token_of_another_ledger_is_not_good(ground: Ground) -> None:
    """The same name and role there are nothing here; nor is its secret under our id."""
    id_here, secret_there = ground.token.rpartition(".")[0], ground.elsewhere.rpartition(".")[2]
    for foreign in (ground.elsewhere, f"{id_here}.{secret_there}"):
        async with bearing(ground.server, foreign) as channel:
            assert await presented(channel) == REFUSED


async def test_a_token_that_was_cut_anywhere_is_not_good(ground: Ground) -> None:
    """At every length."""
    async with bearing(ground.server, None) as channel:
        for length in range(len(ground.token)):
            assert await presented(channel, [("authorization", f"Bearer {ground.token[:length]}")]) == REFUSED, length


async def test_a_token_with_one_bit_flipped_is_not_good(ground: Ground) -> None:
    """Every bit of it, as far as metadata can carry the outcome."""
    content = ground.token.encode()
    async with bearing(ground.server, None) as channel:
        for place, bit in ((place, bit) for place in range(len(content)) for bit in range(7)):
            flipped = bytes([*content[:place], content[place] ^ (1 << bit), *content[place + 1 :]]).decode()
            if flipped.isprintable():
                found = await presented(channel, [("authorization", f"Bearer {flipped}")])
                assert found == REFUSED, (place, bit)


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ("Bearer {}", LET_IN),
        ("bearer {}", LET_IN),
        ("Bearer {}A", REFUSED),
        ("Bearer {}=", REFUSED),
        ("Bearer {} x", REFUSED),
        ("Bearer {0}, Bearer {0}", REFUSED),
        ("Bearer {0},{0}", REFUSED),
        ("Basic {}", REFUSED),
        ("Token {}", REFUSED),
        ("{}", REFUSED),
        ("Bearer", REFUSED),
        ("Bearer  {}", REFUSED),
        ("Bearer x {}", REFUSED),
        ('Bearer "{}"', REFUSED),
        ("", REFUSED),
    ],
)
async def test_the_header_has_one_form(ground: Ground, form: str, found: tuple[str, str]) -> None:
    """The scheme in any case, one space, the token, and nothing else."""
    answer = await with_metadata(ground, ("authorization", form.format(ground.token)))
    assert answer == found


async def test_two_headers_are_one_too_many(ground: Ground) -> None:
    """Whichever of them is good, and whichever comes first."""
    good, bad = f"Bearer {ground.token}", f"Bearer {ground.elsewhere}"
    for pair in ((good, good), (good, bad), (bad, good)):
        assert await with_metadata(ground, *(("authorization", value) for value in pair)) == REFUSED


async def test_a_token_anywhere_else_is_no_credential(ground: Ground) -> None:
    """Binary metadata and other names count for nothing, and do not disturb the right one."""
    value = f"Bearer {ground.token}"
    others: tuple[tuple[str, str | bytes], ...] = (
        ("authorization-bin", value.encode()),
        ("proxy-authorization", value),
        ("x-authorization", value),
        ("cookie", value),
    )
    assert await with_metadata(ground, *others) == MISSING
    assert await with_metadata(ground, ("authorization", value), *others) == LET_IN


async def test_a_huge_credential_costs_nothing_but_its_call(ground: Ground) -> None:
    """Its call is ended by the bound that gRPC has on metadata, or by ours; the next one is served."""
    for size in (1_000, 7_000, 100_000):
        status, _ = await with_metadata(ground, ("authorization", f"Bearer {'x' * size}"))
        assert status in {"UNAUTHENTICATED", "RESOURCE_EXHAUSTED"}
    async with bearing(ground.server, ground.token) as channel:
        assert await presented(channel) == LET_IN

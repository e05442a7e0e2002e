"""Mutations of a good token, by the hundred: none of them lets anybody in."""

from __future__ import annotations

from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from governance import v1
from governance_server.engine.ports import StoredCredential
from governance_server.errors import Unauthenticated
from governance_server.rpc.identity import AUTHORIZATION, check, issue_token, parse_bearer
from governance_server.system import SystemEntropy

NOW_US: Final = 1_700_000_000_000_000
ISSUED: Final = issue_token(SystemEntropy())
STORED: Final = StoredCredential(
    v1.Credential(credential_id=ISSUED.credential_id, name="duty", role=v1.ROLE_SOC_OPERATOR), ISSUED.proof
)
GOOD: Final = f"Bearer {ISSUED.token}"
CHARACTERS: Final = st.characters() | st.sampled_from("gw1. Bearer-_=+/0aA\n\t\0")


def let_in(*values: str | bytes) -> bool:
    """Tell whether headers of these values get past the door, as the authenticator asks it."""
    try:
        presented = parse_bearer([(AUTHORIZATION, value) for value in values])
        known = STORED if presented.credential_id == ISSUED.credential_id else None
        return check(known, presented.proof, NOW_US).actor.name == "duty"
    except Unauthenticated:
        return False


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """The good header after a few changes: characters put in, taken out, changed, moved, doubled."""
    value = GOOD
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(value)))
        end = draw(st.integers(start, min(len(value), start + 8)))
        piece = draw(st.text(CHARACTERS, max_size=4) | st.just(value[start:end] * 2) | st.just(value[:start][-3:]))
        value = value[:start] + piece + value[end:]
    return value


def same(value: str) -> bool:
    """Tell whether a header is the good one: the name of its scheme has no case."""
    return value[:7].lower() == "bearer " and value[7:] == ISSUED.token


def test_the_token_itself_is_let_in() -> None:
    """Or all that follows would prove nothing."""
    assert let_in(GOOD)
    assert not let_in()


@given(mutated())
@example(GOOD + "\n")
@example(GOOD.replace("Bearer", "bEARER"))
@example(GOOD.replace("gw1", "\uff47\uff57\uff11"))
def test_no_mutation_of_a_good_token_is_let_in(value: str) -> None:
    """Whatever is put in, taken out, changed or moved: only the same token gets in."""
    assert let_in(value) == same(value)
    assert not let_in(value.encode("utf-8", "surrogatepass"))
    assert not let_in(value, GOOD)
    assert not let_in(GOOD, value)


@given(st.lists(st.text(max_size=100) | st.binary(max_size=100), max_size=3))
def test_nothing_made_up_is_let_in(values: list[str | bytes]) -> None:
    """Any number of headers with any text or bytes in them."""
    assert not let_in(*values)

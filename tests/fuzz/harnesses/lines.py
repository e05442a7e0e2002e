"""Lines: what an operator types or pastes to a request, and how a line may go on."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from governance_client.console import typed
from governance_client.console.choosing import listing, ordered
from governance_client.console.completion import OFFERED, complete
from governance_client.console.naming import names
from governance_client.console.verbs import Mistake, Request, parse, said_before
from governance_client.operator.modification import differences, modified
from governance_client.operator.scopes import scope_of
from governance_client.operator.spans import seconds_of
from tests.console.examples import decision
from tests.fuzz.choices import Choices
from tests.fuzz.telling import assert_told
from tests.support.hostile import hostile_decision
from tests.support.inertness import assert_inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance import v1

_VERBS: Final = tuple(names())
_WORDS: Final = (
    *("1", ".", "0a1b", "mine", "--all", "--yes", "--reason", "--reason=", "--for", "5m", "--scope", "core=maximus"),
    *("risk=high,critical", "state=pending", "action=block_ip", "target=10.", "sort=-left", "page=2", "off", "tier="),
    *("scope=host", "duration=none", "targets+=host:a", "targets-=x", "parameters.a=b", "parameters-=a", "type="),
    *("'a b'", '"c \\" d"', "it's", "--", "--to", "ciso", "--nobody", "approve", "executed", "--file", "x.csv"),
)
_DECISIONS: Final = (decision(), hostile_decision("\x1b]0;x\x07\u202e 'quoted'"), decision("0a1b2c3d4e60", "10.0.0.1"))


class _World:
    """Some decisions, one of them hostile."""

    def pending(self) -> Sequence[v1.Decision]:
        return _DECISIONS

    def starting(self, prefix: str, most: int) -> Sequence[v1.Decision]:
        return [each for each in _DECISIONS if each.decision_id.startswith(prefix)][:most]

    def find(self, word: str) -> v1.Decision | None:
        return _DECISIONS[len(word) % 3] if word else None

    def prefix(self, decision: v1.Decision) -> str:
        return decision.decision_id[:8]

    def describe(self, decision: v1.Decision) -> str:
        return f"high block_ip {decision.version}"

    def reasons(self) -> Iterable[str]:
        return ("Seen before.", "it's \x1b[31m", "two\nlines", "'")

    def halts(self) -> Iterable[tuple[str, str]]:
        return (("h-1", "all"), ("h \x07", "x"))

    def operators(self) -> Iterable[str]:
        return ("alice", "o\u202ebob", "two words")

    def groups(self) -> Iterable[tuple[str, str]]:
        return (("1", "block_ip"),)


def target(data: bytes) -> None:
    """Take a line as the console does: understand it, complete it, and what is within it."""
    choices = Choices(data)
    line = choices.rest().decode("utf-8", "replace") if choices.byte() & 1 else _typed(choices)
    _understand(line)
    _complete(line)
    _quote(line)
    _change(line.split())
    for read in (seconds_of, scope_of):
        try:
            read(line)
        except ValueError as error:
            assert_told(error)


def _typed(choices: Choices) -> str:
    words = [choices.pick(_VERBS)]
    words += [choices.pick(_WORDS) if choices.chance() else choices.text(16) for _ in range(choices.below(8))]
    return " ".join(words)


def _understand(line: str) -> None:
    request = parse(line)
    if isinstance(request, Mistake):
        assert request.message
        assert_inert(request.message)
    if isinstance(request, Request):
        told = request.selection.told()
        assert listing([each.text for each in typed.words(told)]).selection == request.selection, told
        assert 0 <= request.for_s < 1 << 63
        if request.sort or request.selection != type(request.selection)():
            ordered(_DECISIONS, request.sort)
        for each in _DECISIONS:
            request.selection.matches(each, "alice")
    assert all(each.strip() for each in said_before([line, line]))


def _complete(line: str) -> None:
    offers = list(complete(line, _World()))
    assert len(offers) <= OFFERED
    for offer in offers:
        assert -len(line) <= offer.start <= 0
        assert_inert(offer.text)
        assert_inert(offer.meaning)


def _quote(line: str) -> None:
    word = typed.quoted(line)
    if not line.startswith("--"):
        (again,) = typed.words(word)
        assert again.text == line, "a text in quotes is read as another"
    try:
        found = typed.words(line)
    except typed.UnclosedError as error:
        _check_quote(line[error.start])
        return
    assert all(one.start < one.end for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


def _check_quote(mark: str) -> None:
    assert mark in "'\"", "the quote that is not closed is none"


def _change(words: list[str]) -> None:
    before = _DECISIONS[0].proposal.action
    try:
        after = modified(before, words)
    except ValueError as error:
        assert_told(error)
        return
    assert differences(before, after)


def seeds() -> Iterator[bytes]:
    """Give a line with every verb, and the words that go with them."""
    for name in sorted(_VERBS):
        yield b"\1" + f"{name} 0a1b2c3d --reason 'a b' x".encode()
    for word in _WORDS:
        yield b"\1" + f"queue {word}".encode()
    yield b"\1modify . scope=host duration=1h targets+=ip_address:10.0.0.1"
    yield b"\1halt --scope action=block_ip --for 1h30m because"
    yield b"\1reconcile 1 executed done"
    yield b"\1batch 1 approve fine"
    yield b"\0" + bytes(range(40))

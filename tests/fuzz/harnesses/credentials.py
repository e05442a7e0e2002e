"""Credentials: the token in a call's metadata, and the file that a client is given."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final

from governance_client.credentials import Credentials
from governance_client.errors import CredentialsError
from governance_server.errors import InvalidArgument, Unauthenticated
from governance_server.rpc.identity import certificate_id, check, issue_token, parse_bearer
from governance_server.rpc.paging import page_of
from tests.fuzz.choices import Choices
from tests.fuzz.telling import assert_told, assert_untold
from tests.support.clock import CountedEntropy

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATH: Final = Path("credentials.toml")
_TELLING: Final = 20
"""Characters by which a token is told from words of ours."""
_LINES: Final = (
    'name = "alice"',
    'role = "soc_operator"',
    'server = "127.0.0.1:50051"',
    'server = "[::1]:1"',
    'server_name = "localhost"',
    'token = "gw1.0123456789abcdef.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"',
    'client_certificate = "-----BEGIN CERTIFICATE-----\\n-----END CERTIFICATE-----"',
    'client_key = "-----BEGIN PRIVATE KEY-----\\n-----END PRIVATE KEY-----"',
)


def target(data: bytes) -> None:
    """Read a token, a file or the token of a page."""
    choices = Choices(data)
    way = choices.byte() & 3
    if way == 0:
        _bearer(choices)
    elif way == 1:
        _file(choices.rest())
    elif way == 2:
        _file(_written(choices))
    else:
        _page(choices)


def _bearer(choices: Choices) -> None:
    token = choices.raw(96)
    said = token if choices.chance() else token.decode("latin-1")
    metadata = [("authorization", said)] * (choices.byte() % 3) + [(choices.text(8), choices.text(8))]
    try:
        presented = parse_bearer(metadata)
    except Unauthenticated as fault:
        if len(token) >= _TELLING:
            assert_untold(fault, token.decode("latin-1"))
        return
    assert len(presented.proof) == len(certificate_id(token).proof)
    try:
        check(None, presented.proof, 0)
    except Unauthenticated:
        return
    raise AssertionError("an unknown credential was let in")


def _file(content: bytes) -> None:
    try:
        found = Credentials.parse(content, _PATH)
    except CredentialsError as error:
        assert_told(error, _PATH)
        return
    assert (found.token is None) is not (found.client_certificate is None)
    assert found.token is None or found.token not in repr(found)
    host, _colon, port = found.server.rpartition(":")
    assert host
    assert 0 < int(port) < 1 << 16


def _written(choices: Choices) -> bytes:
    lines = [choices.pick((*_LINES, _authority())) for _ in range(choices.below(12))]
    return "\n".join([*lines, choices.rest().decode("utf-8", "replace")]).encode()


def _page(choices: Choices) -> None:
    keys = sorted({choices.text(8) for _ in range(choices.below(4))})
    try:
        page, token = page_of(keys, choices.below(4), choices.text(40))
    except InvalidArgument:
        return
    assert len(page) <= len(keys)
    if token:
        rest, _end = page_of(keys, 0, token)
        assert [*page, *rest][-1:] == keys[-1:]


@functools.cache
def _authority() -> str:
    certificate = (Path(__file__).parents[1] / "vectors" / "authority.pem").read_text(encoding="ascii")
    return f'certificate_authority = """\n{certificate}"""'


def seeds() -> Iterator[bytes]:
    """Give a good token, a good file of either kind, and files that are nearly good."""
    token = issue_token(CountedEntropy()).token
    yield b"\0" + bytes([len(token) + 7]) + f"Bearer {token}".encode() + b"\1\1"
    good = "\n".join([*_LINES[:3], _LINES[4], _LINES[5], _authority()])
    yield b"\1" + good.encode()
    yield b"\1" + "\n".join([*_LINES[:3], _LINES[4], *_LINES[6:], _authority()]).encode()
    yield b"\1a = " + b"[" * 900
    yield b"\1" + b"a = [[[[[[[[]]]]]]]]\nb = 99999999999999999999\nc = 1979-05-27T07:32:00Z"
    yield b"\2" + bytes([7, 0, 1, 2, 4, 5, 8, 3]) + b'x = "y"'
    yield b"\3" + bytes([2, 4]) + b"aaaa" + bytes([4]) + b"bbbb" + bytes([1, 8]) + b"YWFhYQ=="

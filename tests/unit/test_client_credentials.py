"""The credentials file: what is read, what is refused, and that no secret gets out of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from governance_client.credentials import ENVIRONMENT_VARIABLE, Credentials, find
from governance_client.errors import CredentialsError
from tests.support.client import AUTHORITY, TOKEN, credentials_file

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    """What the file says is what the credentials are."""
    credentials = Credentials.load(credentials_file(tmp_path))
    assert (credentials.name, credentials.role) == ("maximus", "core")
    assert (credentials.server, credentials.server_name) == ("127.0.0.1:50051", "localhost")
    assert credentials.token == TOKEN
    assert credentials.certificate_authority.strip() == AUTHORITY.strip()
    assert credentials.client_certificate is None


def test_another_address_may_be_used(tmp_path: Path) -> None:
    """The address given wins over the file's, even where the file's is none."""
    path = credentials_file(tmp_path, server='"127.0.0.1:0"')
    assert Credentials.load(path, server="[::1]:7").server == "[::1]:7"
    with pytest.raises(CredentialsError, match="HOST:PORT"):
        Credentials.load(path)
    with pytest.raises(CredentialsError, match="HOST:PORT"):
        Credentials.load(path, server="localhost")


def test_a_client_certificate_takes_the_place_of_a_token(tmp_path: Path) -> None:
    """A file holds one way to prove who its owner is."""
    pem = f'"""\n{AUTHORITY}"""'
    path = credentials_file(tmp_path, token=None, client_certificate=pem, client_key=pem)
    credentials = Credentials.load(path)
    assert credentials.token is None
    assert credentials.client_key is not None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622, 0o601])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    """A secret that others may have read is not used, and the error says what to run."""
    path = credentials_file(tmp_path)
    path.chmod(mode)
    with pytest.raises(CredentialsError, match=rf"{mode:04o}.*chmod 600"):
        Credentials.load(path)


@pytest.mark.parametrize("key", ["name", "role", "server", "server_name", "certificate_authority"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    """The error names the file and the key."""
    path = credentials_file(tmp_path, **{key: None})
    with pytest.raises(CredentialsError, match=f"{path}: {key} is missing"):
        Credentials.load(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "7"),
        ("role", '""'),
        ("token", '"gw1.short"'),
        ("token", '"Bearer x"'),
        ("certificate_authority", '"none"'),
        ("certificate_authority", '"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----"'),
        ("server", '"localhost:99999"'),
        ("token", None),
        ("client_key", '"-----BEGIN x-----END "'),
    ],
)
def test_a_senseless_value_is_refused(tmp_path: Path, key: str, value: str | None) -> None:
    """Whatever cannot work is refused when it is read, not when it is used."""
    with pytest.raises(CredentialsError, match=key):
        Credentials.load(credentials_file(tmp_path, **{key: value}))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A missing file, a directory and a file that is no TOML each get a sentence, which quotes nothing of the file."""
    with pytest.raises(CredentialsError, match="cannot be read"):
        Credentials.load(tmp_path / "none")
    with pytest.raises(CredentialsError, match=r"cannot be read|not a file"):
        Credentials.load(tmp_path)
    path = tmp_path / "bad.toml"
    path.write_text(f"token = {TOKEN}")
    path.chmod(0o600)
    with pytest.raises(CredentialsError) as caught:
        Credentials.load(path)
    assert TOKEN not in str(caught.value)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe that nobody writes to is no file, and that is said at once."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(CredentialsError, match="not a file"):
        Credentials.load(tmp_path / "pipe")


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """The repr of credentials can stand in a log."""
    assert TOKEN.rpartition(".")[2] not in repr(Credentials.load(credentials_file(tmp_path)))


def test_the_file_is_found() -> None:
    """The argument is used, else the environment; with neither, the error says how to name one."""
    assert str(find("a.toml", {ENVIRONMENT_VARIABLE: "b.toml"})) == "a.toml"
    assert str(find(None, {ENVIRONMENT_VARIABLE: "b.toml"})) == "b.toml"
    with pytest.raises(CredentialsError, match="--credentials"):
        find(None, {})

"""Credentials: the file that says where the server is, whom to trust there, and who we are."""

from __future__ import annotations

import os
import re
import ssl
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from governance_client.errors import CredentialsError
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENT_VARIABLE: Final = "GOVERNANCE_CREDENTIALS"
_MAX_FILE_BYTES: Final = 1 << 20
"""Far more than a chain of certificates takes; a device or a wrong file is not read to its end."""
_TOKEN: Final = re.compile(r"gw1\.[0-9a-f]{16}\.[A-Za-z0-9_-]{43}")
_ADDRESS: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s:/\[\]]+):(?P<port>[0-9]{1,5})")
_MAX_PORT: Final = 65535
_OPEN_FLAGS: Final = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
"""Without waiting: a pipe that nobody writes to is found to be no file, not waited for."""
_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs to be let in. Its repr shows no secret.

    Attributes:
        name: Whose it is.
        role: What its holder may be, such as "core" or "soc_operator"; for people, the server goes by its own record.
        server: The server's address as HOST:PORT.
        server_name: The name the server's certificate is checked for.
        certificate_authority: The one authority trusted for the server's certificate, in PEM.
        token: The bearer token; None where a client certificate is used.
        client_certificate: The client's certificate in PEM; None where a token is used.
        client_key: The key of that certificate in PEM.
    """

    name: str
    role: str
    server: str
    server_name: str
    certificate_authority: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    client_certificate: str | None = field(default=None, repr=False)
    client_key: str | None = field(default=None, repr=False)

    @classmethod
    def load(cls, path: Path | str, server: str | None = None) -> Credentials:
        """Read a credentials file.

        Args:
            path: The file.
            server: An address to use in place of the file's, as HOST:PORT.

        Raises:
            CredentialsError: It cannot be read, others may read it, or a key is missing or makes no sense. The text
                names the file and the key.
        """
        path = Path(path)
        if server is not None and not _is_address(server):
            raise CredentialsError(
                _("{address!r} is no server address; write HOST:PORT, such as 127.0.0.1:50051.").format(address=server)
            )
        return cls.parse(_content(path), path, server)

    @classmethod
    def parse(cls, content: bytes, path: Path, server: str | None = None) -> Credentials:
        """Return what a credentials file says.

        Args:
            content: Its bytes, whoever wrote them.
            path: What the file is called in errors.
            server: An address to use in place of the file's, as HOST:PORT.

        Raises:
            CredentialsError: It is none, or a key is missing or makes no sense. No text of the file is quoted but
                addresses.
        """
        return _from_document(path, _document(path, content), server)


def find(path_argument: Path | str | None, environ: Mapping[str, str]) -> Path:
    """Return the credentials file to use: the one named, else the one in GOVERNANCE_CREDENTIALS.

    Raises:
        CredentialsError: Neither names one.
    """
    chosen = path_argument or environ.get(ENVIRONMENT_VARIABLE)
    if not chosen:
        raise CredentialsError(
            _(
                "No credentials were named. Say --credentials FILE, or set {variable}; `governance-server operator "
                "add` or `core add` writes such a file."
            ).format(variable=ENVIRONMENT_VARIABLE)
        )
    return Path(chosen)


def _content(path: Path) -> bytes:
    try:
        with os.fdopen(os.open(path, _OPEN_FLAGS), "rb") as file:
            _check_private(path, os.fstat(file.fileno()))
            content = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CredentialsError(
            _("The credentials file {path} cannot be read: {why}. Name another with --credentials.").format(
                path=path, why=error.strerror or error
            )
        ) from None
    if len(content) > _MAX_FILE_BYTES:
        raise CredentialsError(
            _("{path} is too large for a credentials file; name the one that was written for you.").format(path=path)
        )
    return content


def _document(path: Path, content: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError):
        # Beside its own error, the parser ends with Python's for a number of too many digits and for too deep nesting.
        # Its text may quote a line, and with it a secret.
        raise CredentialsError(
            _("{path} is not a credentials file: it is no TOML. Have it written anew.").format(path=path)
        ) from None


def _check_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise CredentialsError(
            _("{path} is not a file; name the credentials file that was written for you.").format(path=path)
        )
    if os.name == "posix" and status.st_mode & _OPEN_TO_OTHERS:
        mode = stat.S_IMODE(status.st_mode)
        raise CredentialsError(
            _(
                "Others may read the credentials file {path} (its mode is {mode:04o}), so it is not used. Run: chmod "
                "600 {path}; if anybody may have read it, have it revoked and another one issued."
            ).format(path=path, mode=mode)
        )


def _from_document(path: Path, document: Mapping[str, object], server: str | None) -> Credentials:
    token = _optional(path, document, "token")
    certificate, key = _optional(path, document, "client_certificate"), _optional(path, document, "client_key")
    if (token is None) == (certificate is None) or (certificate is None) != (key is None):
        raise CredentialsError(
            _("{path} must hold either token, or client_certificate and client_key. Have it written anew.").format(
                path=path
            )
        )
    if token is not None and _TOKEN.fullmatch(token) is None:
        raise CredentialsError(
            _("{path}: token is not one of this product's (gw1.…). Have it written anew.").format(path=path)
        )
    server = server or _required(path, document, "server")
    if not _is_address(server):
        raise CredentialsError(
            _(
                "{path}: server is {address!r} and must be HOST:PORT, such as 127.0.0.1:50051. Correct it, or say "
                "--server."
            ).format(path=path, address=server)
        )
    return Credentials(
        name=_required(path, document, "name"),
        role=_required(path, document, "role"),
        server=server,
        server_name=_required(path, document, "server_name"),
        certificate_authority=_authority(path, _required(path, document, "certificate_authority")),
        token=token,
        client_certificate=certificate and _pem(path, "client_certificate", certificate),
        client_key=key and _pem(path, "client_key", key),
    )


def _required(path: Path, document: Mapping[str, object], key: str) -> str:
    value = _optional(path, document, key)
    if value is None:
        raise CredentialsError(_("{path}: {key} is missing. Have the file written anew.").format(path=path, key=key))
    return value


def _optional(path: Path, document: Mapping[str, object], key: str) -> str | None:
    value = document.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise CredentialsError(
            _("{path}: {key} must be a text that is not empty. Have the file written anew.").format(path=path, key=key)
        )
    return value


def _pem(path: Path, key: str, value: str) -> str:
    if "-----BEGIN " not in value or "-----END " not in value or not value.isascii():
        raise CredentialsError(
            _("{path}: {key} is not in PEM (-----BEGIN …-----). Have the file written anew.").format(path=path, key=key)
        )
    return value


def _authority(path: Path, value: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=_pem(path, "certificate_authority", value))
    except (ssl.SSLError, ValueError):
        raise CredentialsError(
            _(
                "{path}: certificate_authority holds no certificate that can be read. Have the file written anew."
            ).format(path=path)
        ) from None
    return value


def _is_address(text: str) -> bool:
    match = _ADDRESS.fullmatch(text)
    return match is not None and 0 < int(match["port"]) <= _MAX_PORT

"""Credentials of the tests' own making, for what needs no server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

TOKEN: Final = "gw1.0123456789abcdef." + "s" * 43
AUTHORITY: Final = """\
-----BEGIN CERTIFICATE-----
MIIBiDCCAS+gAwIBAgIUF+D+WkS0JxOaajvxqie06+rmlEMwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTIyMTQ1NDU2WhgPMjEy
NjEwMjkxNDU0NTZaMBkxFzAVBgNVBAMMDlRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAENkC+Git/Gu0bp2wYRZClow8xY04oc2wcpTZBhaTW
edS00xLiP8OnlVysX/+rAJClRziWYYQhZv+baqXliKntlaNTMFEwHQYDVR0OBBYE
FGUll531He/2Oiw/LQAnRhVk6JC3MB8GA1UdIwQYMBaAFGUll531He/2Oiw/LQAn
RhVk6JC3MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgOIe8cAGj
Y3wnfkYbrS1WWI+llcZuUzPiKe0mIjrcMsACIARPcbA9f1A6LsV7Qxkh0J1TOIoV
bXCeDoHs4L2vt2K0
-----END CERTIFICATE-----
"""


def credentials_file(directory: Path, **changed: str | None) -> Path:
    """Write a credentials file, some of its values, in TOML, changed or, as None, left out; return its path."""
    values: dict[str, str | None] = {
        "name": '"maximus"',
        "role": '"core"',
        "server": '"127.0.0.1:50051"',
        "server_name": '"localhost"',
        "token": f'"{TOKEN}"',
        "certificate_authority": f'"""\n{AUTHORITY}"""',
    }
    values.update(changed)
    path = directory / "maximus.toml"
    path.write_text("".join(f"{key} = {value}\n" for key, value in values.items() if value is not None))
    path.chmod(0o600)
    return path

"""The house's own certificates, as verifiers that know nothing of it see them."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import verification

from governance_server.rpc.certificates import (
    Authority,
    create_authority,
    issue_client_certificate,
    issue_server_certificate,
)
from tests.support.clock import CountedEntropy

if TYPE_CHECKING:
    from pathlib import Path

NOW_US = 1_800_000_000_000_000
NOW = datetime.fromtimestamp(NOW_US // 1_000_000, tz=UTC)
YEAR_US = 365 * 86400 * 1_000_000


ENTROPY = CountedEntropy()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return create_authority(now_us=NOW_US, entropy=ENTROPY)


def loaded(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def trusting(authority: Authority, moment: datetime = NOW) -> verification.PolicyBuilder:
    return verification.PolicyBuilder().store(verification.Store([loaded(authority.certificate)])).time(moment)


@pytest.mark.parametrize("host", ["localhost", "governance.example.org", "127.0.0.1", "::1"])
def test_a_server_certificate_is_good_for_each_of_its_hosts(authority: Authority, host: str) -> None:
    """A verifier that trusts the authority takes the certificate for every name and address it was made for."""
    hosts = ["localhost", "governance.example.org", "127.0.0.1", "::1"]
    issued = issue_server_certificate(authority, hosts, now_us=NOW_US, entropy=ENTROPY)
    subject: x509.GeneralName
    try:
        subject = x509.IPAddress(ip_address(host))
    except ValueError:
        subject = x509.DNSName(host)
    chain = trusting(authority).build_server_verifier(subject).verify(loaded(issued.certificate), [])
    assert len(chain) == 2


def test_a_server_certificate_is_good_for_no_other_host(authority: Authority) -> None:
    """A name that is not in it is not believed."""
    issued = issue_server_certificate(authority, ["localhost"], now_us=NOW_US, entropy=ENTROPY)
    verifier = trusting(authority).build_server_verifier(x509.DNSName("evil.example"))
    with pytest.raises(verification.VerificationError):
        verifier.verify(loaded(issued.certificate), [])


def test_a_client_certificate_proves_a_client_and_serves_nobody(authority: Authority) -> None:
    """The two purposes are apart: a stolen client certificate cannot play the server."""
    issued = issue_client_certificate(authority, "maximus", NOW_US + YEAR_US, now_us=NOW_US, entropy=ENTROPY)
    certificate = loaded(issued.certificate)
    trusting(authority).build_client_verifier().verify(certificate, [])
    with pytest.raises(verification.VerificationError):
        trusting(authority).build_server_verifier(x509.DNSName("maximus")).verify(certificate, [])
    server = issue_server_certificate(authority, ["localhost"], now_us=NOW_US, entropy=ENTROPY)
    with pytest.raises(verification.VerificationError):
        trusting(authority).build_client_verifier().verify(loaded(server.certificate), [])


def test_another_authority_vouches_for_nobody(authority: Authority) -> None:
    """Two houses do not believe each other's certificates, and their names differ."""
    other = create_authority(now_us=NOW_US, entropy=ENTROPY)
    assert loaded(other.certificate).subject != loaded(authority.certificate).subject
    issued = issue_client_certificate(other, "maximus", NOW_US + YEAR_US, now_us=NOW_US, entropy=ENTROPY)
    with pytest.raises(verification.VerificationError):
        trusting(authority).build_client_verifier().verify(loaded(issued.certificate), [])


@pytest.mark.parametrize(
    ("moment", "good"),
    [
        (NOW - timedelta(minutes=5), True),
        (NOW - timedelta(minutes=5, seconds=1), False),
        (NOW + timedelta(days=365), True),
        (NOW + timedelta(days=365, seconds=1), False),
    ],
)
def test_a_certificate_is_good_from_a_little_before_now_until_its_end(
    authority: Authority, moment: datetime, good: bool
) -> None:
    """A client whose clock is five minutes late is let in at once; nobody is after the end."""
    issued = issue_client_certificate(authority, "maximus", NOW_US + YEAR_US, now_us=NOW_US, entropy=ENTROPY)
    verifier = trusting(authority, moment).build_client_verifier()
    if good:
        verifier.verify(loaded(issued.certificate), [])
    else:
        with pytest.raises(verification.VerificationError):
            verifier.verify(loaded(issued.certificate), [])


def test_the_lives_are_ten_years_and_825_days(authority: Authority) -> None:
    """The authority lives ten years, a server certificate 825 days."""
    issued = issue_server_certificate(authority, ["localhost"], now_us=NOW_US, entropy=ENTROPY)
    assert loaded(authority.certificate).not_valid_after_utc == NOW + timedelta(days=3650)
    assert loaded(issued.certificate).not_valid_after_utc == NOW + timedelta(days=825)


def test_nothing_outlives_its_authority(authority: Authority) -> None:
    """A certificate asked to last longer ends with the authority that vouches for it."""
    issued = issue_client_certificate(authority, "maximus", NOW_US + 50 * YEAR_US, now_us=NOW_US, entropy=ENTROPY)
    assert loaded(issued.certificate).not_valid_after_utc == loaded(authority.certificate).not_valid_after_utc


def test_the_authority_makes_no_further_authorities(authority: Authority) -> None:
    """It may sign certificates and nothing else, and none below it may sign any."""
    extensions = loaded(authority.certificate).extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature


def test_a_certificate_is_named_by_its_der(authority: Authority) -> None:
    """The DER that comes along is that of the certificate, and every serial number is another."""
    first = issue_client_certificate(authority, "maximus", NOW_US + YEAR_US, now_us=NOW_US, entropy=ENTROPY)
    second = issue_client_certificate(authority, "maximus", NOW_US + YEAR_US, now_us=NOW_US, entropy=ENTROPY)
    assert loaded(first.certificate).public_bytes(serialization.Encoding.DER) == first.der
    assert loaded(first.certificate).serial_number != loaded(second.certificate).serial_number


def test_keys_do_not_show_in_a_log(authority: Authority) -> None:
    """Neither an authority nor what it issues prints its key."""
    issued = issue_server_certificate(authority, ["localhost"], now_us=NOW_US, entropy=ENTROPY)
    assert "PRIVATE" in issued.key.decode()
    assert "PRIVATE" not in repr(authority) + repr(issued)


def test_tls_loads_what_is_issued(authority: Authority, tmp_path: Path) -> None:
    """Certificate and key belong together, as OpenSSL sees it."""
    issued = issue_server_certificate(authority, ["localhost"], now_us=NOW_US, entropy=ENTROPY)
    chain = tmp_path / "server.pem"
    chain.write_bytes(issued.certificate + issued.key)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(chain)


@pytest.mark.parametrize("hosts", [[], ["bücher.example"]])
def test_a_server_certificate_needs_a_host_that_can_stand_in_it(authority: Authority, hosts: list[str]) -> None:
    """Without a host, or with one that is not ASCII, there is nothing a client could check."""
    with pytest.raises(ValueError, match=r"host|A-label"):
        issue_server_certificate(authority, hosts, now_us=NOW_US, entropy=ENTROPY)


def test_a_certificate_that_has_ended_is_not_issued(authority: Authority) -> None:
    """An end that is not in the future is a mistake, and is told as one."""
    with pytest.raises(ValueError, match="Choose a later end"):
        issue_client_certificate(authority, "maximus", NOW_US, now_us=NOW_US, entropy=ENTROPY)

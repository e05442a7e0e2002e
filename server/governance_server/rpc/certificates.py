"""The house's own certificates: a private authority, the server's certificate, and those of clients.

Elliptic curve P-256 and SHA-256 throughout; profiles as RFC 5280 and the CA/Browser Forum's limits on a server
certificate's life. Keys come from the operating system's chance, since `cryptography` lets nobody else draw them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance_server.engine.ports import Entropy

AUTHORITY_LIFE: Final = timedelta(days=3650)
SERVER_LIFE: Final = timedelta(days=825)
"""What the CA/Browser Forum allowed and TLS stacks still take from a private authority."""
CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far a client's clock may lag behind the server's and still find a new certificate valid."""
SERIAL_BYTES: Final = 16
"""128 bits of chance; RFC 5280 allows at most 20 octets, and 64 bits are asked for."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUSE: Final = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Governance Workspace")


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key.

    Attributes:
        certificate: In PEM.
        key: Its private key in PEM (PKCS #8), not encrypted. Not shown by repr.
        der: The certificate in DER, whose SHA-256 names it as a credential.
    """

    certificate: bytes
    key: bytes = field(repr=False)
    der: bytes


@dataclass(frozen=True, slots=True)
class Authority:
    """The house's certificate authority.

    Attributes:
        certificate: In PEM; what clients trust.
        key: Its private key in PEM (PKCS #8), not encrypted. Not shown by repr.
    """

    certificate: bytes
    key: bytes = field(repr=False)


def create_authority(*, now_us: int, entropy: Entropy) -> Authority:
    """Make a new authority, good for ten years, that can issue certificates and no further authorities."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Governance Workspace CA {entropy.token(8).hex()}")
    now = _moment(now_us)
    certificate = (
        _builder(name, name, key.public_key(), entropy)
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(_pem(certificate), _key_pem(key))


def issue_server_certificate(authority: Authority, hosts: Sequence[str], *, now_us: int, entropy: Entropy) -> Issued:
    """Issue the certificate the server shows, good for 825 days or as long as its authority.

    Args:
        authority: Who signs.
        hosts: The names and IP addresses it is good for, at least one. Clients check no other part of it.
        now_us: The present moment.
        entropy: For the serial number.

    Raises:
        ValueError: No host, or one that is neither a name in ASCII nor an address.
    """
    if not hosts:
        raise ValueError("A server certificate needs at least one host name or address.")
    alternatives = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
    return _issue(
        authority,
        "Governance Workspace server",
        alternatives,
        ExtendedKeyUsageOID.SERVER_AUTH,
        (_moment(now_us), _moment(now_us) + SERVER_LIFE),
        entropy,
    )


def issue_client_certificate(
    authority: Authority, name: str, not_after_us: int, *, now_us: int, entropy: Entropy
) -> Issued:
    """Issue a certificate by which a caller proves who it is.

    What its holder may be is looked up by the certificate's hash and is not in it.

    Args:
        authority: Who signs.
        name: The credential's name, for people who look at the certificate; at most 64 characters.
        not_after_us: When it ends; at the latest with its authority.
        now_us: The present moment.
        entropy: For the serial number.

    Raises:
        ValueError: The name does not fit into a certificate, or the end is not in the future.
    """
    now = _moment(now_us)
    # RFC 5280 section 4.2.1.6 lets a directory name stand there; verifiers ask that a leaf has some alternative name.
    alternatives = x509.SubjectAlternativeName([x509.DirectoryName(_name(name))])
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH
    return _issue(authority, name, alternatives, purpose, (now, _moment(not_after_us)), entropy)


def is_certificate(pem: bytes) -> bool:
    """Tell whether a file's content is a certificate, or a chain of them."""
    try:
        return bool(x509.load_pem_x509_certificates(pem))
    except ValueError:
        return False


def is_key_of(pem: bytes, certificate: bytes) -> bool:
    """Tell whether a file's content is the private key of a certificate, the first one of its chain."""
    try:
        key = serialization.load_pem_private_key(pem, password=None).public_key()
        certified = x509.load_pem_x509_certificates(certificate)[0].public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    kind = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.public_bytes(*kind) == certified.public_bytes(*kind)


def _issue(
    authority: Authority,
    common_name: str,
    alternatives: x509.SubjectAlternativeName,
    purpose: x509.ObjectIdentifier,
    life: tuple[datetime, datetime],
    entropy: Entropy,
) -> Issued:
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    issuer_key = serialization.load_pem_private_key(authority.key, password=None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    now, not_after = life
    not_after = min(not_after, issuer.not_valid_after_utc)
    if not_after <= now:
        raise ValueError("The certificate would have ended before it was issued. Choose a later end.")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(common_name), issuer.subject, key.public_key(), entropy)
        .not_valid_before(max(now - CLOCK_SKEW, issuer.not_valid_before_utc))
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(alternatives, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return Issued(_pem(certificate), _key_pem(key), certificate.public_bytes(serialization.Encoding.DER))


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, entropy: Entropy
) -> x509.CertificateBuilder:
    serial = int.from_bytes(b"\x01" + entropy.token(SERIAL_BYTES))
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(serial)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([_HOUSE, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _moment(moment_us: int) -> datetime:
    """Return a moment as certificates write it: whole seconds, in UTC."""
    return _EPOCH + timedelta(seconds=moment_us // 1_000_000)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

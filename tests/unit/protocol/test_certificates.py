"""What is read in a certificate is what a library for them reads there, and what is no certificate is refused."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from hobnob.protocol.certificates import Certificate

KEYS: dict[str, CertificateIssuerPrivateKeyTypes] = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
    "RSA": rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}
BEGINS, ENDS = datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2036, 2, 29, 23, 59, 59, tzinfo=UTC)
OTHER = Path(__file__).parents[2] / "net" / "certificates" / "cert.pem"


def made(kind: str = "P-256", begins: datetime = BEGINS, ends: datetime = ENDS, *names: str) -> x509.Certificate:
    key = KEYS[kind]
    somebody = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hobnob")])
    builder = x509.CertificateBuilder(somebody, somebody, key.public_key(), 1, begins, ends)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    if names:
        general = [x509.IPAddress(ip_address(name)) if ":" in name else x509.DNSName(name) for name in names]
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name("a@b.c"), *general]), False)
    return builder.sign(key, None if kind == "Ed25519" else SHA256())


def in_der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def key_of(certificate: x509.Certificate) -> bytes:
    return in_one_form(certificate.public_key())


def in_one_form(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("kind", KEYS)
def test_the_key_is_read(kind: str) -> None:
    certificate = made(kind)
    assert Certificate(in_der(certificate)).key == key_of(certificate)


def test_the_names_are_read() -> None:
    names = ["localhost", "chat.example.org", "::1", "2001:db8::7"]
    assert Certificate(in_der(made("P-256", BEGINS, ENDS, *names))).names() == names
    assert Certificate(in_der(made())).names() == []


@pytest.mark.parametrize("year", [1950, 1999, 2049, 2050, 2161])
def test_the_dates_are_read_whatever_the_century(year: int) -> None:
    begins = datetime(year, 2, 28, 1, 2, 3, tzinfo=UTC)
    ends = begins.replace(year=year + 10)
    assert Certificate(in_der(made("P-256", begins, ends))).dates() == (begins, ends)


def test_a_certificate_of_the_first_version_is_read() -> None:
    """It has neither a version nor extensions."""
    certificate = made()
    body, version, key = certificate.tbs_certificate_bytes, bytes.fromhex("a003020102"), key_of(certificate)
    fields = body[body.index(version) + len(version) : body.index(key) + len(key)]
    first = Certificate(sequence(sequence(fields) + in_der(certificate).partition(body)[2]))
    assert first.key == key
    assert first.names() == []


def sequence(content: bytes) -> bytes:
    length = len(content).to_bytes(2, "big").lstrip(b"\0")
    return b"\x30" + (bytes([0x80 | len(length)]) if len(content) >= 0x80 else b"") + length + content


def changed(der: bytes) -> Iterator[bytes]:
    """All that one wrong bit, a missing and a doubled byte can make of it."""
    for at, byte in enumerate(der):
        before, after = der[:at], der[at + 1 :]
        yield from (before + bytes([byte ^ 1 << bit]) + after for bit in range(8))
        yield before + after
        yield before + bytes([byte, byte]) + after
        yield before


@pytest.mark.filterwarnings("ignore:Parsed a")
def test_nobody_finds_another_key_in_it_than_a_library_does() -> None:
    """Else who has the one key could pass for who has the other."""
    read = refused = 0
    for der in changed(in_der(made("P-256", BEGINS, ENDS, "localhost", "::1"))):
        try:
            ours = Certificate(der)
            ours.key, ours.dates(), ours.names()
        except ValueError:
            refused += 1
            continue
        try:
            theirs = key_of(x509.load_der_x509_certificate(der))
        except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm):
            continue
        read += 1
        assert in_one_form(load_der_public_key(ours.key)) == theirs  # a point can be written in several
    assert read > 100
    assert refused > 100


DER = ssl.PEM_cert_to_DER_cert(OTHER.read_text())
NONE = {
    "nothing": b"",
    "text": b"no certificate",
    "an empty one": b"\x30\x00",
    "empty ones": b"\x30\x06\x30\x00\x30\x00\x03\x00",
    "more behind it": DER + b"\0",
    "two": DER + DER,
    "a length that is too long": b"\x30\x83\x00" + DER[2:],
    "a short length in the long form": b"\x30\x81\x02\x05\x00",
    "no length": b"\x30\x80" + DER[4:] + b"\0\0",
    "a length without end": b"\x30\xff" + b"\xff" * 200,
    "a long tag": b"\x3f\x1f" + DER[1:],
    "a key first": sequence(key_of(made())),
}


@pytest.mark.parametrize("der", NONE.values(), ids=NONE.keys())
def test_what_is_no_certificate_is_refused(der: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Certificate(der)


@pytest.mark.parametrize("time", [b"361332000000Z", b"36022923595Z+", b"3602292359590", b"\xff60229235959Z"])
def test_a_date_that_is_none_is_refused(time: bytes) -> None:
    der = in_der(made())
    with pytest.raises(ValueError, match=r"."):
        Certificate(der.replace(b"360229235959Z", time)).dates()

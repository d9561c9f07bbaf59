"""The server's own certificate: what is in it, when it is made anew, and what may be wrong with its files."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_IMODE

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from structlog.testing import capture_logs

from hobnob.net.certificate import MAX_NAMES, RENEW_BEFORE, VALID_FOR, keep_certificate
from hobnob.net.tls import TlsRefused, first_certificate, server_context
from hobnob.protocol.fingerprints import fingerprint

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def kept(folder: Path, names: Iterable[str] = (), now: datetime = NOW) -> x509.Certificate:
    """The certificate after the folder was seen to; it and its key are a pair that TLS takes."""
    cert, key = keep_certificate(folder, names, now)
    server_context(cert, key)
    return x509.load_pem_x509_certificate(cert.read_bytes())


def names(certificate: x509.Certificate) -> list[str]:
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return [str(name.value) for name in extension.value]


def key_bytes(folder: Path) -> bytes:
    return (folder / "key.pem").read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tls"


def test_what_is_made_at_the_first_start(folder: Path) -> None:
    certificate = kept(folder, ["chat.example.org", "192.0.2.7", "fe80::1%eth0"])
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert names(certificate) == ["localhost", "127.0.0.1", "::1", "chat.example.org", "192.0.2.7", "fe80::1"]
    assert certificate.not_valid_before_utc < NOW - timedelta(hours=12)
    assert certificate.not_valid_after_utc == NOW + VALID_FOR
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert not constraints.value.ca
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
    assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH
    ]


def test_its_files_are_their_owners_alone(folder: Path) -> None:
    kept(folder)
    assert S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "cert.pem": 0o600,
        "key.pem": 0o600,
    }


def test_the_next_start_finds_it(folder: Path) -> None:
    kept(folder, ["chat.example.org"])
    before = {path: path.read_bytes() for path in folder.iterdir()}
    kept(folder, ["chat.example.org"], NOW + timedelta(days=1))
    kept(folder, [], NOW + timedelta(days=2))
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_new_name_keeps_the_key_and_the_names_of_earlier_days(folder: Path) -> None:
    first = kept(folder, ["old.example.org"])
    second = kept(folder, ["new.example.org"])
    assert second.public_key() == first.public_key()
    assert second.serial_number != first.serial_number
    assert {"localhost", "old.example.org", "new.example.org"} < set(names(second))
    assert fingerprint(first_certificate(folder / "cert.pem")) == fingerprint(first.public_bytes(Encoding.DER))


def test_a_machine_that_moves_about_does_not_collect_names_for_ever(folder: Path) -> None:
    for day in range(MAX_NAMES + 20):
        certificate = kept(folder, [f"198.51.100.{day}"], NOW + timedelta(days=day))
        assert len(names(certificate)) <= MAX_NAMES
        assert f"198.51.100.{day}" in names(certificate)


@pytest.mark.parametrize(
    "later",
    [VALID_FOR - RENEW_BEFORE, VALID_FOR, 2 * VALID_FOR, timedelta(days=-2)],
    ids=["ends soon", "has ended", "ended long ago", "is from the future"],
)
def test_a_certificate_that_will_not_last_is_made_anew_with_the_same_key(folder: Path, later: timedelta) -> None:
    first = kept(folder)
    key = key_bytes(folder)
    second = kept(folder, [], NOW + later)
    assert second.not_valid_after_utc == NOW + later + VALID_FOR
    assert second.serial_number != first.serial_number
    assert key_bytes(folder) == key


def test_a_certificate_that_somebody_made_for_our_key_gets_its_names(folder: Path) -> None:
    kept(folder)
    key = load_pem_private_key(key_bytes(folder), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    itself = x509.Name([])
    own = x509.CertificateBuilder(itself, itself, key.public_key(), 1, NOW, NOW + VALID_FOR).sign(key, SHA256())
    (folder / "cert.pem").write_bytes(own.public_bytes(Encoding.PEM))
    assert "localhost" in names(kept(folder))


@pytest.mark.parametrize("what", ["missing", "empty", "cut", "no PEM", "another's"])
def test_a_certificate_that_is_no_use_is_made_anew_with_the_same_key(folder: Path, what: str) -> None:
    first = kept(folder)
    cert = folder / "cert.pem"
    whole = cert.read_bytes()
    if what == "missing":
        cert.unlink()
    elif what == "another's":
        kept(folder.parent / "other")
        cert.write_bytes((folder.parent / "other/cert.pem").read_bytes())
    else:
        cert.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "no PEM": b"\0" * 100}[what])
    assert kept(folder).public_key() == first.public_key()


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


DAMAGED = {
    "empty": b"",
    "zeros": bytes(300),
    "cut": pem(ec.generate_private_key(ec.SECP256R1()))[:120],
    "encrypted": pem(ec.generate_private_key(ec.SECP256R1()), b"secret"),
    "of another kind": pem(rsa.generate_private_key(65537, 2048)),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_key_is_never_replaced_in_silence(folder: Path, content: bytes) -> None:
    """A new key has a new fingerprint, which nobody who pinned the old one would accept."""
    kept(folder)
    (folder / "key.pem").write_bytes(content)
    with pytest.raises(TlsRefused, match=r"^The TLS key \S+ is damaged: put it back from a backup; .*\.$"):
        keep_certificate(folder, [], NOW)
    assert key_bytes(folder) == content


def test_a_pair_of_another_kind_is_not_ours(folder: Path) -> None:
    folder.mkdir()
    key, itself = rsa.generate_private_key(65537, 2048), x509.Name([])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    builder = x509.CertificateBuilder(itself, itself, key.public_key(), 1, NOW, NOW + VALID_FOR)
    certificate = builder.add_extension(names, critical=False).sign(key, SHA256())
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(pem(key))
    with pytest.raises(TlsRefused, match=r"^The TLS key \S+ is damaged"):
        keep_certificate(folder, [], NOW)


def test_a_key_that_others_could_read_is_taken_from_them_and_the_log_says_so(folder: Path) -> None:
    kept(folder)
    (folder / "key.pem").chmod(0o644)
    with capture_logs() as logged:
        kept(folder)
    assert S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert [line["log_level"] for line in logged] == ["warning"]


def test_what_a_killed_start_left_is_no_hindrance(folder: Path) -> None:
    folder.mkdir()
    (folder / "key.pem.new").write_bytes(b"half a k")
    (folder / "key.pem.new").chmod(0o644)
    kept(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["cert.pem", "key.pem"]
    assert S_IMODE((folder / "key.pem").stat().st_mode) == 0o600


def test_nothing_is_written_through_a_link(folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    (tmp_path / "precious").write_text("as it was")
    (folder / "key.pem.new").symlink_to(tmp_path / "precious")
    with pytest.raises(TlsRefused, match=r"^The server's TLS certificate cannot be kept in \S+: .*\.$"):
        keep_certificate(folder, [], NOW)
    assert (tmp_path / "precious").read_text() == "as it was"


def test_a_folder_that_cannot_be_used_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("no folder")
    with pytest.raises(TlsRefused, match=r"^The server's TLS certificate cannot be kept in \S+tls: .*\.$"):
        keep_certificate(tmp_path / "tls", [], NOW)


@pytest.mark.parametrize(
    "name", ["büro", "büro.local", "", ".local", "x" * 300, "a b", "under_score.lan", "fe80::1%eth0"]
)
def test_a_machine_may_have_any_name(folder: Path, name: str) -> None:
    """What no certificate can hold is left out: people still come in by the address."""
    certificate = kept(folder, [name, "192.0.2.7"])
    assert "192.0.2.7" in names(certificate)
    before = certificate.serial_number
    assert kept(folder, [name, "192.0.2.7"]).serial_number == before  # not made anew at each start

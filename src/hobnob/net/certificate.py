"""The server's own certificate: made at the first start, kept in a folder of its own, renewed before it ends.

The key is made once and kept for ever, as clients remember the server by it; a certificate that ends, or that lacks a
name, is made anew for the same key. Whenever the process is killed, each file is there in full or not at all. All of
it blocks, and what makes anything loads a large library, so it is for a thread; one process at a time may use a folder.
"""

import os
import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from hobnob.net.tls import TlsRefused, first_certificate, server_context
from hobnob.protocol.certificates import Certificate

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import GeneralName

CERTIFICATE, KEY = "cert.pem", "key.pem"

VALID_FOR = timedelta(days=3650)
"""Nobody but our own clients and a person who looks can trust it, and neither goes by its dates."""
RENEW_BEFORE = timedelta(days=90)
CLOCKS_DIFFER = timedelta(days=1)
"""How much the client's clock may be behind."""
MAX_NAMES = 100
"""Beyond it the names of earlier days are left out: a machine that moves about would collect them for ever."""

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
_ALWAYS = ("localhost", "127.0.0.1", "::1")
_ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of nobody (RFC 5737, 3849): the way there shows this machine's own address, and nothing is sent."""

_ELLIPTIC = bytes.fromhex("06072a8648ce3d0201")
"""With what a key like ours says what kind it is (RFC 5480, 2.1.1)."""

_log = structlog.get_logger()


def keep_certificate(folder: Path, names: Iterable[str], now: datetime | None = None) -> tuple[Path, Path]:
    """See that `folder` has a certificate that is good for `names`, hosts or addresses; its path and its key's.

    Raises:
        TlsRefused: the folder cannot be used, or the key is damaged.
    """
    now = now or datetime.now(UTC)
    cert_path, key_path = folder / CERTIFICATE, folder / KEY
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _take_from_others(key_path)
        wanted = [*dict.fromkeys(filter(None, map(_as_certified, [*_ALWAYS, *names])))]
        had, lasts = _kept(cert_path, key_path, now)
        if not lasts or not set(wanted) <= set(had):
            names = [*dict.fromkeys([*wanted, *had])]
            key = _kept_key(key_path) or _new_key(key_path)
            _make_certificate(cert_path, key, names if len(names) <= MAX_NAMES else wanted, now)
    except OSError as refused:
        reason = (refused.strerror or type(refused).__name__).lower()
        raise TlsRefused(f"The server's TLS certificate cannot be kept in {folder}: {reason}.") from refused
    return cert_path, key_path


def names_of_this_machine() -> list[str]:
    """Its host name, the same as mDNS has it, and the addresses by which it reaches others; asks nobody."""
    host = socket.gethostname().lower()
    names = [host] if "." in host else [host, f"{host}.local"]
    for family, elsewhere in _ELSEWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            names.append(str(probe.getsockname()[0]))
    return names


def name_for_others() -> str:
    """By what others on its network best reach this machine: its address there, else its host name."""
    host, *names = names_of_this_machine()
    return next((name for name in names if not name.endswith(".local")), host)


def _take_from_others(key: Path) -> None:
    """Let nobody but this user read the key."""
    with suppress(FileNotFoundError):
        if key.stat().st_mode & 0o077:
            key.chmod(0o600)
            _log.warning("others on this machine could read the TLS key; now only its owner can", key=str(key))


def _kept(cert: Path, key: Path, now: datetime) -> tuple[list[str], bool]:
    """For which names the certificate is good, and whether it will be for long.

    None where it is no pair with the key, or that is none of ours: a certificate can be made again. One from the future
    was made while the clock was wrong.
    """
    try:
        server_context(cert, key)
        kept = Certificate(first_certificate(cert))
        begins, ends = kept.dates()
        return (kept.names(), begins <= now < ends - RENEW_BEFORE) if _ELLIPTIC in kept.key[:16] else ([], False)
    except ValueError:
        return [], False


def _kept_key(path: Path) -> "EllipticCurvePrivateKey | None":
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as damaged:
        raise _damaged(path) from damaged
    if not isinstance(key, EllipticCurvePrivateKey):
        raise _damaged(path)
    return key


def _damaged(path: Path) -> TlsRefused:
    return TlsRefused(
        f"The TLS key {path} is damaged: put it back from a backup; without one delete it, and a new one is made,"
        " whose fingerprint everybody has to be told."
    )


def _new_key(path: Path) -> "EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(SECP256R1())
    _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def _make_certificate(path: Path, key: "EllipticCurvePrivateKey", names: list[str], now: datetime) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import ExtendedKeyUsageOID

    itself = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hobnob")])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder(itself, itself, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    _write(path, certificate.public_bytes(Encoding.PEM))


def _as_certified(name: str) -> str:
    """A name as a certificate has it; empty for one that none can have, which machines may all the same."""
    try:
        return str(ip_address(name.partition("%")[0]))
    except ValueError:
        return name if _HOST_NAME.fullmatch(name) else ""


def _general_name(name: str) -> "GeneralName":
    from cryptography.x509 import DNSName, IPAddress

    try:
        return IPAddress(ip_address(name))
    except ValueError:
        return DNSName(name)


def _write(path: Path, data: bytes) -> None:
    """Put a whole file in place, on the disk, for its owner alone; what an earlier try left is written over."""
    unfinished = path.with_name(f"{path.name}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

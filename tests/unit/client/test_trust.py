"""By what a server is believed: every combination of address, flags, link and what is known."""

import ssl
from pathlib import Path

import pytest

from hobnob.client.address import Address
from hobnob.client.errors import CannotConnect, UnknownKey
from hobnob.client.known_hosts import DAMAGED, KnownHosts
from hobnob.client.trust import Tls, Trust, decide
from hobnob.protocol.fingerprints import fingerprint

CERTIFICATE = ssl.PEM_cert_to_DER_cert(
    (Path(__file__).parents[2] / "net" / "certificates" / "cert.pem").read_text("ascii")
)
SHOWN = fingerprint(CERTIFICATE)
KEY, OTHER = "k" * 43, "o" * 43
HERE, FAR = Address("127.0.0.1"), Address("chat.example.org")


@pytest.fixture
def known(tmp_path: Path) -> KnownHosts:
    return KnownHosts(tmp_path / "known_hosts")


def kind(trust: Trust) -> str:
    if trust.context is None:
        return "plain"
    if trust.by_system:
        assert trust.context.verify_mode is ssl.CERT_REQUIRED
        assert trust.context.check_hostname
        return f"system {trust.key}".strip()
    assert trust.context.verify_mode is ssl.CERT_NONE
    return f"key {trust.key}"


@pytest.mark.parametrize(
    ("address", "tls", "insecure", "key", "kept", "expected"),
    [
        (HERE, None, False, "", None, "plain"),
        (Address("localhost"), None, False, "", None, "plain"),
        (Address("::1"), None, False, "", None, "plain"),
        (HERE, True, False, "", None, "system"),
        (HERE, True, True, "", None, "system"),
        (HERE, None, False, KEY, None, f"system {KEY}"),
        (HERE, None, True, KEY, None, f"system {KEY}"),
        (HERE, None, False, "", KEY, f"key {KEY}"),
        (HERE, None, False, KEY, KEY, f"key {KEY}"),
        (FAR, None, False, "", None, "system"),
        (FAR, True, False, "", None, "system"),
        (FAR, False, False, "", None, "plain"),  # what was reached decides whether it is used
        (FAR, None, True, "", None, "plain"),
        (FAR, None, False, KEY, None, f"system {KEY}"),
        (FAR, None, False, "", KEY, f"key {KEY}"),
        (FAR, True, False, "", DAMAGED, f"key {DAMAGED}"),
        (FAR, OTHER, False, "", KEY, f"key {OTHER}"),
        (FAR, OTHER, False, OTHER, KEY, f"key {OTHER}"),
        (Address("127.0.0.1.example.org"), None, False, "", None, "system"),
    ],
)
def test_how_a_server_is_met(
    known: KnownHosts, address: Address, tls: Tls, insecure: bool, key: str, kept: str | None, expected: str
) -> None:
    if kept:
        known.remember(address, kept)
    trust = decide(address, tls, insecure=insecure, key=key, known=known)
    assert kind(trust) == expected
    assert trust.known == (kept is not None and tls != OTHER)


@pytest.mark.parametrize(
    ("tls", "insecure", "key", "kept", "code"),
    [
        (None, True, "", KEY, "key-known"),
        (False, False, "", KEY, "key-known"),
        (False, True, KEY, KEY, "key-known"),
        (None, False, KEY, OTHER, "key-changed"),
        (None, False, KEY, DAMAGED, "key-changed"),
        (OTHER, False, KEY, None, "not-trusted"),
        ("sha256:abc", False, "", None, "not-trusted"),
        (Path("/nowhere/ca.pem"), False, "", None, "not-trusted"),
        ("/nowhere/ca.pem", False, "", None, "not-trusted"),
        (__file__, False, "", None, "not-trusted"),
    ],
)
@pytest.mark.parametrize("address", [HERE, FAR], ids=str)
def test_what_is_not_even_tried(
    known: KnownHosts, address: Address, tls: Tls, insecure: bool, key: str, kept: str | None, code: str
) -> None:
    if kept:
        known.remember(address, kept)
    with pytest.raises(CannotConnect) as refused:
        decide(address, tls, insecure=insecure, key=key, known=known)
    assert refused.value.code == code
    assert refused.value.hint.endswith(".")


def test_the_right_key_is_taken(known: KnownHosts) -> None:
    decide(FAR, SHOWN, known=known).check(CERTIFICATE)
    decide(FAR, None, key=SHOWN, known=known).by_key().check(CERTIFICATE)
    known.remember(FAR, SHOWN)
    decide(FAR, None, known=known).check(CERTIFICATE)


def test_a_key_that_nobody_vouches_for_is_for_a_person_to_decide_about(known: KnownHosts) -> None:
    with pytest.raises(UnknownKey, match=f"--trust {SHOWN}") as unknown:
        decide(FAR, None, known=known).by_key().check(CERTIFICATE)
    assert unknown.value.fingerprint == SHOWN


@pytest.mark.parametrize("kept", [KEY, DAMAGED])
def test_another_key_than_the_known_one(known: KnownHosts, kept: str) -> None:
    known.remember(FAR, kept)
    with pytest.raises(CannotConnect, match=r"`hobnob forget chat\.example\.org:8080`") as refused:
        decide(FAR, None, known=known).check(CERTIFICATE)
    assert refused.value.code == "key-changed"
    assert SHOWN in refused.value.hint


@pytest.mark.parametrize("by_system", [True, False])
def test_another_key_than_that_of_the_link(known: KnownHosts, by_system: bool) -> None:
    trust = decide(FAR, None, key=KEY, known=known)
    with pytest.raises(CannotConnect) as refused:
        (trust if by_system else trust.by_key()).check(CERTIFICATE)
    assert refused.value.code == "key-changed"


def test_another_certificate_than_the_named_one(known: KnownHosts) -> None:
    trust = decide(FAR, "SHA256:" + "ab:" * 31 + "AB", known=known)
    assert trust.certificate == bytes([0xAB]) * 32
    with pytest.raises(CannotConnect, match="another certificate") as refused:
        trust.check(CERTIFICATE)
    assert refused.value.code == "not-trusted"


@pytest.mark.parametrize("shown", [b"", b"no certificate"])
def test_what_cannot_be_read_is_not_trusted(known: KnownHosts, shown: bytes) -> None:
    with pytest.raises(CannotConnect) as refused:
        decide(FAR, KEY, known=known).check(shown)
    assert refused.value.code == "not-trusted"


def test_only_what_was_learnt_is_to_be_kept(known: KnownHosts) -> None:
    link = decide(FAR, None, key=KEY, known=known)
    assert (link.to_keep, link.by_key().to_keep) == (False, True)  # the system's word needs no memory
    assert decide(FAR, KEY, known=known).to_keep
    known.remember(FAR, KEY)
    assert not decide(FAR, KEY, known=known).to_keep
    assert not decide(FAR, None, known=known).to_keep

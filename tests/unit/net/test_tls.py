"""The server's TLS context, and the one sentence for a pair that cannot be used."""

import ssl
from pathlib import Path

import pytest

from hobnob.net.tls import NO_TLS_HERE, TlsRefused, server_context

CERTIFICATES = Path(__file__).parents[2] / "net" / "certificates"
CERT, KEY = CERTIFICATES / "cert.pem", CERTIFICATES / "key.pem"


def test_a_pair_makes_a_context_of_tls_1_2_or_later() -> None:
    context = server_context(CERT, KEY)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.num_tickets > 0


@pytest.mark.parametrize(
    ("cert", "key", "sentence"),
    [
        ("none.pem", "key.pem", r"The TLS certificate \S*none.pem cannot be read: no such file or directory\."),
        ("cert.pem", "none.pem", r"The TLS key \S*none.pem cannot be read: no such file or directory\."),
        (".", "key.pem", r"The TLS certificate \S* cannot be read: is a directory\."),
        ("cert.pem", "other_key.pem", r"The TLS key \S* does not belong to the certificate \S*; .*"),
        ("cert.pem", "encrypted_key.pem", r"The TLS key \S* is encrypted; .*"),
        ("key.pem", "key.pem", r".* cannot be used: both must be PEM files\."),
        ("cert.pem", "cert.pem", r".* cannot be used: both must be PEM files\."),
    ],
)
def test_a_pair_that_cannot_be_used_is_refused_in_one_sentence(cert: str, key: str, sentence: str) -> None:
    with pytest.raises(TlsRefused, match=f"^{sentence}$"):
        server_context(CERTIFICATES / cert, CERTIFICATES / key)


def test_the_alert_is_what_a_tls_client_understands() -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    incoming.write(NO_TLS_HERE)
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        client.do_handshake()


def test_a_file_that_goes_while_the_pair_is_read_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.net.tls._check_readable", lambda path, what: None)  # it was there a moment ago
    with pytest.raises(TlsRefused, match=r"cannot be read: one of them has gone\.$"):
        server_context(CERTIFICATES / "none.pem", KEY)

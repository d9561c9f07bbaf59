"""The fingerprint is what OpenSSL would say of the same key, and nothing but the key changes it."""

import ssl
from pathlib import Path

import pytest

from hobnob.protocol.fingerprints import FINGERPRINT, fingerprint

CERTIFICATE = Path(__file__).parents[2] / "net" / "certificates" / "cert.pem"
# openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64url
BY_OPENSSL = "wV4M6kMLHA9JCHuTPTh9eqlLKJVEfa6PdoCYm4AQkF0"


def test_it_is_what_openssl_says_of_the_key() -> None:
    found = fingerprint(ssl.PEM_cert_to_DER_cert(CERTIFICATE.read_text()))
    assert found == BY_OPENSSL
    assert FINGERPRINT.fullmatch(found)


@pytest.mark.parametrize("junk", [b"", b"\x30\x00", b"no certificate"])
def test_what_is_no_certificate_is_refused(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        fingerprint(junk)

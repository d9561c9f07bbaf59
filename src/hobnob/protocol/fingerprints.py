"""The fingerprint of a server: what its certificate's public key comes to in 43 characters.

It is what people compare, what links carry and what clients remember. It speaks of the key and not of the certificate,
so it stays the same when a certificate is renewed with its old key. It is made as in HPKP and curl's pins (RFC 7469,
2.4: SHA-256 of the SubjectPublicKeyInfo), and written in base64url without padding, so that it fits into a link.
"""

import base64
import hashlib
import re

from hobnob.protocol.certificates import Certificate

FINGERPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
"""What a fingerprint looks like."""


def fingerprint(der_certificate: bytes) -> str:
    """The fingerprint of a certificate in DER, as `ssl.SSLSocket.getpeercert(True)` gives it.

    Raises:
        ValueError: the bytes are no certificate.
    """
    digest = hashlib.sha256(Certificate(der_certificate).key).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

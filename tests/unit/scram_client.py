"""The other side of SCRAM-SHA-256 (RFC 5802), as a client speaks it."""

import base64
import hashlib
import hmac


class ScramClient:
    """Proves that it has `password`, and checks that the server knows it."""

    def __init__(self, name: str, password: str, header: str = "n,,", nonce: str = "rOprNGfwEbeRWgbNEkqO") -> None:
        self._header = header
        self._password = password
        self._bare = f"n={name.replace('=', '=3D').replace(',', '=2C')},r={nonce}"
        self.answer = ""
        """What the server shows it by."""

    @property
    def first(self) -> str:
        """The client-first-message."""
        return self._header + self._bare

    def final(self, asked: str) -> str:
        """The client-final-message, for a server-first-message."""
        nonce, salt, iterations = (part[2:] for part in asked.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self._password.encode(), base64.b64decode(salt), int(iterations))
        unproved = f"c={base64.b64encode(self._header.encode()).decode()},r={nonce}"
        said = f"{self._bare},{asked},{unproved}".encode()
        key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), said, "sha256")
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        answer = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), said, "sha256")
        self.answer = f"v={base64.b64encode(answer).decode()}"
        return f"{unproved},p={base64.b64encode(proof).decode()}"

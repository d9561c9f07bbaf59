"""SCRAM-SHA-256 as the server speaks it: who has a token shows that, and never sends it (RFC 5802, RFC 7677).

Messages in, messages out: nothing here knows whose name it is, or what is kept. One exchange is `opened`, then
`Opening.challenge`, then `Challenge.proof` and `Proof.by`. Channel binding is not offered, so clients that could have
it say ``n`` or ``y``.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from hobnob.protocol.errors import ChatError
from hobnob.stores.store import TokenKeys

ITERATIONS: Final = 4096
"""The least that RFC 7677 allows: a token is random, so that there is nothing to guess."""
MAX_MESSAGE: Final = 2048
"""Characters of a message; a name and what both sides make up are a few hundred."""

_NAME: Final = r"(?:[^,=\0]|=2C|=3D)+"
_MORE: Final = r"(?:,[A-Za-z]=[^,\0]+)*"
_FIRST: Final = re.compile(
    rf"(?P<header>(?:[ny]|(?P<bound>p=[A-Za-z0-9.-]+)),(?:a=(?P<authorize>{_NAME}))?,)"
    rf"(?P<bare>n=(?P<name>{_NAME}),r=(?P<nonce>[!-+\--~]+){_MORE})"
)
_FINAL: Final = re.compile(
    rf"(?P<unproved>c=(?P<binding>[A-Za-z0-9+/=]+),r=(?P<nonce>[!-+\--~]+){_MORE}),p=(?P<proof>[A-Za-z0-9+/=]+)"
)


def keys_of(token: str, salt: bytes, iterations: int = ITERATIONS) -> TokenKeys:
    """By what a token can be proved. It takes some ms, so call it in a thread."""
    salted = hashlib.pbkdf2_hmac("sha256", token.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    return TokenKeys(salt, iterations, stored_key, hmac.digest(salted, b"Server Key", "sha256"))


_NOBODYS: Final = TokenKeys(b"", ITERATIONS, bytes(32), bytes(32))


class Proof(NamedTuple):
    """What a client has answered a challenge with: a proof of one of several tokens, or of none."""

    said: bytes
    proof: bytes

    def by(self, keys: Sequence[TokenKeys], among: int) -> tuple[int, str] | None:
        """Whose of these it is, by its place, and the server-final-message; it takes as long as for `among` of them."""
        found = None
        proof = int.from_bytes(self.proof)
        for place, each in enumerate((*keys, *[_NOBODYS] * (among - len(keys)))):
            signature = hmac.digest(each.stored_key, self.said, "sha256")
            client_key = (proof ^ int.from_bytes(signature)).to_bytes(32)
            if hmac.compare_digest(hashlib.sha256(client_key).digest(), each.stored_key):
                found = place
        if found is None or found >= len(keys):
            return None
        return found, f"v={_encoded(hmac.digest(keys[found].server_key, self.said, 'sha256'))}"


class Challenge(NamedTuple):
    """What a client was asked; `message` is the server-first-message."""

    opening: "Opening"
    nonce: str
    message: str

    def proof(self, message: str) -> Proof:
        """The client-final-message. Raises ChatError: bad-command."""
        found = _FINAL.fullmatch(message) if len(message) <= MAX_MESSAGE else None
        if found is None:
            raise _malformed("client-final-message")
        proof = _decoded(found["proof"])
        if _decoded(found["binding"]) != self.opening.header.encode() or found["nonce"] != self.nonce:
            raise ChatError("bad-command", "This proof is of another exchange. Begin anew.")
        if len(proof) != 32:
            raise _malformed("client-final-message")
        return Proof(f"{self.opening.bare},{self.message},{found['unproved']}".encode(), proof)


class Opening(NamedTuple):
    """How a client began: as whom it comes, on behalf of whom (empty: itself), and what it made up."""

    name: str
    authorize: str
    header: str
    bare: str
    nonce: str

    def challenge(self, salt: bytes, iterations: int, nonce: str | None = None) -> Challenge:
        """The answer, with a nonce of the server's own."""
        both = self.nonce + (nonce or secrets.token_urlsafe(18))
        return Challenge(self, both, f"r={both},s={_encoded(salt)},i={iterations}")


def opened(message: str) -> Opening:
    """The client-first-message. Raises ChatError: bad-command."""
    found = _FIRST.fullmatch(message) if len(message) <= MAX_MESSAGE else None
    if found is None:
        raise _malformed("client-first-message")
    if found["bound"]:
        raise ChatError("bad-command", "There is no channel binding here. Use SCRAM-SHA-256 without it.")
    name, authorize = (_unescaped(found[each] or "") for each in ("name", "authorize"))
    return Opening(name, authorize, found["header"], found["bare"], found["nonce"])


def _unescaped(name: str) -> str:
    return name.replace("=2C", ",").replace("=3D", "=")


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _malformed("client-final-message") from None


def _malformed(what: str) -> ChatError:
    return ChatError("bad-command", f"This is no {what} of SCRAM-SHA-256 (RFC 5802).")

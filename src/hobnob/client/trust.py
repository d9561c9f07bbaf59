"""By what a server is believed to be the right one, decided before the first byte and checked before the second.

Elsewhere than on this machine there is TLS or nothing, unless the caller said that it may be insecure. A server is
believed by what the caller named, else by the key that its link or this machine knows it by, else by a certificate that
the system trusts for its name; a key that nobody vouches for is for a person to decide about. A known key holds: when
the server shows another one, or none, nothing is sent, whatever its certificate says.
"""

import hashlib
import re
import ssl
from dataclasses import dataclass, replace
from pathlib import Path

from hobnob.client.address import Address
from hobnob.client.errors import CannotConnect, UnknownKey
from hobnob.client.known_hosts import DAMAGED, KnownHosts
from hobnob.protocol.fingerprints import FINGERPRINT, fingerprint

Tls = bool | str | Path | ssl.SSLContext | None
"""None: TLS, but plain where the address is this machine's own and no key is known. True: TLS. False: plain. Or TLS,
and believe one thing: the fingerprint of the server's key, as it prints it; ``sha256:…`` of its certificate (64 hex
digits); the file of a CA; what a context of one's own does."""

_CERTIFICATE = re.compile(r"sha256:((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Trust:
    """How to meet a server. `context` None: plain. `key` and `certificate`, where given, have to be the server's.

    `known`: the key is one that this machine remembers. `by_system`: the context trusts what the system does, and if
    that fails there is `by_key`. `to_keep`: once the key has been seen, it is remembered.
    """

    address: Address
    context: ssl.SSLContext | None = None
    key: str = ""
    certificate: bytes = b""
    known: bool = False
    by_system: bool = False
    to_keep: bool = False

    def by_key(self) -> "Trust":
        """The same for a certificate that the system does not trust: its key alone counts."""
        return replace(self, context=_any_certificate(), by_system=False, to_keep=True)

    def check(self, certificate: bytes) -> None:
        """Compare what a server showed, in DER, before anything is sent to it.

        Raises:
            CannotConnect: it is not the one that is expected.
        """
        if self.certificate and hashlib.sha256(certificate).digest() != self.certificate:
            raise CannotConnect(
                "not-trusted",
                f"{self.address} shows another certificate than the one you named; nothing was sent to it.",
            )
        if not self.key and not self.to_keep:
            return  # the context has checked all there is to check
        try:
            shown = fingerprint(certificate)
        except ValueError:
            raise CannotConnect(
                "not-trusted", f"The certificate of {self.address} cannot be read; nothing was sent to it."
            ) from None
        if not self.key:
            raise UnknownKey(_unknown(self.address, shown), shown)
        if shown != self.key:
            raise _changed(self, shown)


def decide(
    address: Address, tls: Tls = None, *, insecure: bool = False, key: str = "", known: KnownHosts | None = None
) -> Trust:
    """How to meet a server. `key` is what a link says. It reads files.

    Raises:
        CannotConnect: it may not be met like this, or what it is to be believed by cannot be used.
    """
    kept = (known or KnownHosts()).key_of(address)
    if isinstance(tls, str | Path | ssl.SSLContext):
        return _named(address, tls, key, kept)
    if key and kept is not None and kept != key:
        raise _differs(address, key, kept)
    if kept is not None:
        if tls is False or insecure:
            raise CannotConnect(
                "key-known",
                f"{address} is known by its key, so nothing is sent to it in the clear. Leave the TLS to it, or run"
                f" `hobnob forget {address}` first.",
            )
        return Trust(address, _any_certificate(), kept, known=True)
    if not key and (tls is False or (tls is None and (insecure or address.is_here))):
        return Trust(address)
    return Trust(address, ssl.create_default_context(), key, by_system=True)


def _named(address: Address, tls: str | Path | ssl.SSLContext, key: str, kept: str | None) -> Trust:
    """What the caller named counts, and the key of a link besides."""
    if isinstance(tls, ssl.SSLContext):
        return Trust(address, tls, key)
    if isinstance(tls, str) and FINGERPRINT.fullmatch(tls):
        if key and key != tls:
            raise CannotConnect("not-trusted", f"The link has another key than the one you named: {key}.")
        return Trust(address, _any_certificate(), tls, to_keep=kept != tls)
    if isinstance(tls, str) and tls.lower().startswith("sha256:"):
        if not (found := _CERTIFICATE.fullmatch(tls)):
            raise CannotConnect("not-trusted", "A fingerprint is written sha256: and 64 hexadecimal digits.")
        return Trust(address, _any_certificate(), key, bytes.fromhex(found[1].replace(":", "")))
    try:
        return Trust(address, ssl.create_default_context(cafile=str(tls)), key)
    except OSError as error:
        reason = error.strerror if error.errno and not isinstance(error, ssl.SSLError) else "it is no PEM file"
        raise CannotConnect("not-trusted", f"{tls} holds no certificates that can be read: {reason}.") from None


def _any_certificate() -> ssl.SSLContext:
    """A context that trusts nothing and refuses nothing: the certificate is compared before anything is sent."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _unknown(address: Address, shown: str) -> str:
    return (
        f"{address} is not known here yet, and nothing was sent to it. Its key is {shown}: if that is what it printed"
        f" when it was started, trust it by --trust {shown}, or take an invite link."
    )


def _changed(trust: Trust, shown: str) -> CannotConnect:
    if not trust.known:
        return CannotConnect(
            "key-changed",
            f"{trust.address} shows the key {shown} and not {trust.key}, so nothing was sent to it: somebody may be in"
            " between, or what you were given is old. Ask whoever runs it.",
        )
    was = "What is kept of it cannot be read" if trust.key == DAMAGED else f"It was {trust.key}"
    return CannotConnect(
        "key-changed",
        f"The key of {trust.address} is another one than before, so nothing was sent to it: it was made anew, or"
        f" somebody is in between. {was}, it is {shown} now. Ask whoever runs it; if the new one is right, run"
        f" `hobnob forget {trust.address}` and come again.",
    )


def _differs(address: Address, key: str, kept: str) -> CannotConnect:
    was = "in a line that cannot be read" if kept == DAMAGED else f"as {kept}"
    return CannotConnect(
        "key-changed",
        f"The link says that the key of {address} is {key}, and here it is known {was}. Nothing was sent to it. Ask"
        f" whoever runs it; if the link is right, run `hobnob forget {address}` and come again.",
    )

"""What a certificate says of itself (X.509; RFC 5280, 4.1): its key, its dates and its names. Nothing is verified here.

In DER there is one way to write a thing. Any other is refused, and so is whatever stands where a certificate has
something else: nobody shall find another key than OpenSSL does, which has shaken hands with it. The library that makes
certificates can read them too, but takes as long to import as a small verb takes for all it does.
"""

from datetime import UTC, datetime
from ipaddress import ip_address
from typing import NamedTuple

_INTEGER, _BITS, _UTC_TIME, _SEQUENCE = 0x02, 0x03, 0x17, 0x30
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_HOST, _ADDRESS = 0x82, 0x87
_ALTERNATIVE_NAMES = bytes.fromhex("551d11")
"""The identifier of the extension with the names (RFC 5280, 4.2.1.6)."""
_UP_TO_KEY = (_INTEGER, _SEQUENCE, _SEQUENCE, _SEQUENCE, _SEQUENCE, _SEQUENCE)
"""A number, an algorithm, who signed, the dates, who is certified, the key."""


class _Element(NamedTuple):
    tag: int
    content: bytes
    whole: bytes


class Certificate:
    """A certificate in DER, as `ssl.SSLSocket.getpeercert(True)` gives it. Raises ValueError where it is none.

    `key` is its SubjectPublicKeyInfo, in DER.
    """

    __slots__ = ("_dates", "_extensions", "key")

    def __init__(self, der: bytes) -> None:
        body, _, _ = _elements(_only(der).content, _SEQUENCE, _SEQUENCE, _BITS)
        fields = _elements(body.content)
        if fields and fields[0].tag == _VERSION:
            fields = fields[1:]
        if tuple(field.tag for field in fields[:6]) != _UP_TO_KEY:
            raise ValueError("That is no certificate.")
        self._dates = fields[3]
        self.key = fields[5].whole
        self._extensions = [field for field in fields[6:] if field.tag == _EXTENSIONS]

    def dates(self) -> tuple[datetime, datetime]:
        """When it begins to be good, and when it ends. Raises ValueError."""
        begins, ends = _elements(self._dates.content)
        return _moment(begins), _moment(ends)

    def names(self) -> list[str]:
        """The hosts and addresses that it is good for. Raises ValueError."""
        for extensions in self._extensions:
            for extension in _elements(_only(extensions.content).content):
                identifier, *_, value = _elements(extension.content)
                if identifier.content == _ALTERNATIVE_NAMES:
                    return [*filter(None, map(_name, _elements(_only(value.content).content)))]
        return []


def _elements(der: bytes, *tags: int) -> list[_Element]:
    """What stands there, one after the other; with `tags`, exactly such things."""
    found, at = [], 0
    while at < len(der):
        start = at
        tag, length = der[at : at + 2]
        at += 2
        if length & 0x80:
            number = der[at : at + (length & 0x7F)]
            at += len(number)
            length = int.from_bytes(number, "big")
            if not number or number[0] == 0 or length < 0x80:
                raise ValueError("A length is not written as in DER.")
        at += length
        if at > len(der) or tag & 0x1F == 0x1F:
            raise ValueError("That is no DER, or none as in certificates.")
        found.append(_Element(tag, der[at - length : at], der[start:at]))
    if tags and tuple(element.tag for element in found) != tags:
        raise ValueError("Something else was expected there.")
    return found


def _only(der: bytes) -> _Element:
    return _elements(der, _SEQUENCE)[0]


def _moment(element: _Element) -> datetime:
    digits = element.content.decode("ascii")
    if element.tag == _UTC_TIME:  # of which 50 and more are of the last century
        digits = f"{'19' if digits >= '5' else '20'}{digits}"
    if len(digits) != 15 or not digits[:14].isdecimal() or digits[14] != "Z":
        raise ValueError("That is no time as certificates have it.")
    year, (month, day, hour, minute, second) = int(digits[:4]), (int(digits[at : at + 2]) for at in range(4, 14, 2))
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _name(element: _Element) -> str:
    """A host or an address; empty for anything else that can be named."""
    if element.tag == _HOST:
        return element.content.decode("ascii")
    return str(ip_address(element.content)) if element.tag == _ADDRESS else ""

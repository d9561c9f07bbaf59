"""Who asks through a web proxy, and who only says so."""

from dataclasses import dataclass
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from hobnob.gateways.gateway import Origin
from hobnob.gateways.web.forwarding import real_peer
from hobnob.gateways.web.guard import Refused
from hobnob.gateways.web.settings import WebPeer

PROXIES = (ip_network("10.0.0.0/8"), ip_network("127.0.0.1/32"), ip_network("fd00::/8"))
FOR, PROTO = "X-Forwarded-For", "X-Forwarded-Proto"


@dataclass(frozen=True)
class Peer:
    address: str = "10.0.0.1"
    tls: bool = False
    loopback: bool = False

    @property
    def origin(self) -> Origin:
        return Origin(self.address, confidential=self.tls or self.loopback, loopback=self.loopback)


def found(*headers: tuple[str, str], peer: WebPeer = Peer()) -> WebPeer:
    return real_peer(peer, CIMultiDictProxy(CIMultiDict(headers)), PROXIES)


# By a proxy of ours


@pytest.mark.parametrize(
    ("headers", "address", "https"),
    [
        ([(FOR, "203.0.113.7")], "203.0.113.7", False),
        ([(FOR, "203.0.113.7"), (PROTO, "https")], "203.0.113.7", True),
        ([(FOR, "203.0.113.7"), (PROTO, "HTTPS")], "203.0.113.7", True),
        ([(FOR, "203.0.113.7:1234")], "203.0.113.7", False),
        ([(FOR, "2001:db8::7")], "2001:db8::7", False),
        ([(FOR, "[2001:db8::7]:1234")], "2001:db8::7", False),
        ([(FOR, "::ffff:203.0.113.7")], "203.0.113.7", False),
        ([("Forwarded", "for=203.0.113.7;proto=https")], "203.0.113.7", True),
        ([("Forwarded", 'For="[2001:db8::7]:80" ; Proto=http')], "2001:db8::7", False),
        ([("Forwarded", "proto=https;by=10.0.0.1;for=203.0.113.7;host=x")], "203.0.113.7", True),
        ([("Forwarded", "for=203.0.113.7"), (FOR, "203.0.113.7"), (PROTO, "https")], "203.0.113.7", True),
    ],
)
def test_a_proxy_of_ours_names_the_client(headers: list[tuple[str, str]], address: str, https: bool) -> None:
    peer = found(*headers)
    assert (peer.address, peer.tls) == (address, https)
    assert peer.origin == Origin(address, confidential=https, loopback=False)


@pytest.mark.parametrize(
    ("items", "address"),
    [
        ("127.0.0.1, 203.0.113.7", "203.0.113.7"),  # the client's own invention stands to the left
        ("10.9.9.9, 203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),  # and our inner proxies to the right
        ("203.0.113.7, 10.0.0.2, 10.0.0.3", "203.0.113.7"),
        ("10.0.0.2", "10.0.0.2"),  # a proxy's own request
        ("unknown, 10.0.0.2", "10.0.0.2"),  # nobody is named: what stands before it could be anybody's
        ("198.51.100.1, unknown", "10.0.0.1"),
        ("198.51.100.1, _hidden, 10.0.0.2", "10.0.0.2"),
        ("", "10.0.0.1"),
        ("203.0.113.7,", "10.0.0.1"),
        ("203.0.113.007", "10.0.0.1"),
        ("localhost", "10.0.0.1"),
        ("203.0.113.7 evil", "10.0.0.1"),
        ("203.0.113.7\t", "203.0.113.7"),
    ],
)
@pytest.mark.parametrize("lines", [1, 2])
def test_the_rightmost_that_is_no_proxy_of_ours_is_the_client(items: str, address: str, lines: int) -> None:
    headers = [(FOR, items)] if lines == 1 else [(FOR, item) for item in items.split(",")]
    assert found(*headers).address == address
    assert not found(*headers).origin.loopback
    assert not found(*headers).origin.confidential


def test_of_many_schemes_each_belongs_to_its_hop() -> None:
    assert found((FOR, "203.0.113.7, 10.0.0.2"), (PROTO, "https, http")).tls
    assert not found((FOR, "203.0.113.7, 10.0.0.2"), (PROTO, "http, https")).tls
    assert found((FOR, "203.0.113.7, 10.0.0.2"), (PROTO, "https")).tls
    assert not found((FOR, "203.0.113.7"), (PROTO, "https, https")).tls  # one of them is the client's


@pytest.mark.parametrize("proto", ["", "http", "wss", "https://", "https;", "https http", "tps"])
def test_no_other_word_is_https(proto: str) -> None:
    assert not found((FOR, "203.0.113.7"), (PROTO, proto)).tls


@pytest.mark.parametrize(
    ("forwarded", "usual"),
    [
        ("for=203.0.113.7", "198.51.100.1"),
        ("for=127.0.0.1", "203.0.113.7"),
        ("for=unknown", "203.0.113.7"),
        ("for=203.0.113.7", "unknown"),
    ],
)
def test_two_headers_that_name_different_clients_are_refused(forwarded: str, usual: str) -> None:
    """A proxy that sets one of them passes on what its client wrote into the other."""
    with pytest.raises(Refused, match="two headers"):
        found(("Forwarded", forwarded), (FOR, usual))


def test_a_proxy_that_says_nothing_is_never_this_machine() -> None:
    peer = found(peer=Peer("127.0.0.1", loopback=True))
    assert peer.origin == Origin("127.0.0.1", confidential=False, loopback=False)


def test_encryption_to_the_proxy_alone_is_none() -> None:
    """Between browser and proxy anybody may have read along, whatever there is between proxy and us."""
    assert not found((FOR, "203.0.113.7"), (PROTO, "http"), peer=Peer(tls=True)).origin.confidential


# By anybody else


@pytest.mark.parametrize("header", [FOR, "Forwarded", "X-Real-IP", PROTO, "Via", "X-Forwarded-Host"])
@pytest.mark.parametrize("tls", [False, True])
def test_a_strangers_headers_are_not_read(header: str, tls: bool) -> None:
    stranger = Peer("203.0.113.9", tls=tls)
    for value in ("127.0.0.1", "for=127.0.0.1;proto=https", "https"):
        assert found((header, value), peer=stranger) is stranger


@pytest.mark.parametrize("header", [FOR, "Forwarded", "X-Real-IP", PROTO, "Via", "X-Forwarded-Host"])
@pytest.mark.parametrize("value", ["", "127.0.0.1", "203.0.113.7", "https", "1.1 proxy"])
def test_on_this_machine_they_tell_of_a_proxy_that_nobody_named(header: str, value: str) -> None:
    """Whoever comes through it only looks local."""
    peer = found((header, value), peer=Peer("127.0.0.2", loopback=True))
    assert peer.origin == Origin("127.0.0.2", confidential=False, loopback=False)


def test_who_sends_none_is_who_they_seem() -> None:
    for peer in (Peer("203.0.113.9"), Peer("127.0.0.2", loopback=True)):
        assert found(("User-Agent", "curl"), peer=peer) is peer


names = st.sampled_from([FOR, PROTO, "Forwarded", "Via", "X-Real-IP"])
values = st.one_of(
    st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40),
    st.text(alphabet=',;="[]:. 0127abfor', max_size=40),
)


@given(st.lists(st.tuples(names, values), max_size=5), st.booleans())
def test_nobody_becomes_local_or_confidential_by_headers(headers: list[tuple[str, str]], ours: bool) -> None:
    peer = Peer("10.0.0.1") if ours else Peer("203.0.113.9")
    try:
        asks = found(*headers, peer=peer)
    except Refused:
        assert ours
        return
    assert not asks.origin.loopback
    assert asks.origin.confidential <= (ours and any("https" in value.lower() for _, value in headers))
    assert ours or asks is peer

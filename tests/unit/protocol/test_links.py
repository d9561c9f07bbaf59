"""Links: what is written is read again, and nothing that is doubtful is believed."""

import base64
from ipaddress import IPv6Address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.protocol.links import Link, invite_links, parse_link

KEY = base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode()

_names = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?", fullmatch=True)
_hosts = _names | st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)
_words = st.text(st.characters(exclude_categories=("C", "Z")), max_size=40)
_keys = st.just("") | st.binary(min_size=32, max_size=32).map(
    lambda digest: base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
)
_links = st.builds(
    Link,
    host=_hosts,
    port=st.integers(1, 65535),
    invite=_words,
    key=_keys,
    scheme=st.sampled_from(["hobnob", "https", "http"]),
    room=_words.filter(lambda room: not room.startswith("#")),
)


@given(_links)
def test_what_is_written_is_read_again(link: Link) -> None:
    assert parse_link(str(link)) == link


@given(_links)
def test_secrets_stand_after_the_hash_alone(link: Link) -> None:
    sent, hash_, secret = str(link).partition("#")
    assert sent == str(Link(link.host, link.port, scheme=link.scheme))
    assert bool(hash_) == bool(secret) == bool(link.invite or link.key or link.room)
    assert urlsplit(str(link)).port == link.port


@given(st.text() | st.text().map(lambda rest: f"hobnob://{rest}") | st.text().map(lambda rest: f"https://h:1/#{rest}"))
def test_no_text_makes_it_fail(text: str) -> None:
    link = parse_link(text)
    assert link is None or parse_link(str(link)) == link


@given(_links, st.integers(0, 200))
def test_a_link_that_is_cut_never_loses_half_a_key(link: Link, length: int) -> None:
    cut = parse_link(str(link)[:length])
    assert cut is None or cut.key in ("", link.key)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("hobnob://chat.example.org", Link("chat.example.org", 8080)),
        ("https://chat.example.org/", Link("chat.example.org", 443, scheme="https")),
        ("http://localhost:8080/#invite=x", Link("localhost", 8080, "x", scheme="http")),
        ("HOBNOB://Chat.Example.org:7000/", Link("chat.example.org", 7000)),
        (f" hobnob://h:1/#key={KEY}\n", Link("h", 1, key=KEY)),
        (f"'hobnob://h:1/#key={KEY}'", Link("h", 1, key=KEY)),  # as it is printed, for shells
        (f"hobnob://h:1/app?x=1#invite=a%26b&key={KEY}&new=1", Link("h", 1, "a&b", KEY)),
        ("hobnob://[2001:DB8::1]:7000/#invite=x", Link("2001:db8::1", 7000, "x")),
        ("hobnob://[fe80::1%25eth0]:7000/", Link("fe80::1%eth0", 7000)),
        ("https://h:1/#room=%23t%C3%A9a", Link("h", 1, scheme="https", room="téa")),
    ],
)
def test_links_as_people_have_them(text: str, link: Link) -> None:
    assert parse_link(text) == link


@pytest.mark.parametrize(
    "text",
    [
        "", "localhost:8080", "ftp://h:1/#invite=x", "hobnob:h:1", "hobnob://", "hobnob://h:0/", "hobnob://h:65536/",
        "hobnob://h:port/", "hobnob://ada@h:1/", "hobnob://a b/", "hobnob://[h]:1/", "hobnob://[::1:1/", "hobnob://::1/",
        "hobnob://h\u202e:1/", "hobnob://h\\evil:1/", f"hobnob://h:1/#key={KEY[:-1]}", f"hobnob://h:1/#key={KEY}x",
        "hobnob://h:1/#key=", f"hobnob://h:1/#key={KEY}&key={KEY}", "hobnob://h:1/#invite=a%1b[31m",
        "hobnob://h:1/#invite=a%0ab", "hobnob://h:1/#invite=" + "x" * 2000,
    ],
)  # fmt: skip
def test_what_is_doubtful_is_no_link(text: str) -> None:
    assert parse_link(text) is None


def test_an_invite_is_not_shown_by_accident() -> None:
    assert "s3cret" not in repr(Link("h", invite="s3cret"))


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert str(Link(str(IPv6Address("2001:db8::1")), 8080, "c0de")) == "hobnob://[2001:db8::1]:8080/#invite=c0de"


def test_an_invite_goes_by_two_links() -> None:
    at = Link("chat.example.org", 8080, key="k" * 43, scheme="https")
    ours, browsers = invite_links(at, "secret")
    assert parse_link(ours) == Link("chat.example.org", 8080, "secret", "k" * 43)
    assert parse_link(browsers) == Link("chat.example.org", 8080, "secret", scheme="https")
    assert invite_links(None, "secret") == ("", "")

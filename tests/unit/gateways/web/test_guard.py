"""Hosts and origins, without a socket."""

import pytest

from hobnob.gateways.web.guard import is_our_name, is_own_origin, split_host


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("localhost", ("localhost", "")),
        ("LocalHost.:80", ("localhost", "80")),
        ("[::1]:8080", ("::1", "8080")),
        ("[2001:DB8::1]", ("2001:db8::1", "")),
        ("192.168.1.7:1", ("192.168.1.7", "1")),
        ("", None),
        (":80", None),
        ("::1", None),
        ("[::1", None),
        ("a:b", None),
        ("a:123456", None),
        ("a b", None),
        ("a/b", None),
        ("a@b", None),
        ("a\n", None),
        ("chät", None),
    ],
)
def test_a_host_header_is_split_or_refused(host: str, parts: tuple[str, str] | None) -> None:
    assert split_host(host) == parts


@pytest.mark.parametrize("name", ["127.0.0.1", "::1", "10.1.2.3", "localhost", "box", "box.local", "chat.example.org"])
def test_our_names(name: str) -> None:
    assert is_our_name(name, frozenset({"chat.example.org"}))


@pytest.mark.parametrize(
    "name", ["", "evil.example", "example.org", "a.chat.example.org", "127.1", "0x7f.1", "localhost.evil.example"]
)
def test_names_that_strangers_can_have(name: str) -> None:
    assert not is_our_name(name, frozenset({"chat.example.org"}))


@pytest.mark.parametrize(
    ("origin", "scheme", "host"),
    [
        ("http://localhost:8080", "http", "localhost:8080"),
        ("http://localhost", "http", "LOCALHOST:80"),
        ("https://box:443", "https", "box"),
        ("https://[::1]:8080", "https", "[::1]:8080"),
    ],
)
def test_our_own_origin(origin: str, scheme: str, host: str) -> None:
    assert is_own_origin(origin, scheme, host)


@pytest.mark.parametrize(
    ("origin", "scheme", "host"),
    [
        ("null", "http", "localhost"),
        ("", "http", ""),
        ("http://", "http", ""),
        ("http://localhost", "https", "localhost"),
        ("http://localhost:8080", "http", "localhost:8081"),
        ("http://localhost:443", "https", "localhost"),
        ("http://localhost/", "http", "localhost"),
        ("http://localhost@evil.example", "http", "localhost"),
        ("http://evil.example", "http", "localhost"),
        ("file://localhost", "http", "localhost"),
    ],
)
def test_an_origin_of_others(origin: str, scheme: str, host: str) -> None:
    assert not is_own_origin(origin, scheme, host)

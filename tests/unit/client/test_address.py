"""What a person types as an address, and what stays on this machine."""

import pytest

from hobnob.client.address import Address, has_port, is_loopback, parse_address, parse_server
from hobnob.client.errors import CannotConnect
from hobnob.protocol.links import Link


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("localhost", "localhost", 8080),
        ("Chat.Example:9000", "chat.example", 9000),
        (" 192.0.2.7:1 ", "192.0.2.7", 1),
        ("::1", "::1", 8080),
        ("[::1]", "::1", 8080),
        ("[0:0::1]:1", "::1", 1),
        ("[2001:DB8::2]:65535", "2001:db8::2", 65535),
        ("[fe80::1%eth0]:8080", "fe80::1%eth0", 8080),
    ],
)
def test_an_address_is_understood(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host, port)
    assert parse_address(str(Address(host, port))) == Address(host, port)


@pytest.mark.parametrize(
    "text",
    ["", ":", ":8080", "a b", "http://localhost:8080", "ada@localhost", "host:", "host:0", "host:65536", "host:８０",
     "host:1e3", "[::1", "[::1]x", "[localhost]:1", "1:2:3", "a\nb", "x" * 300, "[]"],
)  # fmt: skip
def test_what_is_none_is_answered_with_a_sentence(text: str) -> None:
    with pytest.raises(CannotConnect) as refused:
        parse_address(text)
    assert refused.value.code == "bad-address"
    assert refused.value.hint.endswith((".", "colon."))
    assert len(refused.value.hint) < 250
    assert "\n" not in refused.value.hint


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False),
     ("::ffff:10.0.0.1", False), ("fe80::1%lo", False), ("localhost", False)],
)  # fmt: skip
def test_only_numbers_of_this_machine_are_loopback(host: str, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("chat.localhost", True), ("127.0.0.1", True), ("::1", True), ("127.0.0.1.example", False),
     ("notlocalhost", False), ("10.0.0.1", False)],
)  # fmt: skip
def test_only_its_own_names_say_that_it_is_this_machine(host: str, here: bool) -> None:
    assert Address(host).is_here is here


def test_a_server_is_an_address_or_a_link() -> None:
    assert parse_server("Chat:1") == Link("chat", 1)
    assert parse_server("hobnob://[0::1]:1/#invite=a") == Link("::1", 1, "a")
    assert parse_server("https://Chat.example/#room=tea") == Link("chat.example", 443, scheme="https", room="tea")


@pytest.mark.parametrize("text", ["hobnob://chat/#invite=SECRET&key=short", "ftp://chat/#SECRET", "hobnob://#SECRET"])
def test_a_link_that_cannot_be_used_is_not_repeated(text: str) -> None:
    with pytest.raises(CannotConnect, match="cannot be used") as refused:
        parse_server(text)
    assert refused.value.code == "bad-address"
    assert "SECRET" not in refused.value.hint


@pytest.mark.parametrize(("text", "said"), [("chat", False), ("chat:1", True), ("::1", False), ("[::1]:1", True)])
def test_whether_a_port_is_said(text: str, said: bool) -> None:
    assert has_port(text) is said

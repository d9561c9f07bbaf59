"""What a person types as an address, and what stays on this machine."""

import pytest

from hobnob.client.address import Address, is_loopback, parse_address
from hobnob.client.errors import CannotConnect


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("localhost", "localhost", 8080),
        ("Chat.Example:9000", "chat.example", 9000),
        (" 192.0.2.7:1 ", "192.0.2.7", 1),
        ("::1", "::1", 8080),
        ("[::1]", "::1", 8080),
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

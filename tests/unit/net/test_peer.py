"""Who is on this machine, and how addresses are written."""

import pytest

from hobnob.net.peer import Peer, plain_address


@pytest.mark.parametrize(
    ("peer", "loopback"),
    [
        (Peer("127.0.0.1", 1), True),
        (Peer("127.9.9.9", 1), True),
        (Peer("::1", 1), True),
        (Peer("192.0.2.7", 1), False),
        (Peer("fe80::1", 1), False),
        (Peer("127.0.0.1", 1, proxied=True), False),
    ],
)
def test_only_unproxied_peers_of_this_machine_are_loopback(peer: Peer, loopback: bool) -> None:
    assert peer.loopback is loopback


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_an_address_is_plain(written: str, plain: str) -> None:
    assert plain_address(written) == plain

"""The file of the servers' keys: private, whole, and never wrongly empty."""

import stat
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.client.address import Address
from hobnob.client.errors import CannotConnect
from hobnob.client.known_hosts import DAMAGED, KnownHosts

CHAT, OTHER = Address("chat.example.org", 8080), Address("chat.example.org", 9)
KEY, NEW = "a" * 43, "b" * 43


@pytest.fixture
def known(tmp_path: Path) -> KnownHosts:
    return KnownHosts(tmp_path / "state" / "known_hosts")


def test_a_key_is_remembered_until_another_one_or_none_is_to_be(known: KnownHosts) -> None:
    assert known.key_of(CHAT) is None
    assert known.remember(CHAT, KEY)
    assert known.remember(OTHER, KEY)
    assert known.remember(CHAT, NEW)
    assert (known.key_of(CHAT), known.key_of(OTHER)) == (NEW, KEY)
    assert known.forget("chat.example.org:8080") == [(str(CHAT), NEW)]
    assert (known.key_of(CHAT), known.key_of(OTHER)) == (None, KEY)
    assert known.forget("chat.example.org:8080") == []


def test_a_host_is_forgotten_with_all_its_ports_and_no_other(known: KnownHosts) -> None:
    addresses = [CHAT, OTHER, Address("example.org"), Address("::1"), Address("::1", 9)]
    for address in addresses:
        known.remember(address, KEY)
    assert [address for address, _ in known.forget("Chat.Example.org")] == [str(CHAT), str(OTHER)]
    assert [address for address, _ in known.forget("0::1")] == ["[::1]:8080", "[::1]:9"]
    assert known.path.read_text() == f"example.org:8080 {KEY}\n"


def test_it_is_for_its_owner_alone(known: KnownHosts) -> None:
    known.remember(CHAT, KEY)
    assert stat.S_IMODE(known.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(known.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in known.path.parent.iterdir()] == ["known_hosts"]


def test_what_keeps_nothing_reads_what_is_kept(known: KnownHosts) -> None:
    known.remember(CHAT, KEY)
    reader = KnownHosts(known.path, keeps=False)
    assert not reader.remember(CHAT, NEW)
    assert reader.key_of(CHAT) == KEY


@pytest.mark.parametrize(
    "line", [f"{CHAT}", f"{CHAT} abc", f"{CHAT} {KEY}x", "CHAT.example.org:8080 \udcff", f"{CHAT} {KEY}\n{CHAT} {NEW}"]
)
def test_a_damaged_line_is_no_unknown_server(known: KnownHosts, line: str) -> None:
    known.path.parent.mkdir()
    known.path.write_text(f"# keys\n\n{line}\n{OTHER} {KEY}", "utf-8", "surrogateescape")
    assert known.key_of(CHAT) == DAMAGED
    assert known.key_of(OTHER) == KEY
    assert known.remember(CHAT, NEW)
    assert known.path.read_text() == f"# keys\n\n{OTHER} {KEY}\n{CHAT} {NEW}\n"


@given(st.binary(max_size=200))
def test_whatever_the_file_holds_it_can_be_added_to(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("state") / "known_hosts"
    path.write_bytes(content)
    known = KnownHosts(path)
    known.key_of(CHAT)
    assert known.remember(CHAT, KEY)
    assert known.key_of(CHAT) == KEY


def test_a_file_that_cannot_be_read_is_not_an_empty_one(known: KnownHosts) -> None:
    known.path.mkdir(parents=True)
    for act in (lambda: known.key_of(CHAT), lambda: known.forget("chat")):
        with pytest.raises(CannotConnect, match="cannot be read") as refused:
            act()
        assert refused.value.code == "not-trusted"
    assert not known.remember(CHAT, KEY)


def test_nobody_loses_a_line_of_another(known: KnownHosts) -> None:
    addresses = [Address("chat", 1 + number) for number in range(40)]
    writers = [
        Thread(target=lambda part=addresses[first::4]: [known.remember(each, KEY) for each in part])
        for first in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [known.key_of(address) for address in addresses] == [KEY] * 40

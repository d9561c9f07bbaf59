"""Accounts against a real server: made, logged in to, seen to, and logged out of."""

import asyncio
from pathlib import Path

import pytest
from tests.net.client.conftest import HOST

from hobnob.client.address import Address
from hobnob.client.client import Client
from hobnob.client.connect import connect
from hobnob.client.dialing import open_link
from hobnob.client.errors import CannotConnect, ClientError, Refused
from hobnob.client.identity import LOGGED_OUT, Identity
from hobnob.client.link import Link
from hobnob.client.tokens import token_file
from hobnob.protocol.events import PersonRenamed

LONG = "correct horse battery staple"


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"ada{abs(hash(request.node.nodeid)) % 10**9}"


async def test_an_account_from_its_making_to_the_last_word(port: int, name: str, tmp_path: Path) -> None:
    at = f"{HOST}:{port}"
    home, desk = tmp_path / "home", tmp_path / "desk"
    async with connect(at, name=name, tokens=home, password=LONG, register=True, device="home") as ada:
        assert ada.me.kind == "account"
        events = ada.events()
        async with connect(at, name=name, tokens=desk, password=LONG, device="desk") as other:
            assert other.me.id == ada.me.id
            devices = {device.name: device for device in await ada.devices()}
            assert {name: device.current for name, device in devices.items()} == {"home": True, "desk": False}
            await ada.name_device(devices["desk"].id, "office")
            assert {device.name for device in await other.devices()} == {"home", "office"}
            hearing = other.events()
            await ada.revoke_device(devices["desk"].id)
            with pytest.raises(CannotConnect, match="logged out") as ended:
                async for _ in hearing:
                    pass
            assert ended.value.hint == LOGGED_OUT
        await ada.change_password(LONG, LONG[::-1])
        with pytest.raises(Refused) as wrong:
            await ada.change_password(LONG, LONG)
        assert wrong.value.code == "wrong-password"
        await ada.set_name(f"{name}x")
        async for event, _ in events:
            if isinstance(event, PersonRenamed):
                break
    async with connect(at, name=name, tokens=home) as again:  # by its token, whatever the name is by now
        assert again.me.name == f"{name}x"
        await again.log_out()
    await refused(connect(at, name=f"{name}x", tokens=home), "name-taken")
    await refused(connect(at, name=f"{name}x", tokens=home, password=LONG), "wrong-password")


async def refused(client: Client, code: str) -> None:
    with pytest.raises(CannotConnect) as cannot:
        await client.__aenter__()
    assert cannot.value.code == code


async def test_a_guest_keeps_what_was_theirs(port: int, name: str, tmp_path: Path) -> None:
    at = f"{HOST}:{port}"
    async with connect(at, name=name, tokens=tmp_path) as guest:
        sent = await guest.send("#lobby", "still mine")
        thief = guest.token
    async with connect(at, name=name, tokens=tmp_path, password=LONG, register=True) as ada:
        assert ada.me.kind == "account"
        await ada.edit(sent, "mine")
    await refused(connect(at, token=thief), "token-unknown")
    async with connect(at, name=name, tokens=tmp_path, password=LONG, register=True) as again:  # nothing is to be done
        assert again.me.id == ada.me.id


async def test_several_wait_for_the_end_of_the_account_s_token(port: int, name: str, tmp_path: Path) -> None:
    at = f"{HOST}:{port}"
    async with connect(at, name=name, tokens=tmp_path, password=LONG, register=True) as ada:
        [device] = await ada.devices()
        waiting = [asyncio.create_task(_until_the_end(ada)) for _ in range(3)]
        await asyncio.sleep(0)
        await ada.revoke_device(device.id)
        assert await asyncio.gather(*waiting) == ["token-unknown"] * 3


async def _until_the_end(chat: Client) -> str:
    try:
        async for _ in chat.events():
            pass
    except ClientError as error:
        return error.code
    return ""


class Deaf:
    """A link to a real server whose answers do not arrive."""

    confidential = True

    def __init__(self, link: Link) -> None:
        self._link = link
        self.write, self.drain, self.close = link.write, link.drain, link.close

    async def read(self) -> list[bytes]:
        await self._link.read()  # it is done there
        raise EOFError


@pytest.mark.parametrize("registers", [False, True])
async def test_a_name_is_not_lost_with_the_answer(port: int, name: str, tmp_path: Path, registers: bool) -> None:
    file = token_file(Address(HOST, port), name, tmp_path)
    who = Identity(name, password=LONG, register=True) if registers else Identity(name)

    async def dial() -> Link:
        return Deaf(await open_link(Address(HOST, port)))

    await refused(Client(dial, who, where="there", file=file), "hung-up")
    async with connect(f"{HOST}:{port}", name=name, tokens=tmp_path) as again:
        assert (again.me.name, again.me.kind) == (name, "account" if registers else "guest")
        assert file.is_account() is registers
    async with connect(f"{HOST}:{port}", name=name, tokens=tmp_path) as once_more:
        assert once_more.me.id == again.me.id

"""Devices: listed, named, revoked; and their use noted now and then."""

from tests.unit.chat.conftest import PASSWORD, Client, VisitorCodec, quiet
from tests.unit.chat.entrance.conftest import registered

from hobnob.chat.chat import Chat


async def test_one_sees_ones_devices_and_which_is_this_one(chat: Chat) -> None:
    ada = await Client(chat).hello("ada", password=PASSWORD, register=True, device="laptop\x07")
    phone = await Client(chat).hello("ada", password=PASSWORD, client="hobnob-web")
    listed = (await phone.done("list_devices"))["devices"]
    assert {(device["name"], device.get("current", False)) for device in listed} == {
        ("laptop", False), ("hobnob-web", True)
    }  # fmt: skip
    mine = next(device for device in listed if device["name"] == "laptop")
    await phone.done("name_device", device=mine["id"], name="old laptop")
    listed = (await ada.done("list_devices"))["devices"]
    assert {device["name"] for device in listed} == {"old laptop", "hobnob-web"}


async def test_a_revoked_device_is_out_at_once_and_the_others_stay(chat: Chat) -> None:
    ada = await registered(chat)
    phone = await Client(chat).hello("ada", password=PASSWORD)
    again = await Client(chat).hello(token=phone.token)
    by_password = await Client(chat, VisitorCodec(chat)).hello("ada", password=PASSWORD)
    device = next(d["id"] for d in (await phone.done("list_devices"))["devices"] if d.get("current"))
    await ada.done("revoke_device", device=device)
    assert phone.link.closed
    assert again.link.closed
    assert (await phone.event("goodbye"))["code"] == "logged-out"
    assert await Client(chat).error("hello", token=phone.token) == "token-unknown"
    await by_password.say("not by that device")
    assert await ada.error("revoke_device", device=device) == "no-such-device"


async def test_who_revokes_the_device_in_use_is_answered_and_out(chat: Chat) -> None:
    ada = await registered(chat)
    (device,) = (await ada.done("list_devices"))["devices"]
    await ada.done("revoke_device", device=device["id"])
    await ada.event("goodbye")
    assert ada.link.closed


async def test_nobody_names_or_revokes_anothers_device(chat: Chat) -> None:
    ada, bob, gus = await registered(chat), await registered(chat, "bob"), await Client(chat).hello("gus")
    (device,) = (await ada.done("list_devices"))["devices"]
    for other in (bob, gus):
        assert await other.error("name_device", device=device["id"], name="x") == "no-such-device"
        assert await other.error("revoke_device", device=device["id"]) == "no-such-device"
    visitor = await Client(chat, VisitorCodec(chat)).hello("vic")
    assert await visitor.error("list_devices") == "not-kept"
    assert (await ada.done("list_devices"))["devices"] == [device]


async def test_a_guest_has_devices_too(chat: Chat) -> None:
    gus = await Client(chat).hello("gus", client="hobnob-python")
    (device,) = (await gus.done("list_devices"))["devices"]
    assert (device["name"], device["current"]) == ("hobnob-python", True)


async def test_the_device_that_claims_a_name_is_called_as_before(chat: Chat) -> None:
    ada = await Client(chat).hello("ada", device="laptop")
    await ada.done("register", password=PASSWORD)
    assert [device["name"] for device in (await ada.done("list_devices"))["devices"]] == ["laptop"]


async def test_the_use_of_a_device_is_noted_once_an_hour(chat: Chat) -> None:
    ada = await registered(chat)
    (before,) = chat.store.devices(ada.id)
    await quiet(await Client(chat).hello(token=ada.token))
    assert chat.store.devices(ada.id) == [before]
    clock = chat.clock
    chat.keeper._clock = chat.clock = lambda: clock() + 3_700_000
    client = await Client(chat).hello(token=ada.token)
    await client.say("this is kept after the note")
    (after,) = chat.store.devices(ada.id)
    assert after.used_at > before.used_at

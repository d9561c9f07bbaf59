"""The guarantee "resume": who comes back gets what they missed, then the live stream, no gap and no repeat."""

import asyncio
import json
import random
import threading

import pytest
from tests.unit.chat.conftest import DEADLINE, Client, Frame, Join, TestStore, eventually, new_ref, quiet

from hobnob.chat.chat import Chat
from hobnob.protocol.events import MessageSent
from hobnob.protocol.records import RoomState
from hobnob.stores.store import Item


class Mirror:
    """What a client that resumes keeps: the last number of each log, and each room's texts folded from the facts."""

    def __init__(self, chat: Chat, draw: random.Random) -> None:
        self._chat = chat
        self._draw = draw
        self.known: dict[str, int] = {}
        self.texts: dict[str, dict[int, str]] = {}
        self.unanswered: dict[str, tuple[str, dict[str, object]]] = {}
        """What was asked and not answered yet, by its ref: it is asked again until it is."""
        self.answered: dict[str, int] = {}
        self.welcome: Frame = {}
        self.client: Client

    async def begin(self, name: str) -> None:
        self.client = await Client(self._chat).hello(name)
        self.welcome = self.client.welcome
        self._enter(self.welcome)
        self._hear(self.client.pull()[1:])

    def _enter(self, welcome: Frame) -> None:
        self.known.setdefault("me", welcome.get("me", 0))
        self.known.setdefault("house", welcome.get("house", 0))
        for room in welcome["rooms"]:
            self._find(room)

    def _find(self, room: Frame) -> None:
        if room["id"] not in self.known:
            self.known[room["id"]] = room["head"]
            self.texts[room["id"]] = {}

    def ask(self, do: str, **fields: object) -> None:
        ref = new_ref()
        self.unanswered[ref] = do, fields
        self._send(ref)

    def _send(self, ref: str) -> None:
        """Send a command whose id is its ref; perhaps only a part of it arrives before the connection is cut."""
        do, fields = self.unanswered[ref]
        self._bytes += Client.frame(do, ref, ref=ref, **fields)

    _bytes = b""

    def push(self, all_of_it: bool = True) -> None:
        size = len(self._bytes) if all_of_it else self._draw.randint(0, len(self._bytes))
        if size:
            self.client.conversation.receive(self._bytes[:size])
        self._bytes = b""

    def read(self, all_of_it: bool = True) -> None:
        """Take in the bytes that came, or only the first of them."""
        link = self.client.link
        size = len(link.written) if all_of_it else self._draw.randint(0, len(link.written))
        link.news.clear()
        whole = bytes(link.written[:size]).split(b"\n")
        rest = whole.pop() + bytes(link.written[size:])
        link.written = bytearray(rest)
        self._hear([json.loads(line) for line in whole])

    def cut(self) -> None:
        """The connection breaks somewhere in both streams."""
        self.push(all_of_it=False)
        self.read(all_of_it=False)
        self.client.leave()

    async def come_back(self) -> None:
        self.client = Client(self._chat)
        known = dict(self.known)
        me, house = known.pop("me"), known.pop("house")
        token, epoch = self.welcome["token"], self.welcome["epoch"]
        self._bytes = Client.frame("hello", "hello", token=token, epoch=epoch, me=me, house=house, rooms=known)
        for ref in self.unanswered:
            self._send(ref)
        self.push()

    async def settled(self) -> None:
        async with asyncio.timeout(30):
            while self.unanswered:
                await self.client.link.news.wait()
                self.read()
        self._ping = self.client.send("ping")
        while self._ping:
            await self.client.link.news.wait()
            self.read()

    _ping = ""

    def _hear(self, frames: list[Frame]) -> None:
        for frame in frames:
            if "reply" in frame:
                self._answered(frame)
            elif frame.get("number", 0):
                self._fact(frame)

    def _answered(self, reply: Frame) -> None:
        assert reply.get("ok"), reply
        if reply["reply"] == self._ping:
            self._ping = ""
        if "epoch" in reply:
            self._enter(reply)
        elif "room" in reply and isinstance(reply["room"], dict):
            self._find(reply["room"])
        if reply["reply"] in self.unanswered:
            del self.unanswered[reply["reply"]]
            self.answered[reply["reply"]] = reply["number"]

    def _fact(self, fact: Frame) -> None:
        log = fact.get("room", "house") if fact["event"] not in ME else "me"
        if log not in self.known:  # gained in mid-stream: the next welcome names its head
            return
        assert fact["number"] == self.known[log] + 1, (log, self.known[log], fact)
        self.known[log] += 1
        texts = self.texts.get(log, {})
        if fact["event"] == "message_sent":
            texts[fact["number"]] = fact.get("text", "")
        elif fact["event"] == "message_edited":
            texts[fact["of"]] = fact.get("text", "")
        elif fact["event"] == "message_deleted":
            texts[fact["of"]] = ""


ME = {"room_gained", "room_lost", "read_marked", "draft_changed", "setting_changed"}
ROOMS = ["#lobby", "#tea", "#secret"]


def do_something(mirror: Mirror, draw: random.Random, name: str) -> None:
    match draw.randrange(8):
        case 0:
            mirror.ask("set_draft", room=draw.choice(ROOMS), text=f"draft {draw.random()}")
        case 1:
            mirror.ask("mark_read", room=draw.choice(ROOMS))
        case 2:
            mirror.ask("set_name", name=f"{name}{draw.randrange(10**6)}")
        case _:
            for _ in range(draw.randint(1, 3)):
                mirror.ask("send_message", room=draw.choice(ROOMS), text=f"{name} {draw.random()}")


@pytest.mark.parametrize("seed", range(3))
async def test_a_client_cut_anywhere_misses_nothing_and_hears_nothing_twice(
    chat: Chat, join: Join, store: TestStore, seed: int
) -> None:
    draw = random.Random(seed)
    ada, bob = await join("ada"), await join("bob")
    mirrors = [Mirror(chat, draw) for _ in range(2)]
    await mirrors[0].begin("first")
    await mirrors[1].begin("other")
    people = ["@first", "@other", "@bob"]
    await ada.done("create_room", name="tea", people=people)
    await ada.done("create_room", name="secret", kind="private", people=people)
    for mirror in mirrors:
        mirror.cut()
        await mirror.come_back()
        await mirror.settled()
        assert len(mirror.texts) == len(ROOMS)
    for cut in range(70):
        mirror, name = mirrors[cut % 2], ("first", "other")[cut % 2]
        for _ in range(draw.randint(0, 2)):
            do_something(mirror, draw, name)
            if draw.random() < 0.7:
                mirror.push()
        for _ in range(draw.randint(0, 2)):
            await bob.say(f"bob {draw.random()}", room=draw.choice(ROOMS))
        if draw.random() < 0.2:
            page = (await bob.done("read_history", room="#tea", limit=5))["messages"]
            own = [m["number"] for m in page if m["by"] == bob.id and not m.get("deleted")]
            if own:
                await bob.done(draw.choice(["delete_message", "edit_message"]), room="#tea", of=own[0], text="edited")
        for _ in range(draw.randint(0, 8)):
            await asyncio.sleep(0)
        if draw.random() < 0.3:
            mirror.read()
        mirror.cut()
        await mirror.come_back()
    for mirror in mirrors * 2:  # twice: what the second one had still to say is heard by the first
        mirror.push()
        await mirror.settled()
    for mirror in mirrors:
        await compare(mirror, chat, store)


async def compare(mirror: Mirror, chat: Chat, store: TestStore) -> None:
    """Hold what a mirror folded against what is kept."""
    me = mirror.welcome["you"]["id"]

    def has_all() -> bool:
        mirror.read()
        heads = store.heads([me if log == "me" else log for log in mirror.known])
        return [*mirror.known.values()] == [*heads.values()]

    await eventually(has_all)  # what a connection said before it was cut may be done after all that was asked again
    for name in ROOMS:
        room = await chat.rooms.open(name)
        assert room is not None
        history, _ = store.history(room.id, before=None, after=0, around=None, limit=10**6, since=1)
        assert mirror.texts[room.id] == {message.number: message.text for message in history}
        assert mirror.known[room.id] == store.heads([room.id])[room.id]
        refs = [message.ref for message in history if message.by == me]
        assert len(refs) == len(set(refs))
        assert all(mirror.answered[ref] for ref in refs if ref)
    heads = store.heads([me, "house"])
    assert (mirror.known["me"], mirror.known["house"]) == (heads[me], heads["house"])


def fill(store: TestStore, room: str, count: int, padding: str = "") -> None:
    sent = [MessageSent(room=room, text=f"{n}{padding}", by="p_x", by_name="x") for n in range(count)]
    store.keep([Item((event,)) for event in sent], 0)


@pytest.mark.parametrize(("missed", "gap"), [(1000, False), (1001, True)])
async def test_who_missed_too_much_is_told_of_a_gap(
    chat: Chat, join: Join, store: TestStore, missed: int, gap: bool
) -> None:
    bob = await join("bob")
    tea = (await bob.done("create_room", name="tea"))["room"]
    bob.leave()
    fill(store, tea["id"], missed)
    chat.rooms.forget(chat.rooms.get(tea["id"]))  # type: ignore[arg-type]
    back = await Client(chat).hello(token=bob.token, epoch=bob.welcome["epoch"], rooms={tea["id"]: tea["head"]})
    await quiet(back)
    head = tea["head"] + missed
    assert back.events("gap") == ([{"event": "gap", "room": tea["id"], "head": head}] if gap else [])
    assert len(back.texts()) == (0 if gap else missed)
    ada = await join("ada")
    await ada.done("join_room", room="#tea")
    assert await ada.say("live again", room="#tea") == head + 2
    await back.event("message_sent", text="live again")


async def test_who_missed_long_texts_is_not_told_all_of_them_at_once(chat: Chat, join: Join, store: TestStore) -> None:
    bob = await join("bob")
    rooms = [(await bob.done("create_room", name=f"room{n}"))["room"] for n in range(4)]
    bob.leave()
    for room in rooms:
        fill(store, room["id"], 30, "x" * 16_000)
        chat.rooms.forget(chat.rooms.get(room["id"]))  # type: ignore[arg-type]
    known = {room["id"]: room["head"] for room in rooms}
    back = await Client(chat).hello(token=bob.token, epoch=bob.welcome["epoch"], rooms=known)
    await quiet(back)
    gaps = {gap["room"]: gap["head"] for gap in back.events("gap")}
    told = [room for room in rooms if room["id"] not in gaps]
    assert len(told) == 2
    assert len(back.heard) < 1.2 * 1024 * 1024
    assert all(len(back.texts(room["id"])) == 30 for room in told)
    assert all(not back.texts(room) and head == known[room] + 30 for room, head in gaps.items())


async def test_ones_own_log_and_the_houses_are_resumed_too(chat: Chat, join: Join) -> None:
    bob, ada = await join("bob"), await join("ada")
    bob.leave()
    second = await Client(chat).hello(token=bob.token)
    await second.done("change_setting", key="theme", value="dark")
    await ada.done("set_name", name="adele")
    back = await Client(chat).hello(
        token=bob.token, epoch=bob.welcome["epoch"], me=bob.welcome["me"], house=bob.welcome.get("house", 0)
    )
    await back.event("setting_changed", key="theme", value="dark")
    await back.event("person_renamed", name="adele")
    await quiet(back)
    assert len(back.events("setting_changed", "person_renamed")) == 2


async def test_what_another_epoch_calls_numbers_is_not_believed(chat: Chat, join: Join) -> None:
    bob, ada = await join("bob"), await join("ada")
    room = bob.welcome["rooms"][0]["id"]
    await ada.say("before")
    bob.leave()
    for epoch in ("another", None):
        back = await Client(chat).hello(token=bob.token, epoch=epoch, rooms={room: 0})
        await quiet(back)
        assert back.texts() == []
        back.leave()


async def test_a_number_from_the_future_is_not_believed(chat: Chat, join: Join) -> None:
    bob, ada = await join("bob"), await join("ada")
    room = bob.welcome["rooms"][0]["id"]
    back = await Client(chat).hello(token=bob.token, epoch=bob.welcome["epoch"], me=2**53 - 1, rooms={room: 2**53 - 1})
    await ada.say("live")
    await quiet(back)
    assert back.texts() == ["live"]


async def test_rooms_that_are_not_ones_own_are_not_resumed(chat: Chat, join: Join) -> None:
    ada, eve = await join("ada"), await join("eve")
    secret = (await ada.done("create_room", name="secret", kind="private"))["room"]["id"]
    await ada.say("hidden", room=secret)
    back = await Client(chat).hello(token=eve.token, epoch=eve.welcome["epoch"], rooms={secret: 0, "r_none": 0})
    await quiet(back)
    assert back.texts() == []


async def test_the_welcome_and_what_was_missed_come_before_the_live_stream(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = bob.welcome["rooms"][0]
    bob.leave()
    for n in range(50):
        await ada.say(f"{n}")
    back = Client(chat)
    back.send("hello", token=bob.token, epoch=bob.welcome["epoch"], rooms={room["id"]: room["head"]})
    for n in range(50, 100):
        ada.send("send_message", room="#lobby", text=f"{n}")
        await asyncio.sleep(0)
    await quiet(ada)
    await quiet(back)
    assert "reply" in back.frames[0]
    assert back.texts() == [f"{n}" for n in range(100)]


async def test_a_welcome_never_names_what_is_still_to_be_told(chat: Chat, join: Join, store: TestStore) -> None:
    """The store may have committed what this node has not delivered yet."""
    ada, bob = await join("ada"), await join("bob")
    for n in range(60):
        ada.send("send_message", room="#lobby", text=f"{n}")
        second = Client(chat)
        asked = second.send("hello", token=bob.token)
        for _ in range(n % 7):
            await asyncio.sleep(0)
        ada.send("set_draft", room="#lobby", text=f"{n}")
        welcome = await second.reply(asked)
        await quiet(ada)
        await quiet(second)
        head = welcome["rooms"][0]["head"]
        later = [e["number"] for e in second.events("message_sent")]
        assert later == list(range(head + 1, head + 1 + len(later)))
        second.leave()


async def test_a_join_names_the_head_after_which_one_hears(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = (await ada.done("create_room", name="tea"))["room"]["id"]
    total = 0
    for n in range(30):
        for m in range(3):
            ada.send("send_message", room="#tea", text=f"{n}.{m}")
        joined = bob.send("join_room", room="#tea")
        for m in range(20):
            ada.send("send_message", room="#tea", text=f"{n}.{m + 3}")
            await asyncio.sleep(0)
        head = (await bob.reply(joined))["room"]["head"]
        await quiet(ada)
        await quiet(bob)
        heard = [e["number"] for e in bob.events("message_sent")]
        assert heard == list(range(head + 1, head + 1 + len(heard)))
        assert heard == [] or heard[-1] == store.heads([room])[room]
        total += len(heard)
        await bob.done("leave_room", room="#tea")
        await quiet(bob)
        bob.forget()
    assert total > 30


async def test_a_room_that_is_gained_while_one_comes_in_is_told(
    chat: Chat, join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await join("ada"), await join("bob")
    bob.leave()
    read, gained = threading.Event(), threading.Event()
    rooms_of = store.rooms_of

    def slowly(person: str) -> list[RoomState]:
        states = rooms_of(person)
        read.set()
        assert gained.wait(DEADLINE)
        return states

    monkeypatch.setattr(store, "rooms_of", slowly)
    back = Client(chat)
    asked = back.send("hello", token=bob.token)
    await eventually(read.is_set)
    room = (await ada.done("create_room", name="tea", people=["@bob"]))["room"]["id"]
    gained.set()
    welcome = await back.reply(asked)
    assert room not in [state["id"] for state in welcome["rooms"]]
    assert (await back.event("room_gained", room=room))["number"] > welcome["me"]

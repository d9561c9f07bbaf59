"""`hobnob export`: every message once, as it is now, for programs and for people."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.stores.builders import (
    ADA,
    BOB,
    DIRECT,
    LOBBY,
    TEA,
    created,
    deleted,
    edited,
    furnish,
    happen,
    item,
    joined,
    keep,
    sent,
)

from hobnob.cli.app import run
from hobnob.protocol.events import MessagePinned, MessageSent, ReactionAdded
from hobnob.protocol.records import Message
from hobnob.stores.sql import DATABASE, SqlStore
from hobnob.stores.store import AddDirectPeople

DAY = 86_400_000
EVIL = "<script>alert('x')</script>&\x0304red\x0f \u202edlrow\u202c"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with three rooms, and every kind of thing that happens to messages."""
    store = SqlStore(tmp_path / "data")
    store.open()
    furnish(store)
    happen(store, created(TEA, "tea"), joined(ADA, TEA), sent(BOB, "black", TEA))
    keep(store, item(created(DIRECT, "", kind="direct"), writes=(AddDirectPeople(DIRECT, (ADA, BOB)),)))
    happen(store, sent(ADA, "between us", DIRECT))
    happen(
        store,
        sent(ADA, "green"),  # 5
        sent(BOB, "blak"),
        edited(BOB, 6, "black"),
        sent(ADA, "white"),  # 8
        deleted(ADA, 8),
        ReactionAdded(room=LOBBY, of=5, emoji="👍", by=BOB.id, by_name=BOB.name),
        MessagePinned(room=LOBBY, of=5, by=BOB.id, by_name=BOB.name),
        sent(BOB, EVIL),  # 12
        MessageSent(room=LOBBY, text="yes", reply_to=f"{LOBBY}.5", by=BOB.id, by_name=BOB.name),
        MessageSent(room=LOBBY, text="waves", kind="action", by=BOB.id, by_name=BOB.name),
    )
    happen(store, sent(ADA, "tomorrow\nmorning"), now=1_763_900_000_123 + DAY)
    store.close()
    return tmp_path / "data"


def exported(capfdbinary: pytest.CaptureFixture[bytes], data: Path, *arguments: str) -> str:
    assert run(["export", "--data", str(data), *arguments]) == 0
    output = capfdbinary.readouterr()
    assert output.err == b""
    return output.out.decode()


def messages(printed: str) -> list[Message]:
    return [msgspec.json.decode(line, type=Message) for line in printed.splitlines()]


class Outline(HTMLParser):
    """Elements, text by element, and whether they nest as they should."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.setdefault(self.open[-1], []).append(data.strip())


def outline(printed: str) -> Outline:
    found = Outline()
    found.feed(printed)
    found.close()
    assert found.open == []
    return found


def test_every_message_is_a_line(data: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    found = messages(exported(capfdbinary, data))
    lobby = [message for message in found if message.room == LOBBY]
    assert [message.number for message in lobby] == [5, 6, 8, 12, 13, 14, 15]
    assert [message.text for message in lobby][:3] == ["green", "black", ""]
    assert (lobby[0].reactions, lobby[0].pinned) == ({"👍": (BOB.id,)}, True)
    assert lobby[1].edited_at is not None
    assert lobby[2].deleted
    assert [message.room for message in found if message.room != LOBBY] == [TEA, DIRECT]


def test_a_line_names_its_room(data: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    lines = [json.loads(line) for line in exported(capfdbinary, data).splitlines()]
    assert {(line["room"], line.get("room_name")) for line in lines} == {(LOBBY, "lobby"), (TEA, "tea"), (DIRECT, None)}


@pytest.mark.parametrize("room", ["#tea", "tea", TEA])
def test_of_one_room(data: Path, capfdbinary: pytest.CaptureFixture[bytes], room: str) -> None:
    assert [message.text for message in messages(exported(capfdbinary, data, "--room", room))] == ["black"]


@pytest.mark.parametrize("person", [ADA.name, f"@{ADA.name}", ADA.id])
def test_of_one_person(data: Path, capfdbinary: pytest.CaptureFixture[bytes], person: str) -> None:
    found = messages(exported(capfdbinary, data, "--person", person))
    assert [message.text for message in found] == ["green", "", "tomorrow\nmorning", "between us"]


def test_of_one_person_in_one_room(data: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    found = messages(exported(capfdbinary, data, "--person", BOB.name, "--room", "tea"))
    assert [message.text for message in found] == ["black"]


def test_more_than_one_page(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    store = SqlStore(tmp_path / "data")
    store.open()
    furnish(store)
    happen(store, *(sent(BOB if n % 3 else ADA, str(n)) for n in range(1501)))
    store.close()
    every = messages(exported(capfdbinary, tmp_path / "data"))
    assert [message.text for message in every] == [str(n) for n in range(1501)]
    ours = messages(exported(capfdbinary, tmp_path / "data", "--person", ADA.name))
    assert [message.text for message in ours] == [str(n) for n in range(0, 1501, 3)]


def test_the_page_shows_everything(data: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    found = outline(exported(capfdbinary, data, "--format", "html"))
    assert found.texts["h2"] == ["#lobby", "#tea", f"{ADA.name}, {BOB.name}"]
    assert found.texts["h3"] == ["2025-11-23", "2025-11-24", "2025-11-23", "2025-11-23"]
    assert "tomorrow\nmorning" in found.texts["p"]
    assert found.texts["i"] == ["deleted", f"{BOB.name} waves"]
    assert found.texts["small"] == ["pinned", "edited"]
    assert found.texts["span"] == ["👍 1"]
    assert [attributes for tag, attributes in found.seen if tag == "span"] == [{"title": BOB.name}]
    assert found.texts["blockquote"] == [": green"]
    anchors = {attributes.get("id") for _, attributes in found.seen}
    links = {attributes["href"] for tag, attributes in found.seen if tag == "a"}
    assert {link[1:] for link in links if link} <= anchors


def test_the_page_needs_nothing_and_runs_nothing(data: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    printed = exported(capfdbinary, data, "--format", "html")
    found = outline(printed)
    assert {tag for tag, _ in found.seen}.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
    assert all(not name.startswith("on") and name != "src" for _, attributes in found.seen for name in attributes)
    assert re.search(r"https?://|url\(|\x03|\x0f", printed) is None
    assert any("<script>alert('x')</script>&red" in text for text in found.texts["p"])


def test_the_page_of_a_person_has_their_rooms_only(data: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    found = outline(exported(capfdbinary, data, "--format", "html", "--person", ADA.name))
    assert found.texts["h1"] == [f"What {ADA.name} said"]
    assert found.texts["h2"] == ["#lobby", f"{ADA.name}, {BOB.name}"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_no_text_leaves_its_place(
    tmp_path_factory: pytest.TempPathFactory, capfdbinary: pytest.CaptureFixture[bytes], text: str
) -> None:
    data = tmp_path_factory.mktemp("data")
    store = SqlStore(data)
    store.open()
    furnish(store)
    happen(store, sent(ADA, text))
    store.close()
    tags = [tag for tag, _ in outline(exported(capfdbinary, data, "--format", "html")).seen]
    assert tags[tags.index("article") :] == ["article", "header", "b", "a", "time", "p"]


def test_into_a_file(data: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    file = tmp_path / "all.jsonl"
    assert exported(capfdbinary, data, "-o", str(file)) == ""
    assert len(messages(file.read_text("utf-8"))) == 9
    assert file.stat().st_mode & 0o777 == 0o600
    assert run(["export", "--data", str(data), "--output", str(file)]) == 1
    assert b"--force" in capfdbinary.readouterr().err
    assert run(["export", "--data", str(data), "--output", str(file), "--force"]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--room", "#nowhere"], "no room"),
        (["--room", "\x1b[31m"], "no room"),
        (["--person", "nobody"], "Nobody"),
        (["-o", "nowhere/all.jsonl"], "no folder"),
        (["--data", "nowhere"], "no chat"),
    ],
)
def test_what_is_refused(
    data: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], arguments: list[str], words: str
) -> None:
    given = arguments if "--data" in arguments else [*arguments, "--data", str(data)]
    assert run(["export", *given]) == 1
    output = capfdbinary.readouterr()
    assert output.out == b""
    assert words.encode() in output.err
    assert output.err.count(b"\n") == 1
    assert b"\x1b" not in output.err
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_damaged_database(data: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (data / DATABASE).write_bytes(b"hello" * 2000)
    assert run(["export", "--data", str(data)]) == 1
    error = capfdbinary.readouterr().err
    assert error.startswith(b"hobnob: The database cannot be read")
    assert error.count(b"\n") == 1

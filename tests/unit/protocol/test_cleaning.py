"""Values of a server that may not be ours, before anything of them is printed."""

from hypothesis import given
from hypothesis import strategies as st

from hobnob.protocol.cleaning import cleaned
from hobnob.protocol.codec import encode
from hobnob.protocol.events import MessageSent, SettingChanged
from hobnob.protocol.records import Message, Person, RoomState
from hobnob.protocol.replies import Rooms, Settings, Welcome
from hobnob.protocol.text import clean

ESCAPE = "\x1b]0;owned\x07\x1b[2J\x9b2J"


def test_every_text_in_a_value_is_clean() -> None:
    people = (Person("p_1", f"ada\n{ESCAPE}"),)
    room = RoomState("r_1", f"tea{ESCAPE}", "direct", topic=ESCAPE, people=people)
    welcome = cleaned(Welcome(people[0], "e", f"home{ESCAPE}", ESCAPE, rooms=(room,)))
    assert welcome.you.name == welcome.rooms[0].people[0].name == "ada ]0;owned[2J2J"
    message = cleaned(Message("r_1", 1, 1, ESCAPE, "p_1", ESCAPE, f"a{ESCAPE}\nb", reactions={ESCAPE: (ESCAPE,)}))
    for value in (welcome, message):
        assert not any(sign in encode(value).decode() for sign in ("\\u001b", "\\u0007", "\x9b"))
    assert message.text == "a]0;owned[2J2J\nb"


def test_what_an_honest_server_says_is_the_same_value() -> None:
    event = MessageSent(room="r_1", by="p_1", by_name="åsa", text="two\nlines \u2068of\u2069 text", tags={"a": "b"})
    assert cleaned(event) == event
    rooms = Rooms()
    assert cleaned(rooms) is rooms


def test_what_programs_keep_for_themselves_is_as_it_was() -> None:
    for kept in (Settings({"a": f"{ESCAPE} "}), SettingChanged(by="p_1", by_name="ada", key="a", value=f"{ESCAPE} ")):
        assert cleaned(kept) is kept


@given(st.text(), st.text())
def test_a_frame_says_by_itself_whether_it_has_to_be_looked_at(name: str, text: str) -> None:
    event = MessageSent(room="r_1", by="p_1", by_name=clean(name), text=text)
    try:
        frame = encode(event)
    except UnicodeEncodeError:  # half a surrogate pair cannot be said
        return
    assert (
        cleaned(event, frame).text
        == cleaned(event).text
        == (text if text.isascii() and text.isprintable() else clean(text))
    )

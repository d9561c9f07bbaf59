"""Lines: what is parsed, what can be formatted, and what never gets into one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.gateways.irc.message import MAX_BODY, MAX_LINE, LineBuffer, Message, encode, packed, parse, pieces

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=60)
WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n "), min_size=1, max_size=20)
MIDDLE = WORD.filter(lambda word: not word.startswith(":"))
TAG_VALUE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
KEY = st.from_regex(r"\+?([a-z0-9-]{1,5}\.[a-z]{1,3}/)?[a-zA-Z0-9/-]{1,10}", fullmatch=True)
TAGS = st.dictionaries(KEY, TAG_VALUE, max_size=4)
PARAMS = st.builds(lambda middles, last: (*middles, *last), st.lists(MIDDLE, max_size=3), st.lists(TEXT, max_size=1))
MESSAGES = st.builds(Message, st.from_regex(r"[A-Z]{1,10}|[0-9]{3}", fullmatch=True), PARAMS, st.just("") | WORD, TAGS)
ANYTHING = st.text(max_size=700)


@given(MESSAGES.filter(lambda message: len(encode(Message(message.command, message.params, message.source))) <= 512))
def test_what_is_formatted_is_parsed_again(message: Message) -> None:
    assert parse(encode(message).decode()[:-2]) == message


@given(ANYTHING, st.lists(ANYTHING, max_size=3), st.dictionaries(st.just("time"), ANYTHING))
def test_nothing_injects_a_line(source: str, params: list[str], tags: dict[str, str]) -> None:
    line = encode(Message("PRIVMSG", tuple(params), "ada", tags))
    assert line.endswith(b"\r\n")
    assert not set(line[:-2]) & set(b"\r\n\0")
    body = line[line.index(b" ") + 1 :] if tags.get("time", "") else line
    assert len(body if tags else line) <= 512 + (6 if tags else 0)
    line.decode()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("PING", Message("PING")),
        ("ping  a   :b  c", Message("PING", ("a", "b  c"))),
        (":src  NICK ada", Message("NICK", ("ada",), "src")),
        ("PRIVMSG #a :", Message("PRIVMSG", ("#a", ""))),
        ("PRIVMSG #a ::)", Message("PRIVMSG", ("#a", ":)"))),
        ("PRIVMSG #a hi ", Message("PRIVMSG", ("#a", "hi"))),
        (
            r"@a=\:\s\\\r\n\x\;b;c=;+d=e=f :s  X",
            Message("X", (), "s", {"a": "; \\\r\nx", "b": "", "c": "", "+d": "e=f"}),
        ),
        ("@a=1;a=2 X", Message("X", tags={"a": "2"})),
    ],
)
def test_parse(line: str, message: Message) -> None:
    assert parse(line) == message


@pytest.mark.parametrize("line", ["", " ", ":source", ":source ", "@tag", "@tag ", "@a=b :source"])
def test_without_a_command_there_is_no_message(line: str) -> None:
    assert parse(line) is None


def test_what_cannot_stand_in_the_middle_is_replaced() -> None:
    assert encode(Message("401", ("*", "two words", "", ":x", "end"))) == b"401 * * * * :end\r\n"


def test_a_long_body_is_cut_between_characters() -> None:
    line = encode(Message("X", ("a", "é" * 300)))
    assert len(line) <= MAX_BODY + 2
    assert line.decode() == "X a :" + "é" * 252 + "\r\n"


@given(TEXT, st.integers(min_value=4, max_value=50))
def test_pieces_fit_and_lose_nothing(text: str, size: int) -> None:
    parts = list(pieces(text, size))
    assert all(0 < len(part.encode()) <= size for part in parts)
    assert "".join(parts) == text


def test_pieces_end_at_a_space_where_there_is_one() -> None:
    assert list(pieces("one two three four", 10)) == ["one two ", "three four"]
    assert list(pieces("onetwothreefour", 10)) == ["onetwothre", "efour"]


@given(st.lists(WORD, max_size=30), st.integers(min_value=1, max_value=60))
def test_packed_words_fit(words: list[str], size: int) -> None:
    texts = list(packed(words, size))
    assert " ".join(texts) == " ".join(words)
    assert all(len(text.encode()) <= size or " " not in text for text in texts)


@given(st.binary(max_size=60), st.lists(st.integers(min_value=0, max_value=60)))
def test_lines_do_not_depend_on_the_split(data: bytes, cuts: list[int]) -> None:
    whole = list(LineBuffer().feed(data))
    buffer, places = LineBuffer(), [0, *sorted(cuts), len(data)]
    parts = [line for start, end in pairwise(places) for line in buffer.feed(data[start:end])]
    assert parts == whole


@pytest.mark.parametrize("size", [1, 1000, 100_000])
def test_a_line_without_end_is_reported_once_and_not_kept(size: int) -> None:
    buffer = LineBuffer()
    data = b"a" * 100_000 + b"\nPING x\n"
    lines = [line for start in range(0, len(data), size) for line in buffer.feed(data[start : start + size])]
    assert lines == [None, b"PING x"]
    assert list(buffer.feed(b"b" * MAX_LINE + b"\n")) == [b"b" * MAX_LINE]

"""Whatever bytes come, however they are split: nothing is raised, nothing moves a cursor, every split says the same."""

import re
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.unit.gateways.lines.house import Access, person, student

from hobnob.gateways.lines.commands import COMMANDS
from hobnob.gateways.lines.reader import MAX_LINE, LineReader

# What may come out, whatever came in: no control character but the end of a line and the colours of names.
FORBIDDEN = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[[0-9]{1,2}m)|\r(?!\n)")

ACCESS: st.SearchStrategy[Access] = st.sampled_from(["open", "invite", "accounts"])

# How a password is hidden; it depends on whether the peer has shown by then that it is telnet.
HIDING = re.compile(rb"\xff[\xfb\xfc]\x01(\r?\n)?| \(your screen shows it[^)]*\)")

QUESTION = re.compile(b"Your name|Invite:|assword|The name of the account")

TYPED = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([command.word.encode() for command in COMMANDS.values()]).map(lambda word: word + b" "),
    st.sampled_from(
        [b"\n", b"\r\n", b"\r", b"\r\0", b"\xff\xf4", b"\xff\xfb\x01", b"\xff\xfa\x18\0x\xff\xf0", b"\xff", b"\x08"]
    ),
    st.sampled_from(
        [
            b"bye",
            b"ada",
            b"correct horse",
            b"/telnet",
            b"#1 ",
            b"\x1b[A",
            b"\x1b]0;x\x07",
            b"\xc2\x9b31m",
            b"\xc3",
            b"on",
            b"x" * MAX_LINE,
        ]
    ),
)


@given(st.lists(TYPED, max_size=12).map(b"".join), st.data(), st.booleans(), ACCESS)
def test_any_bytes_in_any_split_say_the_same_and_move_no_cursor(
    data: bytes, cuts: st.DataObject, greeted: bool, access: Access
) -> None:
    whole, split = person(greeted=greeted, access=access), person(greeted=greeted, access=access)
    whole.receive(data)
    places = sorted(cuts.draw(st.lists(st.integers(0, len(data)), max_size=6)))
    for start, end in pairwise([0, *places, len(data)]):
        split.receive(data[start:end])
    for driver in (whole, split):
        driver.end()
        assert driver.closed
    # Many empty lines in one read count once, and an empty line answers a question.
    assume(not QUESTION.search(whole.read) or "" not in (line and line.strip() for line in LineReader().feed(data)))
    read = HIDING.sub(b"", whole.read)
    assert HIDING.sub(b"", split.read) == read
    assert split.house.done == whole.house.done
    assert not FORBIDDEN.search(read.decode())


@given(st.lists(st.binary(max_size=60), max_size=6), st.sampled_from(["student", "raw"]))
def test_any_reads_of_a_program_are_taken(reads: list[bytes], kind: str) -> None:
    driver = student() if kind == "student" else person(greeted=False, raw=True)
    driver.receive(b"USERNAME:bob" if kind == "student" else b"hello", *reads)
    driver.end()
    assert driver.closed
    assert not FORBIDDEN.search(driver.read.decode())

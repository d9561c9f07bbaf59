"""What the first bytes show, however they are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.net.sniffer import MAX_FIRST_LINE, Kind, begins_like_a_program, classify, classify_end

NEGOTIATION = b"\xff\xfb\x1f\xff\xfd\x03\xff\xfa\x18\x00xterm\xff\xff\xff\xf0"

KNOWN = {
    b"\x16\x03\x01\x02\x00": Kind.TLS,
    b"GET / HTTP/1.1\r\n": Kind.WEB,
    b"get / HTTP/1.0\n": Kind.WEB,
    b"PRI * HTTP/2.0\r\n": Kind.WEB,
    b"NICK /a HTTP/1.1\r\n": Kind.WEB,
    b"BREW pot with blanks HTTP/1.1\r\n": Kind.WEB,
    b'{"do":"hello"}\n': Kind.JSON,
    b"\t {": Kind.JSON,
    b"CAP LS\r\n": Kind.IRC,
    b"PASS x\r\n": Kind.IRC,
    b"USER a 0 * :A b\r\n": Kind.IRC,
    b"AUTHENTICATE PLAIN\r\n": Kind.IRC,
    b"NICK\r\n": Kind.IRC,
    b"PING 1\n": Kind.IRC,
    b"QUIT\n": Kind.IRC,
    b"QUIT :gone\r\n": Kind.IRC,
    b"JOIN #tea\r\n": Kind.IRC,
    b"WHO\r\n": Kind.IRC,
    b"PRIVMSG #tea :hi\r\n": Kind.IRC,
    b":ada PRIVMSG #tea :hi\r\n": Kind.IRC,
    b"@label=1;a :ada!a@b NICK x\r\n": Kind.IRC,
    b"nick ada\r\n": Kind.IRC,
    b"user ada 0 * :Ada\r\n": Kind.IRC,
    b"cap ls 302\r\n": Kind.IRC,
    b"SSH-2.0-OpenSSH_9.2\r\n": Kind.SSH,
    b"USERNAME:bob": Kind.STUDENT,
    b"hello there\n": Kind.TEXT,
    b"who is there?\n": Kind.TEXT,
    b"join us\n": Kind.TEXT,
    b"JOIN US\n": Kind.TEXT,
    b"WHO ARE YOU\n": Kind.TEXT,
    b"quit\n": Kind.TEXT,
    b"help\n": Kind.TEXT,
    b"HELP\n": Kind.TEXT,
    b"nick of time it was\n": Kind.TEXT,
    b"user names are not shown here\n": Kind.TEXT,
    b"NICKNAME\n": Kind.TEXT,
    b":) QUIETLY\n": Kind.TEXT,
    b"I like HTTP/1.1 and HTTP/2\n": Kind.TEXT,
    b"GET /\n": Kind.TEXT,
    b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n": Kind.TEXT,
    b"SSH-1.5-old\n": Kind.TEXT,
    b"gr\xfc\xdfe \xff\xfe\n": Kind.TEXT,
    b"\xffh\n": Kind.TEXT,
    b"\x1b[A\x07\x08\n": Kind.TEXT,
    NEGOTIATION + b"hello\r\n": Kind.TEXT,
    NEGOTIATION + b"GET / HTTP/1.1\r\n": Kind.TEXT,
    b"\n": Kind.ENTER,
    b"\r\n": Kind.ENTER,
    b" \t\r\n": Kind.ENTER,
    NEGOTIATION + b"\r\n": Kind.ENTER,
    b"\x00": Kind.BINARY,
    b"ab\x00\n": Kind.BINARY,
    b"GET /\x00 HTTP/1.1\r\n": Kind.BINARY,
    b"\x16\n": Kind.BINARY,
    b"\x16\x02": Kind.BINARY,
    b"\x05\x01\x00": Kind.BINARY,
    b"x" * (MAX_FIRST_LINE + 1): Kind.TOO_LONG,
    b"\xff\xfa" + b"x" * MAX_FIRST_LINE: Kind.TOO_LONG,
}
LIMIT = 40
"""Low, so that what is generated reaches it."""

lines = st.one_of(
    st.sampled_from([first for first in KNOWN if len(first) < 100]),
    st.text("{ \t\r\nGETNICKUSRAM:/*HP1.0\x00\x16\x03\xff\xfa\xfb\xf0#a", max_size=60).map(
        lambda text: text.encode("latin-1")
    ),
    st.binary(max_size=60),
    st.tuples(st.sampled_from([b"x", b" ", b"\xff\xfb\x01"]), st.integers(0, 60), st.binary(max_size=8)).map(
        lambda made: made[0] * made[1] + made[2]
    ),
)


@pytest.mark.parametrize(("first", "kind"), KNOWN.items(), ids=lambda value: repr(value)[:40])
def test_a_first_line_has_its_kind(first: bytes, kind: Kind) -> None:
    assert classify(first) is kind


@pytest.mark.parametrize(("first", "kind"), KNOWN.items(), ids=lambda value: repr(value)[:40])
def test_no_prefix_of_a_known_first_line_decides_otherwise(first: bytes, kind: Kind) -> None:
    step = max(1, len(first) // 200)
    assert {classify(first[:end]) for end in range(0, len(first), step)} <= {None, kind}


@pytest.mark.parametrize("more", [b"", b"{", b"\x00", b"\n", b" HTTP/1.1\r\n"])
@pytest.mark.parametrize("first", [b"x" * (LIMIT + 1), b" " * (LIMIT + 1), NEGOTIATION + b"x" * (LIMIT + 1)])
def test_over_the_limit_nothing_that_follows_changes_it(first: bytes, more: bytes) -> None:
    assert classify(first + more, LIMIT) is Kind.TOO_LONG


@given(lines, lines)
def test_what_is_decided_stays_decided_by_whatever_follows(first: bytes, more: bytes) -> None:
    kind = classify(first, LIMIT)
    if kind is not None:
        assert classify(first + more, LIMIT) is kind


@given(lines, st.lists(st.integers(0, 60)))
def test_however_it_is_cut_a_beginning_is_decided_alike(first: bytes, cuts: list[int]) -> None:
    decided = [kind for end in [*sorted(cuts), len(first)] if (kind := classify(first[:end], LIMIT)) is not None]
    assert decided[:1] == ([] if classify(first, LIMIT) is None else [classify(first, LIMIT)])


@given(lines)
def test_undecided_beginnings_are_bounded(first: bytes) -> None:
    if classify(first, LIMIT) is None:
        assert len(first) <= 2 * LIMIT  # a telnet client's negotiation, and a line


@given(lines)
def test_the_end_of_input_decides_whatever_was_said(first: bytes) -> None:
    kind = classify_end(first, LIMIT)
    assert (kind is None) == (not first)
    if classify(first, LIMIT) is not None:
        assert kind is classify(first, LIMIT)


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (b"", None),
        (b"hi", Kind.TEXT),
        (b"US", Kind.TEXT),
        (b"\r", Kind.ENTER),
        (NEGOTIATION, Kind.ENTER),
        (b"\xff\xfb", Kind.ENTER),
        (b"\x16", Kind.BINARY),
        (b"NICK ada", Kind.IRC),
        (b"GET / HTTP/1.0", Kind.WEB),
    ],
)
def test_the_end_of_input_ends_the_line(first: bytes, kind: Kind | None) -> None:
    assert classify_end(first) is kind


@pytest.mark.parametrize(
    "line",
    [b"GET /a HTTP/1.1", b"FROB /a HTTP/1.1", b"USERNAME:", b"SSH-2.0-", b"NICK ada", b":ada JOIN #tea", b"cap ls"],
)
def test_half_a_programs_line_is_known_for_one(line: bytes) -> None:
    shortest = line.index(b" ") + 2 if line.startswith((b"FROB", b":", b"cap")) else 1
    undecided = [line[:end] for end in range(shortest, len(line)) if classify(line[:end]) is None]
    assert undecided
    assert [half for half in undecided if not begins_like_a_program(half)] == []


@pytest.mark.parametrize(
    "words", [b"", b"hello", b"hello wor", b"who is", b"JOIN US", b"either /or", b"\xff\xfb\x01", b" "]
)
def test_half_a_persons_line_is_no_programs(words: bytes) -> None:
    assert not begins_like_a_program(words)

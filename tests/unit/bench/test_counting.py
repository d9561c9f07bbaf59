"""A round's figures come from what was counted, and a round that lost or refused something has none."""

from dataclasses import replace

import pytest
from bench.durable import messages
from bench.idle import text_frame
from bench.load import Round
from bench.server import BenchError

WHOLE = Round(
    seconds=2.0,
    sent=10,
    acked=10,
    refused=0,
    delivered=100,
    expected=100,
    bytes=10_100,
    cpu_ns=550_000,
    client_cpu_ns=1,
    first_error="",
    latencies_us=[1.0] * 10,
)


def test_cost_is_divided_by_what_arrived() -> None:
    assert WHOLE.cpu_a_delivery == 5.5
    assert WHOLE.cpu_a_message == 55
    assert WHOLE.bytes_a_delivery == 101


def test_a_whole_round_passes() -> None:
    WHOLE.check()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"delivered": 99}, "Only 99 of 100 deliveries"),
        ({"delivered": 101}, "Only 101 of 100 deliveries"),
        ({"acked": 9}, "9 of 10 acknowledgements"),
        ({"refused": 2, "first_error": "rate-limited"}, "2 of 10 messages were refused: rate-limited"),
        ({"sent": 0, "acked": 0, "delivered": 0, "expected": 0}, "0 of 0 messages"),
    ],
)
def test_a_round_with_losses_is_refused(fault: dict[str, int], words: str) -> None:
    with pytest.raises(BenchError, match=words):
        replace(WHOLE, **fault).check()  # type: ignore[arg-type]


def test_the_references_rows_are_never_the_same_twice() -> None:
    rows = messages(0, 100) + messages(100, 100)
    assert len({(room, number) for room, number, *_ in rows}) == 200
    assert len({(by, ref) for _, _, by, ref, _ in rows}) == 200


@pytest.mark.parametrize(("length", "head"), [(5, "8185"), (125, "81fd"), (126, "81fe007e"), (65535, "81feffff")])
def test_a_client_frame_is_masked_text(length: int, head: str) -> None:
    payload, mask = bytes(range(256)) * 256, b"\x01\x02\x03\x04"
    frame = text_frame(payload[:length], mask)
    start = len(bytes.fromhex(head))
    assert frame.hex().startswith(head + mask.hex())
    unmasked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(frame[start + 4 :]))
    assert unmasked == payload[:length]

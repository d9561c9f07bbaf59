"""Caps of undecided connections, and the memory of addresses that spoke HTTP or TLS."""

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from hobnob.net.limits import TELL_EVERY, ConnectionCaps, Refusals, SpokeWeb


def limits(per_process: int = 100, per_address: int = 2, per_site: int = 3) -> ConnectionCaps:
    return ConnectionCaps(per_process=per_process, per_address=per_address, per_site=per_site)


def test_an_ipv4_address_has_a_cap() -> None:
    counts = limits()
    assert [counts.admit("192.0.2.7") for _ in range(3)] == [True, True, False]
    assert counts.admit("192.0.2.8")


def test_ipv4_inside_ipv6_is_the_same_address() -> None:
    counts = limits()
    assert counts.admit("192.0.2.7")
    assert counts.admit("::ffff:192.0.2.7")
    assert not counts.admit("192.0.2.7")


def test_ipv6_is_counted_by_64() -> None:
    counts = limits()
    assert [counts.admit(f"2001:db8:1:2::{host}") for host in (1, 2, 3)] == [True, True, False]
    assert counts.admit("2001:db8:1:3::1")


def test_ipv6_is_counted_by_48() -> None:
    counts = limits()
    assert [counts.admit(f"2001:db8:1:{net}::1") for net in (1, 2, 3, 4)] == [True, True, True, False]
    assert counts.admit("2001:db8:2:1::1")


def test_a_zone_makes_no_other_address() -> None:
    counts = limits()
    assert [counts.admit(f"fe80::1%eth{zone}") for zone in (0, 1, 2)] == [True, True, False]


def test_the_process_has_a_cap() -> None:
    counts = limits(per_process=2)
    assert counts.admit(None)
    assert counts.admit("192.0.2.1")
    assert not counts.admit("192.0.2.2")
    assert not counts.admit(None)
    counts.leave(None)
    assert counts.admit("192.0.2.2")


ADDRESSES = ["192.0.2.1", "192.0.2.2", "2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:2:1::1", None]


@given(st.lists(st.tuples(st.sampled_from(ADDRESSES), st.booleans())))
def test_who_left_leaves_nothing_behind(steps: list[tuple[str | None, bool]]) -> None:
    counts, inside = limits(per_process=5), list[str | None]()
    for address, comes in steps:
        if comes and counts.admit(address):
            inside.append(address)
        elif not comes and address in inside:
            inside.remove(address)
            counts.leave(address)
        assert len(counts) == len(inside) <= 5
    for address in inside:
        counts.leave(address)
    assert len(counts) == 0
    assert counts._counts == {}


def test_an_address_is_remembered_for_a_time() -> None:
    spoke = SpokeWeb(memory=600)
    spoke.note("192.0.2.7", 1000)
    assert spoke.remembers("192.0.2.7", 1599)
    assert not spoke.remembers("192.0.2.7", 1600)
    assert not spoke.remembers("192.0.2.8", 1000)


def test_ipv6_is_remembered_by_64() -> None:
    spoke = SpokeWeb(memory=600)
    spoke.note("2001:db8::1", 0)
    assert spoke.remembers("2001:db8::2", 1)
    assert not spoke.remembers("2001:db8:0:1::1", 1)


def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    spoke = SpokeWeb(memory=600, capacity=2)
    for now, address in enumerate(["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.3"]):
        spoke.note(address, now)
    assert len(spoke) == 2
    assert [spoke.remembers(f"192.0.2.{host}", 4) for host in (1, 2, 3)] == [True, False, True]


def test_refusals_are_told_at_once_and_then_seldom() -> None:
    refusals = Refusals()
    with capture_logs() as logged:
        for now in (0.0, 1.0, TELL_EVERY - 1, TELL_EVERY):
            refusals.note("192.0.2.7", now)
    assert [(line["address"], line["refused"]) for line in logged] == [("192.0.2.7", 1), ("192.0.2.7", 3)]

"""What may be done how often: never more than the rate, nothing taken by a refusal, and no more memory than agreed."""

import re
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.chat.limits import CAPACITY, RATES, SITE, Buckets, Limit, Limits, Rate, Rates, TooFast
from hobnob.chat.origins import NOWHERE, Origins

AFAR = "203.0.113.7"
PAGE = Path(__file__).parents[3] / "docs/decisions/0010-limits-that-a-class-does-not-meet.md"

rates = st.builds(Rate, st.integers(1, 20), st.floats(0.01, 100))
pauses = st.lists(st.one_of(st.just(0.0), st.floats(0, 30)), max_size=80)


def limits(address: Rate | None = None, person: Rate | None = None, room: Rate | None = None) -> Limits:
    return Limits(Origins(), rates={Limit.SENDING: Rates(address, person, room)})


@given(rates, pauses, st.floats(0, 1e7))
def test_no_window_ever_holds_more_than_burst_and_rate(rate: Rate, pauses: list[float], start: float) -> None:
    buckets, now, granted = Buckets(rate), start, []
    for pause in pauses:
        now += pause
        if buckets.wait("a", now) == 0:
            buckets.take("a", now)
            granted.append(now)
    for first in range(len(granted)):
        for last in range(first, len(granted)):
            allowed = rate.burst + rate.per_second * (granted[last] - granted[first])
            assert last - first + 1 <= allowed + 1e-3


@given(rates, pauses)
def test_who_waits_as_long_as_told_may_go_on_and_no_sooner(rate: Rate, pauses: list[float]) -> None:
    buckets, now = Buckets(rate), 1000.0
    for pause in pauses:
        now += pause
        wait = buckets.wait("a", now)
        if wait:
            assert buckets.wait("a", now + wait / 2) > 0
            now += wait
        assert buckets.wait("a", now) == 0
        buckets.take("a", now)


@given(rates)
def test_a_full_bucket_grants_its_burst_at_once(rate: Rate) -> None:
    buckets = Buckets(rate)
    for _ in range(rate.burst):
        assert buckets.wait("a", 5.0) == 0
        buckets.take("a", 5.0)
    assert 0 < buckets.wait("a", 5.0) <= 1 / rate.per_second + 1e-6
    assert buckets.wait("b", 5.0) == 0


def test_a_token_given_back_is_there_again() -> None:
    buckets = Buckets(Rate(1, 0.1))
    buckets.give_back("a")
    buckets.take("a", 0.0)
    assert buckets.wait("a", 0.0) > 0
    buckets.give_back("a")
    assert buckets.wait("a", 0.0) == 0


steps = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from("rst"), st.floats(0, 3)))


@given(steps)
def test_a_refusal_takes_a_token_from_nobody(steps: list[tuple[str, str, str, float]]) -> None:
    """The whole against three separate ones: it grants exactly what all three would, and only then do they count."""
    table = {"address": Rate(6, 0.5), "person": Rate(3, 0.5), "room": Rate(5, 1)}
    whole, single = limits(**table), {kind: Buckets(rate) for kind, rate in table.items()}
    now = 0.0
    for address, person, room, pause in steps:
        now += pause
        keys = {"address": address, "person": person, "room": room}
        wait = max(buckets.wait(keys[kind], now) for kind, buckets in single.items())
        assert whole.take(Limit.SENDING, address, person, room, now) == wait
        if not wait:
            for kind, buckets in single.items():
                buckets.take(keys[kind], now)


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(0, 2)), max_size=300))
def test_no_more_is_remembered_than_agreed(steps: list[tuple[int, float]]) -> None:
    buckets, now = Buckets(Rate(3, 0.1), capacity=8), 0.0
    for key, pause in steps:
        now += pause
        buckets.take(str(key), now)
        assert len(buckets) <= 8


def test_full_buckets_are_forgotten_first() -> None:
    buckets = Buckets(Rate(10, 1), capacity=100)
    for key in range(100):
        buckets.take(str(key), 0.0)
    buckets.take("late", 50.0)
    assert len(buckets) == 1


def test_a_flood_of_addresses_has_no_empty_bucket_forgotten() -> None:
    limited = limits(address=Rate(10, 0.001))
    for _ in range(10):
        assert limited.take(Limit.SENDING, AFAR, None, None, 0.0) == 0
    for n in range(3 * CAPACITY):
        assert limited.take(Limit.SENDING, f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", None, None, 1.0) == 0
        assert len(limited) <= CAPACITY
    assert limited.take(Limit.SENDING, AFAR, None, None, 2.0) > 0


def test_a_host_cannot_change_its_address_within_its_network() -> None:
    limited = limits(address=Rate(5, 0.001))
    granted = sum(limited.take(Limit.SENDING, f"2001:db8::{n:x}", None, None, 0.0) == 0 for n in range(100))
    assert granted == 5


def test_a_site_has_the_budget_of_some_addresses_and_cannot_fill_the_memory() -> None:
    limited = limits(address=Rate(5, 0.001))
    addresses = [f"2001:db8:0:{n:x}::1" for n in range(1000)]
    assert sum(limited.take(Limit.SENDING, address, None, None, 0.0) == 0 for address in addresses) == SITE * 5
    assert len(limited) == SITE * 5 + 1
    assert limited.take(Limit.SENDING, "2001:db8:1::1", None, None, 0.0) == 0


@pytest.mark.parametrize("address", ["10.1.2.3", "fd00::5", "::ffff:10.9.9.9", None])
def test_who_is_exempt_counts_as_a_person_all_the_same(address: str | None) -> None:
    origins = Origins((ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
    limited = Limits(origins, rates={Limit.SENDING: Rates(address=Rate(1, 0.1), person=Rate(3, 0.1))})
    waits = [limited.take(Limit.SENDING, address, "p", None, 0.0) for _ in range(4)]
    assert waits[:3] == [0.0] * 3
    assert waits[3] > 0


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.9.9.9", "::ffff:127.0.0.1"])
def test_on_loopback_nothing_counts(address: str) -> None:
    limited = Limits(Origins())
    assert not any(limited.take(limit, address, "p", "r", 0.0) for limit in Limit for _ in range(10_000))
    assert len(limited) == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_behind_a_tunnel_loopback_is_anybody(address: str) -> None:
    origin = Origins(loopback_exempt=False).of(address)
    assert origin.network is not None
    assert not origin.free


def test_an_origin_is_found_under_every_spelling() -> None:
    origins = Origins()
    assert origins.of("::ffff:203.0.113.7") == origins.of("203.0.113.7")
    assert origins.of("2001:DB8:0:0:1::") == origins.of("2001:db8::9")
    assert origins.of("fe80::1%eth0") == origins.of("fe80::1")
    assert origins.of(None) == NOWHERE
    assert origins.of("proxied 127.0.0.1").network == "proxied 127.0.0.1"


def test_origins_are_forgotten_before_they_are_too_many() -> None:
    origins = Origins()
    for n in range(10_000):
        origins.of(f"10.0.{n >> 8}.{n & 255}")
    assert len(origins._known) <= 4096


@given(st.lists(st.tuples(st.floats(0.1, 5), st.floats(0, 2)), max_size=40))
def test_who_pays_what_is_owed_stays_within_the_rate(steps: list[tuple[float, float]]) -> None:
    """Whatever is spent at once, who waits as long as told has never had more than burst and rate, but for the last."""
    rate, now, spent = Rate(4, 2), 0.0, []
    buckets = Buckets(rate)
    for amount, pause in steps:
        now += pause
        spent.append((now, amount))
        now += buckets.spend("a", amount, now)
    for first in range(len(spent)):
        for last in range(first, len(spent)):
            total = sum(amount for _, amount in spent[first:last])
            assert total <= rate.burst + rate.per_second * (spent[last][0] - spent[first][0]) + 1e-6


def test_what_is_spent_counts_for_address_site_and_person() -> None:
    limited = Limits(Origins(), rates={Limit.TALKING: Rates(address=Rate(10, 1), person=Rate(20, 1))})
    assert limited.spend(Limit.TALKING, AFAR, "p", 15, 0.0) == pytest.approx(5)
    assert limited.spend(Limit.TALKING, "203.0.113.8", "p", 10, 0.0) == pytest.approx(5)
    assert limited.spend(Limit.TALKING, "127.0.0.1", "q", 1000, 0.0) == 0
    assert Limits(Origins(), on=False).spend(Limit.TALKING, AFAR, "p", 1e6, 0.0) == 0


def test_limits_that_are_off_limit_nothing() -> None:
    limited = Limits(Origins(), on=False)
    assert not any(limited.take(Limit.REPORTING, AFAR, "p", "r", 0.0) for _ in range(1000))
    assert len(limited) == 0


@pytest.mark.parametrize("limit", Limit)
def test_every_limit_has_a_rate_for_a_host_and_stops_a_flood(limit: Limit) -> None:
    limited = Limits(Origins())
    granted = sum(limited.take(limit, AFAR, f"p{n}", f"r{n}", n / 100_000) == 0 for n in range(100_000))
    rate = RATES[limit].address
    assert rate is not None
    assert rate.burst <= granted <= rate.burst + rate.per_second + 1


@dataclass
class Class:
    """200 people behind one address, who must never be made to wait."""

    limits: Limits
    now: float = 0.0
    size: int = 200

    def all_do(self, limit: Limit, times: int = 1, room: str | None = None, *, within: float = 0.0) -> None:
        for turn in range(times):
            for n in range(self.size):
                now = self.now + within * (turn * self.size + n) / (times * self.size)
                assert self.limits.take(limit, AFAR, f"p{n}", room, now) == 0, (limit, now)
        self.now += within


def test_a_class_of_200_behind_one_address_meets_no_limit() -> None:
    everyone = Class(Limits(Origins()))
    everyone.all_do(Limit.CONNECTING, 6)  # a browser's connections
    everyone.all_do(Limit.REGISTERING)
    everyone.all_do(Limit.NAMING, 2)
    everyone.all_do(Limit.JOINING, 5, "r_lobby")
    everyone.all_do(Limit.READING_HISTORY, 5)
    for _ in range(45):  # a minute each
        everyone.all_do(Limit.SENDING, 1, "r_lobby")  # "good morning!", all at once
        everyone.all_do(Limit.SENDING, 10, "r_lobby", within=50.0)
        everyone.all_do(Limit.READING_HISTORY, 2, within=5.0)
        everyone.all_do(Limit.SEARCHING, 1, within=5.0)
    everyone.all_do(Limit.CONNECTING, 6)  # the server was started again
    everyone.all_do(Limit.NAMING)
    everyone.all_do(Limit.LOGGING_IN)
    everyone.all_do(Limit.JOINING, 10, "r_lobby")
    everyone.all_do(Limit.READING_HISTORY, 10)


def test_the_page_has_the_numbers_of_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    told = {name: tuple(cell.strip() for cell in cells) for name, *cells in rows}
    assert told == {limit.name: tuple(map(_told, RATES[limit])) for limit in Limit}


def _told(rate: Rate | None) -> str:
    return "" if rate is None else f"{rate.burst:,}, {rate.per_second:,g}/s"


@pytest.mark.parametrize(
    ("wait", "again"),
    [(0.01, "1 second"), (1.2, "2 seconds"), (90, "90 seconds"), (91, "2 minutes"), (3600, "60 minutes")],
)
def test_a_refusal_says_when_to_come_again(wait: float, again: str) -> None:
    refusal = TooFast(wait)
    assert refusal.wait == wait
    assert refusal.code == "too-fast"
    assert refusal.hint.endswith(f"Try again in {again}.")

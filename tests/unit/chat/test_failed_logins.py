"""Guessing gets slower, from one host and from many, and the owner gets in all the same."""

from hypothesis import given
from hypothesis import strategies as st

from hobnob.chat.failed_logins import (
    FORGOTTEN_AFTER,
    FREE_TRIES,
    LONGEST_WAIT,
    PER_ADDRESS,
    PER_NAME,
    FailedLogins,
)
from hobnob.chat.limits import SITE
from hobnob.chat.origins import Origins

THIEF, OWNER = "203.0.113.7", "198.51.100.4"


def logins(capacity: int = 4096) -> FailedLogins:
    return FailedLogins(Origins(), capacity)


def log_in(failed: FailedLogins, name: str, address: str | None, now: float) -> None:
    assert failed.attempt(name, address, now) == 0
    failed.succeeded(name, address)


def hosts(count: int) -> list[str]:
    return [f"10.0.{n >> 8}.{n & 255}" for n in range(count)]


def test_after_some_tries_each_wait_is_twice_the_last() -> None:
    failed, now, waits = logins(), 0.0, []
    for _ in range(FREE_TRIES):
        assert failed.attempt("ada", THIEF, now) == 0
    for _ in range(9):
        waits.append(failed.attempt("ada", THIEF, now))
        now += waits[-1]
        assert failed.attempt("ada", THIEF, now) == 0
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]


def test_to_ask_too_early_makes_no_wait_longer() -> None:
    failed = logins()
    for _ in range(FREE_TRIES):
        failed.attempt("ada", THIEF, 0.0)
    for _ in range(1000):
        assert failed.attempt("ada", THIEF, 0.5) == 0.5
    assert failed.attempt("ada", THIEF, 1.0) == 0


def test_tries_at_the_same_time_gain_nothing() -> None:
    failed = logins()
    assert sum(failed.attempt("ada", THIEF, 0.0) == 0 for _ in range(100)) == FREE_TRIES


def test_neighbours_and_other_names_do_not_wait() -> None:
    failed = logins()
    for _ in range(FREE_TRIES):
        failed.attempt("ada", THIEF, 0.0)
    assert failed.attempt("ada", THIEF, 0.0) > 0
    assert failed.attempt("bob", THIEF, 0.0) == 0
    assert failed.attempt("ada", OWNER, 0.0) == 0


def test_a_success_begins_anew_here_only() -> None:
    failed = logins()
    for host in (THIEF, OWNER):
        for _ in range(FREE_TRIES - 1):
            failed.attempt("ada", host, 0.0)
    log_in(failed, "ada", OWNER, 0.0)
    assert sum(failed.attempt("ada", OWNER, 0.0) == 0 for _ in range(20)) == FREE_TRIES
    assert sum(failed.attempt("ada", THIEF, 0.0) == 0 for _ in range(20)) == 1


def test_failures_are_forgotten_after_an_hour_of_quiet() -> None:
    failed = logins()
    for _ in range(FREE_TRIES):
        failed.attempt("ada", THIEF, 0.0)
    assert sum(failed.attempt("ada", THIEF, FORGOTTEN_AFTER) == 0 for _ in range(20)) == FREE_TRIES


def test_one_address_cannot_work_through_a_list_of_names() -> None:
    failed = logins()
    tried = sum(failed.attempt(f"name{n}", THIEF, 0.0) == 0 for n in range(1000))
    assert tried == PER_ADDRESS.burst


def test_a_site_cannot_either() -> None:
    failed = logins()
    tried = sum(failed.attempt(f"name{n}", f"2001:db8:0:{n:x}::1", 0.0) == 0 for n in range(3000))
    assert tried == SITE * PER_ADDRESS.burst


def test_a_right_password_of_ones_own_does_not_pay_for_wrong_ones() -> None:
    failed, tried = logins(), 0
    for n in range(2000):
        tried += failed.attempt(f"name{n}", THIEF, 0.0) == 0
        if failed.attempt("mallory", THIEF, 0.0) == 0:
            failed.succeeded("mallory", THIEF)
    assert tried <= PER_ADDRESS.burst


def test_many_hosts_together_get_no_further_with_one_name() -> None:
    failed = logins()
    tried = sum(failed.attempt("ada", host, 0.0) == 0 for host in hosts(1000))
    assert tried == PER_NAME.burst
    assert failed.attempt("bob", hosts(1)[0], 0.0) == 0


def test_many_hosts_do_not_lock_the_owner_out() -> None:
    failed = logins()
    log_in(failed, "ada", OWNER, 0.0)
    for host in hosts(1000):
        failed.attempt("ada", host, 1.0)
    assert failed.attempt("ada", THIEF, 2.0) > 0
    log_in(failed, "ada", OWNER, 2.0)
    assert 0 < failed.attempt("ada", "192.0.2.9", 2.0) <= 1 / PER_NAME.per_second


def test_a_class_of_200_may_mistype_once_each() -> None:
    failed = logins()
    for n in range(200):
        assert failed.attempt(f"name{n}", THIEF, 0.0) == 0
        log_in(failed, f"name{n}", THIEF, 1.0)


def test_a_try_that_was_not_made_counts_for_nothing() -> None:
    failed = logins()
    for _ in range(2 * PER_ADDRESS.burst):
        assert failed.attempt("ada", THIEF, 0.0) == 0
        failed.undo("ada", THIEF)
    assert sum(failed.attempt("ada", THIEF, 0.0) == 0 for _ in range(20)) == FREE_TRIES


def test_to_undo_what_was_forgotten_does_nothing() -> None:
    failed = logins()
    failed.undo("ada", THIEF)
    assert len(failed) == 0


def test_who_has_no_address_is_slowed_too() -> None:
    failed = logins()
    assert sum(failed.attempt("ada", None, 0.0) == 0 for _ in range(20)) == FREE_TRIES


names = st.sampled_from([f"name{n}" for n in range(60)])
tries = st.lists(st.tuples(names, st.sampled_from(hosts(60)), st.booleans(), st.floats(0, 600)), max_size=200)


@given(tries)
def test_no_more_is_remembered_than_agreed(tries: list[tuple[str, str, bool, float]]) -> None:
    failed, now = logins(capacity=8), 0.0
    for name, host, right, pause in tries:
        now += pause
        if failed.attempt(name, host, now) == 0 and right:
            failed.succeeded(name, host)
        assert len(failed) <= 5 * 8


@given(st.lists(st.floats(0, 200), max_size=200))
def test_a_day_of_guessing_stays_slow(pauses: list[float]) -> None:
    failed, now, made = logins(), 0.0, 0
    for pause in pauses:
        now += pause
        made += failed.attempt("ada", THIEF, now) == 0
    assert made <= FREE_TRIES + 6 + now / LONGEST_WAIT + 1


def test_a_flood_of_names_makes_nobody_forget_the_thief() -> None:
    failed = logins(capacity=100)
    for _ in range(FREE_TRIES):
        failed.attempt("ada", THIEF, 0.0)
    for n, host in enumerate(hosts(5000)):
        failed.attempt(f"name{n}", host, 0.1)
    assert failed.attempt("ada", THIEF, 0.2) > 0

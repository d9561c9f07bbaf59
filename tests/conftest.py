"""What holds for every test.

In CI (CI=true) nothing may be skipped: a skip there is a failure that carries its reason, since a missing program would
go unnoticed otherwise. A test between processes that fails there is tried a second time, and shown as one that failed.
Hypothesis has no deadlines, a shared machine being slow at times, and repeats itself in CI.
"""

import os
import signal
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.e2e.between import Between

IN_CI = os.environ.get("CI") == "true"
BETWEEN_PROCESSES = (Path(__file__).parent / "net", Path(__file__).parent / "e2e")
"""What is tried twice in CI: a machine that stands still for seconds is part of these tests."""

settings.register_profile("hobnob", deadline=None, derandomize=IN_CI)
settings.load_profile("hobnob")


@pytest.fixture(autouse=True, scope="session")
def _signals_arrive() -> None:
    """Programs end by SIGINT and SIGHUP also where the tests run in the background or under nohup.

    A shell has what it runs there ignore them, and every program that the tests start would inherit that.
    """
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What our clients remember of servers is the test's, and neither read nor left on the machine."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def between() -> "Iterator[Callable[..., Between]]":
    """Puts somebody in between, as often as it is called, on a port that is given or a free one."""
    from tests.e2e.between import Between

    made: list[Between] = []

    def begin(manner: str, port: int = 0) -> Between:
        made.append(Between(manner, port))
        return made[-1]

    yield begin
    for each in made:
        each.close()


def fail_what_was_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    # An expected failure (xfail) is reported as skipped too.
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"CI allows no skip. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if IN_CI:
        fail_what_was_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if IN_CI:
        fail_what_was_skipped(report)
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if IN_CI:
        for item in items:
            if any(item.path.is_relative_to(folder) for folder in BETWEEN_PROCESSES):
                item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show how a test failed that passed when it was tried again: it wants mending all the same."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"failed at first: {report.nodeid}", red=True)
        terminalreporter.line(report.longreprtext)

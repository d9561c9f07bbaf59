"""The limit of open files is raised as far as it may be, and never lowered."""

import resource
from collections.abc import Iterator

import pytest

from hobnob.net.descriptors import WANTED, raise_limit


@pytest.fixture
def most() -> Iterator[int]:
    """The limit that only root may raise; this process's own is as before after the test."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_low_limit_is_raised(most: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
    raised = raise_limit()
    assert 256 < raised <= WANTED
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (raised, most)


def test_a_high_limit_stays(most: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    assert raise_limit() == most

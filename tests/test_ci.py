"""In CI a skipped test fails the run, elsewhere it is only counted."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SKIPPING = {
    "a marked test": "import pytest\n@pytest.mark.skip(reason='no nc')\ndef test_marked(): pass",
    "a call in a test": "import pytest\ndef test_called(): pytest.skip('no nc')",
    "a whole module": "import pytest\npytest.skip('no nc', allow_module_level=True)",
}


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder of its own with this project's conftest; pytest runs in a process of its own there."""
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text())
    monkeypatch.delenv("CI", raising=False)
    return pytester


@pytest.mark.parametrize("source", SKIPPING.values(), ids=SKIPPING.keys())
def test_a_skip_fails_in_ci(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.setenv("CI", "true")
    run.makepyfile(source)
    result = run.runpytest_subprocess("-p", "no:cacheprovider")
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*CI allows no skip.*no nc*"])


def test_a_skip_is_only_counted_elsewhere(run: pytest.Pytester) -> None:
    run.makepyfile(SKIPPING["a call in a test"])
    result = run.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(skipped=1)
    assert result.ret == pytest.ExitCode.OK


def test_an_expected_failure_is_no_skip(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    run.makepyfile("import pytest\n@pytest.mark.xfail\ndef test_known(): assert False")
    result = run.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(xfailed=1)

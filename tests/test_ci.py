"""In CI a skipped test fails the run, and a test between processes is tried twice; elsewhere neither."""

from pathlib import Path
from textwrap import dedent

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with this project's conftest, every kind of skip, and an expected failure, which is none."""
    # Plugins cost seconds and are not the subject.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("CI", raising=False)
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text("utf-8"))
    pytester.makepyfile(
        test_items="""
            import pytest

            @pytest.mark.skip(reason="marked")
            def test_marked(): pass

            def test_called(): pytest.skip("called")

            @pytest.mark.xfail
            def test_known_bug(): assert False
        """,
        test_module="import pytest\npytest.skip('module', allow_module_level=True)",
    )
    return pytester


def test_a_skip_fails_in_ci(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = project.runpytest_subprocess("--continue-on-collection-errors")
    result.assert_outcomes(errors=2, failed=1, xfailed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    for reason in ["marked", "called", "module"]:
        result.stdout.fnmatch_lines([f"*CI allows no skip.*{reason}*"])


def test_a_skip_is_only_counted_elsewhere(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess()
    result.assert_outcomes(skipped=3, xfailed=1)
    assert result.ret == pytest.ExitCode.OK


ONCE = """
    from pathlib import Path
    import pytest

    @pytest.mark.parametrize("fails", [1, 2])
    def test_fails(fails):
        tries = Path(__file__).with_name(f"tries-{fails}")
        tries.write_text(tries.read_text() + "." if tries.exists() else ".")
        assert len(tries.read_text()) > fails, "the reason"
"""


@pytest.fixture
def folders(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """In each folder of tests one that fails once, and one that fails twice."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p pytest_rerunfailures --import-mode=importlib")
    monkeypatch.delenv("CI", raising=False)
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text("utf-8"))
    for folder in ["unit", "net", "e2e"]:
        pytester.mkdir(folder).joinpath("test_it.py").write_text(dedent(ONCE), "utf-8")
    return pytester


def test_what_fails_between_processes_is_tried_again_in_ci_and_shown(
    folders: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    result = folders.runpytest_subprocess()
    assert result.parseoutcomes() == {"failed": 4, "passed": 2, "rerun": 4}
    result.stdout.fnmatch_lines_random(["*failed at first: net/test_it.py::test_fails[[]1[]]*", "*the reason*"])


def test_what_fails_elsewhere_fails(folders: pytest.Pytester) -> None:
    assert folders.runpytest_subprocess().parseoutcomes() == {"failed": 6}

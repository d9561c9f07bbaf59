"""In CI a skipped test fails the run, elsewhere it is only counted."""

from pathlib import Path

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

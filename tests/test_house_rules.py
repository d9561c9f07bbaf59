"""Rules of the whole tree that no linter knows: sizes, pinned requirements, no address of a registry."""

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = {".py", ".js", ".mjs", ".css", ".html", ".c", ".h", ".sh"}
LONGEST_FILE = 500
LONGEST_FUNCTION = 60

# In pieces, so that this file keeps the rule as well.
REGISTRIES = [
    ".".join(pieces)
    for pieces in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("unpkg", "com"),
        ("jsdelivr", "net"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
    ]
]


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file that git knows and that is still there, relative to the root."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("These rules are about what git knows, and this is no git clone.")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


def functions_too_long(path: Path, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {lines} lines"


def requirement_names(path: Path) -> list[str]:
    lines = path.read_text("utf-8").splitlines()
    return [re.split(r"[^\w.-]", line)[0].lower() for line in lines if re.match(r"\w", line)]


def test_no_file_of_code_is_too_long(tracked: list[Path]) -> None:
    lengths = {path: len((ROOT / path).read_bytes().splitlines()) for path in tracked if path.suffix in CODE}
    found = [f"{path} has {lines} lines" for path, lines in lengths.items() if lines > LONGEST_FILE]
    assert not found, "\n".join(found)


def test_no_function_is_too_long() -> None:
    files = sorted((ROOT / "src").rglob("*.py"))
    found = [line for path in files for line in functions_too_long(path.relative_to(ROOT), path.read_text("utf-8"))]
    assert not found, "\n".join(found)


def test_a_long_function_is_found() -> None:
    body = "\n".join(["    pass"] * LONGEST_FUNCTION)
    assert list(functions_too_long(Path("a.py"), f"class A:\n  async def f():\n{body}")) == ["a.py:2: f has 61 lines"]


def test_no_file_names_a_registry(tracked: list[Path]) -> None:
    found = [
        f"{path} names {host}"
        for path in tracked
        for host in REGISTRIES
        if host.encode() in (ROOT / path).read_bytes().lower()
    ]
    assert not found, "\n".join(found)


def test_lock_files_hold_no_addresses(tracked: list[Path]) -> None:
    locks = [path for path in tracked if path.name == "package-lock.json" or path.match("requirements/*.txt")]
    assert locks
    forbidden = re.compile(rb"https?://|file:/|--find-links|index-url")
    found = [str(path) for path in locks if forbidden.search((ROOT / path).read_bytes())]
    assert not found, "\n".join(found)


def test_there_is_one_way_to_lock(tracked: list[Path]) -> None:
    others = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"}
    assert not [path for path in tracked if path.name in others]


def test_the_package_asks_for_what_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / "requirements/runtime.in").read_text("utf-8").splitlines()
    assert project["dependencies"] == [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("name", ["runtime", "build", "test", "dev"])
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text("utf-8")
    blocks = [block for block in re.split(r"\n(?=\S)", text.strip()) if not block.startswith("#")]
    assert [block for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []
    pinned = {block.split("==")[0].lower() for block in blocks}
    assert set(requirement_names(ROOT / f"requirements/{name}.in")) <= pinned


def test_every_requirement_has_its_reason() -> None:
    reasons = (ROOT / "docs/decisions/0001-dependencies.md").read_text("utf-8").lower()
    names = {name for path in (ROOT / "requirements").glob("*.in") for name in requirement_names(path)}
    missing = sorted(name for name in names if f"| {name} |" not in reasons)
    assert not missing, f"docs/decisions/0001-dependencies.md does not say what these are for: {', '.join(missing)}"


@pytest.mark.parametrize("part", ["protocol", "chat"])
def test_the_core_knows_its_types(part: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "src/hobnob" / part).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Name) and node.id == "Any"
    ]
    assert not found, f"Any stands in {', '.join(found)}"

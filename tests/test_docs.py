"""What the documents point to exists: the tests of the table of attacks, the pages and the headings of links."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
ROW = re.compile(r"^\| (?P<attack>[^|]+) \| (?P<outcome>[^|]+) \| `(?P<test>[^`|]+)` \|$")


def attacks() -> list[str]:
    """The rows of the table of attacks, without its head and the rows that only name what follows."""
    page = (ROOT / "docs/security.md").read_text("utf-8")
    table = page.partition("## Attacks tried")[2].partition("### ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    return [row for row in rows if not re.fullmatch(r"\| \*\*[^*]+\*\* \| \| \|", row)]


@cache
def functions(path: Path) -> frozenset[str]:
    """The names of a file's tests."""
    tree = ast.parse(path.read_text("utf-8"))
    defined = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in defined if node.name.startswith("test_"))


def test_there_is_a_table_of_attacks() -> None:
    assert len(attacks()) > 50


@pytest.mark.parametrize("row", attacks())
def test_each_attack_has_an_outcome_and_a_test_that_exists(row: str) -> None:
    found = ROW.match(row)
    assert found, f"not | attack | outcome | `file::test` |: {row}"
    file, _, name = found["test"].partition("::")
    assert (ROOT / file).is_file(), file
    assert name in functions(ROOT / file), f"{file} has no {name}"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made of their words."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    words = (heading.lower() for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE))
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        other = (page.parent / file).resolve() if file else page
        assert other.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(other), f"{other.name} has no heading for #{anchor}"

"""Who may import whom: the one table below, kept by reading every file's syntax tree.

An import counts wherever it stands, in a function and under TYPE_CHECKING too: a type that is known is a dependency.
Imports that are made of strings at run time are not seen.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"

ANYTHING = ("hobnob",)
PUBLIC = "hobnob.client"
"""What the package itself may name, as it offers it to programs."""
FOR_EVERYONE = ("hobnob.__version__",)

# Each part of the house, and what it may import of ours: a module, or a package with all that is in it. A part may
# always import itself. A new file beside these needs a line here.
RULES: dict[str, tuple[str, ...]] = {
    "hobnob.protocol": (),
    "hobnob.chat": (
        "hobnob.protocol",
        "hobnob.stores.store",
        "hobnob.stores.search.search",
        "hobnob.buses.bus",
        "hobnob.gateways.gateway",
    ),
    "hobnob.gateways": ("hobnob.protocol",),
    "hobnob.stores": ("hobnob.protocol",),
    "hobnob.buses": ("hobnob.protocol",),
    "hobnob.client": ("hobnob.protocol",),
    "hobnob.net": ("hobnob.protocol", "hobnob.chat", "hobnob.gateways.gateway"),
    "hobnob.terminal": ("hobnob.client",),
    "hobnob.__main__": ("hobnob.cli",),
    "hobnob.config": (),
    "hobnob.node": ANYTHING,
    "hobnob.cli": ANYTHING,
}


def covers(part: str, name: str) -> bool:
    """Whether `name` is `part` or in it."""
    return name == part or name.startswith(part + ".")


def module_name(path: Path) -> str:
    """`hobnob/chat/room.py` is `hobnob.chat.room`, `hobnob/chat/__init__.py` is `hobnob.chat`."""
    names = path.with_suffix("").parts
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def imported_names(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything that a file imports; `from a.b import c` is `a.b.c`."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            # One dot is the package that the file is in, each further one the package around it.
            base = path.parts[: len(path.parts) - node.level] if node.level else ()
            for alias in node.names:
                yield node.lineno, ".".join([*base, *([node.module] if node.module else []), alias.name])


def violations(path: Path, text: str) -> list[str]:
    """What a file imports against the rules. `path` is relative to the source folder, `hobnob/chat/room.py`."""
    name = module_name(path)
    ours = [(line, target) for line, target in imported_names(path, text) if covers("hobnob", target)]
    if name == "hobnob":
        ours = [(line, target) for line, target in ours if not covers(PUBLIC, target)]
        return [f"{path}:{line}: the package itself imports {target}" for line, target in ours]
    part = next((part for part in RULES if covers(part, name)), None)
    if part is None:
        return [f"{path}: {name} has no line in the table of rules"]
    allowed = (part, *RULES[part], *FOR_EVERYONE)
    return [
        f"{path}:{line}: {part} may not import {target}"
        for line, target in ours
        if not any(covers(entry, target) for entry in allowed)
    ]


def test_every_file_keeps_the_rules() -> None:
    files = [path.relative_to(SOURCE) for path in sorted(SOURCE.rglob("*.py"))]
    assert files, f"There is no source in {SOURCE}."
    found = [line for path in files for line in violations(path, (SOURCE / path).read_text("utf-8"))]
    assert not found, "\n".join(found)


FORBIDDEN = {
    "an import": ("hobnob/protocol/codec.py", "import hobnob.chat.room"),
    "an import by another name": ("hobnob/protocol/codec.py", "import json, hobnob.net as n"),
    "the whole package": ("hobnob/protocol/codec.py", "import hobnob"),
    "everything": ("hobnob/protocol/codec.py", "from hobnob import *"),
    "from": ("hobnob/stores/sql.py", "from hobnob.chat.room import Room"),
    "from the top": ("hobnob/stores/sql.py", "from hobnob import chat"),
    "relative": ("hobnob/gateways/lines.py", "from ..net import listener"),
    "relative to a package": ("hobnob/gateways/irc/__init__.py", "from ...chat import room"),
    "relative without a name": ("hobnob/gateways/lines.py", "from .. import chat"),
    "for types only": (
        "hobnob/buses/bus.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from hobnob.chat.chat import Chat",
    ),
    "in a function": ("hobnob/client/mirror.py", "def apply():\n    from hobnob.chat.room import Room"),
    "a gateway, not the contract": ("hobnob/net/listener.py", "from hobnob.gateways.irc.codec import IrcCodec"),
    "a neighbour of the contract": ("hobnob/chat/chat.py", "from hobnob.stores import sql"),
    "a name like the contract's": ("hobnob/chat/chat.py", "import hobnob.stores.store_cache"),
    "settings": ("hobnob/chat/limits.py", "from hobnob.config import Config"),
    "a file without a rule": ("hobnob/utils.py", ""),
    "the package itself": ("hobnob/__init__.py", "from hobnob.node import Node"),
}

ALLOWED = {
    "what is offered to programs": ("hobnob/__init__.py", "from hobnob.client.connect import connect"),
    "the contract": ("hobnob/chat/chat.py", "from hobnob.stores.store import Store"),
    "the contract as a module": ("hobnob/net/listener.py", "from hobnob.gateways import gateway"),
    "its own part": ("hobnob/gateways/web/app.py", "from hobnob.gateways.gateway import House\nfrom . import socket"),
    "others' packages": ("hobnob/protocol/codec.py", "import msgspec, hobnobber\nfrom hobnobber import x"),
    "the version": ("hobnob/protocol/codec.py", "from hobnob import __version__"),
    "settings": ("hobnob/cli/serve.py", "from hobnob.config import Config"),
    "anything": ("hobnob/node.py", "from hobnob.gateways.irc import codec"),
}


@pytest.mark.parametrize(("path", "text"), FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_a_forbidden_import_is_found(path: str, text: str) -> None:
    assert violations(Path(path), text)


@pytest.mark.parametrize(("path", "text"), ALLOWED.values(), ids=ALLOWED.keys())
def test_an_allowed_import_is_left_alone(path: str, text: str) -> None:
    assert violations(Path(path), text) == []

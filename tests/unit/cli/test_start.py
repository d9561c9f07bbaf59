"""What a start does without: whatever takes long to import and is not needed before the port is open."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from hobnob.cli.app import VERBS, app

NEEDLESS = {
    "aiohttp": "the web gateway is loaded once the port is open",
    "alembic": "a new database is made from the tables",
    "dotenv": "there is no file .env",
    "hobnob.cli.remote": "it is for verbs that talk to a server",
    "prompt_toolkit": "the console belongs to a terminal",
    "rich": "nothing is drawn",
    "sqlalchemy.dialects.postgresql": "nothing speaks to PostgreSQL",
    "tomllib": "there is no file of settings",
}
NEEDLESS_FOR_ALL = {
    "asyncio": "not every verb talks to somebody",
    "dotenv": "there is no file .env",
    "importlib.metadata": "the version is known",
    "platformdirs": "not every verb looks for a folder",
    "rich": "nothing is drawn before there is help to draw",
    "structlog": "only the server logs",
    "tomllib": "there is no file of settings",
}
"""What no verb may make all others wait for."""

START = """
import os, signal, sys
from pathlib import Path
import hobnob.cli.app, hobnob.cli.serve, hobnob.cli.logs
from hobnob import node
from hobnob.config import Config

def ready(_):
    print(*sys.modules)
    os.kill(os.getpid(), signal.SIGTERM)

sys.exit(node.serve(Config(port=0, data=Path("data")), ready))
"""

# Python writes the methods of a dataclass at each start: half a millisecond each. A msgspec.Struct's stand ready.
DATACLASSES = {
    "hobnob.config.Config": "cyclopts reads its flags from it",
    "hobnob.gateways.gateway.Origin": "works one of its fields out, which counts for no comparison",
    "hobnob.protocol.links.Link": "does not show its secret",
}
PARTS = ("buses", "chat", "gateways", "net", "protocol", "stores", "config")


def imported_by(program: str, folder: Path) -> set[str]:
    """The modules that a program names on stdout in the end."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    return set(ended.stdout.split())


def test_nothing_needless_is_imported_before_the_port_is_open(tmp_path: Path) -> None:
    imported = imported_by(START, tmp_path)
    assert "hobnob.node" in imported
    assert {name: why for name, why in NEEDLESS.items() if name in imported} == {}


def test_the_next_start_finds_the_certificate_good_without_what_makes_them(tmp_path: Path) -> None:
    assert "cryptography" in imported_by(START, tmp_path)
    assert "cryptography" not in imported_by(START, tmp_path)


def test_plain_values_that_a_start_needs_are_structs(tmp_path: Path) -> None:
    found = set()
    for name in imported_by(START, tmp_path):
        if name.startswith(tuple(f"hobnob.{part}" for part in PARTS)):
            text = Path(str(import_module(name).__file__)).read_text("utf-8")
            found |= {f"{name}.{made}" for made in re.findall(r"^@dataclass.*\nclass (\w+)", text, re.MULTILINE)}
    assert found == set(DATACLASSES)


def test_a_verb_does_not_wait_for_the_others(tmp_path: Path) -> None:
    imported = imported_by("import sys, hobnob.cli.app; print(*sys.modules)", tmp_path)
    assert {name: why for name, why in NEEDLESS_FOR_ALL.items() if name in imported} == {}
    homes = {f"hobnob.cli.{where.partition(':')[0]}" for where, _ in VERBS.values()}
    assert "hobnob.cli.send" in homes
    assert not homes & imported


@pytest.mark.parametrize(("verb", "sentence"), [(verb, sentence) for verb, (_, sentence) in VERBS.items()])
def test_the_table_of_verbs_says_what_they_say_of_themselves(verb: str, sentence: str) -> None:
    said = app[verb].default_command
    assert said is None or verb.startswith("-") or (said.__doc__ or "").startswith(sentence)


EARLY = """
import os, signal, sys, types
app = sys.modules["hobnob.cli.app"] = types.ModuleType("hobnob.cli.app")
app.run = lambda words: os.kill(os.getpid(), signal.Signals[words.pop()])
from hobnob.cli import main
main()
"""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(("verb", "status"), [("serve", 0), ("backup", 130), ("send", 130)])
def test_only_a_server_is_well_when_it_is_stopped_before_it_began(verb: str, status: int, number: str) -> None:
    ended = subprocess.run([sys.executable, "-c", EARLY, verb, number], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (status, "", "")

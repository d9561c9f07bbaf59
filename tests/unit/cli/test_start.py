"""What a start does without: whatever takes long to import and is not needed before the port is open."""

import os
import subprocess
import sys
from pathlib import Path

NEEDLESS = {
    "aiohttp": "the web gateway is loaded once the port is open",
    "alembic": "a new database is made from the tables",
    "prompt_toolkit": "the console belongs to a terminal",
    "sqlalchemy.dialects.postgresql": "nothing speaks to PostgreSQL",
}

START = """
import os, signal, sys
from pathlib import Path
import hobnob.cli.app
from hobnob import node
from hobnob.config import Config

def ready(_):
    print(*sys.modules)
    os.kill(os.getpid(), signal.SIGTERM)

sys.exit(node.serve(Config(port=0, data=Path("data")), ready))
"""


def test_nothing_needless_is_imported_before_the_port_is_open(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    ended = subprocess.run(
        [sys.executable, "-c", START], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    imported = set(ended.stdout.split())
    assert "hobnob.node" in imported
    assert {name: why for name, why in NEEDLESS.items() if name in imported} == {}

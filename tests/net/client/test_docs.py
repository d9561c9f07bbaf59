"""What docs/python-client.md and docs/bots.md show is run, against a server of the test's."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.server import environment
from tests.net.client.conftest import HOST

from hobnob import connect_sync
from hobnob.protocol.events import MemberJoined, MessageSent

DOCS = Path(__file__).parents[3] / "docs"


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


def begin(text: str, port: int, state: Path) -> subprocess.Popen[str]:
    """Run a block against the test's server."""
    assert "localhost:8080" in text
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", text.replace("localhost:8080", f"{HOST}:{port}")],
        env=environment(XDG_STATE_HOME=str(state)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("number", range(len(blocks("python-client.md"))))
def test_an_example_runs(number: int, port: int, state: Path) -> None:
    process = begin(blocks("python-client.md")[number], port, state)
    printed, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    if "history" in blocks("python-client.md")[number]:
        assert printed.endswith("to cup 99\n")


def test_the_bot_runs(port: int, state: Path) -> None:
    [text] = blocks("bots.md")
    with connect_sync(f"{HOST}:{port}", name="guest1", tokens=state) as chat:
        tea = chat.join("#tea", create=True)
        events = chat.events(timeout=20)
        process = begin(text, port, state)
        for event, _ in events:
            if isinstance(event, MemberJoined) and (event.by_name, event.room) == ("teabot", tea.id):
                break
        chat.send("#tea", "!brew green tea")
        answers = (event.text for event, _ in events if isinstance(event, MessageSent) and event.by_name == "teabot")
        assert next(answers) == "One green tea, coming up."
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, "")

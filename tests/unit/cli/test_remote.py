"""Where a verb goes, from words, the environment and `.env`; and how it tells what went wrong."""

import asyncio
import signal
from pathlib import Path
from typing import NoReturn

import pytest

from hobnob.cli.entering import connected
from hobnob.cli.outcome import DONE, FAILED, MISTAKE, STOPPED
from hobnob.cli.remote import Remote, address, room_ref, run
from hobnob.client.errors import CannotConnect, Closed


@pytest.mark.parametrize(
    ("where", "variables", "expected"),
    [
        (None, {}, "127.0.0.1:8080"),
        (None, {"SERVER_HOST": "chat", "SERVER_PORT": "1"}, "chat:1"),
        (None, {"SERVER_HOST": "*"}, "127.0.0.1:8080"),
        (None, {"SERVER_HOST": "::", "SERVER_PORT": "1"}, "[::1]:1"),
        (None, {"SERVER_PORT": ""}, "127.0.0.1:8080"),
        ("chat", {"SERVER_PORT": "1"}, "chat:1"),
        ("chat:2", {"SERVER_HOST": "else", "SERVER_PORT": "1"}, "chat:2"),
        ("[::1]", {"SERVER_PORT": "1"}, "[::1]:1"),
        ("[::1]:2", {"SERVER_PORT": "1"}, "[::1]:2"),
    ],
)
def test_the_address(
    where: str | None, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SERVER_HOST", "SERVER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert address(where) == expected


def test_the_environment_wins_over_dotenv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SERVER_HOST", raising=False)
    (tmp_path / ".env").write_text("SERVER_HOST=chat\nSERVER_PORT=1\n")
    monkeypatch.setenv("SERVER_PORT", "2")
    assert address(None) == "chat:2"


def test_a_room_as_it_may_be_typed() -> None:
    room = "r_" + "a" * 26
    assert [room_ref(text) for text in ("tea", " #tea", "@ada", room, "\udcff")] == [
        "#tea",
        "#tea",
        "@ada",
        room,
        "#\ufffd",
    ]


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (CannotConnect("bad-address", "It is none."), MISTAKE, "hobnob: It is none.\n"),
        (CannotConnect("unreachable", "It is far."), FAILED, "hobnob: It is far.\n"),
        (Closed(), FAILED, "hobnob: This client was closed.\n"),
        (OSError(28, "No space left on device"), FAILED, "hobnob: No space left on device.\n"),
        (asyncio.CancelledError(), STOPPED, ""),
    ],
    ids=repr,
)
def test_what_goes_wrong_is_one_sentence(
    error: BaseException, status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def task() -> int:
        raise error

    assert run(task) == status
    assert capsys.readouterr().err == told


def test_what_goes_well_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    async def task() -> int:
        return DONE

    assert run(task) == DONE
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_loop_closes_is_not_heard(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python says on stderr, by the hook of what nobody can catch, that the pipe of the loop was closed before."""
    loop = asyncio.new_event_loop()
    close_pipe = type(loop)._close_self_pipe  # type: ignore[attr-defined]
    loop.close()
    before = signal.getsignal(number)

    def impatient(loop: asyncio.AbstractEventLoop) -> None:
        close_pipe(loop)
        signal.raise_signal(number)

    async def task() -> int:
        signal.raise_signal(number)
        await asyncio.Event().wait()
        return DONE

    monkeypatch.setattr(type(loop), "_close_self_pipe", impatient)
    assert run(task) == STOPPED
    assert capsys.readouterr().err == ""
    assert signal.getsignal(number) is before


async def test_what_a_flag_could_change_is_said_with_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise CannotConnect("insecure", "Others could read along.")

    monkeypatch.setattr("hobnob.client.connect.connect", refuse)
    with pytest.raises(CannotConnect, match=r"chat\.example\.org:80 is not on this machine.*--insecure"):
        async with connected("chat.example.org:80", Remote(name="ada"), "rooms"):
            pass

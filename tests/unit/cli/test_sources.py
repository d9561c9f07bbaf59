"""Which of five places a setting comes from, and how a mistake in one is answered."""

import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from hobnob import node
from hobnob.cli.app import run
from hobnob.config import Config, sentences, variable


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to start from, and no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for setting in [*sentences(), "config"]:
        monkeypatch.delenv(variable(setting), raising=False)
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Config]:
    """The configurations that a node was to run with; none does."""
    found: list[Config] = []

    def serve(config: Config, ready: node.Ready, console: node.Console | None) -> int:
        found.append(config)
        return 0

    monkeypatch.setattr(node, "serve", serve)
    monkeypatch.setattr("hobnob.cli.logs.start_logs", lambda: None)
    return found


def serve(started: list[Config], *arguments: str) -> Config:
    assert run(["serve", *arguments]) == 0
    return started[-1]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on stderr."""
    assert run(["serve", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("hobnob: ")
    assert output.err.count("\n") == 1
    return output.err.removeprefix("hobnob: ").rstrip("\n")


def test_nothing_given_is_the_defaults(folder: Path, started: list[Config]) -> None:
    assert serve(started) == Config()


def test_flags_over_environment_over_dotenv_over_file_over_defaults(
    folder: Path, started: list[Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "settings.toml"
    file.write_text('port = 4\nname = "file"\ndata = "file"\ntls_cert = "file"\ntls-key = "file"\n')
    (folder / ".env").write_text("SERVER_PORT=3\nHOBNOB_NAME=dotenv\nHOBNOB_DATA=dotenv\n")
    monkeypatch.setenv("SERVER_PORT", "2")
    monkeypatch.setenv("HOBNOB_NAME", "environment")
    config = serve(started, "--config", str(file), "--port", "1")
    assert (config.port, config.name, config.data) == (1, "environment", Path("dotenv"))
    assert (config.tls_cert, config.host) == (Path("file"), "127.0.0.1")


def test_every_setting_can_come_from_the_environment(
    folder: Path, started: list[Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {
        "host": "*",
        "port": "0",
        "data": "here",
        "tls": "required",
        "tls_cert": "cert.pem",
        "tls_key": "key.pem",
        "access": "open",
        "public": "yes",
        "name": "chat.example.org",
        "trusted_proxies": "10.0.0.0/8, fd00::/8",
        "web_proxies": "127.0.0.1",
        "trusted_networks": "192.168.0.0/16",
        "hosts": "a.example,b.example  c.example",
        "min_password_length": "15",
        "password_memory": "1024",
        "also_listen": "6667, 127.0.0.1:6697",
        "irc_network": "OurNet",
        "irc_motd": "motd.txt",
        "irc_admin": "Ada, room 5",
        "irc_password": "open sesame",
        "irc_oper_name": "root",
        "irc_oper_password": "secret",
        "irc_register_late": "yes",
        "irc_email_required": "yes",
        "irc_sts_days": "30",
        "limits": "off",
        "max_undecided_per_address": "200",
        "max_connections": "300",
        "max_connections_per_address": "30",
    }
    assert list(values) == list(sentences())
    for setting, value in values.items():
        monkeypatch.setenv(variable(setting), value)
    assert serve(started) == Config(
        host="*",
        port=0,
        data=Path("here"),
        tls="required",
        tls_cert=Path("cert.pem"),
        tls_key=Path("key.pem"),
        access="open",
        public=True,
        name="chat.example.org",
        trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
        web_proxies=(ip_network("127.0.0.1"),),
        trusted_networks=(ip_network("192.168.0.0/16"),),
        hosts=("a.example", "b.example", "c.example"),
        min_password_length=15,
        password_memory=1024,
        also_listen=("6667", "127.0.0.1:6697"),
        irc_network="OurNet",
        irc_motd=Path("motd.txt"),
        irc_admin="Ada, room 5",
        irc_password="open sesame",
        irc_oper_name="root",
        irc_oper_password="secret",
        irc_register_late=True,
        irc_email_required=True,
        irc_sts_days=30,
        limits="off",
        max_undecided_per_address=200,
        max_connections=300,
        max_connections_per_address=30,
    )


@pytest.mark.parametrize("word", ["true", "1", "yes", "on"])
def test_a_switch_is_turned_on_and_off(
    folder: Path, started: list[Config], monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    assert serve(started, "--public") == Config(public=True)
    monkeypatch.setenv("HOBNOB_PUBLIC", word)
    assert serve(started) == Config(public=True)
    monkeypatch.setenv("HOBNOB_PUBLIC", {"true": "false", "1": "0", "yes": "no", "on": "off"}[word])
    (folder / "settings.toml").write_text("public = true\n")
    assert serve(started, "--config", "settings.toml") == Config()
    monkeypatch.delenv("HOBNOB_PUBLIC")
    assert serve(started, "--config", "settings.toml") == Config(public=True)


def test_a_switch_that_is_neither_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOBNOB_PUBLIC", "maybe")
    assert refused(capsys) == "HOBNOB_PUBLIC from the environment has to be yes or no, not 'maybe'."


def test_the_file_may_be_named_by_the_environment(
    folder: Path, started: list[Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "settings.toml").write_text('hosts = ["a.example", "b.example"]\n')
    monkeypatch.setenv("HOBNOB_CONFIG", "settings.toml")
    assert serve(started).hosts == ("a.example", "b.example")


def test_an_empty_variable_is_not_set(folder: Path, started: list[Config], monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("SERVER_PORT=9000\nHOBNOB_TLS_CERT=\n")
    monkeypatch.setenv("SERVER_PORT", "")
    config = serve(started)
    assert (config.port, config.tls_cert) == (9000, None)


def test_the_example_changes_nothing(folder: Path, started: list[Config]) -> None:
    example = Path(__file__).parents[3] / ".env.example"
    (folder / ".env").write_text(example.read_text("utf-8"))
    assert serve(started) == Config()


def test_the_file_on_the_page_works(folder: Path, started: list[Config]) -> None:
    page = (Path(__file__).parents[3] / "docs/configuration.md").read_text("utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (folder / "settings.toml").write_text(example)
    config = serve(started, "--config", "settings.toml")
    assert (config.host, config.port, config.hosts) == ("*", 9000, ("chat.example.org",))


def test_a_list_is_given_by_repeating_its_flag(folder: Path, started: list[Config]) -> None:
    assert serve(started, "--hosts", "a.example", "--hosts", "b.example").hosts == ("a.example", "b.example")


MISTAKES = {
    "an unknown flag": (["--prot", "1"], "--port"),
    "a word too many": (["now"], "now"),
    "a flag without its value": (["--port"], "--port"),
    "no number": (["--port", "http"], "http"),
    "no whole number": (["--port", "80.5"], "80.5"),
    "no such port": (["--port", "65536"], "65536"),
    "no network": (["--trusted-proxies", "everybody"], "everybody"),
    "twice": (["--port", "1", "--port", "2"], "--port"),
    "a missing file": (["--config", "nowhere.toml"], "nowhere.toml"),
    "a folder for a file": (["--config", "."], "directory"),
    "no such access": (["--access", "members"], "accounts"),
}


@pytest.mark.parametrize(("arguments", "word"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistaken_flag_is_answered_in_one_line(
    folder: Path, started: list[Config], capsys: pytest.CaptureFixture[str], arguments: list[str], word: str
) -> None:
    assert word in refused(capsys, *arguments)
    assert started == []


FILES = {
    "an unknown name": ("prot = 1", "did you mean port?"),
    "a table": ("[serve]\nport = 1", '"serve"'),
    "the file itself": ('config = "other.toml"', '"config"'),
    "a text for a number": ('port = "80"', "whole number"),
    "yes for a number": ("port = true", "whole number"),
    "half a port": ("port = 80.5", "whole number"),
    "a number for a text": ("host = 1", "text in quotes"),
    "a text for a list": ('hosts = "a.example"', "list"),
    "numbers in a list": ("hosts = [1]", "list"),
    "a list for a text": ('name = ["a"]', "text in quotes"),
    "a text for a switch": ('public = "yes"', "true or false"),
    "a number for a switch": ("public = 1", "true or false"),
    "no TOML": ("port: 80", "not TOML"),
    "no such port": ("port = 99999", "99999"),
    "no network": ('trusted_proxies = ["x"]', "trusted_proxies"),
}


@pytest.mark.parametrize(("text", "word"), FILES.values(), ids=FILES.keys())
def test_a_mistake_in_the_file_is_answered_in_one_line(
    folder: Path, started: list[Config], capsys: pytest.CaptureFixture[str], text: str, word: str
) -> None:
    (folder / "settings.toml").write_text(text)
    assert word in refused(capsys, "--config", "settings.toml")
    assert started == []


def test_files_that_are_no_text_are_refused(
    folder: Path, started: list[Config], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "settings.toml").write_bytes(b'name = "\xff"')
    assert "UTF-8" in refused(capsys, "--config", "settings.toml")
    (folder / ".env").write_bytes(b"HOBNOB_NAME=\xff\n")
    assert "UTF-8" in refused(capsys)


def test_a_mistaken_variable_is_named(
    folder: Path, started: list[Config], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("SERVER_PORT=eighty\n")
    assert "SERVER_PORT from .env" in refused(capsys)
    monkeypatch.setenv("SERVER_PORT", "ninety")
    assert "SERVER_PORT from the environment" in refused(capsys)

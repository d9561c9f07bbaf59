"""What is a legal configuration, and that the documents say the same."""

import dataclasses
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from hobnob.config import ACCESS, Config, ConfigRefused, sentences, variable

ROOT = Path(__file__).parents[2]

REFUSED: dict[str, dict[str, Any]] = {
    "no such port": {"port": 65536},
    "a negative port": {"port": -1},
    "a certificate alone": {"tls_cert": Path("cert.pem")},
    "a key alone": {"tls_key": Path("key.pem")},
    "an unknown access": {"access": "members"},
    "an access of two lines": {"access": "open\nopen"},
    "a password of no letter": {"min_password_length": 0},
    "a password nobody can remember": {"min_password_length": 65},
    "no host": {"host": "", "access": "open"},
    "a host with a space": {"host": " 127.0.0.1", "access": "open"},
    "no name": {"name": ""},
    "a name of two words": {"name": "our chat"},
    "a name with a line": {"name": "chat\n"},
    "a long name": {"name": "a" * 64},
    "a URL as host name": {"hosts": ("https://chat.example.org",)},
    "a host name with a port": {"hosts": ("chat.example.org:80",)},
    "an empty host name": {"hosts": ("",)},
    "a host name of two lines": {"hosts": ("a\nb",)},
    "room for nobody": {"max_undecided_per_address": 0},
    "TLS promised without a certificate": {"irc_sts_days": 30},
    "hashes for nothing": {"password_memory": 7},
    "a port that is none": {"also_listen": ("65536",)},
    "an address without its port": {"also_listen": ("192.0.2.7",)},
    "a network of two words": {"irc_network": "our chat"},
    "an operator without a password": {"irc_oper_name": "root"},
    "a password without an operator": {"irc_oper_password": "secret"},
    "a password of two lines": {"irc_password": "a\nb"},
    "limits of another kind": {"limits": "no"},
    "nobody's home": {"data": Path("~nobody-has-this-name/x")},
}


@pytest.mark.parametrize("settings", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_right_is_refused_in_one_sentence(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigRefused) as refused:
        Config(**settings)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("6667", ("127.0.0.1", 6667)),
        ("192.0.2.7:6697", ("192.0.2.7", 6697)),
        ("[2001:db8::1]:6697", ("2001:db8::1", 6697)),
        ("[fe80::1%eth0]:1", ("fe80::1%eth0", 1)),
        ("*:6667", ("*", 6667)),
    ],
)
def test_further_addresses(text: str, address: tuple[str, int]) -> None:
    assert Config(also_listen=(text,)).also == [address]


def test_a_further_address_makes_the_server_reachable() -> None:
    assert Config(also_listen=("6667", "[::1]:6697")).loopback
    assert Config(also_listen=("6667", "192.0.2.7:6697")).entrance[0] == "invite"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST"])
def test_on_loopback_everyone_comes_in(host: str) -> None:
    assert Config(host=host).entrance == ("open", "Everyone on this machine may come in, and nobody else can.")


@pytest.mark.parametrize("host", ["*", "0.0.0.0", "::", "192.168.1.5", "fe80::1%eth0", "chat.example.org"])
def test_every_other_host_is_reachable_from_afar(host: str) -> None:
    access, reason = Config(host=host).entrance
    assert access == "invite"
    assert "others can reach this machine" in reason


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("settings", [{}, {"host": "*"}, {"public": True}], ids=["loopback", "anywhere", "tunnel"])
def test_who_may_come_in_can_be_said(access: str, settings: dict[str, Any]) -> None:
    entrance, reason = Config(access=access, **settings).entrance
    assert entrance == access
    assert reason.endswith(", as --access says.")


def test_through_a_tunnel_strangers_look_local() -> None:
    access, reason = Config(public=True).entrance
    assert access == "invite"
    assert "--public" in reason


def test_defaults_are_legal() -> None:
    config = Config()
    assert (config.host, config.port, config.name) == ("127.0.0.1", 8080, "hobnob")
    assert config.data.is_absolute()
    assert config.data.name == "hobnob"


def test_it_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().port = 1  # type: ignore[misc]


def test_the_home_folder_is_written_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Config(data=Path("~/chat")).data == tmp_path / "chat"


def test_host_names_are_compared_in_lower_case() -> None:
    assert Config(hosts=("Chat.Example.org",)).hosts == ("chat.example.org",)


def test_port_0_and_networks_are_fine() -> None:
    assert Config(port=0, trusted_proxies=(ip_network("10.0.0.0/8"),)).port == 0


def test_every_setting_has_one_sentence() -> None:
    for name, sentence in sentences().items():
        assert re.fullmatch(r"[A-Z][^\n]*[a-z]\.", sentence), name


def test_names_in_the_environment() -> None:
    names = {variable(setting) for setting in sentences()}
    assert {"SERVER_HOST", "SERVER_PORT", "HOBNOB_DATA", "HOBNOB_TLS_CERT", "HOBNOB_TRUSTED_PROXIES"} < names


def default_in_the_table(setting: dataclasses.Field[Any]) -> str:
    if setting.name == "data":
        return "this system's folder for programs' data"
    if isinstance(setting.default, bool):
        return "yes" if setting.default else "no"
    return "none" if setting.default in (None, ()) else f"`{setting.default}`"


def test_the_page_on_settings_has_them_all() -> None:
    rows = [
        f"| `--{setting.name.replace('_', '-')}` | `{variable(setting.name)}` | {default_in_the_table(setting)}"
        f" | {setting.metadata['doc']} |"
        for setting in dataclasses.fields(Config)
    ]
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    assert [line for line in page.splitlines() if line.startswith("| `--")] == rows


def test_the_example_has_every_variable_with_its_sentence() -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    found = re.findall(r"^# (.+)\n#([A-Z_]+)=", example, re.MULTILINE)
    assert found[:2] == [(sentences()[name], variable(name)) for name in ("host", "port")]
    assert [name for _, name in found] == [*map(variable, sentences()), "HOBNOB_CONFIG"]
    assert [doc for doc, _ in found[:-1]] == list(sentences().values())

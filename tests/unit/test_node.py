"""What is built from the settings."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hobnob.config import Config, ConfigRefused
from hobnob.gateways.irc.settings import DayMessage, IrcSettings
from hobnob.node import irc_settings, read_again


def test_irc_is_as_the_settings_say(tmp_path: Path) -> None:
    motd = tmp_path / "motd"
    motd.write_text("Welcome.\n\nBe kind.\n", "utf-8")
    assert irc_settings(Config()) == IrcSettings()
    assert irc_settings(
        Config(
            irc_network="OurNet",
            irc_motd=motd,
            irc_admin="Ada",
            irc_password="sesame",
            irc_oper_name="root",
            irc_oper_password="secret",
            irc_register_late=True,
            irc_email_required=True,
            irc_sts_days=30,
            tls_cert=motd,
            tls_key=motd,
        )
    ) == IrcSettings(
        network="OurNet",
        motd=DayMessage(("Welcome.", "", "Be kind.")),
        admin=("Ada",),
        password="sesame",
        register_before_connecting=False,
        email_required=True,
        sts_port=8080,
        sts_days=30,
    )


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_message_of_the_day_that_is_none_is_refused(tmp_path: Path, content: bytes | None) -> None:
    motd = tmp_path / "motd"
    if content is not None:
        motd.write_bytes(content)
    with pytest.raises(ConfigRefused, match=r"cannot be read as UTF-8 text\.$"):
        irc_settings(Config(irc_motd=motd))


async def test_the_message_of_the_day_is_read_again(tmp_path: Path) -> None:
    config = Config(irc_motd=tmp_path / "motd")
    (tmp_path / "motd").write_text("Welcome.\n", "utf-8")
    irc = irc_settings(config)
    (tmp_path / "motd").write_text("Be kind.\n", "utf-8")
    await read_again(config, irc, None)
    assert irc.motd.lines == ("Be kind.",)
    (tmp_path / "motd").unlink()
    with capture_logs() as logged:
        await read_again(config, irc, None)
    assert irc.motd.lines == ("Be kind.",)
    assert [line["event"] for line in logged] == ["the message of the day stays the one that was"]

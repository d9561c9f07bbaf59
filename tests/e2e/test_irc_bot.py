"""A bot on a public IRC library works unchanged, and talks with people who came by other ways."""

import sys
from pathlib import Path

from tests.e2e.clients import Client, JsonClient, Program
from tests.e2e.server import Server

BOT = Path(__file__).with_name("irc_bot.py")


def test_a_bot_on_a_public_library(server: Server) -> None:
    ada = JsonClient(server.port, "ada")
    Program([sys.executable, str(BOT), str(server.port)])
    assert ada.event("member_joined")["person_name"] == "greeter"
    visitor = Client(server.port, "\n")
    visitor.until("name")
    visitor.send("vic\n")
    visitor.until("greeter: Welcome, vic!")
    assert ada.event("message_sent")["text"] == "Welcome, vic!"
    ada.say("!who")
    visitor.until("greeter: Here are ada, greeter, vic")
    ada.ask("send_message", room="@greeter", text="quietly")
    assert [ada.event("message_sent")["text"] for _ in range(4)][-1] == "QUIETLY"

"""A bot on a public IRC library, as anybody would write one: it greets, and answers in channels and alone."""

import sys

import irc.bot


class Greeter(irc.bot.SingleServerIRCBot):
    """In the lobby of the server on the port that is given."""

    def __init__(self, port: int) -> None:
        super().__init__([("127.0.0.1", port)], "greeter", "A bot that greets")

    def on_welcome(self, connection, event) -> None:
        connection.join("#lobby")

    def on_join(self, connection, event) -> None:
        if event.source.nick != connection.get_nickname():
            connection.privmsg(event.target, f"Welcome, {event.source.nick}!")

    def on_pubmsg(self, connection, event) -> None:
        if event.arguments[0] == "!who":
            users = sorted(self.channels[event.target].users())
            connection.privmsg(event.target, "Here are " + ", ".join(users))

    def on_privmsg(self, connection, event) -> None:
        connection.privmsg(event.source.nick, event.arguments[0].upper())


Greeter(int(sys.argv[1])).start()

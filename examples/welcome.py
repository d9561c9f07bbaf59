"""Greets whoever comes into the lobby for the first time.

python examples/welcome.py [HOST[:PORT]]
"""

import sys

from hobnob import Bot
from hobnob.protocol.events import MemberJoined

bot = Bot(*sys.argv[1:], name="welcome")


@bot.on(MemberJoined)
async def greet(event: MemberJoined) -> None:
    lobby = bot.chat.rooms["#lobby"]
    if event.room != lobby.id or event.person == bot.chat.me.id:
        return
    rooms = [f"#{room.name}" for room in await bot.chat.list_rooms() if room.kind == "public" and room.name != "lobby"]
    others = f" There is more in {', '.join(sorted(rooms)[:10])}." if rooms else ""
    await bot.chat.send(lobby, f"Welcome, @{event.person_name}! {lobby.topic}{others}")


if __name__ == "__main__":
    bot.run()

"""Reminds you: `!remind 10m the tea is ready`, with s, m or h, up to a day. It forgets when it is stopped.

python examples/remind.py [HOST[:PORT]]
"""

import asyncio
import re
import sys

from hobnob import Bot
from hobnob.client.bot import BotMessage

SECONDS = {"s": 1, "m": 60, "h": 3600}
bot = Bot(*sys.argv[1:], name="remind")


@bot.hears("!remind")
async def remind(message: BotMessage) -> None:
    asked = re.fullmatch(r"(\d{1,5})([smh])\s+(.+)", message.arguments, re.DOTALL)
    wait = int(asked[1]) * SECONDS[asked[2]] if asked else 0
    if asked is None or not 0 < wait <= 86_400:
        await message.reply("Say for instance !remind 10m the tea is ready")
        return
    await message.react("⏰")
    await asyncio.sleep(wait)
    await message.reply(f"@{message.by_name} {asked[3]}")


if __name__ == "__main__":
    bot.run()

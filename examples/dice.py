"""Rolls dice: say `!roll`, `!roll 2d6` or `!roll 1d20+3` in the lobby.

python examples/dice.py [HOST[:PORT]]
"""

import re
import secrets
import sys

from hobnob import Bot
from hobnob.client.bot import BotMessage

bot = Bot(*sys.argv[1:], name="dice")


@bot.hears("!roll")
async def roll(message: BotMessage) -> None:
    asked = re.fullmatch(r"(\d{1,2})d(\d{1,4})([+-]\d{1,4})?", message.arguments or "1d6")
    if asked is None or 0 in (int(asked[1]), int(asked[2])):
        await message.reply("Say for instance !roll 2d6+1")
        return
    rolled = [secrets.randbelow(int(asked[2])) + 1 for _ in range(int(asked[1]))]
    await message.reply(f"{asked[0]}: {' + '.join(map(str, rolled))} → {sum(rolled) + int(asked[3] or 0)}")


if __name__ == "__main__":
    bot.run()

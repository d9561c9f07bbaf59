"""Asks the room: `!poll Lunch? pizza, soup`. People vote by reacting, and `!count` says how it stands.

python examples/poll.py [HOST[:PORT]]
"""

import sys

from hobnob import Bot
from hobnob.client.bot import BotMessage
from hobnob.client.messages import Sent

DIGITS = [f"{digit}\ufe0f\u20e3" for digit in range(1, 10)]
bot = Bot(*sys.argv[1:], name="poll")
polls: dict[str, tuple[Sent, list[str]]] = {}


@bot.hears("!poll")
async def ask(message: BotMessage) -> None:
    question, _, rest = message.arguments.rpartition("?")
    options = [option.strip() for option in rest.split(",") if option.strip()][: len(DIGITS)]
    listed = "\n".join(f"{digit} {option}" for digit, option in zip(DIGITS, options, strict=False))
    sent = await message.say(f"{question}?\n{listed}")
    polls[message.room] = sent, options
    for digit in DIGITS[: len(options)]:
        await bot.chat.react(sent, digit)


@bot.hears("!count")
async def count(message: BotMessage) -> None:
    if message.room in polls:
        sent, options = polls[message.room]
        [poll] = await bot.chat.around(sent.room, sent.number, limit=1)
        votes = [len(poll.reactions.get(digit, ())) - 1 for digit in DIGITS]
        await message.reply(", ".join(f"{option}: {vote}" for option, vote in zip(options, votes, strict=False)))


if __name__ == "__main__":
    bot.run()

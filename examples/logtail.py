"""Says the new lines of a log file that contain a word, at most one message every two seconds.

python examples/logtail.py FILE WORD ROOM [HOST[:PORT]]
"""

import asyncio
import sys
from pathlib import Path

from hobnob import Bot
from hobnob.client.client import Client

path, word, room = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
at_start = path.stat().st_size
bot = Bot(*sys.argv[4:], name="logtail", rooms=[room])


def read_on(position: int) -> tuple[list[str], int]:
    with path.open("rb") as file:
        file.seek(position if position <= path.stat().st_size else 0)  # 0: it was begun anew
        whole, _, half_a_line = file.read(1_000_000).rpartition(b"\n")
        return whole.decode(errors="replace").splitlines(), file.tell() - len(half_a_line)


@bot.work
async def tail(chat: Client) -> None:
    position = at_start
    while True:
        await asyncio.sleep(2)
        lines, position = await asyncio.to_thread(read_on, position)
        if found := [line for line in lines if word in line]:
            more = f"\n… and {len(found) - 10} more" if len(found) > 10 else ""
            await chat.send(room, "\n".join(line[:500] for line in found[:10]) + more)


if __name__ == "__main__":
    bot.run()

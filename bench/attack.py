"""A flood from one address: so many connections a second, and so many messages. Run as a process of its own.

    python -m bench.attack PORT ADDRESS CONNECTS MESSAGES SECONDS

Each connection registers as an IRC client and leaves; the messages come from twenty JSON clients that share a room of
their own. Nothing waits for the server: what it does not take is not sent, as a program that means harm would have it.
At the end one line of JSON says how much was tried and what became of it.
"""

import asyncio
import json
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

SENDERS = 20
STAY = 1.0  # seconds a connection waits for its welcome
MOST_UNSENT = 256 * 1024  # bytes that may wait in a sender's own buffer


@dataclass
class Attack:
    """What is tried, and what was counted."""

    port: int
    address: str
    counted: Counter[str] = field(default_factory=Counter)

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(self.address, 0))

    async def connect(self, number: int) -> None:
        """One connection: register, wait for the welcome or the refusal, leave."""
        self.counted["connects"] += 1
        try:
            reader, writer = await self.open()
        except OSError:
            self.counted["not connected"] += 1
            return
        writer.write(f"NICK flood{number}\r\nUSER f 0 * :f\r\n".encode())
        try:
            async with asyncio.timeout(STAY):
                line = await reader.readline()
            self.counted["welcomed" if b" 001 " in line else "refused"] += 1
        except (TimeoutError, OSError):
            self.counted["unanswered"] += 1
        writer.transport.abort()

    async def connects(self, a_second: float, until: float) -> None:
        """Connections at that pace, whatever becomes of them."""
        loop, tasks = asyncio.get_running_loop(), set()
        due, number = loop.time(), 0
        while (now := loop.time()) < until:
            while due <= now:
                task = loop.create_task(self.connect(number))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                due, number = due + 1 / a_second, number + 1
            await asyncio.sleep(0.005)
        await asyncio.gather(*tasks)

    async def sender(self) -> asyncio.StreamWriter | None:
        """A JSON client in the flooded room; None when the server does not let one in."""
        with suppress(OSError, TimeoutError):
            reader, writer = await self.open()
            writer.write(b'{"do":"hello","id":1}\n{"do":"join_room","id":2,"room":"#flood","create":true}\n')
            async with asyncio.timeout(10):
                while b'"reply":2' not in await reader.readline():
                    pass
            asyncio.get_running_loop().create_task(self.listen(reader)).add_done_callback(lambda _: None)
            return writer
        return None

    async def listen(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                self.counted["acknowledged"] += data.count(b'"reply":')

    async def messages(self, writers: list[asyncio.StreamWriter], a_second: float, until: float) -> None:
        """Messages at that pace, by all senders in turn, as far as they can be sent."""
        loop = asyncio.get_running_loop()
        due, number = loop.time(), 0
        while (now := loop.time()) < until:
            while due <= now:
                writer = writers[number % len(writers)]
                self.counted["messages"] += 1
                if writer.transport.get_write_buffer_size() < MOST_UNSENT and not writer.transport.is_closing():
                    frame = {"do": "send_message", "id": number, "room": "#flood", "text": "x" * 100}
                    writer.write(json.dumps(frame).encode() + b"\n")
                due, number = due + 1 / a_second, number + 1
            await asyncio.sleep(0.005)


async def flood(port: int, address: str, connects: float, messages: float, seconds: float) -> Counter[str]:
    """Attack for so long; what was counted."""
    attack = Attack(port, address)
    writers = [writer for _ in range(SENDERS) if (writer := await attack.sender()) is not None]
    print("ready", flush=True)
    until = asyncio.get_running_loop().time() + seconds
    floods = [attack.connects(connects, until)]
    if writers:
        floods.append(attack.messages(writers, messages, until))
    await asyncio.gather(*floods)
    for writer in writers:
        writer.transport.abort()
    return attack.counted


if __name__ == "__main__":
    port, address, *paces = sys.argv[1:]
    connects, messages, seconds = map(float, paces)
    print(json.dumps(asyncio.run(flood(int(port), address, connects, messages, seconds))))

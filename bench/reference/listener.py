"""The least a server in Python can be: uvloop listens on 127.0.0.1 and takes connections. Usage: listener.py PORT"""

import asyncio
import sys

import uvloop


async def listen(port: int) -> None:
    """Serves until the process is ended."""
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(listen(int(sys.argv[1])))

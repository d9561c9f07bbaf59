"""`hobnob rooms`: the rooms one may see, the liveliest first."""

from typing import Annotated

from cyclopts import App, Parameter

from hobnob.cli.entering import connected
from hobnob.cli.outcome import DONE
from hobnob.cli.remote import Remote, Where, run

EXAMPLES = """\
Examples:
  hobnob rooms
  hobnob rooms --json | jq -r .name
"""

app = App(name="rooms", help_epilogue=EXAMPLES, config=())


@app.default
def rooms(
    *,
    json: Annotated[bool, Parameter(help="Print the protocol's records, one a line.", show_default=False)] = False,
    host: Where = None,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """List the rooms."""

    async def task() -> int:
        from hobnob.gateways.lines.wire import shown
        from hobnob.protocol.codec import encode

        async with connected(host, remote, "rooms") as client:
            listed = [room for room in await client.list_rooms() if room.kind != "direct"]
        listed.sort(key=lambda room: (-room.attached, room.name))
        if json:
            print(*(encode(room).decode() for room in listed), sep="\n", flush=True)
            return DONE
        width = max((len(room.name) for room in listed), default=0) + 1
        for room in listed:
            name = "#" + shown(room.name)
            topic = f"  {shown(room.topic)}" if room.topic else ""
            print(f"{name:{width}}  {room.attached:>4} here  {room.count:>7,} messages{topic}")
        return DONE

    return run(task)

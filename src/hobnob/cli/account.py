"""`hobnob account`: one's own account, from a terminal or a script: its password, its devices, its end."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from hobnob.cli.outcome import DONE, MISTAKE, failed
from hobnob.cli.remote import Remote, Where, password_in, password_of, readable, run

if TYPE_CHECKING:
    from hobnob.client.client import Client

EXAMPLES = """\
Examples:
  hobnob account password
  hobnob account devices
  hobnob account add-device weechat
  hobnob account name-device d_4f7c 'the old laptop'
  hobnob account revoke d_4f7c
  hobnob account delete --blank

They are about the account that this machine is logged in to (`hobnob login`),
or about that of --name.
"""
DeviceId = Annotated[str, Parameter(help="Its id, as `hobnob account devices` shows it, or its name.")]

app = App(name="account", help_epilogue=EXAMPLES, config=())


@app.command
def password(
    *,
    new_password_file: Annotated[Path | None, Parameter(help="File with the new password, for scripts.")] = None,
    host: Where = None,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """Have another password; all other devices are logged out."""

    async def task() -> int:
        from hobnob.cli.asking import can_ask
        from hobnob.cli.entering import NOBODY_TO_ASK, chosen_password, connected
        from hobnob.gateways.lines.wire import shown

        wanted = None if new_password_file is None else password_in(new_password_file, "--new-password-file")
        async with connected(host, remote, "account") as client:
            old = await _password(client, remote)
            if old and wanted is None and can_ask():
                wanted = await chosen_password(shown(client.me.name))
            if not (old and wanted):
                return failed(NOBODY_TO_ASK)
            await client.change_password(old, wanted)
        print("The password is changed. Your other devices are logged out.", flush=True)
        return DONE

    return run(task)


@app.command
def devices(
    *,
    json: Annotated[bool, Parameter(help="Print the protocol's records, one a line.", show_default=False)] = False,
    host: Where = None,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """List the devices that are logged in, the last used first."""

    async def task() -> int:
        from hobnob.cli.entering import connected
        from hobnob.cli.tail import local
        from hobnob.gateways.lines.wire import shown
        from hobnob.protocol.codec import encode

        async with connected(host, remote, "account") as client:
            for device in await client.devices():
                here = "  (this one)" if device.current else ""
                used = f"used {local(device.used_at):%Y-%m-%d %H:%M}"
                print(encode(device).decode() if json else f"{shown(device.id)}  {used}  {shown(device.name)}{here}")
        return DONE

    return run(task)


@app.command
def add_device(
    name: Annotated[str, Parameter(help="What to call the program in the list of devices.")],
    /,
    *,
    host: Where = None,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """Make a token by which another program logs in as you, such as an IRC client; it is printed once."""

    async def task() -> int:
        from hobnob.cli.entering import NOBODY_TO_ASK, connected

        async with connected(host, remote, "account") as client:
            if not (secret := await _password(client, remote)):
                return failed(NOBODY_TO_ASK)
            print((await client.add_device(secret, readable(name))).token, flush=True)
        return DONE

    return run(task)


@app.command
def name_device(
    device: DeviceId,
    name: Annotated[str, Parameter(help="What to call it.")],
    /,
    *,
    host: Where = None,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """Call a device otherwise in the list."""

    async def task() -> int:
        from hobnob.cli.entering import connected

        async with connected(host, remote, "account") as client:
            await client.name_device(await _device(client, device), readable(name))
        print(f"The device is called {readable(name)} now.", flush=True)
        return DONE

    return run(task)


@app.command
def revoke(
    device: DeviceId,
    /,
    *,
    host: Where = None,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """Log a device out; its connections end."""

    async def task() -> int:
        from hobnob.cli.entering import connected

        async with connected(host, remote, "account") as client:
            await client.revoke_device(await _device(client, device))
        print("The device is logged out.", flush=True)
        return DONE

    return run(task)


@app.command
def delete(
    *,
    blank: Annotated[
        bool, Parameter(help="Delete your messages too; else they stay, under your name.", show_default=False)
    ] = False,
    yes: Annotated[bool, Parameter(help="Do not ask whether you are sure.", show_default=False)] = False,
    host: Where = None,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """Delete your account for good."""

    async def task() -> int:
        from hobnob.cli.asking import ask, can_ask
        from hobnob.cli.entering import NOBODY_TO_ASK, Entering
        from hobnob.gateways.lines.wire import shown

        entering = Entering.of(host, remote, "account")
        client = await entering.enter()
        try:
            name = client.me.name
            if not yes and not can_ask():
                return failed("There is nobody to ask whether that is meant; say it with --yes.", MISTAKE)
            typed = name if yes else ""
            with suppress(EOFError):
                typed = typed or (await ask(f"Type {shown(name)} to delete this account for good: ")).strip()
            if typed != name:
                return failed("Nothing was deleted.")
            if not (secret := await _password(client, remote)):
                return failed(NOBODY_TO_ASK)
            await client.delete_account(secret, blank=blank)
        finally:
            await client.close()
        entering.forget(name)
        print(f"The account {shown(name)} is deleted.", flush=True)
        return DONE

    return run(task)


async def _password(client: "Client", remote: Remote) -> str | None:
    """The present password: what a script was given, or what is typed."""
    from hobnob.cli.asking import ask, can_ask
    from hobnob.gateways.lines.wire import shown

    given = password_of(remote)
    if given is None and can_ask():
        with suppress(EOFError):
            given = await ask(f"Password of {shown(client.me.name)}: ", secret=True)
    return given


async def _device(client: "Client", wanted: str) -> str:
    """The id of a device that was named by it, or by what it is called if no other is."""
    wanted = readable(wanted)
    named = [device.id for device in await client.devices() if device.name == wanted]
    return named[0] if len(named) == 1 else wanted

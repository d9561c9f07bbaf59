"""`hobnob login` and `hobnob logout`: the token by which this machine is somebody's, got and made void again."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from hobnob.cli.outcome import DONE, failed
from hobnob.cli.remote import Remote, Where, run

if TYPE_CHECKING:
    from hobnob.cli.entering import Entering
    from hobnob.client.client import Client

LOGIN_EXAMPLES = """\
Examples:
  hobnob login --name ada
  hobnob login chat.example.org --name ada --register
  hobnob login --name robot --password-file /run/secrets/robot

You are asked for the password, which is not shown. From then on all verbs are
you on this machine, without --name and without the password.
"""
LOGOUT_EXAMPLES = """\
Examples:
  hobnob logout
  hobnob logout chat.example.org --name ada

Your other devices stay logged in; `hobnob account devices` lists them.
"""

app = App(name="login", help_epilogue=LOGIN_EXAMPLES, config=())
logout_app = App(name="logout", help_epilogue=LOGOUT_EXAMPLES, config=())


@app.default
def login(
    host: Where = None,
    /,
    *,
    register: Annotated[
        bool, Parameter(help="Make the account; a guest of this machine becomes it.", show_default=False)
    ] = False,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """Log this machine in to your account."""

    async def task() -> int:
        from hobnob.cli.entering import Entering
        from hobnob.gateways.lines.wire import shown

        entering = Entering.of(host, remote, "login")
        client = await _logged_in(entering, register=register)
        try:
            if client.me.kind != "account":
                return failed(f"{shown(client.me.name)} is no account yet. Make one: `hobnob login --register`.")
            if not entering.remember(client):
                return failed("The token cannot be kept in the state folder, so this machine is not logged in.")
            print(f"You are logged in as {shown(client.me.name)} on {entering.server}.", flush=True)
            return DONE
        finally:
            await client.close()

    return run(task)


async def _logged_in(entering: "Entering", *, register: bool) -> "Client":
    """Connected as the account: by a token that is kept, else by the password."""
    if register:
        await entering.prepare_account()
    else:
        await entering.prepare_login()
    return await entering.enter()


@logout_app.default
def logout(
    host: Where = None,
    /,
    *,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """Log this machine out of your account."""

    async def task() -> int:
        from hobnob.cli.entering import Entering, token_of
        from hobnob.client.errors import CannotConnect

        entering = Entering.of(host, remote, "logout")
        name = entering.name or entering.login.read()
        if name is None or token_of(entering.server, name) is None:
            entering.login.forget()
            return failed(f"Nobody is logged in on {entering.server}.")
        entering.name, entering.by_token, entering.leaving = name, True, True
        entering.password = None
        try:
            client = await entering.enter()
        except CannotConnect as error:
            if error.code != "token-unknown":
                raise
            print(f"{name} had been logged out on {entering.server} before.", flush=True)
        else:
            if client.me.kind != "account":
                await client.close()
                return failed(f"{name} is a guest here: without the token the name would be lost for good.")
            await client.log_out()
            print(f"You are logged out of {name} on {entering.server}.", flush=True)
        entering.forget(name)
        return DONE

    return run(task)

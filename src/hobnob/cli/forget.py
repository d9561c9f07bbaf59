"""`hobnob forget HOST`: a server is as unknown here as before, so that its next key can be a new one."""

from typing import Annotated

from cyclopts import App, Parameter

from hobnob.cli.outcome import DONE, MISTAKE, failed

EXAMPLES = """\
Examples:
  hobnob forget chat.example.org:8080
  hobnob forget chat.example.org             all ports of this machine

The keys by which servers are known stand in the file known_hosts. Forget one
only when you know from whoever runs the server that it has a new key: then
hobnob join asks about that one, or hobnob join --trust FINGERPRINT takes it.
"""

app = App(name="forget", help_epilogue=EXAMPLES, config=())


@app.default
def forget(host: Annotated[str, Parameter(help="The server, as HOST or HOST:PORT.")], /) -> int:
    """Forget by which key a server is known."""
    from hobnob.cli.remote import readable
    from hobnob.client.errors import CannotConnect
    from hobnob.client.known_hosts import KnownHosts

    known = KnownHosts()
    try:
        forgotten = known.forget(readable(host))
    except CannotConnect as error:
        return failed(error.hint, MISTAKE if error.code == "bad-address" else 1)
    except OSError as error:
        return failed(f"The file {known.path} cannot be written: {error.strerror or error}.")
    for address, key in forgotten:
        print(f"{address} is forgotten. Its key was {key}.")
    return DONE if forgotten else failed(f"No key of {readable(host)!r} is known here; nothing was changed.")

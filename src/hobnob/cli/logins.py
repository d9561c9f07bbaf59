"""As whom this machine is logged in on a server: a name, in a file beside the tokens. Verbs without a name take it."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hobnob.client.address import Address

MOST_BYTES = 1024


class Login:
    """See the head of this file."""

    def __init__(self, address: "Address") -> None:
        from hobnob.client.tokens import token_file

        self._address = address
        self._path = token_file(address, "").path.with_name("login")

    def read(self) -> str | None:
        """The name; None where nobody is logged in, or nothing can be read."""
        try:
            with self._path.open("rb") as file:
                name = file.read(MOST_BYTES).decode().strip()
        except (OSError, UnicodeDecodeError):
            return None
        return name if name.isprintable() and name else None

    def write(self, name: str) -> bool:
        """Be logged in as this name; whether that could be kept."""
        from hobnob.client.private import write_private

        try:
            write_private(self._path, f"{name}\n")
        except OSError:
            return False
        return True

    def forget(self) -> None:
        """Be logged in no more."""
        with suppress(OSError):
            self._path.unlink()

    def token_path(self, name: str) -> Path:
        """Where the token of a name is kept; spellings that are one name have one."""
        from hobnob.client.tokens import token_file

        return token_file(self._address, name).path

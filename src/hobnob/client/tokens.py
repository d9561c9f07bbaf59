"""Device tokens, so that a name stays its own's: one file for each server and name, readable by its owner alone.

A token is as good as the person it belongs to. The files lie in `tokens` of the state folder (see private.py), or
wherever a program says.
"""

from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from hobnob.client.address import Address
from hobnob.client.private import state_folder, write_private
from hobnob.protocol.names import NameRefused, fold

MOST_BYTES = 1024
"""In a file; a token has far fewer."""

_LONGEST = 200
"""Characters of a part of a path; what is longer is cut off."""

ACCOUNT = "account"
"""What stands behind a token that is an account's."""


class TokenFile:
    """The file of one token. Reading and writing never raise: without a token one is simply somebody new."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> str | None:
        """The token; None when there is none or it cannot be read."""
        token, _, _ = self._line().partition(" ")
        return token if token.startswith("hb_") and token.isprintable() else None

    def is_account(self) -> bool:
        """Whether the token is an account's. Such a one is not sent in the clear, and its end is no new beginning."""
        return self._line().endswith(f" {ACCOUNT}")

    def write(self, token: str, *, account: bool = False) -> bool:
        """Keep the token, or nothing of it; whether it was kept."""
        try:
            write_private(self.path, f"{token} {ACCOUNT}\n" if account else f"{token}\n")
        except OSError:
            return False
        return True

    def _line(self) -> str:
        try:
            with self.path.open("rb") as file:
                return file.read(MOST_BYTES).decode("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def forget(self) -> None:
        """Remove the file."""
        with suppress(OSError):
            self.path.unlink()


def token_file(address: Address, name: str, folder: Path | None = None) -> TokenFile:
    """Where the token of this name on this server is kept. Spellings that are one name have one file."""
    try:
        key = fold(name.strip())
    except NameRefused:
        key = name.strip()[:64]
    folder = folder or state_folder() / "tokens"
    return TokenFile(folder / _safe(str(address)) / f"{_safe(key)}.token")


def names_kept(address: Address, folder: Path | None = None) -> list[str]:
    """The names for which there is a token of this server, as they compare."""
    files = ((folder or state_folder() / "tokens") / _safe(str(address))).glob("*.token")
    return sorted(unquote(file.stem) for file in files if len(file.stem) < _LONGEST)


def _safe(text: str) -> str:
    """As one part of a path, whatever it is."""
    return quote(text, safe="", errors="surrogatepass").replace(".", "%2E")[:_LONGEST] or "%00"

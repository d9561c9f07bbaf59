"""Lines that are encoded already, put together into batches and under labels (IRCv3 batch, labeled-response)."""

from collections.abc import Sequence

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.message import Message, encode, encode_tags


def under_label(client: Client, label: str, answers: Sequence[bytes]) -> bytes:
    """Answers with their label: one line, a batch of several, or an ACK where there is none."""
    lines = b"".join(answers).splitlines(keepends=True)
    if not lines:
        return tagged(encode(Message("ACK", (), client.house.name)), {"label": label})
    if len(lines) == 1 or _is_batch(lines):
        return b"".join([tagged(lines[0], {"label": label}), *lines[1:]])
    if "batch" not in client.capabilities:
        return b"".join(lines)
    return tagged(batch(client.house.name, "l" + client.next_batch(), "labeled-response", lines), {"label": label})


def batch(server: str, name: str, kind: str, lines: Sequence[bytes], *params: str) -> bytes:
    """Lines as a batch. Those that are in an inner batch already stay there; the inner one is in this."""
    begin = encode(Message("BATCH", (f"+{name}", kind, *params), server))
    end = encode(Message("BATCH", (f"-{name}",), server))
    inside = [line if _is_in_batch(line) else tagged(line, {"batch": name}) for line in lines]
    return b"".join([begin, *inside, end])


def tagged(line: bytes, tags: dict[str, str]) -> bytes:
    """A line with further tags, before those that it has."""
    more = encode_tags(tags)
    return more[:-1] + b";" + line[1:] if line.startswith(b"@") else more + line


def _is_in_batch(line: bytes) -> bool:
    """Whether a line says by itself to which batch it belongs: by its tag, or as a batch's end."""
    if line.startswith(b"@"):
        return any(tag.startswith(b"batch=") for tag in line[1 : line.index(b" ")].split(b";"))
    words = line.split(None, 3)
    return words[1] == b"BATCH" and words[2].startswith(b"-")


def _is_batch(lines: Sequence[bytes]) -> bool:
    """Whether the lines are one batch, from its beginning to its end."""
    first, last = lines[0].split(), lines[-1].split()
    if lines[0].startswith(b"@"):
        del first[0]
    return first[1] == last[1] == b"BATCH" and first[2][:1] == b"+" and last[2] == b"-" + first[2][1:]

"""The file of a backup: a gzipped tar with `manifest.json` first, then the parts that it names.

It is read as if an enemy had written it: block by block, so that no header, name or bomb takes memory; nothing but
ordinary files with names that are expected, with the sizes and sums that the manifest says, and no more than there is
room for. Parts are written under names of ours, never under one from the archive.
"""

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec

from hobnob.protocol.codec import encode

FORMAT = 1
"""The kind of archive that this program writes, and the newest that it reads."""

_MANIFEST = "manifest.json"
_MANIFEST_LIMIT = 64 * 1024
_PIECE = 256 * 1024
_QUICK = 1  # gzip's level: three times as fast as its default, for a file that is a tenth larger
_BLOCK = tarfile.BLOCKSIZE
_UNWANTED = {
    tarfile.SYMTYPE: "a link",
    tarfile.LNKTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.DIRTYPE: "a folder",
}

Progress = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and how much there is."""
Size = Annotated[int, msgspec.Meta(ge=0)]


class ArchiveRefused(Exception):
    """The archive cannot be used; the message is one sentence that says why."""


class Part(msgspec.Struct, frozen=True):
    """A file in the archive. `size` in bytes, `sha256` in hexadecimal digits."""

    name: str
    size: Size
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What an archive holds, and of which history. `made_at` is RFC 3339, `program` the hobnob that made it."""

    format: int
    program: str
    made_at: str
    revision: str
    epoch: str
    rooms: int
    people: int
    messages: int
    parts: tuple[Part, ...]


class _Format(msgspec.Struct):
    format: int
    program: str = "?"


def write(stream: BinaryIO, manifest: Manifest, folder: Path, progress: Progress) -> None:
    """Write an archive of the manifest's parts, which stand in `folder`."""
    done, total = 0, sum(part.size for part in manifest.parts)

    with gzip.GzipFile(filename="", mode="wb", compresslevel=_QUICK, fileobj=stream) as packed:
        described = encode(manifest)
        packed.write(_header(_MANIFEST, len(described)) + _padded(described))
        for part in manifest.parts:
            packed.write(_header(part.name, part.size))
            with (folder / part.name).open("rb") as file:
                for piece in iter(lambda: file.read(_PIECE), b""):
                    packed.write(piece)
                    done += len(piece)
                    progress("packing", done, total)
            packed.write(bytes(-part.size % _BLOCK))
        packed.write(bytes(2 * _BLOCK))


def describe(path: Path) -> Part:
    """The part that a file would be."""
    with path.open("rb") as file:
        return Part(path.name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def unpack(stream: BinaryIO, folder: Path, known: Collection[str], limit: int, progress: Progress) -> Manifest:
    """Write the parts of an archive into `folder`, which must hold none of them.

    Args:
        stream: the archive; what stands behind its end is not read.
        known: the names that parts may have; each must be there.
        limit: bytes that all parts together may take.

    Raises:
        ArchiveRefused: it is no archive of ours, damaged, hostile, too large or too new.
        OSError: the stream cannot be read or the folder not be written.
    """
    try:
        with gzip.GzipFile(fileobj=stream) as packed:
            manifest = _read_manifest(packed)
            _check(manifest, known, limit)
            _unpack_parts(packed, manifest, folder, progress)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ArchiveRefused("It is no backup of hobnob, or it is damaged or cut off.") from error
    return manifest


def _read_manifest(packed: gzip.GzipFile) -> Manifest:
    header = _next_header(packed)
    if header is None or header.name != _MANIFEST or header.size > _MANIFEST_LIMIT:
        raise ArchiveRefused("It is no backup of hobnob: it does not begin with a manifest.")
    described = b"".join(_content(packed, header.size))
    try:
        begun = msgspec.json.decode(described, type=_Format)
        if begun.format > FORMAT:
            raise ArchiveRefused(f"A newer hobnob ({begun.program[:40]!a}) made it: restore it with that one.")
        return msgspec.json.decode(described, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArchiveRefused("Its manifest cannot be understood: it is damaged, or no backup of hobnob.") from error


def _check(manifest: Manifest, known: Collection[str], limit: int) -> None:
    """Whether what the manifest promises may be unpacked at all."""
    names = [part.name for part in manifest.parts]
    if sorted(names) != sorted(known):
        raise ArchiveRefused(f"Its manifest names other parts than {', '.join(sorted(known))}.")
    if (size := sum(part.size for part in manifest.parts)) > limit:
        raise ArchiveRefused(f"Unpacked it takes {size:,} bytes, and there is room for {limit:,} only.")


def _unpack_parts(packed: gzip.GzipFile, manifest: Manifest, folder: Path, progress: Progress) -> None:
    missing = {part.name: part for part in manifest.parts}
    done, total = 0, sum(part.size for part in manifest.parts)
    while (header := _next_header(packed)) is not None:
        part = missing.pop(header.name, None)
        if part is None:
            raise ArchiveRefused(f"It holds a part that no backup has: {_shown(header.name)}.")
        if header.size != part.size:
            raise ArchiveRefused(f"{part.name} has another size in it than its manifest says.")
        found = hashlib.sha256()
        opened = os.open(folder / part.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(opened, "wb") as file:
            for piece in _content(packed, header.size):
                file.write(piece)
                found.update(piece)
                done += len(piece)
                progress("unpacking", done, total)
            file.flush()
            os.fsync(file.fileno())
        if found.hexdigest() != part.sha256:
            raise ArchiveRefused(f"{part.name} in it is damaged: its sum is not the one that the manifest says.")
    if missing:
        raise ArchiveRefused(f"It lacks a part that its manifest names: {', '.join(missing)}.")


def _next_header(packed: gzip.GzipFile) -> tarfile.TarInfo | None:
    """The header of the next entry, an ordinary file; None at the end."""
    block = _exactly(packed, _BLOCK)
    if not any(block):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise ArchiveRefused("It is no backup of hobnob, or it is damaged.") from error
    if header.name.startswith("/") or ".." in header.name.split("/"):
        raise ArchiveRefused(f"It holds a path that leads outside: {_shown(header.name)}.")
    if header.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        unwanted = _UNWANTED.get(header.type, "an entry that is no ordinary file")
        raise ArchiveRefused(f"It holds {unwanted}, which no backup has: {_shown(header.name)}.")
    if header.size < 0:
        raise ArchiveRefused("It is damaged: it holds a part of less than no size.")
    return header


def _content(packed: gzip.GzipFile, size: int) -> Iterator[bytes]:
    """The bytes of the entry whose header was read, in pieces."""
    left = size
    while left:
        piece = _exactly(packed, min(left, _PIECE))
        left -= len(piece)
        yield piece
    _exactly(packed, -size % _BLOCK)


def _exactly(packed: gzip.GzipFile, size: int) -> bytes:
    piece = packed.read(size)
    if len(piece) < size:
        raise EOFError
    return piece


def _header(name: str, size: int) -> bytes:
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o600
    return header.tobuf(tarfile.GNU_FORMAT)


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % _BLOCK)


def _shown(name: str) -> str:
    """A name from an archive as it may stand on a terminal."""
    return ascii(name if len(name) <= 60 else name[:60] + "…")

"""Archives: what is written is read back, and what somebody else built is refused with a sentence and no harm."""

import gzip
import hashlib
import io
import tarfile
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hobnob.protocol.codec import encode
from hobnob.stores import archive
from hobnob.stores.archive import FORMAT, ArchiveRefused, Manifest, Part

NAME = "hobnob.sqlite3"
LIMIT = 1_000_000


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def manifest(*parts: Part, format: int = FORMAT) -> Manifest:
    return Manifest(format, "1.0", "2026-01-01T00:00:00.000Z", "0001", "e", 1, 2, 3, parts)


def part(content: bytes, name: str = NAME, size: int | None = None) -> Part:
    return Part(name, len(content) if size is None else size, hashlib.sha256(content).hexdigest())


@dataclass
class Builder:
    """A gzipped tar that may hold anything."""

    file: io.BytesIO = field(default_factory=io.BytesIO)
    format: int = tarfile.GNU_FORMAT

    def __post_init__(self) -> None:
        self.tar = tarfile.open(fileobj=self.file, mode="w:gz", format=self.format)  # noqa: SIM115

    def add(self, name: str, content: bytes = b"", type: bytes = tarfile.REGTYPE, link: str = "") -> "Builder":
        header = tarfile.TarInfo(name)
        header.type, header.linkname = type, link
        header.size = len(content)
        self.tar.addfile(header, io.BytesIO(content))
        return self

    def promising(self, *parts: Part, format: int = FORMAT) -> "Builder":
        return self.add("manifest.json", encode(manifest(*parts, format=format)))

    def whole(self) -> bytes:
        self.tar.close()
        return self.file.getvalue()


def unpack(packed: bytes, folder: Path, limit: int = LIMIT) -> Manifest:
    return archive.unpack(io.BytesIO(packed), folder, [NAME], limit, silent)


def packed(content: bytes, folder: Path) -> bytes:
    (folder / NAME).write_bytes(content)
    stream = io.BytesIO()
    archive.write(stream, manifest(archive.describe(folder / NAME)), folder, silent)
    (folder / NAME).unlink()
    return stream.getvalue()


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 600_000])
def test_what_was_written_is_read_back(tmp_path: Path, size: int) -> None:
    content = bytes(n * 7 % 251 for n in range(size))
    found = unpack(packed(content, tmp_path), tmp_path)
    assert found == manifest(part(content))
    assert (tmp_path / NAME).read_bytes() == content
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_tar_can_read_it(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed(b"data", tmp_path))) as tar:
        assert [(member.name, member.mode) for member in tar] == [("manifest.json", 0o600), (NAME, 0o600)]


def test_one_that_was_packed_anew_by_tar_is_fine(tmp_path: Path) -> None:
    assert unpack(Builder().promising(part(b"data")).add(NAME, b"data").whole(), tmp_path).messages == 3


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    stream = io.BytesIO(packed(b"x" * 600_000, tmp_path))
    archive.unpack(stream, tmp_path, [NAME], LIMIT, lambda *progress: heard.append(progress))
    assert heard[-1] == ("unpacking", 600_000, 600_000)


ENTRIES: dict[str, tuple[Callable[[Builder], Builder], str]] = {
    "a symbolic link": (lambda b: b.add(NAME, type=tarfile.SYMTYPE, link="/etc/passwd"), "holds a link"),
    "a hard link": (lambda b: b.add(NAME, type=tarfile.LNKTYPE, link="manifest.json"), "holds a link"),
    "a character device": (lambda b: b.add(NAME, type=tarfile.CHRTYPE), "holds a device"),
    "a block device": (lambda b: b.add(NAME, type=tarfile.BLKTYPE), "holds a device"),
    "a pipe": (lambda b: b.add(NAME, type=tarfile.FIFOTYPE), "holds a pipe"),
    "a folder": (lambda b: b.add(NAME, type=tarfile.DIRTYPE), "holds a folder"),
    "an absolute path": (lambda b: b.add("/etc/cron.d/x", b"data"), "leads outside"),
    "a path upwards": (lambda b: b.add("../x", b"data"), "leads outside"),
    "a path upwards, later": (lambda b: b.add("x/../../y", b"data"), "leads outside"),
    "an unknown part": (lambda b: b.add("hobnob.toml", b"data"), "no backup has"),
    "a part of terminal codes": (lambda b: b.add("\x1b[31m\n", b"data"), "'\\x1b[31m\\n'"),
    "a second manifest": (lambda b: b.promising(part(b"data")), "no backup has"),
    "a part twice": (lambda b: b.add(NAME, b"data").add(NAME, b"data"), "no backup has"),
    "another size": (lambda b: b.add(NAME, b"data!"), "another size"),
    "a wrong sum": (lambda b: b.add(NAME, b"date"), "sum"),
    "no part": (lambda b: b, "lacks"),
    "a long name": (lambda b: b.add("x" * 5000, b"data"), "no ordinary file"),
}


@pytest.mark.parametrize(("build", "words"), ENTRIES.values(), ids=ENTRIES.keys())
def test_entries_that_are_refused(tmp_path: Path, build: Callable[[Builder], Builder], words: str) -> None:
    made = build(Builder().promising(part(b"data"))).whole()
    with pytest.raises(ArchiveRefused) as refused:
        unpack(made, tmp_path)
    assert words in str(refused.value)
    assert "\x1b" not in str(refused.value)
    assert {path.name for path in tmp_path.iterdir()} <= {NAME}


def test_pax_headers_are_refused(tmp_path: Path) -> None:
    made = Builder(format=tarfile.PAX_FORMAT).promising(part(b"data")).add("ä" * 200, b"data").whole()
    with pytest.raises(ArchiveRefused, match="no ordinary file"):
        unpack(made, tmp_path)


MANIFESTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "none": (lambda: Builder().add(NAME, b"data").whole(), "manifest"),
    "an empty archive": (lambda: Builder().whole(), "manifest"),
    "no JSON": (lambda: Builder().add("manifest.json", b"{").whole(), "understood"),
    "no UTF-8": (lambda: Builder().add("manifest.json", b'{"format":"\xff"}').whole(), "understood"),
    "deep JSON": (lambda: Builder().add("manifest.json", b"[" * 60_000).whole(), "understood"),
    "an endless one": (lambda: Builder().add("manifest.json", b" " * 70_000).whole(), "manifest"),
    "a newer one": (lambda: Builder().promising(format=FORMAT + 1).whole(), "newer hobnob"),
    "a newer one of other fields": (
        lambda: Builder().add("manifest.json", b'{"format":99,"program":"9.1"}').whole(),
        "'9.1'",
    ),
    "no parts": (lambda: Builder().promising().whole(), "other parts"),
    "other parts": (lambda: Builder().promising(part(b"", "../x")).whole(), "other parts"),
    "a part twice": (lambda: Builder().promising(part(b""), part(b"")).whole(), "other parts"),
    "less than nothing": (lambda: Builder().promising(part(b"", size=-1)).whole(), "understood"),
    "more than there is room for": (lambda: Builder().promising(part(b"", size=LIMIT + 1)).whole(), "1,000,001"),
    "no gzip": (lambda: b"PK\x03\x04 and so on", "no backup"),
    "nothing": (lambda: b"", "no backup"),
    "no tar": (lambda: gzip.compress(b"x" * 2000), "no backup"),
}


@pytest.mark.parametrize(("build", "words"), MANIFESTS.values(), ids=MANIFESTS.keys())
def test_manifests_that_are_refused(tmp_path: Path, build: Callable[[], bytes], words: str) -> None:
    with pytest.raises(ArchiveRefused) as refused:
        unpack(build(), tmp_path)
    assert words in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("hidden", ["in the manifest's size", "in the part's size", "behind a long name"])
def test_a_bomb_takes_neither_memory_nor_disk(tmp_path: Path, hidden: str) -> None:
    zeros = bytes(16_000_000)
    if hidden == "in the manifest's size":
        bomb = Builder().add("manifest.json", zeros)
    elif hidden == "in the part's size":
        bomb = Builder().promising(part(b"", size=10)).add(NAME, zeros)
    else:
        bomb = Builder().promising(part(b"data")).add("././@LongLink", zeros, type=tarfile.GNUTYPE_LONGNAME)
    made = bomb.whole()
    del zeros, bomb
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveRefused):
            unpack(made, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert list(tmp_path.iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(data=st.data())
def test_what_is_damaged_is_refused(tmp_path: Path, data: st.DataObject) -> None:
    """Wherever a bit falls over or the file ends, nothing wrong is taken for right."""
    (tmp_path / NAME).unlink(missing_ok=True)
    content = b"some content, some more content" * 20
    made = bytearray(packed(content, tmp_path))
    if data.draw(st.booleans(), label="cut"):
        del made[data.draw(st.integers(0, len(made) - 20)) :]
    else:
        made[data.draw(st.integers(0, len(made) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = unpack(bytes(made), tmp_path)
    except ArchiveRefused:
        return
    assert (tmp_path / NAME).read_bytes() == content
    assert found.parts == (part(content),)

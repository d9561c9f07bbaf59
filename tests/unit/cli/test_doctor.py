"""`hobnob doctor`: each thing that can be wrong is found, and named with what to do; nothing is changed."""

import datetime
import json
import os
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hobnob.cli.app import run
from hobnob.cli.checks import folder
from hobnob.cli.checks.finding import Finding
from hobnob.cli.checks.folder import check_folder
from hobnob.cli.checks.leftovers import check_leftovers
from hobnob.cli.checks.network import check_certificate, check_port
from hobnob.cli.checks.programs import check_programs
from hobnob.stores.place import new_file
from hobnob.stores.sql import DATABASE, SqlStore

CERTIFICATES = Path(__file__).parents[2] / "net/certificates"
NOW = int(datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC).timestamp() * 1000)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that a server has used and left."""
    store = SqlStore(tmp_path / "data")
    store.open()
    store.close()
    return tmp_path / "data"


def looked(data: Path, now: int = NOW, thorough: bool = False) -> dict[str, Finding]:
    return {finding.check: finding for finding in check_folder(data, now, thorough=thorough)}


def changed(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / DATABASE)) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize("thorough", [False, True])
def test_a_sound_folder(data: Path, thorough: bool) -> None:
    found = looked(data, thorough=thorough)
    assert list(found) == ["folder", "lock", "disk", "database", "schema", "clock"]
    assert {finding.state for finding in found.values()} == {"ok"}


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = looked(tmp_path / "some" / "where")
    assert {check: finding.state for check, finding in found.items()} == {"folder": "warn", "disk": "ok", "clock": "ok"}
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    found = looked(tmp_path)
    assert {finding.state for finding in found.values()} == {"ok"}
    assert list(tmp_path.iterdir()) == []


def test_a_file_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    assert [(each.check, each.state) for each in check_folder(tmp_path / "data", NOW, thorough=False)] == [
        ("folder", "fail")
    ]


def test_a_folder_that_could_not_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    found = looked(tmp_path / "file" / "data")["folder"]
    assert (found.state, found.says) == (
        "fail", f"{tmp_path}/file/data cannot be made, as {tmp_path}/file is no folder"
    )  # fmt: skip
    assert looked(tmp_path / ("x" * 300))["folder"].state == "fail"
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    found = looked(tmp_path / "data")["folder"]
    assert (found.state, found.says) == ("fail", f"{tmp_path}/data is not there, and nothing may be made in {tmp_path}")


def test_a_database_that_is_empty(data: Path) -> None:
    (data / DATABASE).write_bytes(b"")
    found = looked(data)
    assert found["database"].state == "warn"
    assert "restore a backup" in found["database"].remedy


def test_a_database_that_may_not_be_read(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != data / DATABASE)
    found = looked(data)["database"]
    assert (found.state, found.remedy) == ("fail", "Be the user who runs the server.")


def test_what_a_killed_backup_left(tmp_path: Path) -> None:
    left = tmp_path / ".chat.tgz.0123456789abcdef.unfinished"
    left.mkdir()
    with new_file(tmp_path / "other.tgz", force=False):
        [found] = check_leftovers([tmp_path, tmp_path / ".", tmp_path / "nowhere"])
    assert (found.state, found.says) == ("warn", f"{left} is left of a backup or export that was killed")


def test_a_folder_that_others_may_read(data: Path) -> None:
    data.chmod(0o755)
    found = looked(data)["folder"]
    assert found.state == "warn"
    assert f"chmod 700 {data}" in found.remedy


def test_who_uses_the_folder(data: Path) -> None:
    with closing(SqlStore(data)) as store:
        store.open()
        assert "is using" in looked(data)["lock"].says
        assert looked(data)["database"].state == "ok"
    assert "no server" in looked(data)["lock"].says


@pytest.mark.parametrize(("free", "state"), [(1 << 20, "fail"), (1 << 29, "warn"), (1 << 40, "ok")])
def test_the_disk(data: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1 << 41, 0, free))
    assert looked(data)["disk"].state == state


@pytest.mark.parametrize("damage", [b"hello" * 5000, b"SQLite format 3\0" + b"\7" * 20_000])
def test_a_damaged_database(data: Path, damage: bytes) -> None:
    (data / DATABASE).write_bytes(damage)
    found = looked(data)["database"]
    assert found.state == "fail"
    assert "hobnob restore" in found.remedy


@pytest.mark.parametrize("thorough", [False, True])
def test_an_index_that_lacks_rows(data: Path, thorough: bool) -> None:
    changed(
        data,
        "INSERT INTO persons (id, name, key, skeleton, kind, created_at) VALUES ('p', 'ada', 'ada', 'ada', 'guest', 1)",
    )
    with closing(sqlite3.connect(data / DATABASE, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET sql = sql || ' WHERE 0' WHERE name = 'tokens_person'")
        connection.execute("PRAGMA writable_schema=RESET")
        connection.execute("INSERT INTO tokens (hash, person, created_at) VALUES (x'00', 'p', 1)")
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, ' WHERE 0', '') WHERE name = 'tokens_person'")
    assert looked(data, thorough=thorough)["database"].state == ("fail" if thorough else "ok")


@pytest.mark.parametrize(("revision", "state"), [("0000", "warn"), ("9999", "fail")])
def test_another_schema(data: Path, revision: str, state: str) -> None:
    changed(data, f"UPDATE alembic_version SET version_num = '{revision}'")
    assert looked(data)["schema"].state == state


@pytest.mark.parametrize(("now", "state"), [(0, "fail"), (NOW - 3_600_000, "fail"), (NOW, "ok"), (NOW + 1, "ok")])
def test_the_clock(data: Path, now: int, state: str) -> None:
    changed(data, f"INSERT INTO logs VALUES (99, 'r_x', 1, 1, {NOW}, 0)")
    assert looked(data, now)["clock"].state == state


# Port and certificate


def answering(answer: bytes) -> tuple[socket.socket, int]:
    """A server that answers its first client's first words so."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listening.accept()
        with client:
            client.recv(4096)
            client.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return listening, listening.getsockname()[1]


def test_a_free_port() -> None:
    assert check_port("127.0.0.1", 0).state == "ok"


def test_a_port_that_hobnob_has() -> None:
    listening, port = answering(b'{"reply":"doctor","error":"unknown-command","hint":"There is no such command."}\n')
    with listening:
        found = check_port("127.0.0.1", port)
    assert (found.state, found.says) == ("ok", f"a hobnob answers on 127.0.0.1 port {port}")


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n", b"", b'{"reply":"you"}'])
def test_a_port_that_another_program_has(answer: bytes) -> None:
    listening, port = answering(answer)
    with listening:
        found = check_port("127.0.0.1", port)
    assert found.state == "fail"
    assert found.remedy == "Stop it, or choose another port with --port."


def test_an_address_that_is_not_this_machine() -> None:
    assert check_port("192.0.2.1", 8080).state == "fail"


def test_a_certificate() -> None:
    assert check_certificate(CERTIFICATES / "cert.pem", CERTIFICATES / "key.pem", NOW).state == "ok"


@pytest.mark.parametrize(("year", "state"), [(2126, "warn"), (2127, "fail")])
def test_a_certificate_that_ends(year: int, state: str) -> None:
    late = int(datetime.datetime(year, 10, 25, tzinfo=datetime.UTC).timestamp() * 1000)
    found = check_certificate(CERTIFICATES / "cert.pem", CERTIFICATES / "key.pem", late)
    assert found.state == state
    assert "Renew" in found.remedy


@pytest.mark.parametrize("key", ["other_key.pem", "encrypted_key.pem", "nowhere.pem"])
def test_a_certificate_without_its_key(key: str) -> None:
    assert check_certificate(CERTIFICATES / "cert.pem", CERTIFICATES / key, NOW).state == "fail"


def test_old_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_programs().state == "ok"
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 0))
    assert check_programs().state == "fail"


# The verb


def test_its_status_tells(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--port", "0", "--data", str(data)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4].strip() for line in lines] == ["ok"] * len(lines)
    (data / DATABASE).write_bytes(b"hello" * 5000)
    assert run(["doctor", "--port", "0", "--data", str(data)]) == 1
    assert "hobnob restore" in capsys.readouterr().out


def test_for_machines(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json", "--port", "0", "--data", str(data)]) == 0
    findings = json.loads(capsys.readouterr().out)
    assert {frozenset(finding) for finding in findings} == {frozenset({"check", "state", "says", "remedy"})}


def test_whoever_may_not_read_the_folder(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> Callable[..., object]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folder, "_mode", refuse)
    assert looked(data)["folder"].state == "fail"

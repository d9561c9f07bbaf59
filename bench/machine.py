"""The facts about this machine without which its figures cannot be read."""

import os
import platform
import sqlite3
import ssl
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median


def facts(folder: Path) -> list[str]:
    """Sentences about processor, system, libraries and the disk that holds `folder`."""
    load = os.getloadavg()[0]
    libraries = f"uvloop {_version('uvloop')}, aiohttp {_version('aiohttp')}, {ssl.OPENSSL_VERSION}"
    return [
        f"{os.cpu_count()} CPUs ({_processor()}), load average {load:.2f} before the run",
        f"{platform.system()} {platform.release()}, {platform.libc_ver()[0]} {platform.libc_ver()[1]}",
        f"{platform.python_implementation()} {platform.python_version()}, {libraries}, SQLite {sqlite3.sqlite_version}",
        f"fdatasync of 4 KiB takes {sync_time(folder) * 1000:.2f} ms (median) where the data folders are",
    ]


def sync_time(folder: Path, times: int = 20) -> float:
    """Seconds that one fdatasync of a fresh page takes in `folder`, the median of `times`.

    Nearly nothing here means that the folder is in memory and durable figures say little about disks.
    """
    taken = []
    with (folder / "sync-probe").open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(os.urandom(4096))
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return median(taken)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"

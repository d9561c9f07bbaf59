"""Which programs and libraries this hobnob runs with."""

import platform
import sqlite3
import ssl
import sys

from hobnob import __version__
from hobnob.cli.checks.finding import Finding, fail, ok

_PYTHON = (3, 11)
_SQLITE = (3, 38, 0)


def check_programs() -> Finding:
    """Versions, of which some may be too old."""
    found = f"hobnob {__version__}, {platform.python_implementation()} {platform.python_version()}"
    found += f", SQLite {sqlite3.sqlite_version}, {ssl.OPENSSL_VERSION}, {platform.system()} {platform.release()}"
    if sys.version_info < _PYTHON:
        return fail("programs", found, "Install Python 3.11 or newer.")
    if sqlite3.sqlite_version_info < _SQLITE:
        return fail("programs", found, "Install a Python with SQLite 3.38 or newer.")
    return ok("programs", found)

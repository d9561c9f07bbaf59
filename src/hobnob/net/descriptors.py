"""How many sockets the process may have open: as many as the system lets it, not the 1,024 that most shells begin with.

Beyond the limit the kernel turns newcomers away, and nobody can be told why.
"""

import resource
from contextlib import suppress

WANTED = 65_536
"""Open files; more than one event loop serves well."""
KEPT_FREE = 200
"""Of these, for the database, backups, the log, and for turning newcomers away in words."""


def raise_limit() -> int:
    """Raise this process's own limit towards the one that only root may raise; what it is now."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if most == resource.RLIM_INFINITY else min(WANTED, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        with suppress(OSError, ValueError):  # macOS names a limit that it does not grant
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]

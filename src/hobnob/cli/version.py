"""Which hobnob this is."""

from importlib.metadata import PackageNotFoundError, version


def number() -> str:
    """The version, such as 0.1.0; "unknown" in a folder that is not installed."""
    try:
        return version("hobnob")
    except PackageNotFoundError:
        return "unknown"


def sentence() -> str:
    """What `hobnob --version` prints."""
    found = number()
    return "hobnob, from a folder that is not installed" if found == "unknown" else f"hobnob {found}"

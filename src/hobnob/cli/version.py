"""Which hobnob this is."""


def number() -> str:
    """The version, such as 0.1.0; "unknown" in a folder that is not installed."""
    # Only now: it brings the reading of e-mail along, which few verbs have a use for.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("hobnob")
    except PackageNotFoundError:
        return "unknown"


def sentence() -> str:
    """What `hobnob --version` prints."""
    found = number()
    return "hobnob, from a folder that is not installed" if found == "unknown" else f"hobnob {found}"

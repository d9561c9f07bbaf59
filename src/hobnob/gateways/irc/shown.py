"""How people are shown: what WHO, WHOIS and the like say of one, made of a `Profile` and of nothing else."""

from hobnob.gateways.irc.modes import PREFIXES
from hobnob.gateways.irc.wire import BOT, REAL_NAME
from hobnob.protocol.masks import host, mask_of
from hobnob.protocol.records import Profile, Role


def is_here(profile: Profile) -> bool:
    """Whether one of their clients is connected."""
    return profile.state != "offline"


def is_operator(profile: Profile) -> bool:
    """Whether they moderate the whole server."""
    return profile.person.role in ("owner", "moderator")


def is_bot(profile: Profile) -> bool:
    """Whether they say that they are a bot."""
    return bool(profile.details.get(BOT))


def real_name(profile: Profile) -> str:
    """What they call themselves at length."""
    return profile.details.get(REAL_NAME) or profile.person.name


def account(profile: Profile) -> str:
    """The account they are logged in to; empty for guests and visitors."""
    return profile.person.name if profile.person.kind == "account" else ""


def flags(profile: Profile, role: Role | None) -> str:
    """Here or gone, operator, bot, and the prefix in the channel that is spoken of (WHO)."""
    here = "G" if profile.state == "away" else "H"
    prefix = PREFIXES[role] if role is not None else ""
    return f"{here}{'*' if is_operator(profile) else ''}{prefix}{'B' if is_bot(profile) else ''}"


def masked(profile: Profile) -> str:
    """``nick!user@host``."""
    return mask_of(profile.person.id, profile.person.name)


def hidden_host(profile: Profile) -> str:
    """The host that is shown."""
    return host(profile.person.id)

"""How a house is run: who may come in, how much is too much, what a password costs. One frozen value for all of it."""

from ipaddress import IPv4Network, IPv6Network
from typing import Literal

import msgspec

from hobnob.chat.password_rules import SHORTEST
from hobnob.chat.passwords import Cost

Access = Literal["open", "invite", "accounts"]
"""``open``: everybody comes in. ``invite``: a stranger needs an invite. ``accounts``: and makes an account with it."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """See the head of this file; the defaults are for a house on loopback.

    `trusted_networks` meet no limit by address, and nor does loopback where it is `loopback_exempt`: not where a tunnel
    makes strangers look local. `limited`: whether anything is counted at all. `most_kept`: bytes that may be kept for
    all slow clients together.
    """

    access: Access = "open"
    limited: bool = True
    most_kept: int = 256 * 1024 * 1024
    trusted_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    loopback_exempt: bool = True
    shortest_password: int = SHORTEST
    password_cost: Cost = msgspec.field(default_factory=Cost)
    operator_name: str = ""
    operator_password: str = ""

"""IRC: every IRC client is at home in the same rooms."""

from hobnob.gateways.irc.codec import IrcCodec

__all__ = ["IrcCodec"]

"""Who says hello: by a token where there is one, else by a name and what else it takes to be let in."""

from dataclasses import dataclass, field

from hobnob.protocol.commands import Hello
from hobnob.protocol.ids import new_token
from hobnob.protocol.records import PersonKind
from hobnob.protocol.replies import Welcome

LOGGED_OUT = "This device is logged out. Log in again, with the name and the password."
NAME_GONE = "This device is logged out: its name was given up, or has a password by now. Join again, or log in."
"""A guest's token became void while they were in."""


@dataclass
class Identity:
    """See the head of this file. `remembered`: the token may have gone stale, and the name follows it then.

    `kind` is as the last welcome said, or what is known of the token. Who is in is known by the token alone: the
    password and the invite are forgotten, so that whoever is logged out from elsewhere stays out.
    """

    name: str | None = None
    token: str | None = field(default=None, repr=False)
    remembered: bool = False
    client: str = "hobnob-python"
    password: str | None = field(default=None, repr=False)
    register: bool = False
    invite: str | None = field(default=None, repr=False)
    device: str = ""
    new_token: str = field(default_factory=new_token, repr=False)
    kind: PersonKind = "guest"

    def by_token(self) -> Hello | None:
        """How to come back, if one has been here. Who is about to have an account takes the invite with that."""
        invite = None if self.register else self.invite
        return Hello(client=self.client, token=self.token, invite=invite) if self.token else None

    def by_name(self) -> Hello:
        """How to come for the first time, or with the password."""
        return Hello(
            client=self.client, name=self.name, password=self.password, register=self.register, invite=self.invite,
            device=self.device, new_token=self.new_token,
        )  # fmt: skip

    def is_secret(self, hello: Hello) -> bool:
        """Whether it says what nobody else may hear: more than a guest's token, which opens nothing once claimed."""
        by_account = hello.token is not None and self.kind == "account"
        return by_account or hello.password is not None or hello.invite is not None

    @property
    def is_newcomer(self) -> bool:
        """Whether somebody new would come of saying hello."""
        return self.token is None and (self.password is None or self.register)

    def welcomed(self, welcome: Welcome) -> None:
        """Be who one is by now. Without a token in the answer, an earlier hello had given the new one."""
        if welcome.you.kind != "visitor":
            self.token = welcome.token or self.token or self.new_token
        self.new_token = new_token()
        self.name, self.kind = welcome.you.name, welcome.you.kind

    def forget_secrets(self) -> None:
        """What let one in is needed no more."""
        self.password = self.invite = None
        self.register = False

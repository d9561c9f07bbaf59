"""What a store in memory knows of accounts, devices, invites, bans and mutes, and how facts and writes change it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from msgspec.structs import replace

from hobnob.protocol.consequences import restriction_of
from hobnob.protocol.events import (
    AccountDeleted,
    DeviceRevoked,
    DirectsChanged,
    Fact,
    Moderated,
    PersonIgnored,
    PersonUnignored,
    ServerRoleChanged,
)
from hobnob.protocol.records import Device, Directs, Invite, Person, Restriction
from hobnob.protocol.times import milliseconds, rfc3339
from hobnob.stores.store import (
    Account,
    AddInvite,
    AddToken,
    Blanked,
    DropInvite,
    InviteUsable,
    NameToken,
    PersonUnchanged,
    SetPassword,
    TokenKeys,
    TokenStands,
    UseInviteOnce,
    UseToken,
)

AccountWrite = AddToken | NameToken | UseToken | SetPassword | AddInvite | UseInviteOnce | DropInvite | Blanked
Which = Callable[[Device], bool]
AccountCondition = PersonUnchanged | TokenStands | InviteUsable


@dataclass(slots=True)
class MemoryAccounts:
    """See the head of this file. `persons` is shared with the rest of the memory."""

    persons: dict[str, Person]
    passwords: dict[str, str] = field(default_factory=dict)
    directs: dict[str, Directs] = field(default_factory=dict)
    tokens: dict[bytes, tuple[Device, str]] = field(default_factory=dict)
    keys: dict[str, TokenKeys] = field(default_factory=dict)
    """By the device."""
    ignored: dict[str, set[str]] = field(default_factory=dict)
    invites: dict[bytes, Invite] = field(default_factory=dict)
    restrictions: dict[str, Restriction] = field(default_factory=dict)
    blanking: set[str] = field(default_factory=set)

    def account(self, id: str) -> Account | None:
        """A guest or account that is not deleted."""
        person = self.persons.get(id)
        if person is None or person.kind == "deleted":
            return None
        return Account(person, self.passwords.get(id), self.directs.get(id, "all"))

    def devices(self, person: str) -> list[Device]:
        """A person's devices, the last used first."""
        own = [device for device, owner in self.tokens.values() if owner == person]
        return sorted(sorted(own, key=lambda device: device.id), key=lambda device: device.used_at, reverse=True)

    def token_keys(self, person: str) -> list[tuple[Device, TokenKeys]]:
        """A person's devices that have keys, and these."""
        own = sorted(self.devices(person), key=lambda device: device.id)
        return [(device, self.keys[device.id]) for device in own if device.id in self.keys]

    def violation(self, condition: AccountCondition, now: int) -> str | None:
        """The code with which a condition refuses, None when it holds."""
        match condition:
            case PersonUnchanged(person=id, kind=kind, password=password):
                person = self.persons.get(id)
                same = person is not None and (person.kind, self.passwords.get(id)) == (kind, password)
                return None if same else "stale"
            case TokenStands(device=id, person=person_id):
                return None if any(device.id == id for device in self.devices(person_id)) else "no-such-device"
            case InviteUsable(invite=id):
                invite = next((invite for invite in self.invites.values() if invite.id == id), None)
                over = invite is None or (invite.expires_at is not None and milliseconds(invite.expires_at) <= now)
                return "invite-unknown" if over or invite is None or invite.uses_left == 0 else None
            case _:
                assert_never(condition)

    def may_write(self, room: str, person: str, now: int) -> bool:
        """Whether neither a ban nor a mute of the room or the server holds for a person."""
        return not any(
            restriction.person == person
            and restriction.room in ("", room)
            and (restriction.until is None or milliseconds(restriction.until) > now)
            for restriction in self.restrictions.values()
        )

    # Writing

    def write(self, write: AccountWrite, now: int) -> None:
        """Do a write that is no fact."""
        match write:
            case AddToken(hash=hash, person=owner, id=id, name=name, keys=keys):
                self.tokens[hash] = (Device(id, name, rfc3339(now), rfc3339(now)), owner)
                if keys is not None:
                    self.keys[id] = keys
            case NameToken(device=id, name=name):
                self._change_token(id, name=name)
            case UseToken(device=id):
                self._change_token(id, used_at=rfc3339(now))
            case SetPassword(person=owner, hash=password):
                self.passwords[owner] = password
                self.persons[owner] = replace(self.persons[owner], kind="account")
            case Blanked(person=owner):
                self.blanking.discard(owner)
            case AddInvite(hash=code, invite=new):
                self.invites[code] = new
            case UseInviteOnce(invite=id):
                self._change_invites(id, use=True)
            case DropInvite(invite=id):
                self._change_invites(id, use=False)
            case _:
                assert_never(write)

    def _drop_tokens(self, owner: str, which: Which) -> None:
        self.tokens = {
            key: (device, person)
            for key, (device, person) in self.tokens.items()
            if person != owner or not which(device)
        }
        left = {device.id for device, _ in self.tokens.values()}
        self.keys = {device: keys for device, keys in self.keys.items() if device in left}

    def _change_token(self, id: str, **fields: str) -> None:
        for key, (device, owner) in self.tokens.items():
            if device.id == id:
                self.tokens[key] = (replace(device, **fields), owner)

    def _change_invites(self, id: str, *, use: bool) -> None:
        for code, invite in tuple(self.invites.items()):
            if invite.id != id:
                continue
            if not use:
                del self.invites[code]
            elif invite.uses_left is not None:
                self.invites[code] = replace(invite, uses_left=invite.uses_left - 1)

    def drop_invites(self, room: str) -> None:
        """A room is gone, and with it the invites to it."""
        self.invites = {code: invite for code, invite in self.invites.items() if invite.room != room}

    # What facts make of it

    def apply(self, fact: Fact) -> None:
        """What follows from a fact of the house, of the audit log or of a person's own log."""
        match fact:
            case AccountDeleted(by=by, blanked=blanked):
                self._delete(by, blanked)
            case ServerRoleChanged(person=person, role=role) if person in self.persons:
                self.persons[person] = replace(self.persons[person], role=role)
            case DirectsChanged(by=by, allow=allow):
                self.directs[by] = allow
            case PersonIgnored(by=by, person=person):
                self.ignored.setdefault(by, set()).add(person)
            case PersonUnignored(by=by, person=person):
                self.ignored.get(by, set()).discard(person)
            case DeviceRevoked(by=by, device=device, kept=kept):
                self._drop_tokens(by, lambda each: each.id == device if device else each.id != kept)
            case Moderated():
                self._moderated(fact)
            case _:
                pass

    def _delete(self, id: str, blanked: bool) -> None:
        name = "" if blanked else self.persons[id].name
        self.persons[id] = Person(id, name, "deleted")
        self.passwords.pop(id, None)
        self.ignored.pop(id, None)
        self._drop_tokens(id, lambda _: True)
        self.invites = {code: invite for code, invite in self.invites.items() if invite.by != id}
        if blanked:
            self.blanking.add(id)

    def _moderated(self, fact: Moderated) -> None:
        if fact.action in ("unban", "unmute"):
            self.restrictions.pop(fact.restriction, None)
        elif fact.action == "ban" or fact.action == "mute":
            self.restrictions[fact.restriction] = restriction_of(fact)

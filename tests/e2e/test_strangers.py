"""A house that asks for invites: a stranger learns nothing by any way in, and is in with an invite."""

import pytest
from tests.e2e.conftest import Start
from tests.e2e.server import Server
from tests.e2e.strangers import FREE, INSIDER, ROOM, SECRETS, STRANGERS, TEXT, TOPIC, JsonStranger

from hobnob.cli.operator import at_the_desk
from hobnob.protocol.account_commands import CreateInvite
from hobnob.protocol.replies import InviteMade

FROM_AFAR = b"PROXY TCP4 203.0.113.7 127.0.0.1 40000 8080\r\n"


def invited(server: Server, uses: int = 1) -> str:
    """A code that lets somebody in."""
    with at_the_desk(server.data) as operator:
        return operator.ask(CreateInvite(uses=uses), InviteMade).code


@pytest.fixture
def house(start: Start) -> Server:
    """A server with an insider who has something to hide."""
    server = start("--access", "invite")
    insider = JsonStranger(server.port, tls=False)
    assert insider.ask("hello", name=INSIDER, invite=invited(server)).get("ok")
    assert insider.ask("create_room", name=ROOM, topic=TOPIC).get("ok")
    assert insider.ask("send_message", room="#lobby", text=TEXT).get("ok")
    return server


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("gateway", STRANGERS)
def test_a_stranger_learns_nothing_and_is_in_with_an_invite(house: Server, gateway: str, tls: bool) -> None:
    heard = STRANGERS[gateway](house.port, tls=tls).try_everything().lower()
    assert not [secret for secret in SECRETS if secret in heard], heard
    taken, free = (STRANGERS[gateway](house.port, tls=tls).refusal_of(name) for name in (INSIDER, FREE))
    assert taken == free
    if gateway != "curl":
        assert TEXT.encode() in STRANGERS[gateway](house.port, tls=tls).come_in(invited(house))


@pytest.mark.parametrize("gateway", [name for name in STRANGERS if name != "curl"])
def test_an_invite_is_worth_nothing_where_others_could_read_along(start: Start, gateway: str) -> None:
    server = start("--access", "invite", "--trusted-proxies", "127.0.0.1/32")
    code = invited(server, uses=0)
    stranger = STRANGERS[gateway](server.port, tls=False, head=FROM_AFAR)
    with pytest.raises(AssertionError):
        stranger.come_in(code)

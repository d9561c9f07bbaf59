"""Coming in where not everybody may, and accounts: what is asked, what is never shown, said or asked for."""

import pytest
from tests.unit.gateways.lines.house import CODE, GONE, Access, Driver, account, person, said_by, visitor

from hobnob.gateways.lines.arriving import NAME
from hobnob.protocol.account_commands import (
    ChangePassword,
    DeleteAccount,
    ListIgnored,
    LogIn,
    LogOut,
    NameDevice,
    Register,
    RevokeDevice,
)
from hobnob.protocol.commands import Hello, ReadHistory, SendMessage
from hobnob.protocol.errors import HINTS, ChatError
from hobnob.protocol.links import Link
from hobnob.protocol.records import RoomState

COME_BACK = (
    "Passwords, invites and private rooms need an encrypted connection, and this one is not. "
    "Leave, and come back in TLS: openssl s_client -quiet -connect chat.example.org:8080"
)
SHOWN = " (your screen shows it as you type): "
NOT_SAID = "Your last line was not said, as it may have been a password. Type it again to say it.\n"
WRONG = HINTS["wrong-password"] + "\n"
WEAK = HINTS["password-weak"] + "\n"
CHOOSE = "Choose a password: several words are easy to remember. Enter alone leaves everything as it is.\n"
WILL_ECHO, WONT_ECHO = b"\xff\xfb\x01", b"\xff\xfc\x01"


@pytest.fixture
def bob() -> Driver:
    return visitor()


@pytest.fixture
def ada() -> Driver:
    return account()


def asked(driver: Driver) -> list[object]:
    """What the house was asked since it was last looked at."""
    done = [command for command in driver.house.done if not isinstance(command, ReadHistory | ListIgnored)]
    driver.house.done.clear()
    return list(done)


# At the door


@pytest.mark.parametrize("pasted", [CODE, f" {CODE} ", f"hobnob://h:1/#invite={CODE}", f"https://h:1/#invite={CODE}"])
def test_an_invite_is_asked_for_and_lets_in(pasted: str) -> None:
    driver = person(access="invite")
    driver.receive(b"bob\n")
    assert driver.take() == (
        "This server asks for an invite. Paste the code or the link you were given, or type /login if you have an "
        "account.\nInvite: "
    )
    driver.receive(f"{pasted}\n".encode())
    assert driver.take().startswith("Welcome, bob.")
    assert asked(driver) == [Hello(client="lines", name="bob"), Hello(client="lines", name="bob", invite=CODE)]


def test_a_wrong_invite_is_asked_for_again_and_not_for_ever() -> None:
    driver = person(access="invite")
    driver.receive(b"bob\nxyzzy\n")
    assert driver.take().endswith(
        f"Invite: {HINTS['invite-unknown']} Paste the code or the link you were given, or type /login if you have an "
        "account.\nInvite: "
    )
    driver.receive(b"xyzzy\n" * 20)
    assert driver.take().endswith(f"{HINTS['invite-unknown']}\nBye.\n")
    assert driver.closed
    assert len(asked(driver)) == 10


def test_an_invite_is_kept_while_another_name_is_chosen() -> None:
    driver = person(access="invite")
    driver.receive(b"ada\n" + CODE.encode() + b"\nbob\n")
    assert "This name is taken." in driver.take()
    assert asked(driver)[-1] == Hello(client="lines", name="bob", invite=CODE)


def test_an_account_is_made_where_one_is_needed() -> None:
    driver = person(access="accounts")
    driver.receive(f"bob\n{CODE}\n".encode())
    assert driver.take().endswith(f"{HINTS['account-needed']}\n{CHOOSE}New password{SHOWN}")
    driver.receive(b"short\nshort\n")
    assert driver.take() == f"The same again{SHOWN}{WEAK}{CHOOSE}New password{SHOWN}"
    driver.receive(b"tea and toast\ntea and test\n")
    assert driver.take() == f"The same again{SHOWN}These two are not alike.\nNew password{SHOWN}"
    driver.receive(b"tea and toast\ntea and toast\n")
    assert "Welcome, bob." in driver.take()
    assert asked(driver)[-1] == Hello(client="lines", name="bob", password="tea and toast", register=True, invite=CODE)


@pytest.mark.parametrize("access", ["open", "invite", "accounts"])
def test_an_account_logs_in_at_the_door(access: Access) -> None:
    driver = person(access=access)
    driver.receive(b"/login\nada\nwrong\ncorrect horse\n")
    text = driver.take()
    assert text.startswith(f"The name of the account: Password{SHOWN}{WRONG}Password{SHOWN}Welcome, ada.")
    assert "horse" not in text


def test_login_at_the_invite_is_of_the_name_that_was_said() -> None:
    driver = person(access="invite")
    driver.receive(b"ada\n/login\ncorrect horse\n")
    assert "Welcome, ada." in driver.take()
    assert asked(driver)[-1] == Hello(client="lines", name="ada", password="correct horse")


def test_a_script_logs_in_with_its_first_lines_and_talks() -> None:
    driver = person(greeted=False)
    driver.receive(b"/login ada\ncorrect horse\nhello\nbye\n")
    assert said_by(driver) == ["hello"]
    assert "You are ada in #lobby." in driver.take()


def test_what_a_script_said_first_is_said_once_it_is_in() -> None:
    driver = person(greeted=False, access="invite")
    driver.receive(b"hello\n")
    assert driver.take().endswith("Invite: ")
    driver.receive(CODE.encode() + b"\n")
    assert said_by(driver) == ["hello"]
    driver = person(greeted=False, access="invite")
    driver.receive(f"/invite {CODE}\nhello\nworld\n".encode())
    assert said_by(driver) == ["hello", "world"]


def test_who_gives_up_at_the_door_is_asked_for_a_name() -> None:
    driver = person()
    driver.receive(b"/login ada\n\n/help\n/register\n\nbob\n")
    text = driver.take()
    assert text.count(NAME) == 3
    assert "Type the name you want to have here" in text
    assert asked(driver) == [Hello(client="lines", name="bob")]


@pytest.mark.parametrize(
    ("at", "how"),
    [
        (
            Link("192.0.2.7", 9000, key="k"),
            "in TLS: openssl s_client -quiet -connect 192.0.2.7:9000",
        ),
        (
            Link("2001:db8::7", 80, key="k"),
            "in TLS: openssl s_client -quiet -connect [2001:db8::7]:80",
        ),
        (Link("192.0.2.7", 9000), "This server offers none: ask whoever runs it for another way."),
        (None, "to the same host and port in TLS, as openssl s_client speaks it."),
    ],
    ids=str,
)
def test_in_the_clear_it_is_said_how_to_come_back(at: Link | None, how: str) -> None:
    driver = person(access="invite", confidential=False)
    driver.house.reached_at = lambda: at
    driver.receive(b"bob\n")
    assert driver.take().endswith(f" {how}\nBye.\n")


@pytest.mark.parametrize("typed", ["bob", "/login ada", "/register bob", f"/invite {CODE}", ""])
def test_nothing_secret_is_asked_for_in_the_clear(typed: str) -> None:
    driver = person(access="invite", confidential=False)
    driver.receive(f"{typed}\ncorrect horse\nada\n".encode())
    assert driver.take() == f"{COME_BACK}\nBye.\n"
    assert driver.closed
    assert "horse" not in repr(driver.house.done)


def test_an_open_house_takes_visitors_in_the_clear() -> None:
    driver = person(confidential=False)
    driver.receive(b"ada\nbob\n")
    text = driver.take()
    assert text.startswith("This name is taken. Choose another.\n")
    assert "Welcome, bob." in text


@pytest.mark.parametrize("words", ["bye", "\x04", "\x03"])
@pytest.mark.parametrize("before", ["bob", "/login ada", "/register bob"])
def test_a_question_can_be_left(before: str, words: str) -> None:
    driver = person(access="invite")
    driver.receive(f"{before}\n{words}\n".encode())
    assert driver.take().endswith("Bye.\n")
    assert driver.closed


def test_the_end_of_input_ends_a_question() -> None:
    driver = person(access="invite")
    driver.receive(b"bob\n")
    driver.end()
    assert driver.closed


@pytest.mark.parametrize("code", ["banned", "doors-closed", "too-fast", "stopping"])
def test_who_is_kept_out_reads_why(code: str) -> None:
    driver = person(access="invite")
    driver.house.refusing = ChatError(code)
    driver.receive(b"bob\nhello\n")
    assert driver.take() == f"{HINTS[code]}\nBye.\n"
    assert driver.closed


# Inside


def test_a_name_is_kept_for_good(bob: Driver) -> None:
    bob.receive(b"/register\ntea and toast\ntea and toast\n")
    text = bob.take()
    assert text.startswith(f"{CHOOSE}New password{SHOWN}The same again{SHOWN}The name bob is yours now.")
    assert "toast" not in text
    assert asked(bob)[-1] == Register(password="tea and toast")
    bob.receive(b"/register\n")
    assert bob.take() == HINTS["already-account"] + "\n"


def test_login_and_logout(bob: Driver) -> None:
    bob.receive(b"/login ada\nwrong\nWrong\ncorrect horse\n")
    assert bob.take().startswith(f"Password{SHOWN}{WRONG}Password{SHOWN}{WRONG}Password{SHOWN}You are ada now.\n")
    bob.receive(b"hello\n/logout\nhello again\n")
    assert said_by(bob) == ["hello"]
    assert bob.take() == f"* {GONE}\n"
    assert bob.closed
    assert asked(bob)[-1] == LogOut()


def test_who_is_not_logged_in_need_not_log_out(bob: Driver) -> None:
    bob.receive(b"/logout\n")
    assert bob.take() == "You are not logged in. bye leaves.\n"


def test_after_the_last_wrong_password_the_next_line_is_not_said(bob: Driver) -> None:
    bob.receive(b"/login ada\n1\n2\n3\ncorrect horse\nhello\n")
    assert bob.take().endswith(f"{WRONG}{NOT_SAID}")
    assert said_by(bob) == ["hello"]
    assert asked(bob)[-2] == LogIn(name="ada", password="3")


@pytest.mark.parametrize(
    "typed",
    ["/login ada", "/register", "/login ada horse", "/register a b", "/logn", "/password", "/account delete"],
)
def test_a_password_that_was_not_asked_for_is_never_said(typed: str) -> None:
    driver = person(confidential=False)
    driver.receive(b"bob\n")
    driver.take()
    driver.receive(f"{typed}\n\ncorrect horse\nhello\n".encode())
    assert driver.take().endswith(NOT_SAID)
    assert said_by(driver) == ["hello"]


def test_in_the_clear_it_is_said_at_once_how_passwords_are_given(bob: Driver) -> None:
    driver = person(confidential=False)
    driver.receive(b"bob\n")
    driver.take()
    driver.receive(b"/login ada\n")
    assert driver.take() == COME_BACK + "\n"
    driver.receive(b"/who\nhello\n")
    assert driver.take() == "You are bob in #lobby.\nHere is: ada\n"
    assert said_by(driver) == ["hello"]


def test_the_password_changes(ada: Driver) -> None:
    ada.receive(b"/password\ncorrect horse\ntea and toast\ntea and toast\n")
    assert ada.take().endswith("Your password is changed. All your other devices are logged out.\n")
    assert asked(ada) == [ChangePassword(old="correct horse", new="tea and toast")]


def test_enter_leaves_everything_as_it_is(ada: Driver) -> None:
    ada.receive(b"/password\n\n/password\ncorrect horse\n\n/account delete\n\n")
    assert ada.take().count("Nothing was changed.\n") == 3
    assert asked(ada) == []


@pytest.mark.parametrize(("blank", "messages"), [("", "keep"), (" blank", "blank")])
def test_an_account_goes(ada: Driver, blank: str, messages: str) -> None:
    ada.receive(f"/account delete{blank}\n".encode())
    assert ada.take().startswith("This cannot be taken back: ")
    ada.receive(b"wrong\ncorrect horse\n")
    assert ada.take() == f"{WRONG}Password, to go on{SHOWN}* {GONE}\n"
    (_, deletion) = asked(ada)
    assert isinstance(deletion, DeleteAccount)
    assert deletion.messages == messages
    assert ada.closed


def test_who_has_no_account_is_told_how_to_make_one(bob: Driver) -> None:
    bob.receive(b"/password\n")
    assert bob.take() == "You have no account here; /register makes one of you.\n"


def test_devices_are_listed_named_and_logged_out(ada: Driver) -> None:
    ada.receive(b"/devices\n/devices end aaaa\n/devices name aadd the old laptop\n")
    assert ada.take() == (
        "  aaaabbbb  last used 2026-11-22 09:30  phone\n"
        "  aaddbbbb  last used 2026-11-20 10:00  A device without a name\n"
        "phone is logged out.\n"
        "A device without a name is called the old laptop now.\n"
    )
    assert RevokeDevice(device="d_aaaabbbbcccc") in ada.house.done
    assert NameDevice(device="d_aaddbbbbcccc", name="the old laptop") in ada.house.done


@pytest.mark.parametrize("typed", ["end aa", "end xyzzy", "name zz top"])
def test_a_device_that_is_not_meant_clearly_stays(ada: Driver, typed: str) -> None:
    ada.receive(f"/devices {typed}\n".encode())
    assert ada.take() == "You have no such device; /devices lists them, each with its id in front.\n"


def test_who_comes_back_reads_of_all_their_rooms(bob: Driver) -> None:
    bob.house.own = (
        RoomState(id="r_direct", name="", kind="direct"),
        RoomState(id="r_tea", name="tea", kind="public", unread=3),
        RoomState(id="r_den", name="den", kind="private"),
        RoomState(id="r_lobby", name="lobby", kind="public"),
    )
    bob.receive(b"/login ada\ncorrect horse\nhello\n")
    assert bob.take().endswith("Your other rooms: #den, #tea (3 new). /join den goes there.\n")
    assert bob.house.done[-1] == SendMessage(room="r_lobby", text="hello")


def test_who_has_left_every_room_is_in_the_lobby_again() -> None:
    driver = person()
    driver.house.own = (RoomState(id="r_direct", name="", kind="direct"),)
    driver.receive(b"/login ada\ncorrect horse\nhello\n")
    assert "You are in #lobby." in driver.take()
    assert driver.house.done[-1] == SendMessage(room="r_lobby", text="hello")


# Telnet


def test_netcat_is_sent_no_telnet(bob: Driver) -> None:
    bob.receive(b"/login ada\n")
    assert bob.take_bytes() == f"Password{SHOWN}".encode()


def test_telnet_that_has_shown_itself_hides_what_is_typed() -> None:
    driver = person()
    driver.receive(b"\xff\xfd\x03bob\r\n")
    driver.take_bytes()
    driver.receive(b"/login ada\r\n")
    assert driver.take_bytes() == b"Password: " + WILL_ECHO
    driver.receive(b"\xff\xfd\x01wrong\r\0")
    assert (
        driver.take_bytes() == WONT_ECHO + b"\r\n" + WRONG.encode().replace(b"\n", b"\r\n") + b"Password: " + WILL_ECHO
    )
    driver.receive(b"\xff\xfe\x01corrext\x7f\x7fct horse\r\n")
    assert driver.take_bytes().startswith(WONT_ECHO + b"\r\nYou are ada now.\r\n")


def test_telnet_can_be_named_where_it_does_not_show_itself() -> None:
    driver = person()
    driver.receive(b"bob\r\n")
    driver.take()
    driver.receive(b"/login ada\r\n")
    assert driver.take() == "Password (your screen shows it as you type, or type /telnet if this is telnet): "
    driver.receive(b"/telnet\r\n")
    assert driver.take_bytes() == b"Password: " + WILL_ECHO
    driver.receive(b"correct horse\r\n")
    assert driver.take_bytes().startswith(WONT_ECHO + b"\r\nYou are ada now.\r\n")
    driver.receive(b"/telnet\r\n/password\r\n")
    assert driver.take_bytes().endswith(b"Your present password: " + WILL_ECHO)


def test_somebodys_latin_1_is_no_telnet(bob: Driver) -> None:
    bob.receive(b"l'ha\xff\xff\n\xff\n/login ada\n")
    assert bob.take_bytes().endswith(SHOWN.encode())

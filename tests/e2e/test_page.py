"""The small page as people use it: at the door, in several rooms, with an account, and when they are sent away."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route, expect
from tests.e2e.clients import Client, JsonClient
from tests.e2e.conftest import Start
from tests.e2e.server import Server

Open = Callable[[], Page]
TOKEN = "localStorage.getItem('hobnob-token')"
CODE = "abcdefghijklmnopqrstuvwx23"
PASSWORD = "tea and toast at noon"


def unexpected(message: ConsoleMessage) -> bool:
    """Whether a page said something that it should not; that a connection broke is no mistake of its own."""
    return message.type == "error" and "WebSocket" not in message.text


@pytest.fixture
def browsers(chromium: Browser, server: Server) -> Iterator[Open]:
    """Opens the page as somebody new; whatever it complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def come() -> Page:
        context = chromium.new_context(viewport={"width": 1100, "height": 700})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if unexpected(message) else None)
        page.goto(f"http://127.0.0.1:{server.port}/")
        return page

    yield come
    for context in contexts:
        context.close()
    assert complaints == []


def enter(page: Page, name: str) -> Page:
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("#account-name")).to_have_text(name)
    return page


def say(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_label("Your message").press("Enter")
    expect(page.locator("#messages li:not(.waiting)", has_text=text)).to_be_visible()


def keep_the_name(page: Page) -> None:
    page.locator("#account summary").click()
    page.get_by_role("button", name="Keep this name with a password").click()
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#secret-complaint")).to_contain_text("at least 8 characters")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#notice-text")).to_contain_text("The name is yours.")


def log_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.locator("#password").fill(password)
    page.get_by_role("button", name="Log in").click()


def is_in(page: Page) -> None:
    expect(page.locator("#chat")).to_be_visible()


def come_too(page: Page) -> None:
    """Log another browser in as grace."""
    page.get_by_role("button", name="I have an account").click()
    log_in(page, "grace", PASSWORD)
    is_in(page)


def make_room(page: Page, name: str) -> None:
    page.get_by_label("Join or make a room").fill(name)
    page.get_by_role("button", name="Go into this room").click()
    expect(page.locator("#rooms .open")).to_have_text(name)


def test_a_name_is_kept_logged_out_of_and_come_back_to(browsers: Open) -> None:
    page = enter(browsers(), "grace")
    before = page.evaluate(TOKEN)
    keep_the_name(page)
    assert page.evaluate(TOKEN) not in (None, before)
    page.locator("#account summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()
    assert page.evaluate(TOKEN) is None
    log_in(page, "grace", "something else")
    expect(page.get_by_text("The name or the password is wrong.")).to_be_visible()
    log_in(page, "grace", PASSWORD)
    is_in(page)
    assert page.evaluate("document.querySelector('#password').value") == ""
    other = browsers()
    come_too(other)
    say(other, "from another browser")
    expect(page.locator("#messages")).to_contain_text("from another browser")


def test_another_password_logs_other_browsers_out_for_good(browsers: Open) -> None:
    page, other = enter(browsers(), "grace"), browsers()
    keep_the_name(page)
    come_too(other)
    page.locator("#account summary").click()
    page.get_by_role("button", name="Change the password").click()
    page.get_by_label("Your present password").fill(PASSWORD)
    page.get_by_label("New password").fill("coffee and cake at four")
    page.get_by_role("button", name="Change it").click()
    expect(page.locator("#notice-text")).to_contain_text("You have a new password.")
    expect(other.locator("#door")).to_be_visible()
    expect(other.locator("#title")).to_have_text("Welcome back.")
    assert other.evaluate(TOKEN) is None


def test_rooms_are_changed_and_unread_is_counted(browsers: Open, server: Server) -> None:
    page, bob = enter(browsers(), "grace"), JsonClient(server.port, "bob")
    made = bob.ask("create_room", name="den", kind="private", people=["@grace"])
    assert made["ok"], made
    den = page.locator("#rooms button", has_text="#den private")
    expect(den).to_be_visible()
    page.get_by_label("Your message").fill("a draft")
    bob.ask("send_message", room="#den", text="psst")
    bob.ask("send_message", room="#den", text="@grace?")
    expect(den.locator(".count.mention")).to_have_text("2")
    den.click()
    expect(page.locator("#messages li")).to_have_count(2)
    expect(page.get_by_label("Your message")).to_have_value("")
    expect(den.locator(".count")).to_have_count(0)
    say(page, "here I am")
    assert bob.event("message_sent")["room"] == made["room"]["id"]
    page.locator("#rooms button", has_text="#lobby").click()
    expect(page.get_by_label("Your message")).to_have_value("a draft")
    expect(page.locator("#messages li")).to_have_count(0)
    page.get_by_label("Join or make a room").fill("tea")
    page.get_by_role("button", name="Go into this room").click()
    expect(page.locator("#rooms .open")).to_have_text("#tea")
    assert page.title() == "#tea"


def test_a_message_to_one_alone_is_a_room_of_its_own(browsers: Open, server: Server) -> None:
    page, bob = enter(browsers(), "grace"), JsonClient(server.port, "bob")
    bob.ask("send_message", room="@grace", text="psst")
    direct = page.locator("#rooms button", has_text="bob")
    expect(direct.locator(".count")).to_have_text("1")
    expect(page).to_have_title("(1) #lobby")
    direct.click()
    expect(page.locator("#messages")).to_contain_text("psst")
    expect(page).to_have_title("bob")
    say(page, "yes?")
    assert bob.texts("yes?") == ["psst", "yes?"]
    page.reload()
    expect(direct).to_have_text("bob")


def test_what_was_unread_is_still_so_after_coming_back(browsers: Open, server: Server) -> None:
    page, bob = enter(browsers(), "grace"), JsonClient(server.port, "bob")
    bob.ask("create_room", name="den", kind="private", people=["@grace"])
    bob.ask("send_message", room="#den", text="psst")
    expect(page.locator("#rooms .count")).to_have_text("1")
    page.evaluate("dispatchEvent(new Event('offline'))")
    page.reload()
    expect(page.locator("#rooms .count")).to_have_text("1")


def test_who_is_removed_is_told_and_stays_in_the_lobby(browsers: Open, server: Server) -> None:
    page, bob = enter(browsers(), "grace"), JsonClient(server.port, "bob")
    bob.ask("create_room", name="tea")
    make_room(page, "#tea")
    say(page, "hello")
    assert bob.ask("kick", room="#tea", person="@grace", reason="<b>no biscuits</b>")["ok"]
    expect(page.locator("#notice-text")).to_have_text("bob removed you from #tea (<b>no biscuits</b>).")
    expect(page.locator("#rooms button")).to_have_text(["#lobby"])
    expect(page.locator("#messages")).not_to_contain_text("hello")


def pick(page: Page, name: str) -> Locator:
    """Open the menu of somebody in the list of people."""
    page.locator("#people button", has_text=name).click()
    expect(page.locator("#person-title")).to_have_text(name)
    return page.locator("#person")


def test_a_list_that_changes_under_a_click_takes_it(browsers: Open, server: Server) -> None:
    page, bob = enter(browsers(), "grace"), JsonClient(server.port, "bob")
    bob.ask("create_room", name="den", kind="private", people=["@grace"])
    den, mouse = page.locator("#rooms button", has_text="#den private"), page.mouse
    den.hover()
    mouse.down()
    bob.ask("send_message", room="#den", text="psst")
    expect(den.locator(".count")).to_have_text("1")
    mouse.up()
    expect(page.locator("#rooms .open")).to_have_text("#den private")
    expect(page.locator("#messages")).to_contain_text("psst")  # before, it is not read
    page.locator("#rooms button", has_text="#lobby").click()
    bob.ask("send_message", room="#den", text="psst")
    expect(den.locator(".count")).to_have_text("1")
    expect(page.locator("#rooms button", has_text="#lobby")).to_be_focused()
    page.locator("#people button", has_text="bob").hover()
    mouse.down()
    JsonClient(server.port, "zoe")
    expect(page.locator("#people button")).to_have_text(["bob", "zoe"])
    mouse.up()
    expect(page.locator("#person-title")).to_have_text("bob")


def test_moderators_do_what_they_may_with_somebody_of_the_room(browsers: Open, server: Server) -> None:
    page, bob = enter(browsers(), "grace"), JsonClient(server.port, "bob")
    make_room(page, "#tea")
    assert bob.ask("join_room", room="#tea")["ok"]
    said = page.locator("#messages .event")
    pick(page, "bob").get_by_label("Role in this room").select_option("moderator")
    expect(said.last).to_have_text("grace made bob a moderator")
    expect(page.locator("#person")).to_be_hidden()
    pick(page, "bob").get_by_label("Role in this room").select_option("member")
    expect(said.last).to_have_text("grace made bob a member")
    menu = pick(page, "bob")
    menu.get_by_label("Why, if you like").fill("rest a bit")
    menu.get_by_role("button", name="Mute for an hour").click()
    expect(said.last).to_contain_text("grace muted bob until")
    assert bob.ask("send_message", room="#tea", text="x")["error"] == "muted"
    pick(page, "bob").get_by_role("button", name="Let them write again").click()
    expect(said.last).to_have_text("grace let bob write again")
    menu = pick(page, "bob")
    menu.get_by_role("button", name="Let them write again").click()
    expect(menu.locator("#person-complaint")).not_to_be_empty()
    menu.get_by_label("Why, if you like").fill("enough")
    menu.get_by_role("button", name="Remove from the room").click()
    expect(said.last).to_have_text("grace removed bob (enough)")
    assert bob.ask("join_room", room="#tea")["ok"]
    pick(page, "bob").get_by_role("button", name="Ban from the room").click()
    expect(page.locator("#people button")).to_have_count(0)
    assert bob.ask("join_room", room="#tea")["error"] == "banned"


def test_others_are_only_offered_what_they_may(browsers: Open, server: Server) -> None:
    bob = JsonClient(server.port, "bob")
    bob.ask("create_room", name="tea")
    page = enter(browsers(), "grace")
    make_room(page, "#tea")
    menu = pick(page, "bob")
    expect(menu.locator("#person-is")).to_have_text("owner of #tea")
    expect(menu.get_by_role("button")).to_have_text(["Write to them alone", "Close"])
    menu.get_by_role("button", name="Write to them alone").click()
    expect(page.locator("#rooms .open")).to_have_text("bob")
    say(page, "psst")
    assert bob.ask("set_role", room="#tea", person="@grace", role="moderator")["ok"]
    page.locator("#rooms button", has_text="#tea").click()
    expect(page.locator("#rooms .open")).to_have_text("#tea")
    expect(pick(page, "bob").get_by_role("button")).to_have_text(["Write to them alone", "Close"])


def test_devices_are_listed_and_logged_out(browsers: Open) -> None:
    page, other = enter(browsers(), "grace"), browsers()
    keep_the_name(page)
    come_too(other)
    page.locator("#account summary").click()
    page.get_by_role("button", name="Where I am logged in").click()
    devices = page.locator("#devices-list li")
    expect(devices).to_have_count(2)
    expect(devices.filter(has_text="this one").get_by_role("button")).to_have_count(0)
    devices.get_by_role("button", name="Log out").click()
    expect(devices).to_have_count(1)
    expect(devices).to_contain_text("this one")
    expect(other.locator("#title")).to_have_text("Welcome back.")
    is_in(page)


def test_a_token_for_an_irc_client_is_shown_once(browsers: Open, server: Server) -> None:
    page = enter(browsers(), "grace")
    page.locator("#account summary").click()
    page.get_by_role("button", name="Where I am logged in").click()
    expect(page.locator("#token-form")).to_be_hidden()
    page.locator("#devices-close").click()
    keep_the_name(page)
    page.locator("#account summary").click()
    page.get_by_role("button", name="Where I am logged in").click()
    form = page.locator("#token-form")
    form.get_by_label("What it is for").fill("weechat")
    form.get_by_label("Your password").fill("wrong " + PASSWORD)
    form.get_by_role("button").click()
    expect(page.locator("#devices-complaint")).to_have_text("The name or the password is wrong.")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button").click()
    expect(page.locator("#devices-list li", has_text="weechat")).to_have_count(1)
    expect(page.locator("#devices-complaint")).to_be_empty()
    token = page.locator("#token").inner_text()
    irc = Client(server.port, f"PASS grace:{token}\r\nNICK x\r\nUSER x 0 * :x\r\n")
    irc.until(" 001 grace ")
    page.locator("#devices-close").click()
    expect(page.locator("#token")).to_be_empty()


def test_what_is_said_to_moderators_alone_is_shown_to_them_wherever_they_are(browsers: Open, server: Server) -> None:
    page, bob = enter(browsers(), "grace"), JsonClient(server.port, "bob")
    make_room(page, "#tea")
    assert bob.ask("join_room", room="#tea")["ok"]
    assert bob.ask("send_aside", room="#tea", text="<b>psst</b>")["ok"]
    expect(page.locator("#messages .event")).to_contain_text("bob to moderators alone: <b>psst</b>")
    page.locator("#rooms button", has_text="#lobby").click()
    expect(page.locator("#rooms .open")).to_have_text("#lobby")
    assert bob.ask("send_aside", room="#tea", text="hello?")["ok"]
    expect(page.locator("#notice-text")).to_have_text("#tea: bob to moderators alone: hello?")


def test_html_stays_text(browsers: Open, server: Server) -> None:
    page, bob = enter(browsers(), "grace"), JsonClient(server.port, "bob")
    evil = "<img src=x onerror=alert(1)>"
    bob.say(evil)
    bob.ask("set_topic", room="#lobby", topic=evil)
    expect(page.locator("#messages")).to_contain_text(evil)
    expect(page.locator("#messages .event")).to_contain_text(f"bob set the topic: {evil}")
    expect(page.locator("#topic")).to_contain_text(evil)
    assert page.locator("main img").count() == 0


def test_who_leaves_as_a_guest_is_asked_first_and_forgotten(browsers: Open) -> None:
    page = enter(browsers(), "grace")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#account summary").click()
    page.get_by_role("button", name="Leave and forget this name").click()
    expect(page.locator("#door")).to_be_visible()
    assert page.evaluate(TOKEN) is None
    assert page.evaluate("localStorage.length") == 0


def test_a_page_without_encryption_says_so_and_asks_for_nothing_secret(
    chromium: Browser, start: Start, certificate: tuple[str, ...]
) -> None:
    server = start(*certificate, "--hosts", "chat.example.org")
    context = chromium.new_context()
    page = context.new_page()
    near = f"127.0.0.1:{server.port}"

    def answer(route: Route) -> None:
        route.fulfill(response=route.fetch(url=route.request.url.replace("chat.example.org", near)))

    page.route("http://chat.example.org/**", answer)  # seen from another machine: the name is no loopback
    page.goto(f"http://chat.example.org/#invite={CODE}")
    expect(page.get_by_text("This page came without encryption.")).to_be_visible()
    assert page.url == "http://chat.example.org/"
    expect(page.get_by_role("button", name="I have an account")).to_be_hidden()
    for asked in ("#name", "#password", "#invite"):
        expect(page.locator(asked)).to_be_hidden()
    link = page.get_by_role("link", name="https://chat.example.org/")
    expect(link).to_have_attribute("href", f"https://chat.example.org/#invite={CODE}&room=")
    context.close()


def hobnob(server: Server, *arguments: str) -> str:
    """What a verb of the operator's prints."""
    run = [sys.executable, "-m", "hobnob", *arguments, "--data", str(server.data)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_link_of_an_invite_lets_in_and_leaves_no_trace(chromium: Browser, start: Start) -> None:
    server = start("--access", "invite")
    link = re.search(r"http://\S+", hobnob(server, "invite"))
    assert link is not None
    code = link[0].rpartition("=")[2]
    with chromium.new_context() as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.goto(link[0])
        expect(page.get_by_role("heading", name="You are invited.")).to_be_visible()
        assert page.url == f"http://127.0.0.1:{server.port}/"
        expect(page.locator("#invite")).to_be_hidden()
        enter(page, "grace")
        is_in(page)
        say(page, "hello")
        assert page.evaluate("JSON.stringify([history.length, {...localStorage}, {...sessionStorage}])").find(code) < 0
        assert page.evaluate("document.documentElement.innerHTML").find(code) < 0
        assert not [url for url in asked if code in url]
        page.reload()
        is_in(page)


def test_an_invite_is_typed_in(chromium: Browser, start: Start) -> None:
    server = start("--access", "invite")
    code = hobnob(server, "invite").split()[-1]
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/")
        page.get_by_label("Your name").fill("grace")
        page.get_by_label("Invite").fill("mistyped")
        page.get_by_role("button", name="Enter").click()
        expect(page.locator("#complaint")).to_contain_text("This invite cannot be used")
        page.get_by_label("Invite").fill(f"'hobnob://127.0.0.1:{server.port}/#invite={code}'")
        page.get_by_role("button", name="Enter").click()
        is_in(page)


def test_an_account_is_made_at_the_door_and_a_room_joined_by_a_link(chromium: Browser, start: Start) -> None:
    server = start("--access", "accounts")
    bob = JsonClient(
        server.port, name="bob", password=PASSWORD, register=True, invite=code_of(hobnob(server, "invite"))
    )
    bob.ask("create_room", name="den", kind="private")
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/#invite={code_of(hobnob(server, 'invite', 'den'))}&room=den")
        page.get_by_label("Your name").fill("grace")
        page.get_by_label("Choose a password").fill("grace")
        page.get_by_role("button", name="Make an account").click()
        expect(page.locator("#complaint")).to_contain_text("at least 8 characters")
        page.get_by_label("Choose a password").fill(PASSWORD)
        page.get_by_role("button", name="Make an account").click()
        expect(page.locator("#rooms .open")).to_have_text("#den private")
        bob.ask("create_room", name="attic", kind="private")
        page.goto(f"http://127.0.0.1:{server.port}/#invite={code_of(hobnob(server, 'invite', 'attic'))}&room=attic")
        expect(page.locator("#rooms")).to_contain_text("#attic private")


def test_a_guest_who_follows_the_owners_link_is_asked_for_a_password_first(browsers: Open, server: Server) -> None:
    page = enter(browsers(), "grace")
    is_in(page)
    link = re.search(r"http://\S+", hobnob(server, "owner-link"))
    assert link is not None
    page.goto(link[0])
    page.get_by_role("button", name="Keep my name with a password").click()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#notice-text")).to_have_text("The invite is yours now.")
    assert JsonClient(server.port, "grace", password=PASSWORD).welcome["you"]["role"] == "owner"
    page.locator("#account summary").click()
    page.get_by_role("button", name="Invite somebody").click()
    expect(page.locator("#notice-text")).to_contain_text(f"within a week: http://127.0.0.1:{server.port}/#invite=")


def test_who_is_ignored_elsewhere_is_not_shown_here(browsers: Open, server: Server) -> None:
    page, bob = enter(browsers(), "grace"), JsonClient(server.port, "bob")
    keep_the_name(page)
    bob.say("boo")
    expect(page.locator("#messages")).to_contain_text("boo")
    grace = JsonClient(server.port, "grace", password=PASSWORD)
    assert grace.ask("ignore", person="@bob")["ok"]
    expect(page.locator("#messages")).not_to_contain_text("boo")
    bob.say("boo again")
    say(page, "quiet here")
    page.reload()
    is_in(page)
    expect(page.locator("#messages")).to_contain_text("quiet here")
    expect(page.locator("#messages")).not_to_contain_text("boo")
    assert grace.ask("unignore", person="@bob")["ok"]
    expect(page.locator("#messages")).to_contain_text("boo again")


def code_of(printed: str) -> str:
    return printed.split()[-1]


def test_who_is_banned_reads_why_and_does_not_come_back_by_themselves(browsers: Open, server: Server) -> None:
    page = browsers()
    page.clock.install()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    enter(page, "grace")
    is_in(page)
    hobnob(server, "admin", "ban", "grace", "--reason", "enough of <this>")
    for _ in range(5):  # the page comes back once, to learn that it may not
        page.clock.fast_forward(20_000)
    expect(page.locator("#complaint")).to_contain_text("enough of <this>")
    expect(page.locator("#chat")).to_be_hidden()
    tried = len(sockets)
    for _ in range(5):
        page.clock.fast_forward(120_000)
    expect(page.locator("#door")).to_be_visible()
    assert len(sockets) == tried <= 3
    hobnob(server, "admin", "unban", "grace")
    page.get_by_label("Your name").fill("grace")
    page.get_by_role("button", name="Enter").click()
    is_in(page)

"""What is typed on the small page, before it is said."""

from playwright.sync_api import Browser, expect
from tests.e2e.clients import JsonClient
from tests.e2e.server import Server
from tests.e2e.test_page import enter, say


def test_the_last_message_stays_in_sight_when_a_notice_comes(chromium: Browser, server: Server) -> None:
    bob = JsonClient(server.port, "bob")
    with chromium.new_context(viewport={"width": 600, "height": 400}) as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/")
        enter(page, "grace")
        for number in range(30):
            bob.ask("send_message", room="#lobby", text=f"line {number}")
        last = page.locator("#messages li").last
        expect(last).to_contain_text("line 29")
        expect(last).to_be_in_viewport()
        text = page.get_by_label("Your message")
        text.fill("/msg bob for you alone")
        text.press("Enter")
        expect(page.locator("#notice")).to_be_visible()
        expect(last).to_be_in_viewport(ratio=0.9)
        bob.ask("send_message", room="#lobby", text="line 30")
        expect(last).to_contain_text("line 30")
        expect(last).to_be_in_viewport(ratio=0.9)


def test_what_one_does_is_said_with_me(chromium: Browser, server: Server) -> None:
    bob = JsonClient(server.port, "bob")
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/")
        enter(page, "grace")
        text = page.get_by_label("Your message")
        text.fill("/me waves")
        text.press("Enter")
        said = bob.event("message_sent")
        assert (said["text"], said["kind"]) == ("waves", "action")
        expect(page.locator("#messages .action .text")).to_have_text("waves")
        text.fill("/me")
        text.press("Enter")
        expect(page.locator("#notice")).to_contain_text("This was not said")


def test_what_looks_like_a_command_is_said_only_when_one_means_it(chromium: Browser, server: Server) -> None:
    bob = JsonClient(server.port, "bob")
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/")
        enter(page, "grace")
        text, notice = page.get_by_label("Your message"), page.locator("#notice")
        text.fill("/msg bob for you alone")
        text.press("Enter")
        expect(notice).to_contain_text("This was not said")
        expect(text).to_have_value("/msg bob for you alone")
        say(page, "/etc/motd is empty")
        expect(notice).to_be_hidden()
        text.fill("/tmp is full")
        text.press("Enter")
        page.get_by_role("button", name="Say it all the same").click()
        expect(notice).to_be_hidden()
        expect(text).to_be_focused()
        assert bob.texts(last="/tmp is full") == ["/etc/motd is empty", "/tmp is full"]

"""Answers that the small page gets late, when the person is at something else already."""

import json

from playwright.sync_api import Browser, Page, WebSocketRoute, expect
from tests.e2e.clients import JsonClient
from tests.e2e.server import Server
from tests.e2e.test_page import enter, make_room, pick


class Held:
    """Between a page and its server: the answer to one command waits to be let through."""

    def __init__(self, page: Page, command: str) -> None:
        self._command = command
        self._id: str | None = None
        self._answers: list[str | bytes] = []
        page.route_web_socket("**/ws", self._between)

    def _between(self, page: WebSocketRoute) -> None:
        self._page, server = page, page.connect_to_server()

        def asked(frame: str | bytes) -> None:
            said = json.loads(frame)
            if said["do"] == self._command:
                self._id = said["id"]
            server.send(frame)

        def answered(frame: str | bytes) -> None:
            if self._id is not None and json.loads(frame).get("reply") == self._id:
                self._answers.append(frame)
            else:
                page.send(frame)

        page.on_message(asked)
        server.on_message(answered)

    def let_through(self) -> None:
        [answer] = self._answers
        self._page.send(answer)


def test_an_answer_about_somebody_does_not_close_what_is_open_for_another(chromium: Browser, server: Server) -> None:
    bob, zoe = JsonClient(server.port, "bob"), JsonClient(server.port, "zoe")
    with chromium.new_context() as context:
        page = context.new_page()
        held = Held(page, "mute")
        page.goto(f"http://127.0.0.1:{server.port}/")
        enter(page, "grace")
        make_room(page, "#tea")
        for one in (bob, zoe):
            assert one.ask("join_room", room="#tea")["ok"]
        menu, messages = pick(page, "bob"), page.locator("#messages")
        menu.get_by_role("button", name="Mute for an hour").click()
        expect(messages).to_contain_text("grace muted bob")
        assert zoe.ask("send_message", room="#tea", text="it is quiet")["ok"]
        expect(messages).to_contain_text("it is quiet")  # so the answer was there to be held
        menu.get_by_role("button", name="Close").click()
        menu = pick(page, "zoe")
        menu.get_by_label("Why, if you like").fill("enough")
        held.let_through()
        assert zoe.ask("send_message", room="#tea", text="it was quiet")["ok"]
        expect(messages).to_contain_text("it was quiet")
        expect(menu).to_be_visible()
        expect(menu.get_by_label("Why, if you like")).to_have_value("enough")

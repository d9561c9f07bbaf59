"""The first student's client: it sends each line in one `send` without an end, and prints what one read brings."""

import sys
from pathlib import Path

import pytest
from tests.e2e.clients import Client, JsonClient, Program
from tests.e2e.server import Server
from tests.e2e.shell import left

CLIENT = """
import socket, sys, threading

name, port = sys.argv[1], int(sys.argv[2])
client = socket.socket()
client.connect(("127.0.0.1", port))
client.send(f"USERNAME:{name}".encode())

def listen():
    while True:
        message = client.recv(1024).decode()
        print(message, flush=True)
        if not message or message == "bye":
            break

listening = threading.Thread(target=listen)
listening.start()
for line in sys.stdin:
    line = line.rstrip("\\n")
    client.send((line if line == "bye" else f"{name}: {line}").encode())
    if line == "bye":
        break
listening.join()
client.close()
"""


class Student(Program):
    """The client as a process; `type` is what its user types."""

    def __init__(self, home: Path, port: int, name: str) -> None:
        script = home / "student.py"
        script.write_text(CLIENT)
        super().__init__([sys.executable, str(script), name, str(port)])


@pytest.fixture
def ada(server: Server) -> JsonClient:
    return JsonClient(server.port, "ada")


def test_two_students_and_a_program_talk(server: Server, ada: JsonClient, tmp_path: Path) -> None:
    bob = Student(tmp_path, server.port, "bob")
    assert ada.event("member_joined")["by_name"] == "bob"
    eve = Student(tmp_path, server.port, "eve")
    assert ada.event("member_joined")["by_name"] == "eve"
    bob.type("hello\n")
    assert ada.event("message_sent")["text"] == "hello"
    eve.until("^bob: hello\n")
    ada.say("good morning")
    bob.until("^ada: good morning\n")
    bob.type("bye\n")
    assert left(bob) == 0
    bob.until(r"\Aada: good morning\n\nbye\n\Z")
    gone = ada.event("presence_changed")
    assert (gone["by_name"], gone["state"]) == ("bob", "offline")
    eve.type("still here\n")
    message = ada.event("message_sent")
    assert (message["by_name"], message["text"]) == ("eve", "still here")


def test_all_at_once(server: Server, ada: JsonClient) -> None:
    bob = Client(server.port, "USERNAME:bobbob: onebob: twobye")
    assert bob.rest() == b"bye"
    said = [(event["by_name"], event["text"]) for event in (ada.event("message_sent"), ada.event("message_sent"))]
    assert said == [("bob", "one"), ("bob", "two")]


def test_a_taken_name_gets_a_number_and_one_read_is_never_more_than_a_kilobyte(server: Server, ada: JsonClient) -> None:
    student = Client(server.port, "USERNAME:ada")
    assert student.until("\n") == b"Server: ada is not free here, you are ada-2.\n"
    ada.say("x" * 5000)
    line = student.until("\n")
    assert line.startswith(b"ada: xxx")
    assert line.endswith(b" ...\n")
    assert len(line) <= 1024


def test_raw_text_without_a_name_is_a_client(server: Server, ada: JsonClient) -> None:
    first = Client(server.port, "hello from nowhere")
    second = Client(server.port, "me too")
    said = {}
    for _ in range(2):
        message = ada.event("message_sent")
        said[message["text"]] = message["by_name"]
    assert set(said) == {"hello from nowhere", "me too"}
    assert set(said.values()) == {"Client", "Client-2"}
    ada.say("who is it?")
    for client in (first, second):
        client.until(b"ada: who is it\\?\n")
        client.send("bye")
        assert client.rest().endswith(b"bye")


def test_a_newline_shows_a_person(server: Server, ada: JsonClient) -> None:
    client = Client(server.port, "no end")
    assert ada.event("message_sent")["text"] == "no end"
    client.send("and now one\n")
    assert ada.event("message_sent")["text"] == "and now one"
    client.until("You are Client in #lobby")
    client.send("/who\r\n")
    client.until("Here is: ada")


def test_others_hear_of_it_in_their_own_protocol(server: Server, ada: JsonClient) -> None:
    irc = Client(server.port, "NICK dora\r\nUSER dora 0 * :Dora\r\nJOIN #lobby\r\n")
    irc.until(" 366 ")
    student = Client(server.port, "USERNAME:bob")
    assert ada.event("member_joined")["by_name"] == "dora"
    assert ada.event("member_joined")["by_name"] == "bob"
    student.send("bob: hi")
    irc.until(rb":bob![^ ]+ PRIVMSG #lobby :hi\r\n")
    assert ada.event("message_sent")["text"] == "hi"

"""The documents of the protocol say what the types say, and their examples are real."""

import json

import jsonschema  # type: ignore[import-untyped]
import pytest
from tools.protocol_docs import COMMANDS, DOCS, EVENTS, REPLIES, examples, page, stale, written_by_hand

from hobnob.gateways.gateway import House
from hobnob.gateways.json_lines import JsonLinesCodec
from hobnob.protocol.codec import decode_event, encode_event, encode_reply
from hobnob.protocol.commands import Command
from hobnob.protocol.events import Gap
from hobnob.protocol.records import Person
from hobnob.protocol.replies import Welcome

TEXT = (DOCS / "protocol.md").read_text("utf-8")
EXAMPLES = examples(TEXT)
SCHEMA = json.loads((DOCS / "protocol.schema.json").read_text("utf-8"))


def validate(frame: str | bytes, kind: str) -> None:
    jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{kind}"}]}).validate(json.loads(frame))


def test_the_documents_are_fresh() -> None:
    assert [path.name for path in stale()] == [], "run python -m tools.protocol_docs"


def test_what_is_written_by_hand_stays() -> None:
    assert page(written_by_hand(TEXT)) == TEXT
    assert written_by_hand(page("# Other words\n")) == "# Other words\n"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    named = {one.__name__ for one in (*COMMANDS, *EVENTS, *REPLIES)}
    assert named < set(SCHEMA["$defs"])
    assert "missed" not in SCHEMA["$defs"]["Welcome"]["properties"]


def test_there_are_examples_of_each_kind() -> None:
    kinds = {next(iter(json.loads(example))) for example in EXAMPLES}
    assert kinds == {"do", "reply", "event"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_real(example: str) -> None:
    frame = json.loads(example)
    if "do" in frame:
        validate(example, "command")
        house: House = None  # type: ignore[assignment]
        (command,) = JsonLinesCodec(house).receive(example.encode() + b"\n")
        assert isinstance(command, Command)
    elif "event" in frame:
        validate(example, "event")
        assert json.loads(encode_event(decode_event(example))) == frame
    else:
        validate(example, "reply")


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ('{"do":"send_message","room":"#lobby"}', "command"),
        ('{"do":"sing"}', "command"),
        ('{"do":"mark_read","room":"#lobby","number":-1}', "command"),
        ('{"event":"message_sent","room":"r_1","text":5}', "event"),
        ('{"reply":1,"error":"no-such-code","hint":"x"}', "reply"),
        ('{"reply":1}', "reply"),
    ],
)
def test_the_schema_refuses_what_is_wrong(frame: str, kind: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate(frame, kind)


def test_the_schema_takes_what_the_codec_says() -> None:
    welcome = Welcome(you=Person("p_1", "ada"), epoch="e", server="s", version="1", missed=(Gap(head=1),))
    validate(encode_reply(None, welcome), "reply")

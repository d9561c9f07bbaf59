"""Write what the types of the protocol say into docs/protocol.md and docs/protocol.schema.json.

    python -m tools.protocol_docs [--check]

The text of docs/protocol.md above the marker is written by hand; everything below it, and the whole schema, comes from
`src/hobnob/protocol/`. With --check nothing is written, and the exit status is 1 when something is stale.
"""

import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hobnob.protocol import records
from hobnob.protocol.commands import AnyCommand, Command
from hobnob.protocol.errors import HINTS
from hobnob.protocol.events import AnyEvent, Event, Fact
from hobnob.protocol.replies import Limits, Reply, Unread

DOCS = Path(__file__).parents[1] / "docs"
MARKER = "<!-- Everything below is written by tools/protocol_docs.py. -->\n"
NOT_ON_THE_WIRE = {"missed"}
"""Fields of replies that `encode_reply` leaves out."""

COMMANDS: tuple[type[Command], ...] = AnyCommand.__args__
EVENTS: tuple[type[msgspec.Struct], ...] = AnyEvent.__args__
FACTS: frozenset[type] = frozenset(Fact.__args__)
REPLIES: tuple[type[Reply], ...] = (Reply, *Reply.__subclasses__())
_SPOKEN = msgspec.json.schema_components([*COMMANDS, *EVENTS, *REPLIES])[1]
_RECORDS: tuple[type[msgspec.Struct], ...] = (*records.Record.__subclasses__(), Limits, Unread)
RECORDS = tuple(record for record in _RECORDS if record.__name__ in _SPOKEN)

COMMON_FIELDS: dict[type, frozenset[str]] = {base: frozenset(base.__struct_fields__) for base in (Command, Event)}


def page(written_by_hand: str) -> str:
    """The whole of docs/protocol.md."""
    parts = [written_by_hand, MARKER, "\n## Commands\n"]
    parts += [section(command, f"`{tag(command)}`", COMMON_FIELDS[Command]) for command in COMMANDS]
    parts += ["\n## Replies\n"]
    parts += [section(reply, reply.__name__, NOT_ON_THE_WIRE) for reply in REPLIES]
    parts += ["\n## Events\n\nThose that are told, not kept, have no number.\n"]
    for event in EVENTS:
        kept = "" if event in FACTS else ", told"
        parts.append(section(event, f"`{tag(event)}`{kept}", common_of(event)))
    parts += ["\n## Records\n"]
    parts += [section(record, record.__name__, frozenset()) for record in RECORDS]
    parts += ["\n## Errors\n\n| code | hint |\n|---|---|\n"]
    parts += [f"| `{code}` | {hint} |\n" for code, hint in sorted(HINTS.items())]
    return "".join(parts)


def common_of(event: type[msgspec.Struct]) -> frozenset[str]:
    """The fields that all events share, for those that are real events."""
    return COMMON_FIELDS[Event] if issubclass(event, Event) else frozenset()


def tag(struct: type[msgspec.Struct]) -> str:
    """The word that names a command or an event on the wire."""
    return str(struct.__struct_config__.tag)


def section(struct: type[msgspec.Struct], title: str, left_out: set[str] | frozenset[str]) -> str:
    """One type: its docstring and its fields."""
    rows = [row for name, row in rows_of(struct) if name not in left_out]
    table = ["", "| field | type | if left out |", "|---|---|---|", *rows] if rows else []
    return "\n".join(["", f"### {title}", "", inspect.getdoc(struct) or "", *table, ""])


def rows_of(struct: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    """Each field's name and its row of the table, those that must be there first."""
    info = msgspec.inspect.type_info(struct)
    assert isinstance(info, msgspec.inspect.StructType)
    for field in sorted(info.fields, key=lambda field: not field.required):
        yield field.encode_name, f"| `{field.encode_name}` | {words(field.type)} | {default_of(field)} |"


def default_of(field: msgspec.inspect.Field) -> str:
    """What a field is when it is not there."""
    if field.required:
        return "must be there"
    if field.default is msgspec.NODEFAULT:
        return "empty"
    if field.default is None:
        return "none"
    return f"`{json.dumps(msgspec.to_builtins(field.default))}`"


def words(kind: msgspec.inspect.Type) -> str:
    """A type in words."""
    match kind:
        case msgspec.inspect.UnionType(types=types):
            return " or ".join(words(one) for one in types if not isinstance(one, msgspec.inspect.NoneType))
        case msgspec.inspect.LiteralType(values=values):
            return ", ".join(f"`{value}`" for value in values)
        case msgspec.inspect.VarTupleType(item_type=item):
            plural = "s" if isinstance(item, msgspec.inspect.StrType | msgspec.inspect.IntType) else ""
            return f"list of {words(item)}{plural}"
        case msgspec.inspect.TupleType(item_types=items):
            return f"[{', '.join(map(words, items))}]"
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            return f"map from {words(key)} to {words(value)}"
        case msgspec.inspect.StructType(cls=cls):
            name = cls.__name__
            return f"[{name}](#{name.lower()})" if cls in RECORDS else name
        case msgspec.inspect.IntType(ge=0):
            return "number"
        case msgspec.inspect.IntType():
            return "integer"
        case msgspec.inspect.StrType():
            return "string"
        case msgspec.inspect.BoolType():
            return "boolean"
        case _:
            raise TypeError(f"no words for {kind}")


def schema() -> str:
    """The whole of docs/protocol.schema.json (JSON Schema 2020-12)."""
    types = [*COMMANDS, *EVENTS, *REPLIES]
    _, components = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    definitions = {name: tidied(definition) for name, definition in components.items()}
    for reply in REPLIES:
        definitions[reply.__name__] = as_reply(definitions[reply.__name__])
    text = {"type": "string"}
    identity = {"type": ["string", "integer", "null"]}
    definitions["Refusal"] = {
        "title": "Refusal",
        "description": "A command was refused.",
        "type": "object",
        "properties": {"reply": identity, "error": {"enum": sorted(HINTS)}, "hint": text},
        "required": ["reply", "error", "hint"],
    }
    definitions["command"] = any_of(command.__name__ for command in COMMANDS)
    definitions["reply"] = any_of(["Refusal", *(reply.__name__ for reply in REPLIES)])
    definitions["event"] = any_of(event.__name__ for event in EVENTS)
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The hobnob protocol: one frame",
        **any_of(["command", "reply", "event"]),
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def any_of(names: Iterator[str] | list[str]) -> dict[str, object]:
    """A schema that is one of several definitions."""
    return {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in names]}


def tidied(definition: dict[str, object]) -> dict[str, object]:
    """A definition whose description has the indentation of its source taken away."""
    description = definition.get("description")
    if isinstance(description, str):
        definition["description"] = inspect.cleandoc(description)
    return definition


def as_reply(definition: dict[str, object]) -> dict[str, object]:
    """The definition of a reply with what `encode_reply` puts around it."""
    fields = definition["properties"]
    required = definition["required"]
    assert isinstance(fields, dict)
    assert isinstance(required, list)
    own = {name: field for name, field in fields.items() if name not in NOT_ON_THE_WIRE}
    around = {"reply": {"type": ["string", "integer", "null"]}, "ok": {"const": True}}
    return {**definition, "properties": {**around, **own}, "required": ["reply", "ok", *required]}


def written_by_hand(text: str) -> str:
    """The part of docs/protocol.md above the marker."""
    return text.partition(MARKER)[0]


def stale() -> dict[Path, str]:
    """The files whose content differs from what the types say, with what they should hold."""
    path = DOCS / "protocol.md"
    wanted = {
        path: page(written_by_hand(path.read_text("utf-8"))),
        DOCS / "protocol.schema.json": schema(),
    }
    return {path: text for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text}


def examples(text: str) -> list[str]:
    """The frames in the blocks of docs/protocol.md that are marked `jsonl`."""
    blocks = re.findall(r"^```jsonl\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]


def main() -> int:
    found = stale()
    if "--check" in sys.argv[1:]:
        for path in found:
            print(f"docs/{path.name} is stale: run python -m tools.protocol_docs", file=sys.stderr)
        return 1 if found else 0
    for path, text in found.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

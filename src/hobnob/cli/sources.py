"""Where settings come from besides flags: the environment, then `.env` in this folder, then a TOML file.

Each is one of cyclopts' sources: it is called after the flags were read, in order of precedence, and fills what is
still empty. An empty variable counts as not set. What reads a file is imported where there is one.
"""

import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from cyclopts import App, ArgumentCollection, CoercionError, Token

from hobnob.config import Config, ConfigRefused, variable

FLAGS = {f"--{setting.name.replace('_', '-')}": setting.name for setting in fields(Config)} | {"--config": "config"}
LISTS = {setting.name for setting in fields(Config) if setting.default == ()}
SWITCHES = {setting.name for setting in fields(Config) if isinstance(setting.default, bool)}
NUMBERS = {setting.name for setting in fields(Config) if isinstance(setting.default, int)} - SWITCHES


def fill_from_environment(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Fill from this process's environment, and below it from `.env`. Lists are parted by spaces or commas."""
    _only_whole_numbers(arguments)
    _fill(arguments, os.environ, "the environment")
    _fill(arguments, _dotenv(Path(".env")), ".env")
    _only_whole_numbers(arguments)


def from_environment(setting: str) -> str:
    """One setting of this process's environment, or of `.env` below it; empty when neither has it."""
    name = variable(setting)
    return os.environ.get(name) or _dotenv(Path(".env")).get(name) or ""


def fill_from_file(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Fill from the TOML file that `--config` names, if it does."""
    chosen = arguments.get("--config", None)
    if chosen is not None and chosen.tokens:
        from cyclopts.config import Dict

        path = Path(chosen.tokens[0].value)
        Dict(_toml(path), source=str(path), use_commands_as_keys=False, allow_unknown=True)(app, commands, arguments)


def _fill(arguments: ArgumentCollection, variables: Mapping[str, str | None], source: str) -> None:
    for argument in arguments:
        setting = FLAGS.get(argument.name)
        if setting is None or argument.tokens:
            continue
        name = variable(setting)
        value = variables.get(name) or ""
        if value and setting in SWITCHES:
            value = _yes_or_no(value, f"{name} from {source}")
        parts = value.replace(",", " ").split() if setting in LISTS else [value] if value else []
        for index, part in enumerate(parts):
            argument.append(Token(keyword=name, value=part, source=source, index=index))


def _yes_or_no(value: str, what: str) -> str:
    said = value.strip().lower()
    if said in ("yes", "y", "true", "1", "on"):
        return "yes"
    if said in ("no", "n", "false", "0", "off"):
        return "no"
    raise ConfigRefused(f"{what} has to be yes or no, not {value!r}.")


def _only_whole_numbers(arguments: ArgumentCollection) -> None:
    """Refuse 80.5, which cyclopts would round."""
    for argument in arguments:
        if FLAGS.get(argument.name) in NUMBERS:
            for token in argument.tokens:
                if not token.value.strip().lstrip("+-").isdecimal():
                    raise CoercionError(token=token, argument=argument, target_type=int)


def _dotenv(path: Path) -> dict[str, str | None]:
    if not os.access(path, os.F_OK):
        return {}
    from dotenv import dotenv_values

    try:
        return dotenv_values(path)
    except OSError as refused:
        raise ConfigRefused(f"The file .env of this folder cannot be read: {_reason(refused)}.") from refused
    except UnicodeDecodeError as refused:
        raise ConfigRefused("The file .env of this folder is not text in UTF-8.") from refused


def _toml(path: Path) -> dict[str, object]:
    """A file's settings, each known and of the type that the setting has."""
    import tomllib

    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except OSError as refused:
        raise ConfigRefused(f"The file {path} cannot be read: {_reason(refused)}.") from refused
    except UnicodeDecodeError as refused:
        raise ConfigRefused(f"The file {path} is not text in UTF-8.") from refused
    except tomllib.TOMLDecodeError as refused:
        raise ConfigRefused(f"The file {path} is not TOML: {str(refused).rstrip('.')}.") from refused
    for key, value in found.items():
        _check(path, key, value)
    return found


def _check(path: Path, key: str, value: object) -> None:
    defaults = {setting.name: setting.default for setting in fields(Config)}
    setting = key.replace("-", "_")
    if setting not in defaults:
        import difflib

        near = difflib.get_close_matches(setting, defaults, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise ConfigRefused(f'The file {path} has a setting "{key}" that does not exist{hint}')
    if setting in SWITCHES:
        legal, wanted = isinstance(value, bool), "true or false, without quotes"
    elif setting in NUMBERS:
        legal, wanted = type(value) is int, "a whole number, without quotes"
    elif setting in LISTS:
        legal = isinstance(value, list) and all(isinstance(item, str) for item in value)
        wanted = 'a list of texts, such as ["a", "b"]'
    else:
        legal, wanted = isinstance(value, str), "a text in quotes"
    if not legal:
        raise ConfigRefused(f"In the file {path}, {key} has to be {wanted}.")


def _reason(refused: OSError) -> str:
    return (refused.strerror or type(refused).__name__).lower()

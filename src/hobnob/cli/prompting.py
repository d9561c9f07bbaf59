"""A line to type at the bottom of a terminal, and what is drawn above it meanwhile without tearing it.

The library is loaded by who really has a terminal.
"""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer
    from prompt_toolkit.key_binding import KeyBindings


class Interrupted(Exception):
    """Ctrl+C was typed."""


def typing_line(
    prompt: Callable[[], str], completer: "Completer", terminal: TextIO, keys: "KeyBindings | None" = None
) -> "PromptSession[str]":
    """Lines that are typed at stdin and shown on `terminal`. Ctrl+C raises Interrupted; Ctrl+Z leaves for the shell."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.input import create_input
    from prompt_toolkit.key_binding import KeyBindings, merge_key_bindings
    from prompt_toolkit.output.vt100 import Vt100_Output
    from prompt_toolkit.shortcuts import CompleteStyle

    unmarked = KeyBindings()
    unmarked.add("c-@")(lambda event: None)  # Ctrl+Space would mark text, and what is typed then is lost
    output = Vt100_Output.from_pty(terminal, term=os.environ.get("TERM"))
    output.enable_cpr = False  # the answer to "where is the cursor" may come late, or be taken for typing
    return PromptSession(
        prompt, completer=completer, complete_style=CompleteStyle.READLINE_LIKE, complete_while_typing=False,
        reserve_space_for_menu=0, interrupt_exception=Interrupted, input=create_input(sys.stdin), output=output,
        enable_suspend=True, key_bindings=merge_key_bindings([unmarked, keys] if keys else [unmarked]),
    )  # fmt: skip


def draw_above(session: "PromptSession[str]", text: str) -> None:
    """Put whole lines above the typed one. The terminal stays raw, or keys pressed now would tear it."""
    typing = session.app.is_running
    if typing:
        session.app.renderer.erase()
    session.output.write_raw(text)
    session.output.flush()
    if typing:
        session.app.invalidate()

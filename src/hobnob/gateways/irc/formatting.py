"""mIRC formatting and Markdown, each put in the place of the other where it is clear what is meant.

What is bold, italic, struck through or code on IRC is kept as Markdown, so that a browser shows it; bold and struck
through go back to what IRC clients show. Colours and all else stay as they are: Markdown has no word for them, and each
gateway drops what it cannot show. Nothing inside code is touched.
"""

import re
from typing import Final

_MARKS: Final = {"\x02": "**", "\x1d": "*", "\x1e": "~~", "\x11": "`"}
_ANY_MARK = re.compile("[\x02\x1d\x1e\x11]")

# A stretch between two equal codes, or a code and the end of formatting: no other codes or marks in it, nothing blank
# at its ends, no letter or digit outside of them, so that Markdown reads it as one.
_CODED = re.compile(
    "(?<![\\w*~`\x02\x1d\x1e\x11])([\x02\x1d\x1e\x11])"
    "([^\\s\x02-\x1f*~`](?:[^\x02-\x1f*~`]*[^\\s\x02-\x1f*~`])?)"
    "(?:\\1|\x0f|$)(?![\\w*~`\x02\x1d\x1e\x11])"
)
_MARKED = re.compile(
    r"(?P<code>`+)(?:(?!(?P=code))[^\n])+(?P=code)"
    r"|(?<![\w*])\*\*(?P<bold>[^\s*`](?:[^*`\n]*[^\s*`])?)\*\*(?![\w*])"
    r"|(?<![\w~])~~(?P<struck>[^\s~`](?:[^~`\n]*[^\s~`])?)~~(?![\w~])"
)


def to_markdown(text: str) -> str:
    """A line of an IRC client as it is kept."""
    if not _ANY_MARK.search(text) or "`" in text:
        return text
    return _CODED.sub(lambda match: f"{_MARKS[match[1]]}{match[2]}{_MARKS[match[1]]}", text)


def to_irc(text: str) -> str:
    """A kept text, of a line or several, as IRC clients show it."""
    if "**" not in text and "~~" not in text:
        return text
    if "```" in text:
        return text
    return _MARKED.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    if (bold := match["bold"]) is not None:
        return f"\x02{bold}\x02"
    if (struck := match["struck"]) is not None:
        return f"\x1e{struck}\x1e"
    return match[0]

"""Text of others, made harmless for where it is shown: a line, Markdown, XML, a workflow command.

Messages, names and values come from the repository under judgement. What in them would end a line,
a command or an element, or address a person, is replaced or escaped, never obeyed.
"""

from __future__ import annotations

import re
from typing import Final

REPLACEMENT: Final = "\ufffd"
_BREAK: Final = "\u200b"  # a space without width: what follows is read as plain text
_MARKDOWN: Final = re.compile(r"([\\`*_~\[\]<>|#&!$])")
# What GitHub and GitLab make a link or a mention of, wherever it stands in text.
_LINKS: Final = re.compile(r"(@|#(?=\d)|!(?=\d)|(?:https?|ftp)(?=://)|www(?=\.))", re.IGNORECASE)
# Characters that XML 1.0 cannot hold: https://www.w3.org/TR/xml/#charsets
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plain(text: str) -> str:
    """Return `text` as one line that holds nothing a terminal would obey."""
    return "".join(c if c.isprintable() else REPLACEMENT for c in " ".join(text.split()))


def clipped(text: str, length: int) -> str:
    """Return `text` as one line of at most `length` characters."""
    text = plain(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def markdown(text: str, length: int = 400) -> str:
    """Return `text` so that Markdown shows it, links nothing and notifies nobody."""
    linked = _LINKS.sub(lambda found: found[0] + _BREAK, clipped(text, length))
    return _MARKDOWN.sub(r"\\\1", linked)


def code(text: str, length: int = 200) -> str:
    """Return `text` as a code span, which nothing in it can end."""
    text = clipped(text, length).replace("`", "'")
    return f"`{text or ' '}`"


def xml(text: str) -> str:
    """Return `text` without characters that XML cannot hold; markup is left to the writer."""
    return _NOT_XML.sub(REPLACEMENT, text)


def command_data(text: str) -> str:
    """Return `text` as the message of a workflow command.

    The runner decodes %25, %0D and %0A, and looks for the older `##[command]` anywhere in a line:
    https://docs.github.com/actions/reference/workflow-commands-for-github-actions and the
    `ActionCommand` of actions/runner.
    """
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace("##[", f"##{_BREAK}[")


def command_property(text: str) -> str:
    """Return `text` as the value of a property of a workflow command."""
    return command_data(text).replace(":", "%3A").replace(",", "%2C")

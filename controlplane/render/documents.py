"""From a template's output to objects: parse the YAML, then put every value in its place.

The text that is parsed holds tokens, never values, so its structure was decided by the template.
A token that is a whole scalar becomes its value, of whatever type; within quotes, or amid other
text, it becomes text. Which fields an object may have is left to others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from controlplane.render.errors import Fault, FilePlace, RenderError
from controlplane.render.forms import Filled, Form
from controlplane.render.functions import as_text
from controlplane.render.jinja import CLOSE, OPEN, Output, Slot
from controlplane.render.streams import parse

Json = Any
_QUOTED = re.compile(f"([\"']){OPEN}(\\d+){CLOSE}\\1")
_TOKEN = re.compile(f"{OPEN}(s?)(\\d+){CLOSE}")


@dataclass(frozen=True)
class Document:
    """One document of a template, and the first template line that gave it a value.

    `filled` is what it shares with others, None where nothing is known of others.
    """

    body: dict[str, Json]
    line: int
    filled: Filled | None = field(default=None, repr=False, compare=False)


def documents(output: Output) -> list[Document]:
    """Return the mappings that `output` holds, in order.

    Raises RenderError for text that is not strict YAML, a document that is no mapping, and a
    value that has no meaning where it stands (a list amid text, a key that is no text).
    """
    found = []
    for form in _forms(output.path, output.text):
        filling = _Filling(output, form)
        filled = filling.fill(form.body)
        if not isinstance(filled, dict):
            raise filling.error(1, "a document must be a mapping", "begin it with apiVersion")
        found.append(Document(filled, min(filling.lines, default=1), Filled(form)))
    return found


# Two tenants for whom a template takes the same turns give the same text, because values are not
# part of it; so the answer is worth remembering.
@lru_cache(maxsize=2048)
def _forms(path: str, text: str) -> tuple[Form, ...]:
    # A quoted token says that text is wanted; `s` marks it.
    marked = _QUOTED.sub(lambda m: f"{m[1]}{OPEN}s{m[2]}{CLOSE}{m[1]}", text)
    return tuple(Form(body, OPEN) for body in parse(path, marked))


class _Filling:
    """Fills one document and remembers from which lines its values came.

    What holds no token is not copied: documents share it.
    """

    def __init__(self, output: Output, form: Form) -> None:
        self._output, self._open = output, form.open
        self.lines: set[int] = set()

    def error(self, line: int, message: str, remedy: str) -> RenderError:
        place = FilePlace(self._output.path, line)
        return RenderError([Fault(place, "template-value", message, remedy)])

    def fill(self, part: Json) -> Json:
        if isinstance(part, str):
            return self._scalar(part) if OPEN in part else part
        if id(part) not in self._open:
            return part
        if isinstance(part, list):
            return [self.fill(item) for item in part]
        if isinstance(part, dict):
            return self._mapping(part)
        return part

    def _mapping(self, part: dict[str, Json]) -> dict[str, Json]:
        filled: dict[str, Json] = {}
        for key, value in part.items():
            name = self._text(key) if OPEN in key else key
            if name in filled:
                line = min(self.lines, default=1)
                raise self.error(line, f"the key {name!r} stands twice", "keep one of them")
            filled[name] = self.fill(value)
        return filled

    def _scalar(self, scalar: str) -> Json:
        whole = _TOKEN.fullmatch(scalar)
        if whole is None or whole[1]:
            return self._text(scalar)
        return self._slot(whole).value

    def _text(self, scalar: str) -> str:
        return _TOKEN.sub(self._amid, scalar)

    def _amid(self, token: re.Match[str]) -> str:
        slot = self._slot(token)
        try:
            return as_text(slot.value)
        except TypeError as error:
            raise self.error(
                slot.line, str(error), "use to_json, or leave the quotes out"
            ) from error

    def _slot(self, token: re.Match[str]) -> Slot:
        number = token[2]
        if len(number) > 9 or int(number) >= len(self._output.slots):
            raise self.error(1, "U+E000 and U+E001 are reserved", "remove the escape")
        slot = self._output.slots[int(number)]
        self.lines.add(slot.line)
        return slot

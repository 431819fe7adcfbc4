"""The YAML that templates and charts produce, read as strictly as a file of the repository."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from controlplane.render.errors import Fault, FilePlace, RenderError
from controlplane.repo import yaml

Json = Any


_SHORT = 128 * 1024  # bytes of a file whose text is kept
_SEPARATOR = re.compile(r"^---[ \t]*$", re.MULTILINE)


def parse(path: str, text: str) -> list[Json]:
    """Return the documents of `text` that hold something. Callers must not change them.

    A template whose conditions all fail leaves separators with nothing between them: that is no
    error. Raises RenderError with every problem, placed at the line of what was produced.
    """
    found: list[Json] = []
    start = 0
    for separator in [*_SEPARATOR.finditer(text), None]:
        end = separator.start() if separator else len(text)
        piece = text[start:end]
        if any(line.strip() and not line.lstrip().startswith("#") for line in piece.split("\n")):
            # Empty lines in front keep the numbers of the lines.
            found += _parse(path, "\n" * text.count("\n", 0, start) + piece)
        start = separator.end() if separator else end
    return found


@lru_cache(maxsize=2048)
def _parse(path: str, text: str) -> tuple[Json, ...]:
    # Releases of one chart differ in some of their documents, and texts of one template in some of
    # theirs; so the answer is worth remembering.
    loaded = yaml.load(text.encode(), path)
    if loaded.problems:
        raise RenderError(
            [
                Fault(
                    FilePlace(path, problem.position.line),
                    "produced-yaml",
                    f"what is produced here is not strict YAML: {problem.message}",
                    problem.remedy,
                )
                for problem in loaded.problems
            ]
        )
    return tuple(document.value for document in loaded.documents)


def decoded(content: bytes) -> str:
    """Return the text of a file; raises UnicodeDecodeError where it is not UTF-8.

    The same text again for the same file, so that it is hashed and compared but once.
    """
    return _decoded(content) if len(content) <= _SHORT else content.decode()


@lru_cache(maxsize=512)
def _decoded(content: bytes) -> str:
    return content.decode()

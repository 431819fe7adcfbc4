"""From helm's text to documents, each with the chart's file that wrote it.

Helm separates documents by `---` and a `# Source: <chart>/<path>` line. Hooks are refused: they
run at moments that only helm knows, outside of any plan.
"""

from __future__ import annotations

import re

from controlplane.render.documents import Document
from controlplane.render.errors import Fault, FilePlace, RenderError
from controlplane.render.streams import parse

_SOURCE = re.compile(r"^---\n# Source: [^/\n]+/([^\n]+)\n", re.MULTILINE)
HOOK = "helm.sh/hook"


def chart_documents(text: str, root: str) -> list[tuple[str, Document]]:
    """Return (file, document) for all that helm printed for the chart at `root`.

    Raises RenderError for text that is not strict YAML, and for hooks.
    """
    pieces = _SOURCE.split(text)  # what stands before the first source, then path, text, …
    if pieces[0].strip():
        raise _error(f"{root}/Chart.yaml", "helm says of no file that it wrote this", "use helm 3")
    found = []
    for path, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        source = f"{root}/{path}"
        for body in parse(source, piece):
            if body is None:
                continue
            if not isinstance(body, dict):
                raise _error(source, "a document must be a mapping", "correct the chart")
            if HOOK in _annotations(body):
                raise _error(source, "the chart has a hook", "write it as a Job, or leave it out")
            found.append((source, Document(body, 1)))
    return found


def _annotations(body: dict[str, object]) -> dict[str, object]:
    metadata = body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return annotations if isinstance(annotations, dict) else {}


def _error(path: str, message: str, remedy: str) -> RenderError:
    return RenderError([Fault(FilePlace(path), "chart", message, remedy)])

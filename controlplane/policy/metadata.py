"""What a rule says of itself: the `# METADATA` block above its package.

Format: https://www.openpolicyagent.org/docs/policy-language#annotations, with the product's own
fields under `custom`. Decides what a block must hold; every mistake has its file:line:column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from controlplane.policy.model import Severity
from controlplane.policy.rego_scan import Comment, Source
from controlplane.repo import yaml
from controlplane.values import FieldPath, Position, Problem

SUBJECTS = frozenset({
    "BudgetCap", "CanaryRule", "Change", "Cluster", "ComputeEngine", "Environment",
    "EvidenceContract", "Fleet", "Pack", "PackLock", "Placement", "PricePlan", "Repository",
    "Tenant", "TrustRoot", "Waiver",
})  # fmt: skip
SLOT = re.compile(r"\{([^{}]*)\}")
_CONTROL = re.compile(r"(?:SOC2 [A-Z]{1,2}\d+\.\d+|ISO27001 A\.\d+\.\d+)")
_TWIN = re.compile(r"[a-z][a-z0-9-]*: [A-Za-z][A-Za-z0-9_.-]*")

Text = Annotated[str, Field(min_length=1)]
Use = Literal["references", "rendered", "change", "facts", "time", "parameters"]


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Related(_Block):
    """A page elsewhere that the rule rests on."""

    ref: Text
    description: str = ""


class Custom(_Block):
    """What the product needs to know of a rule."""

    severity: Literal["deny", "warn", "info"]
    subjects: Annotated[list[Text], Field(min_length=1)]
    messages: Annotated[dict[Text, Text], Field(min_length=1)]
    remedy: Text
    uses: list[Use] = []
    controls: list[Text] = []
    twins: list[Text] = []
    style: bool = False
    effective_on: str = ""
    short_name: str = ""


class Metadata(_Block):
    """The whole block of a rule."""

    title: Text
    description: Text
    custom: Custom
    scope: Literal["package"] = "package"
    related_resources: list[Related] = []
    organizations: list[Text] = []
    authors: list[Text] = []

    @property
    def severity(self) -> Severity:
        """How much the rule's findings weigh."""
        return Severity(self.custom.severity)


@dataclass(frozen=True)
class _Text:
    """A block's YAML and where it stands in its file."""

    path: str
    yaml: bytes
    line: int  # of the first line of the YAML
    column: int  # by how much each line was indented by its comment

    def shift(self, line: int, column: int) -> Position:
        return Position(self.path, self.line + line - 1, self.column + column)


def parse(source: Source) -> tuple[Metadata | None, list[Problem]]:
    """Return the block above the module's package, and everything that is wrong with it."""
    text = _block(source)
    if text is None:
        message = "no # METADATA block stands directly above the package"
        remedy = "begin the file with `# METADATA`; `cpctl policy new` writes an example"
        return None, [Problem(Position(source.path), "metadata/missing", message, remedy)]
    quick = yaml.load(_in_one_line(text.yaml), source.path)
    loaded = yaml.load(text.yaml, source.path) if quick.problems else quick
    problems = [
        Problem(text.shift(p.position.line, p.position.column), p.code, p.message, p.remedy)
        for p in loaded.problems
    ]
    if problems or len(loaded.documents) != 1:
        lone = _problem(text, (), "metadata/format", "the block is not one YAML document")
        return None, problems or [lone]
    try:
        metadata = Metadata.model_validate(loaded.documents[0].value)
    except ValidationError as error:
        return None, [
            _problem(text, _path(e["loc"]), "metadata/field", _message(e["loc"], e["msg"]))
            for e in error.errors(include_url=False, include_input=False)
        ]
    return metadata, list(_meaning(text, metadata))


# `key: >-` with lines of one depth, which YAML 1.2 (section 8.1.3) reads as one line.
_FOLDED = re.compile(
    r"^(?P<key>[ ]*(?:[A-Za-z_-]+|\"[^\"\n]+\"):) >-\n"
    r"(?P<depth>[ ]+)(?P<words>[^\s][^\n]*(?:\n(?P=depth)[^\s][^\n]*)*)$",
    re.MULTILINE,
)


def _in_one_line(text: bytes) -> bytes:
    """Return the same YAML without folded texts, which the fast reader leaves to the strict one."""
    return _FOLDED.sub(_unfolded, text.decode()).encode()


def _unfolded(match: re.Match[str]) -> str:
    words = re.sub(r"\n[ ]+", " ", match["words"])
    return match[0] if '"' in words or "\\" in words else f'{match["key"]} "{words}"'


def _block(source: Source) -> _Text | None:
    package = source.statements[0].first.line if source.statements else 0
    comments = [comment for comment in source.comments if comment.line < package]
    starts = [i for i, c in enumerate(comments) if c.text.strip() == "# METADATA"]
    if not starts:
        return None
    block = comments[starts[-1] + 1 :]
    if not _directly_above([comments[starts[-1]], *block], package):
        return None
    lines = [
        comment.text[2:] if comment.text[1:2] == " " else comment.text[1:] for comment in block
    ]
    first = block[0] if block else comments[starts[-1]]
    return _Text(source.path, "\n".join(lines).encode(), first.line, first.column + 1)


def _directly_above(block: Sequence[Comment], package: int) -> bool:
    lines = [comment.line for comment in block]
    return lines == list(range(package - len(lines), package))


def _meaning(text: _Text, metadata: Metadata) -> list[Problem]:
    custom, found = metadata.custom, []
    for index, subject in enumerate(custom.subjects):
        if subject not in SUBJECTS:
            message = f"{subject} is no kind of subject ({', '.join(sorted(SUBJECTS))})"
            found.append(_problem(text, ("custom", "subjects", index), "metadata/subject", message))
    for index, control in enumerate(custom.controls):
        if not _CONTROL.fullmatch(control):
            message = f"{control!r} is not of the form `SOC2 CC6.1` or `ISO27001 A.8.2`"
            found.append(_problem(text, ("custom", "controls", index), "metadata/control", message))
    for index, twin in enumerate(custom.twins):
        if not _TWIN.fullmatch(twin):
            message = f"{twin!r} is not of the form `library: policy`"
            found.append(_problem(text, ("custom", "twins", index), "metadata/twin", message))
    if custom.effective_on and not is_date(custom.effective_on):
        message = f"{custom.effective_on!r} is no date such as 2027-03-01"
        path = ("custom", "effective_on")
        found.append(_problem(text, path, "metadata/effective-on", message))
    for code, words in custom.messages.items():
        if bad := bad_slots(words):
            message = f"the slots of this message are not plain names: {bad}"
            found.append(_problem(text, ("custom", "messages", code), "metadata/message", message))
    return found


def is_date(text: str) -> bool:
    """Whether `text` is a full date of RFC 3339: `2027-03-01`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def bad_slots(words: str) -> str:
    """Return what in a message's braces is not the name of a parameter, "" where all are."""
    for slot in SLOT.findall(words):
        if not slot.isidentifier():
            return "{" + str(slot) + "}"
    rest = SLOT.sub("", words)
    return next((brace for brace in "{}" if brace in rest), "")


def _problem(text: _Text, path: FieldPath, code: str, message: str) -> Problem:
    documents = yaml.places(text.yaml, text.path)
    line, column = documents[0].locate(path) if documents else (1, 1)
    remedy = "see docs/policies.md, what a rule says of itself"
    return Problem(text.shift(line, column), code, message, remedy)


def _path(location: tuple[int | str, ...]) -> FieldPath:
    return tuple(step for step in location if step != "[key]")


def _message(location: tuple[int | str, ...], words: str) -> str:
    return f"{'.'.join(str(step) for step in _path(location)) or 'METADATA'}: {words}"


def render(words: str, params: Mapping[str, str | int]) -> str:
    """Return a message with its slots filled; a parameter that is missing shows as its slot."""
    return SLOT.sub(lambda m: str(params[m[1]]) if m[1] in params else m[0], words)

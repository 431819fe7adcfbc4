"""The signed statement of one run: in-toto Statement v1 with a predicate of ours.

Decides what a statement says and which purpose may sign which kind of run. Signing it is left
to `evidence.dsse`, keeping it to `evidence.log`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from evidence import shape
from evidence.canonical import Json, canonical, read_canonical
from evidence.dsse import LIMIT, Envelope
from evidence.errors import MalformedError

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
RUN_TYPE = "https://controlplane.dev/evidence/run/v1"
SUBJECTS = 1000  # in one statement

# Which purpose a key must have to sign a run of this kind. A kind that is not listed may be
# signed for any purpose but `log`, and a verification says so.
PURPOSE_OF_KIND: Mapping[str, str] = MappingProxyType(
    {
        "gate": "decide",
        "approval": "approve",
        "approval-import": "import",
        "plan": "apply",
        "apply": "apply",
        "heal": "apply",
    }
)

_HEX = re.compile(r"[0-9a-f]{64}")
_DIGEST_VALUE = re.compile(r"[0-9a-f]{40,128}")


@dataclass(frozen=True)
class Subject:
    """What a statement is about (in-toto ResourceDescriptor): a name and its digests."""

    name: str
    digest: Mapping[str, str]  # {"gitCommit": "…"}, {"sha256": "…"}

    def to_json(self) -> dict[str, Json]:
        """Return the subject as a JSON value."""
        return {"digest": dict(self.digest), "name": self.name}

    @classmethod
    def from_json(cls, value: Json, part: str) -> Subject:
        """Return the subject of a JSON value; raises MalformedError."""
        read = shape.fields(value, part, ("digest", "name"))
        digests = read["digest"]
        if not isinstance(digests, dict) or not digests:
            raise MalformedError(f"{part}.digest", "must name at least one digest")
        for algorithm, value_ in digests.items():
            shape.text(value_, f"{part}.digest.{algorithm}", _DIGEST_VALUE)
        return cls(shape.line(read["name"], f"{part}.name"), digests)


@dataclass(frozen=True)
class Statement:
    """What one run did, over which records. Times are RFC 3339 in UTC, the writer's own claim."""

    kind: str
    origin: str
    run: str
    summary: str
    outcome: str
    started: str
    finished: str
    count: int
    root: str  # hexadecimal RFC 6962 tree hash over the records' canonical bytes
    subjects: tuple[Subject, ...]

    def to_json(self) -> dict[str, Json]:
        """Return the statement as a JSON value."""
        return {
            "_type": STATEMENT_TYPE,
            "predicate": {
                "finishedAt": self.finished,
                "kind": self.kind,
                "origin": self.origin,
                "outcome": self.outcome,
                "records": {"count": self.count, "root": self.root},
                "run": self.run,
                "startedAt": self.started,
                "summary": self.summary,
            },
            "predicateType": RUN_TYPE,
            "subject": [subject.to_json() for subject in self.subjects],
        }

    def names(self, commit: str) -> bool:
        """Whether the commit is among the subjects."""
        return any(subject.digest.get("gitCommit") == commit for subject in self.subjects)

    def trees(self, commit: str = "") -> frozenset[str]:
        """Return the Git trees named beside `commit`, beside any commit where none is given."""
        return frozenset(
            subject.digest["gitTree"]
            for subject in self.subjects
            if "gitTree" in subject.digest and commit in ("", subject.digest.get("gitCommit"))
        )

    def payload(self) -> bytes:
        """Return the canonical bytes, which an envelope carries."""
        return canonical(self.to_json())

    @classmethod
    def read(cls, payload: bytes, part: str) -> Statement:
        """Return the statement of canonical bytes; raises MalformedError naming the field."""
        value = read_canonical(payload, part, limit=LIMIT)
        outer = shape.fields(value, part, ("_type", "predicate", "predicateType", "subject"))
        for name, wanted in (("_type", STATEMENT_TYPE), ("predicateType", RUN_TYPE)):
            if outer[name] != wanted:
                raise MalformedError(f"{part}.{name}", f"must be {wanted}")
        return cls._predicate(outer, part)

    @classmethod
    def _predicate(cls, outer: dict[str, Json], part: str) -> Statement:
        inside = f"{part}.predicate"
        names = (
            "finishedAt", "kind", "origin", "outcome", "records", "run", "startedAt", "summary",
        )  # fmt: skip
        said = shape.fields(outer["predicate"], inside, names)
        records = shape.fields(said["records"], f"{inside}.records", ("count", "root"))
        shape.moment(said["startedAt"], f"{inside}.startedAt")
        shape.moment(said["finishedAt"], f"{inside}.finishedAt")
        subjects = shape.items(outer["subject"], f"{part}.subject", SUBJECTS)
        return cls(
            kind=shape.text(said["kind"], f"{inside}.kind", shape.TOKEN),
            origin=shape.text(said["origin"], f"{inside}.origin", shape.ORIGIN),
            run=shape.text(said["run"], f"{inside}.run", shape.TOKEN),
            summary=shape.line(said["summary"], f"{inside}.summary"),
            outcome=shape.text(said["outcome"], f"{inside}.outcome", shape.TOKEN),
            started=said["startedAt"],
            finished=said["finishedAt"],
            count=shape.number(records["count"], f"{inside}.records.count"),
            root=shape.text(records["root"], f"{inside}.records.root", _HEX),
            subjects=tuple(
                Subject.from_json(subject, f"{part}.subject[{i}]")
                for i, subject in enumerate(subjects)
            ),
        )


def entry_of(envelope: Envelope, statement: Statement) -> dict[str, Json]:
    """Return the log entry that stands for a signed statement; a function of it alone."""
    return {"envelope": envelope.digest, "time": statement.finished, "type": RUN_TYPE}

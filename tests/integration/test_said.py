"""What is kept of an evidence directory between questions never says otherwise than the files."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.operations.approving import IMPORT_KIND, KIND
from controlplane.operations.said import Statements
from evidence.records import Record
from evidence.statement import Subject
from evidence.writer import FinishedRun
from tests.support.evidence import signer, writer

ADA, SERVER, LOG = signer("approve"), signer("import"), signer("log")
APPROVALS, IMPORTS, OTHERS = "example.com/a", "example.com/i", "example.com/o"
STEP = {"from": {"tree": "a" * 40}, "to": {"tree": "b" * 40}}
REVIEW = {"source": "github", "issuer": "github.com", "subject": "ada", "state": "approved"}
ABOUT = (Subject("head", {"gitCommit": "c" * 40}),)


class Evidence:
    """An evidence directory that is written to, damaged, mended and exchanged."""

    def __init__(self, root: Path) -> None:
        self.place = root / "evidence"
        self._before = root / "before"
        self._aside: dict[Path, bytes] = {}
        self._number = 0
        self._log = LOG

    def _append(self, origin: str, *payloads: Mapping[str, Any]) -> None:
        imports = origin == IMPORTS
        sign, kind = (SERVER, IMPORT_KIND) if imports else (ADA, KIND)
        self._number += 1
        made = [Record(KIND, "said", {**each, "comment": str(self._number)}) for each in payloads]
        log = writer(self.place, sign=sign, log=self._log, origin=origin)
        log.append([FinishedRun(kind, ABOUT, "said", "done", tuple(made))])

    def approve(self) -> None:
        """Say something, and something without form."""
        self._append(APPROVALS, {**STEP, "role": "security"}, {**STEP, "role": 1})

    def import_(self) -> None:
        """Let a server say something."""
        self._append(IMPORTS, {**STEP, **REVIEW, "time": "2026-01-31T12:00:00Z"})

    def another_log(self) -> None:
        """Say something in another log."""
        self._append(OTHERS, {**STEP, "role": "finance"})

    def lost(self) -> None:
        """Say something of which the records are not there yet."""
        before = set(self._records())
        self.approve()
        for path in set(self._records()) - before:
            self._aside[path] = path.read_bytes()
            path.unlink()

    def altered(self) -> None:
        """Say something of which a record is missing for now."""
        self.lost()
        path, whole = list(self._aside.items())[-1]
        path.write_bytes(whole.splitlines(keepends=True)[0])

    def mend(self) -> None:
        """Bring what was lost or altered."""
        for path, whole in self._aside.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(whole)

    def remember(self) -> None:
        """Make a copy, of what is whole."""
        self.mend()
        shutil.rmtree(self._before, ignore_errors=True)
        if self.place.exists():
            shutil.copytree(self.place, self._before)

    def put_back(self) -> None:
        """Make of the directory what it was when it was copied."""
        shutil.rmtree(self.place, ignore_errors=True)
        if self._before.exists():
            shutil.copytree(self._before, self.place)

    def begin_anew(self) -> None:
        """Begin other logs of the same names, with other keys."""
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.rmtree(self._before, ignore_errors=True)
        self._log = signer("log")
        self.approve()

    def _records(self) -> list[Path]:
        return [path for path in self.place.glob("records/*/*") if path.is_file()]


def said(statements: Statements) -> Any:
    found = statements.by_kind()
    return {kinds: [(e.run.part, e.payload) for e in each] for kinds, each in found.items() if each}


DEEDS = (
    Evidence.approve,
    Evidence.import_,
    Evidence.another_log,
    Evidence.lost,
    Evidence.altered,
    Evidence.mend,
    Evidence.remember,
    Evidence.put_back,
    Evidence.begin_anew,
)


@settings(max_examples=25)
@given(st.lists(st.sampled_from(DEEDS), max_size=8))
def test_reading_on_finds_what_reading_anew_finds(deeds: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as root:
        evidence = Evidence(Path(root))
        kept = Statements(evidence.place)
        for deed in deeds:
            deed(evidence)
            assert said(kept) == said(Statements(evidence.place))


def test_what_was_read_is_not_read_again(tmp_path: Path) -> None:
    """So a question costs what is new, however much was said before."""
    evidence = Evidence(tmp_path)
    for _ in range(3):
        evidence.approve()
    kept = Statements(evidence.place)
    assert len(kept.by_kind()[KIND, KIND]) == 3
    shutil.rmtree(evidence.place / "records")
    assert len(kept.by_kind()[KIND, KIND]) == 3
    evidence.approve()
    assert len(kept.by_kind()[KIND, KIND]) == 4
    assert not Statements(evidence.place).by_kind()


def test_a_log_that_was_replaced_by_a_longer_one_is_read_anew(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path)
    evidence.approve()
    kept = Statements(evidence.place)
    (before,) = kept.by_kind()[KIND, KIND]
    evidence.begin_anew()
    evidence.approve()
    after = kept.by_kind()[KIND, KIND]
    assert len(after) == 2
    assert before.run.envelope.digest not in {each.run.envelope.digest for each in after}

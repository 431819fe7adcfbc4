"""When a recorded answer is given again, and everything that makes it be asked anew."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controlplane.authenticated import Cache
from controlplane.operations import own_code
from controlplane.operations.answered_before import LONGEST, Asked, Before, recall, remember
from controlplane.operations.emergencies import OpenReview
from controlplane.operations.gate import Agreement, GateReport, gate
from controlplane.operations.judging import Judgement
from controlplane.operations.recalled import Recalled
from controlplane.operations.recording import record_decision
from controlplane.policy.model import Cause, Indeterminate
from controlplane.render.helm import HelmCharts
from evidence import tiles
from evidence.errors import StorageError
from evidence.run import Entry
from evidence.signers.base import Signer
from tests.integration.gate.test_derived import NOW, World
from tests.support.evidence import signer, writer

REVIEW = OpenReview("a" * 40, ("ada",), NOW, "b" * 40, "c" * 40)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("before"))
    yield made
    made.engine.close()


@dataclass
class Given:
    """An answer, recorded at NOW in the log below `evidence`."""

    cache: Cache
    evidence: Path
    asked: Asked
    report: GateReport
    entry: Entry
    signer: Signer
    log: Signer

    def remember(self, **changed: Any) -> None:
        remember(self.cache, self.asked, replace(self.report, **changed), self.entry, NOW)

    def recall(self, now: datetime = NOW, **changed: Any) -> Before | None:
        asked = replace(self.asked, **changed)
        return recall(self.cache, asked, self.evidence, self.signer, now)

    def record(self, report: GateReport | None = None, sign: Signer | None = None) -> Entry:
        """Record a decision in the same log, and return its entry."""
        origin, by = self.entry.origin, sign or self.signer
        log = writer(self.evidence, sign=by, log=self.log, origin=origin)
        return record_decision(report or self.report, log)

    @property
    def kept(self) -> Path:
        """The file in which the answer is kept."""
        return self.cache.directory / self.asked.name


@pytest.fixture
def given(world: World, tmp_path: Path) -> Given:
    return _given(world, tmp_path, [("zone", "bolt")])


def _given(world: World, tmp_path: Path, edits: list[tuple[str, str]]) -> Given:
    step = Recalled(None).step(world.git, world.base, world.commit(edits, world.base))
    report = gate(step, world.engine, HelmCharts(None), NOW)
    decides, logs = signer("decide"), signer("log")
    log = writer(tmp_path / "evidence", sign=decides, log=logs, origin="example.com/decide")
    asked = Asked(step, "wasmtime 1", Agreement(), whole=False, origin="example.com/decide")
    cache = Cache(tmp_path / "revisions", tmp_path / "cache.key")
    entry = record_decision(report, log)
    return Given(cache, tmp_path / "evidence", asked, report, entry, decides, logs)


def test_what_was_recorded_is_given_again(given: Given) -> None:
    assert given.recall() is None
    given.remember()
    before = given.recall(NOW + timedelta(hours=1))
    assert before is not None
    assert (before.entry, before.given) == (given.entry, NOW)
    same = tuple((name, replace(j, envelopes={})) for name, j in given.report.judgements)
    assert before.report == replace(given.report, judgements=same, packs=())


@pytest.mark.parametrize(
    "changed",
    [
        {"engine": "wasmtime 2"},
        {"whole": True},
        {"programs": ["helm 4"]},
        {"origin": "example.com/decide/another"},
        {"said": Agreement(approvals=({"by": "ada"},))},
        {"said": Agreement(authors=("ada",))},
        {"said": Agreement(reviews=(REVIEW,))},
    ],
)
def test_another_question_is_asked(given: Given, changed: dict[str, Any]) -> None:
    given.remember()
    assert given.recall(**changed) is None


def test_a_commit_of_the_same_tree_is_another_question(world: World, given: Given) -> None:
    """For its author is another, perhaps."""
    given.remember()
    step = given.asked.step
    again = world.commit([("zone", "bolt")], world.commit([], world.base))
    other = Recalled(None).step(world.git, world.base, again)
    assert other.head.tree_id == step.head.tree_id
    assert given.recall(step=other) is None


def test_other_code_asks_anew(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    given.remember()
    monkeypatch.setattr(own_code, "digest", lambda: "of other code")
    assert given.recall() is None


@pytest.mark.parametrize(
    ("until", "after", "holds"),
    [
        ("", timedelta(0), True),
        ("", LONGEST - timedelta(seconds=1), True),
        ("", LONGEST, False),
        ("", -timedelta(seconds=1), False),
        ("2026-11-26T09:00:00Z", timedelta(minutes=59), True),
        ("2026-11-26T09:00:00Z", timedelta(minutes=60), False),
        ("2030-01-01T00:00:00Z", LONGEST, False),
    ],
)
def test_an_answer_is_given_again_only_while_it_holds(
    given: Given, until: str, after: timedelta, *, holds: bool
) -> None:
    given.remember(verdict=replace(given.report.verdict, valid_until=until))
    assert (given.recall(NOW + after) is not None) is holds


def test_what_stayed_open_is_asked_anew(given: Given) -> None:
    open_ = (Indeterminate("tenancy/first", "Tenant/bolt", Cause.TIMEOUT),)
    given.remember(verdict=replace(given.report.verdict, indeterminate=open_))
    assert given.recall() is None


def test_nothing_asked_is_no_answer(given: Given) -> None:
    given.remember(verdict=replace(given.report.verdict, rules=()))
    assert given.recall() is None


def test_what_depends_on_other_decisions_is_asked_anew(world: World, tmp_path: Path) -> None:
    given = _given(world, tmp_path, [("rule", "bolt")])
    given.remember()
    assert given.recall() is None


def test_a_rule_that_does_not_say_until_when_is_asked_anew(given: Given) -> None:
    def timed(judgement: Judgement) -> Judgement:
        rules = tuple(replace(r, uses=("time",), expires=False) for r in judgement.bundle.rules)
        return replace(judgement, bundle=replace(judgement.bundle, rules=rules))

    given.remember(judgements=tuple((n, timed(j)) for n, j in given.report.judgements))
    assert given.recall() is None


def test_what_is_not_given_again_is_forgotten(given: Given) -> None:
    given.remember()
    assert given.recall(NOW + LONGEST) is None
    assert given.recall() is None


@pytest.mark.parametrize("content", [b"", b"not a pickle", pickle.dumps(("a", "b", {"c": 1}))])
def test_what_cannot_be_read_is_asked_anew(given: Given, content: bytes) -> None:
    given.cache.put(given.asked.name, content)
    assert given.recall() is None
    assert given.cache.get(given.asked.name) is None


@pytest.mark.parametrize(
    "loss", ["directory", "log", "statement", "records", "a record", "shorter", "another run"]
)
def test_what_the_log_does_not_hold_is_asked_anew(given: Given, tmp_path: Path, loss: str) -> None:
    given.remember()
    if loss == "directory":
        shutil.rmtree(given.evidence)
    elif loss == "log":
        shutil.rmtree(given.evidence / "logs")
    elif loss == "statement":
        shutil.rmtree(given.evidence / "objects")
    elif loss == "records":
        shutil.rmtree(given.evidence / "records")
    elif loss == "a record":
        (file,) = (path for path in (given.evidence / "records").glob("*/*") if path.is_file())
        file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[1:]))
    else:
        index = {"shorter": given.entry.index + 1, "another run": given.entry.index}[loss]
        other = replace(given.entry, index=index, envelope=f"sha256:{'0' * 64}")
        remember(given.cache, given.asked, given.report, other, NOW)
    assert given.recall() is None


class Careless(Signer):
    """Signs in the name of a key and has it not."""

    def sign(self, message: bytes) -> bytes:
        return bytes(64)


@pytest.mark.parametrize("who", ["ours", "another", "nobody", "for another purpose"])
def test_only_what_would_be_signed_so_today_is_given_again(given: Given, who: str) -> None:
    ours = given.signer
    by = {
        "ours": ours,
        "another": signer("decide"),
        "nobody": Careless(ours.name, ours.purpose, ours.public_key),
        "for another purpose": ours,
    }[who]
    entry = given.record(sign=by)
    remember(given.cache, given.asked, given.report, entry, NOW)
    if who == "for another purpose":
        given.signer = Careless(ours.name, "publish", ours.public_key)
    assert (given.recall() is not None) is (who == "ours")


def test_what_the_checkpoint_does_not_cover_is_asked_anew(given: Given) -> None:
    """A statement of ours, put where the log holds another."""
    entry = given.record()
    remember(given.cache, given.asked, given.report, replace(entry, index=0), NOW)
    (tile,) = (given.evidence / "logs").glob("*/tile/entries/000.p/2")
    first, second = tiles.unpack_entries(tile.read_bytes(), "tile")
    tile.write_bytes(tiles.pack_entries([second, first]))
    assert given.recall() is None


@pytest.mark.parametrize("since", ["nothing", "another step", "another answer", "broken off"])
def test_an_old_answer_that_is_put_back_is_not_given_again(
    world: World, given: Given, since: str
) -> None:
    allowing = replace(given.report, verdict=replace(given.report.verdict, findings=()))
    remember(given.cache, given.asked, allowing, given.record(allowing), NOW)
    old = given.kept.read_bytes()
    if since == "another step":
        head = world.commit([("zone", "acme")], world.base)
        other = Recalled(None).step(world.git, world.base, head)
        given.record(replace(given.report, step=other))
    elif since == "another answer":
        assert not given.report.allow
        remember(given.cache, given.asked, given.report, given.record(), NOW)
        before = given.recall()
        assert before is not None
        assert not before.report.allow
    elif since == "broken off":
        with suppress(StorageError):
            given.record(replace(given.report, packs=(given.evidence / "none",)))
    given.kept.write_bytes(old)
    assert (given.recall() is not None) is (since in {"nothing", "another step"})


@pytest.mark.parametrize("writer_", ["this machine", "another"])
def test_an_answer_of_another_machine_is_not_believed(
    given: Given, tmp_path: Path, writer_: str
) -> None:
    key = given.cache.key if writer_ == "this machine" else tmp_path / "another.key"
    forged = replace(given.report, verdict=replace(given.report.verdict, findings=()))
    remember(replace(given.cache, key=key), given.asked, forged, given.entry, NOW)
    given.cache.put("for the key", b"")
    assert (given.recall() is not None) is (writer_ == "this machine")

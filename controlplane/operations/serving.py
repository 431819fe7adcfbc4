"""The policies of one revision, ready to answer at once, and what they say about an envelope.

Decides what *ready* means: the revision is sound, every policy set is loaded into the engine, and
the engine answered a question about every kind of subject. Nothing of it changes afterwards; a new
revision is made ready beside it. What is found is weighed by the word of that revision, as the gate
weighs by that of the base. Who asks, and how long that may take, is left to others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from controlplane.errors import IndeterminateError
from controlplane.operations import policies
from controlplane.operations.gate import NOBODY, facts
from controlplane.operations.linting import require_sound
from controlplane.operations.weighing import standing
from controlplane.policy.decide import Decider, unanswered_details
from controlplane.policy.engine import PolicyEngine, Prepared, Question, Unanswered
from controlplane.policy.envelope import Subject, envelope
from controlplane.policy.model import Cause, PolicyBundle, Rule, Verdict, merge
from controlplane.policy.weigh import Weighing, weigh
from controlplane.policy.weights import Weights
from controlplane.repo.snapshot import Snapshot
from evidence.canonical import Json, canonical, digest_bytes

_BROKEN = frozenset({Cause.CRASH, Cause.TIMEOUT, Cause.MALFORMED, Cause.SKIPPED})


@dataclass(frozen=True)
class Told:
    """Rules that are asked together, as they are told the same."""

    timed: bool
    informed: bool
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class LoadedSet:
    """One policy set in the engine. `told` groups its rules by kind of subject."""

    name: str
    bundle: PolicyBundle
    prepared: Prepared
    told: Mapping[str, tuple[Told, ...]]


@dataclass(frozen=True)
class Ruling:
    """What one policy set answered about one envelope."""

    policy_set: LoadedSet
    verdict: Verdict
    judged: tuple[tuple[str, str], ...]  # (subject, digest of what was judged)
    details: tuple[str, ...]  # why something stayed open, in the engine's words


@dataclass(frozen=True)
class Final:
    """A verdict as it was weighed. `engines` is what the rules said; `weights` by what."""

    verdict: Verdict
    engines: Verdict
    weighings: tuple[Weighing, ...] = ()
    weights: Weights | None = None  # None where nothing was found, and nothing is to be weighed


@dataclass(frozen=True)
class Answered:
    """What all policy sets answered about one envelope. `question` is its digest."""

    question: str
    subject: str
    final: Final
    rulings: tuple[Ruling, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict that counts."""
        return self.final.verdict


class InForce:
    """The policies of one revision. For one thread at a time; closed when another took over."""

    def __init__(self, snapshot: Snapshot, engine: PolicyEngine, sets: Sequence[LoadedSet]) -> None:
        self.snapshot, self.engine, self.sets = snapshot, engine, tuple(sets)
        self.engine_version = engine.version()
        self._weights: Weights | None = None
        self._decider = Decider()

    @property
    def revision(self) -> str:
        """The id of the commit, "" where the state is none."""
        return self.snapshot.commit.id if self.snapshot.commit else ""

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by id; of two of one id, that of the first set."""
        return {rule.id: rule for each in reversed(self.sets) for rule in each.bundle.rules}

    @cached_property
    def facts(self) -> Mapping[str, Json]:
        """What rules are told that ask for facts, where no change is judged and nobody agreed."""
        return facts(self.snapshot, NOBODY)

    def judge(
        self, value: Mapping[str, Json], now: datetime, parts: Mapping[str, bytes] | None = None
    ) -> Answered:
        """Return the verdict of all policy sets on an envelope, weighed as of `now`.

        `parts` are the canonical bytes of its members by name, sorted, where they are at hand.

        Every rule about this kind of subject is asked, and is told what its METADATA asks for and
        no more, as by the gate. A rule about time is indeterminate where the envelope has none.
        """
        if parts is None:
            parts = {name: canonical(value[name]) for name in sorted(value)}
        kind, name = value["subject"]["kind"], value["subject"]["name"]
        subject = f"{kind}/{name}"
        rulings = tuple(self._ruling(each, kind, subject, parts) for each in self.sets)
        return Answered(
            question=digest_bytes(b"".join(_pieces(parts))),
            subject=subject,
            final=self.weighed(
                merge(ruling.verdict for ruling in rulings),
                now,
                {name: _environments(value["subject"]["resource"])} if kind == "Tenant" else {},
            ),
            rulings=rulings,
        )

    def judge_subject(self, subject: Subject, facts: Mapping[str, Json], time: Json) -> Verdict:
        """Return the verdict of all policy sets on a subject that was made here."""
        return merge(
            self._decider.decide(question, each.prepared.answer(question))
            for each in self.sets
            for question in _questions(each, subject, facts, time)
        )

    def _ruling(
        self, loaded: LoadedSet, kind: str, subject: str, parts: Mapping[str, bytes]
    ) -> Ruling:
        asked = []
        for told in loaded.told.get(kind, ()):
            pieces = _as_told(parts, told)
            asked.append(Question(subject, b"".join(pieces), told.rules, pieces))
        pairs = [(question, loaded.prepared.answer(question)) for question in asked]
        verdict = merge(self._decider.decide(*pair) for pair in pairs)
        open_ = bool(verdict.indeterminate)
        return Ruling(
            policy_set=loaded,
            verdict=verdict,
            judged=tuple((subject, question.digest) for question in asked),
            details=tuple(d for pair in pairs for d in unanswered_details(*pair)) if open_ else (),
        )

    def weighed(
        self,
        verdict: Verdict,
        now: datetime,
        placements: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Final:
        """Return a verdict as it weighs at `now` by the word of this revision.

        `placements` names the environments of the placements of each tenant in it, in order.
        """
        if not verdict.findings:
            return Final(verdict, verdict)
        by = replace(self._standing(now), placements=placements or {})
        found = weigh(verdict, by)
        return Final(found.verdict, verdict, found.weighings, by)

    def _standing(self, now: datetime) -> Weights:
        """Return what findings weigh by, worked out once for each second."""
        if self._weights is None or self._weights.now != int(now.timestamp()):
            self._weights = standing(self.snapshot, (each.bundle for each in self.sets), now)
        return self._weights

    def close(self) -> None:
        """Give back what the engine holds."""
        for each in self.sets:
            each.prepared.close()


def make_ready(snapshot: Snapshot, engine: PolicyEngine) -> InForce:
    """Return the policies of a revision, loaded and tried.

    Raises InvalidRepositoryError for a revision that is not sound, PolicyLoadError for policies
    that the engine cannot evaluate faithfully, IndeterminateError where the revision demands
    another engine or the engine does not answer.
    """
    require_sound(snapshot)
    repository = snapshot.repository()
    wanted = repository.spec.required_engine if repository else "any"
    if wanted not in ("any", engine.name):
        raise IndeterminateError(
            f"the protected branch demands the engine `{wanted}`, this is `{engine.name}`",
            remedy=f"serve with `--engine {wanted}`",
        )
    with ExitStack() as undo:
        sets = []
        for named in policies.policy_sets(snapshot):
            prepared = undo.enter_context(engine.prepare(named.bundle))
            loaded = LoadedSet(named.name, named.bundle, prepared, _told(named.bundle.rules))
            _try(loaded)
            sets.append(loaded)
        if not any(each.bundle.rules for each in sets):
            raise IndeterminateError(
                f"{snapshot.revision} has no rules, so nothing could ever be allowed",
                remedy="add rules below policies/, or name the set that has them",
            )
        undo.pop_all()
    return InForce(snapshot, engine, sets)


def _environments(resource: Json) -> tuple[str, ...]:
    """Return the environments of a tenant's placements; "", which weighs most, for what is none."""
    match resource:
        case {"spec": {"placements": list(placed)}}:
            found = (each.get("environment") if isinstance(each, dict) else "" for each in placed)
            return tuple(each if isinstance(each, str) else "" for each in found)
    return ()


def _told(rules: Sequence[Rule]) -> Mapping[str, tuple[Told, ...]]:
    found: dict[str, tuple[Told, ...]] = {}
    for kind in sorted({kind for rule in rules for kind in rule.subjects}):
        groups: dict[tuple[bool, bool], list[Rule]] = {}
        for rule in rules:
            if kind in rule.subjects:
                groups.setdefault(("time" in rule.uses, "facts" in rule.uses), []).append(rule)
        found[kind] = tuple(Told(*told, tuple(asked)) for told, asked in sorted(groups.items()))
    return found


def _try(loaded: LoadedSet) -> None:
    """Ask about an empty subject of every kind: the engine must answer, whatever it says."""
    time = {"text": "1970-01-01T00:00:00Z", "epochSeconds": 0, "frozen": [], "upcoming": []}
    for kind in loaded.told:
        for question in _questions(loaded, Subject(kind, "self-test", {}), {}, time):
            answer = loaded.prepared.answer(question)
            for rule, given in answer.items():
                if isinstance(given, Unanswered) and given.cause in _BROKEN:
                    raise IndeterminateError(
                        f"the engine does not answer {rule}: {given.cause}: {given.detail}",
                        remedy="see that the engine runs on this machine: `cpctl policy test`",
                    )


def _questions(
    loaded: LoadedSet, subject: Subject, facts: Mapping[str, Json], time: Json
) -> Iterator[Question]:
    for told in loaded.told.get(subject.kind, ()):
        whole = envelope(subject, facts if told.informed else {}, time if told.timed else None)
        yield Question(subject.identity, whole.text, told.rules, whole.parts)


def _as_told(parts: Mapping[str, bytes], told: Told) -> tuple[bytes, ...]:
    """Return the envelope as some rules are told it: the facts and the time only if they ask."""
    given = dict(parts)
    if not told.informed:
        given["facts"] = b"{}"
    if not told.timed:
        given.pop("time", None)
    return _pieces(given)


def _pieces(parts: Mapping[str, bytes]) -> tuple[bytes, ...]:
    """Return the bytes of an object of canonical parts with sorted names, each part by itself."""
    found: list[bytes] = []
    for name, text in parts.items():
        found += [b'%b"%b":' % (b"," if found else b"{", name.encode()), text]
    return (*found, b"}")

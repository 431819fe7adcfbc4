"""Whether a revision may be applied: allowed before it merged, or judged now and permitted to.

The branch's history, the decisions in evidence and what was applied last come together here. What
merged without a decision is judged now; whether that suffices is for the revision in force to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from controlplane.errors import ControlPlaneError, Exit
from controlplane.operations.authorising import Allowed, chain, chain_in_time
from controlplane.operations.decided import Decisions
from controlplane.operations.gate import GateReport, Step
from controlplane.operations.genesis import require_pinned
from controlplane.operations.trust import trust_set
from controlplane.policy.model import Severity
from controlplane.repo.git import EMPTY_TREE, Commit, GitRepository
from controlplane.repo.snapshot import Snapshot, nothing, read
from evidence.errors import EvidenceError
from evidence.records import Record
from evidence.statement import Subject
from evidence.trust import TrustSet
from reconciler.ledger import Grounds

LONGEST = 10_000  # commits walked back before the history counts as unknown


class NotClearedError(ControlPlaneError):
    """A revision was not allowed to be applied; nothing was touched."""

    exit_code = Exit.FINDINGS


@dataclass(frozen=True)
class Clearance:
    """What lets a revision be applied: decisions made before the merge, or one made now."""

    commit: Commit
    decisions: tuple[str, ...]
    gated: bool = True

    def grounds(self) -> Grounds:
        """Return what the statement of the pass says of why it could act."""
        named = {"gitCommit": self.commit.id, "gitTree": self.commit.tree_id}
        late = "" if self.gated else ", not gated before merge"
        count = len(self.decisions)
        summary = f"cleared by {count} decision{'' if count == 1 else 's'}{late}"
        payload = {
            "decisions": list(self.decisions),
            "gatedBeforeMerge": self.gated,
            "revision": named,
        }
        record = Record("clearance", summary, payload)
        return Grounds((Subject("revision", named),), (record,))


@dataclass
class Branch:
    """The first-parent history from what was applied last to what is to be applied."""

    repository: GitRepository
    start: Commit | None
    commits: Sequence[Commit]  # after `start`, oldest first
    _trust: dict[str, TrustSet | None] = field(default_factory=dict)

    @property
    def end(self) -> Commit:
        """The commit to be applied; the one applied last where nothing came since."""
        return self.commits[-1] if self.commits or self.start is None else self.start

    @property
    def from_tree(self) -> str:
        """The tree in force: of what was applied last, of nothing at the very beginning."""
        return self.start.tree_id if self.start else EMPTY_TREE

    @property
    def trees(self) -> list[str]:
        """The trees of the commits, oldest first."""
        return [commit.tree_id for commit in self.commits]

    @property
    def step(self) -> Step:
        """The whole way as one step."""
        head = read(self.repository, self.end.id)
        if self.start is None:
            return Step(nothing(), head, genesis=True)
        return Step(read(self.repository, self.start.id), head)

    @property
    def in_force(self) -> Snapshot | None:
        """The revision whose word counts about this way: the one that was applied last.

        Where nothing was, or nobody remembers it, the first that has any settings: the end of the
        way cannot decide that nobody needs to have judged it.
        """
        if self.start is not None:
            return read(self.repository, self.start.id)
        every = (read(self.repository, commit.id) for commit in self.commits)
        return next((each for each in every if each.repository() is not None), None)

    def require_pinned(self) -> None:
        """Raise GenesisError for a way from the very beginning that does not begin as pinned."""
        first = self.in_force
        if self.start is None and first is not None:
            require_pinned(first, first, read(self.repository, self.end.id))

    def trust_of(self, tree: str) -> TrustSet | None:
        """Return the keys in force at a tree of this way; those of the first commit at genesis."""
        if tree not in self._trust:
            self._trust[tree] = self._read_trust(tree)
        return self._trust[tree]

    def _read_trust(self, tree: str) -> TrustSet | None:
        by_tree: Mapping[str, Commit] = {
            commit.tree_id: commit for commit in (*self.commits, *filter(None, [self.start]))
        }
        commit = self.commits[0] if tree == EMPTY_TREE and not self.start else by_tree.get(tree)
        if commit is None:
            return None
        try:
            return trust_set(read(self.repository, commit.id))
        except (ControlPlaneError, EvidenceError):
            return None  # a revision without a trust root trusts nobody


def branch(repository: GitRepository, applied: str, revision: str) -> Branch:
    """Return the way from the commit `applied` ("" for none yet) to `revision`.

    Where `applied` is not among the first parents of `revision`, the way is a single step: the
    branch was rewritten, and only a decision about just this step covers it.
    """
    head = repository.resolve(revision)
    start = repository.resolve(applied) if applied else None
    commits: list[Commit] = []
    current: Commit | None = head
    while current is not None and len(commits) < LONGEST:
        if start is not None and current.id == start.id:
            return Branch(repository, start, commits[::-1])
        commits.append(current)
        current = repository.resolve(current.parents[0]) if current.parents else None
    return Branch(repository, start, [head] if start is not None else commits[::-1])


def clear(
    way: Branch,
    recorded: Decisions,
    judge_now: Callable[[Step], GateReport],
    now: datetime,
) -> Clearance:
    """Return what lets the end of `way` be applied.

    `judge_now` judges and records a step that nobody judged before. Raises NotClearedError, and
    GenesisError where the history does not begin as it is pinned.
    """
    way.require_pinned()
    steps = recorded.allowed_steps(way.trust_of, now)
    decisions = _in_time(way, steps, recorded, now)
    if decisions is not None:
        return Clearance(way.end, decisions)
    report = judge_now(way.step)
    ended = _ended(way, steps, now)
    why = f"{way.end.id[:12]} {_lacks(ended)}"
    if not report.allow:
        raise NotClearedError(
            f"{why}, and it is denied now{_first(report)}",
            remedy=f"run `cpctl gate {_between(way)} --no-record` to see all of it; revert it, or "
            f"mend it in a pull request that passes the gate{_anew(way, ended)}",
        )
    if not _late_suffices(way):
        raise NotClearedError(
            why,
            remedy=f"run `cpctl gate {_between(way)}` with a key of the trust root, or set "
            "ungatedMerges: gate-then-apply in repository.yaml",
        )
    return Clearance(way.end, (report.verdict.digest(),), gated=False)


def _first(report: GateReport) -> str:
    """Return what forbids a step first, with its place, "" where nothing is found."""
    denying = [each for each in report.findings if each.severity is Severity.DENY]
    if not denying:
        return ""
    found, more = denying[0], len(denying) - 1
    rest = f", and {more} more" if more else ""
    return f": {found.position} {found.message} [{found.rule}]{rest}"


def _in_time(
    way: Branch, steps: Sequence[Allowed], recorded: Decisions, now: datetime
) -> tuple[str, ...] | None:
    """Return the decisions that lead along the way and hold, or held when they cleared it."""
    decisions = chain_in_time(way.from_tree, way.trees, steps, now, 0)
    if decisions is not None or all(step.holds(now) for step in steps):
        return decisions
    before = dict(zip((c.id for c in way.commits), [way.from_tree, *way.trees], strict=False))
    known = recorded.cleared_once(before, way.trust_of, now)
    last = max((n for n, c in enumerate(way.commits, 1) if c.id in known), default=0)
    return chain_in_time(way.from_tree, way.trees, steps, now, last)


def _ended(way: Branch, steps: Sequence[Allowed], now: datetime) -> tuple[datetime, ...]:
    """Return when decisions that lead along the way were over, nothing where none do."""
    late = chain(way.from_tree, way.trees, steps)
    return tuple(
        s.until for s in steps if late and s.decision in late and s.until and not s.holds(now)
    )


def _lacks(ended: Sequence[datetime]) -> str:
    """Return in words what keeps decisions from clearing the way."""
    if not ended:
        return "was not gated before merge: no decision in evidence covers it"
    return (
        f"was gated, but the decision held until {min(ended):%Y-%m-%dT%H:%M:%SZ} only, "
        "and it was to be applied after that"
    )


def _anew(way: Branch, ended: Sequence[datetime]) -> str:
    """Return what to do where each step was allowed, and the whole of them as one is not."""
    if not ended or way.start is None:
        return ""
    return (
        f"; where its steps are right one by one, take them once more from {way.start.id[:12]}: "
        "docs/evidence.md, `How long a decision holds`"
    )


def _between(way: Branch) -> str:
    """Return the options of `cpctl gate` that judge the whole way."""
    base = f"--base {way.start.id[:12]}" if way.start else "--genesis"
    return f"{base} --head {way.end.id[:12]}"


def _late_suffices(way: Branch) -> bool:
    in_force = way.in_force
    repository = None if in_force is None else in_force.repository()
    return repository is not None and repository.spec.ungated_merges == "gate-then-apply"

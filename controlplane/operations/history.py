"""Decisions about the Git history itself: each step of the branch, judged now and not recorded.

For a repository that has no evidence yet. A step counts as it would have at the time of its
commit, by the policies of its own two ends; nobody knows who approved it.
"""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.errors import ControlPlaneError
from controlplane.operations.gate import GateReport, Step, gate
from controlplane.operations.past import PastDecision, Skipped, read_decision
from controlplane.operations.recording import decision_json
from controlplane.policy.engine import PolicyEngine
from controlplane.render.helm import ChartRenderer
from controlplane.repo.git import Commit, GitRepository
from controlplane.repo.snapshot import nothing, read
from evidence.canonical import Json, digest
from evidence.errors import EvidenceError

LONGEST = 10_000  # steps


def steps(
    repository: GitRepository,
    since: str | None,
    engine: PolicyEngine,
    charts: ChartRenderer,
) -> Iterator[PastDecision | Skipped]:
    """Yield the first-parent steps to HEAD, the latest first; back to `since`, or to the first.

    Raises UnknownRevisionError where `since` is none.
    """
    stop = repository.resolve(since).id if since else ""
    commit = repository.resolve("HEAD")
    for _ in range(LONGEST):
        if commit.id == stop:
            return
        parent = repository.resolve(commit.parents[0]) if commit.parents else None
        yield _judged(repository, parent, commit, engine, charts)
        if parent is None:
            return
        commit = parent
    yield Skipped(f"what came before {commit.id[:12]}", f"only {LONGEST:,} steps are looked at")


def _judged(
    repository: GitRepository,
    parent: Commit | None,
    commit: Commit,
    engine: PolicyEngine,
    charts: ChartRenderer,
) -> PastDecision | Skipped:
    before = parent.id[:12] if parent else "nothing"
    part = f"the step from {before} to {commit.id[:12]}"
    base = read(repository, parent.id) if parent else nothing()
    try:
        step = Step(base, read(repository, commit.id), genesis=parent is None)
        report = gate(step, engine, charts, commit.time)
    except (ControlPlaneError, EvidenceError) as error:
        return Skipped(part, str(error))
    if report.problems:
        first = report.problems[0]
        return Skipped(part, f"{first.position}: {first.message}")
    return of_report(report, part)


def of_report(report: GateReport, part: str) -> PastDecision:
    """Return a decision that was made in memory a moment ago."""
    payload = decision_json(report)
    kept = {name: text for _, j in report.judgements for name, text in j.envelopes.items()}
    bundles = {judgement.bundle.digest: judgement.bundle for _, judgement in report.judgements}
    pages: dict[str, Json] = {}  # it was not recorded, so it holds all itself
    return read_decision(
        payload,
        digest(payload),
        part,
        kept.__getitem__,
        bundles.__getitem__,
        pages.__getitem__,
    )

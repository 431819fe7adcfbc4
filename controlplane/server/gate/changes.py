"""`POST /v1/changes`: a step of the served repository, for hooks and portals.

With a key to decide with, the decision is in the evidence log before it is answered, as by
`cpctl gate`: what was allowed here may be applied. Without one it binds nobody.
"""

from __future__ import annotations

from typing import Final

from controlplane.operations.gate import GateReport
from controlplane.operations.recording import record_decision
from controlplane.operations.serving import InForce
from controlplane.operations.stepping import Means, judge_step
from controlplane.repo.git import GitRepository
from controlplane.repo.quarantine import folder
from controlplane.server.gate import answers, reading
from controlplane.server.gate.court import Decided, unrecorded
from controlplane.server.gate.messages import RefusedError, answer
from controlplane.server.gate.metrics import GateMetrics
from controlplane.server.gate.models import ChangeRequest
from evidence.errors import EvidenceError
from evidence.writer import EvidenceWriter

PATH: Final = "/v1/changes"
Place = tuple[str, int]


class ChangesEndpoint:
    """Judges one step after another. For its court's thread only."""

    def __init__(
        self,
        count: GateMetrics,
        repository: GitRepository,
        means: Means,
        writer: EvidenceWriter | None,
    ) -> None:
        self._count, self._repository, self._means = count, repository, means
        self._writer = writer

    def __call__(self, policies: InForce, body: bytes, rest: str) -> Decided:
        """Judge; raises RefusedError for a body that names no step."""
        asked = reading.read_model(ChangeRequest, reading.read_json(body))
        repository = self._repository
        if asked.quarantine:
            repository = repository.with_objects(folder(repository.git_dir, asked.quarantine))
        report = judge_step(
            repository, asked.base or policies.revision, asked.head, self._means, policies.snapshot
        )
        open_ = bool(report.verdict.indeterminate)
        self._count.decided(PATH, allow=report.allow, indeterminate=open_)
        response = answer(answers.change_decision(report, self._recorded(report)))
        return Decided(lambda _: response)

    def _recorded(self, report: GateReport) -> Place | None:
        if self._writer is None or report.problems:
            return None
        try:
            entry = record_decision(report, self._writer)
        except (EvidenceError, OSError) as error:
            raise RefusedError(unrecorded(error)) from error
        return entry.origin, entry.index

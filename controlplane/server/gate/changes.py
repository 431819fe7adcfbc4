"""`POST /v1/changes`: a step of the served repository, for hooks and portals.

With a key to decide with, the decision is in the evidence log before it is answered, as by
`cpctl gate`: what was allowed here may be applied. Without one it binds nobody. Answers that do not
fit one page are kept for those who ask for the next; where another process gave the answer, the
step is judged again, and nothing is recorded for it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from controlplane.operations.gate import GateReport
from controlplane.operations.recording import record_decision
from controlplane.operations.serving import InForce
from controlplane.operations.stepping import Means, judge_step
from controlplane.repo.git import GitRepository
from controlplane.repo.quarantine import folder
from controlplane.server.gate import answers, pages, reading
from controlplane.server.gate.court import Decided, unrecorded
from controlplane.server.gate.messages import RefusedError, Response, answer, problem
from controlplane.server.gate.metrics import GateMetrics
from controlplane.server.gate.models import ChangeRequest
from evidence.canonical import Json
from evidence.errors import EvidenceError
from evidence.writer import EvidenceWriter

PATH: Final = "/v1/changes"
KEPT: Final = 2  # answers of several pages, of which the next is at hand
Place = tuple[str, int]
_Key = tuple[str, str, str]  # base, head, digest of the verdict


class ChangesEndpoint:
    """Judges one step after another. For its court's thread only."""

    def __init__(
        self,
        count: GateMetrics,
        repository: GitRepository,
        means: Means,
        writer: Callable[[], EvidenceWriter] | None,
    ) -> None:
        self._count, self._repository, self._means = count, repository, means
        self._writer = writer
        self._kept: OrderedDict[_Key, Json] = OrderedDict()

    def __call__(self, policies: InForce, body: bytes, rest: str) -> Decided:
        """Judge; raises RefusedError for a body that names no step, or a page of no answer."""
        asked = reading.read_model(ChangeRequest, reading.read_json(body))
        wanted = pages.page(asked.cursor, asked.limit)
        base = asked.base or policies.revision
        if wanted.verdict:
            value = self._given_before(policies, asked, base, wanted.verdict)
        else:
            value = self._decided(self._judged(policies, asked, base))
        page = pages.paged(value, wanted)
        if page["next"]:
            self._keep((base, asked.head, value["decision"]["verdictDigest"]), value)
        response = answer(page)
        return Decided(lambda _: response)

    def _judged(self, policies: InForce, asked: ChangeRequest, base: str) -> GateReport:
        repository = self._repository
        if asked.quarantine:
            repository = repository.with_objects(folder(repository.git_dir, asked.quarantine))
        return judge_step(repository, base, asked.head, self._means, policies.snapshot)

    def _decided(self, report: GateReport) -> Json:
        open_ = bool(report.verdict.indeterminate)
        self._count.decided(PATH, allow=report.allow, indeterminate=open_)
        return answers.change_decision(report, self._recorded(report))

    def _given_before(self, policies: InForce, asked: ChangeRequest, base: str, name: str) -> Json:
        """Return the answer with the verdict of that digest, which was given to somebody before."""
        if not asked.base:  # the branch may have moved meanwhile
            raise RefusedError(_no_base())
        kept = self._kept.get((base, asked.head, name))
        if kept is not None:
            return kept
        value = answers.change_decision(self._judged(policies, asked, base), None)
        if value["decision"]["verdictDigest"] != name:
            raise RefusedError(_another())
        return value

    def _keep(self, key: _Key, value: Json) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _recorded(self, report: GateReport) -> Place | None:
        if self._writer is None or report.problems:
            return None
        try:
            entry = record_decision(report, self._writer())
        except (EvidenceError, OSError) as error:
            raise RefusedError(unrecorded(error)) from error
        return entry.origin, entry.index


def _no_base() -> Response:
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "a further page is one of an answer about two revisions, and only one is named",
        "name `decision.from.commit` of the first page as `base`",
        place="base",
    )


def _another() -> Response:
    return problem(
        HTTPStatus.CONFLICT,
        "the answer is another by now than the one whose next page is asked for",
        "ask from the first page: without `cursor`",
        place="cursor",
    )

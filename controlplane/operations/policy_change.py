"""A change of how changes are judged: what it lets pass that is denied, and telling rules so.

It is looked for among the subjects that the change reaches, weighed by base and by head, and, where
the policies themselves differ, among what was judged before. Rules about changes see it as the fact
`loosened`; they decide what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from controlplane.operations.counterfactual import Counterfactual, Now, counterfactual
from controlplane.operations.loosening import loosened
from controlplane.operations.past import PastDecision, Skipped
from controlplane.operations.portions import Court, Hearing, cut
from controlplane.operations.sides import Judgements, Sets, verdict_of
from controlplane.operations.weighing import denials, lighter, weights
from controlplane.policy.envelope import Subject
from evidence.canonical import Json

if TYPE_CHECKING:
    from controlplane.operations.gate import Step


@dataclass(frozen=True)
class PolicyChange:
    """One step that touches policies or what findings weigh.

    `past` gives recorded decisions, the latest first; `everything` every subject of head.
    """

    step: Step
    sets: Sets
    now: datetime
    past: Callable[[], Iterable[PastDecision | Skipped]]
    everything: Callable[[], Sequence[Subject]]

    def judge(
        self, court: Court, heard: Hearing, changed: Sequence[Subject]
    ) -> tuple[Hearing, Court, Counterfactual | None]:
        """Judge the change itself last, told which denials its own policies and settings would end.

        Raises PolicyLoadError or EngineError where either side cannot be evaluated.
        """
        if heard.problems:
            return heard, court, None
        other = self._otherwise(court)
        known = {**court.facts, "loosened": self._loosened(heard.judgements, other)}
        told = replace(court, facts=known)
        return heard.then(told.judge(cut((), (), changed))), told, other

    def _otherwise(self, court: Court) -> Counterfactual | None:
        """Return what the head's policies would have decided otherwise; None for the same ones."""
        base, head = ([n.bundle for n in side] for side in (self.sets.base, self.sets.head))
        if [bundle.digest for bundle in base] == [bundle.digest for bundle in head]:
            return None
        now = Now(self.everything, court.facts, court.time)
        return counterfactual(base, head, self.past(), now, court.engine)

    def _loosened(self, judgements: Judgements, other: Counterfactual | None) -> list[Json]:
        """Return which rules deny by the word of the base what the head would let pass."""
        sides = ((self.step.base, self.sets.base), (self.step.head, self.sets.head))
        found = [verdict_of(side, judgements) for _, side in sides]
        base, head = (
            weights(judge, self.step.head, [n.bundle for n in side], each.findings, self.now)
            for (judge, side), each in zip(sides, found, strict=True)
        )
        before, after = denials(found[0], base), denials(found[1], head)
        passes = other.passes if other else frozenset()
        rules = [rule for named in self.sets.base for rule in named.bundle.rules]
        weaker = lighter(rules, base, head) | set(other.weakened if other else ())
        # What passed once counts, though the same subject as it is now may still be denied.
        return loosened(before | passes, after - passes, self.sets.files(), weaker)

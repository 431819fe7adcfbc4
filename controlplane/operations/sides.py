"""The two sides of a judgement: the policy sets of base and of head, each asked once.

Decides which bundle belongs to which side and how judgements made one after the other are one. A
rule that stands on both sides is the base's: that is the one in force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controlplane.operations import policies
from controlplane.operations.judging import Judgement
from controlplane.operations.policies import NamedBundle
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.model import PolicyBundle, Rule, Verdict, merge
from controlplane.repo.snapshot import Snapshot

if TYPE_CHECKING:
    from controlplane.operations.gate import Step

Judgements = tuple[tuple[str, Judgement], ...]
"""("base/shipped", what the engine answered under that set)."""


@dataclass(frozen=True)
class Sets:
    """The policy sets of a step; at genesis there is no base."""

    base: tuple[NamedBundle, ...]
    head: tuple[NamedBundle, ...]

    @classmethod
    def of(cls, step: Step) -> Sets:
        """Load both sides; raises PolicyLoadError and InvalidRepositoryError."""
        base = () if step.genesis else _in_force(step.base)
        return cls(base, policies.policy_sets(step.head))

    def asked(self) -> list[tuple[str, NamedBundle]]:
        """Return every set with its name; one that is the same on both sides is asked once."""
        found: dict[str, tuple[str, NamedBundle]] = {}
        for side, sets in (("base", self.base), ("head", self.head)):
            for named in sets:
                found.setdefault(named.bundle.digest, (f"{side}/{named.name}", named))
        return list(found.values())

    def bundles(self) -> list[PolicyBundle]:
        """Return the bundles that are asked."""
        return [named.bundle for _, named in self.asked()]

    def rules(self) -> Mapping[str, Rule]:
        """Return every rule by id; of two versions of one, the base's."""
        return {rule.id: rule for _, n in reversed(self.asked()) for rule in n.bundle.rules}

    def files(self) -> Mapping[str, str]:
        """Return where in Git the rules of the base stand."""
        return {r.id: named.file(r.module) for named in self.base for r in named.bundle.rules}


def _in_force(base: Snapshot) -> tuple[NamedBundle, ...]:
    """Return the sets of the base; a refusal names it, for its places are not those of the head."""
    try:
        return policies.policy_sets(base)
    except PolicyLoadError as error:
        raise PolicyLoadError(error.problems, base.revision) from error


def verdict_of(side: Sequence[NamedBundle], judgements: Judgements) -> Verdict:
    """Return what the sets of one side say."""
    digests = {named.bundle.digest for named in side}
    return merge(j.verdict for _, j in judgements if j.bundle.digest in digests)


def both(first: Judgements, second: Judgements) -> Judgements:
    """Return the judgements of one engine under the same sets, made one after the other, as one."""
    return tuple(
        (name, _joined(one, other)) for (name, one), (_, other) in zip(first, second, strict=True)
    )


def _joined(one: Judgement, other: Judgement) -> Judgement:
    return replace(
        one,
        verdict=merge([one.verdict, other.verdict]),
        envelopes={**one.envelopes, **other.envelopes},
        artifact=one.artifact or other.artifact,
        artifact_file=one.artifact_file or other.artifact_file,
        judged=(*one.judged, *other.judged),
        details=(*one.details, *other.details),
    )

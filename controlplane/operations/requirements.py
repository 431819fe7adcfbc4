"""Which approvals a change needs, by the evidence contracts and environments of the base.

Decides what applies: each class of the change, with the tenants and environments that its parts
reach, against those a requirement names. Whether it is met is left to the rules. Without an
`EvidenceContract` and without `entry.approvals`, nobody needs to approve anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from controlplane.repo.changes import Changes
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.common import Approvals
from controlplane.resources.environment import Environment
from controlplane.resources.evidence_contract import EvidenceContract, Requirement
from controlplane.resources.scalars import Duration
from controlplane.values import FieldPath
from evidence.canonical import Json

EMERGENCY = "emergency"


@dataclass(frozen=True)
class Needed:
    """Approvals of one kind that a change needs, and where the base says so."""

    kind: str
    name: str
    path: FieldPath
    title: str
    classes: tuple[str, ...]
    approvals: Approvals
    fresh_for: Duration | None = None  # None: however old
    review_within: int = 0  # seconds; 0: no review afterwards

    def to_json(self) -> Json:
        """Return the requirement as rules see it."""
        return {
            "source": f"{self.kind}/{self.name}",
            "name": self.title,
            "classes": list(self.classes),
            "count": self.approvals.count,
            "roles": list(self.approvals.roles),
            "independent": self.approvals.independent,
            "freshFor": str(self.fresh_for or ""),
            "freshForSeconds": self.fresh_for.seconds if self.fresh_for else 0,
            "reviewWithinSeconds": self.review_within,
        }


def needed(base: Snapshot, changes: Changes, *, emergency: bool) -> list[Needed]:
    """Return what applies, by source and order.

    In an `emergency` a contract that provides for one demands that, and no longer what it demands
    otherwise; environments follow where a contract for all tenants provides for it.
    """
    found: list[Needed] = []
    provided = False
    for contract in _contracts(base, changes):
        urgent = list(_of_emergency(contract, changes)) if emergency else []
        provided = provided or (bool(urgent) and not contract.spec.tenants)
        found += urgent or _of_contract(contract, changes)
    for environment in _environments(base, changes):
        found += _of_environment(environment, changes, urgent=provided)
    return found


def _contracts(base: Snapshot, changes: Changes) -> Iterator[EvidenceContract]:
    for _, each in sorted(base.of_kind("EvidenceContract").items()):
        if isinstance(each, EvidenceContract):
            tenants = set(each.spec.tenants)
            if not tenants or tenants & changes.reach.tenants:
                yield each


def _of_emergency(contract: EvidenceContract, changes: Changes) -> Iterator[Needed]:
    """Yield what the contract demands in an emergency, where it provides for all that is reached.

    One that speaks of some of the environments provides for no change that reaches others.
    """
    for index, requirement in enumerate(contract.spec.requirements):
        places = set(requirement.environments)
        if EMERGENCY in requirement.classes and (
            not places or changes.reach.environments <= places
        ):
            yield from _one(contract, index, requirement, (EMERGENCY,))


def _of_contract(contract: EvidenceContract, changes: Changes) -> Iterator[Needed]:
    tenants = set(contract.spec.tenants)
    for index, requirement in enumerate(contract.spec.requirements):
        reaching = _reaching(changes, tenants, set(requirement.environments))
        classes = tuple(sorted(reaching & set(requirement.classes)))
        if classes:
            yield from _one(contract, index, requirement, classes)


def _one(
    contract: EvidenceContract, index: int, requirement: Requirement, classes: tuple[str, ...]
) -> Iterator[Needed]:
    if requirement.approvals is None:
        return
    review = requirement.review_within
    yield Needed(
        "EvidenceContract",
        contract.identity,
        ("spec", "requirements", index, "approvals"),
        requirement.name,
        classes,
        requirement.approvals,
        requirement.fresh_for,
        review.seconds if review and EMERGENCY in classes else 0,
    )


def _reaching(changes: Changes, tenants: set[str], environments: set[str]) -> set[str]:
    """Return the classes of which the change reaches one of `tenants` and of `environments`.

    Either may be empty: everybody, everywhere.
    """
    return {
        name
        for name, reach in changes.reached.items()
        if (not tenants or tenants & reach.tenants)
        and (not environments or environments & reach.environments)
    }


def _environments(base: Snapshot, changes: Changes) -> Iterator[Environment]:
    for name in sorted(changes.reach.environments):
        each = base.get("Environment", name)
        if isinstance(each, Environment):
            yield each


def _of_environment(
    environment: Environment, changes: Changes, *, urgent: bool
) -> Iterator[Needed]:
    reaching = {EMERGENCY} if urgent else _reaching(changes, set(), {environment.identity})
    for index, entry in enumerate(environment.spec.entry.approvals):
        every = entry.classes or (() if urgent else reaching)
        classes = tuple(sorted(reaching & set(every)))
        if classes:
            path = ("spec", "entry", "approvals", index)
            title = f"entry to {environment.identity}"
            yield Needed("Environment", environment.identity, path, title, classes, entry)

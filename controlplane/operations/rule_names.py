"""Whether the rules that waivers, severities, parameters and playbooks name are there.

A rule is known by its folder, so that no rule has to be read. Signed bundles are opened only where
a name stands in no folder; where one cannot be opened, or a folder holds no rule at all, nothing
can be told, and nothing is said: the gate refuses such policies by themselves.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from controlplane.errors import InvalidRepositoryError
from controlplane.operations import policy_archives
from controlplane.policy import bundle as bundles
from controlplane.repo.errors import TooLargeError
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.repository import PolicySet, Repository
from controlplane.values import FieldPath, Position, Problem


@dataclass(frozen=True)
class _Named:
    """A field that names a rule; `policy_set` is the only set that counts, None where any does."""

    kind: str
    identity: str
    path: FieldPath
    rule: str
    policy_set: int | None = None


def check(snapshot: Snapshot) -> Iterator[Problem]:
    """Yield a problem for every rule that is named and is in no policy set of the snapshot."""
    repository = snapshot.repository()
    if repository is None:
        return  # nothing says which policies there are
    known = _Known(snapshot, repository)
    for named in _every(snapshot, repository):
        rules = known.rules(named)
        if rules is not None and named.rule not in rules:
            near = difflib.get_close_matches(named.rule, sorted(rules), n=1)
            where = "" if named.policy_set is None else " in this policy set"
            yield Problem(
                snapshot.locate(named.kind, named.identity, named.path),
                "reference/missing",
                f"there is no rule called {named.rule!r}{where}",
                f"did you mean `{near[0]}`?" if near else "remove it, or name a rule that there is",
            )


def _every(snapshot: Snapshot, repository: Repository) -> Iterator[_Named]:
    """Yield whatever names a rule. Data that was found valid is gone through, no model is built."""
    for identity, spec in _specs(snapshot, "Waiver"):
        yield _Named("Waiver", identity, ("spec", "rule"), spec["rule"])
    for identity, spec in _specs(snapshot, "Pack"):
        at: FieldPath = ("spec", "playbook", "policies")
        for number, rule in enumerate((spec.get("playbook") or {}).get("policies") or ()):
            yield _Named("Pack", identity, (*at, number), rule)
    kind, identity, spec = repository.kind, repository.identity, repository.spec
    for environment, severities in spec.severities.items():
        for rule in severities:
            at = ("spec", "severities", environment, rule)
            yield _Named(kind, identity, at, rule)
    for number, chosen in enumerate(spec.policy_sets):
        for rule in chosen.parameters:
            at = ("spec", "policySets", number, "parameters", rule)
            yield _Named(kind, identity, at, rule, number)


def _specs(snapshot: Snapshot, kind: str) -> Iterator[tuple[str, Any]]:
    for identity, document in snapshot.index.get(kind, {}).items():
        if document.parsed.valid:
            yield identity, document.parsed.data["spec"]


class _Known:
    """The rules of each policy set, looked for when they are asked for."""

    def __init__(self, snapshot: Snapshot, repository: Repository) -> None:
        self._snapshot = snapshot
        self._sets = repository.spec.policy_sets
        self._rules: dict[int, frozenset[str] | None] = {}

    def rules(self, named: _Named) -> frozenset[str] | None:
        """Return the rules that `named` can mean, None where that cannot be told.

        Where it is found in a folder, bundles are not opened.
        """
        if named.policy_set is not None:
            return self._of(named.policy_set)
        found: frozenset[str] = frozenset()
        for number in sorted(range(len(self._sets)), key=self._is_bundle):
            rules = self._of(number)
            if rules is None:
                return None
            found |= rules
            if named.rule in found:
                break
        return found

    def _is_bundle(self, number: int) -> bool:
        return self._sets[number].bundle is not None

    def _of(self, number: int) -> frozenset[str] | None:
        if number not in self._rules:
            self._rules[number] = _rules(self._snapshot, self._sets[number])
        return self._rules[number]


def _rules(snapshot: Snapshot, chosen: PolicySet) -> frozenset[str] | None:
    """Return the rules of a policy set by id, None where that cannot be told."""
    if chosen.bundle is None:
        prefix = f"{chosen.path}/"
        paths = [f"{bundles.ROOT}/{p.removeprefix(prefix)}" for p in snapshot.files(prefix)]
    else:
        try:
            paths = [*policy_archives.rules_of(chosen.bundle, snapshot, _nowhere).files]
        except (InvalidRepositoryError, TooLargeError):  # lint says why, where it is
            return None
    matches = (bundles.rule_of(path) for path in paths)
    return frozenset(f"{m['family']}/{m['rule']}" for m in matches if m) or None


def _nowhere(_: FieldPath) -> Position:
    return Position("")

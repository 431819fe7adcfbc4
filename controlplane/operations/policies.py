"""The policies that a revision says count: one bundle per policy set of `repository.yaml`."""

from __future__ import annotations

from dataclasses import dataclass

from controlplane.errors import InvalidRepositoryError
from controlplane.policy import bundle as bundles
from controlplane.policy.bundle import Located
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.model import PolicyBundle
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.repository import PolicySet, Repository
from controlplane.values import FieldPath, Position, Problem


@dataclass(frozen=True)
class NamedBundle:
    """The policies of one policy set."""

    name: str
    bundle: PolicyBundle
    path: str = bundles.ROOT  # the folder in Git that its modules are read from

    def file(self, module: str) -> str:
        """Return where in Git a module of the bundle stands."""
        return f"{self.path}/{module.removeprefix(bundles.ROOT + '/')}"


def policy_sets(snapshot: Snapshot) -> tuple[NamedBundle, ...]:
    """Return the bundles of a revision, in the order in which `repository.yaml` names them.

    Raises PolicyLoadError with every problem of a set, InvalidRepositoryError where there is no
    `repository.yaml` to name any.
    """
    repository = snapshot.repository()
    if repository is None:
        raise InvalidRepositoryError(
            f"{snapshot.revision} has no valid repository.yaml, so no policies are in force",
            remedy="restore repository.yaml; `cpctl lint` says what is wrong with it",
        )
    return tuple(
        NamedBundle(
            chosen.name,
            _bundle(chosen, _places(snapshot, repository, number), snapshot),
            chosen.path,
        )
        for number, chosen in enumerate(repository.spec.policy_sets)
    )


def _places(snapshot: Snapshot, repository: Repository, number: int) -> Located:
    """Return what finds a field of a policy set in `repository.yaml`."""

    def located(path: FieldPath) -> Position:
        field = ("spec", "policySets", number, *path)
        return snapshot.locate("Repository", repository.identity, field)

    return located


def _bundle(chosen: PolicySet, located: Located, snapshot: Snapshot) -> PolicyBundle:
    """Load a set's folder as if it were called `policies`, whatever its name."""
    prefix = f"{chosen.path}/"
    files = {
        f"{bundles.ROOT}/{path.removeprefix(prefix)}": _text(path, read())
        for path, read in snapshot.files(prefix).items()
    }
    parameters = {str(rule): values for rule, values in chosen.parameters.items()}
    loaded = bundles.require(files, parameters, located=lambda path: located(("parameters", *path)))
    if not chosen.families:
        return loaded
    _refuse_empty(chosen, loaded, located)
    wanted = [rule.id for rule in loaded.rules if rule.id.partition("/")[0] in chosen.families]
    return bundles.restrict(loaded, wanted)


def _refuse_empty(chosen: PolicySet, loaded: PolicyBundle, located: Located) -> None:
    """Refuse a family without a rule: what somebody believes to be judged would not be."""
    known = sorted({rule.id.partition("/")[0] for rule in loaded.rules})
    problems = [
        Problem(
            located(("families", index)),
            "policy/family",
            f"the policy set {chosen.name} has no rule of the family `{family}`",
            f"choose from {', '.join(known)}",
        )
        for index, family in enumerate(chosen.families)
        if family not in known
    ]
    if problems:
        raise PolicyLoadError(problems)


def _text(path: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        text = f"not UTF-8: {error.reason}"
        problem = Problem(Position(path), "policy/encoding", text, "save the file as UTF-8")
        raise PolicyLoadError([problem]) from error

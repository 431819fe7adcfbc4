"""The policies that a revision says count: one bundle per policy set of `repository.yaml`.

A set is a folder of the repository or a signed OPA bundle that it names (`policy_archives`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from controlplane.errors import InvalidRepositoryError
from controlplane.operations import policy_archives
from controlplane.policy import bundle as bundles
from controlplane.policy.bundle import Located
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.model import PolicyBundle
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.repository import PolicySet, Repository
from controlplane.values import FieldPath, Position, Problem
from evidence.canonical import Json

_READ = (".rego", ".schema.json")


@dataclass(frozen=True)
class NamedBundle:
    """The policies of one policy set. `schemas` are those of the rules' parameters, by path."""

    name: str
    bundle: PolicyBundle
    path: str = bundles.ROOT  # the folder in Git that its modules are read from
    schemas: Mapping[str, str] = field(default_factory=dict)

    def file(self, module: str) -> str:
        """Return where in Git a module of the bundle stands."""
        return f"{self.path}/{module.removeprefix(bundles.ROOT + '/')}"


def policy_sets(snapshot: Snapshot) -> tuple[NamedBundle, ...]:
    """Return the bundles of a revision, in the order in which `repository.yaml` names them.

    Raises PolicyLoadError with every problem of a set, InvalidRepositoryError where there is no
    `repository.yaml` to name any.
    """
    return tuple(_named(chosen, located, snapshot) for chosen, located in _chosen(snapshot))


def policy_digests(snapshot: Snapshot) -> Mapping[str, str]:
    """Return the digest of each set's policies, also where this version evaluates them no more.

    What was in force once does not change by being refused later. Raises as `policy_sets` does
    where not even that can be told.
    """
    return {
        chosen.name: _as_it_stands(chosen, located, snapshot).bundle.digest
        for chosen, located in _chosen(snapshot)
    }


def _chosen(snapshot: Snapshot) -> Iterator[tuple[PolicySet, Located]]:
    """Yield the policy sets of a revision, with what finds their fields."""
    repository = snapshot.repository()
    if repository is None:
        raise InvalidRepositoryError(
            f"{snapshot.revision} has no valid repository.yaml, so no policies are in force",
            remedy="restore repository.yaml; `cpctl lint` says what is wrong with it",
        )
    for number, chosen in enumerate(repository.spec.policy_sets):
        yield chosen, _places(snapshot, repository, number)


def _places(snapshot: Snapshot, repository: Repository, number: int) -> Located:
    """Return what finds a field of a policy set in `repository.yaml`."""

    def located(path: FieldPath) -> Position:
        field = ("spec", "policySets", number, *path)
        return snapshot.locate("Repository", repository.identity, field)

    return located


# Base and head mostly have the same policies, and a long-running process sees them again and again:
# what was loaded of the very same files and settings is kept.
_KEPT = 8
_loaded: dict[tuple[Json, ...], NamedBundle] = {}


def _named(chosen: PolicySet, located: Located, snapshot: Snapshot) -> NamedBundle:
    if chosen.bundle is not None:
        return _load(chosen, located, snapshot)
    files = snapshot.files(f"{chosen.path}/")
    texts = tuple((path, snapshot.entries[path].blob_id) for path in sorted(files))
    key = (chosen.model_dump_json(), texts)
    found = _loaded.get(key)  # once: another thread may drop it meanwhile
    if found is None:
        found = _load(chosen, located, snapshot)
        while len(_loaded) >= _KEPT:
            _loaded.pop(next(iter(_loaded)), None)
        _loaded[key] = found
    return found


def _as_it_stands(chosen: PolicySet, located: Located, snapshot: Snapshot) -> NamedBundle:
    """Return a set as `policy_sets` does, and one of refused Rego as it was written."""
    try:
        return _named(chosen, located, snapshot)
    except PolicyLoadError:
        return _load(chosen, located, snapshot, _as_they_stand)


def _as_they_stand(
    files: Mapping[str, str], parameters: Mapping[str, Json], *, located: Located
) -> PolicyBundle:
    """Return the bundle of files in which nothing but the Rego of a module may be refused."""
    loaded = bundles.load(files, parameters, located=located, only_rules=True)
    rules = [module for module in loaded.bundle.modules if bundles.rule_of(module.path)]
    read = len(rules) == len(loaded.bundle.rules) > 0
    if read and all(problem.code.startswith("rego/") for problem in loaded.problems):
        return loaded.bundle
    return bundles.require(files, parameters, located=located)


def _load(
    chosen: PolicySet,
    located: Located,
    snapshot: Snapshot,
    require: Callable[..., PolicyBundle] = bundles.require,
) -> NamedBundle:
    files, given = _sources(chosen, located, snapshot)
    parameters = given | {str(rule): values for rule, values in chosen.parameters.items()}
    loaded = require(files, parameters, located=lambda path: located(("parameters", *path)))
    if chosen.families:
        _refuse_empty(chosen, loaded, located)
        wanted = [rule.id for rule in loaded.rules if rule.id.partition("/")[0] in chosen.families]
        loaded = bundles.restrict(loaded, wanted)
    folders = tuple(f"{rule.module.rpartition('/')[0]}/" for rule in loaded.rules)
    schemas = {
        p: t for p, t in files.items() if p.endswith(".schema.json") and p.startswith(folders)
    }
    archive = chosen.bundle
    path = chosen.path if archive is None else str(archive.file or archive.url)
    return NamedBundle(chosen.name, loaded, path, schemas)


def _sources(
    chosen: PolicySet, located: Located, snapshot: Snapshot
) -> tuple[dict[str, str], dict[str, Json]]:
    """Return a set's files, as if its folder were called `policies`, and parameters with them.

    Samples, tests and pages are named only, so that a file in no place of the layout is seen.
    """
    if chosen.bundle is not None:
        found = policy_archives.rules_of(
            chosen.bundle, snapshot, lambda path: located(("bundle", *path))
        )
        return dict(found.files), dict(found.parameters)
    prefix = f"{chosen.path}/"
    placed = {
        f"{bundles.ROOT}/{path.removeprefix(prefix)}": (path, read)
        for path, read in snapshot.files(prefix).items()
    }
    texts = {
        place: _text(path, read()) if place.endswith(_READ) else ""  # the others decide nothing
        for place, (path, read) in placed.items()
        if not bundles.is_archive(place)
    }
    return texts, {}


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

"""Everything that is wrong with one state of the repository, before any rule is asked."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.errors import InvalidRepositoryError, UsageError
from controlplane.operations import policies, rule_names, trust
from controlplane.policy.errors import PolicyLoadError
from controlplane.repo import locks
from controlplane.repo.derived import Derived
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.repository import Layout
from controlplane.values import Problem


def lint(snapshot: Snapshot) -> tuple[Problem, ...]:
    """Return every problem of a snapshot, of its locks, rules' names and keys too, by place."""
    if isinstance(snapshot, Derived) and snapshot.plain:
        locked = locks.check_some(snapshot, snapshot.owners)
    else:
        locked = locks.check(snapshot)
    # Of rules and keys all are looked at: there are few, and what is meant may have gone elsewhere.
    whole = (*rule_names.check(snapshot), *trust.check(snapshot), *_absent(snapshot))
    return tuple(sorted({*snapshot.problems, *locked, *whole}))


def _absent(snapshot: Snapshot) -> Iterator[Problem]:
    """Yield the folders that a layout names and that hold nothing: what stands elsewhere is unread.

    A default that nobody wrote down may be absent.
    """
    repository = snapshot.repository()
    layout = repository.spec.layout if repository is not None else Layout()
    for name in sorted(layout.model_fields_set):
        folder = getattr(layout, name)
        if repository is not None and next(iter(snapshot.below(f"{folder}/")), None) is None:
            yield Problem(
                snapshot.locate("Repository", repository.identity, ("spec", "layout", name)),
                "layout/absent",
                f"there is nothing below {folder}/, where {name} are to be kept",
                "name the folder that holds them, or leave the field out",
            )


def lint_file(snapshot: Snapshot, path: str) -> tuple[Problem, ...]:
    """Return the problems of one file of a snapshot, those of a rule when it stands there.

    Raises UsageError for a file that is not read at all, so that nobody takes silence for praise.
    """
    places = snapshot.places
    if not places.is_resource(path) and not path.startswith(places.roots):
        raise UsageError(
            f"{path} is no file that is read here, so nothing can be said about it",
            remedy=f"resources are YAML below {', '.join(places.resources)}; rules are below "
            f"{places.policies}",
        )
    found = set(lint(snapshot))
    if path.startswith(places.policies):
        found |= _policy_problems(snapshot)
    return tuple(sorted(problem for problem in found if problem.position.path == path))


def _policy_problems(snapshot: Snapshot) -> set[Problem]:
    try:
        policies.policy_sets(snapshot)
    except PolicyLoadError as error:
        return set(error.problems)
    except InvalidRepositoryError:
        return set()  # without a repository.yaml nothing says which policies count
    return set()


def require_sound(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot, or raise InvalidRepositoryError where lint finds anything.

    What is rendered, planned or applied is what lint and the gate accept, and nothing else.
    """
    problems = lint(snapshot)
    if problems:
        first = problems[0]
        raise InvalidRepositoryError(
            f"{snapshot.revision} has {len(problems)} problem(s), the first at "
            f"{first.position}: {first.message}",
            remedy="run `cpctl lint` to see all of them",
        )
    return snapshot

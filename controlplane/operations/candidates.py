"""Policies that are not in force: those of another revision, of a working tree, or of a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from controlplane.errors import UsageError
from controlplane.operations.asking_again import Answered, Panel, Plan
from controlplane.operations.policies import NamedBundle, policy_sets
from controlplane.policy import bundle as bundles
from controlplane.policy.engine import PolicyEngine
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.model import PolicyBundle
from controlplane.repo.errors import UnknownRevisionError
from controlplane.repo.git import EntryKind, GitRepository
from controlplane.repo.layout import REPOSITORY_FILE
from controlplane.repo.snapshot import Snapshot, read, read_worktree
from controlplane.repo.source import MAX_CONTENT, WorktreeSource
from controlplane.values import Position, Problem
from evidence.canonical import Json


@dataclass(frozen=True)
class Candidates:
    """Policies to try: what they are in words, their sets, and where their files really are.

    `folder` is what was named and stands for `inside` in the paths of problems; None: a revision.
    """

    words: str
    sets: tuple[NamedBundle, ...] = ()
    folder: Path | None = None
    inside: str = ""

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Let a PolicyLoadError pass that says places as the folder was named."""
        try:
            yield
        except PolicyLoadError as error:
            if self.folder is None:
                raise
            found = [_below(self.folder, self.inside, each) for each in error.problems]
            raise PolicyLoadError(found) from error


def _below(folder: Path, inside: str, problem: Problem) -> Problem:
    place = folder / problem.position.path.removeprefix(inside)
    return replace(problem, position=replace(problem.position, path=str(place)))


class CandidatePanel(Panel):
    """Candidates in an evaluator; where it refuses them, places are said as they were named."""

    def __init__(self, engine: PolicyEngine, chosen: Candidates) -> None:
        super().__init__(engine, [each.bundle for each in chosen.sets], believing=True)
        self._chosen = chosen

    def answers(self, plans: Sequence[Plan]) -> list[Answered]:
        """Return what the candidates say; raises as `Panel.answers` does."""
        with self._chosen.placed():
            return super().answers(plans)


def candidates(repository: GitRepository, named: str, head: Snapshot) -> Candidates:
    """Return what `named` is, and its policy sets.

    A folder with a repository.yaml counts as it says; any other folder is one set, judged with the
    parameters that `head` gives its rules. What is no folder is a revision.

    Raises PolicyLoadError or InvalidRepositoryError where they cannot be used, UsageError for what
    is neither folder nor revision.
    """
    folder = Path(named)
    if not folder.is_dir():
        return Candidates(f"revision {named}", policy_sets(_revision(repository, named)))
    if (folder / REPOSITORY_FILE).is_file():
        tree = Candidates(f"the working tree {named}", folder=folder)
        with tree.placed():
            return replace(tree, sets=policy_sets(read_worktree(folder)))
    root = folder if (folder / bundles.ROOT).is_dir() else folder.resolve().parent
    prefix = bundles.ROOT if root == folder else folder.resolve().name
    words = f"the folder {named}, with the parameters of {head.revision}"
    inside = "" if root == folder else f"{bundles.ROOT}/"
    chosen = Candidates(words, folder=folder, inside=inside)
    with chosen.placed():
        bundle = _bundle(dict(_texts(root, f"{prefix}/")), head)
    return replace(chosen, sets=(NamedBundle(folder.resolve().name, bundle),))


def _bundle(texts: Mapping[str, str], head: Snapshot) -> PolicyBundle:
    known = {f"{m['family']}/{m['rule']}" for m in map(bundles.rule_of, texts) if m}
    parameters = {rule: v for rule, v in _parameters(head).items() if rule in known}
    return bundles.require(texts, parameters)


def _revision(repository: GitRepository, named: str) -> Snapshot:
    try:
        return read(repository, named)
    except UnknownRevisionError as error:
        raise UsageError(
            f"`{named}` is neither a folder nor a revision of this repository",
            remedy="name a branch, a tag, a commit, or a folder with policies",
        ) from error


def _texts(root: Path, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield path → text of a folder of policies, as if it were called `policies`."""
    source = WorktreeSource(root, None)
    for entry in source.below(prefix):
        path = f"{bundles.ROOT}/{entry.path.removeprefix(prefix)}"
        if entry.kind is EntryKind.SYMLINK:
            text = "a symbolic link, which policies may not be"
            problem = Problem(Position(path), "policy/link", text, "put the file here")
            raise PolicyLoadError([problem])
        try:
            yield path, source.read(entry, MAX_CONTENT).decode()
        except UnicodeDecodeError as error:
            problem = Problem(Position(path), "policy/encoding", "not UTF-8", "save it as UTF-8")
            raise PolicyLoadError([problem]) from error


def _parameters(head: Snapshot) -> Mapping[str, Json]:
    repository = head.repository()
    sets = repository.spec.policy_sets if repository is not None else ()
    return {str(rule): values for each in sets for rule, values in each.parameters.items()}

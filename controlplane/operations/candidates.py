"""Policies that are not in force: those of another revision, of a working tree, or of a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from controlplane.errors import UsageError
from controlplane.operations.policies import NamedBundle, policy_sets
from controlplane.policy import bundle as bundles
from controlplane.policy.errors import PolicyLoadError
from controlplane.repo.errors import UnknownRevisionError
from controlplane.repo.git import EntryKind, GitRepository
from controlplane.repo.layout import REPOSITORY_FILE
from controlplane.repo.snapshot import Snapshot, read, read_worktree
from controlplane.repo.source import MAX_CONTENT, WorktreeSource
from controlplane.values import Position, Problem
from evidence.canonical import Json


def candidates(
    repository: GitRepository, named: str, head: Snapshot
) -> tuple[str, tuple[NamedBundle, ...]]:
    """Return what `named` is, in words, and its policy sets.

    A folder with a repository.yaml counts as it says; any other folder is one set, judged with the
    parameters that `head` gives its rules. What is no folder is a revision.

    Raises PolicyLoadError or InvalidRepositoryError where they cannot be used, UsageError for what
    is neither folder nor revision.
    """
    folder = Path(named)
    if not folder.is_dir():
        return f"revision {named}", policy_sets(_revision(repository, named))
    if (folder / REPOSITORY_FILE).is_file():
        return f"the working tree {named}", policy_sets(read_worktree(folder))
    root = folder if (folder / bundles.ROOT).is_dir() else folder.resolve().parent
    prefix = bundles.ROOT if root == folder else folder.resolve().name
    texts = dict(_texts(root, f"{prefix}/"))
    known = {f"{m['family']}/{m['rule']}" for m in map(bundles.rule_of, texts) if m}
    parameters = {rule: v for rule, v in _parameters(head).items() if rule in known}
    bundle = bundles.require(texts, parameters)
    words = f"the folder {named}, with the parameters of {head.revision}"
    return words, (NamedBundle(folder.resolve().name, bundle),)


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

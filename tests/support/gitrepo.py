"""Git repositories for tests, made of the files one writes down."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pygit2

WHO = pygit2.Signature("Ada Lovelace", "ada@acme.example", 1_767_225_600, 60)
Content = str | bytes


class TestRepository:
    """A repository at `path`; each commit holds the files it is given, and nothing else."""

    __test__ = False

    def __init__(self, path: Path, *, bare: bool = False) -> None:
        self.path = path
        self.git = pygit2.init_repository(str(path), bare=bare, initial_head="main")

    def commit(
        self,
        files: Mapping[str, Content],
        *,
        modes: Mapping[str, int] | None = None,
        links: Mapping[str, str] | None = None,
        submodules: Mapping[str, str] | None = None,
        parents: list[str] | None = None,
        branch: str = "main",
        message: str = "change",
    ) -> str:
        """Commit exactly these files on `branch` and return the commit's id."""
        every: dict[str, tuple[str, int]] = {}
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            mode = (modes or {}).get(path, 0o100644)
            every[path] = (str(self.git.create_blob(data)), mode)
        for path, target in (links or {}).items():
            every[path] = (str(self.git.create_blob(target.encode())), 0o120000)
        for path, commit in (submodules or {}).items():
            every[path] = (commit, 0o160000)
        reference = f"refs/heads/{branch}"
        if parents is None:
            known = self.git.references.get(reference)
            parents = [] if known is None else [str(known.target)]
        tree = self._tree(every)
        made = self.git.create_commit(
            None, WHO, WHO, message, tree, [pygit2.Oid(hex=p) for p in parents]
        )
        self.git.references.create(reference, made, force=True)
        return str(made)

    def branch(self, name: str, commit: str) -> None:
        """Let a branch name this commit, whatever it named before."""
        self.git.references.create(f"refs/heads/{name}", pygit2.Oid(hex=commit), force=True)

    def _tree(self, files: Mapping[str, tuple[str, int]]) -> pygit2.Oid:
        builder = self.git.TreeBuilder()
        below: dict[str, dict[str, tuple[str, int]]] = {}
        for path, what in files.items():
            first, slash, rest = path.partition("/")
            if slash:
                below.setdefault(first, {})[rest] = what
            else:
                builder.insert(first, pygit2.Oid(hex=what[0]), what[1])
        for name, inner in below.items():
            builder.insert(name, self._tree(inner), 0o040000)
        return builder.write()

    def checkout(self, files: Mapping[str, Content]) -> None:
        """Write files into the working tree, as an editor would."""
        for path, content in files.items():
            place = self.path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)

"""A revision of the repository as resources: what it declares, and everything that is wrong.

Files are parsed when the snapshot is read; models are built when they are asked for, and places
of fields only where something is said about them. A snapshot with problems must not be judged:
`problems` is empty or the repository is invalid.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from controlplane.errors import InvalidRepositoryError, UsageError
from controlplane.repo import checks, paths, yaml
from controlplane.repo.cache import ParseCache, beside
from controlplane.repo.checks import Document
from controlplane.repo.errors import NotARepositoryError
from controlplane.repo.git import Commit, Entry, EntryKind, GitRepository
from controlplane.repo.layout import CONTENT, REPOSITORY_FILE, Places, content_of
from controlplane.repo.parse import ParsedFile
from controlplane.repo.source import (
    MAX_CONTENT,
    CommitSource,
    IndexSource,
    NoSource,
    PartSource,
    Source,
    WorktreeSource,
)
from controlplane.resources import KINDS, Resource, parse
from controlplane.resources.repository import Repository
from controlplane.values import FieldPath, Position, Problem
from evidence.canonical import digest, digest_bytes


@dataclass(frozen=True)
class Contents:
    """The files of a source, by path, and what is wrong with the paths."""

    places: Places
    entries: Mapping[str, Entry]
    problems: tuple[Problem, ...]


class Snapshot:
    """What one state of the repository declares.

    `revision` is how it was asked for; `commit` is None for the index and the working tree;
    `tree_id` names the state. `documents` are in the order of their paths, `problems` sorted.
    Nothing of it changes after reading.
    """

    def __init__(
        self, source: Source, contents: Contents, parsed: Mapping[str, ParsedFile]
    ) -> None:
        self._source = source
        self._contents = contents
        self._parsed = parsed
        self._resources: dict[tuple[str, str], Resource] = {}
        self._digests: dict[str, str] = {}
        self._marks: dict[str, list[yaml.StrictDocument]] = {}
        self.worked_out: dict[str, Any] = {}
        """What other modules worked out of it, by their names; kept for as long as it is."""
        self._kinds: dict[str, _Resources] = {}
        self._folders: dict[str, Mapping[str, Callable[[], bytes]]] = {}

    @property
    def revision(self) -> str:
        """How the state was asked for: a revision, `index` or `working tree`."""
        return self._source.revision

    @property
    def commit(self) -> Commit | None:
        """The commit, where the state is one."""
        return self._source.commit

    @property
    def tree_id(self) -> str:
        """The id of the Git tree, or a digest that names a state which is none."""
        return self._source.tree_id

    @property
    def places(self) -> Places:
        """Where this revision keeps its things."""
        return self._contents.places

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Every file that was looked at, by path."""
        return self._contents.entries

    @property
    def parsed(self) -> Mapping[str, ParsedFile]:
        """The files that hold resources, by path."""
        return self._parsed

    def top(self) -> Iterator[Entry]:
        """Yield what stands at the root, directories that are not looked at, too."""
        return self._source.top()

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """Every document, valid or not."""
        return tuple(self.in_files(self._parsed))

    def in_files(self, chosen: Collection[str]) -> Iterator[Document]:
        """Yield the documents of some files, valid or not."""
        for path in sorted(chosen):
            file = self._parsed.get(path)
            for number, parsed in enumerate(file.documents if file is not None else ()):
                yield Document(path, number, self.entries[path].blob_id, parsed)

    @cached_property
    def index(self) -> Mapping[str, Mapping[str, Document]]:
        """The documents by kind and identity; of duplicates the first."""
        return checks.index(self.documents)

    @cached_property
    def names(self) -> checks.Names:
        """What references can mean in this snapshot."""
        return checks.Names(self.index)

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong, sorted by place."""
        return self.everything_wrong()

    def wrong_in_files(self, chosen: Collection[str]) -> Iterator[Problem]:
        """Yield what is wrong with some files, each by itself."""
        for path in chosen:
            file = self._parsed.get(path)
            for problem in file.problems if file is not None else ():
                place = Position(path, problem.position.line, problem.position.column)
                yield Problem(place, problem.code, problem.message, problem.remedy)

    def everything_wrong(self) -> tuple[Problem, ...]:
        """Return everything that is wrong, looking at everything."""
        found = [*self._contents.problems, *self.wrong_in_files(self._parsed)]
        found.extend(self.payloads_of_nobody())
        unread = self.unread(self._parsed)
        found.extend(checks.check(self.documents, self.index, self._locate, unread))
        return tuple(sorted(set(found)))

    def payloads_of_nobody(self) -> Iterator[Problem]:
        """Yield what looks like a resource and is not read, being below `content/` of no pack."""
        return _nobodys(self.entries, self._parsed, self.places)

    def unread(self, chosen: Collection[str]) -> frozenset[str]:
        """Return the words in the paths of those files of which not all can be told."""
        files = ((path, self._parsed.get(path)) for path in chosen)
        broken = [p for p, f in files if f and f.problems and not _all_named(f)]
        broken += [problem.position.path for problem in self._contents.problems]
        return frozenset(word for path in broken for word in re.split(r"[/.]", path))

    def require_valid(self) -> Snapshot:
        """Return this snapshot, or raise InvalidRepositoryError where it has problems."""
        if self.problems:
            first = self.problems[0]
            raise InvalidRepositoryError(
                f"{self.revision} has {len(self.problems)} problem(s), the first at "
                f"{first.position}: {first.message}",
                remedy="run `cpctl lint` to see all of them",
            )
        return self

    def document(self, kind: str, identity: str) -> Document | None:
        """Return the document that declares a resource, valid or not."""
        return self.index.get(kind, {}).get(identity)

    def get(self, kind: str, identity: str) -> Resource | None:
        """Return a resource, None where it is not declared or not valid."""
        document = self.document(kind, identity)
        if document is None or not document.parsed.valid:
            return None
        if (kind, identity) not in self._resources:
            known = document.parsed.resource
            self._resources[kind, identity] = known or parse(document.parsed.data)
        return self._resources[kind, identity]

    def of_kind(self, kind: str) -> Mapping[str, Resource]:
        """Return the valid resources of a kind by identity, each built when it is asked for."""
        if kind not in self._kinds:
            self._kinds[kind] = _Resources(self, kind)
        return self._kinds[kind]

    def valid(self, kind: str) -> list[str]:
        """Return the identities of the valid resources of a kind, sorted."""
        documents = self.index.get(kind, {})
        return sorted(identity for identity, d in documents.items() if d.parsed.valid)

    def packs(self, name: str) -> Mapping[str, Resource]:
        """Return the valid versions of a pack, by version."""
        versions = {v: self.get("Pack", f"{name}@{v}") for v in self.names.versions(name)}
        return {version: pack for version, pack in versions.items() if pack is not None}

    def repository(self) -> Repository | None:
        """Return the document in `repository.yaml`, None where it is missing or not valid."""
        for document in self.in_files((REPOSITORY_FILE,)):
            if document.parsed.valid:
                found = parse(document.parsed.data)
                return found if isinstance(found, Repository) else None
        return None

    def locate(self, kind: str, identity: str, path: FieldPath) -> Position:
        """Return where a field stands, or what is nearest where it is not written down.

        Raises KeyError for a resource that this snapshot does not declare.
        """
        return self._locate(self.index[kind][identity], path)

    def _locate(self, document: Document, path: FieldPath) -> Position:
        if document.path not in self._marks:
            data = self._source.read(self.entries[document.path], yaml.DEFAULT.size)
            self._marks[document.path] = yaml.places(data, document.path)
        marks = self._marks[document.path]
        if document.index >= len(marks):
            return document.position
        line, column = marks[document.index].locate(path)
        return Position(document.path, line, column)

    def files(self, prefix: str) -> Mapping[str, Callable[[], bytes]]:
        """Return a way to read each file below `prefix` (ending in a slash), by its whole path.

        Reading raises TooLargeError above 16 MiB. Links and submodules are left out.
        """
        if prefix not in self._folders:
            self._folders[prefix] = {
                path: partial(self._source.read, entry, MAX_CONTENT)
                for path, entry in self.below(prefix)
                if _is_file(entry)
            }
        return self._folders[prefix]

    def below(self, prefix: str) -> Iterator[tuple[str, Entry]]:
        """Yield the files below `prefix` (ending in a slash) by their whole path, in order."""
        return ((path, each) for path, each in self.entries.items() if path.startswith(prefix))

    def file(self, path: str) -> bytes | None:
        """Return the bytes of one file, None where there is none; raises as `files` does."""
        entry = self.entries.get(path)
        if entry is None or not _is_file(entry):
            return None
        return self._source.read(entry, MAX_CONTENT)

    def pinned(self, digest: str) -> bytes | None:
        """Return a file that is only named here, by its digest; None where it is not at hand."""
        return self._source.pinned.get(digest)

    def digest_of(self, prefix: str) -> str:
        """Return the digest of everything below `prefix` (ending in a slash).

        It is taken over the canonical JSON of [[path below prefix, sha256 of the content], …],
        sorted by path; of nothing it is the digest of the empty list.
        """
        files = self.files(prefix)
        return digest([[p.removeprefix(prefix), digest_bytes(files[p]())] for p in sorted(files)])

    def content_prefix(self, pack: str) -> str:
        """Return the directory of a pack's payload, by `name@version`; KeyError if unknown."""
        return content_of(self.index["Pack"][pack].path)

    def content_digest(self, pack: str) -> str:
        """Return the digest of a pack's payload, by `name@version`; KeyError if unknown."""
        if pack not in self._digests:
            self._digests[pack] = self.digest_of(self.content_prefix(pack))
        return self._digests[pack]


def _all_named(file: ParsedFile) -> bool:
    """Whether it can be told what a file declares; one of an unknown kind may be meant as any."""
    return bool(file.documents) and all(d.identity and d.kind in KINDS for d in file.documents)


class _Resources(Mapping[str, Resource]):
    """The resources of one kind, built one by one."""

    def __init__(self, snapshot: Snapshot, kind: str) -> None:
        self._snapshot, self._kind = snapshot, kind

    @cached_property
    def _identities(self) -> list[str]:
        return self._snapshot.valid(self._kind)

    def __getitem__(self, identity: str) -> Resource:
        found = self._snapshot.get(self._kind, identity)
        if found is None:
            raise KeyError(identity)
        return found

    def __contains__(self, identity: object) -> bool:
        documents = self._snapshot.index.get(self._kind, {})
        return identity in documents and documents[str(identity)].parsed.valid

    def __iter__(self) -> Iterator[str]:
        return iter(self._identities)

    def __len__(self) -> int:
        return len(self._identities)


def nothing() -> Snapshot:
    """Return the snapshot of what was before the first commit: no resources, no policies."""
    return snapshot(NoSource())


def read(
    repository: GitRepository, revision: str, remembered: ParseCache | None = None
) -> Snapshot:
    """Return the snapshot of a commit. Raises UnknownRevisionError, MissingObjectError.

    Files that were parsed before are not parsed again: `remembered` is the cache to use, by default
    the one that is kept beside the repository's objects.
    """
    return snapshot(CommitSource(repository, revision), remembered or beside(repository.git_dir))


def read_index(repository: GitRepository, file: Path | None = None) -> Snapshot:
    """Return the snapshot of what would be committed now, from the index in `file` if given.

    Raises NotARepositoryError for a bare repository, which has no index.
    """
    if repository.work_dir is None and file is None:
        raise NotARepositoryError(
            f"{repository.git_dir} is a bare repository: it has no index",
            remedy="name a revision: `--rev HEAD`",
        )
    return snapshot(IndexSource(repository, file), beside(repository.git_dir))


def read_part(repository: GitRepository, revision: str, part: str = "") -> Snapshot:
    """Return what the files at the root of a commit and below `part` declare, and nothing else.

    What they refer to elsewhere is not looked for. Raises as `read` does.
    """
    return snapshot(PartSource(repository, revision, part))


def read_worktree(path: str | Path, replaced: Mapping[str, bytes] | None = None) -> Snapshot:
    """Return the snapshot of the files as they stand, at `path` or the repository around it.

    `replaced` gives files other bytes than they have, or adds them. Raises NotARepositoryError
    where there is neither a Git repository nor a `repository.yaml`.
    """
    root, repository = _worktree(Path(path))
    remembered = ParseCache(None) if repository is None else beside(repository.git_dir)
    return snapshot(WorktreeSource(root, repository, replaced), remembered)


def root_of(path: str | Path) -> Path:
    """Return the directory that `read_worktree` reads. Raises NotARepositoryError."""
    return _worktree(Path(path))[0]


def inside(root: Path, path: str | Path) -> str:
    """Return the path of a file, there or not, relative to `root`, as entries name it.

    A relative path counts from the present directory where it leads below `root`, else from `root`.
    Raises UsageError for a path that leads outside, or to no file.
    """
    above = root.resolve()
    every = (Path.cwd() / path, above / path)
    # The folder may be reached through a link; the file itself is never followed.
    places = [Path(os.path.normpath(p.parent.resolve() / p.name)) for p in every]
    below = [p for p in places if p.is_relative_to(above) and p != above]
    found = next((p for p in below if p.exists()), below[0] if below else above)
    if found == above or ".git" in found.relative_to(above).parts:
        raise UsageError(
            f"{path} is not a file inside the repository at {root}",
            remedy="name the file as the repository has it, such as tenants/acme/tenant.yaml",
        )
    if found.is_dir():
        raise UsageError(f"{path} is a folder", remedy="name a file in it")
    return found.relative_to(above).as_posix()


def _worktree(place: Path) -> tuple[Path, GitRepository | None]:
    try:
        repository = GitRepository.open(place)
    except NotARepositoryError:
        if not (place / REPOSITORY_FILE).is_file():
            raise
        return place, None
    if repository.work_dir is None:
        raise NotARepositoryError(
            f"{place} is a bare repository: it has no working tree",
            remedy="name a revision: `--rev HEAD`",
        )
    return repository.work_dir, repository


def snapshot(source: Source, remembered: ParseCache | None = None) -> Snapshot:
    """Return what `source` declares; `remembered` spares parsing files again."""
    parse_blob = remembered or ParseCache(None)
    top = list(source.top())
    first = next((e for e in top if e.path == REPOSITORY_FILE and _is_file(e)), None)
    problems: list[Problem] = []
    parsed: dict[str, ParsedFile] = {}
    places = Places()
    if first is None:
        problems.append(_no_repository_file(top))
    elif source.size(first) <= yaml.DEFAULT.size:
        parsed[first.path] = parse_entry(source, first, parse_blob)
        places = places_of(parsed[first.path])
    entries = {entry.path: entry for entry in top if entry.kind is not EntryKind.TREE}
    for root in places.roots:
        entries.update((entry.path, entry) for entry in source.below(root))
    problems.extend(paths.check((*top, *entries.values()), partial(_link, source)))
    problems.extend(_cannot_read(source, entries, places))
    bad = {problem.position.path for problem in problems}
    for path, entry in entries.items():
        if path not in parsed and path not in bad and _is_file(entry) and places.is_resource(path):
            parsed[path] = parse_entry(source, entry, parse_blob)
    parse_blob.flush()
    return Snapshot(source, Contents(places, entries, tuple(problems)), parsed)


def _nobodys(
    entries: Mapping[str, Entry], parsed: Mapping[str, ParsedFile], places: Places
) -> Iterator[Problem]:
    """Yield what looks like a resource and is not read, being below `content/` beside no pack."""
    beside = {path.rpartition("/")[0] for path in parsed}
    for path in entries:
        if places.is_payload(path) and path.partition(f"/{CONTENT}/")[0] not in beside:
            text = f"payload of no pack: no resource stands beside the directory `{CONTENT}`"
            yield Problem(Position(path), "file/payload", text, "rename or remove the directory")


def _is_file(entry: Entry) -> bool:
    return entry.kind in (EntryKind.FILE, EntryKind.EXECUTABLE)


def parse_entry(source: Source, entry: Entry, parse_blob: ParseCache) -> ParsedFile:
    """Return the parsed form of a file of `source`, from memory where it was parsed before."""
    return parse_blob(entry.blob_id, partial(source.read, entry, yaml.DEFAULT.size))


def places_of(file: ParsedFile) -> Places:
    """Return where a revision keeps its things, as its repository.yaml says."""
    for document in file.documents:
        if document.valid and document.kind == "Repository":
            found = parse(document.data)
            if isinstance(found, Repository):
                return Places.of(found.spec.layout)
    return Places()


def _no_repository_file(top: list[Entry]) -> Problem:
    what = "there is no repository.yaml at the root" if top else "the repository is empty"
    remedy = "run `cpctl init` to write a working repository"
    return Problem(Position(REPOSITORY_FILE), "repository/missing", what, remedy)


def _link(source: Source, entry: Entry) -> str:
    return source.read(entry, 4096).decode("utf-8", "backslashreplace")


def _cannot_read(source: Source, entries: Mapping[str, Entry], places: Places) -> Iterator[Problem]:
    """Yield the problems of files that are too large, special, or in conflict."""
    unmerged = source.unmerged if isinstance(source, IndexSource) else frozenset()
    special = source.special if isinstance(source, WorktreeSource) else frozenset()
    for path, entry in entries.items():
        if path in unmerged:
            text = "the merge of this file is not finished"
            yield Problem(Position(path), "file/unmerged", text, "resolve it and `git add` it")
        elif path in special:
            text = "neither a file nor a directory"
            yield Problem(Position(path), "file/special", text, "remove it")
        elif places.is_resource(path) and _is_file(entry):
            size = source.size(entry)
            if size > yaml.DEFAULT.size:
                yield yaml.too_large(path, size, yaml.DEFAULT)

"""Repositories that are odd, incomplete or meant to deceive."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pygit2
import pytest

from controlplane.errors import ControlPlaneError
from controlplane.repo.errors import (
    MissingObjectError,
    NotARepositoryError,
    ShallowRepositoryError,
    UnknownRevisionError,
    UnsupportedRepositoryError,
)
from controlplane.repo.git import GitRepository, objects
from controlplane.repo.snapshot import read, read_index, read_worktree
from tests.support import documents
from tests.support.gitrepo import TestRepository
from tests.support.hostile_git import commit_graph

TENANT = "tenants/acme/tenant.yaml"


def problems(path: Path) -> list[tuple[str, str]]:
    found = read(GitRepository.open(path), "main").problems
    assert all(problem.message and problem.remedy for problem in found)
    return [(str(problem.position), problem.code) for problem in found]


@pytest.mark.parametrize(
    ("target", "outside"), [("tenant.yaml", False), ("../../../etc/passwd", True), ("/etc", True)]
)
def test_a_symbolic_link_is_not_followed(tmp_path: Path, target: str, outside: bool) -> None:
    links = {"tenants/acme/link.yaml": target}
    TestRepository(tmp_path).commit(documents.repository(), links=links)
    (problem,) = read(GitRepository.open(tmp_path), "main").problems
    assert (str(problem.position), problem.code) == ("tenants/acme/link.yaml:1:1", "path/symlink")
    assert ("outside" in problem.message) is outside


def test_a_directory_that_is_a_link_is_not_entered(tmp_path: Path) -> None:
    files = {k: v for k, v in documents.repository().items() if not k.startswith("tenants/")}
    TestRepository(tmp_path).commit(files, links={"tenants": "/somewhere"})
    assert problems(tmp_path) == [("tenants:1:1", "path/symlink")]


def test_a_submodule_is_named(tmp_path: Path) -> None:
    TestRepository(tmp_path).commit(documents.repository(), submodules={"catalog/sub": "1" * 40})
    assert problems(tmp_path) == [("catalog/sub:1:1", "path/submodule")]


@pytest.mark.parametrize(
    "other", ["tenants/Acme/extra.yaml", "Tenants/x.yaml", "tenants/acme/TENANT.yaml"]
)
def test_names_that_collide_where_case_is_ignored(tmp_path: Path, other: str) -> None:
    TestRepository(tmp_path).commit(
        documents.repository() | {other: documents.tenant(name="other")}
    )
    assert "path/collision" in {code for _, code in problems(tmp_path)}


def test_names_that_differ_only_in_unicode_form(tmp_path: Path) -> None:
    files = {"templates/caf\u00e9.j2": "x", "templates/cafe\u0301.j2": "x"}
    TestRepository(tmp_path).commit(documents.repository() | files)
    assert [code for _, code in problems(tmp_path)] == ["path/collision"]


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    repository = TestRepository(tmp_path)
    repository.commit(documents.repository())
    git = repository.git
    blob = git.create_blob(b"x").raw
    tree = git.write(pygit2.enums.ObjectType.TREE, b"100644 \xff.yaml\0" + blob)
    root = git.TreeBuilder(git.revparse_single("main^{tree}"))
    root.insert("trust", tree, 0o040000)
    who = pygit2.Signature("a", "a@b.example", 0, 0)
    git.create_commit("refs/heads/main", who, who, "x", root.write(), [git.head.target])
    assert problems(tmp_path) == [("trust/\\xff.yaml:1:1", "path/not-utf-8")]


@pytest.mark.parametrize("name", [b"trust/\xff.yaml", b"trust/d\xff/x.yaml", b"\xff.txt"])
def test_a_name_that_is_not_utf8_on_disk_and_in_the_index(tmp_path: Path, name: bytes) -> None:
    TestRepository(tmp_path).commit(documents.repository())
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "reset", "--quiet", "--hard"], check=True)
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("x", "utf-8")
    subprocess.run([*git, "add", "--all"], check=True)
    shown = name.decode("utf-8", "backslashreplace")
    for found in (read_worktree(tmp_path), read_index(GitRepository.open(tmp_path))):
        assert [(p.position.path, p.code) for p in found.problems] == [(shown, "path/not-utf-8")]


def test_a_name_cannot_add_a_line_to_what_is_said(tmp_path: Path) -> None:
    TestRepository(tmp_path).commit(documents.repository() | {"trust/x\nall is well\u202e": "x"})
    (problem,) = read(GitRepository.open(tmp_path), "main").problems
    assert str(problem.position) == r"trust/x\nall is well\u202e:1:1"


@pytest.mark.parametrize("name", [b"..", b".git", b".GIT"])
def test_a_tree_that_leaves_its_directory(tmp_path: Path, name: bytes) -> None:
    repository = TestRepository(tmp_path)
    repository.commit(documents.repository())
    git = repository.git
    inner = git.write(
        pygit2.enums.ObjectType.TREE, b"100644 a.yaml\0" + git.create_blob(b"a: b\n").raw
    )
    trust = git.write(pygit2.enums.ObjectType.TREE, b"40000 " + name + b"\0" + inner.raw)
    entries = [(e.name, e.id, e.filemode) for e in git.revparse_single("main^{tree}")]
    entries.append(("trust", trust, 0o040000))
    raw = b"".join(
        f"{int(mode):o} {title}".encode() + b"\0" + oid.raw for title, oid, mode in sorted(entries)
    )
    root = git.write(pygit2.enums.ObjectType.TREE, raw)
    text = f"tree {root}\nauthor a <a@b.example> 0 +0000\ncommitter a <a@b.example> 0 +0000\n\nx\n"
    commit = git.write(pygit2.enums.ObjectType.COMMIT, text.encode())
    git.references.create("refs/heads/main", commit, force=True)
    assert "path/unsafe" in {code for _, code in problems(tmp_path)}


def test_a_large_file_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    big = b"a: b\n" * (11 * 1024 * 1024)
    repository = TestRepository(tmp_path)
    repository.commit(documents.repository() | {"tenants/big.yaml": big.decode()})
    git = GitRepository.open(tmp_path)
    read_blobs: list[str] = []
    original = git.blob
    git.blob = lambda blob, limit: read_blobs.append(blob) or original(blob, limit)  # type: ignore[method-assign,func-returns-value]
    found = read(git, "main")
    assert [p.code for p in found.problems] == ["file/too-large"]
    assert found.entries["tenants/big.yaml"].blob_id not in read_blobs
    assert len(read_blobs) == len(documents.repository())


def test_missing_and_cyclic_references(tmp_path: Path) -> None:
    files = documents.repository(tenant=documents.tenant(more="parent: other\n"))
    files["tenants/other/tenant.yaml"] = documents.tenant(name="other", more="parent: acme\n")
    files["tenants/self/tenant.yaml"] = documents.tenant(name="self", more="parent: self\n")
    files["tenants/lost/tenant.yaml"] = documents.tenant(name="lost", more="parent: acmee\n")
    TestRepository(tmp_path).commit(files)
    found = read(GitRepository.open(tmp_path), "main").problems
    assert [(str(p.position), p.code) for p in found] == [
        ("tenants/acme/tenant.yaml:14:11", "reference/cycle"),
        ("tenants/lost/tenant.yaml:14:11", "reference/missing"),
        ("tenants/self/tenant.yaml:14:11", "reference/cycle"),
    ]
    assert "acme → other → acme" in found[0].message
    assert found[1].remedy == "did you mean `acme`?"


def test_a_resource_that_is_declared_twice(tmp_path: Path) -> None:
    TestRepository(tmp_path).commit(
        documents.repository() | {"tenants/zz/tenant.yaml": documents.tenant()}
    )
    (problem,) = read(GitRepository.open(tmp_path), "main").problems
    assert (str(problem.position), problem.code) == (
        "tenants/zz/tenant.yaml:4:9",
        "reference/duplicate",
    )
    assert TENANT in problem.message


def test_a_broken_document_does_not_make_its_name_unknown(tmp_path: Path) -> None:
    broken = documents.CLUSTER + "  nonsense: 1\n"
    TestRepository(tmp_path).commit(documents.repository(cluster=broken))
    assert problems(tmp_path) == [("catalog/clusters/here.yaml:12:3", "field/extra-forbidden")]


@pytest.mark.parametrize(
    "broken",
    [
        b"\tkind: Cluster\n",
        b"\xff\xfe",
        b"",
        b"a: [\n",
        b"a: b\0\n",
        b"<<<<<<< ours\na: b\n=======\na: c\n>>>>>>> theirs\n",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    ],
)
def test_a_file_that_cannot_be_read_makes_nothing_unknown(tmp_path: Path, broken: bytes) -> None:
    files: dict[str, str | bytes] = dict(documents.repository())
    TestRepository(tmp_path).commit({**files, "catalog/clusters/here.yaml": broken})
    found = {place.partition(":")[0] for place, _ in problems(tmp_path)}
    assert found == {"catalog/clusters/here.yaml"}


def test_what_is_called_otherwise_is_missing_all_the_same(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = dict(documents.repository())
    del files["catalog/clusters/here.yaml"]
    TestRepository(tmp_path).commit({**files, "catalog/clusters/there.yaml": b"a: [\n"})
    assert "reference/missing" in {code for _, code in problems(tmp_path)}


def test_a_submodule_of_the_working_tree_is_not_read(tmp_path: Path) -> None:
    for path, text in documents.repository().items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    pygit2.init_repository(str(tmp_path))
    inner = pygit2.init_repository(str(tmp_path / "catalog" / "inner"))
    (Path(str(inner.workdir)) / "other.yaml").write_text("a: b\n")
    found = read_worktree(tmp_path).problems
    assert [(p.position.path, p.code) for p in found] == [("catalog/inner", "path/submodule")]


def test_a_bare_repository_has_no_index(tmp_path: Path) -> None:
    TestRepository(tmp_path, bare=True).commit(documents.repository())
    with pytest.raises(NotARepositoryError, match="no index"):
        read_index(GitRepository.open(tmp_path))


def test_a_bare_repository_is_read_by_revision_only(tmp_path: Path) -> None:
    TestRepository(tmp_path, bare=True).commit(documents.repository())
    assert problems(tmp_path) == []
    with pytest.raises(NotARepositoryError, match="bare repository"):
        read_worktree(tmp_path)


def test_a_detached_head(tmp_path: Path) -> None:
    repository = TestRepository(tmp_path)
    commit = repository.commit(documents.repository())
    repository.git.set_head(pygit2.Oid(hex=commit))
    git = GitRepository.open(tmp_path)
    assert git.head_name() is None
    assert read(git, "HEAD").problems == ()


def test_no_commit_yet(tmp_path: Path) -> None:
    TestRepository(tmp_path)
    git = GitRepository.open(tmp_path)
    assert git.head_name() == "main"
    with pytest.raises(UnknownRevisionError, match="no commit yet"):
        git.resolve("HEAD")


def test_a_shallow_clone_is_read_but_tells_no_ancestry(tmp_path: Path) -> None:
    origin = TestRepository(tmp_path / "origin")
    origin.commit(documents.repository())
    origin.commit(documents.repository(), message="two")
    clone = ["git", "clone", "-q", "--depth=1", f"file://{tmp_path}/origin", f"{tmp_path}/shallow"]
    subprocess.run(clone, check=True)
    git = GitRepository.open(tmp_path / "shallow")
    assert git.is_shallow
    head = git.resolve("HEAD")
    assert read(git, "HEAD").problems == ()
    with pytest.raises(ShallowRepositoryError) as raised:
        git.merge_base(head.id, head.id)
    assert "--unshallow" in raised.value.remedy


def test_an_object_that_is_missing_is_named(tmp_path: Path) -> None:
    repository = TestRepository(tmp_path)
    repository.commit(documents.repository())
    blob = str(repository.git.create_blob(documents.tenant().encode()))
    (tmp_path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(MissingObjectError, match=blob) as raised:
        read(GitRepository.open(tmp_path), "main")
    assert "partial clone" in raised.value.remedy


def test_a_sha256_repository_is_refused_with_the_remedy(tmp_path: Path) -> None:
    git = ["git", "init", "-q", "--object-format=sha256", str(tmp_path)]
    subprocess.run(git, check=True)
    with pytest.raises(UnsupportedRepositoryError) as raised:
        GitRepository.open(tmp_path)
    assert "sha1" in raised.value.remedy


def test_a_merge_that_is_not_finished_in_the_index(tmp_path: Path) -> None:
    repository = TestRepository(tmp_path)
    repository.commit(documents.repository())
    index = repository.git.index
    index.read_tree(repository.git.revparse_single("main^{tree}"))
    ours = index[TENANT]
    theirs = pygit2.IndexEntry(TENANT, repository.git.create_blob(b"x"), ours.mode)
    index.remove(TENANT)
    index.add_conflict(ours, ours, theirs)
    index.write()
    found = read_index(GitRepository.open(tmp_path)).problems
    assert [(str(p.position), p.code) for p in found] == [(f"{TENANT}:1:1", "file/unmerged")]


def test_the_working_tree_is_read_once_and_through_no_link(tmp_path: Path) -> None:
    repository = TestRepository(tmp_path)
    repository.checkout(documents.repository())
    (tmp_path / "tenants/link.yaml").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "tenants/pipe.yaml")
    found = read_worktree(tmp_path)
    (tmp_path / TENANT).write_text("changed: true\n")
    assert [(str(p.position), p.code) for p in found.problems] == [
        ("tenants/link.yaml:1:1", "path/symlink"),
        ("tenants/pipe.yaml:1:1", "file/special"),
    ]
    assert found.locate("Tenant", "acme", ("spec", "placements", 0, "target")).line == 10


def test_what_git_ignores_is_no_part_of_the_working_tree(tmp_path: Path) -> None:
    repository = TestRepository(tmp_path)
    repository.checkout(documents.repository() | {".gitignore": "*.bak.yaml\n"})
    repository.checkout({"tenants/x.bak.yaml": "a: no\n"})
    assert read_worktree(tmp_path).problems == ()


@pytest.mark.parametrize(
    "revision", ["nope", "HEAD~5", "", "main:tenants", "0" * 40, "\0", "^main"]
)
def test_a_revision_that_names_no_commit(tmp_path: Path, revision: str) -> None:
    TestRepository(tmp_path).commit(documents.repository())
    with pytest.raises(UnknownRevisionError):
        GitRepository.open(tmp_path).resolve(revision)


def test_every_error_here_has_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ControlPlaneError) as raised:
        GitRepository.open(tmp_path / "nowhere")
    assert raised.value.remedy


@pytest.mark.parametrize(
    "raw",
    [
        b"100644 a\0" + b"1" * 20 + b"100644 a\0" + b"2" * 20,
        b"100644 tenants/x.yaml\0" + b"1" * 20,
        b"100644 a\0cut",
        b"hello",
        b"xx a\0" + b"1" * 20,
        *(
            mode + b" a\0" + b"1" * 20
            for mode in (
                b"40755",
                b"120755",
                b"120777",
                b"160755",
                b"0100644",
                b"0o100644",
                b"+100644",
                b"100_644",
                b"100600",
                b" 100644",
                b"",
            )
        ),
    ],
)
def test_a_tree_that_git_would_not_write_is_damaged(tmp_path: Path, raw: bytes) -> None:
    git = pygit2.init_repository(str(tmp_path))
    tree = git.odb.write(pygit2.enums.ObjectType.TREE, raw)
    with pytest.raises(MissingObjectError, match="damaged"):
        list(GitRepository.open(tmp_path).tree(str(tree)))


def test_an_odd_mode_is_named_with_its_path(tmp_path: Path) -> None:
    git = pygit2.init_repository(str(tmp_path))
    inner = git.odb.write(pygit2.enums.ObjectType.TREE, b"40755 acme\0" + b"1" * 20)
    tree = git.odb.write(pygit2.enums.ObjectType.TREE, b"40000 tenants\0" + inner.raw)
    with pytest.raises(MissingObjectError, match="tenants/acme has the mode '40755'"):
        list(GitRepository.open(tmp_path).tree(str(tree)))


def test_trees_that_repeat_each_other_are_counted_without_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "MAX_TREE_ENTRIES", 1000)
    git = pygit2.init_repository(str(tmp_path))
    tree = git.odb.write(pygit2.enums.ObjectType.TREE, b"")
    for _ in range(12):  # 2^13 directories and no file
        raw = b"".join(b"40000 " + name + b"\0" + tree.raw for name in (b"a", b"b"))
        tree = git.odb.write(pygit2.enums.ObjectType.TREE, raw)
    with pytest.raises(UnsupportedRepositoryError, match="more than 1,000"):
        list(GitRepository.open(tmp_path).tree(str(tree)))


def test_a_commit_from_beyond_the_calendar_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    git = pygit2.init_repository(str(tmp_path))
    tree = git.odb.write(pygit2.enums.ObjectType.TREE, b"")
    who = "a <a@example.com> 99999999999999 +0000"
    raw = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nx\n".encode()
    commit = git.odb.write(pygit2.enums.ObjectType.COMMIT, raw)
    git.references.create("refs/heads/main", commit)
    with pytest.raises(MissingObjectError, match="cannot be read"):
        GitRepository.open(tmp_path).resolve("main")


def test_a_damaged_index_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    TestRepository(tmp_path).commit(documents.repository())
    (tmp_path / ".git" / "index").write_bytes(b"no index")
    with pytest.raises(UnsupportedRepositoryError, match="index"):
        read_worktree(tmp_path)


def test_a_socket_is_named_and_not_opened(tmp_path: Path) -> None:
    for path, text in documents.repository().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "tenants" / "s"))
        found = read_worktree(tmp_path).problems
    assert [(str(p.position), p.code) for p in found] == [("tenants/s:1:1", "file/special")]


def test_a_working_tree_that_cannot_be_read_is_not_taken_for_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "repository.yaml").write_text("")
    monkeypatch.setattr(os, "scandir", _denied)
    with pytest.raises(NotARepositoryError, match="cannot be read: Permission denied"):
        read_worktree(tmp_path)


def _denied(_: object) -> None:
    raise PermissionError(13, "Permission denied", "tenants")


def test_a_tenant_may_be_called_content(tmp_path: Path) -> None:
    files = {**documents.repository(), "tenants/content/tenant.yaml": "kind: Tenant\n"}
    TestRepository(tmp_path).commit(files)
    assert {place.partition(":")[0] for place, _ in problems(tmp_path)} == {
        "tenants/content/tenant.yaml"
    }


def test_payload_of_no_pack_is_not_passed_over(tmp_path: Path) -> None:
    files = {**documents.repository(), "catalog/packs/content/1.0.0/pack.yaml": "kind: Pack\n"}
    TestRepository(tmp_path).commit(files)
    assert problems(tmp_path) == [("catalog/packs/content/1.0.0/pack.yaml:1:1", "file/payload")]


def test_a_commit_that_the_commit_graph_leaves_out_is_still_between(tmp_path: Path) -> None:
    """Who wrote it would otherwise not count among the authors of the change."""
    made = TestRepository(tmp_path)
    base = made.commit({"a": "1"})
    middle, head = made.commit({"a": "2"}), made.commit({"a": "3"})
    info = tmp_path / ".git/objects/info"
    info.mkdir(exist_ok=True)
    (info / "commit-graph").write_bytes(commit_graph(made.git, {base: [], head: [base]}))
    repository = GitRepository.open(tmp_path)
    assert [each.id for each in repository.commits_between(base, head)] == [head, middle]
    assert repository.is_ancestor(middle, head)

"""Git objects that no honest tool writes. Each head also moves data to the US: nothing allows it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pygit2.enums import ObjectType

from controlplane.repo.git import objects
from tests.support.gated import RULE, TENANT
from tests.support.hostile import Hostile
from tests.support.hostile_git import pack_under

pytestmark = pytest.mark.requires("opa")

FOLDER = "tenants/acme"
BLOB, TREE, LINK, COMMIT = 0o100644, 0o40000, 0o120000, 0o160000
NOWHERE = b"\x11" * 20

NAMES = {
    "the parent": b"..",
    "the folder itself": b".",
    "nothing": b"",
    ".git": b".git",
    ".git in capitals": b".GIT",
    ".git in mixed case": b".gIt",
    ".git with a character that HFS ignores": ".g\u200cit".encode(),
    ".git with a mark of direction": ".git\u200e".encode(),
    ".git by its short name": b"git~1",
    ".git and a space": b".git ",
    ".git and a dot": b".git.",
    ".git and a stream": b".git::$INDEX_ALLOCATION",
    "a path with a slash": b"a/b.yaml",
    "an absolute path": b"/etc/passwd",
    "a path that leaves": b"../x.yaml",
    "a backslash": b"a\\b.yaml",
    "a control character": b"a\x01b.yaml",
    "a line end": b"a\nb.yaml",
    "bytes that are no UTF-8": b"\xff\xfe.yaml",
    "an override of direction": "a\u202elmay.yaml".encode(),
    "a zero-width space": "tenant\u200b.yaml".encode(),
    "another case": b"TENANT.yaml",
}
ALLOWED_NAMES = {
    "a name of Kelvin's"
}  # the name alone collides with nothing: the rule still denies


@pytest.mark.parametrize("case", NAMES)
def test_an_entry_called(case: str, shared: Hostile) -> None:
    shared.abroad()
    blob = shared.blob(b"x: y\n")
    outcome = shared.judge(shared.graft(FOLDER, [(NAMES[case], (BLOB, blob))]))
    assert outcome.ended == "invalid", outcome
    assert any(word.startswith("path/") or "is damaged" in word for word in outcome.said), outcome


def _mode(mode: bytes | int, kind: str = "blob") -> Callable[[Hostile], str]:
    def build(world: Hostile) -> str:
        raw = {
            "blob": lambda: world.blob(b"x: y\n"),
            "tree": lambda: world.raw_tree({b"a.yaml": (BLOB, world.blob(b"x: y\n"))}).raw,
            "commit": lambda: bytes.fromhex(world.base),
            "nothing": lambda: NOWHERE,
        }[kind]()
        return world.graft("", [(b"zz", (mode, raw))])  # a name that means nothing to anybody

    return build


def _twice(world: Hostile) -> str:
    blob = world.blob(b"x: y\n")
    return world.graft(FOLDER, [(b"a.yaml", (BLOB, blob)), (b"a.yaml", (BLOB, blob))])


def _file_and_folder(world: Hostile) -> str:
    return world.graft("tenants", [(b"acme", (BLOB, world.blob(b"x")))])


def _cut_off(world: Hostile) -> str:
    tree = world.loose(ObjectType.TREE, b"100644 a.yaml\0" + b"\x01" * 7)
    return world.graft(FOLDER, [(b"zz", (TREE, tree.raw))])


def _no_tree(world: Hostile) -> str:
    return world.commit_tree("1" * 40)


def _tree_is_a_blob(world: Hostile) -> str:
    return world.commit_tree(world.blob(b"x").hex())


def _deep(world: Hostile) -> str:
    tree = world.raw_tree({b"a": (BLOB, world.blob(b"x"))})
    for _ in range(2_000):
        tree = world.raw_tree({b"d": (TREE, tree.raw)})
    return world.graft("tenants", [(b"deep", (TREE, tree.raw))])


def _wide(world: Hostile) -> str:
    """A tree bomb: ten levels of ten times the same tree, 10^10 files."""
    tree = world.raw_tree({b"a": (BLOB, world.blob(b"x"))})
    for _ in range(10):
        tree = world.raw_tree({f"d{n}".encode(): (TREE, tree.raw) for n in range(10)})
    return world.graft("tenants", [(b"wide", (TREE, tree.raw))])


OBJECTS: dict[str, Callable[[Hostile], str]] = {
    "a file that its group may write": _mode(0o100664),
    "a file of mode 0": _mode(0),
    "a file of mode 777777": _mode(0o777777),
    "a file of a mode that is no number": _mode(b"rwxr"),
    "a file of mode 0100644": _mode(b"0100644"),
    "a file that is a tree": _mode(BLOB, "tree"),
    "a file that is a commit": _mode(BLOB, "commit"),
    "a file that is not there": _mode(BLOB, "nothing"),
    "a folder that is a file": _mode(TREE, "blob"),
    "a folder that is not there": _mode(TREE, "nothing"),
    "a folder that is a commit": _mode(TREE, "commit"),
    "a link that is a tree": _mode(LINK, "tree"),
    "a link that is not there": _mode(LINK, "nothing"),
    "a submodule": _mode(COMMIT, "commit"),
    "a submodule that is not there": _mode(COMMIT, "nothing"),
    "a name that stands twice": _twice,
    "a file and a folder of one name": _file_and_folder,
    "a tree that is cut off": _cut_off,
    "a commit without a tree": _no_tree,
    "a commit whose tree is a file": _tree_is_a_blob,
    "a folder two thousand levels deep": _deep,
}


def test_a_bomb_of_trees(shared: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MAX_TREE_ENTRIES", 1_000)
    outcome = shared.judge(_wide(shared))
    assert outcome.ended == "invalid", outcome
    assert "more than 1,000 files" in outcome.said[0]


@pytest.mark.parametrize("case", OBJECTS)
def test_an_object(case: str, shared: Hostile) -> None:
    shared.abroad()
    outcome = shared.judge(OBJECTS[case](shared))
    assert outcome.ended in {"deny", "invalid"}, outcome


LINKS = {
    "to a file beside it": (f"{FOLDER}/other.yaml", "tenant.yaml"),
    "to itself": (f"{FOLDER}/loop.yaml", "loop.yaml"),
    "out of the repository": (f"{FOLDER}/out.yaml", "../../../../etc/passwd"),
    "to an absolute path": (f"{FOLDER}/abs.yaml", "/etc/passwd"),
    "into .git": (f"{FOLDER}/git.yaml", "../../.git/config"),
    "to nothing": (f"{FOLDER}/gone.yaml", "gone-too.yaml"),
    "with a line end": (f"{FOLDER}/line.yaml", "a\nb"),
    "in place of the tenant": (TENANT, "../../README.md"),
    "in place of the rule": (RULE, "../second/rule.rego"),
    "in place of the repository's own file": ("repository.yaml", "tenants/acme/tenant.yaml"),
    "in place of a folder": ("templates/kubernetes/extra", "/etc"),
}


@pytest.mark.parametrize("case", LINKS)
def test_a_link(case: str, shared: Hostile) -> None:
    shared.abroad()
    path, target = LINKS[case]
    shared.files.pop(path, None)
    outcome = shared.judge(shared.head(links={path: target}))
    assert outcome.ended == "invalid", outcome


COLLISIONS = {
    "in case": ("tenants/Acme/other.yaml", ""),
    "in the case of a folder above": ("Tenants/zz.yaml", ""),
    "in Unicode form": ("templates/caf\u00e9.j2", "templates/cafe\u0301.j2"),
    "by Kelvin's sign": ("templates/k.j2", "templates/\u212a.j2"),
    "by a sharp s": ("templates/stra\u00dfe.j2", "templates/strasse.j2"),
    "of a rule": ("policies/tenancy/First/rule.rego", ""),
}


@pytest.mark.parametrize("case", COLLISIONS)
def test_names_that_collide(case: str, shared: Hostile) -> None:
    shared.abroad()
    shared.files |= {path: "x" for path in COLLISIONS[case] if path}
    outcome = shared.judge(shared.head())
    assert outcome.ended == "invalid", outcome
    assert "path/collision" in outcome.said


def test_a_damaged_object_is_no_allow(hostile: Hostile) -> None:
    hostile.abroad()
    head = hostile.head()
    blob = str(hostile.git.get(head).tree[TENANT].id)
    place = hostile.path / ".git/objects" / blob[:2] / blob[2:]
    place.chmod(0o644)
    place.write_bytes(b"garbage" + place.read_bytes())
    assert hostile.judge(head).ended == "invalid"


def test_an_object_under_the_name_of_another_is_no_allow(hostile: Hostile) -> None:
    """Its bytes are a valid object: that of the tenant in the EU."""
    hostile.abroad()
    head = hostile.head()
    folder = hostile.path / ".git/objects"
    us, eu = (str(hostile.git.get(c).tree[TENANT].id) for c in (head, hostile.base))
    place = folder / us[:2] / us[2:]
    place.chmod(0o644)
    place.write_bytes((folder / eu[:2] / eu[2:]).read_bytes())
    assert hostile.judge(head).ended == "invalid"


def test_a_packed_object_under_the_name_of_another_is_no_allow(hostile: Hostile) -> None:
    """A pack whose own sums are right: its index gives the tenant in the EU the other's name."""
    hostile.abroad()
    head = hostile.head()
    folder = hostile.path / ".git/objects"
    us, eu = (str(hostile.git.get(c).tree[TENANT].id) for c in (head, hostile.base))
    pack_under(folder / "pack", us, hostile.git[eu].read_raw())
    assert hostile.judge(head).ended == "deny"  # the loose one counts
    (folder / us[:2] / us[2:]).unlink()
    assert hostile.judge(head).ended == "invalid"

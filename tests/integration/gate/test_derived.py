"""What is kept of a revision changes no answer about the next: derived is the same as read.

Random edits, sound and unsound, of everything a repository holds; whatever is asked of what was
derived (problems, changes, reach, the fleet, the decision) is asked of what was read as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from controlplane import wiring
from controlplane.errors import ControlPlaneError
from controlplane.operations import fleet_subject
from controlplane.operations.gate import gate, step_between
from controlplane.operations.linting import lint
from controlplane.operations.locking import lock
from controlplane.operations.recording import decision_json
from controlplane.operations.stepping import KeptEngine
from controlplane.policy.errors import PolicyLoadError
from controlplane.render.helm import HelmCharts
from controlplane.repo.cache import ParseCache
from controlplane.repo.changes import changes
from controlplane.repo.derived import TOGETHER, Derived, derive
from controlplane.repo.git import GitRepository
from controlplane.repo.image import Imaged, image_of, open_image, taken
from controlplane.repo.reach import Reverse
from controlplane.repo.snapshot import Snapshot, read
from evidence.canonical import canonical, digest, digest_bytes
from tests.support import documents
from tests.support.binaries import REPOSITORY
from tests.support.gitrepo import TestRepository
from tests.support.policies import finds, rule

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
NAMESPACE = "templates/kubernetes/tenant/namespace.yaml.j2"
NAMES = ("acme", "bolt", "cedar", "dune")
PACK = "catalog/packs/retrieval/1.2.0"
ELSEWHERE = "tenants/shared"
WAIVER = "catalog/waivers/change.yaml"
EVERY_KIND = ("Tenant", "PackLock", "Pack", "Cluster", "Environment", "BudgetCap", "Waiver")
REFERRED_TO = (
    ("Cluster", "here"),
    ("Cluster", "there"),
    ("Environment", "prod"),
    ("Tenant", "acme"),
    ("BudgetCap", "odd"),
    ("Pack", "retrieval@1.2.0"),
)
FLEET = "some clash in input.subject.resource.namespaces.items\n\tclash.count > 1"


@dataclass(frozen=True)
class Files:
    """The files of a revision, with what is not plain about some."""

    text: Mapping[str, str | bytes]
    links: Mapping[str, str]
    modes: Mapping[str, int]

    def put(self, path: str, text: str | bytes) -> Files:
        """Return these files with another in it."""
        return replace(self, text={**self.text, path: text})

    def without(self, path: str) -> Files:
        """Return these files without one."""
        return replace(self, text={p: t for p, t in self.text.items() if p != path})

    def replaced(self, path: str, old: str, new: str) -> Files:
        """Return these files with another text in one of them, where that is still there."""
        found = self.text.get(path)
        return self.put(path, found.replace(old, new)) if isinstance(found, str) else self

    def moved(self, old: str, new: str) -> Files:
        """Return these files with one under another name, where it is still there."""
        return self.without(old).put(new, self.text[old]) if old in self.text else self


def tenant(name: str) -> str:
    return f"tenants/{name}/tenant.yaml"


def lock_of(name: str) -> str:
    return f"tenants/{name}/lock.yaml"


def cap(name: str, limit: int, only: str = "") -> str:
    scope = f"scope:\n  tenants: [{only}]\n" if only else ""
    return documents.document(
        "BudgetCap", name, f"{scope}limit: {limit}.00 EUR\nperiod: {{unit: month, timeZone: UTC}}\n"
        "ladder:\n  - {at: 80%, action: warn}\n  - {at: 100%, action: suspend, suspend: pack}\n"
    )  # fmt: skip


def waiver(rule: str) -> str:
    return documents.document(
        "Waiver", "change", f"rule: {rule}\nsubject: {{kind: Tenant, name: acme}}\nreason: Soon.\n"
        "ticket: PLAT-1\napprovedBy: {subject: ada@acme.example}\n"
        'issued: "2026-11-16T09:00:00+01:00"\nexpires: "2026-12-16T09:00:00+01:00"\n'
    )  # fmt: skip


ENGINE = documents.document(
    "ComputeEngine", "here", "engine: slurm\nprovider: local\nregion: eu-west-1\nresidencyZone: eu\n"
    "connection:\n  kind: directory\n  credentialsRef: local\n"
)  # fmt: skip
EDITS: Mapping[str, Any] = {
    "label": lambda f, n: f.replaced(tenant(n), f"name: {n}\n", f"name: {n}\n  labels: {{a: b}}\n"),
    "zone": lambda f, n: f.replaced(tenant(n), "residency: [eu]", "residency: [eu, us]"),
    "parent": lambda f, n: f.put(tenant(n), documents.tenant(n, "parent: acme\n")),
    "circle": lambda f, n: f.put(
        tenant("acme"), documents.tenant("acme", f"parent: {n}\n")
    ).put(tenant(n), documents.tenant(n, "parent: acme\n")),
    "nobody's child": lambda f, n: f.put(tenant(n), documents.tenant(n, "parent: ghost\n")),
    "namespace": lambda f, n: f.replaced(
        tenant(n), "      target: here\n", "      target: here\n      namespace: shared\n"
    ),
    "renamed": lambda f, n: f.replaced(tenant(n), f"name: {n}\n", f"name: {n}x\n"),
    "gone": lambda f, n: f.without(tenant(n)).without(lock_of(n)),
    "lock gone": lambda f, n: f.without(lock_of(n)),
    "lock of another": lambda f, n: f.replaced(lock_of(n), f"tenant: {n}\n", "tenant: bolt\n"),
    "lock stale": lambda f, n: f.replaced(lock_of(n), '"~=1.2"', '"~=1.1"').replaced(
        lock_of(n), "range: ~=1.2", "range: ~=1.1"
    ),
    "range": lambda f, n: f.replaced(tenant(n), "~=1.2", ">=1.2"),
    "twice": lambda f, n: f.put(f"catalog/more/{n}.yaml", documents.tenant(n)),
    "new tenant": lambda f, n: f.put(tenant(f"{n}2"), documents.tenant(f"{n}2")),
    "broken": lambda f, n: f.put(tenant(n), "a: [\n"),
    "unknown field": lambda f, n: f.put(tenant(n), documents.tenant(n, "wings: 2\n")),
    "two documents": lambda f, n: f.put(
        tenant(n), documents.tenant(n) + "---\n" + cap(f"{n}-cap", 10)
    ),
    "cap": lambda f, n: f.put(f"catalog/budgets/{n}.yaml", cap(f"{n}-cap", 10, n)),
    "cap of all": lambda f, _: f.put("catalog/budgets/all.yaml", cap("all", 90)),
    "a pack's new version": lambda f, _: f.put(
        "catalog/packs/retrieval/1.3.0/pack.yaml", documents.pack("1.3.0")
    ),
    "another pack": lambda f, _: f.put(f"{PACK}/pack.yaml", documents.pack("1.2.1")),
    "payload": lambda f, _: f.put(f"{PACK}/content/run.sh", "echo 2\n"),
    "payload gone": lambda f, _: f.without(f"{PACK}/content/run.sh"),
    "nobody's payload": lambda f, _: f.put("catalog/x/content/run.yaml", "a: b\n"),
    "cluster": lambda f, _: f.replaced(
        "catalog/clusters/here.yaml", "region: eu-west-1", "region: us-east-1"
    ),
    "cluster renamed": lambda f, _: f.replaced(
        "catalog/clusters/here.yaml", "name: here\n", "name: there\n"
    ),
    "another cluster": lambda f, _: f.put(
        "catalog/clusters/there.yaml", documents.CLUSTER.replace("name: here", "name: there")
    ),
    "moved there": lambda f, n: f.replaced(tenant(n), "target: here", "target: there"),
    "environment under another path": lambda f, _: f.moved(
        "catalog/environments/prod.yaml", "catalog/environments/p.yaml"
    ),
    "what is beside a payload goes": lambda f, _: f.without("catalog/odd/cap.yaml"),
    "what is beside a payload moves": lambda f, _: f.moved(
        "catalog/odd/cap.yaml", "catalog/budgets/odd.yaml"
    ),
    "what is beside a payload is renamed": lambda f, _: f.replaced(
        "catalog/odd/cap.yaml", "name: odd\n", "name: cedar\n"
    ),
    "engine of the cluster's name": lambda f, _: f.put("catalog/engines/here.yaml", ENGINE),
    "engine for the cluster": lambda f, _: f.without("catalog/clusters/here.yaml").put(
        "catalog/engines/here.yaml", ENGINE
    ),
    "payload of a pack elsewhere": lambda f, _: f.put(f"{ELSEWHERE}/content/run.sh", "echo 2\n"),
    "directory for a file at the top": lambda f, _: f.without("NOTES").put("NOTES/x", "y"),
    "cluster gone": lambda f, _: f.without("catalog/clusters/here.yaml"),
    "environment": lambda f, _: f.replaced(
        "catalog/environments/prod.yaml", "targets: [here]", "targets: [here]\n  strictness: strict"
    ),
    "environment gone": lambda f, _: f.without("catalog/environments/prod.yaml"),
    "repository": lambda f, _: f.put(
        "repository.yaml", documents.document("Repository", "example", "notes: Hello.\n")
    ),
    "layout": lambda f, _: f.put(
        "repository.yaml",
        documents.document("Repository", "example", "layout:\n  tenants: elsewhere\n"),
    ),
    "no repository": lambda f, _: f.without("repository.yaml"),
    "second repository": lambda f, n: f.put(
        f"catalog/{n}.yaml", documents.document("Repository", "other")
    ),
    "rule": lambda f, _: f.replaced("policies/tenancy/first/rule.rego", '"eu"', '"us"'),
    "rule gone": lambda f, _: f.without("policies/tenancy/first/rule.rego"),
    "waived rule gone": lambda f, _: f.without("policies/tenancy/change/rule.rego"),
    "waiver of another rule": lambda f, _: f.put(WAIVER, waiver("tenancy/first")),
    "waiver of no rule": lambda f, _: f.put(WAIVER, waiver("tenancy/nothing")),
    "broken rule": lambda f, _: f.put("policies/tenancy/first/rule.rego", "package x\nfindings {"),
    "template": lambda f, _: f.replaced(NAMESPACE, "metadata:\n", "metadata:\n  labels: {a: b}\n"),
    "new template": lambda f, _: f.put(
        "templates/kubernetes/tenant/a.yaml.j2",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: {{ namespace }}\n",
    ),
    "broken template": lambda f, _: f.put(NAMESPACE, "{{ nothing"),
    "readme": lambda f, n: f.put("README.md", n),
    "elsewhere": lambda f, n: f.put("docs/deep/page.md", n),
    "a case apart": lambda f, n: f.put(f"tenants/{n.upper()}/tenant.yaml", documents.tenant(n)),
    "a case apart at the top": lambda f, n: f.put("Tenants/x.txt", n),
    "moved to another case": lambda f, n: f.moved(tenant(n), f"tenants/{n.title()}/tenant.yaml"),
    "unsafe": lambda f, n: f.put("tenants/a\\b/tenant.yaml", documents.tenant(n)),
    "invisible": lambda f, n: f.put("tenants/a\u202eb/tenant.yaml", documents.tenant(n)),
    "executable": lambda f, n: replace(f, modes={**f.modes, tenant(n): 0o100755}),
    "link": lambda f, n: replace(f, links={**f.links, f"tenants/{n}/more.yaml": "tenant.yaml"}),
    "link for a file": lambda f, n: replace(
        f.without(tenant(n)), links={**f.links, tenant(n): "/etc/passwd"}
    ),
    "directory for a file": lambda f, n: f.without(tenant(n)).put(
        f"{tenant(n)}/tenant.yaml", documents.tenant(n)
    ),
    "file for a directory": lambda f, n: f.without(tenant(n)).without(lock_of(n)).put(
        f"tenants/{n}", "a\n"
    ),
    "too large": lambda f, n: f.put(tenant(n), documents.tenant(n) + "# x\n" * 300_000),
    "not text": lambda f, n: f.put(tenant(n), b"\xff\xfe"),
}  # fmt: skip


class World:
    """A sound revision of which everything is kept, and the commits that follow it."""

    def __init__(self, path: Path) -> None:
        self.made = TestRepository(path)
        files: dict[str, str | bytes] = dict(documents.repository(tenant=None))
        files |= {tenant(name): documents.tenant(name) for name in NAMES}
        files |= rule(
            finds('some zone in input.subject.resource.spec.data.residency\n\tzone != "eu"')
        )
        files |= rule(finds(FLEET), "tenancy/fleet", subjects="Fleet")
        files |= rule(finds("input.subject.resource.never"), "tenancy/change", subjects="Change")
        files[NAMESPACE] = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {{ namespace }}\n"
        files[f"{PACK}/content/run.sh"] = "echo 1\n"
        files["docs/a.md"] = files["NOTES"] = "a\n"
        held = digest([["run.sh", digest_bytes(b"echo 1\n")]])
        shared = documents.pack("2.0.0", name="shared", more=f"content:\n  digest: {held}\n")
        files |= {f"{ELSEWHERE}/pack.yaml": shared, f"{ELSEWHERE}/content/run.sh": "echo 1\n"}
        files[WAIVER] = waiver("tenancy/change")
        files["catalog/odd/cap.yaml"] = cap("odd", 50, "cedar")
        files["catalog/odd/content/run.sh"] = "echo 1\n"
        self.made.commit(files)
        self.git = GitRepository.open(path)
        locks, problems = lock(read(self.git, "main"), ())
        assert problems == ()
        files |= {change.path: change.text for change in locks}
        self.files = Files(files, {}, {})
        self.base = self.made.commit(files)
        self.origin = read(self.git, self.base)
        assert lint(self.origin) == ()
        self.parse, self.engine = ParseCache(None), KeptEngine(wiring.policy_engine(None))
        data = image_of(self.origin, Reverse.of_snapshot(self.origin).every, {"word": b"said"})
        imaged = open_image(self.git, self.base, self.origin.tree_id, data, self.parse)
        assert imaged is not None
        self.imaged: Imaged = imaged
        self.origins = {"read": self.origin, "imaged": self.imaged}

    def commit(self, edits: list[tuple[str, str]], parent: str) -> str:
        files = self.files
        for name, who in edits:
            files = EDITS[name](files, who)
        kept = {path for path in files.modes if path in files.text}
        links = {path: to for path, to in files.links.items() if _free(path, files.text)}
        return self.made.commit(
            {p: t for p, t in files.text.items() if _free(p, files.text)},
            links=links,
            modes={path: files.modes[path] for path in kept},
            parents=[parent],
            branch="change",
        )


def _free(path: str, files: Mapping[str, Any]) -> bool:
    """Whether no file stands where a directory above this one must."""
    above = [path[:i] for i, c in enumerate(path) if c == "/"]
    below = f"{path}/"
    return not any(each in files for each in above) and not any(p.startswith(below) for p in files)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("derived"))
    yield made
    made.engine.close()


some_edits = st.lists(
    st.tuples(st.sampled_from(sorted(EDITS)), st.sampled_from(NAMES)), min_size=0, max_size=4
)


def every_edit(test: Any) -> Any:
    """Try each edit once by itself, whatever else is drawn."""
    for name in sorted(EDITS):
        test = example(before=[], after=[(name, "bolt")])(test)
    return test


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.just([]) | some_edits, after=some_edits)
@every_edit
def test_what_is_derived_is_what_is_read(
    world: World, before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    base = world.commit(before, world.base) if before else world.base
    head = world.commit([*before, *after], base)
    theirs = [_read(world, each) for each in (base, head)]
    decided = None
    for origin in world.origins.values():
        ours = [_derived(world, origin, each) for each in (base, head)]
        if not all(isinstance(each, Snapshot) for each in theirs):
            assert [type(each) for each in ours] == [type(each) for each in theirs]
            continue
        for mine, other in zip(ours, theirs, strict=True):
            assert isinstance(mine, Snapshot)
            assert isinstance(other, Snapshot)
            _same(mine, other)
        assert changes(*ours) == changes(*theirs)  # type: ignore[arg-type]
        decided = decided or _decided(world, *theirs)
        assert _decided(world, *ours) == decided


def _derived(world: World, origin: Snapshot, commit: str) -> Snapshot | type[Exception]:
    try:
        found = derive(origin, world.git, commit, world.parse)
        return found if found is not None else read(world.git, commit)
    except ControlPlaneError as error:
        return type(error)


def _read(world: World, commit: str) -> Snapshot | type[Exception]:
    try:
        return read(world.git, commit)
    except ControlPlaneError as error:
        return type(error)


def _same(mine: Snapshot, other: Snapshot) -> None:
    assert lint(mine) == lint(other)
    assert mine.problems == other.problems
    assert mine.entries == other.entries
    assert mine.documents == other.documents
    assert {k: dict(v) for k, v in mine.index.items()} == {
        k: dict(v) for k, v in other.index.items()
    }
    assert (mine.tree_id, mine.commit, mine.places) == (other.tree_id, other.commit, other.places)
    assert mine.repository() == other.repository()
    for kind in EVERY_KIND:
        assert dict(mine.of_kind(kind)) == dict(other.of_kind(kind))
    for pack in other.index.get("Pack", {}):
        assert mine.content_digest(pack) == other.content_digest(pack)
    for prefix in ("policies/", "templates/", "tenants/bolt/", f"{PACK}/content/", "NOTES"):
        assert _bytes(mine, prefix) == _bytes(other, prefix)
    for path in ("NOTES", tenant("bolt")):
        assert mine.file(path) == other.file(path)
    ours, theirs = Reverse.of_snapshot(mine), Reverse.of_snapshot(other)
    for name in REFERRED_TO:
        assert ours.of(*name) == theirs.of(*name)
    if not lint(other):
        assert fleet_subject.subject(mine) == fleet_subject.subject(other)


def _bytes(snapshot: Snapshot, prefix: str) -> list[tuple[str, bytes]]:
    return [(path, get()) for path, get in snapshot.files(prefix).items()]


def _decided(world: World, base: Any, head: Any) -> Any:
    """Return all that is said of a step, its evidence included."""
    try:
        report = gate(step_between(base, head, contained=True), world.engine, HelmCharts(None), NOW)
    except (PolicyLoadError, ControlPlaneError) as error:
        return type(error), str(error)
    envelopes = {name: text for _, j in report.judgements for name, text in j.envelopes.items()}
    return canonical(decision_json(report)), report.findings, report.problems, envelopes


def test_an_image_is_what_it_was_made_of(world: World) -> None:
    _same(world.imaged, world.origin)
    assert world.imaged.note("word") == b"said"
    assert world.imaged.note("nothing") is None
    ours, theirs = Reverse(world.imaged), Reverse(world.origin)
    for document in world.origin.documents:
        name = (document.kind, document.identity)
        assert ours.of(*name) == theirs.of(*name)
        assert world.imaged.document(*name) == document
    assert world.imaged.document("Tenant", "nobody") is None
    assert "nobody" not in world.imaged.of_kind("Tenant")
    assert world.imaged.entries.get("nowhere") is None
    assert dict(world.imaged.taken) == taken(world.origin)


def test_a_change_of_one_tenant_reads_its_own_documents_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = image_of(world.origin, Reverse.of_snapshot(world.origin).every, {})
    parsed: list[str] = []
    parse = ParseCache(None)

    def counted(blob: str, read_blob: Any) -> Any:
        parsed.append(blob)
        return parse(blob, read_blob)

    tree = world.origin.tree_id
    imaged = open_image(world.git, world.base, tree, data, cast("ParseCache", counted))
    assert imaged is not None
    fleet_subject.restore(imaged, fleet_subject.counted(world.origin))
    head = derive(imaged, world.git, world.commit([("label", "bolt")], world.base), world.parse)
    assert head is not None
    assert _decided(world, imaged, head) == _decided(world, world.origin, head)
    others = {world.origin.entries[path(each)].blob_id
              for each in NAMES if each != "bolt" for path in (tenant, lock_of)}  # fmt: skip
    assert not others.intersection(parsed)
    assert world.origin.entries[tenant("bolt")].blob_id in parsed


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\0" + b"x" * 4096, b"nonsense"])
def test_what_is_no_image_is_none(world: World, data: bytes) -> None:
    assert open_image(world.git, world.base, world.origin.tree_id, data, world.parse) is None


def test_an_image_is_of_one_tree(world: World) -> None:
    data = image_of(world.origin, Reverse.of_snapshot(world.origin).every, {})
    other = world.commit([("label", "bolt")], world.base)
    assert open_image(world.git, other, world.origin.tree_id, data, world.parse) is None


def test_kinds_that_one_reference_can_mean_are_known() -> None:
    """What stays can then come to mean what is new; a new pair of kinds must be added there."""
    found = re.findall(r'"x-refers-to": \[([^]]*)\]', "".join(
        path.read_text() for path in (REPOSITORY / "schemas").rglob("*.json")
    ))  # fmt: skip
    several = {frozenset(re.findall(r"\w+", each)) for each in found if "," in each}
    assert several == {TOGETHER}


def test_a_change_of_few_resources_is_derived(world: World) -> None:
    """Or all of the above would be said of reading."""
    for edits in ([("label", "bolt")], [("zone", "cedar"), ("label", "acme")], [("cap", "acme")],
                  [("parent", "bolt")], [("rule", "bolt")], [("cluster", "bolt")],
                  [("gone", "bolt")], [("renamed", "bolt")], [("cluster renamed", "bolt")],
                  [("environment gone", "bolt")], [("broken", "bolt")]):  # fmt: skip
        head = world.commit(edits, world.base)
        for origin in world.origins.values():
            found = derive(origin, world.git, head, world.parse)
            assert isinstance(found, Derived)
            assert found.plain


@pytest.mark.parametrize(
    "edit", ["a case apart", "link", "repository", "layout", "too large", "unsafe", "invisible",
             "a case apart at the top"],
)  # fmt: skip
def test_what_is_unusual_is_read(world: World, edit: str) -> None:
    head = world.commit([(edit, "bolt")], world.base)
    for origin in world.origins.values():
        assert derive(origin, world.git, head, world.parse) is None

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.repo.changes import Changes, changes, where
from controlplane.repo.compare import ABSENT
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from tests.support import documents
from tests.support.gitrepo import TestRepository

Files = dict[str, str]
LOCK = documents.document(
    "PackLock",
    "acme",
    'tenant: acme\nenvironments:\n  prod:\n    packs:\n      - name: retrieval\n        range: "~=1.2"\n'
    f"        version: 1.2.0\n        digest: sha256:{'0' * 64}\n",
)


def between(path: Path, base: Files, head: Files) -> Changes:
    repository = TestRepository(path)
    one, two = repository.commit(base), repository.commit(head)
    git = GitRepository.open(path)
    return changes(read(git, one).require_valid(), read(git, two).require_valid())


def test_nothing_changed(tmp_path: Path) -> None:
    found = between(tmp_path, documents.repository(), documents.repository())
    assert not found
    assert found.classes == frozenset()


def test_a_field_is_one_change_with_its_class(tmp_path: Path) -> None:
    head = documents.repository(tenant=documents.tenant(more="plan: growth\n"))
    found = between(tmp_path, documents.repository(), head)
    (subject,) = found.subjects
    assert (subject.kind, subject.identity, subject.operation) == ("Tenant", "acme", "update")
    (field,) = subject.fields
    assert (field.path, field.old, field.new) == (("spec", "plan"), "core", "growth")
    assert found.reach.tenants == {"acme"}
    assert found.reach.targets == {"here"}


def test_writing_a_default_down_changes_no_field(tmp_path: Path) -> None:
    head = documents.repository(tenant=documents.tenant(more="plan: core\n"))
    found = between(tmp_path, documents.repository(), head)
    assert found.subjects == ()
    assert found.paths == ("tenants/acme/tenant.yaml",)


def test_an_inserted_item_is_one_change(tmp_path: Path) -> None:
    extra = "  - name: extra\n    version: ==1.2.0\n"
    tenant = documents.tenant().replace(
        "packs:\n", "packs:\n  " + extra.replace("\n", "\n  ").rstrip() + "\n"
    )
    files = {"catalog/packs/extra/1.2.0/pack.yaml": documents.pack("1.2.0", name="extra")}
    found = between(
        tmp_path, documents.repository() | files, documents.repository(tenant=tenant) | files
    )
    (field,) = found.subjects[0].fields
    assert field.path == ("spec", "packs", 0)
    assert field.old is ABSENT
    assert isinstance(field.new, dict)
    assert field.new["name"] == "extra"


def test_a_new_pack_version_reaches_only_tenants_without_a_lock(tmp_path: Path) -> None:
    new = {"catalog/packs/retrieval/1.3.0/pack.yaml": documents.pack("1.3.0")}
    locked = {"tenants/acme/lock.yaml": LOCK}
    free = between(tmp_path / "free", documents.repository(), documents.repository() | new)
    held = between(
        tmp_path / "held",
        documents.repository() | locked,
        documents.repository() | locked | new,
    )
    assert free.reach.tenants == {"acme"}
    assert held.reach.tenants == frozenset()


def test_a_change_to_a_locked_pack_reaches_its_tenants(tmp_path: Path) -> None:
    locked = {"tenants/acme/lock.yaml": LOCK}
    content = {"catalog/packs/retrieval/1.2.0/content/a.txt": "x"}
    found = between(
        tmp_path, documents.repository() | locked, documents.repository() | locked | content
    )
    assert found.reach.tenants == {"acme"}
    assert [(f.pack, f.operation, f.change_class) for f in found.files] == [
        ("retrieval@1.2.0", "create", "security")
    ]


def test_a_rename_is_a_deletion_and_a_creation_that_name_each_other(tmp_path: Path) -> None:
    head = documents.repository(tenant=documents.tenant(name="other"))
    found = between(tmp_path, documents.repository(), head)
    assert [(s.identity, s.operation, s.counterpart) for s in found.subjects] == [
        ("acme", "delete", "other"),
        ("other", "create", "acme"),
    ]
    assert "security" in found.classes  # where its data may be came and went


def test_what_came_is_in_the_form_that_rules_judge_however_deep_it_lies(tmp_path: Path) -> None:
    envelope = "costEnvelope: {limit: 10.00 EUR, expected: 5.00 EUR}\n"
    head = documents.repository(tenant=documents.tenant(more=envelope))
    ((field, *_),) = (s.fields for s in between(tmp_path, documents.repository(), head).subjects)
    assert field.to_json()["new"] == {
        "limit": {"currency": "EUR", "micros": 10_000_000, "text": "10.00 EUR"},
        "period": "month",
        "expected": {"currency": "EUR", "micros": 5_000_000, "text": "5.00 EUR"},
    }


def test_a_policy_file_is_of_class_policy_and_reaches_everybody(tmp_path: Path) -> None:
    found = between(
        tmp_path,
        documents.repository(),
        documents.repository() | {"policies/a/b/rule.rego": "package a"},
    )
    assert found.classes == {"policy"}
    assert found.reach.tenants == {"acme"}


def test_a_deleted_field_is_placed_where_it_stood(tmp_path: Path) -> None:
    repository = TestRepository(tmp_path)
    one = repository.commit(documents.repository(tenant=documents.tenant(more="plan: growth\n")))
    two = repository.commit({k: v for k, v in documents.repository().items() if "tenants" not in k})
    git = GitRepository.open(tmp_path)
    base, head = read(git, one), read(git, two)
    (subject,) = changes(base, head).subjects
    field = next(f for f in subject.fields if f.path == ("spec", "plan"))
    assert str(where(subject, field, base, head)) == "tenants/acme/tenant.yaml:14:9"


@pytest.mark.parametrize(
    ("subject", "environments", "tenants", "targets"),
    [
        ("Tenant acme", "[]", {"acme"}, {"here"}),
        ("Tenant acme", "[prod]", {"acme"}, {"here"}),
        ("Tenant acme", "[dev]", {"acme"}, set()),
        ("Cluster here", "[]", {"acme"}, {"here"}),
        ("Pack retrieval@1.2.0", "[]", {"acme"}, {"here"}),
        ("Placement acme/prod@here", "[]", {"acme"}, {"here"}),
        ("Placement acme/dev@here", "[]", set(), set()),
        ("Fleet fleet", "[]", {"acme"}, {"here"}),
    ],
)
def test_a_waiver_reaches_whom_its_subject_does(
    tmp_path: Path, subject: str, environments: str, tenants: set[str], targets: set[str]
) -> None:
    kind, name = subject.split()
    waiver = documents.document(
        "Waiver",
        "w",
        f"rule: tenancy/first\nsubject: {{kind: {kind}, name: {name}}}\n"
        f"environments: {environments}\nreason: It is right.\nticket: T-1\n"
        'approvedBy: {subject: a@b.example}\nissued: "2026-11-01T00:00:00Z"\n'
        'expires: "2026-11-02T00:00:00Z"\n',
    )
    base = documents.repository() | {
        "catalog/environments/dev.yaml": documents.ENVIRONMENT.replace("prod", "dev"),
    }
    found = between(tmp_path, base, base | {"catalog/waivers/w.yaml": waiver})
    assert [(each.kind, each.identity) for each in found.subjects] == [("Waiver", "w")]
    assert (found.reach.tenants, found.reach.targets) == (tenants, targets)

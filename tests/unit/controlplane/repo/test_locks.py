from __future__ import annotations

import re
from pathlib import Path

import pytest

from controlplane.errors import UsageError
from controlplane.operations.linting import lint
from controlplane.operations.locking import lock
from controlplane.repo import yaml
from controlplane.repo.errors import EditError
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, read
from tests.support import documents
from tests.support.gitrepo import TestRepository

NEW = {"catalog/packs/retrieval/1.3.0/pack.yaml": documents.pack("1.3.0")}
CONTENT = "catalog/packs/retrieval/1.2.0/content/run.sh"


def snapshot(path: Path, files: dict[str, str]) -> Snapshot:
    TestRepository(path).commit(files)
    return read(GitRepository.open(path), "main")


def locked(path: Path, files: dict[str, str]) -> dict[str, str]:
    changes, problems = lock(snapshot(path, files), ())
    assert problems == ()
    return files | {change.path: change.text for change in changes}


def codes(path: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    return [(str(p.position), p.code) for p in lint(snapshot(path, files))]


def test_a_lock_that_was_just_written_is_up_to_date(tmp_path: Path) -> None:
    files = locked(tmp_path, documents.repository())
    assert codes(tmp_path, files) == []
    assert lock(snapshot(tmp_path, files), ()) == ((), ())


def test_a_missing_lock_is_a_problem_at_the_packs(tmp_path: Path) -> None:
    assert codes(tmp_path, documents.repository()) == [
        ("tenants/acme/tenant.yaml:11:3", "lock/missing")
    ]


def test_a_new_version_changes_nobody_until_it_is_asked_for(tmp_path: Path) -> None:
    files = locked(tmp_path, documents.repository()) | NEW
    assert codes(tmp_path, files) == []
    assert lock(snapshot(tmp_path, files), ()) == ((), ())
    (change,), _ = lock(snapshot(tmp_path, files), ("acme",), ("retrieval",))
    assert change.moves == (("prod", "retrieval", "1.2.0", "1.3.0"),)


def test_a_range_that_moved_away_is_a_problem_at_the_version(tmp_path: Path) -> None:
    files = locked(tmp_path, documents.repository()) | NEW
    files["tenants/acme/tenant.yaml"] = documents.tenant(versions=">=1.3")
    assert ("tenants/acme/lock.yaml:13:20", "lock/out-of-range") in codes(tmp_path, files)
    (change,), _ = lock(snapshot(tmp_path, files), ())
    assert change.moves == (("prod", "retrieval", "1.2.0", "1.3.0"),)


def test_content_that_changed_under_a_lock_is_a_problem_at_the_digest(tmp_path: Path) -> None:
    files = locked(tmp_path, documents.repository() | {CONTENT: "echo one"})
    files[CONTENT] = "echo two"
    assert codes(tmp_path, files) == [("tenants/acme/lock.yaml:14:19", "lock/content-changed")]


def test_a_pack_that_is_not_locked_and_one_not_wanted_any_more(tmp_path: Path) -> None:
    files = locked(tmp_path, documents.repository())
    text = documents.tenant().replace("name: retrieval", "name: other")
    files |= {
        "tenants/acme/tenant.yaml": text,
        "catalog/packs/other/1.2.0/pack.yaml": documents.pack("1.2.0", "other"),
    }
    assert codes(tmp_path, files) == [
        ("tenants/acme/lock.yaml:11:17", "lock/unused"),
        ("tenants/acme/tenant.yaml:13:16", "lock/incomplete"),
    ]


@pytest.mark.parametrize(
    ("stages", "channel", "expected"),
    [
        ({"1.2.0": "stable", "1.3.0": "preview"}, "stable", "1.2.0"),
        ({"1.2.0": "stable", "1.3.0": "preview"}, "preview", "1.3.0"),
        ({"1.2.0": "stable", "1.3.0": "withdrawn"}, "stable", "1.2.0"),
        ({"1.2.0": "stable", "1.3.0": "deprecated"}, "stable", "1.2.0"),
        ({"1.2.0": "withdrawn", "1.3.0": "deprecated"}, "stable", "1.3.0"),
    ],
)
def test_which_stage_may_be_taken(
    tmp_path: Path, stages: dict[str, str], channel: str, expected: str
) -> None:
    extra = {
        "deprecated": '  ends: "2027-01-01T00:00:00Z"\n',
        "withdrawn": "  reason: It leaks.\n",
    }
    files = documents.repository(
        pack=None, tenant=documents.tenant(more=f"    channel: {channel}\n")
    )
    for version, stage in stages.items():
        more = f"lifecycle:\n  stage: {stage}\n{extra.get(stage, '')}"
        files[f"catalog/packs/retrieval/{version}/pack.yaml"] = documents.pack(version, more=more)
    (change,), problems = lock(snapshot(tmp_path, files), ())
    assert problems == ()
    assert change.moves == (("prod", "retrieval", "", expected),)


def test_a_range_that_only_a_preview_satisfies_stays_unresolved(tmp_path: Path) -> None:
    pack = documents.pack("1.2.0", more="lifecycle:\n  stage: preview\n")
    changes, problems = lock(snapshot(tmp_path, documents.repository(pack=pack)), ())
    assert changes == ()
    assert [(str(p.position), p.code) for p in problems] == [
        ("tenants/acme/tenant.yaml:13:16", "lock/unresolved")
    ]


def test_an_unknown_tenant_or_pack_is_refused(tmp_path: Path) -> None:
    found = snapshot(tmp_path, documents.repository())
    with pytest.raises(UsageError, match="no valid tenant called 'nobody'"):
        lock(found, ("nobody",))
    with pytest.raises(UsageError, match="no pack called 'nothing'"):
        lock(found, (), ("nothing",))


def test_what_people_wrote_into_a_lock_stays(tmp_path: Path) -> None:
    files = locked(tmp_path, documents.repository()) | NEW
    path = "tenants/acme/lock.yaml"
    before = files[path]
    files[path] = before.replace("version: 1.2.0\n", "version: 1.2.0  # pinned for CVE-1\n")
    files[path] = files[path].replace("spec:\n", "# held by the security team\nspec:\n")
    (change,), _ = lock(snapshot(tmp_path, files), ("acme",), ("retrieval",))
    assert "version: 1.3.0  # pinned for CVE-1\n" in change.text
    assert "# held by the security team\nspec:\n" in change.text
    (fresh,), _ = lock(snapshot(tmp_path, files | {path: before}), ("acme",), ("retrieval",))
    assert yaml.load(change.text.encode(), path).documents[0].value == (
        yaml.load(fresh.text.encode(), path).documents[0].value
    )


def test_the_labels_of_a_lock_stay(tmp_path: Path) -> None:
    files = locked(tmp_path, documents.repository()) | NEW
    path = "tenants/acme/lock.yaml"
    files[path] = files[path].replace("  name: acme\n", "  name: acme\n  labels: {held: ops}\n", 1)
    (change,), _ = lock(snapshot(tmp_path, files), ("acme",), ("retrieval",))
    assert "  labels: {held: ops}\n" in change.text
    assert "version: 1.3.0\n" in change.text


@pytest.mark.parametrize("lock_comes", [0, 1])
def test_other_documents_of_the_file_stay(tmp_path: Path, lock_comes: int) -> None:
    files = locked(tmp_path, documents.repository()) | NEW
    own, tenant = files.pop("tenants/acme/lock.yaml"), files["tenants/acme/tenant.yaml"]
    both = [tenant, own] if lock_comes else [own, tenant]
    files["tenants/acme/tenant.yaml"] = "---\n".join(both)
    (change,), _ = lock(snapshot(tmp_path, files), (), ("retrieval",))
    assert change.path == "tenants/acme/tenant.yaml"
    both[lock_comes] = change.text.split("---\n")[lock_comes]
    assert change.text == "---\n".join(both)
    assert "version: 1.3.0\n" in both[lock_comes]
    assert codes(tmp_path, files | {change.path: change.text}) == []


def test_locks_that_share_a_file_all_change(tmp_path: Path) -> None:
    files = documents.repository()
    files["tenants/beta/tenant.yaml"] = documents.tenant("beta")
    files = locked(tmp_path, files) | NEW
    both = [files.pop(f"tenants/{name}/lock.yaml") for name in ("acme", "beta")]
    files["tenants/locks.yaml"] = "---\n".join(both)
    changes, _ = lock(snapshot(tmp_path, files), (), ("retrieval",))
    assert [change.path for change in changes] == ["tenants/locks.yaml"] * 2
    assert changes[-1].text.count("version: 1.3.0\n") == 2 * both[0].count("version: 1.2.0\n")
    assert codes(tmp_path, files | {"tenants/locks.yaml": changes[-1].text}) == []


def test_a_file_whose_documents_cannot_be_told_apart_is_left_alone(tmp_path: Path) -> None:
    files = documents.repository()
    files["tenants/acme/lock.yaml"] = "kind: [\n---\nkind: Tenant\n"
    with pytest.raises(EditError, match=r"^tenants/acme/lock.yaml is not valid at 1:7"):
        lock(snapshot(tmp_path, files), ())


def test_a_file_of_others_gets_a_lock_behind_them(tmp_path: Path) -> None:
    files = documents.repository()
    files["tenants/acme/lock.yaml"] = files.pop("tenants/acme/tenant.yaml")
    (change,), _ = lock(snapshot(tmp_path, files), ())
    assert change.text.startswith(files["tenants/acme/lock.yaml"])
    assert codes(tmp_path, files | {change.path: change.text}) == []


def test_a_comment_stays_with_its_pack(tmp_path: Path) -> None:
    other = documents.pack("2.0.0", name="other")
    files = documents.repository() | {"catalog/packs/other/2.0.0/pack.yaml": other}
    more = '  - name: other\n    version: "~=2.0"\n'
    files["tenants/acme/tenant.yaml"] = documents.tenant(more=more)
    files = locked(tmp_path, files)
    path = "tenants/acme/lock.yaml"
    files[path] = files[path].replace("- name: retrieval\n", "- name: retrieval  # ours\n")
    files["tenants/acme/tenant.yaml"] = documents.tenant()
    (change,), _ = lock(snapshot(tmp_path, files), ())
    assert "- name: retrieval  # ours\n" in change.text
    assert "other" not in change.text
    assert codes(tmp_path, files | {path: change.text}) == []


@pytest.mark.parametrize(
    "damage",
    [
        ("- name: ", "- nam: "),
        ("      packs:\n", "      packs: [a, b]\n      more:\n"),
        ("spec:", "spec: 1 #"),
    ],
)
def test_a_lock_that_is_no_lock_is_written_anew(tmp_path: Path, damage: tuple[str, str]) -> None:
    files = locked(tmp_path, documents.repository())
    path = "tenants/acme/lock.yaml"
    assert damage[0] in files[path]
    (change,), _ = lock(snapshot(tmp_path, files | {path: files[path].replace(*damage)}), ())
    assert change.text == files[path]


def test_packs_in_another_order_are_written_anew(tmp_path: Path) -> None:
    """Else a comment would come to stand at another pack."""
    other = documents.pack("2.0.0", name="other")
    files = documents.repository() | {"catalog/packs/other/2.0.0/pack.yaml": other} | NEW
    more = '  - name: other\n    version: "~=2.0"\n'
    files["tenants/acme/tenant.yaml"] = documents.tenant(more=more)
    files = locked(tmp_path, files)
    path = "tenants/acme/lock.yaml"
    head, first, second = re.split(r"(?=        - name: )", files[path])
    assert first.startswith("        - name: other")
    swapped = head + second + first.replace("version: 2.0.0", "version: 2.0.1  # held")
    (change,), _ = lock(snapshot(tmp_path, files | {path: swapped}), ())
    assert "# held" not in change.text

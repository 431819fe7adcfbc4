"""Whose files a change touches: the patterns of CODEOWNERS, the last one that fits."""

from __future__ import annotations

import pytest

from controlplane.operations.owners import fits, owned
from controlplane.resources.repository import CodeOwners


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("tenants/**", "tenants/acme/tenant.yaml", True),
        ("tenants/**", "tenants.yaml", False),
        ("tenants/acme", "tenants/acme/lock.yaml", True),
        ("tenants/acme", "tenants/acme-2/lock.yaml", False),
        ("tenants/*", "tenants/notes.md", True),
        ("tenants/*", "tenants/acme/tenant.yaml", False),
        ("tenants/*/tenant.yaml", "tenants/acme/tenant.yaml", True),
        ("tenants/*/tenant.yaml", "tenants/a/b/tenant.yaml", False),
        ("**/rule.rego", "policies/access/broad-group/rule.rego", True),
        ("**/rule.rego", "rule.rego", True),
        ("policies/**/rule.rego", "policies/rule.rego", True),
        ("*", "anything/at/all.yaml", True),
        ("*.rego", "policies/a/b/rule.rego", True),
        ("*.rego", "policies/a/rego", False),
        ("trust/", "trust/meridian.yaml", True),
        ("trust/", "catalog/trust/meridian.yaml", True),
        ("/trust/", "catalog/trust/meridian.yaml", False),
        ("repository.yaml", "repository.yaml", True),
        ("repository.yaml", "repositoryxyaml", False),
        ("trust/v?.yaml", "trust/v1.yaml", True),
        ("trust/v?.yaml", "trust/v12.yaml", False),
        ("trust/v?.yaml", "trust/v/.yaml", False),
    ],
)
def test_a_pattern_covers_files_and_what_lies_in_folders(
    pattern: str, path: str, expected: bool
) -> None:
    assert fits(pattern, path) is expected


def test_the_last_pattern_that_fits_counts() -> None:
    owners = [
        CodeOwners(path="**", owners=("everybody",)),
        CodeOwners(path="trust/**", owners=("security", "audit")),
    ]
    paths = ["trust/a.yaml", "tenants/b.yaml", "trust/c.yaml"]
    classes = {"trust/a.yaml": frozenset({"security"}), "tenants/b.yaml": frozenset({"routine"})}
    assert owned(paths, owners, classes) == [
        {
            "owners": ["everybody"],
            "pattern": "**",
            "paths": ["tenants/b.yaml"],
            "count": 1,
            "classes": ["routine"],
        },
        {
            "owners": ["audit", "security"],
            "pattern": "trust/**",
            "paths": ["trust/a.yaml", "trust/c.yaml"],
            "count": 2,
            "classes": ["security"],
        },
    ]


def test_what_nobody_owns_asks_nobody() -> None:
    assert owned(["README.md"], [CodeOwners(path="trust/**", owners=("security",))], {}) == []

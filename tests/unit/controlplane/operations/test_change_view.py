"""Where in the files what a rule finds in a change stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.operations.change_view import ChangeView
from controlplane.repo.changes import changes
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from controlplane.values import FieldPath
from tests.support import documents
from tests.support.gitrepo import TestRepository

CLUSTER = "catalog/clusters/here.yaml"


@pytest.mark.parametrize(
    ("changed", "path", "expected"),
    [
        ({CLUSTER: documents.CLUSTER + "  capabilities: [gpu]\n"}, ("environments",), CLUSTER),
        ({"policies/a/b/rule.rego": "package a\n"}, ("tenants",), "policies/a/b/rule.rego"),
        ({}, ("tenants",), None),
    ],
)
def test_whom_a_change_reaches_stands_at_the_first_thing_that_changed(
    changed: dict[str, str | bytes], path: FieldPath, expected: str | None, tmp_path: Path
) -> None:
    made = TestRepository(tmp_path)
    files = documents.repository()
    base = made.commit(files)
    head = made.commit(files | changed)
    git = GitRepository.open(tmp_path)
    before, after = read(git, base), read(git, head)
    view = ChangeView(before, after, changes(before, after))
    found = view.locate(("blastRadius", *path))
    assert (found.path if found else None) == expected

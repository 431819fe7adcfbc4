"""What lint finds beyond single files."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.operations.linting import lint
from controlplane.repo.snapshot import read_worktree
from tests.support import documents
from tests.support.gitrepo import TestRepository


@pytest.mark.parametrize(
    ("layout", "places"),
    [
        ("{}", []),
        ("{tenants: tenants}", []),
        ("{tenants: tenant}", ["repository.yaml:6:21"]),  # a letter is missing, and so are they all
        ("{trust: keys, templates: t}", ["repository.yaml:6:19", "repository.yaml:6:36"]),
    ],
)
def test_a_folder_of_the_layout_that_holds_nothing_is_named(
    tmp_path: Path, layout: str, places: list[str]
) -> None:
    made = TestRepository(tmp_path)
    root = documents.document("Repository", "example", f"layout: {layout}\n")
    files = documents.repository(tenant=None, root=root)
    made.checkout(files | {"tenants/acme/tenant.yaml": documents.tenant("acme")})
    found = [p for p in lint(read_worktree(made.path)) if p.code == "layout/absent"]
    assert [str(problem.position) for problem in found] == places

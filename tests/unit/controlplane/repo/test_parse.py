"""What is said about one file: each fault once, at the place where it is to be mended."""

from __future__ import annotations

import pytest

from controlplane.repo.parse import parse_file
from controlplane.repo.yaml.limits import Limits

HEAD = "apiVersion: controlplane.dev/v1alpha1\nkind: Tenant\nmetadata: {name: acme}\nspec:\n"
EU = "  data: {residency: [eu]}\n"


@pytest.mark.parametrize(
    ("spec", "place", "name"),
    [
        ("  data:\n    residency:\n", (6, 5), "residency"),
        ("  data:\n    residency:\n\n  # nothing\n  kpis: []\n", (6, 5), "residency"),
        ("  data: {residency: }\n", (5, 10), "residency"),
        (f"{EU}  parent:\n", (6, 3), "parent"),
        (f"{EU}  support:\n  kpis: []\n", (6, 3), "support"),
        (f"{EU}  placements:\n    - target:\n      environment: dev\n", (7, 7), "target"),
    ],
)
def test_a_field_without_a_value_is_one_problem_at_the_field(
    spec: str, place: tuple[int, int], name: str
) -> None:
    (problem,) = parse_file((HEAD + spec).encode()).problems
    assert (problem.position.line, problem.position.column) == place
    assert (problem.code, problem.message) == ("yaml/empty-value", f"`{name}` has no value")


def test_what_is_left_out_of_many_problems_is_said() -> None:
    most = Limits().problems
    few = parse_file(b"kind: Nope\n---\n" * (most // 2)).problems
    many = parse_file(b"kind: Nope\n---\n" * (most + 200)).problems
    assert "file/too-many-problems" not in {problem.code for problem in few}
    assert (len(many), many[-1].code) == (most + 1, "file/too-many-problems")
    assert many[-1].position == many[-2].position

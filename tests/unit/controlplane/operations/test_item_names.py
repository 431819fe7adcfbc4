"""A field path names the items of lists that it leads through, as far as they have names."""

from __future__ import annotations

from controlplane.operations.item_names import steps


def test_objects_are_named_as_kubernetes_names_them() -> None:
    objects = [
        {"kind": "Role", "metadata": {"name": "a", "namespace": "n"}},
        {"kind": "Role", "metadata": {"name": "a", "namespace": "n"}},
        {"data": 1},
        "text",
    ]
    paths = [steps(("objects", n, "x"), {"objects": objects}) for n in range(5)]
    assert paths == [
        ("objects", "[kind=Role name=a namespace=n]", "x"),
        ("objects", "[kind=Role name=a namespace=n 2]", "x"),
        ("objects", 2, "x"),
        ("objects", "[text]", "x"),
        ("objects", 4, "x"),
    ]

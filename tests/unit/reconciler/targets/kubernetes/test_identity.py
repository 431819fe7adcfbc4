"""Ids and labels."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.targets.kubernetes.identity import InvalidIdError, parse, placement_label


@pytest.mark.parametrize(
    ("text", "group_kind", "namespace", "name"),
    [
        ("v1/Namespace/_/acme", "Namespace", "", "acme"),
        ("apps/v1/Deployment/acme/web", "Deployment.apps", "acme", "web"),
        (
            "rbac.authorization.k8s.io/v1/Role/acme/system:a:b",
            "Role.rbac.authorization.k8s.io",
            "acme",
            "system:a:b",
        ),
    ],
)
def test_an_id_is_read_and_written(text: str, group_kind: str, namespace: str, name: str) -> None:
    ref = parse(text)

    assert (ref.group_kind, ref.namespace, ref.name) == (group_kind, namespace, name)
    assert str(ref) == text


@pytest.mark.parametrize("text", ["", "web", "v1/Pod/web", "a/b/c/Pod/acme/web", "v1/Pod//web"])
def test_what_is_no_id_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(InvalidIdError) as raised:
        parse(text)
    assert "<apiVersion>" in raised.value.remedy


@given(st.text())
def test_a_label_is_a_legal_value(name: str) -> None:
    label = placement_label(name)

    assert len(label) <= 63
    assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", label)


@given(st.text(), st.text())
def test_two_placements_have_two_labels(one: str, two: str) -> None:
    assert (placement_label(one) == placement_label(two)) is (one == two)

"""Settings, right and wrong."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.errors import TargetSettingsError
from reconciler.targets.kubernetes.options import Options, read
from reconciler.targets.kubernetes.ownership import Allow


def test_nothing_said_is_the_default() -> None:
    assert read("prod", {}) == Options()


def test_given_namespaces_hold_the_inventory() -> None:
    options = read("prod", {"namespaces": ["acme", "other"]})

    assert options.control_namespace == "acme"
    assert options.rules().given == {"acme", "other"}


def test_allowed_fields_are_added_to_those_of_the_cluster() -> None:
    options = read("prod", {"allow": [{"manager": "mesh"}]})

    assert options.rules().allow[-1] == Allow(manager="mesh")
    assert len(options.rules().allow) > 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kubeconfg": "x"}, "kubeconfg"),
        ({"connections": 0}, "connections"),
        ({"connections": "4"}, "connections"),
        ({"page_size": 0}, "page_size"),
        ({"propagation": "orphan"}, "propagation"),
        ({"allow": [{"path": "x"}]}, "path"),
        ({"allow": "mesh"}, "allow"),
        ({"namespaces": "acme"}, "namespaces"),
        ({"namespaces": 7}, "namespaces"),
        ({"deletion_wait": -1}, "deletion_wait"),
        ({"kubeconfig": object()}, "serializable"),
        ({"kubeconfig": 7}, "kubeconfig"),
        ({"in_cluster": "yes"}, "in_cluster"),
    ],
)
def test_what_is_wrong_is_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(TargetSettingsError, match=said) as raised:
        read("prod", settings)
    assert raised.value.remedy

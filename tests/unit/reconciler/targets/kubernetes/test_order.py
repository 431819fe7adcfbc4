"""Waves, and what an object needs."""

from __future__ import annotations

from reconciler.model import Action, Resource, Standing, Verb
from reconciler.targets.kubernetes import order
from reconciler.targets.kubernetes.identity import parse

CRD = {
    "spec": {
        "group": "ex.com",
        "names": {"kind": "Widget"},
        "versions": [{"name": "v1"}, {"name": "v2"}],
    }
}
CRD_ID = "apiextensions.k8s.io/v1/CustomResourceDefinition/_/widgets.ex.com"
IDS = (
    "ex.com/v1/Widget/acme/w",
    "networking.k8s.io/v1/Ingress/acme/web",
    "apps/v1/Deployment/acme/web",
    "v1/Service/acme/web",
    "v1/PersistentVolumeClaim/acme/data",
    "v1/Secret/acme/token",
    "v1/ResourceQuota/acme/quota",
    "rbac.authorization.k8s.io/v1/Role/acme/reader",
    CRD_ID,
    "v1/Namespace/_/acme",
)


def action(identifier: str, verb: Verb) -> Action:
    return Action(identifier, verb, Standing.ABSENT)


def test_what_is_needed_comes_first() -> None:
    waves = order.waves(action(identifier, Verb.CREATE) for identifier in IDS)

    assert [wave[0].id for wave in waves] == list(reversed(IDS))


def test_deletion_goes_backwards_and_comes_last() -> None:
    mixed = [action(i, Verb.PRUNE) for i in reversed(IDS)] + [action("v1/Pod/acme/p", Verb.HEAL)]

    waves = order.waves(mixed)

    assert [wave[0].id for wave in waves] == ["v1/Pod/acme/p", *IDS]


def test_every_action_is_in_one_wave() -> None:
    actions = [action(i, verb) for i in IDS for verb in (Verb.UPDATE, Verb.FORGET)]

    assert sorted(a.id for wave in order.waves(actions) for a in wave) == sorted(
        a.id for a in actions
    )


def test_needs_are_the_namespace_and_the_definition() -> None:
    defined = order.defined_kinds([Resource(CRD_ID, CRD, "")])

    assert order.needs(parse("ex.com/v2/Widget/acme/w"), defined) == ("v1/Namespace/_/acme", CRD_ID)
    assert order.needs(parse("ex.com/v3/Widget/acme/w"), defined) == ("v1/Namespace/_/acme",)
    assert order.needs(parse("v1/Namespace/_/acme"), defined) == ()

"""What a tenant becomes: complete, in its own namespace, marked, and the same every time."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.render.errors import Fault, RenderError
from controlplane.render.model import Intervention
from controlplane.resources.tenant import Tenant
from reconciler.targets.kubernetes.options import CONTROL_NAMESPACE
from tests.support.rendering import (
    CLAIM,
    DEPLOYMENT,
    DIGEST,
    NAMESPACE,
    FakeCharts,
    World,
    bodies,
    lock,
    pack,
    tenant,
)

WEB = "Deployment/web"


def faults(world: World, of: Tenant | None = None, **given_: Any) -> list[tuple[str, str]]:
    with pytest.raises(RenderError) as caught:
        world.render(of, **given_)
    return [(fault.code, str(fault.place)) for fault in caught.value.faults]


def template(text: str) -> World:
    return World(packs=(pack({"templates/web.yaml.j2": text.encode()}),))


def test_a_placement_is_the_platforms_objects_and_those_of_its_packs() -> None:
    (placement,) = World().render()
    assert (placement.name, placement.namespace) == ("acme/prod@one", "acme-prod")
    assert [(o.resource.id, str(o.source), o.pack) for o in placement.objects] == [
        ("v1/Namespace/_/acme-prod", "templates/kubernetes/tenant/namespace.yaml.j2:4", ""),
        (
            "apps/v1/Deployment/acme-prod/web",
            "catalog/packs/web/1.0.0/content/templates/web.yaml.j2:4",
            "web@1.0.0",
        ),
    ]


def test_every_object_and_every_pod_says_whose_it_is() -> None:
    found = bodies(World().render()[0])
    marks = {
        "app.kubernetes.io/part-of": "acme",
        "controlplane.dev/tenant": "acme",
        "controlplane.dev/environment": "prod",
    }
    managed = {"app.kubernetes.io/managed-by": "controlplane"}
    mine = {**marks, "controlplane.dev/pack": "web"}
    assert found["Namespace/acme-prod"]["metadata"]["labels"] == {**marks, **managed}
    assert found[WEB]["metadata"]["labels"] == {
        **mine,
        **managed,
        "app.kubernetes.io/name": "web",
        "app.kubernetes.io/version": "1.0.0",
    }
    assert found[WEB]["spec"]["template"]["metadata"]["labels"] == mine


def test_a_template_cannot_say_that_an_object_is_somebody_elses() -> None:
    text = DEPLOYMENT.decode().replace(
        "  name: {{ pack.name }}\n",
        "  name: web\n  labels: {controlplane.dev/tenant: other, app.kubernetes.io/name: mine}\n",
    )
    labels = bodies(template(text).render()[0])[WEB]["metadata"]["labels"]
    assert labels["controlplane.dev/tenant"] == "acme"
    assert labels["app.kubernetes.io/name"] == "mine"


def test_pods_of_a_cron_job_are_marked_as_well() -> None:
    text = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  jobTemplate:\n    spec: {template: {spec: {}}}\n"
    found = bodies(template(text).render()[0])["CronJob/c"]
    pod = found["spec"]["jobTemplate"]["spec"]["template"]
    assert pod["metadata"]["labels"]["controlplane.dev/tenant"] == "acme"
    assert "kind" not in found["spec"]["jobTemplate"]


@pytest.mark.parametrize(
    "text",
    [
        "kind: ConfigMap\nmetadata: {name: a, namespace: other}",
        "kind: ClusterRole\nmetadata: {name: a}",
        "kind: Namespace\nmetadata: {name: acme-prod}",
        "kind: List\nmetadata: {name: a}",
        "kind: CustomResourceDefinition\nmetadata: {name: a.b}",
        "kind: ValidatingWebhookConfiguration\nmetadata: {name: a}",
    ],
)
def test_a_pack_reaches_nothing_beyond_the_tenants_namespace(text: str) -> None:
    assert [code for code, _ in faults(template("apiVersion: v1\n" + text + "\n"))] == ["reach"]


def test_the_platform_makes_no_namespace_but_the_placements() -> None:
    templates = {
        "templates/kubernetes/tenant/a.yaml.j2": NAMESPACE.replace(b"{{ namespace }}", b"x")
    }
    assert [code for code, _ in faults(World(templates=templates))] == ["reach"]


@pytest.mark.parametrize(
    "text",
    [
        "kind: ConfigMap\nmetadata: {name: a}",
        "apiVersion: v1\nmetadata: {name: a}",
        "apiVersion: v1\nkind: ConfigMap",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A B}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, finalizers: [x]}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {x: 1}}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nstatus: {}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, ownerReferences: []}",
    ],
)
def test_what_is_no_object_is_refused(text: str) -> None:
    assert [code for code, _ in faults(template(text + "\n"))] == ["object"]


def test_two_templates_cannot_write_one_object() -> None:
    twice = pack({"templates/a.yaml.j2": DEPLOYMENT, "templates/b.yaml.j2": DEPLOYMENT})
    found = faults(World(packs=(twice,)))
    assert found == [("duplicate-object", "catalog/packs/web/1.0.0/content/templates/b.yaml.j2:4")]


def test_all_faults_of_a_tenant_come_at_once() -> None:
    wrong = tenant(
        placements=[
            {"environment": "prod", "target": "nowhere"},
            {"environment": "qa", "target": "hpc"},
            {"environment": "dev", "target": "hpc"},
            {"environment": "prod", "target": "one", "namespace": "n"},
        ],
        packs=[{"name": "web", "version": "~=1.0"}, {"name": "gone", "version": "~=1.0"}],
    )
    assert faults(World(), wrong, locked=lock({"web": "2.0.0"})) == [
        ("missing", "Tenant/acme spec.placements[0].target"),
        ("missing", "Tenant/acme spec.placements[1].environment"),
        ("target-kind", "Tenant/acme spec.placements[2].target"),
        ("missing", "Tenant/acme spec.packs[0].name"),
        ("not-locked", "Tenant/acme spec.packs[1].name"),
    ]


def test_content_that_is_not_what_was_locked_is_not_rendered() -> None:
    (original,) = World().packs
    changed = type(original)(original.pack, original.root, original.files, DIGEST.replace("0", "1"))
    assert faults(World(packs=(changed,))) == [
        ("changed-content", "Tenant/acme spec.packs[0].name")
    ]


def test_a_tenant_without_a_lock_file_is_not_rendered() -> None:
    assert faults(World(), locked=lock({})) == [("not-locked", "Tenant/acme spec.packs[0].name")]


def test_a_long_namespace_is_refused_where_it_comes_from() -> None:
    long = tenant("a" * 60)
    assert faults(World(), long) == [("namespace-length", f"Tenant/{'a' * 60} spec.placements[0]")]


@pytest.mark.parametrize("namespace", ["kube-system", "kube-x", "default", CONTROL_NAMESPACE])
def test_a_namespace_of_the_clusters_own_is_no_tenants(namespace: str) -> None:
    placed = {"environment": "prod", "target": "one", "namespace": namespace}
    place = "Tenant/acme spec.placements[0]"
    assert faults(World(), tenant(placements=[placed])) == [("namespace-reserved", place)]


def test_a_name_that_comes_to_a_namespace_of_the_clusters_own_is_refused() -> None:
    place = "Tenant/kube spec.placements[0]"
    assert faults(World(), tenant("kube")) == [("namespace-reserved", place)]


def test_without_templates_of_the_platform_nothing_is_rendered() -> None:
    assert faults(World(templates={})) == [("no-templates", "templates/kubernetes/tenant:1")]


def test_a_pack_that_is_off_in_an_environment_is_not_there() -> None:
    off = tenant(
        packs=[{"name": "web", "version": "~=1.0", "environments": {"prod": {"enabled": False}}}]
    )
    assert set(bodies(World().render(off)[0])) == {"Namespace/acme-prod"}


INPUTS = b"""{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object", "additionalProperties": false, "required": ["a"],
  "properties": {"a": {"type": "string"}, "b": {"type": "integer", "default": 3}, "c": {}}
}"""
SHOWS = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {shown: '{{ input | to_json }}'}\n"


def with_inputs() -> World:
    files = {"templates/web.yaml.j2": SHOWS, "s.json": INPUTS}
    return World(packs=(pack(files, inputs={"schemaFile": "s.json", "defaults": {"c": "pack"}}),))


def configured(general: dict[str, Any], prod: dict[str, Any]) -> Tenant:
    choice = {"name": "web", "version": "~=1.0", "config": general}
    return tenant(packs=[{**choice, "environments": {"prod": {"config": prod}}}])


def test_an_input_comes_from_the_environment_the_tenant_the_pack_and_its_schema_in_turn() -> None:
    of = configured({"a": "general", "c": "general"}, {"a": "prod"})
    shown = bodies(with_inputs().render(of)[0])["ConfigMap/web"]["data"]["shown"]
    assert shown == '{"a":"prod","b":3,"c":"general"}'


def test_every_wrong_input_is_placed_where_it_was_given() -> None:
    of = configured({"b": "three"}, {"a": 1, "z": 2})
    assert faults(with_inputs(), of) == [
        ("input-type", "Tenant/acme spec.packs[0].environments.prod.config.a"),
        ("input-type", "Tenant/acme spec.packs[0].config.b"),
        ("unknown-input", "Tenant/acme spec.packs[0].environments.prod.config.z"),
    ]


def test_a_missing_input_is_placed_at_the_pack() -> None:
    assert faults(with_inputs()) == [("missing-input", "Tenant/acme spec.packs[0]")]


def test_a_pack_without_inputs_takes_none() -> None:
    assert faults(World(), configured({"a": 1}, {})) == [
        ("unknown-input", "Tenant/acme spec.packs[0].config.a")
    ]


def test_a_schema_that_is_named_must_be_there() -> None:
    absent = pack({"templates/web.yaml.j2": SHOWS}, inputs={"schemaFile": "s.json"})
    assert faults(World(packs=(absent,))) == [
        ("input-schema", "catalog/packs/web/1.0.0/content/s.json:1")
    ]


EVERYTHING = b"""\
{% for kind in ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod"] %}
---
apiVersion: x/v1
kind: {{ kind }}
metadata: {name: a}
spec: {replicas: 2}
{% endfor %}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: a}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
"""


def stage(stage: str, **dates: str) -> Tenant:
    return tenant(lifecycle={"stage": stage, "reason": "r", **dates})


def test_a_suspended_tenant_runs_nothing_and_keeps_the_rest() -> None:
    world = World(packs=(pack({"templates/a.yaml.j2": EVERYTHING}),))
    found = bodies(world.render(stage("suspended"))[0])
    assert set(found) == {
        "Namespace/acme-prod", "Deployment/a", "StatefulSet/a", "CronJob/a", "Job/a",
        "PersistentVolumeClaim/a", "ConfigMap/a",
    }  # fmt: skip
    assert found["Deployment/a"]["spec"]["replicas"] == 0
    assert found["StatefulSet/a"]["spec"]["replicas"] == 0
    assert found["CronJob/a"]["spec"]["suspend"] is True
    assert found["Job/a"]["spec"]["suspend"] is True


def test_a_leaving_tenant_keeps_its_namespace_and_its_data_alone() -> None:
    world = World(packs=(pack({"templates/a.yaml.j2": EVERYTHING}),))
    (placement,) = world.render(stage("leaving", purgeAfter="2027-01-01T00:00:00Z"))
    assert set(bodies(placement)) == {"Namespace/acme-prod", "PersistentVolumeClaim/a"}


def two_packs() -> World:
    other = pack({"templates/b.yaml.j2": DEPLOYMENT}, name="other")
    return World(packs=(*World().packs, other))


def both() -> Tenant:
    return tenant(
        packs=[{"name": "web", "version": "~=1.0"}, {"name": "other", "version": "~=1.0"}]
    )


def replicas(*acts: Intervention) -> dict[str, int]:
    (placement,) = two_packs().render(both(), lock({"web": "1.0.0", "other": "1.0.0"}), acts)
    return {
        name: body["spec"]["replicas"]
        for name, body in bodies(placement).items()
        if body["kind"] == "Deployment"
    }


@pytest.mark.parametrize(
    ("act", "web", "other"),
    [
        (Intervention("acme", "suspend"), 0, 0),
        (Intervention("acme", "suspend", pack="web"), 0, 2),
        (Intervention("acme", "suspend", environment="prod"), 0, 0),
        (Intervention("acme", "suspend", environment="dev"), 2, 2),
        (Intervention("somebody", "suspend"), 2, 2),
    ],
)
def test_an_intervention_suspends_what_it_names_and_nothing_else(
    act: Intervention, web: int, other: int
) -> None:
    assert replicas(act) == {"Deployment/web": web, "Deployment/other": other}


def test_the_strongest_throttle_counts() -> None:
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {rate: '{{ 40 * throttle // 100 }}'}\n"
    world = World(packs=(pack({"templates/web.yaml.j2": text}),))
    acts = (Intervention("acme", "throttle", rate=50), Intervention("acme", "throttle", rate=25))
    for order in (acts, acts[::-1]):
        found = bodies(world.render(interventions=order)[0])["ConfigMap/web"]
        assert found["data"] == {"rate": "10"}


def test_a_fallback_takes_the_packs_place() -> None:
    older = pack({"templates/web.yaml.j2": CLAIM}, version="0.9.0")
    act = Intervention("acme", "fallback", pack="web", replacement="web@0.9.0")
    (placement,) = World(packs=(*World().packs, older)).render(interventions=(act,))
    assert "PersistentVolumeClaim/web" in bodies(placement)
    assert WEB not in bodies(placement)


@pytest.mark.parametrize("replacement", ["web@9.9.9", "other@1.0.0", ""])
def test_a_fallback_to_what_is_not_a_version_of_the_pack_is_refused(replacement: str) -> None:
    act = Intervention("acme", "fallback", pack="web", replacement=replacement)
    assert faults(two_packs(), interventions=(act,)) == [
        ("missing", "Tenant/acme spec.packs[0].name")
    ]


ROLES = b"""\
{% for role in roles %}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: role-{{ loop.index }}}
data: {{ role }}
{% endfor %}
"""


def held(of: Tenant, **tenants: Tenant) -> list[tuple[str, str]]:
    templates = {"templates/kubernetes/tenant/a.yaml.j2": ROLES}
    (placement,) = World(templates=templates, tenants=tenants).render(of)
    found = [b["data"] for b in bodies(placement).values() if b["kind"] == "ConfigMap"]
    return [(data["group"], data["role"]) for data in found]


def identity(*groups: dict[str, Any]) -> dict[str, Any]:
    return {"issuer": "https://id.example", "groups": list(groups)}


def test_groups_hold_roles_under_the_tenants_name_in_their_environments() -> None:
    of = tenant(
        identity=identity(
            {"group": "ops", "role": "admin"},
            {"group": "devs", "role": "developer", "environments": ["dev"]},
            {"group": "all", "role": "viewer", "environments": ["prod"]},
        )
    )
    assert held(of) == [("acme:all", "viewer"), ("acme:ops", "admin")]


def test_an_agency_sees_its_clients_and_no_more_than_sees() -> None:
    agency = tenant("agency", identity=identity({"group": "leads", "role": "admin"}))
    client = tenant(parent="agency", identity=identity({"group": "us", "role": "operator"}))
    assert held(client, agency=agency) == [("acme:us", "operator"), ("agency:leads", "viewer")]


def test_an_agency_that_does_not_exist_is_a_fault() -> None:
    assert faults(World(), tenant(parent="agency")) == [("missing", "Tenant/acme spec.parent")]


CHART = """\
---
# Source: web/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
---
# Source: web/templates/empty.yaml
# nothing
"""


def chart() -> World:
    files = {"chart/Chart.yaml": b"name: web", "chart/templates/deployment.yaml": b"x"}
    return World(packs=(pack(files, render={"kind": "helm", "path": "chart"}),))


def test_a_chart_is_rendered_with_its_files_and_what_the_platform_tells_it() -> None:
    charts = FakeCharts(CHART)
    (placement,) = chart().render(charts=charts)
    (release,) = charts.asked
    assert (release.name, release.namespace) == ("web", "acme-prod")
    assert release.root == "catalog/packs/web/1.0.0/content/chart"
    assert set(release.files) == {"Chart.yaml", "templates/deployment.yaml"}
    assert release.values["controlplane"]["serviceAccount"] == "web"
    (found,) = [o for o in placement.objects if o.pack]
    assert found.resource.id == "apps/v1/Deployment/acme-prod/web"
    assert found.source.path.endswith("chart/templates/deployment.yaml")


@pytest.mark.parametrize(
    "text",
    [
        CHART.replace("  name: web\n", "  name: web\n  annotations: {helm.sh/hook: pre-install}\n"),
        CHART.replace("apiVersion: apps/v1", "- a\n"),
        CHART.replace("replicas: 1", "replicas: 0644"),
        "---\n# Source: web/templates/a.yaml\n- 1\n",
    ],
)
def test_a_chart_that_prints_what_cannot_be_kept_is_refused(text: str) -> None:
    (code, place), *_ = faults(chart(), charts=FakeCharts(text))
    assert code in {"chart", "produced-yaml"}
    assert "/content/chart/templates/" in place


def test_desired_names_the_placement_as_the_reconciler_does() -> None:
    desired = World().render()[0].desired("abc")
    assert (desired.placement.name, desired.placement.target) == ("acme/prod", "one")
    assert [r.id for r in desired.resources] == [
        "v1/Namespace/_/acme-prod",
        "apps/v1/Deployment/acme-prod/web",
    ]


def arranged(chance: random.Random | None) -> str:
    """Render one world with everything in it given in some order; return the digest."""

    def mixed(items: list[Any]) -> list[Any]:
        if chance is not None:
            chance.shuffle(items)
        return items

    def shuffled(files: dict[str, Any]) -> dict[str, Any]:
        return dict(mixed(list(files.items())))

    files = {"templates/b.yaml.j2": CLAIM, "templates/a.yaml.j2": DEPLOYMENT}
    other = pack({"templates/z.yaml.j2": DEPLOYMENT}, name="other")
    choices = mixed([{"name": name, "version": "~=1.0"} for name in ("web", "other")])
    acts = mixed([Intervention("acme", "throttle", rate=rate) for rate in (10, 20)])
    templates = {"templates/kubernetes/tenant/n.yaml.j2": NAMESPACE, "templates/x": b""}
    packs = tuple(mixed([pack(shuffled(files)), other]))
    world = World(packs=packs, templates=shuffled(templates))
    locked = lock(shuffled({"web": "1.0.0", "other": "1.0.0"}))
    return world.render(tenant(packs=choices), locked, tuple(acts))[0].digest


@given(st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_the_order_of_what_is_given_never_matters(chance: random.Random) -> None:
    assert arranged(chance) == arranged(None)


PROGRAM = """
from tests.support.rendering import World, tenant
groups = [{"group": f"g{n}", "role": "viewer"} for n in range(20)]
of = tenant(identity={"issuer": "https://id.example", "groups": groups})
print(World().render(of)[0].digest, World().render(of)[0].resources)
"""


def test_the_bytes_do_not_depend_on_the_seed_of_hashing() -> None:
    def printed(seed: str) -> bytes:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        root = Path(__file__).parents[4]
        command = [sys.executable, "-c", PROGRAM]
        return subprocess.run(
            command, env=environment, cwd=root, capture_output=True, check=True
        ).stdout

    assert len({printed(seed) for seed in ("0", "1", "4711")}) == 1


def test_a_fault_says_its_place_and_its_remedy() -> None:
    with pytest.raises(RenderError) as caught:
        World().render(tenant(placements=[{"environment": "prod", "target": "nowhere"}]))
    (fault,) = caught.value.faults
    assert isinstance(fault, Fault)
    assert str(caught.value) == (
        "Tenant/acme spec.placements[0].target: there is no Cluster `nowhere`"
    )
    assert caught.value.remedy == fault.remedy == "correct the name, or add the resource"
    assert caught.value.exit_code == 3

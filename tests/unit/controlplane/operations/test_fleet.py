"""The figures of the fleet: what is added up, what clashes, and what a bound may not hide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from controlplane.operations.fleet import ENDLESS, Contribution, Seat, contribution
from controlplane.operations.fleet_totals import BOUND, NAMES, Catalogue, total
from controlplane.repo import yaml
from controlplane.resources import parse
from controlplane.resources.budget_cap import BudgetCap
from controlplane.resources.pack_lock import PackLock
from controlplane.resources.targets import Cluster
from controlplane.resources.tenant import Tenant
from controlplane.resources.waiver import Waiver
from tests.support.binaries import REPOSITORY

API = "controlplane.dev/v1alpha1"


def resource(kind: str, name: str, **spec: Any) -> Any:
    return parse({"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec})


def tenant(name: str = "acme", **spec: Any) -> Tenant:
    given = {"data": {"residency": ["eu"]}, **spec}
    found = resource("Tenant", name, **given)
    assert isinstance(found, Tenant)
    return found


def lock(name: str, **environments: list[str]) -> PackLock:
    held = {
        environment: {
            "packs": [
                {
                    "name": pack.partition("@")[0],
                    "range": f"=={pack.partition('@')[2]}",
                    "version": pack.partition("@")[2],
                    "digest": "sha256:" + "0" * 64,
                }
                for pack in packs
            ]
        }
        for environment, packs in environments.items()
    }
    found = resource("PackLock", name, tenant=name, environments=held)
    assert isinstance(found, PackLock)
    return found


def cluster(name: str = "here", **limits: Any) -> Cluster:
    found = resource(
        "Cluster",
        name,
        provider="local",
        region="here",
        residencyZone="eu",
        limits=limits,
        connection={"kind": "directory", "credentialsRef": "local"},
    )
    assert isinstance(found, Cluster)
    return found


def here(environment: str = "prod", **more: str) -> dict[str, str]:
    return {"environment": environment, "target": "here", **more}


def of(*tenants: Tenant, **known: Any) -> Any:
    return total((contribution(each, None) for each in tenants), Catalogue(**known))


def keys(clashes: Any) -> list[list[str]]:
    return [clash["key"] for clash in clashes["items"]]


def test_a_seat_without_a_namespace_has_the_one_it_gets() -> None:
    given = contribution(tenant(placements=[here(), here("dev", namespace="x")]), None)
    assert [seat.namespace for seat in given.seats] == ["acme-prod", "x"]


def test_a_quota_is_zero_unlimited_or_as_the_plan_says() -> None:
    given = contribution(tenant(quotas={"cpu": "0", "memory": "unlimited"}), None)
    assert dict(given.quotas) == {"cpuMilli": 0, "memoryMiB": ENDLESS}


def test_what_is_asked_for_is_rounded_up_and_what_there_is_down() -> None:
    figures = of(
        tenant(placements=[here()], quotas={"memory": "1025Ki"}), targets=[cluster(memory="2047Ki")]
    )
    (target,) = figures["targets"]["items"]
    assert target["declared"]["memoryMiB"] == 2
    assert target["limits"]["memoryMiB"] == 1


def test_quotas_are_added_up_for_each_seat_and_plan() -> None:
    figures = of(
        tenant(placements=[here(), here("dev")], quotas={"cpu": "2", "memory": "unlimited"}),
        tenant("bright", plan="growth", placements=[here()]),
        tenant("away"),
        targets=[cluster(cpu="8", memory="unlimited", tenants=3), cluster("empty")],
    )
    (target,) = figures["targets"]["items"]
    assert (target["tenants"], target["seats"]) == (2, 3)
    assert target["limits"] == {"cpuMilli": 8000, "tenants": 3}
    assert target["declared"] == {"cpuMilli": 4000}
    assert target["endless"] == {"memoryMiB": 2}
    assert target["asPlanned"]["cpuMilli"] == {"growth": 1}
    assert target["asPlanned"]["storageMiB"] == {"core": 2, "growth": 1}


@pytest.mark.parametrize(
    ("other", "clash"),
    [
        (here(namespace="acme-prod"), True),
        (here("dev", namespace="acme-prod"), True),
        ({"environment": "prod", "target": "there", "namespace": "acme-prod"}, False),
        (here(), False),
    ],
)
def test_a_namespace_clashes_on_one_target(other: dict[str, str], clash: bool) -> None:
    figures = of(tenant(placements=[here()]), tenant("bright", placements=[other]))
    assert keys(figures["namespaces"]) == ([["acme-prod", "here"]] if clash else [])


def signed_in(issuer: str, audience: str = "a") -> dict[str, str]:
    return {"issuer": issuer, "audience": audience}


def test_an_issuer_is_shared_whatever_its_letters_and_its_slash() -> None:
    figures = of(
        tenant(identity=signed_in("https://LOGIN.example/")),
        tenant("bright", identity=signed_in("https://login.example")),
        tenant("calm", identity=signed_in("https://login.example", "b")),
    )
    assert keys(figures["issuers"]) == [["https://login.example", "a"]]
    assert [h["tenant"] for h in figures["issuers"]["items"][0]["holders"]] == ["acme", "bright"]


def test_an_agency_and_its_clients_may_share_an_issuer_and_two_clients_may_not() -> None:
    clients = [
        tenant(name, plan="agency", parent="agency", identity=signed_in("https://x.example"))
        for name in ("one", "two")
    ]
    agency = tenant("agency", plan="agency", identity=signed_in("https://x.example"))
    assert of(agency, *clients)["issuers"]["count"] == 0
    assert of(tenant("agency", plan="agency"), *clients)["issuers"]["count"] == 1


def test_a_host_name_is_what_counts_in_an_environment() -> None:
    def with_host(name: str, **overrides: Any) -> Tenant:
        pack = {"name": "web", "version": "~=1.0", "config": {"hostname": "App.example.com."}}
        return tenant(
            name, placements=[here()], packs=[{**pack, "environments": {"prod": overrides}}]
        )

    plain = with_host("acme")
    assert keys(of(plain, with_host("bright"))["hosts"]) == [["app.example.com"]]
    assert keys(of(plain, with_host("bright", config={"hostname": "b.example"}))["hosts"]) == []
    assert keys(of(plain, with_host("bright", enabled=False))["hosts"]) == []
    replaced = contribution(with_host("bright", config={"hostname": "b.example"}), None)
    assert replaced.hosts[0].path == (
        "spec",
        "packs",
        0,
        "environments",
        "prod",
        "config",
        "hostname",
    )


@pytest.mark.parametrize(
    ("limit", "period", "units"),
    [("10.00 EUR", "month", 10), ("1.00 EUR", "day", 31), ("10.00 EUR", "year", 1)],
)
def test_spending_is_a_month_rounded_up(limit: str, period: str, units: int) -> None:
    figures = of(tenant(costEnvelope={"limit": limit, "period": period}))
    assert figures["spending"]["currencies"][0]["units"] == units


def test_spending_without_limit_is_not_nothing() -> None:
    figures = of(tenant(costEnvelope={"limit": "unlimited"}), tenant("bright"))
    assert figures["spending"]["endless"]["count"] == 1
    assert figures["spending"]["currencies"] == []


def cap(limit: str = "5.00 EUR", **scope: Any) -> BudgetCap:
    found = resource("BudgetCap", "cap", limit=limit, scope=scope)
    assert isinstance(found, BudgetCap)
    return found


@pytest.mark.parametrize(
    ("caps", "uncapped"),
    [
        ([], ["bright"]),
        ([cap()], []),
        ([cap("unlimited")], ["acme", "bright"]),
        ([cap(environments=["dev"])], ["bright"]),
        ([cap(tenants=["bright"])], []),
    ],
)
def test_who_has_no_cap(caps: list[BudgetCap], uncapped: list[str]) -> None:
    named = tenant(placements=[here()], budgetCaps=["cap"])
    if not caps:
        named = tenant()  # runs nothing
    figures = of(named, tenant("bright", placements=[here()]), tenant("idle"), caps=caps)
    assert [holder["tenant"] for holder in figures["uncapped"]["items"]] == uncapped


def test_packs_that_are_not_stable_are_counted_by_tenant() -> None:
    runs = [
        contribution(tenant("acme"), lock("acme", prod=["web@1.0.0"], dev=["web@1.0.0"])),
        contribution(tenant("bright"), lock("bright", dev=["web@1.0.0", "etl@2.0.0"])),
        contribution(tenant("calm"), lock("calm", prod=["etl@2.0.0", "db@1.0.0"])),
    ]
    stages = {"web@1.0.0": "deprecated", "etl@2.0.0": "withdrawn", "db@1.0.0": "stable"}
    known = Catalogue(stages=stages, production=frozenset({"prod"}))
    packs: Any = total(runs, known)["packs"]
    shown = [(p["name"], p["stage"], p["tenants"], p["production"]) for p in packs["items"]]
    assert shown == [("etl", "withdrawn", 2, 1), ("web", "deprecated", 2, 1)]
    assert packs["running"] == 3


def waiver(name: str, expires: str, rule: str = "workloads/probes") -> Waiver:
    found = resource(
        "Waiver",
        name,
        rule=rule,
        subject={"kind": "Tenant", "name": "acme"},
        reason="r",
        ticket="T-1",
        approvedBy={"subject": "a@example.com"},
        issued="2026-01-01T00:00:00Z",
        expires=expires,
    )
    assert isinstance(found, Waiver)
    return found


def test_waivers_come_by_rule_and_the_first_to_end_first() -> None:
    waivers = [
        waiver("a", "2026-03-01T00:00:00Z"),
        waiver("b", "2026-02-01T00:00:00Z"),
        waiver("c", "2026-04-01T00:00:00Z", "workloads/other"),
    ]
    found = of(waivers=waivers)["waivers"]
    assert [(r["rule"], r["count"]) for r in found["byRule"]["items"]] == [
        ("workloads/probes", 2),
        ("workloads/other", 1),
    ]
    assert [each["waiver"] for each in found["ending"]["items"]] == ["b", "a", "c"]


def crowd(size: int) -> list[Contribution]:
    """Every second tenant sits in the namespace, and takes the issuer, of the one before."""
    return [
        Contribution(
            tenant=f"tenant-{number:05}",
            parent="",
            plan="core",
            stage="active",
            issuer=f"https://login.example/{number // 2}",
            audience="",
            seats=(Seat("prod", "here", f"space-{number // 2}", "dedicated", 0),),
            quotas=(),
            hosts=(),
            spending=("", ENDLESS),
            packs=(("web@1.0.0", "prod"),),
            caps=(),
        )
        for number in range(size)
    ]


def test_ten_thousand_tenants_take_no_more_room_than_a_hundred() -> None:
    known = Catalogue(targets=[cluster()], stages={"web@1.0.0": "withdrawn"})
    small, large = (len(json.dumps(total(crowd(size), known))) for size in (200, 10_000))
    assert large < small * 1.1
    assert large < 100_000


def test_a_list_that_ends_says_how_many_there_are() -> None:
    figures: Any = total(crowd(1000), Catalogue(targets=[cluster()]))
    assert figures["namespaces"]["count"] == 500
    assert len(figures["namespaces"]["items"]) == BOUND
    assert figures["spending"]["endless"]["count"] == 1000
    (target,) = figures["targets"]["items"]
    assert (target["tenants"], len(target["dedicated"])) == (1000, NAMES)


def test_the_order_in_which_tenants_come_does_not_matter() -> None:
    known = Catalogue(targets=[cluster()])
    assert total(reversed(crowd(30)), known) == total(crowd(30), known)


def test_a_placement_without_a_quota_counts_as_the_templates_give_it() -> None:
    """The default of `fleet/capacity` and the figures of the templates are one decision."""
    text = (REPOSITORY / "templates/kubernetes/settings.yaml").read_bytes()
    plans: Any = yaml.load(text, "settings.yaml").documents[0].value
    schema = Path(REPOSITORY / "policies/fleet/capacity/parameters.schema.json").read_text()
    default = json.loads(schema)["properties"]["plans"]["default"]
    given = {
        plan: dict(
            contribution(
                tenant(quotas={k: quotas[k] for k in ("cpu", "memory", "storage", "gpus")}), None
            ).quotas
        )
        for plan, quotas in plans["plans"].items()
    }
    assert given == default

"""A rule tried on what was decided, shown in the pull request that changes it, and replayed."""

from __future__ import annotations

import json

from tests.e2e.journey import Journey

TENANT = "tenants/acme/tenant.yaml"
RULE = "policies/tenancy/owner-contact/rule.rego"


def test_a_rule_is_tried_before_it_is_switched_on(journey: Journey) -> None:
    same = journey.cpctl("simulate", "--policies", "main", "--engine", "embedded", "-o", "json")
    found = json.loads(same.stdout)
    assert (found["decisions"], found["flipped"], found["notSimulated"]) == (1, [], [])

    journey.git("checkout", "-q", "-b", "loosen")
    journey.edit(RULE, 'about("no-owner", "owner") if not', 'about("no-owner", "owner") if')
    head = journey.commit("Turn the rule around")
    tried = ("simulate", "--policies", "loosen", "--engine", "embedded")
    done = journey.cpctl(*tried, expect=1)
    assert "allow → deny: 1" in done.stdout
    assert "gained tenancy/owner-contact on Tenant/acme" in done.stdout
    assert f"then `not spec.contacts.owner.email` does not hold ({RULE}:" in done.stdout
    assert journey.cpctl(*tried, "--policies", "policies", expect=1).stdout == done.stdout
    journey.cpctl(*tried, "--since", "HEAD", expect=2)
    journey.cpctl("simulate", "--policies", "nowhere", expect=2)

    gated = journey.gate("main", "loosen", expect=1)
    assert "counterfactual: 1 rule differs; on 1 recorded decision" in gated.stdout

    bundle, trust = journey.folder / "bundle.json", journey.folder / "trust.json"
    trust.write_text(journey.cpctl("keys", "trust").stdout, "utf-8")
    journey.cpctl("evidence", "bundle", head, "-o", str(bundle))
    replayed = ("policy", "replay", str(bundle), "--engine", "embedded")
    said = journey.cpctl(*replayed, "--trust", str(trust)).stderr
    assert "replayed: 3 of 3 verdicts the same" in said
    assert "nothing in it was judged again" in journey.cpctl(*replayed, expect=6).stderr

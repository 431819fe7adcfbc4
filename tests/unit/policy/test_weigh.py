"""What a finding weighs, here and today: environments, dates, waivers, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.policy.model import Cause, Finding, Indeterminate, Severity, Verdict
from controlplane.policy.weigh import DAY, weigh
from controlplane.policy.weights import Nature, Waived, Weights

NOW = int(datetime(2026, 11, 26, tzinfo=UTC).timestamp())
RULE = "workloads/probes"
ENVIRONMENTS = {"dev": "relaxed", "prod": "standard"}


def finding(
    subject: str = "Placement/acme/prod@eu", severity: str = "deny", rule: str = RULE
) -> Finding:
    return Finding(rule, Severity(severity), subject, "bad")


def verdict(*findings: Finding, until: str = "") -> Verdict:
    return Verdict(findings, (), (RULE,), until)


def weights(**more: object) -> Weights:
    return replace(Weights(NOW, ENVIRONMENTS), **more)  # type: ignore[arg-type]


def waiver(**more: object) -> Waived:
    known = Waived(
        "probes", RULE, "Placement/acme/prod@eu", (), "deny", NOW - DAY, NOW + 30 * DAY, True
    )
    return replace(known, **more)  # type: ignore[arg-type]


def severities(found: Verdict) -> list[str]:
    return [each.severity.value for each in found.findings]


def weighed(one: Finding, **more: object) -> list[str]:
    return severities(weigh(verdict(one), weights(**more)).verdict)


def test_where_nothing_is_said_a_finding_weighs_what_its_rule_says() -> None:
    final = weigh(verdict(finding()), Weights(NOW))
    assert final.verdict == verdict(finding())
    assert final.weighings == ()


STYLE = {RULE: Nature(style=True)}


@pytest.mark.parametrize(
    ("subject", "severity", "strictness", "expected"),
    [
        ("Placement/acme/dev@eu", "deny", "relaxed", "warn"),
        ("Placement/acme/prod@eu", "deny", "standard", "deny"),
        ("Placement/acme/prod@eu", "warn", "strict", "deny"),
        ("Placement/acme/prod@eu", "info", "strict", "info"),
        ("Placement/acme/dev@eu", "warn", "relaxed", "warn"),
    ],
)
def test_strictness_counts_where_the_finding_belongs(
    subject: str, severity: str, strictness: str, expected: str
) -> None:
    name = subject.split("/")[2].split("@", maxsplit=1)[0]
    environments = {**ENVIRONMENTS, name: strictness}
    one = finding(subject, severity)
    assert weighed(one, strictness=environments, natures=STYLE) == [expected]


def test_what_is_no_matter_of_style_is_not_relaxed() -> None:
    assert weighed(finding("Placement/acme/dev@eu")) == ["deny"]


def test_a_finding_of_no_environment_weighs_what_the_strictest_says() -> None:
    one = finding("Tenant/acme")
    assert weighed(one, natures=STYLE) == ["deny"]
    assert weighed(one, natures=STYLE, strictness={"dev": "relaxed"}) == ["warn"]
    off = {"dev": {RULE: "off"}}
    assert weighed(one, severities=off) == ["deny"]
    assert weighed(one, severities=off | {"prod": {RULE: "info"}}) == ["info"]


def test_a_placement_in_an_environment_nobody_knows_is_judged_by_the_strictest() -> None:
    off = {"dev": {RULE: "off"}}
    assert weighed(finding("Placement/acme/new@eu"), severities=off) == ["deny"]


def test_a_tenants_placement_belongs_to_its_environment() -> None:
    one = replace(finding("Tenant/acme"), path=("spec", "placements", 1, "target"))
    placed = {"acme": ("prod", "dev")}
    off = {"dev": {RULE: "off"}}
    assert weighed(one, severities=off, placements=placed) == []
    other = replace(one, path=("spec", "placements", 0, "target"))
    assert weighed(other, severities=off, placements=placed) == ["deny"]
    assert weighed(replace(one, path=("spec", "placements", 9)), severities=off) == ["deny"]


def test_what_is_off_is_out_of_the_verdict_and_on_record() -> None:
    off = {name: {RULE: "off"} for name in ENVIRONMENTS}
    final = weigh(verdict(finding()), weights(severities=off))
    assert final.verdict.allow
    assert [(w.to, w.because) for w in final.weighings] == [
        ("off", "off by repository.yaml in prod")
    ]


def test_before_its_day_a_denial_warns_and_says_from_when_it_denies() -> None:
    one = finding()
    final = weigh(verdict(one), weights(natures={RULE: Nature(effective_on="2027-01-01")}))
    assert severities(final.verdict) == ["warn"]
    assert final.verdict.valid_until == "2027-01-01T00:00:00Z"
    assert final.weighings[0].because == "denies from 2027-01-01"
    day = {RULE: Nature(effective_on="2026-11-26")}
    assert weighed(one, natures=day) == ["deny"]


def test_a_waived_finding_stays_and_says_by_what_and_until_when() -> None:
    final = weigh(verdict(finding()), weights(waivers=(waiver(),)))
    assert severities(final.verdict) == ["info"]
    assert final.verdict.allow
    assert final.weighings[0].because == "waived by probes until 2026-12-26T00:00:00Z"
    assert final.verdict.valid_until == "2026-12-26T00:00:00Z"
    assert [(s.standing, s.waives) for s in final.waivers] == [("in force", 1)]


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        ({"expires": NOW}, "ended"),
        ({"issued": NOW + 1}, "not yet"),
        ({"approved": False}, "worthless"),
        ({"severity": "warn"}, "worthless"),
        ({"subject": "Placement/acme/dev@eu"}, "in force"),
        ({"rule": "workloads/limits"}, "in force"),
        ({"environments": ("dev",)}, "in force"),
    ],
)
def test_a_waiver_that_does_not_fit_waives_nothing(
    change: dict[str, object], standing: str
) -> None:
    final = weigh(verdict(finding()), weights(waivers=(waiver(**change),)))
    assert severities(final.verdict) == ["deny"]
    assert [(s.standing, s.waives) for s in final.waivers] == [(standing, 0)]


def test_a_waiver_waives_to_its_last_second_and_announces_its_end() -> None:
    last = weights(waivers=(waiver(expires=NOW + 1),))
    assert severities(weigh(verdict(finding()), last).verdict) == ["info"]
    for days, expected in ((14, "ends soon"), (13, "ends soon"), (15, "in force")):
        by = weights(waivers=(waiver(expires=NOW + days * DAY),))
        assert weigh(verdict(finding()), by).waivers[0].standing == expected


def test_a_waiver_to_come_says_until_when_the_denial_holds() -> None:
    final = weigh(verdict(finding()), weights(waivers=(waiver(issued=NOW + DAY),)))
    assert final.verdict.valid_until == "2026-11-27T00:00:00Z"


def test_change_control_is_never_waived() -> None:
    one = finding("Waiver/probes", rule="change-control/waiver-term")
    about = waiver(rule=one.rule, subject=one.subject)
    final = weigh(verdict(one), weights(waivers=(about,)))
    assert severities(final.verdict) == ["deny"]
    assert final.waivers[0].standing == "worthless"


def test_what_is_indeterminate_is_never_weighed() -> None:
    lost = Indeterminate(RULE, "Placement/acme/prod@eu", Cause.TIMEOUT)
    off = {name: {RULE: "off"} for name in ENVIRONMENTS}
    by = weights(waivers=(waiver(),), severities=off)
    final = weigh(Verdict((), (lost,), (RULE,)), by)
    assert final.verdict.indeterminate == (lost,)
    assert not final.verdict.allow


def test_the_engines_own_date_counts_when_it_is_the_earliest() -> None:
    soon = "2026-11-26T01:00:00Z"
    final = weigh(verdict(finding(), until=soon), weights(waivers=(waiver(),)))
    assert final.verdict.valid_until == soon


@given(
    st.sampled_from(["deny", "warn", "info"]),
    st.sampled_from(["relaxed", "standard", "strict"]),
    st.sampled_from([(), (waiver(),), (waiver(expires=NOW),), (waiver(issued=NOW + 5),)]),
    st.sampled_from(["", "2026-11-27", "2020-01-01"]),
    st.booleans(),
)
def test_what_was_recorded_weighs_the_same_again_and_changes_when_it_says(
    severity: str, strictness: str, waivers: tuple[Waived, ...], day: str, style: bool
) -> None:
    by = weights(
        strictness={"prod": strictness},
        waivers=waivers,
        natures={RULE: Nature(style, day)},
        severities={"dev": {RULE: "off"}},
        placements={"acme": ("prod",)},
    )
    engines = verdict(finding(severity=severity))
    final = weigh(engines, by)
    assert weigh(engines, Weights.from_json(by.to_json())) == final
    if until := final.verdict.valid_until:
        change = int(datetime.fromisoformat(until).timestamp())
        before = weigh(engines, replace(by, now=change - 1))
        after = weigh(engines, replace(by, now=change))
        assert before.verdict == final.verdict
        assert before.weighings == final.weighings
        assert (after.verdict.findings, after.weighings) != (
            final.verdict.findings,
            final.weighings,
        )
    else:
        later = weigh(engines, replace(by, now=by.now + 3650 * DAY)).verdict
        assert later.findings == final.verdict.findings

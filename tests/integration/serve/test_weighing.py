"""What is found weighs the same over HTTP, before Kubernetes admits an object, and by command.

Each setting of the base that makes something else of a finding is tried by all of them: severities
of environments, strictness, the day from which a rule denies, waivers, and where a finding belongs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controlplane import wiring
from controlplane.cli.reading import step_of
from controlplane.operations.admitted_object import review
from controlplane.operations.admitting import Homes, admit
from controlplane.operations.gate import GateReport, gate
from controlplane.operations.served_records import of_envelope
from controlplane.operations.serving import Final, InForce, make_ready
from controlplane.policy.model import Severity, merge
from controlplane.policy.weigh import weigh
from controlplane.policy.weights import Weights
from controlplane.render.helm import HelmCharts
from controlplane.repo.git import GitRepository
from evidence.canonical import canonical, digest
from tests.support import documents
from tests.support.gated import TENANT, Gated
from tests.support.policies import rule
from tests.support.serving import serving

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
OWN, PLACED, RULE = "tenancy/own", "tenancy/placed", "tenancy/objects"
_ZONE = '"us" in input.subject.resource.spec.data.residency'
_BAD = '{"code": "bad", "path": %s, "params": {"name": "x"}}'
_PLACED = f"""findings contains {_BAD % '["spec", "placements", index]'} if {{
\tsome index, _ in input.subject.resource.spec.placements
\t{_ZONE}
}}"""
_OBJECTS = f"""findings contains {_BAD % "[]"} if {{
\t"us" in input.references.Tenant.acme.spec.data.residency
}}

findings contains {_BAD % '["objects", index]'} if {{
\tsome index, object in input.subject.resource.objects
\tobject.metadata.labels.bad == "yes"
}}"""

Edit = Callable[[dict[str, str]], None]


def severities(**chosen: str) -> Edit:
    """Return what gives every rule a severity of its own in some environments."""
    inside = "".join(
        f"  {name}:\n" + "".join(f'    {each}: "{severity}"\n' for each in (OWN, PLACED, RULE))
        for name, severity in chosen.items()
    )
    return _settings(f"severities:\n{inside}")


def _settings(text: str) -> Edit:
    def edit(files: dict[str, str]) -> None:
        files["repository.yaml"] = documents.document("Repository", "example", text)

    return edit


def strictness(name: str) -> Edit:
    """Return what makes the environment prod that strict."""

    def edit(files: dict[str, str]) -> None:
        text = f"targets: [here]\nstrictness: {name}\n"
        files["catalog/environments/prod.yaml"] = documents.document("Environment", "prod", text)

    return edit


def metadata(line: str, was: str = "  severity: deny\n") -> Edit:
    """Return what adds a line to the METADATA of each rule."""

    def edit(files: dict[str, str]) -> None:
        for identity in (OWN, PLACED, RULE):
            path = f"policies/{identity}/rule.rego"
            files[path] = files[path].replace(f"# {was}", f"#   {line}\n# {was}")

    return edit


def mild(files: dict[str, str]) -> None:
    """Let each rule warn only."""
    for identity in (OWN, PLACED, RULE):
        path = f"policies/{identity}/rule.rego"
        files[path] = files[path].replace("severity: deny", "severity: warn")


def waivers(until: str, *, subject: str = "security@acme.example", only: str = "") -> Edit:
    """Return what waives every rule, answered for by `subject`, where a trust root knows one."""
    spec = (
        "rule: {rule}\nsubject: {{kind: {kind}, name: {name}}}\n"
        "reason: The vendor mends it.\nticket: T-1\n"
        f"approvedBy:\n  subject: {subject}\n"
        f'issued: "2026-11-20T00:00:00Z"\nexpires: "{until}"\n'
        + (f"environments: [{only}]\n" if only else "")
    )
    about = {"own": (OWN, "Tenant", "acme"), "placed": (PLACED, "Tenant", "acme"),
             "objects": (RULE, "Placement", "acme/prod@here")}  # fmt: skip
    root = (
        "keys: []\nidentities:\n  - name: security\n    subject: security@acme.example\n"
        "    issuer: https://login.acme.example\n    purposes: [approve]\n"
        "    roles: [security]\n"
    )

    def edit(files: dict[str, str]) -> None:
        files["trust/root.yaml"] = documents.document("TrustRoot", "root", root)
        for short, (identity, kind, name) in about.items():
            text = spec.format(rule=identity, kind=kind, name=name)
            files[f"catalog/waivers/{short}.yaml"] = documents.document("Waiver", short, text)

    return edit


def together(*edits: Edit) -> Edit:
    """Return one edit of several."""

    def edit(files: dict[str, str]) -> None:
        for each in edits:
            each(files)

    return edit


@dataclass(frozen=True)
class Case:
    """A setting of the base, and what rules weigh then: in the environments prod and dev."""

    edit: Edit
    own: str  # a finding that belongs to no environment
    placed: str  # one of each environment; the gravest
    live: str  # one about an object in prod


CASES: Mapping[str, Case] = {
    "as it says": Case(lambda _: None, "deny", "deny", "deny"),
    "milder in prod only": Case(severities(prod="warn"), "deny", "deny", "warn"),
    "milder everywhere": Case(severities(prod="warn", dev="info"), "warn", "warn", "warn"),
    "off everywhere": Case(severities(prod="off", dev="off"), "", "", ""),
    "off in prod only": Case(severities(prod="off"), "deny", "deny", ""),
    "graver": Case(together(mild, severities(prod="deny")), "deny", "deny", "deny"),
    "strict": Case(together(mild, strictness("strict")), "deny", "deny", "deny"),
    "relaxed style": Case(
        together(metadata("style: true"), strictness("relaxed")), "deny", "deny", "warn"
    ),
    "denies later": Case(metadata('effective_on: "2027-03-01"'), "warn", "warn", "warn"),
    "denies already": Case(metadata('effective_on: "2026-03-01"'), "deny", "deny", "deny"),
    "waived": Case(waivers("2026-12-01T00:00:00Z"), "info", "info", "info"),
    "waived in prod": Case(waivers("2026-12-01T00:00:00Z", only="prod"), "deny", "deny", "info"),
    "waived before": Case(waivers("2026-11-25T00:00:00Z"), "deny", "deny", "deny"),
    "waived by nobody": Case(
        waivers("2026-12-01T00:00:00Z", subject="mallory@acme.example"), "deny", "deny", "deny"
    ),
}


@dataclass(frozen=True)
class Judged:
    """One step as the gate judged it, and the policies of its base as they are served."""

    repository: Gated
    report: GateReport
    policies: InForce
    case: Case

    def bodies(self) -> list[Any]:
        """Return the envelopes that the gate asked about."""
        found = {name: text for _, judgement in self.report.judgements
                 for name, text in judgement.envelopes.items()}  # fmt: skip
        return [json.loads(text) for text in found.values()]


def repository(path: Path, edit: Edit) -> Gated:
    """Make a repository with two environments and three rules, as `edit` leaves it."""
    made = Gated(path)
    made.git("checkout", "-q", "main")
    made.files[TENANT] = made.files[TENANT].replace(
        "  packs:", "    - environment: dev\n      target: here\n  packs:", 1
    )
    dev = documents.document("Environment", "dev", "targets: [here]\n")
    made.files["catalog/environments/dev.yaml"] = dev
    text = made.files["tenants/acme/lock.yaml"]
    prod = text[text.index("    prod:\n") :]
    made.files["tenants/acme/lock.yaml"] = text.replace(prod, prod.replace("prod", "dev") + prod)
    made.files |= rule(_PLACED.replace('["spec", "placements", index]', "[]"), OWN)
    made.files |= rule(_PLACED, PLACED)
    made.files |= rule(_OBJECTS, RULE, subjects="Placement", uses="rendered, references")
    del made.files["policies/tenancy/first/rule.rego"]
    edit(made.files)
    made.base = made.commit()
    made.git("checkout", "-q", "-B", "change")
    return made


@pytest.fixture(scope="module", params=list(CASES))
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    case = CASES[request.param]
    made = repository(tmp_path_factory.mktemp("weighed") / "repository", case.edit)
    head = made.deny()
    git = GitRepository.open(made.path)
    step = step_of(git, made.base, head)
    engine, charts = wiring.policy_engine(None), HelmCharts(None)
    report = gate(step, engine, charts, NOW)
    assert not report.problems, report.problems
    return Judged(made, report, make_ready(step.base, engine), case)


def test_envelopes_weigh_as_by_the_gate(judged: Judged) -> None:
    found = [judged.policies.judge(body, NOW).final for body in judged.bodies()]

    whole = merge(each.verdict for each in found)
    assert canonical(whole.to_json()) == canonical(judged.report.verdict.to_json())
    assert judged.report.engines_verdict is not None
    assert merge(each.engines for each in found) == judged.report.engines_verdict
    assert {w for each in found for w in each.weighings} == set(judged.report.weighings)


def test_every_setting_makes_of_a_finding_what_it_says(judged: Judged) -> None:
    """Or else the two could agree on what is wrong."""
    found = judged.report.verdict.findings
    assert _gravest(f.severity for f in found if f.rule == OWN) == judged.case.own
    assert _gravest(f.severity for f in found if f.rule == PLACED) == judged.case.placed
    prod = [f for f in found if f.rule == RULE and "/prod@" in f.subject]
    assert _gravest(f.severity for f in prod) == judged.case.live


def test_what_is_recorded_can_be_weighed_again(judged: Judged) -> None:
    for body in judged.bodies():
        answered = judged.policies.judge(body, NOW)
        run = of_envelope(body, answered, judged.policies, "2026-11-26T08:00:00Z")
        decision = run.records[0].payload
        assert decision["allow"] is answered.verdict.allow
        assert decision["verdictDigest"] == digest(decision["verdict"])
        if answered.final.engines.findings:
            by = Weights.from_json(decision["weights"])
            assert weigh(answered.final.engines, by).verdict == answered.verdict


def test_a_live_object_weighs_as_the_placement_it_stands_in(judged: Judged) -> None:
    metadata_ = {"name": "x", "namespace": "acme-prod", "labels": {"bad": "yes"}}
    request = {
        "uid": "u",
        "operation": "CREATE",
        "kind": {"group": "", "version": "v1", "kind": "ConfigMap"},
        "namespace": "acme-prod",
        "name": "x",
        "userInfo": {"username": "ada"},
        "object": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata_},
    }
    asked = review(
        {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    )
    homes = Homes(judged.policies.snapshot, HelmCharts(None))

    found = admit(asked, "here", judged.policies, homes, NOW)

    assert isinstance(found.final, Final)
    weighs = {each.severity.value for each in found.final.verdict.findings}
    assert weighs == ({judged.case.live} - {""})
    assert found.allow is (judged.case.live != "deny")
    assert bool(found.warnings) is (judged.case.live == "warn")


def test_what_a_tenant_claims_of_its_placements_is_weighed_at_its_gravest(
    tmp_path: Path,
) -> None:
    """An environment that nobody knows, or none at all, is no way to a milder one."""
    made = repository(tmp_path / "repository", severities(prod="warn"))
    git = GitRepository.open(made.path)
    policies = make_ready(step_of(git, made.base, made.base).base, wiring.policy_engine(None))
    for environment, weighs in (("prod", "warn"), ("dev", "deny"), ("x", "deny"), (None, "deny"),
                                ({}, "deny")):  # fmt: skip
        placed = [{} if environment is None else {"environment": environment}]
        resource = {"spec": {"data": {"residency": ["us"]}, "placements": placed}}
        body = {"subject": {"kind": "Tenant", "name": "acme", "resource": resource}, "facts": {},
                "references": {}, "change": {}, "apiVersion": "controlplane.dev/envelope/v1"}  # fmt: skip
        found = policies.judge(body, NOW).verdict.findings
        assert {f.severity for f in found if f.rule == PLACED} == {Severity(weighs)}


def test_over_http_it_is_the_commands_decision(tmp_path: Path) -> None:
    made = repository(tmp_path / "repository", severities(prod="warn", dev="warn"))
    head = made.deny()
    command = made.run(
        "cpctl", "gate", "--base", made.base, "--head", head, "--no-record", "-o", "json",
        check=False,
    )  # fmt: skip
    said = json.loads(command.stdout)
    git = GitRepository.open(made.path)
    report = gate(
        step_of(git, made.base, head), wiring.policy_engine(None), HelmCharts(None), wiring.now()
    )
    bodies = {name: json.loads(text) for _, j in report.judgements
              for name, text in j.envelopes.items()}  # fmt: skip
    with serving(made.path, tmp_path / "server") as server:
        reply = server.post("/v1/decisions", {"envelopes": list(bodies.values())}).json()

    assert command.returncode == 0, command.stderr
    assert (said["decision"]["allow"], reply["allow"]) == (True, True)
    weighed = [each for found in reply["decisions"] for each in found["weighed"]]
    assert {(each["from"], each["to"]) for each in weighed} == {("deny", "warn")}
    words = [each for found in reply["decisions"] for each in found["words"]]
    assert all("warn by repository.yaml in" in each["message"] for each in words) and words


def _gravest(severities: Any) -> str:
    order = ("deny", "warn", "info")
    return min((each.value for each in severities), key=order.index, default="")

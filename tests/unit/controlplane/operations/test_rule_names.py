"""What names a rule that is not there is found by lint; rules that come from elsewhere are known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controlplane.cli.main import run
from controlplane.errors import Exit
from controlplane.operations.linting import lint
from controlplane.operations.trust import trust_root_yaml
from controlplane.repo.snapshot import read_worktree
from controlplane.values import Problem
from evidence.canonical import digest_bytes
from evidence.keys import KeyFile, create_key
from tests.support import documents
from tests.support.gated import NAMESPACE
from tests.support.gitrepo import TestRepository
from tests.support.policies import finds, rule

NEVER = finds("input.subject.resource.never")
BUNDLE = "policies/bundles/base.tar.gz"
WAIVER = """\
rule: {rule}
subject: {{kind: Tenant, name: acme}}
reason: It is moved next week.
ticket: PLAT-1
approvedBy: {{subject: ada@acme.example}}
issued: "2026-11-16T09:00:00+01:00"
expires: "2026-12-16T09:00:00+01:00"
"""


def _waiver(rule: str) -> dict[str, str]:
    return {"catalog/waivers/w.yaml": documents.document("Waiver", "w", WAIVER.format(rule=rule))}


def _settings(spec: str) -> dict[str, str]:
    return {"repository.yaml": documents.document("Repository", "example", spec)}


def _playbook(rule: str) -> dict[str, str]:
    more = "type: playbook\nplaybook:\n  steps:\n    - {name: stop, does: It stops.}\n"
    text = documents.pack("1.0.0", "stop", f"{more}  policies: [{rule}]\n")
    return {"catalog/packs/stop/1.0.0/pack.yaml": text}


def _problems(tmp_path: Path, files: Mapping[str, str | bytes]) -> list[Problem]:
    """Return what lint says of a sound repository with two rules, and with `files`."""
    made = TestRepository(tmp_path / "repository")
    made.checkout(documents.repository(tenant=None))
    made.checkout({"tenants/acme/tenant.yaml": documents.document("Tenant", "acme", TENANT)})
    made.checkout(rule(NEVER, "tenancy/first") | rule(NEVER, "tenancy/second") | dict(files))
    return list(lint(read_worktree(made.path)))


TENANT = "data:\n  residency: [eu]\nplacements:\n  - environment: prod\n    target: here\n"


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (_waiver("tenancy/fist"), "catalog/waivers/w.yaml:6:9"),
        (_settings("severities:\n  prod: {tenancy/fist: warn}\n"), "repository.yaml:7:26"),
        (
            _settings("policySets:\n  - {name: a, parameters: {tenancy/fist: {a: 1}}}\n"),
            "repository.yaml:7:30",
        ),
        (_playbook("tenancy/fist"), "catalog/packs/stop/1.0.0/pack.yaml:14:16"),
    ],
    ids=["waiver", "severity", "parameters", "playbook"],
)
def test_a_rule_that_is_not_there_is_named_with_the_one_that_may_be_meant(
    tmp_path: Path, files: dict[str, str], place: str
) -> None:
    (problem,) = _problems(tmp_path, files)
    assert str(problem.position) == place
    assert problem.code == "reference/missing"
    assert problem.message.startswith("there is no rule called 'tenancy/fist'")
    assert problem.remedy == "did you mean `tenancy/first`?"


@pytest.mark.parametrize(
    "files",
    [
        _waiver("tenancy/first"),
        _settings("severities:\n  prod: {tenancy/second: warn}\n"),
        _playbook("tenancy/second"),
    ],
    ids=["waiver", "severity", "playbook"],
)
def test_a_rule_of_the_repository_is_known(tmp_path: Path, files: dict[str, str]) -> None:
    assert _problems(tmp_path, files) == []


def test_rules_stand_where_the_policy_sets_say(tmp_path: Path) -> None:
    moved = {
        path.replace("policies/", "policies/ours/"): text
        for path, text in rule(NEVER, "tenancy/third").items()
    }
    sets = _settings("policySets:\n  - {name: a, path: policies/ours}\n")
    assert _problems(tmp_path, moved | sets | _waiver("tenancy/third")) == []
    (problem,) = _problems(tmp_path, moved | sets | _waiver("tenancy/first"))
    assert problem.remedy == "did you mean `tenancy/third`?"


def test_parameters_are_for_a_rule_of_their_own_set(tmp_path: Path) -> None:
    moved = {
        path.replace("policies/", "policies/ours/"): text
        for path, text in rule(NEVER, "tenancy/third").items()
    }
    sets = (
        "policySets:\n  - {name: a}\n  - {name: b, path: policies/ours, parameters: {%s: {a: 1}}}"
    )
    (problem,) = _problems(tmp_path, moved | _settings(sets % "tenancy/first"))
    assert problem.message == "there is no rule called 'tenancy/first' in this policy set"
    assert _problems(tmp_path, moved | _settings(sets % "tenancy/third")) == []


def test_a_change_that_deletes_a_rule_leaves_its_waiver_in_the_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = TestRepository(tmp_path / "repository")
    files = documents.repository(tenant=None) | rule(NEVER, "tenancy/first")
    files["tenants/acme/tenant.yaml"] = documents.document("Tenant", "acme", TENANT)
    files["templates/kubernetes/tenant/namespace.yaml.j2"] = NAMESPACE
    going = rule(NEVER, "tenancy/second")
    made.commit(files | going | _waiver("tenancy/second"))
    made.commit(files | _waiver("tenancy/second"))
    step = ["gate", "--base", "main~1", "--head", "main", "--root", str(made.path), "--no-record"]
    assert run(step) == Exit.INVALID_REPOSITORY
    assert "catalog/waivers/w.yaml:6:9" in capsys.readouterr().out
    made.commit(files)  # with its waiver it may go
    step[2] = "main~2"
    assert run(step) == Exit.CLEAN


# Rules that come from elsewhere.


@pytest.fixture
def publisher(tmp_path: Path) -> KeyFile:
    now = datetime.now(UTC)
    return create_key(
        tmp_path / "keys", name="pub", purpose="publish", now=now, algorithm="ecdsa-p256"
    )


def _bundled(tmp_path: Path, publisher: KeyFile) -> dict[str, str | bytes]:
    """Return the files of a repository that takes the rule residency/zone from a signed bundle."""
    source, out = TestRepository(tmp_path / "source"), tmp_path / "bundle.tar.gz"
    source.commit(documents.repository() | rule(NEVER, "residency/zone"))
    keys = str(publisher.path.parent)
    made = ["policy", "bundle", "--root", str(source.path), "--keys", keys, "-o", str(out)]
    assert run(made) == Exit.CLEAN
    content = out.read_bytes()
    sets = (
        "policySets:\n  - name: base\n    bundle:\n      key: pub\n"
        f"      file: {BUNDLE}\n      digest: {digest_bytes(content)}\n  - name: own\n"
    )
    return {
        BUNDLE: content,
        "trust/pub.yaml": trust_root_yaml("pub", [publisher], holder="pub"),
        **_settings(sets),
    }


def test_a_rule_of_a_signed_bundle_is_known(tmp_path: Path, publisher: KeyFile) -> None:
    files = _bundled(tmp_path, publisher)
    assert _problems(tmp_path, files | _waiver("residency/zone")) == []
    (problem,) = _problems(tmp_path, files | _waiver("residency/zones"))
    assert problem.remedy == "did you mean `residency/zone`?"


@pytest.mark.parametrize("harm", ["not at hand", "other bytes"])
def test_nothing_is_missed_that_may_stand_in_a_bundle_which_cannot_be_opened(
    tmp_path: Path, publisher: KeyFile, harm: str
) -> None:
    files = _bundled(tmp_path, publisher) | _waiver("residency/zone")
    if harm == "not at hand":
        address = "url: https://example.com/base.tar.gz"
        settings = str(files["repository.yaml"])
        files["repository.yaml"] = settings.replace(f"file: {BUNDLE}", address)
    else:
        files[BUNDLE] = b"something else"
    assert _problems(tmp_path, files) == []

"""A decision about more than one payload holds is recorded in pages, and read back as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from controlplane.cli.reading import step_of
from controlplane.operations import recording
from controlplane.operations.gate import gate
from controlplane.operations.judged_pages import PAGE, paged
from controlplane.operations.past import PastDecision, Skipped
from controlplane.operations.recording import decision_json, records
from controlplane.operations.remembering import past_decisions
from controlplane.operations.replaying import decisions, judged_again
from controlplane.policy.engines.embedded import EmbeddedEngine
from controlplane.render.helm import HelmCharts
from controlplane.repo.git import GitRepository
from evidence.bundle import export
from evidence.canonical import canonical
from evidence.records import PAYLOAD_LIMIT, Record
from evidence.verify import verify_bundle
from tests.support.decisions import Scripted, decide, keep, policies, tenant, trusting
from tests.support.evidence import about, signer, writer
from tests.support.gated import Gated
from tests.support.policies import finds, rule

NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY, LOG = signer("decide"), signer("log")
BUNDLES = [
    policies(rule(finds("input.subject.resource.bad"))),
    policies(rule(finds("input.subject.resource.worse"), "tenancy/other")),
]
SUBJECTS = [tenant(f"t{n}", **({"bad": 1} if n == 3 else {})) for n in range(8)]


def script(text: str, envelope: Any) -> list[Any]:
    bad = "bad" in envelope["subject"]["resource"] and "resource.bad" in text
    return [{"code": "bad", "path": [], "params": {"name": "x"}}] if bad else []


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page hold three entries."""
    monkeypatch.setattr(recording, "paged", partial(paged, size=3))


def read(place: Path) -> list[PastDecision | Skipped]:
    return list(past_decisions(place, trusting(KEY), NOW))


def recorded(place: Path) -> PastDecision:
    keep(writer(place, sign=KEY, log=LOG), decide(Scripted(script), BUNDLES, SUBJECTS))
    (found,) = read(place)
    assert isinstance(found, PastDecision), found
    return found


def test_pages_are_read_as_one_list(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    whole = recorded(tmp_path / "whole")
    request.getfixturevalue("small")
    pages = recorded(tmp_path / "pages")
    assert [j.judged for j in pages.judgements] == [j.judged for j in whole.judgements]
    assert [len(j.judged) for j in pages.judgements] == [8, 8]
    assert (pages.verdict, pages.allow) == (whole.verdict, False)
    for name, texts in pages.judged().items():
        assert [pages.envelope(t) for t in texts] == [
            whole.envelope(t) for t in whole.judged()[name]
        ]


def test_a_decision_of_few_is_recorded_as_ever() -> None:
    report = decide(Scripted(script), BUNDLES, SUBJECTS)
    first, *others = records(report, "it", gated=True)
    assert first.payload == {**decision_json(report), "gatedBeforeMerge": True}
    assert {each.kind for each in others} == {"policies", "envelope"}


def test_a_fleet_of_any_size_keeps_to_the_limit() -> None:
    """Without pages a payload of evidence could not hold it."""
    report = decide(Scripted(script), BUNDLES, SUBJECTS)
    name = f"{'n' * 63}/{'e' * 63}@{'t' * 63}"
    judged = tuple((f"Placement/{name}{n}", f"sha256:{n:064x}") for n in range(70_000))
    fleet = replace(
        report, judgements=tuple((k, replace(j, judged=judged)) for k, j in report.judgements)
    )
    assert len(canonical(decision_json(fleet))) > PAYLOAD_LIMIT
    short, pages = paged(decision_json(fleet))
    assert len(pages) == -(-70_000 // PAGE)  # both judgements are about the same, kept once
    assert all(len(page.payload_bytes) <= PAYLOAD_LIMIT // 2 for page in pages)
    assert len(canonical(short)) < 1 << 20
    assert [entry["subject"] for page in pages for entry in page.payload["judged"]] == [
        subject for subject, _ in judged
    ]


def test_a_decision_in_pages_verifies_and_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "paged", partial(paged, size=1))
    gated, engine = Gated(tmp_path / "repository"), EmbeddedEngine()
    head = gated.deny()
    step = step_of(GitRepository.open(gated.path), gated.base, head)
    report = gate(step, engine, HelmCharts(None), NOW)
    assert sum(len(judgement.judged) for _, judgement in report.judgements) > 1
    keep(writer(tmp_path / "evidence", sign=KEY, log=LOG), report)
    bundle = export([tmp_path / "evidence"], head)
    assert verify_bundle(bundle, trusting(KEY, LOG), NOW).verified
    assert b"judgedPages" in bundle
    found = [r for each in decisions(bundle) for r in judged_again(each, lambda *_: engine)]
    assert [(each.policy_set, each.same, each.allow) for each in found] == [
        ("base/shipped", True, False),
        ("", True, False),
    ]


Change = Callable[[dict[str, Any], list[Record]], list[Record]]


def _both(decision: dict[str, Any], pages: list[Record]) -> list[Record]:
    decision["judgements"][0]["judged"] = []
    return pages


def _no_list(decision: dict[str, Any], pages: list[Record]) -> list[Record]:
    del decision["judgements"][0]["judgedPages"]
    return pages


def _no_page(decision: dict[str, Any], pages: list[Record]) -> list[Record]:
    decision["judgements"][0]["judgedPages"] = [Record("x", "x", "x").payload_digest]
    return [*pages, Record("judged", "x", "x")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _, pages: pages[1:], "is not among the records"),
        (lambda _, pages: [replace(p, kind="other") for p in pages], "is not among the records"),
        (_both, "holds what was judged, and pages of it"),
        (_no_list, "is no decision"),
        (_no_page, "is no decision"),
    ],
)
def test_a_part_is_never_taken_for_the_whole(tmp_path: Path, change: Change, said: str) -> None:
    report = decide(Scripted(script), BUNDLES, SUBJECTS)
    decision, pages = paged(decision_json(report), size=3)
    pages = change(decision, pages)
    evidence = writer(tmp_path, sign=KEY, log=LOG)
    with evidence.begin(kind="gate", subjects=about(), summary="it") as run:
        run.record_many([Record("decision", "d", decision), *pages])
        run.close(outcome="deny", summary="it")
    (found,) = read(tmp_path)
    assert isinstance(found, Skipped)
    assert said in found.reason

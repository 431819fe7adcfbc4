"""The way of a change: judged, merged, applied, healed, proven, and taken back."""

from __future__ import annotations

import json

from tests.e2e.journey import Journey

TENANT = "tenants/acme/tenant.yaml"


def greet(journey: Journey, words: str) -> str:
    """Commit a greeting for acme on the current branch."""
    journey.edit(
        TENANT, 'version: "~=1.0"\n', f'version: "~=1.0"\n      config: {{greeting: {words}}}\n'
    )
    return journey.commit(f"Greet with {words}")


def greeting(journey: Journey) -> str:
    """Return the text of the ConfigMap that the target holds."""
    return next(text for path, text in journey.held().items() if "ConfigMap" in path)


def test_from_a_commit_to_a_proven_state(journey: Journey) -> None:
    journey.git("checkout", "-q", "-b", "change")
    head = greet(journey, "Bonjour")
    journey.cpctl("lint")
    assert "greeting" in journey.cpctl("diff", "main", "change").stdout
    assert "allowed" in journey.gate("main", "change").stdout
    journey.git("checkout", "-q", "main")
    journey.git("merge", "-q", "--ff-only", "change")
    journey.apply()
    assert "Bonjour" in greeting(journey)
    assert "in sync" in journey.live().stdout

    path = next(path for path in journey.out.rglob("*.yaml") if "ConfigMap" in path.name)
    path.write_text(path.read_text("utf-8").replace("Bonjour", "Gotcha"), "utf-8")
    assert "heal" in journey.live(expect=1).stdout
    journey.apply()
    assert "Bonjour" in greeting(journey)
    journey.live()

    bundle, trust = journey.folder / "bundle.json", journey.folder / "trust.json"
    journey.cpctl("evidence", "bundle", head, "-o", str(bundle))
    trust.write_text(journey.cpctl("keys", "trust").stdout, "utf-8")
    words = journey.cpctl("evidence", "verify", str(bundle), "--trust", str(trust)).stdout
    assert words.startswith("VERIFIED")
    assert "gate allow" in words
    assert "apply done" in words
    log = ("--log", str(journey.evidence), "--trust", str(trust))
    assert journey.cpctl("evidence", "verify", *log).stdout.startswith("VERIFIED")


def test_a_bundle_that_was_edited_does_not_verify(journey: Journey) -> None:
    bundle, trust = journey.folder / "bundle.json", journey.folder / "trust.json"
    head = journey.git("rev-parse", "HEAD")
    journey.cpctl("evidence", "bundle", head, "-o", str(bundle))
    trust.write_text(journey.cpctl("keys", "trust").stdout, "utf-8")
    text = bundle.read_text("utf-8")
    bundle.write_text(text.replace('"allow":true', '"allow":false'), "utf-8")
    words = journey.cpctl("evidence", "verify", str(bundle), "--trust", str(trust), expect=6)
    assert words.stdout.startswith("NOT VERIFIED")


def test_a_denied_change_names_its_place_and_is_not_applied(journey: Journey) -> None:
    before = journey.held()
    journey.git("checkout", "-q", "-b", "away")
    journey.edit(TENANT, "residency: [eu]", "residency: [us]")
    journey.commit("Move the data to the US")
    done = journey.gate("main", "away", expect=1)
    assert f"{TENANT}:12:" in done.stdout
    assert "residency/placement-zone" in done.stdout
    assert "next: " in done.stderr
    markdown = journey.cpctl("gate", "--base", "main", "-o", "md", "--no-record", expect=1).stdout
    assert "Denied" in markdown.splitlines()[1]
    journey.git("checkout", "-q", "main")
    journey.git("merge", "-q", "--ff-only", "away")
    assert "denied now" in journey.apply(expect=1).stderr
    assert journey.held() == before


def test_a_revert_takes_the_state_back(journey: Journey) -> None:
    first = journey.git("rev-parse", "HEAD")
    before = journey.held()
    changed = greet(journey, "Bonjour")
    journey.gate(first, changed)
    journey.apply()
    assert journey.held() != before
    journey.git("revert", "--no-edit", "HEAD")
    journey.gate(changed, "HEAD")
    journey.apply()
    assert journey.held() == before


def test_uncommitted_work_is_neither_judged_nor_applied(journey: Journey) -> None:
    before = journey.held()
    journey.edit(TENANT, "residency: [eu]", "residency: [us]")
    done = journey.gate("HEAD", "HEAD")
    assert "residency" not in done.stdout
    journey.apply()
    assert journey.held() == before
    assert "residency" in journey.cpctl("diff").stdout


def test_a_conflict_marker_is_found_with_its_place(journey: Journey) -> None:
    journey.edit(TENANT, "spec:\n", "<<<<<<< ours\nspec:\n")
    done = journey.cpctl("lint", "-o", "json", expect=3)
    problem = json.loads(done.stdout)[0]
    assert (problem["path"], problem["line"], problem["column"]) == (TENANT, 7, 1)
    assert problem["remedy"]
    assert "next: " in done.stderr

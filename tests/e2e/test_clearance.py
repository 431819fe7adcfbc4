"""What may be applied: what was judged before it merged, by whom the repository trusts."""

from __future__ import annotations

import shutil

from tests.e2e.journey import Journey
from tests.e2e.test_change import greet, greeting


def test_what_nobody_judged_is_refused(journey: Journey) -> None:
    before = journey.held()
    greet(journey, "Bonjour")
    done = journey.apply(expect=1)
    assert "not gated before merge" in done.stderr
    assert "next: " in done.stderr
    again = journey.apply(expect=1)  # the late judgement is in evidence now, and allows nothing
    assert "not gated before merge" in again.stderr
    assert journey.held() == before


def test_what_nobody_judged_is_judged_now_where_the_repository_says_so(journey: Journey) -> None:
    journey.edit("repository.yaml", "ungatedMerges: refuse", "ungatedMerges: gate-then-apply")
    journey.commit("Judge late merges too")
    journey.gate("HEAD~1", "HEAD")
    journey.apply()
    greet(journey, "Bonjour")
    assert "not gated before merge" in journey.apply().stderr
    assert "Bonjour" in greeting(journey)
    assert sum("not gated before merge" in line for line in journey.entries()) == 1


def test_a_change_cannot_permit_itself(journey: Journey) -> None:
    """The setting in force is that of the base, not the one that the change brings."""
    journey.edit("repository.yaml", "ungatedMerges: refuse", "ungatedMerges: gate-then-apply")
    journey.commit("Judge late merges too")
    assert "not gated before merge" in journey.apply(expect=1).stderr


def test_one_decision_covers_all_commits_of_a_branch(journey: Journey) -> None:
    first = journey.git("rev-parse", "HEAD")
    greet(journey, "Bonjour")
    (journey.root / "NOTES.md").write_text("Why we greet in French.\n", "utf-8")
    journey.commit("Say why")
    journey.gate(first, "HEAD")
    assert "allowed by decision" in journey.apply().stderr
    assert "Bonjour" in greeting(journey)


def test_a_squash_merge_is_covered_by_its_tree(journey: Journey) -> None:
    journey.git("checkout", "-q", "-b", "change")
    greet(journey, "Bonjour")
    (journey.root / "NOTES.md").write_text("Why we greet in French.\n", "utf-8")
    judged = journey.commit("Say why")
    journey.gate("main", "change")
    journey.git("checkout", "-q", "main")
    journey.git("merge", "-q", "--squash", "change")
    assert journey.commit("Greet in French") != judged
    assert "allowed by decision" in journey.apply().stderr
    assert "Bonjour" in greeting(journey)


def test_a_decision_by_an_unknown_key_counts_for_nothing(journey: Journey) -> None:
    journey.cpctl("keys", "init", "--holder", "stranger", home="stranger")
    head = greet(journey, "Bonjour")
    journey.gate("HEAD~1", head, home="stranger")
    assert "not gated before merge" in journey.apply(expect=1).stderr
    journey.gate("HEAD~1", head)
    journey.apply()


def test_keys_that_the_change_itself_brings_count_for_nothing(journey: Journey) -> None:
    made = journey.cpctl("keys", "init", "--holder", "stranger", home="stranger").stdout
    keys = made.partition("  keys:\n")[2]
    journey.edit("trust/platform.yaml", "spec:\n", "spec:\n  version: 2\n")
    with (journey.root / "trust" / "platform.yaml").open("a", encoding="utf-8") as file:
        file.write(keys)
    head = journey.commit("Trust a stranger")
    journey.gate("HEAD~1", head, home="stranger")
    assert "not gated before merge" in journey.apply(expect=1).stderr


def test_a_decision_that_was_edited_counts_for_nothing(journey: Journey) -> None:
    """A denial whose payload is made an approval by hand stays a denial."""
    before = journey.held()
    head = greet(journey, "Bonjour")
    kept = journey.folder / "kept"
    shutil.copytree(journey.evidence, kept)
    journey.gate("HEAD~1", head)
    changed = 0
    for path in sorted(journey.evidence.rglob("*")):
        if path.is_file() and not (kept / path.relative_to(journey.evidence)).exists():
            data = path.read_bytes()
            forged = data.replace(b"allow", b"allov")
            changed += forged != data
            path.chmod(0o644)
            path.write_bytes(forged)
    assert changed
    journey.apply(expect=1)
    assert journey.held() == before

"""The page about policies says what the code does."""

from __future__ import annotations

from controlplane.policy.portable import PORTABLE, reason
from tests.support.binaries import REPOSITORY
from tests.support.policies import shipped

PAGE = (REPOSITORY / "docs" / "policies.md").read_text(encoding="utf-8")


def test_every_portable_built_in_is_listed() -> None:
    listed = PAGE.partition("Portable built-ins: ")[2].partition(".\n")[0].replace("\n", " ")
    assert {name.strip("` ") for name in listed.split(",")} == PORTABLE


def test_every_refusal_has_a_cause_and_a_remedy() -> None:
    for name in ("http.send", "rand.intn", "time.now_ns", "no.such", "min", "json.marshal"):
        assert all(reason(name))


def test_what_is_advised_for_the_least_and_the_most_is_not_refused_itself() -> None:
    """`sort` of a set is refused, so that advice to sort whatever there is would be no way out."""
    for name in ("min", "max"):
        assert "`sort([each | some each in xs])[" in reason(name)[1]


# Rules that rest on nothing outside of this repository, each with the reason.
ALONE = {
    "change-control/fresh-approvals": "how long an approval counts is the contract's own choice",
    "pricing/discount-approved": "who answers for a discount is a matter of each company",
}


def test_every_shipped_rule_names_what_it_rests_on() -> None:
    without = set()
    for rule, files in shipped().files.items():
        related = files.metadata.related_resources
        if not related:
            without.add(rule)
        for page in related:
            assert page.ref.startswith("https://"), rule
            assert page.description, rule
    assert without == set(ALONE)

"""The decision's own Rego: which rules are asked together, and in what form they answer.

Every engine evaluates these entries and nothing else. An entry's value is

    {"question": "sha256:…", "answers": {"family/rule": {"findings": {…}, "valid_until": {…}}}}

A rule that is undefined has no key in `answers`, so its absence is seen and denies. `question` is
the envelope's digest, which the host adds to the input under that name: an answer that was made
for another envelope names another digest. Where an entry fails as a whole, each of its rules is
asked by an entry of its own, so that one rule's error is not every rule's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controlplane.policy.model import PolicyBundle, PolicyModule, Rule
from evidence.canonical import Json

PACKAGE = "controlplane_decision"
PATH = f"{PACKAGE}.rego"
QUESTION = "question"


@dataclass(frozen=True)
class Entries:
    """The entry module of a bundle, and which entry asks which rules."""

    module: PolicyModule
    by_rules: Mapping[frozenset[str], str]

    def names(self) -> list[str]:
        """Return every entry, sorted."""
        return sorted(set(self.by_rules.values()))

    def for_rules(self, rules: Iterable[Rule]) -> list[tuple[str, tuple[Rule, ...]]]:
        """Return the entries that together ask exactly `rules`: one where there is one."""
        asked = tuple(rules)
        together = self.by_rules.get(frozenset(rule.id for rule in asked))
        return [(together, asked)] if together and asked else self.one_by_one(asked)

    def one_by_one(self, rules: Iterable[Rule]) -> list[tuple[str, tuple[Rule, ...]]]:
        """Return each rule's own entry."""
        return [(self.by_rules[frozenset({rule.id})], (rule,)) for rule in rules]


def entries(bundle: PolicyBundle) -> Entries:
    """Return the entries of a bundle: one a rule, and one for all that are asked together.

    Asked together are the rules about one kind of subject that are told the same (time, facts).
    """
    groups: dict[frozenset[str], tuple[Rule, ...]] = {}
    for rule in bundle.rules:
        groups[frozenset({rule.id})] = (rule,)
    for kind in sorted({kind for rule in bundle.rules for kind in rule.subjects}):
        for together in told_alike(bundle.rules, kind).values():
            groups.setdefault(frozenset(rule.id for rule in together), together)
    lines = [f"package {PACKAGE}", ""]
    names: dict[frozenset[str], str] = {}
    for number, (ids, rules) in enumerate(groups.items()):
        names[ids] = f"entry{number}"
        lines += _entry(f"answers{number}", names[ids], rules)
    return Entries(PolicyModule(PATH, "\n".join(lines) + "\n"), names)


def told_alike(rules: Iterable[Rule], kind: str) -> dict[tuple[bool, bool], tuple[Rule, ...]]:
    """Return the rules about a kind by what they are told: (the time, the facts)."""
    told: dict[tuple[bool, bool], tuple[Rule, ...]] = {}
    for rule in rules:
        if kind in rule.subjects:
            what = ("time" in rule.uses, "facts" in rule.uses)
            told[what] = (*told.get(what, ()), rule)
    return told


def given(envelope: Json, question: str) -> Json:
    """Return what Rego sees as `input`: the envelope and, beside it, the question's digest."""
    return {**envelope, QUESTION: question}


def _entry(answers: str, name: str, rules: tuple[Rule, ...]) -> list[str]:
    lines = [
        f'{answers}["{rule.id}"] := {{{_fields(rule)}}}'
        for rule in sorted(rules, key=lambda rule: rule.id)
    ]
    return [*lines, f'{name} := {{"{QUESTION}": input.{QUESTION}, "answers": {answers}}}', ""]


def _fields(rule: Rule) -> str:
    names = ("findings", "valid_until") if rule.expires else ("findings",)
    return ", ".join(f'"{name}": data.{rule.package}.{name}' for name in names)

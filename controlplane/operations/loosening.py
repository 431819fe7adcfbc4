"""The fact `loosened`: what a change of policy would let pass that is denied today.

Rules on changes see it, so its form is a contract. What denied where is found by others: on the
subjects of the change itself, and on what was judged before (`operations.counterfactual`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set

from evidence.canonical import Json


def loosened(
    before: Set[tuple[str, str]],
    after: Set[tuple[str, str]],
    files: Mapping[str, str],
    weaker: Iterable[str] = (),
) -> list[Json]:
    """Return [{"rule", "flips", "module"}…], by rule.

    `before` and `after` are what denies under base and under head: (rule, what it was asked about).
    `flips` counts what no longer denies. `weaker` are rules that deny less by what they say of
    themselves: they are listed although nothing shows it, with 0 flips. `module` is the rule's file
    at the base, as `files` names it.
    """
    flips = Counter(rule for rule, _ in set(before) - set(after))
    return [
        {"rule": rule, "flips": flips[rule], "module": files.get(rule, "")}
        for rule in sorted({*flips, *weaker})
    ]

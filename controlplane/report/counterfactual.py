"""How the gate shows what a change of policy would have decided otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.operations.counterfactual import Counterfactual, Example
from controlplane.report.escaping import plain
from evidence.canonical import Json

SHOWN = 20  # rules; -o json holds all of them
_HEADERS = ("RULE", "LOOSENED", "TIGHTENED", "NOT DECIDED")


def as_lines(found: Counterfactual | None) -> list[str]:
    """Return the section for a terminal; no lines where no rule differs."""
    if found is None:
        return []
    counts = (
        f"  {rule}: {loosened} loosened, {tightened} tightened, {opened} not decided"
        for rule, loosened, tightened, opened in _rows(found)[:SHOWN]
    )
    said = (f"  {plain(text)}" for text in examples(found))
    return ["", f"counterfactual: {_sentence(found)}", *counts, *said]


def as_markdown_lines(found: Counterfactual | None) -> list[str]:
    """Return the section for a comment, text of others not yet escaped by whoever shows it."""
    if found is None:
        return []
    lines = [_sentence(found), "", f"| {' | '.join(_HEADERS)} |", "|---|---:|---:|---:|"]
    lines += [f"| {' | '.join(row)} |" for row in _rows(found)[:SHOWN]]
    return lines


def examples(found: Counterfactual | None) -> Iterator[str]:
    """Yield one line an example, and what was left out."""
    if found is not None:
        for each in found.rules[:SHOWN]:
            yield from (f"{each.rule}: {_example(example)}" for example in each.examples)
        for rule in found.weakened:
            yield f"{rule}: denied until now, and would no longer"
        yield from _left_out(found)


def as_json(found: Counterfactual | None) -> Json:
    """Return all of it for programs, None where no rule differs."""
    if found is None:
        return None
    return {
        "differing": list(found.differing),
        "decisions": found.decisions,
        "resources": found.resources,
        "rules": [
            {
                "rule": each.rule,
                "loosened": each.loosened,
                "tightened": each.tightened,
                "notDecided": each.opened,
                "examples": [
                    {
                        "change": example.flip.change.value,
                        "subject": example.flip.subject,
                        "code": example.flip.code,
                        "input": example.flip.input,
                        "part": example.part,
                        "why": example.why,
                    }
                    for example in each.examples
                ],
            }
            for each in found.rules
        ],
        "notLookedAt": [{"part": each.part, "reason": each.reason} for each in found.skipped],
    }


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _sentence(found: Counterfactual) -> str:
    looked = [_counted(found.decisions, "recorded decision")] if found.decisions else []
    looked += [_counted(found.resources, "resource") + " of head"] if found.resources else []
    loosened = sum(each.loosened for each in found.rules)
    tightened = sum(each.tightened for each in found.rules)
    differing = len(found.differing)
    return (
        f"{differing} {'rule differs' if differing == 1 else 'rules differ'}; on "
        f"{' and '.join(looked) or 'nothing recorded'} "
        f"{'it' if differing == 1 else 'they'} would have let pass {loosened} "
        f"{'input that is' if loosened == 1 else 'inputs that are'} denied, and denied {tightened} "
        f"that {'is' if tightened == 1 else 'are'} not"
    )


def _rows(found: Counterfactual) -> list[tuple[str, ...]]:
    return [
        (each.rule, str(each.loosened), str(each.tightened), str(each.opened))
        for each in found.rules
    ]


def _example(example: Example) -> str:
    flip = example.flip
    what = f"{flip.change} {flip.code}".strip()
    return f"{what} on {flip.subject}, {example.part}: {example.why}"


def _left_out(found: Counterfactual) -> Iterator[str]:
    for each in found.skipped[:SHOWN]:
        yield f"not looked at: {each.part}: {each.reason}"
    if len(found.skipped) > SHOWN:
        yield f"not looked at: … and {len(found.skipped) - SHOWN} more"

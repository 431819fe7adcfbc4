"""`make fuzz`: does the fast YAML reader ever take what the strict one refuses, or read it otherwise?

Documents look like resources; most of them have a small fault or two, so that they lie at the edge
of what the fast reader takes. They follow from a number alone: a run can be made again. What the
readers disagree about is made as short as it goes, and shown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from controlplane.repo.yaml import fast, strict
from controlplane.repo.yaml.limits import DEFAULT
from controlplane.repo.yaml.text import decode
from tests.support.yaml_documents import PIECES, TRAPS, flow, line

DOCUMENTS = 100_000
SEED = 20_260_101
_HEADS = (
    "apiVersion: controlplane.dev/v1alpha1\nkind: Tenant\nmetadata:\n  name: acme\nspec:\n",
    "kind: Pack\nspec:\n",
    "# said above\nkind: BudgetCap\nspec: # and beside\n",
    "apiVersion: \"controlplane.dev/v1alpha1\"\nkind: 'Waiver'\nspec:\n",
)
_FIELDS = (
    "name", "version", "target", "limit", "replicas", "window", "issuer", "x-y", "a.b/c",
    '"quoted"', "'single'", "_under", "role", "enabled",
)  # fmt: skip
_PLAIN = (
    "eu", "prod", "1", "0", "42", "true", "false", "30d", "500m", "4Gi", "1.2.3", "250.00 USD",
    "'12%'", "https://acme.example/a#b", "two words", '">=1.2,<2"', "'it is'", "[]", "{}",
    "[eu, us]", "{cpu: 1, memory: 4Gi}", "[{a: [1, 'b']}, x y]", "sha256:0a1b", "a@b.example", "/path/to", "A, b; c",
)  # fmt: skip
_KEYS = ("on", "no", "y", "null", "true", "1", "'1'", "NaN", "name", "- name", "- - a", "<<", "~")
_GRAFTS = (*TRAPS, *PIECES, "\t", " #", "# ", "-", "---")


@dataclass(frozen=True)
class Total:
    """How many documents were made, and how many of them the fast reader took."""

    made: int
    fast: int
    differences: tuple[str, ...] = ()


def difference(raw: str) -> tuple[bool, str]:
    """Return whether the fast reader takes a document, and how the strict one differs, "" if not."""
    text, problems = decode(raw.encode("utf-8", "surrogatepass"), "f.yaml", DEFAULT)
    found = None if problems else fast.load(text, DEFAULT)
    if found is None:
        return False, ""
    documents, wrong = strict.load(text, "f.yaml", DEFAULT)
    if wrong:
        return True, f"the strict reader refuses it: {wrong[0]}"
    ours, theirs = [repr(value) for value, _ in found], [repr(each.value) for each in documents]
    return True, "" if ours == theirs else f"fast reads {ours}, strict {theirs}"


def document(random: Random) -> str:
    """Return a document that looks like a resource, faultless or nearly so."""
    lines = list(_members(random, 2, 0))
    text = random.choice(_HEADS) + "\n".join(lines) + "\n"
    if random.random() < 0.1:
        text += "---\n" + random.choice(_HEADS) + "\n".join(_members(random, 2, 1)) + "\n"
    for _ in range(random.choice((0, 0, 1, 1, 1, 2))):
        text = _faulty(text, random)
    return text


def _members(random: Random, indent: int, depth: int) -> Iterator[str]:
    for field in random.sample(_FIELDS, random.randint(1, 4)):
        head = f"{' ' * indent}{field}:"
        what = random.random()
        if depth < 3 and what < 0.15:
            yield head
            yield from _members(random, indent + random.choice((2, 2, 2, 4, 1)), depth + 1)
        elif depth < 3 and what < 0.3:
            yield head
            yield from _items(random, indent + random.choice((0, 2, 2)), depth + 1)
        else:
            value = flow(random.choice) if what > 0.98 else random.choice(_PLAIN)
            yield f"{head} {value}{random.choice(('', '', '', ' # why'))}"


def _items(random: Random, indent: int, depth: int) -> Iterator[str]:
    pad = " " * indent
    for _ in range(random.randint(1, 3)):
        if random.random() < 0.5:
            yield f"{pad}- {random.choice(_PLAIN)}"
        else:
            first, *others = _members(random, indent + 2, depth)
            yield f"{pad}- {first.lstrip(' ')}"
            yield from others


def _faulty(text: str, random: Random) -> str:
    """Return the text with one small thing otherwise."""
    lines = text.split("\n")
    at, where = random.randrange(len(lines)), random.randrange(len(text))
    way = random.randrange(9)
    if way == 0:
        lines[at] = " " * random.randint(0, 6) + lines[at].lstrip(" ")
    elif way == 1:
        lines.insert(at, lines[random.randrange(len(lines))])
    elif way == 2:
        del lines[at]
    elif way == 3:
        head, colon, _ = lines[at].partition(": ")
        lines[at] = head + colon + random.choice(TRAPS)
    elif way == 4:
        lines.insert(at, line(random.choice))
    elif way == 5:
        return text[:where] + random.choice(_GRAFTS) + text[where:]
    elif way == 6:
        return text[:where] + text[where + 1 :]
    elif way == 7:
        head, colon, value = lines[at].partition(":")
        lines[at] = " " * (len(head) - len(head.lstrip(" "))) + random.choice(_KEYS) + colon + value
    else:
        return text[:where] + random.choice(_GRAFTS) + text[where + 1 :]
    return "\n".join(lines)


def shortest(text: str, differs: Callable[[str], bool]) -> str:
    """Return a document that differs still, and no longer where any run of lines or letter goes."""
    while True:
        for parts in (text.splitlines(keepends=True), list(text)):
            found = next(filter(differs, _without_a_run(parts)), None)
            if found is not None:
                text = found
                break
        else:
            return text


def _without_a_run(parts: Sequence[str]) -> Iterator[str]:
    """Yield what is left without some parts that follow each other, long runs first."""
    for length in range(min(len(parts) - 1, 20), 0, -1):
        for start in range(len(parts) - length + 1):
            yield "".join([*parts[:start], *parts[start + length :]])


def compare(number: int, seed: int, told: Callable[[int], None] = lambda _: None) -> Total:
    """Compare the readers on so many documents; stop at the first difference."""
    random, taken = Random(seed), 0
    for made in range(1, number + 1):
        text = document(random)
        is_fast, wrong = difference(text)
        taken += is_fast
        if wrong:
            short = shortest(text, lambda each: bool(difference(each)[1]))
            return Total(made, taken, (short, difference(short)[1]))
        if made % 10_000 == 0:
            told(made)
    return Total(number, taken)


def main(arguments: Sequence[str]) -> int:
    """Compare, print the totals, and return 1 where the readers differ."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    total = compare(asked.documents, asked.seed, lambda made: print(f"{made:,} …", file=sys.stderr))
    share = 100 * total.fast // max(1, total.made)
    print(
        f"{total.made:,} documents (seed {asked.seed}), {total.fast:,} ({share}%) on the fast path"
    )
    if total.differences:
        text, wrong = total.differences
        print(f"the readers differ; {wrong}\n{text!r}")
        return 1
    print("none that the strict reader refuses or reads otherwise")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

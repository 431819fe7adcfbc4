"""What regopy answers in its own way where a type is not the expected one, put right or refused.

OPA orders values of different types, fails on a sum of texts and on a slice of a text, and trims
every space of Unicode; regopy takes `"5" > 3` as false, a sum of texts as 0, trims ASCII: a rule
that looks for a fault would find none. So each such call in a module becomes a call of a guard,
in Rego that regopy reads as OPA does: it answers as OPA, or fails, which denies. No line moves. The
text in Git stays what OPA, people and the digest see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from controlplane.policy.engines.guard_rego import PACKAGE
from controlplane.policy.model import PolicyModule
from controlplane.policy.rego_check import called
from controlplane.policy.rego_indices import free_indices, makes_array, reference
from controlplane.policy.rego_module import read
from controlplane.policy.rego_names import until_in
from controlplane.policy.rego_scan import CLOSING, KEYWORDS, OPENING, Token, matching, scan

COMPARED = {"<": "guard_below", "<=": "guard_at_most", ">": "guard_above", ">=": "guard_at_least"}
CALLED = {
    "sum": "guard_total",
    "product": "guard_multiplied",
    "sort": "guard_sorted_alike",
    "array.slice": "guard_slice_of",
    "trim_space": "guard_trimmed",
    "concat": "guard_joined",
    "indexof": "guard_place",
}
_BEFORE = frozenset({":=", "=", ";", ",", ":", "if", "not", "contains", "else", "in"})
_AFTER = frozenset({";", ",", ":", "if", "else"})


def guarded(module: PolicyModule) -> PolicyModule:
    """Return the module with guards in place of what they guard."""
    parsed = read(scan(module.path, module.text))
    edits = [edit for rule in parsed.rules for edit in _edits(rule.tokens)]
    text, done, parts = parsed.source.text, 0, []
    for begin, end, words in sorted(edits, key=lambda edit: edit[:2]):
        parts += [text[done:begin], words]
        done = end
    return PolicyModule(module.path, "".join([*parts, text[done:]]))


def _edits(tokens: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    for index, name in called(tokens):
        if name == "sprintf":
            yield from _written(tokens, index)
    for index, name in called(tokens):
        if name in CALLED:
            last = index + 2 * name.count(".")
            yield tokens[index].offset, tokens[last].end, f"data.{PACKAGE}.{CALLED[name]}"
    for index in _walks(tokens):
        right = _end(tokens, index)
        begin = tokens[index + 1].offset
        yield begin, begin, f"data.{PACKAGE}.guard_in_order("
        yield tokens[right].end, tokens[right].end, ")"
    for index, token in enumerate(tokens):
        if token.kind == "op" and token.text in COMPARED:
            left, right = _begin(tokens, index), _end(tokens, index)
            name = f"data.{PACKAGE}.{COMPARED[token.text]}("
            yield tokens[left].offset, tokens[left].offset, name
            yield token.offset, token.end, ","
            yield tokens[right].end, tokens[right].end, ")"
    for each in free_indices(tokens):  # last: of what begins at one place these are innermost
        if makes_array(tokens, each.bracket):
            begin, end = tokens[reference(tokens, each.bracket)].offset, tokens[each.bracket].offset
            yield begin, begin, f"data.{PACKAGE}.guard_by_index("
            yield end, end, ")"


def _written(tokens: Sequence[Token], at: int) -> Iterator[tuple[int, int, str]]:
    """Yield the edits that make `concat("", ["a", shown(x)])` of `sprintf("a%v", [x])`.

    Of several values the interpreter writes those in quotation marks that a function gave.
    """
    call, first = tokens[at], at + 3
    if tokens[at + 2].kind not in {"raw", "string"} or tokens[at + 4].text != "[":
        return  # refused when policies are loaded
    begin, end = at + 4, matching(tokens, at + 4)
    between = [f'"{part}"' for part in _between(tokens[at + 2].text[1:-1])]
    yield call.offset, call.end, "concat"
    yield tokens[at + 2].offset, tokens[first].offset, '""'
    values = list(_elements(tokens, begin, end))
    yield tokens[begin].offset, tokens[begin].end, f"[{between[0]}" + ", " * bool(values)
    for (left, right), text in zip(values, between[1:], strict=False):
        yield tokens[left].offset, tokens[left].offset, f"data.{PACKAGE}.guard_shown("
        yield tokens[right].end, tokens[right].end, ")"
        after = tokens[right + 1]
        words = f", {text}]" if right + 1 == end else f", {text},"
        yield after.offset, after.end, words


def _between(text: str) -> list[str]:
    """Return what stands before, between and after the `%v` of a format."""
    parts = [""]
    for part in re.findall(r"%.|[^%]+", text):
        if part == "%v":
            parts.append("")
        else:
            parts[-1] += "%" if part == "%%" else part
    return parts


def _elements(tokens: Sequence[Token], begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last index of each element of the array between two brackets."""
    first = index = begin + 1
    while index <= end and first < end:
        if index == end or (tokens[index].text == "," and tokens[index].kind == "op"):
            yield first, index - 1
            first = index + 1
        elif tokens[index].kind == "op" and tokens[index].text in OPENING:
            index = matching(tokens, index)
        index += 1


def _walks(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield the index of each `in` of a `some x in xs` by which an array is made."""
    for index, token in enumerate(tokens):
        if token.kind == "name" and token.text == "some" and makes_array(tokens, index):
            pattern, with_in = until_in(tokens, index + 1)
            if with_in:
                yield index + 1 + len(pattern)


def _begin(tokens: Sequence[Token], at: int) -> int:
    """Return the index of the first token of what stands left of the comparison at `at`."""
    index, depth = at, 0
    while index > 0:
        before = tokens[index - 1]
        if depth == 0 and tokens[index].first and index < at and not _goes_on(before):
            return index
        if before.kind == "op" and before.text in CLOSING:
            depth += 1
        elif before.kind == "op" and before.text in OPENING:
            if depth == 0:
                return index
            depth -= 1
        elif depth == 0 and (before.text in _BEFORE or _heads(tokens, index - 1)):
            return index
        index -= 1
    return index


def _end(tokens: Sequence[Token], at: int) -> int:
    """Return the index of the last token of what stands right of the comparison at `at`."""
    index, depth = at + 1, 0
    while index < len(tokens):
        token = tokens[index]
        new = token.first and index > at + 1 and not _goes_on(tokens[index - 1])
        if depth == 0 and new and not (token.kind == "op" and token.text in "+-*%&|.)]}"):
            break
        if token.kind == "op" and token.text in OPENING:
            depth += 1
        elif token.kind == "op" and token.text in CLOSING:
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and (token.text in _AFTER or _heads(tokens, index)):
            break
        index += 1
    return index - 1


def _goes_on(token: Token) -> bool:
    """Whether an expression goes on in the next line after this token."""
    return token.kind == "op" and token.text not in CLOSING


def _heads(tokens: Sequence[Token], at: int) -> bool:
    """Whether this is the bar after the head of a comprehension, and not a union."""
    if tokens[at].text != "|":
        return False
    depth = 0
    for index in range(at - 1, -1, -1):
        token = tokens[index]
        if token.kind != "op":
            continue
        if token.text in CLOSING:
            depth += 1
        elif token.text in OPENING:
            if depth == 0:
                return token.text == "[" or (token.text == "{" and not _body(tokens, index))
            depth -= 1
        elif token.text == "|" and depth == 0:
            return False
    return False


def _body(tokens: Sequence[Token], at: int) -> bool:
    """Whether the brace begins the body of a rule or of `every`, and no set or object."""
    before = tokens[at - 1] if at else tokens[at]
    value = before.kind != "op" and before.text not in KEYWORDS
    return value or before.text in {"if", "else", *CLOSING}

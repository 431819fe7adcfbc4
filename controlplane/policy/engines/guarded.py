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
from dataclasses import dataclass

from controlplane.policy.engines.guard_rego import PACKAGE
from controlplane.policy.model import PolicyModule
from controlplane.policy.rego_check import called
from controlplane.policy.rego_indices import free_indices, makes_array, reference
from controlplane.policy.rego_module import read
from controlplane.policy.rego_names import until_in, variables
from controlplane.policy.rego_scan import CLOSING, KEYWORDS, OPENING, Token, matching, scan
from controlplane.policy.rego_scopes import comprehensions, every_bodies

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
IN_ORDER, BY_INDEX = "guard_in_order", "guard_by_index"
_BEFORE = frozenset({":=", "=", ";", ",", ":", "if", "not", "contains", "else", "in"})
_AFTER = frozenset({";", ",", ":", "if", "else"})


@dataclass(frozen=True)
class Loop:
    """One loop by which an array is made: where what it goes through stands, and what it gives."""

    at: int  # the index of its token
    begin: int  # offsets
    end: int
    guard: str
    gives: Token | None


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
    loops = [*_walks(tokens), *_indexed(tokens)]
    before = _before(tokens, loops)
    for loop in loops:
        if loop.guard == IN_ORDER:
            yield from _loop(loop, before.get(loop))
    for index, token in enumerate(tokens):
        if token.kind == "op" and token.text in COMPARED:
            left, right = _begin(tokens, index), _end(tokens, index)
            name = f"data.{PACKAGE}.{COMPARED[token.text]}("
            yield tokens[left].offset, tokens[left].offset, name
            yield token.offset, token.end, ","
            yield tokens[right].end, tokens[right].end, ")"
    for loop in loops:  # last: of what begins at one place these are innermost
        if loop.guard == BY_INDEX:
            yield from _loop(loop, before.get(loop))


def _loop(loop: Loop, before: Token | None) -> Iterator[tuple[int, int, str]]:
    """Yield the edits that put in order what a loop goes through, within the loop before it.

    The interpreter nests loops as it likes, unless the inner one needs what the outer one gives.
    """
    turn = ""
    if before is not None:
        name = before.text
        if name == "_":
            name = f"guard_each_{before.offset}"
            yield before.offset, before.end, name
        turn = f"data.{PACKAGE}.guard_in_turn({name}, "
    yield loop.begin, loop.begin, f"{turn}data.{PACKAGE}.{loop.guard}("
    yield loop.end, loop.end, "))" if turn else ")"


def _before(tokens: Sequence[Token], loops: Sequence[Loop]) -> dict[Loop, Token]:
    """Return what the loop before each loop of the same array gives a value."""
    scopes = [(each.begin, each.end) for each in comprehensions(tokens)]
    scopes += every_bodies(tokens)
    found, last = dict[Loop, Token](), dict[int, Loop]()
    for loop in sorted(loops, key=lambda loop: loop.at):
        scope = max(begin for begin, end in scopes if begin < loop.at < end)
        if tokens[scope].text == "[" and loop.gives is not None:
            outer = last.get(scope, loop)
            if outer.gives is not None and outer.begin != loop.begin:  # `xs[i].a[j]` is one
                found[loop] = outer.gives
            last[scope] = loop
    return found


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


def _walks(tokens: Sequence[Token]) -> Iterator[Loop]:
    """Yield each `some x in xs` by which an array is made."""
    for index, token in enumerate(tokens):
        if token.kind == "name" and token.text == "some" and makes_array(tokens, index):
            pattern, with_in = until_in(tokens, index + 1)
            if with_in:
                at = index + 1 + len(pattern)
                begin, end = tokens[at + 1].offset, tokens[_end(tokens, at)].end
                given = [*variables(pattern)][-1:]  # what comes before may be a key from outside
                yield Loop(index, begin, end, IN_ORDER, given[0] if given else None)


def _indexed(tokens: Sequence[Token]) -> Iterator[Loop]:
    """Yield each index without a value yet by which an array is made."""
    for each in free_indices(tokens):
        if makes_array(tokens, each.bracket):
            begin, end = tokens[reference(tokens, each.bracket)].offset, tokens[each.bracket].offset
            yield Loop(each.bracket, begin, end, BY_INDEX, each.name)


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

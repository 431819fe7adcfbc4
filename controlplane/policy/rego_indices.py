"""Indices that have no value yet where they stand: `_`, and what only a bare `some` declares.

Decides which those are, what they are the index of, and whether an array is made around them. A
name has its value from its first use as an index on, from its place beside `=` or as what `walk`
gives; not from one in a scope within, in another call or beside a comparison. What is done about
one is left to `rego_operands`, which refuses, and to the embedded engine, which puts what is
indexed in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controlplane.policy import rego_names
from controlplane.policy.rego_scan import CLOSING, OPENING, Token, begins, matching, opened
from controlplane.policy.rego_scopes import comprehensions, every_bodies, is_index

_DIVIDE = frozenset({";", ",", ":", ":=", "if", "else", "contains"})
_CALLS = frozenset({"<", "<=", ">", ">=", "in", "not"})  # calls, to some evaluators; or unsafe


@dataclass(frozen=True)
class FreeIndex:
    """The name that has no value yet, and where the bracket of the index opens."""

    name: Token
    bracket: int
    operand: bool  # part of a call or of a value, or beside what some evaluators make a call
    pattern: bool  # part of an array or object that is the index


def free_indices(tokens: Sequence[Token]) -> Iterator[FreeIndex]:
    """Yield each index `_`, and each of a name of a bare `some` up to where it has a value."""
    scopes = _scopes(tokens)
    for at, token in enumerate(tokens):
        if _is(token, {"_"}) and (found := _index(tokens, at, scopes)):
            yield found
    for some, name in _bare(tokens):
        for at in _free(tokens, some, name, scopes):
            if found := _index(tokens, at, scopes):
                yield found


def valueless(tokens: Sequence[Token]) -> set[int]:
    """Return where each `_` stands, and each name of a bare `some` before it has a value."""
    scopes = _scopes(tokens)
    found = {at for at, token in enumerate(tokens) if _is(token, {"_"})}
    for some, name in _bare(tokens):
        found.update(_free(tokens, some, name, scopes))
    return found


def reference(tokens: Sequence[Token], at: int) -> int:
    """Return where what the bracket at `at` is the index of begins."""
    index = at - 1
    while index > 0:
        if tokens[index].kind == "op" and tokens[index].text in CLOSING:
            opening = opened(tokens, index)
            calls = tokens[opening].text == "(" and tokens[opening - 1].kind == "name"
            if not calls and not is_index(tokens, opening):
                return opening
            index = opening - 1
        elif tokens[index - 1].kind == "op" and tokens[index - 1].text == ".":
            index -= 2
        else:
            break
    return index


def makes_array(tokens: Sequence[Token], at: int) -> bool:
    """Whether what stands at `at` is part of `[… | …]`."""
    return any(
        token.kind == "op"
        and token.text == "["
        and matching(tokens, begin) > at
        and rego_names.has_bar(tokens[begin + 1 : matching(tokens, begin)])
        for begin, token in enumerate(tokens[:at])
    )


def declaring(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield where the `in` of each `some … in` and `every … in` stands."""
    for index, token in enumerate(tokens):
        if _is(token, {"some", "every"}):
            pattern, with_in = rego_names.until_in(tokens, index + 1)
            if with_in:
                yield index + 1 + len(pattern)


def expression(tokens: Sequence[Token], at: int) -> int:
    """Return where the expression begins that what stands at `at`, in its brackets, is part of."""
    bars = {each.bar for each in comprehensions(tokens)}
    while at > 0 and not divides(tokens, at):
        before = tokens[at - 1]
        if at - 1 in bars or _is(before, _DIVIDE) or _is(before, frozenset(OPENING)):
            break
        at = opened(tokens, at - 1) if _is(before, CLOSING) else at - 1
    return at


def divides(tokens: Sequence[Token], index: int) -> bool:
    """Whether an expression begins at `index`, or the token stands between two."""
    new = index > 0 and begins(tokens[index - 1], tokens[index])
    return new or _is(tokens[index], _DIVIDE)


def _scopes(tokens: Sequence[Token]) -> set[int]:
    """Return where the brackets of comprehensions and of bodies open."""
    scopes = {each.begin for each in comprehensions(tokens)}
    scopes |= {begin for begin, _ in every_bodies(tokens)}
    return scopes | {at + 1 for at, token in enumerate(tokens[:-1]) if _is(token, {"if", "else"})}


def _bare(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Yield each `some` without `in`, with each name that it declares."""
    for at, token in enumerate(tokens):
        pattern, with_in = rego_names.until_in(tokens, at + 1) if _is(token, {"some"}) else ((), 1)
        for name in () if with_in else rego_names.variables(pattern):
            yield at, name.text


def _free(tokens: Sequence[Token], some: int, name: str, scopes: set[int]) -> Iterator[int]:
    """Yield the uses of the name, up to the first that gives it a value in its own scope.

    Where none does, those in the head of the comprehension are to give it one.
    """
    around = _around(tokens, some)
    end = len(tokens) if around is None else matching(tokens, around)
    declared = some + 1 + len(rego_names.until_in(tokens, some + 1)[0])
    for at in range(declared, end):
        if not _is(tokens[at], {name}) or tokens[at - 1].text == ".":
            continue
        yield at
        if _scope(tokens, at, scopes) == around:
            found = _index(tokens, at, scopes)
            if _unified(tokens, at, around) or (found and not found.operand):
                return
    for head in (each for each in comprehensions(tokens) if each.begin == around):
        for at in range(head.begin + 1, head.bar):
            if _is(tokens[at], {name}) and tokens[at - 1].text != ".":
                yield at


def _index(tokens: Sequence[Token], at: int, scopes: set[int]) -> FreeIndex | None:
    """Return the index that the name at `at` is, or is a part of; None where it is neither."""
    after = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if after in {".", "(", "["} and not tokens[at + 1].first:
        return None
    bracket = _around(tokens, at)
    while bracket is not None and bracket not in scopes and tokens[bracket].text != "(":
        if is_index(tokens, bracket):
            operand = _is_operand(tokens, bracket + 1, scopes)
            return FreeIndex(tokens[at], bracket, operand, pattern=bracket != at - 1)
        bracket = _around(tokens, bracket)
    return None


def _unified(tokens: Sequence[Token], at: int, scope: int | None) -> bool:
    """Whether it, or the array or object around it, stands beside `=` or is what `walk` gives."""
    first = last = at
    while (around := _around(tokens, first)) != scope:
        if around is None or is_index(tokens, around):
            return False
        if tokens[around].text == "(":
            return first != at and _is(tokens[around - 1], {"walk"})
        first, last = around, matching(tokens, around)
    begin = expression(tokens, first)
    after = tokens[last + 1] if last + 1 < len(tokens) else None
    if begin == first and after is not None and _is(after, {"="}):
        return True
    ends = after is None or divides(tokens, last + 1) or _is(after, CLOSING)
    return ends and _is(tokens[first - 1], {"="}) and not _is(tokens[begin], {"not"})


def _around(tokens: Sequence[Token], at: int) -> int | None:
    """Return where the innermost bracket around what stands at `at` opens."""
    depth = 0
    for index in range(at - 1, -1, -1):
        if tokens[index].kind == "op":
            depth += (tokens[index].text in OPENING) - (tokens[index].text in CLOSING)
        if depth > 0:
            return index
    return None


def _scope(tokens: Sequence[Token], at: int, scopes: set[int]) -> int | None:
    """Return where the innermost scope around what stands at `at` opens."""
    around = _around(tokens, at)
    while around is not None and around not in scopes:
        around = _around(tokens, around)
    return around


def _is_operand(tokens: Sequence[Token], at: int, scopes: set[int]) -> bool:
    """Whether the index at `at` is part of a call or a value, or beside what some make a call."""
    bars = {each.bar for each in comprehensions(tokens)}
    ins = set(declaring(tokens))
    begin, end, found = 0, len(tokens), False
    while True:
        inner, compares = None, False
        index = begin
        while index < end:
            if index in bars or divides(tokens, index):
                if index > at:
                    break
                compares = False
            if _is(tokens[index], _CALLS) and index not in ins:
                compares = True
            if tokens[index].kind == "op" and tokens[index].text in OPENING:
                last = matching(tokens, index)
                inner = index if index < at <= last else inner
                index = last
            index += 1
        found = found or compares
        if inner is None:
            return found
        if inner in scopes:
            found = False
        elif inner != at - 1:
            found = True
        begin, end = inner + 1, matching(tokens, inner)
        if inner == at - 1:
            return found


def _is(token: Token, texts: frozenset[str] | set[str]) -> bool:
    return token.kind in {"op", "name"} and token.text in texts

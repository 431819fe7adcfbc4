"""Whether every name in a rule is one that somebody gives a value.

An evaluator that reads an unknown or unsafe variable as *undefined* would make a mistyped name a
rule that never fires. So each name must be a rule, an import, an argument, or declared with
`some`, `every` or `:=` in the same scope or one around it; a variable declared by a bare `some`
must stand where it can be given a value: as an index, in a pattern, or beside `=`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from controlplane.policy.rego_module import Form, Head, Module
from controlplane.policy.rego_scan import KEYWORDS, OPENING, Token, matching

_ALWAYS = frozenset({"input", "data", "_"})
_REMEDY = "declare it with `some`, `every` or `:=`, or correct the spelling"


@dataclass
class _Scope:
    """Names declared in one body, and the scopes within it."""

    outer: _Scope | None = None
    names: set[str] = field(default_factory=set)
    bare: dict[str, Token] = field(default_factory=dict)  # `some x` without `in`
    bound: set[str] = field(default_factory=set)

    def knows(self, name: str) -> bool:
        return name in self.names or (self.outer is not None and self.outer.knows(name))

    def has_variable(self, name: str) -> bool:
        """Whether it is an argument, or declared in a body; what all rules know is outermost."""
        if self.outer is None:
            return False
        return name in self.names or self.outer.has_variable(name)


def check(module: Module) -> None:
    """Note every name of the module that nobody declares."""
    known = set(module.names()) | {imported.alias for imported in module.imports} | _ALWAYS
    for rule in module.rules:
        scope = _Scope(outer=_Scope(names=set(known)))
        if rule.form is Form.FUNCTION:
            last = matching(rule.tokens, 1)
            scope.names |= {token.text for token in variables(rule.tokens[2:last])}
        for branch in _branches(rule.tokens[_after_name(rule) :]):
            _walk(module, branch, _Scope(outer=scope))


def _branches(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield the parts between each `else`: what one declares, another does not see."""
    begin = index = 0
    while index < len(tokens):
        if tokens[index].kind == "op" and tokens[index].text in OPENING:
            index = matching(tokens, index)
        elif tokens[index].kind == "name" and tokens[index].text == "else":
            yield tokens[begin:index]
            begin = index + 1
        index += 1
    yield tokens[begin:]


def _after_name(rule: Head) -> int:
    return 2 if rule.form is Form.DEFAULT else 1


def _walk(module: Module, tokens: Sequence[Token], scope: _Scope) -> None:
    """Declare what this body declares, then look at its names, then at the scopes within it."""
    inner = list(_inner(tokens))
    own = [token for index, token in enumerate(tokens) if not _within(index, inner)]
    _declare(own, scope)
    _redeclared(module, _declarations(own), scope)
    _bind(own, scope)
    for index, token in enumerate(own):
        if _is_name(own, index) and not scope.knows(token.text):
            text = f"nothing gives `{token.text}` a value"
            module.note(token, "rego/unsafe-variable", text, _REMEDY)
    for begin, end in inner:
        within = _Scope(outer=scope)
        if tokens[begin - 1].text == "every":
            pattern, _ = until_in(tokens, begin)
            names = list(variables(pattern))
            within.names |= {token.text for token in names}
            _redeclared(module, names, within)
        _walk(module, tokens[begin:end], within)
    for name, token in scope.bare.items():
        if name not in scope.bound:
            text = f"`some {name}` declares a variable that nothing gives a value"
            module.note(token, "rego/unsafe-variable", text, f"write `some {name} in …`")


def _inner(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield the outermost spans (begin, end) of comprehensions and `every` bodies."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.text == "every" and token.kind == "name":
            span = every(tokens, index)
            if span:
                yield span
                index = span[1]
                continue
        if token.kind == "op" and token.text in {"[", "{"}:
            last = matching(tokens, index)
            if has_bar(tokens[index + 1 : last]):
                yield index + 1, last
                index = last
        index += 1


def every(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Return the span from after `every` to the end of its body, None where it has none."""
    index = at + 1
    seen_in = False
    while index < len(tokens):
        token = tokens[index]
        if token.kind == "op" and token.text in OPENING:
            last = matching(tokens, index)
            after_term = _ends(tokens[index - 1]) and seen_in
            if token.text == "{" and after_term:
                return at + 1, last + 1
            index = last
        seen_in = seen_in or token.text == "in"
        index += 1
    return None


def _ends(token: Token) -> bool:
    if token.kind == "op":
        return token.text in {")", "]", "}"}
    return token.text not in KEYWORDS


def has_bar(tokens: Sequence[Token]) -> bool:
    """Whether a bar stands outside of all brackets: of a comprehension, or a union."""
    return bar(tokens) is not None


def bar(tokens: Sequence[Token]) -> int | None:
    """Return where the first bar stands outside of all brackets, None where there is none."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind != "op":
            continue
        depth += (token.text in OPENING) - (token.text in {")", "]", "}"})
        if depth == 0 and token.text == "|":
            return index
    return None


def _within(index: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(begin <= index < end for begin, end in spans)


def _redeclared(module: Module, names: Iterable[Token], scope: _Scope) -> None:
    """Note a name that a scope around this one has given to a variable: some make one of both."""
    for name in names:
        if name.text != "_" and scope.outer is not None and scope.outer.has_variable(name.text):
            text = f"`{name.text}` is a variable around this too; some evaluators make one of both"
            module.note(name, "rego/redeclared", text, "give one of them another name")


def _declare(tokens: Sequence[Token], scope: _Scope) -> None:
    scope.names |= {name.text for name in _declarations(tokens)}
    for index, token in enumerate(tokens):
        if token.text == "some" and token.kind == "name":
            pattern, with_in = until_in(tokens, index + 1)
            if not with_in:
                scope.bare |= {name.text: name for name in variables(pattern)}


def _declarations(tokens: Sequence[Token]) -> Iterator[Token]:
    for index, token in enumerate(tokens):
        if token.text == "some" and token.kind == "name":
            yield from variables(until_in(tokens, index + 1)[0])
        elif token.text == ":=" and token.kind == "op":
            yield from _left(tokens, index)


def until_in(tokens: Sequence[Token], at: int) -> tuple[Sequence[Token], bool]:
    """Return what is declared from `at` on, and whether `in` follows it."""
    index = at
    while index < len(tokens):
        token = tokens[index]
        if token.text == "in" and token.kind == "name":
            return tokens[at:index], True
        if index > at and (token.first and tokens[index - 1].text != ","):
            break
        if token.text in {";", "}"} and token.kind == "op":
            break
        if token.kind == "op" and token.text in {"[", "{"}:
            index = matching(tokens, index)
        index += 1
    return tokens[at:index], False


def declared(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the names that a body gives a value by `some`, `:=` or `every`."""
    scope = _Scope()
    _declare(tokens, scope)
    yield from scope.names


def _left(tokens: Sequence[Token], at: int) -> list[Token]:
    """Return the variables on the left of the `:=` at index `at`."""
    if at == 0:
        return []
    before = tokens[at - 1]
    if before.kind == "name":
        return [before]
    if before.text not in {"]", "}"}:
        return []
    depth, index = 0, at - 1
    while index >= 0:
        depth += (tokens[index].text in {")", "]", "}"}) - (tokens[index].text in OPENING)
        if depth == 0:
            break
        index -= 1
    begins = index == 0 or tokens[index].first or tokens[index - 1].text in {";", "{", "|"}
    return list(variables(tokens[index:at])) if begins else []


def _bind(tokens: Sequence[Token], scope: _Scope) -> None:
    """Note which names stand alone in brackets, in a pattern, or beside `=`."""
    for index, token in enumerate(tokens):
        if token.kind != "name":
            continue
        before = tokens[index - 1].text if index else ""
        after = tokens[index + 1].text if index + 1 < len(tokens) else ""
        if before in {"[", ",", "="} and after in {"]", ",", "=", ")"}:
            scope.bound.add(token.text)
        if before == "=" or after == "=":
            scope.bound.add(token.text)


def variables(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield what stands for a variable or begins a reference."""
    for index, token in enumerate(tokens):
        if _is_name(tokens, index):
            yield token


def _is_name(tokens: Sequence[Token], index: int) -> bool:
    """Whether the token is a variable or the first name of a reference, not of a call."""
    token = tokens[index]
    if token.kind != "name" or token.text in KEYWORDS:
        return False
    if index and tokens[index - 1].kind == "op" and tokens[index - 1].text == ".":
        return False
    at = index + 1
    while at + 1 < len(tokens) and tokens[at].text == "." and tokens[at + 1].kind == "name":
        at += 2
    return at >= len(tokens) or tokens[at].kind != "op" or tokens[at].text != "("

"""Whether each `not` asks about something that is either true or not there.

OPA takes every field and call inside a negated expression out in front of it: where one of them is
undefined the whole body is, so `not input.a in allowed` says nothing at all when there is no
`input.a`, and a rule written as *finding unless proven fine* stays silent. Other evaluators hold
the negation true. What may follow `not` is therefore:

    a field                        not container.securityContext.runAsNonRoot
    a field == a field or text     not spec.limit == "unlimited"
    names compared                 not reached <= limit        not target in allowed
    a call of names                not offered(placement)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from controlplane.policy.rego_module import Form, Head, Module
from controlplane.policy.rego_scan import OPENING, Token, matching

_REMEDY = (
    "give the field a name first (`target := placement.target`), or ask a function that is given "
    "the whole: `not compliant(placement)`"
)
_COMPARE = {"==", "!=", "<", "<=", ">", ">="}


def check(module: Module) -> None:
    """Note every `not` whose operand may be undefined in part."""
    perhaps = {rule.name for rule in module.rules if _perhaps_undefined(rule)}
    for rule in module.rules:
        tokens = rule.tokens
        for index, token in enumerate(tokens):
            if token.kind == "name" and token.text == "not":
                operand = tokens[index + 1 : _end(tokens, index + 1)]
                if not _sound(operand, perhaps):
                    text = (
                        "where a part of this is undefined, OPA takes the whole `not` as undefined"
                    )
                    module.note(token, "rego/not", text, _REMEDY)


def _perhaps_undefined(rule: Head) -> bool:
    """Whether a rule's value may be missing: it is no set, no object and no constant."""
    if rule.form is not Form.VALUE:
        return False
    words = {token.text for token in rule.tokens[1:] if token.kind == "name"}
    return bool(words - {"true", "false", "null"})


def _end(tokens: Sequence[Token], begin: int) -> int:
    """Return the index after the expression that begins at `begin`."""
    index = begin
    while index < len(tokens):
        token = tokens[index]
        if token.kind == "op" and token.text in {";", "}", "]", ")", "|", ","}:
            break
        goes_on = tokens[index - 1].text in {*_COMPARE, "in", ".", ","} or token.text in _COMPARE
        if index > begin and token.first and not goes_on and token.text not in {"in", "."}:
            break
        if token.kind == "op" and token.text in OPENING:
            index = matching(tokens, index)
        index += 1
    return index


def _sound(operand: Sequence[Token], perhaps: Set[str]) -> bool:
    if _field(operand):
        return True
    if (call := _call(operand)) is not None:
        return all(_plain(argument, perhaps) for argument in call)
    for index, token in _outside(operand):
        if token.text == "==" and token.kind == "op":
            left, right = operand[:index], operand[index + 1 :]
            if all(_field(side) or _scalar(side) for side in (left, right)):
                return True
        if token.text in _COMPARE or (token.text == "in" and token.kind == "name"):
            return _plain(operand[:index], perhaps) and _plain(operand[index + 1 :], perhaps)
    return False


def _outside(tokens: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """Yield each token with its index, a bracket standing for all that it holds."""
    index = 0
    while index < len(tokens):
        yield index, tokens[index]
        inside = tokens[index].kind == "op" and tokens[index].text in OPENING
        index = matching(tokens, index) + 1 if inside else index + 1


def _field(tokens: Sequence[Token]) -> bool:
    """Whether this is `a`, `a.b`, `a["b"]`, `a[0]` or `a[key]` in any length."""
    if not tokens or tokens[0].kind != "name":
        return False
    index = 1
    while index < len(tokens):
        if tokens[index].text == "." and index + 1 < len(tokens):
            index += 2
        elif tokens[index].text == "[" and matching(tokens, index) == index + 2:
            index += 3
        else:
            return False
    return True


def _call(tokens: Sequence[Token]) -> list[Sequence[Token]] | None:
    """Return the arguments where this is one call and nothing else."""
    at = next((i for i, token in enumerate(tokens) if token.text == "("), None)
    if not at or matching(tokens, at) != len(tokens) - 1:
        return None
    if any(t.kind != "name" and t.text != "." for t in tokens[:at]):
        return None
    return _split(tokens[at + 1 : -1])


def _split(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    parts: list[Sequence[Token]] = []
    begin = index = 0
    while index < len(tokens):
        if tokens[index].kind == "op" and tokens[index].text in OPENING:
            index = matching(tokens, index)
        elif tokens[index].text == "," and tokens[index].kind == "op":
            parts.append(tokens[begin:index])
            begin = index + 1
        index += 1
    return [*parts, tokens[begin:]] if tokens else []


def _plain(tokens: Sequence[Token], perhaps: Set[str]) -> bool:
    """Whether this always has a value: a variable, a scalar, or a literal collection of them."""
    if _scalar(tokens):
        return True
    if len(tokens) == 1:
        return tokens[0].kind == "name" and tokens[0].text not in perhaps
    if tokens and tokens[0].text in {"[", "{"} and matching(tokens, 0) == len(tokens) - 1:
        return all(_plain(part, perhaps) for part in _split(tokens[1:-1]))
    return False


def _scalar(tokens: Sequence[Token]) -> bool:
    if len(tokens) != 1:
        return False
    return tokens[0].kind in {"string", "raw", "number"} or tokens[0].text in {
        "true", "false", "null",
    }  # fmt: skip

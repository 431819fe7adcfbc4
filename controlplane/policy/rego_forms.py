"""Forms of heads, `some`, `every` and `==` that evaluators read differently, portable in part.

The embedded evaluator holds `every x in xs { not x.a }` true as soon as one member has no `a`. It
takes the comma of `some k, v in xs` within a comprehension for the end of an item, and knows no
`_` in a `some` without `in`, no brackets after the `contains` of a head or around what an `every`
goes through. OPA does not load an `every` whose variable nothing looks at, nor
`{"a": f([x | …])[0]}` in a head, and does not compile the comparison of an object with one that is
made. It goes through `{input.b, input.a}` in the order of what is written there, the others in that
of the values. All are refused, so that a rule which loads here answers alike everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controlplane.policy import rego_names
from controlplane.policy.rego_indices import makes_array
from controlplane.policy.rego_module import Form, Head, Module
from controlplane.policy.rego_scan import OPENING, Token, matching


def check(module: Module) -> None:
    """Note each such form of the module."""
    for rule in module.rules:
        _member(module, rule)
        _negations(module, rule.tokens)
        _every(module, rule.tokens)
        _pairs(module, rule.tokens)
        _walked(module, rule.tokens)
        _objects(module, rule.tokens)
        _parts(module, rule.tokens)


def _member(module: Module, rule: Head) -> None:
    """Note brackets directly after the `contains` of a head."""
    if rule.form is Form.SET and len(rule.tokens) > 2 and rule.tokens[2].text == "(":
        text = "some evaluators do not load brackets after `contains`"
        module.note(rule.tokens[2], "rego/contains", text, "leave them out, or name it in the body")


def _negations(module: Module, tokens: Sequence[Token]) -> None:
    seen: set[int] = set()  # one `not` within two `every` is one problem
    for index, token in enumerate(tokens):
        span = rego_names.every(tokens, index) if _word(token, "every") else None
        for inside in tokens[span[0] : span[1]] if span else ():
            if _word(inside, "not") and inside.offset not in seen:
                seen.add(inside.offset)
                text = "a `not` within `every` holds for some evaluators once one member is so"
                remedy = "ask a function that says `not` itself: `every x in xs { clean(x) }`"
                module.note(inside, "rego/every", text, remedy)


def _every(module: Module, tokens: Sequence[Token]) -> None:
    """Note an `every` over brackets, and one that does not look at what it goes through."""
    for index, token in enumerate(tokens):
        span = rego_names.every(tokens, index) if _word(token, "every") else None
        if span is None:
            continue
        pattern, _ = rego_names.until_in(tokens, index + 1)
        walked = tokens[index + len(pattern) + 2]
        if walked.text == "(" and walked.kind == "op":
            text = "some evaluators do not load an `every` over something in brackets"
            module.note(walked, "rego/every", text, "leave the brackets out, or name it first")
        names = {each.text for each in tokens[index + 1 + len(pattern) : span[1]]}
        for each in rego_names.variables(pattern):
            if each.text != "_" and each.text not in names:
                text = f"nothing in this `every` looks at `{each.text}`, which OPA does not load"
                module.note(each, "rego/every", text, "use it, or write `_` in its place")


def _pairs(module: Module, tokens: Sequence[Token]) -> None:
    for index, token in enumerate(tokens):
        if not _word(token, "some"):
            continue
        pattern, with_in = rego_names.until_in(tokens, index + 1)
        if with_in and not any(rego_names.variables(pattern)) and makes_array(tokens, index):
            text = "some evaluators nest a loop that gives nothing a value as they like"
            module.note(token, "rego/some", text, 'ask for a member: `"z" in xs`')
        if with_in and _comma(pattern) and _in_comprehension(tokens, index):
            text = "some evaluators do not load `some k, v in …` within a comprehension"
            remedy = "write `some k` and then `v := xs[k]`, or make it a rule of its own"
            module.note(token, "rego/some", text, remedy)
        elif not with_in and any(each.text == "_" for each in pattern):
            text = "some evaluators do not load a `some` that declares `_`"
            module.note(token, "rego/some", text, "leave `_` out: it needs no declaration")


def _walked(module: Module, tokens: Sequence[Token]) -> None:
    """Note a `some … in` a set of several values that are not constants, or an object of such keys.

    OPA goes through those in the order of their terms, also where they were given a name first.
    """
    loose = {
        tokens[index - 1].text
        for index, token in enumerate(tokens[:-1])
        if token.text == ":=" and index and _loose(tokens, index + 1)
    }
    for index, token in enumerate(tokens):
        if not _word(token, "some"):
            continue
        pattern, with_in = rego_names.until_in(tokens, index + 1)
        at = index + len(pattern) + 2
        if not with_in or at >= len(tokens):
            continue
        named = tokens[at].kind == "name" and tokens[at].text in loose
        if named or _loose(tokens, at):
            text = "evaluators go through these in different orders: not all of them are constants"
            remedy = "write an array: `some x in [a, b]`, or make the set a rule of its own"
            module.note(tokens[at], "rego/order", text, remedy)


def _loose(tokens: Sequence[Token], at: int) -> bool:
    """Whether a set of several values begins here, or an object of such keys; one varies."""
    if tokens[at].text != "{" or tokens[at].kind != "op":
        return False
    inside = tokens[at + 1 : matching(tokens, at)]
    return not rego_names.has_bar(inside) and _comma(inside) and any(map(_varies, _keys(inside)))


def _keys(inside: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens of a set's members, or of an object's keys."""
    index, value = 0, False
    while index < len(inside):
        token = inside[index]
        end = matching(inside, index) if token.text in OPENING and token.kind == "op" else index
        value = (value or token.text == ":") and not (token.kind == "op" and token.text == ",")
        if not value:
            yield from inside[index : end + 1]
        index = end + 1


def _varies(token: Token) -> bool:
    return token.kind == "name" and token.text not in {"true", "false", "null"}


def _objects(module: Module, tokens: Sequence[Token]) -> None:
    """Note an object that is compared with one made by a comprehension, both written out."""
    for index, token in enumerate(tokens):
        if token.kind != "op" or token.text not in {"==", "="} or index + 1 == len(tokens):
            continue
        after = tokens[index + 1]
        if _closed(tokens[index - 1]) and after.kind == "op" and after.text == "{":
            made = tokens[index + 2 : matching(tokens, index + 1)]
            if rego_names.has_bar(made) and any(each.text == ":" for each in made):
                text = "OPA does not compile the comparison of an object with one that is made here"
                module.note(after, "rego/object", text, "give it a name first: `made := {… | …}`")


def _parts(module: Module, tokens: Sequence[Token]) -> None:
    """Note what OPA calls unsafe: in an object of a head, a part of what a call makes."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "op":
            depth += (token.text == "{") - (token.text == "}")
        if depth == 0 and _word(token, "if"):
            return
        if depth and token.text == "(" and token.kind == "op":
            end = matching(tokens, index)
            if tokens[end + 1].text in {"[", "."} and _made(tokens[index + 1 : end]):
                text = "OPA does not load a part of what a call makes, in an object of a head"
                module.note(tokens[end + 1], "rego/part", text, "give it a name in the body")


def _made(tokens: Sequence[Token]) -> bool:
    """Whether a comprehension stands anywhere in these."""
    return any(
        token.kind == "op"
        and token.text in {"[", "{"}
        and rego_names.has_bar(tokens[index + 1 : matching(tokens, index)])
        for index, token in enumerate(tokens)
    )


def _closed(token: Token) -> bool:
    return token.kind == "op" and token.text == "}"


def _word(token: Token, text: str) -> bool:
    return token.kind == "name" and token.text == text


def _comma(pattern: Sequence[Token]) -> bool:
    """Whether a comma stands outside of the pattern's brackets."""
    index = 0
    while index < len(pattern):
        if pattern[index].text == ",":
            return True
        index = matching(pattern, index) if pattern[index].text in OPENING else index
        index += 1
    return False


def _in_comprehension(tokens: Sequence[Token], at: int) -> bool:
    return any(
        token.text in {"[", "{"}
        and token.kind == "op"
        and matching(tokens, begin) > at
        and rego_names.has_bar(tokens[begin + 1 : matching(tokens, begin)])
        for begin, token in enumerate(tokens[:at])
    )

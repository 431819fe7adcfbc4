"""The conditions of a rule, and which of them hold for an input: asked of the evaluator itself.

Decides how a rule's text is cut into bodies and conditions, and writes a copy of the rule that
answers, for every body, how many of its conditions hold one after the other. The answer of that
copy is for people and is never a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from controlplane.policy.bundle import restrict, with_texts
from controlplane.policy.engine import Question
from controlplane.policy.model import PolicyBundle, PolicyModule, Rule
from controlplane.policy.rego_scan import Statement, Token, expressions, matching, scan
from controlplane.values import Position
from evidence.canonical import Json


@dataclass(frozen=True)
class Condition:
    """One expression of a body, as it stands in the file."""

    text: str
    position: Position


@dataclass(frozen=True)
class Body:
    """One `findings contains … if {…}`: the code it leads to ("" where the text does not say)."""

    code: str
    conditions: tuple[Condition, ...]


def bodies(bundle: PolicyBundle, rule: Rule) -> tuple[Body, ...]:
    """Return the bodies of a rule, in the order of its text."""
    module = _module(bundle, rule)
    return tuple(_body(module, each, rule) for each in _findings(module))


def probe(bundle: PolicyBundle, rules: Sequence[Rule]) -> PolicyBundle:
    """Return these rules alone, changed so that they answer which of their conditions hold.

    An answer, read by `held`, is no finding. An evaluator may refuse it (PolicyLoadError):
    conditions that only have a meaning together cannot be asked one after the other.
    """
    alone = restrict(bundle, [rule.id for rule in rules])
    return with_texts(alone, {rule.module: _probe(bundle, rule) for rule in rules})


def _probe(bundle: PolicyBundle, rule: Rule) -> str:
    module = _module(bundle, rule)
    text = module.text
    for statement in reversed(list(_findings(module))):
        first, last = statement.first, statement.tokens[-1]
        text = text[: first.offset] + text[last.end :]
    return "\n".join([text, *_prefixes(bodies(bundle, rule))]) + "\n"


def held(answer: Json, count: int) -> tuple[int, ...] | None:
    """Return for each of `count` bodies how many conditions hold; None for no answer of `probe`."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("findings"), list):
        return None
    found = [0] * count
    for each in answer["findings"]:
        number, length = each["path"]
        found[number] = max(found[number], length)
    return tuple(found)


def asking(subject: str, envelope: bytes, rule: Rule) -> Question:
    """Return the question for a rule's probe."""
    return Question(subject, envelope, (rule,))


def _module(bundle: PolicyBundle, rule: Rule) -> PolicyModule:
    return next(module for module in bundle.modules if module.path == rule.module)


def _findings(module: PolicyModule) -> Iterator[Statement]:
    for statement in scan(module.path, module.text).statements:
        words = [token.text for token in statement.tokens[:2]]
        if words == ["findings", "contains"]:
            yield statement


def _body(module: PolicyModule, statement: Statement, rule: Rule) -> Body:
    tokens = statement.tokens
    at = _if(tokens)
    inside = tokens[at + 1 :] if at else ()
    if inside and inside[0].text == "{" and matching(inside, 0) == len(inside) - 1:
        inside = inside[1:-1]
    codes = {token.text[1:-1] for token in tokens if token.kind == "string"} & set(rule.messages)
    return Body(
        codes.pop() if len(codes) == 1 else "",
        tuple(_condition(module, each) for each in expressions(inside)),
    )


def _if(tokens: Sequence[Token]) -> int:
    """Return the index of the `if` outside of all brackets, 0 where there is none."""
    index = 0
    while index < len(tokens):
        if tokens[index].kind == "op" and tokens[index].text in {"(", "[", "{"}:
            index = matching(tokens, index)
        elif tokens[index].text == "if" and tokens[index].kind == "name":
            return index
        index += 1
    return 0


def _condition(module: PolicyModule, tokens: Sequence[Token]) -> Condition:
    first = tokens[0]
    place = Position(module.path, first.line, first.column)
    return Condition(module.text[first.offset : tokens[-1].end], place)


def _prefixes(every: Sequence[Body]) -> Iterator[str]:
    for number, body in enumerate(every):
        for length in range(1, len(body.conditions) + 1):
            lines = "\n".join(each.text for each in body.conditions[:length])
            mark = f'{{"code": "held", "path": [{number}, {length}], "params": {{}}}}'
            yield f"findings contains {mark} if {{\n{lines}\n}}"
    if not any(body.conditions for body in every):
        yield 'findings contains "nothing to ask" if { false }'

"""What a module may say: the decision contract, the portable built-ins, and where it may look.

Every check here closes a way in which two evaluators could answer differently, or in which a rule
could stay silent without having been asked. All problems of a module are reported, not the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from controlplane.policy import (
    rego_forms,
    rego_names,
    rego_not,
    rego_operands,
    rego_regex,
    rego_scopes,
)
from controlplane.policy.portable import PORTABLE, ROOTS, reason
from controlplane.policy.rego_module import Form, Import, Module
from controlplane.policy.rego_scan import CLOSING, KEYWORDS, OPENING, Token, matching

LIBRARY = ("controlplane", "lib")
ANSWERS = ("findings", "valid_until")

# What a rule says it uses → the reference by which it does.
USES: Mapping[str, tuple[str, str]] = {
    "references": ("input", "references"),
    "change": ("input", "change"),
    "facts": ("input", "facts"),
    "time": ("input", "time"),
    "parameters": ("data", "parameters"),
}


@dataclass(frozen=True)
class Guards:
    """Which checks are made. All of them, except in the tests that show what each is for."""

    portable: bool = True
    escapes: bool = True
    forms: bool = True
    names: bool = True
    negations: bool = True
    numbers: bool = True
    syntax: bool = True


ALL_GUARDS = Guards()


def check(
    module: Module, libraries: Mapping[tuple[str, ...], Module], guards: Guards = ALL_GUARDS
) -> None:
    """Note what in `module` is outside of what every evaluator answers alike."""
    if not guards.syntax:
        module.problems.clear()
    aliases = {imported.alias: imported for imported in module.imports}
    _imports(module, libraries)
    _shadows(module)
    for statement in module.source.statements:
        if statement.first.text in {"import", "package"}:
            continue
        tokens = statement.tokens
        if guards.numbers:
            _numbers(module, tokens)
        if guards.portable:
            _calls(module, tokens, aliases, libraries)
        if guards.escapes:
            _texts(module, tokens)
        _references(module, tokens, aliases, libraries)
    if guards.forms:
        rego_forms.check(module)
        rego_scopes.check(module)
        rego_operands.check(module)
    if guards.names:
        rego_names.check(module)
    if guards.negations:
        rego_not.check(module)


def check_contract(module: Module, uses: Set[str]) -> None:
    """Note where a rule does not answer as the decision contract says."""
    if not any(rule.name == "findings" and rule.form is Form.SET for rule in module.rules):
        text = "the rule has no `findings contains … if …`"
        module.note(None, "rego/contract", text, "see docs/policies.md, the decision contract")
    for rule in module.rules:
        if rule.name in ANSWERS and rule.form is not Form.SET:
            text = f"`{rule.name}` may only be a set that grows by `contains`, not a {rule.form}"
            module.note(rule.first, "rego/contract", text, f"write `{rule.name} contains … if …`")
        if rule.name in ANSWERS and any(t.text == "else" for t in rule.tokens):
            text = f"`{rule.name}` has an `else`"
            module.note(rule.first, "rego/contract", text, "write a second rule of the same name")
        if rule.name == "valid_until" and "time" not in uses:
            text = "only a rule that is told the time can say how long its answer holds"
            module.note(rule.first, "rego/contract", text, "list `time` in custom.uses")
    for token, path in _paths(module):
        for name, used in USES.items():
            if path[:2] == used and name not in uses:
                text = f"the rule looks at {'.'.join(used)} and does not say so"
                module.note(token, "rego/uses", text, f"list `{name}` in custom.uses")


def _imports(module: Module, libraries: Mapping[tuple[str, ...], Module]) -> None:
    for imported in module.imports:
        if imported.path == ("rego", "v1"):
            continue
        if imported.path[:3] != ("data", *LIBRARY) or len(imported.path) < 4:
            text = f"`{'.'.join(imported.path)}` is not a library of these policies"
            module.note(imported.token, "rego/import", text, "import data.controlplane.lib.NAME")
        elif imported.path[1:] not in libraries:
            text = f"there is no library {imported.path[-1]}"
            known = ", ".join(sorted(path[-1] for path in libraries)) or "none"
            module.note(imported.token, "rego/import", text, f"libraries: {known}")


def _shadows(module: Module) -> None:
    taken = ROOTS | {"input", "data"}
    for imported in module.imports:
        if imported.alias in taken and imported.path != ("rego", "v1"):
            _shadow(module, imported.token, imported.alias)
    for rule in module.rules:
        if rule.name in taken:
            _shadow(module, rule.first, rule.name)
    for statement in module.source.statements:
        for before, token in zip(statement.tokens, statement.tokens[1:], strict=False):
            assigned = token.text == ":=" and before.text in {"input", "data"}
            if assigned or (before.text in {"some", "every"} and token.text in {"input", "data"}):
                _shadow(module, token if not assigned else before, "input or data")


def _shadow(module: Module, token: Token, name: str) -> None:
    text = f"`{name}` is the name of a built-in, and evaluators differ in which one they call"
    module.note(token, "rego/shadow", text, "choose another name")


def _numbers(module: Module, tokens: Sequence[Token]) -> None:
    for index, token in enumerate(tokens):
        if token.kind == "number" and not _integer(token.text):
            text = f"{token.text} is not an integer below 2^53"
            module.note(token, "rego/number", text, "use scaled integers: micros, milli, seconds")
        if token.text == "-" and not (index and _ends_term(tokens[index - 1])):
            _sign(module, token, tokens[index + 1])
        if token.text == "%" and token.kind == "op":
            text = "some evaluators give another rest of numbers from 2^31 on"
            remedy = "look for the multiple: `some n in numbers.range(0, 99)`, then `x == n * 7`"
            module.note(token, "rego/number", text, remedy)
        if token.text == "/" and token.kind == "op":
            text = "a quotient may have a fraction, which evaluators round differently"
            module.note(token, "rego/number", text, "multiply the other side instead")
        if token.text == "with" and token.kind == "name":
            text = "`with` replaces what the rule is asked about"
            module.note(token, "rego/with", text, "pass the value to a function; tests may use it")
        if token.text == "(" and index and tokens[index - 1].text == "]":
            text = "a call whose name is computed"
            module.note(token, "rego/computed-call", text, "call the function by its name")


def _integer(text: str) -> bool:
    """Whether it is an integer below 2^53, written as OPA reads one: `010` is none."""
    return text.isdecimal() and int(text) < 2**53 and text == str(int(text))


def _ends_term(token: Token) -> bool:
    if token.kind == "op":
        return token.text in CLOSING
    return token.kind != "name" or token.text not in KEYWORDS


def _sign(module: Module, sign: Token, operand: Token) -> None:
    """Note a zero with a sign, and brackets with one."""
    if operand.text == "0":
        text = "`-0` is another number than 0 to some evaluators, and written otherwise"
        module.note(sign, "rego/number", text, "write 0")
    elif operand.text == "(":
        text = "OPA does not load a sign before brackets"
        module.note(sign, "rego/number", text, "write `0 - (…)`")


def _calls(
    module: Module,
    tokens: Sequence[Token],
    aliases: Mapping[str, Import],
    libraries: Mapping[tuple[str, ...], Module],
) -> None:
    names = module.names()
    head = tokens[1] if tokens[0].text == "default" and len(tokens) > 1 else tokens[0]
    for index, name in called(tokens):
        token = tokens[index]
        if token is head:
            continue
        path = name.split(".")
        if path[0] in aliases and len(path) == 2:
            library = libraries.get(aliases[path[0]].path[1:])
            if library and library.names().get(path[1]) is not Form.FUNCTION:
                text = f"{aliases[path[0]].path[-1]} has no function {path[1]}"
                module.note(token, "rego/unknown-function", text, "correct the name")
        elif names.get(name) is Form.FUNCTION:
            continue
        elif name not in PORTABLE:
            cause, remedy = reason(name)
            module.note(token, "rego/built-in", f"`{name}` is not portable: {cause}", remedy)
        elif name == "regex.match":
            _pattern(module, tokens, index, token)
        elif name == "sort" and _first_argument(tokens, token).text != "[":
            text = "a set that is sorted is not an array to every evaluator"
            module.note(token, "rego/sort", text, "write `sort([each | some each in things])`")
        elif name == "sprintf":
            _format(module, tokens, token)
        elif name == "replace":
            _replaced(module, tokens, index)


def called(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Yield the index at which each call's name begins, and the name with its dots."""
    for index, token in enumerate(tokens):
        if token.text != "(" or token.kind != "op" or index == 0:
            continue
        begin = index - 1
        if tokens[begin].kind != "name" or _is_keyword(tokens, begin):
            continue
        while begin >= 2 and tokens[begin - 1].text == "." and tokens[begin - 2].kind == "name":
            begin -= 2
        if begin and tokens[begin - 1].text == ".":
            yield index - 1, "." + tokens[index - 1].text  # the call of a field: never portable
        else:
            yield begin, ".".join(t.text for t in tokens[begin:index] if t.kind == "name")


def _is_keyword(tokens: Sequence[Token], at: int) -> bool:
    dotted = at > 0 and tokens[at - 1].text == "."
    return tokens[at].text in KEYWORDS - {"contains"} and not dotted


def _first_argument(tokens: Sequence[Token], name: Token) -> Token:
    index = tokens.index(name)
    while tokens[index].text != "(":
        index += 1
    return tokens[index + 1]


def _pattern(module: Module, tokens: Sequence[Token], _: int, name: Token) -> None:
    argument = _first_argument(tokens, name)
    if argument.kind not in {"raw", "string"}:
        text = "the pattern is computed, so nobody can say whether it is portable"
        module.note(argument, "rego/pattern", text, "write the pattern as text in the call")
        return
    if bad := rego_regex.portable(argument.text[1:-1]):
        text = f"{bad!r} in a pattern is read differently by evaluators"
        remedy = "use ASCII characters, [positive classes], groups, counts and anchors"
        module.note(argument, "rego/pattern", text, remedy)


def _format(module: Module, tokens: Sequence[Token], name: Token) -> None:
    argument = _first_argument(tokens, name)
    text = argument.text.replace("%v", "").replace("%%", "")
    if argument.kind not in {"raw", "string"} or "%" in text:
        what = "only %v in a literal format is written alike by every evaluator"
        module.note(argument, "rego/format", what, "use %v for texts and integers")
        return
    at = tokens.index(argument) + 2
    if at >= len(tokens) or _literal(tokens, at) != argument.text.count("%v"):
        what = "the values of a format are as many as its %v, in an array that is written out"
        module.note(argument, "rego/format", what, 'write `sprintf("%v", [value])`')


def _replaced(module: Module, tokens: Sequence[Token], name: int) -> None:
    at = next(i for i in range(name, len(tokens)) if tokens[i].text == "(") + 1
    while tokens[at].text != ",":  # the first argument
        at = matching(tokens, at) + 1 if tokens[at].text in OPENING else at + 1
    old = tokens[at + 1]
    if old.kind not in {"raw", "string"} or len(old.text) < 3 or tokens[at + 2].text != ",":
        text = "what is replaced is not a text that is written out; of an empty one some never end"
        module.note(old, "rego/replace", text, 'write it in the call: `replace(x, "old", new)`')


def _literal(tokens: Sequence[Token], at: int) -> int:
    """Return how many elements the array that begins there has; -1 where it is not written out."""
    end = matching(tokens, at) if tokens[at].text == "[" else at
    inside, count, index = tokens[at + 1 : end], 0, 0
    while index < len(inside):
        if inside[index].text == "|":
            return -1
        count += inside[index].text == ","
        index = matching(inside, index) + 1 if inside[index].text in OPENING else index + 1
    return count + 1 if inside else 0 if end > at else -1


def _texts(module: Module, tokens: Sequence[Token]) -> None:
    patterns = {
        (argument.line, argument.column)
        for index, name in called(tokens)
        if name == "regex.match"
        for argument in (_first_argument(tokens, tokens[index]),)
    }
    for token in tokens:
        if token.kind not in {"raw", "string"} or (token.line, token.column) in patterns:
            continue
        body = token.text[1:-1]
        bad = next(
            (c for c in body if c in '\\"' or ord(c) < 32 or 0xF0000 <= ord(c) < 0xF0080), ""
        )
        if bad:
            text = f"{bad!r} inside text is kept differently by evaluators"
            remedy = (
                "write the character itself; for quotes, backslashes and line ends use a parameter"
            )
            module.note(token, "rego/escape", text, remedy)


def _references(
    module: Module,
    tokens: Sequence[Token],
    aliases: Mapping[str, Import],
    libraries: Mapping[tuple[str, ...], Module],
) -> None:
    for token, path in _dotted(tokens):
        if path[0] == "data" and path[:2] != ("data", "parameters"):
            text = "a rule may look at `data.parameters` and at imported libraries only"
            module.note(token, "rego/data", text, "import data.controlplane.lib.NAME")
        if path[0] in aliases and aliases[path[0]].path != ("rego", "v1"):
            library = libraries.get(aliases[path[0]].path[1:])
            if len(path) < 2:
                text = f"`{path[0]}` is a library, not a value"
                module.note(token, "rego/reference", text, "name what you need of it")
            elif library and path[1] not in library.names():
                text = f"library {path[0]} has no {path[1]}"
                module.note(token, "rego/reference", text, "correct the name")


def _paths(module: Module) -> Iterator[tuple[Token, tuple[str, ...]]]:
    for rule in module.rules:
        yield from _dotted(rule.tokens)


def _dotted(tokens: Sequence[Token]) -> Iterator[tuple[Token, tuple[str, ...]]]:
    """Yield each reference's first token and its leading names; `a["b"]` counts as `a.b`."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.kind != "name" or (index and tokens[index - 1].text == "."):
            index += 1
            continue
        path, at = [token.text], index + 1
        while at + 1 < len(tokens):
            if tokens[at].text == "." and tokens[at + 1].kind == "name":
                path.append(tokens[at + 1].text)
                at += 2
            elif (
                tokens[at].text == "["
                and matching(tokens, at) == at + 2
                and (tokens[at + 1].kind in {"string", "raw"})
            ):
                path.append(tokens[at + 1].text[1:-1])
                at += 3
            else:
                break
        yield token, tuple(path)
        index += 1

"""What a module declares: its package, its imports, and the heads of its rules.

Decides the shape of each top-level statement. Refuses what OPA would read as Rego v0, and what is
written so that two readers could cut it into different statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from controlplane.policy.rego_scan import KEYWORDS, Source, Statement, Token, matching
from controlplane.values import Position, Problem


class Form(StrEnum):
    """How a rule's head gives its value."""

    VALUE = "value"  # name := term, name if …
    SET = "set"  # name contains term if …
    OBJECT = "object"  # name[key] := term
    FUNCTION = "function"  # name(arguments) …
    DEFAULT = "default"  # default name := term


@dataclass(frozen=True)
class Head:
    """One rule: the name it adds to, the form of its head, and all of its tokens."""

    name: str
    form: Form
    tokens: tuple[Token, ...]
    arity: int = 0

    @property
    def first(self) -> Token:
        """The token at which the rule begins."""
        return self.tokens[0]


@dataclass(frozen=True)
class Import:
    """`import data.a.b as c`: the path and the name by which it is used."""

    path: tuple[str, ...]
    alias: str
    token: Token


@dataclass
class Module:
    """A module's declarations, and everything that is wrong with their form."""

    source: Source
    package: tuple[str, ...] = ()
    imports: list[Import] = field(default_factory=list)
    rules: list[Head] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Where the module stands in the repository."""
        return self.source.path

    def note(self, token: Token | None, code: str, message: str, remedy: str) -> None:
        """Note a problem at `token`, at the beginning of the file where there is none."""
        line, column = (token.line, token.column) if token else (1, 1)
        self.problems.append(Problem(Position(self.path, line, column), code, message, remedy))

    def names(self) -> dict[str, Form]:
        """Return the names that the module's rules define."""
        return {rule.name: rule.form for rule in self.rules if rule.form is not Form.DEFAULT}


def read(source: Source) -> Module:
    """Return what the module declares."""
    module = Module(source, problems=list(source.problems))
    for index, statement in enumerate(source.statements):
        _statement(module, statement, first=index == 0)
    if source.statements and not module.package and not module.problems:
        module.note(None, "rego/package", "the module has no package", "begin it with `package …`")
    return module


def _statement(module: Module, statement: Statement, *, first: bool) -> None:
    word = statement.first
    if word.text == "package":
        if not first:
            module.note(word, "rego/package", "a second package", "one package a file, at its top")
        module.package = tuple(path_of(statement.tokens[1:]) or ())
        if not module.package:
            text = "the package is not a plain path of names"
            module.note(
                word, "rego/package", text, "write it as `package controlplane.family.rule`"
            )
    elif word.text == "import":
        _import(module, statement)
    elif word.kind == "name" and (word.text not in KEYWORDS or word.text == "default"):
        if _is_one_statement(module, statement):
            _rule(module, statement)
    else:
        _v0(module, word, "no rule begins like this")


def path_of(tokens: Sequence[Token]) -> list[str] | None:
    """Return the names of `a.b.c`, None where `tokens` are anything else."""
    if len(tokens) % 2 == 0:
        return None
    names, dots = tokens[0::2], tokens[1::2]
    plain = all(token.kind == "name" for token in names) and all(dot.text == "." for dot in dots)
    return [token.text for token in names] if plain else None


def _import(module: Module, statement: Statement) -> None:
    tokens = statement.tokens[1:]
    alias = ""
    if len(tokens) > 2 and tokens[-2].text == "as" and tokens[-1].kind == "name":
        alias, tokens = tokens[-1].text, tokens[:-2]
    path = path_of(tokens)
    if path is None:
        text = "the import is not a plain path of names"
        module.note(statement.first, "rego/import", text, "import data.controlplane.lib.NAME")
        return
    module.imports.append(Import(tuple(path), alias or path[-1], statement.first))


def _is_one_statement(module: Module, statement: Statement) -> bool:
    """Whether nothing outside of brackets stands directly after the end of another term."""
    for before, token in _neighbours(statement.tokens):
        if token.text == "{" and _ends_term(before):
            _v0(module, token, "a body without `if` before it")
            return False
        if _ends_term(before) and _begins_term(token):
            text = "two statements on one line, or something between them that is not Rego"
            module.note(token, "rego/statement", text, "begin each rule on a line of its own")
            return False
    return True


def _neighbours(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token]]:
    """Yield each pair of adjacent tokens outside of brackets, a bracket standing for its group."""
    index = 0
    while index < len(tokens):
        last = matching(tokens, index) if tokens[index].text in {"(", "[", "{"} else index
        if tokens[last].kind != "op":
            last = index
        if last + 1 < len(tokens):
            yield tokens[last], tokens[last + 1]
        index = last + 1


def _ends_term(token: Token) -> bool:
    if token.kind == "op":
        return token.text in {")", "]", "}"}
    return token.kind != "name" or token.text not in KEYWORDS - {"false", "null", "true"}


def _begins_term(token: Token) -> bool:
    if token.kind == "op":
        return False
    return token.kind != "name" or token.text not in {"as", "contains", "else", "if", "in", "with"}


def _rule(module: Module, statement: Statement) -> None:
    tokens = statement.tokens
    if tokens[0].text == "default":
        if len(tokens) < 2 or tokens[1].kind != "name":
            _v0(module, tokens[0], "`default` without a name")
            return
        module.rules.append(Head(tokens[1].text, Form.DEFAULT, tokens))
        return
    name = tokens[0].text
    if len(tokens) == 1:
        _v0(module, tokens[0], "a name alone")
        return
    after = tokens[1]
    if after.text == "(":
        arity = _arity(tokens[1 : matching(tokens, 1) + 1])
        module.rules.append(Head(name, Form.FUNCTION, tokens, arity))
    elif after.text in {"[", "."}:
        module.rules.append(Head(name, Form.OBJECT, tokens))
    elif after.text == "contains":
        module.rules.append(Head(name, Form.SET, tokens))
    elif after.text in {":=", "=", "if"}:
        module.rules.append(Head(name, Form.VALUE, tokens))
    else:
        _v0(module, after, f"a rule head cannot go on with `{after.text}`")


def _arity(tokens: Sequence[Token]) -> int:
    depth, commas = 0, 0
    for token in tokens:
        depth += (token.text in {"(", "[", "{"}) - (token.text in {")", "]", "}"})
        commas += depth == 1 and token.text == ","
    return commas + 1 if len(tokens) > 2 else 0


def _v0(module: Module, token: Token, what: str) -> None:
    module.note(
        token,
        "rego/v0-syntax",
        f"{what}: this is not Rego v1",
        "write `name contains term if { … }` or `name := term if { … }`; `opa fmt` shows the form",
    )

"""Rego text as tokens with their places, and the statements that they form.

Decides where strings, comments, names and statements begin and end, after the lexical rules of
https://www.openpolicyagent.org/docs/policy-reference#grammar. What a statement may say is left to
`rego_check`. The evaluator in the process shows no syntax tree, and a check that is not the
evaluator's own must not be talked round: what this reader does not understand is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controlplane.values import Position, Problem

OPENING = {"(": ")", "[": "]", "{": "}"}
CLOSING = frozenset(OPENING.values())
KEYWORDS = frozenset({
    "as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null",
    "package", "some", "true", "with",
})  # fmt: skip

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<comment>\#[^\n]*)
  | (?P<template>\$["`])
  | (?P<string>"(?:[^"\\\n]|\\[^\n])*")
  | (?P<raw>`[^`]*`)
  | (?P<number>[0-9](?:[0-9A-Za-z_]|\.[0-9]|(?<=[eE])[+-])*)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<op>:=|==|!=|<=|>=|[-+*/%&|=<>.,:;()\[\]{}])
    """,
    re.VERBOSE,
)

# A line that ends in one of these goes on in the next one.
_CONTINUES = frozenset({
    ":=", "==", "!=", "<=", ">=", "-", "+", "*", "/", "%", "&", "|", "=", "<", ">", ".", ",", ":",
    "(", "[", "{", "if", "in", "contains", "not", "else", "with", "as", "import", "package",
    "default", "some", "every",
})  # fmt: skip
# A line that begins with one of these goes on with the one before.
_CONTINUED = frozenset({
    ":=", "==", "!=", "<=", ">=", "-", "+", "*", "/", "%", "&", "|", "=", "<", ">", ".", ",",
    ":", ")", "]", "}", "if", "in", "contains", "else", "with", "as",
})  # fmt: skip


@dataclass(frozen=True)
class Token:
    """One word of the text. `line` and `column` count from 1; `first` begins its line."""

    kind: str  # "name", "string", "raw", "number", "op"
    text: str
    line: int
    column: int
    offset: int
    first: bool

    @property
    def end(self) -> int:
        """The offset after the token."""
        return self.offset + len(self.text)


@dataclass(frozen=True)
class Comment:
    """One comment, from its `#` to the end of the line."""

    text: str
    line: int
    column: int


@dataclass(frozen=True)
class Statement:
    """A top-level `package`, `import` or rule, as tokens."""

    tokens: tuple[Token, ...]

    @property
    def first(self) -> Token:
        """The token at which the statement begins."""
        return self.tokens[0]


@dataclass(frozen=True)
class Source:
    """A module that was read: its statements, its comments, and what could not be read."""

    path: str
    text: str
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...]
    problems: tuple[Problem, ...]


def scan(path: str, text: str) -> Source:
    """Read a module. Nothing is raised for its content: what is wrong comes back as problems."""
    tokens: list[Token] = []
    comments: list[Comment] = []
    line, start, offset, first = 1, 0, 0, True
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        column = offset - start + 1
        if match is None or match.lastgroup == "template":
            problem = _unreadable(Position(path, line, column), text[offset : offset + 2])
            return Source(path, text, (), tuple(comments), (problem,))
        kind, word = str(match.lastgroup), match[0]
        if kind == "comment":
            comments.append(Comment(word, line, column))
        elif kind != "space":
            tokens.append(Token(kind, word, line, column, offset, first))
            first = False
        if newlines := word.count("\n"):
            line, start = line + newlines, offset + word.rindex("\n") + 1
            first = first or kind == "space"
        offset = match.end()
    problems = tuple(_unbalanced(path, tokens))
    statements = () if problems else tuple(_statements(tokens))
    return Source(path, text, statements, tuple(comments), problems)


def matching(tokens: Sequence[Token], at: int) -> int:
    """Return the index of the bracket that closes the one at index `at`."""
    depth = 0
    for index in range(at, len(tokens)):
        if tokens[index].kind == "op":
            depth += (tokens[index].text in OPENING) - (tokens[index].text in CLOSING)
        if depth == 0:
            return index
    raise ValueError("brackets were balanced when the text was read")


def opened(tokens: Sequence[Token], at: int) -> int:
    """Return the index of the bracket that the one at index `at` closes."""
    depth = 0
    for index in range(at, -1, -1):
        if tokens[index].kind == "op":
            depth += (tokens[index].text in CLOSING) - (tokens[index].text in OPENING)
        if depth == 0:
            return index
    raise ValueError("brackets were balanced when the text was read")


def expressions(tokens: Sequence[Token]) -> list[tuple[Token, ...]]:
    """Return the expressions of a rule's body, without the semicolons between them."""
    found = []
    for statement in _statements(tokens):
        words = statement.tokens
        while words and words[-1].kind == "op" and words[-1].text == ";":
            words = words[:-1]
        if words:
            found.append(words)
    return found


def _statements(tokens: Sequence[Token]) -> Iterator[Statement]:
    return (Statement(each) for each in statements(tokens))


def statements(tokens: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    """Yield what newlines and semicolons outside of brackets divide: statements, expressions."""
    depth, begun = 0, 0
    for index, token in enumerate(tokens):
        if token.kind == "op" and token.text in CLOSING:
            depth -= 1
        elif depth == 0 and index > begun and begins(tokens[index - 1], token):
            yield tuple(tokens[begun:index])
            begun = index
        if token.kind == "op" and token.text in OPENING:
            depth += 1
    if tokens:
        yield tuple(tokens[begun:])


def begins(before: Token, token: Token) -> bool:
    """Whether `token`, outside of all brackets, begins a statement of its own."""
    if before.kind == "op" and before.text == ";":
        return True
    goes_on = before.kind in {"op", "name"} and before.text in _CONTINUES
    return token.first and not goes_on and token.text not in _CONTINUED


def _unbalanced(path: str, tokens: Sequence[Token]) -> Iterator[Problem]:
    open_: list[Token] = []
    for token in tokens:
        if token.kind != "op":
            continue
        if token.text in OPENING:
            open_.append(token)
        elif token.text in CLOSING and (not open_ or OPENING[open_.pop().text] != token.text):
            yield _bracket(path, token, "closes nothing that is open")
            return
    if open_:
        yield _bracket(path, open_[-1], "is never closed")


def _bracket(path: str, token: Token, what: str) -> Problem:
    return Problem(
        Position(path, token.line, token.column),
        "rego/bracket",
        f"this {token.text} {what}",
        "balance the brackets; `opa fmt` shows how the text is read",
    )


def _unreadable(position: Position, text: str) -> Problem:
    if text.startswith("$"):
        return Problem(
            position,
            "rego/template-string",
            "a template string whose part is undefined becomes text in some evaluators",
            "return the parts as `params` and let the message in METADATA word them",
        )
    if text[0] in '"`':
        what = "a text that begins here does not end"
        return Problem(position, "rego/string", what, "close the quotation mark")
    return Problem(
        position,
        "rego/character",
        f"{text[0]!r} is not part of Rego outside of text",
        "remove it, or quote it",
    )

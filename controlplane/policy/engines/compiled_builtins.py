"""The built-ins that a compiled policy asks of its host: an allow list, pure and deterministic.

OPA's modules contain every portable built-in but one, `sprintf`. Values come and go as Rego text,
as OPA's modules write it: JSON, and sets as `{1,2}` or `set()`. A failing built-in raises
ValueError, which ends the evaluation as an error. `tests/integration/policy` compares each with
what OPA itself answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from controlplane.policy.engines.compiled_wasm import HostBuiltin
from controlplane.policy.model import PolicyModule
from controlplane.policy.portable import reason
from controlplane.policy.rego_check import called
from controlplane.policy.rego_scan import scan
from controlplane.values import Position, Problem

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|set\(\)|[\[\]{},:]|[^\[\]{},:"\s]+')
_OPENING, _CLOSING = frozenset("[{"), frozenset("]}")
_SHORT = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}


def sprintf(pattern: str, values: str) -> str:
    """Return `pattern` with each `%v` replaced; both arguments and the result are Rego text.

    Raises ValueError for other verbs and another number of values: OPA writes its complaint into
    the text, which no rule can want.
    """
    words = json.loads(pattern)
    if not isinstance(words, str) or values[:1] != "[":
        raise ValueError("sprintf takes a text and an array")
    given = list(_elements(values))
    parts = re.split(r"(%.?)", words, flags=re.DOTALL)
    if any(part not in {"%v", "%%"} for part in parts[1::2]):
        raise ValueError("sprintf knows %v and %% only")
    if parts[1::2].count("%v") != len(given):
        raise ValueError(f"sprintf has {len(given)} values for {parts[1::2].count('%v')} %v")
    written = iter(given)
    for index in range(1, len(parts), 2):
        parts[index] = next(written) if parts[index] == "%v" else "%"
    return json.dumps("".join(parts), ensure_ascii=False)


HOST: Mapping[str, HostBuiltin] = {"sprintf": sprintf}


def refused(modules: Iterable[PolicyModule], names: Iterable[str]) -> list[Problem]:
    """Return a problem for each host built-in of `names`, where it is called first."""
    texts = list(modules)
    problems = []
    for name in sorted(names):
        cause, remedy = reason(name)
        text = f"`{name}` is no part of compiled policies: {cause}"
        problems.append(Problem(_place(texts, name), "rego/built-in", text, remedy))
    return problems


def _place(modules: Iterable[PolicyModule], name: str) -> Position:
    for module in modules:
        for statement in scan(module.path, module.text).statements:
            for index, found in called(statement.tokens):
                if found == name:
                    token = statement.tokens[index]
                    return Position(module.path, token.line, token.column)
    return Position("policies")


def _elements(array: str) -> Iterator[str]:
    """Yield each element of an array as `%v` writes it: a text as it is, else as OPA shows it."""
    depth = 0
    element: list[str] = []
    for word in _WORD.findall(array)[1:-1]:
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth or word != ",":
            element.append(word)
        else:
            yield _written(element)
            element = []
    if element:
        yield _written(element)


def _written(words: list[str]) -> str:
    if len(words) == 1 and words[0].startswith('"'):
        return str(json.loads(words[0], strict=False))
    return "".join(_shown(word) for word in words)


def _shown(word: str) -> str:
    if word.startswith('"'):
        return _quoted(json.loads(word, strict=False))
    return f"{word} " if word in {",", ":"} else word


def _quoted(text: str) -> str:
    """Return `text` as Go's strconv.Quote does."""
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character in _SHORT:
        return "\\" + _SHORT[character]
    if character == " " or character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

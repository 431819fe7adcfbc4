"""Rules that nobody wrote: random Rego of what the documentation calls portable.

A rule follows from a number alone. It has helpers (values, defaults, functions with `else`, sets
and objects that grow) and one or two bodies that add findings, whose parameters hold what was
computed. Most of it fits the types that `rego_values` gives its documents, some of it does not. What
`rego_check` makes of a rule is its own affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from tests.support.rego_expressions import KINDS, Expressions, Helper
from tests.support.rego_values import HERE

_PATTERNS = ("^a", "[a-z]+", "^[a-z0-9]{1,3}$", "(a|b)+c?$", "^$", "-", "^[A-Z]", "[0-9]$")
_TYPES = ("is_array", "is_boolean", "is_null", "is_number", "is_object", "is_set", "is_string")


class Grammar(Expressions):
    """Writes one module."""

    def module(self) -> str:
        """Return the rules of a module, findings last."""
        parts = [self._helper() for _ in range(self.random.choice((0, 1, 1, 2, 3)))]
        parts += [self._findings() for _ in range(self.random.choice((1, 1, 1, 2)))]
        return "\n\n".join(parts)

    def _rule(self, head: str, body: list[str]) -> str:
        lines = "\n".join(self._ordered(body)).replace("\n", "\n\t")
        return f"{head} if {{\n\t{lines}\n}}"

    # Rules

    def _findings(self) -> str:
        with self._inside():
            body = self._body(self.random.randint(1, 4))
            values = [self._shown() for _ in range(self.random.choice((1, 2)))]
            path = self.random.choice(('"spec"', '"spec", 0', self._any(1), ""))
            if path and not path.startswith('"spec"'):
                values.append(path)
                body, (*shown, path) = self._in_body(body, values)
            else:
                body, shown = self._in_body(body, values)
            params = ", ".join(f'"{n}": {v}' for n, v in zip(("name", "more"), shown, strict=False))
            given = f'{{"code": "bad", "path": [{path}], "params": {{{params}}}}}'
            return self._rule(f"findings contains {given}", body)

    def _in_body(self, body: list[str], values: list[str]) -> tuple[list[str], list[str]]:
        """Return both as they are, or where there is an order with the values in the body too."""
        if self.order is None:
            return body, values
        self.moved += len(values)
        names = [f"w{self.moved - number}" for number in range(len(values))]
        given = [f"{name} := {value}" for name, value in zip(names, values, strict=True)]
        return [*body, *given], names

    def _shown(self) -> str:
        """Return what a finding can hold: mostly a text or number, sometimes whatever there is."""
        wanted = self.random.random()
        if wanted < 0.3:
            return f'sprintf("%v", [{self._any(2)}])'
        if wanted < 0.45:
            return f'concat("/", {self._strings()})'
        if wanted < 0.7:
            return self._expression("number", 2)
        return self._expression("text", 2) if wanted < 0.97 else self._any(2)

    def _helper(self) -> str:
        return self._some(
            self._value, self._function, self._function, self._set, self._object, self._holds
        )

    def _value(self) -> str:
        kind, name = self.random.choice(KINDS), self._fresh("r")
        with self._inside():
            text = self._valued(name, kind, 2)
        if self.random.random() < 0.6:
            text = f"default {name} := {self._constant(kind)}\n\n{text}"
        if self.random.random() < 0.3:
            with self._inside():
                text += self._valued(" else", kind, 1)
        self.helpers.append(Helper(name, kind))
        return text

    def _valued(self, head: str, kind: str, depth: int) -> str:
        body, (value,) = self._in_body(self._body(1), [self._expression(kind, depth)])
        return self._rule(f"{head} := {value}", body)

    def _constant(self, kind: str) -> str:
        return {"number": "7", "text": '"none"', "array": "[]", "object": "{}", "set": '{"d"}'}[
            kind
        ]

    def _function(self) -> str:
        kind, name = self.random.choice((*KINDS, "number", "text")), self._fresh("f")
        takes = self.random.choice((1, 1, 2))
        arguments = [self._fresh("a") for _ in range(takes)]
        before, self.names = (
            self.names,
            [(each, self.random.choice((*KINDS, "text"))) for each in arguments],
        )
        with self._inside():
            text = self._valued(f"{name}({', '.join(arguments)})", kind, 2)
        for _ in range(self.random.choice((0, 0, 1, 2))):
            with self._inside():
                text += self._valued(" else", kind, 1)
        self.names = before
        self.helpers.append(Helper(name, kind, takes))
        return text

    def _holds(self) -> str:
        name, argument = self._fresh("h"), self._fresh("a")
        before, self.names = self.names, [(argument, self.random.choice((*KINDS, "text")))]
        text = self._rule(f"{name}({argument})", self._body(self.random.randint(1, 2)))
        self.names = before
        self.helpers.append(Helper(name, "truth", 1))
        return text

    def _set(self) -> str:
        name = self._fresh("s")
        texts = []
        for _ in range(self.random.choice((1, 1, 2))):
            with self._inside():
                body = self._body(self.random.randint(1, 2))
                body, (member,) = self._in_body(body, [self._scalar(1)])
                texts.append(self._rule(f"{name} contains {member}", body))
        self.helpers.append(Helper(name, "set"))
        return "\n\n".join(texts)

    def _object(self) -> str:
        name, each = self._fresh("o"), self._fresh()
        with self._inside():
            walked = self._collection(1)
            self.names.append((each, "text"))
            body = [f"some {each} in {walked}", *self._body(1)]
            value = self.random.choice((each, f'sprintf("%v", [{each}])', "1"))
            text = self._rule(f"{name}[{each}] := {value}", body)
        self.helpers.append(Helper(name, "object"))
        return text

    # Bodies

    def _body(self, length: int) -> list[str]:
        return [self._line() for _ in range(length)]

    def _line(self) -> str:
        ways = [self._condition, self._condition, self._condition, self._declare, self._declare]
        ways += [self._index, self._negation]
        if not self.comprehensions:
            ways += [self._pair, self._walk, self._every]
        return self.random.choice(ways)()

    def _declare(self) -> str:
        name = self._fresh()
        if self.random.random() < 0.5:
            kind = self.random.choice(KINDS)
            text = f"{name} := {self._expression(kind, 2)}"
        else:
            text, kind = f"some {name} in {self._collection(1)}", self.random.choice(KINDS[:2])
        self.names.append((name, kind))
        return text

    def _pair(self) -> str:
        key, value = self._fresh("k"), self._fresh()
        text = f"some {key}, {value} in {self._collection(1)}"
        self.names += [(key, "text"), (value, self.random.choice(KINDS[:2]))]
        return text

    def _index(self) -> str:
        key = self._fresh("k")
        walked = self.random.choice([self._field("object"), self._field("array"), *self._plain()])
        value = self._fresh()
        text = f"some {key}\n{value} := {walked}[{key}]"
        self.names += [(key, "text"), (value, self.random.choice(KINDS[:2]))]
        return text

    def _plain(self) -> list[str]:
        return [name for name, kind in self.names if kind in {"array", "object"}]

    def _walk(self) -> str:
        path, value = self._fresh("p"), self._fresh()
        of = self._field(self.random.choice(KINDS))
        self.names += [(path, "array"), (value, "text")]
        return f"some {path}, {value}\nwalk({of}, [{path}, {value}])"

    def _every(self) -> str:
        with self._inside():
            walked, name = self._collection(1), self._fresh()
            pattern, key = name, ""
            if self.random.random() < 0.3:
                key = self._fresh("k")
                pattern = f"{key}, {name}"
                self.names.append((key, "text"))
            self.names.append((name, self.random.choice(KINDS[:2])))
            self.everies += 1
            lines = [self._condition() for _ in range(self.random.choice((1, 1, 2)))]
            for each in (name, key):
                if each and not re.search(rf"\b{each}\b", " ".join(lines)):  # OPA wants it used
                    lines.append(f"{each} {self.random.choice(('!=', '<', '>'))} {self._scalar(0)}")
            self.everies -= 1
            inner = "\n\t".join(self._ordered(lines))
            return f"every {pattern} in {walked} {{\n\t{inner}\n}}"

    def _negation(self) -> str:
        if self.everies:
            return self._condition()
        holds = [each for each in self.helpers if each.kind == "truth"]
        names = [name for name, _ in self.names]
        ways: list[Callable[[], str]] = [
            lambda: f"not {self._field(self.random.choice(('number', 'text', 'array')))}"
        ]
        if holds:
            argument = names or [HERE]
            call = self.random.choice(holds).name
            ways.append(lambda: f"not {call}({self.random.choice(argument)})")
        if len(names) > 1:
            sign = self.random.choice(("==", "!=", "<", "<=", "in"))
            ways.append(
                lambda: f"not {self.random.choice(names)} {sign} {self.random.choice(names)}"
            )
        ways.append(lambda: f"not {self._field('text')} == {self._literal('text')}")
        return self._some(*ways)

    def _condition(self) -> str:
        kind = self.random.choice(KINDS)
        sign = self.random.choice(("==", "!=", "<", "<=", ">", ">="))
        number = self.random.choice(("number", "text"))
        ways: list[Callable[[], str]] = [
            lambda: f"{self._expression(number, 2)} {sign} {self._expression(number, 1)}",
            lambda: f"{self._scalar(1)} {sign} {self._scalar(1)}",
            lambda: (
                f"{self._expression(kind, 1)} {self.random.choice(('==', '!='))} "
                f"{self._expression(kind, 1)}"
            ),
            lambda: f"{self._scalar(1)} in {self._collection(1)}",
            lambda: f"{self.random.choice(_TYPES)}({self._any(1)})",
            lambda: self._field(kind if kind != "set" else "object"),
            lambda: f"count({self._collection(1)}) {sign} {self.random.randint(0, 2)}",
            lambda: (
                f"{self.random.choice(('startswith', 'endswith', 'contains'))}"
                f"({self._expression('text', 1)}, {self._expression('text', 1)})"
            ),
            lambda: (
                f'regex.match("{self.random.choice(_PATTERNS)}", {self._expression("text", 1)})'
            ),
        ]
        holds = [each for each in self.helpers if each.kind == "truth"]
        if holds:
            ways.append(lambda: f"{self.random.choice(holds).name}({self._any(1)})")
        return self.random.choice(ways)()


def module(seed: str, order: int = 0) -> str:
    """Return the module that follows from a seed, its conditions in one of many orders."""
    return Grammar(Random(seed), order=Random(order) if order else None).module()

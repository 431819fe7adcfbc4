"""Expressions that nobody wrote: random Rego of the portable built-ins, each of a kind that is asked.

What is declared and where is left to `rego_grammar`, whose conditions stand in comprehensions.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random

from tests.support.rego_values import FIELDS, HERE, NUMBERS, ODD, ODD_LITERALS, TEXTS

# The kinds of values that an expression can be asked for.
KINDS = ("number", "text", "array", "set", "object")
_BEYOND = 0.03  # how often an expression of another kind stands where one is wanted
_A = '["a"]'


@dataclass(frozen=True)
class Helper:
    """A rule or function of the module, and the kind of what it gives."""

    name: str
    kind: str
    takes: int = 0


@dataclass
class Expressions(ABC):
    """Writes expressions. `names` are the variables in reach, with the kind of each."""

    random: Random
    names: list[tuple[str, str]] = field(default_factory=list)
    helpers: list[Helper] = field(default_factory=list)
    count: int = 0
    comprehensions: int = 0  # around what is written now
    everies: int = 0
    moved: int = 0  # values of heads that stand in bodies
    order: Random | None = None  # in which conditions are written; as they were drawn where None

    @abstractmethod
    def _line(self) -> str:
        """Return a condition or declaration."""

    def _fresh(self, letter: str = "v") -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def _some(self, *ways: Callable[[], str]) -> str:
        return self.random.choice(ways)()

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """What is declared from here on is forgotten at the end."""
        before = len(self.names)
        yield
        del self.names[before:]

    def _ordered(self, lines: list[str]) -> list[str]:
        """Return the lines in some order in which each name is declared before it is used."""
        if self.order is None:
            return lines
        left, done = list(lines), list[str]()
        while left:
            free = [
                each
                for each in left
                if not any(_declared(other) & _named(each) for other in left if other is not each)
            ]
            done.append(self.order.choice(free or left))
            left.remove(done[-1])
        return done

    def _strings(self) -> str:
        """Return a collection made of texts, whatever is in the document."""
        return self._made("text", self.random.choice("[{"), 1)

    def _any(self, depth: int) -> str:
        return self._expression(self.random.choice((*KINDS, "number", "text")), depth)

    def _scalar(self, depth: int) -> str:
        return self._expression(self.random.choice(("number", "text")), depth)

    def _collection(self, depth: int) -> str:
        return self._expression(self.random.choice(("array", "array", "set", "object")), depth)

    def _expression(self, kind: str, depth: int) -> str:
        if self.random.random() < _BEYOND:
            kind = self.random.choice(KINDS)
        named = [name for name, of in self.names if of == kind]
        if named and self.random.random() < 0.5:
            return self.random.choice(named)
        if depth <= 0:
            return self._literal(kind) if self.random.random() < 0.3 else self._field(kind)
        found = [each for each in self.helpers if each.kind == kind]
        if found and self.random.random() < 0.3:
            helper = self.random.choice(found)
            arguments = ", ".join(self._any(depth - 1) for _ in range(helper.takes))
            return f"{helper.name}({arguments})" if helper.takes else helper.name
        return str(getattr(self, f"_{kind}_of")(depth - 1))

    def _field(self, kind: str) -> str:
        if kind == "set":
            return self._some(
                lambda: f"object.keys({self._field('object')})",
                lambda: f"{{x | some x in {self._field('array')}}}",
                lambda: self._literal("set"),
            )
        chosen = self.random.choice([name for name, of in FIELDS.items() if of == kind])
        deeper = self.random.random()
        if kind == "text" and deeper < 0.15:
            return f'{HERE}.object["{self.random.choice(("a", "b", "é", "x y"))}"]'
        if deeper < 0.2:
            return f"{HERE}.{self.random.choice(('deep', 'none', 'deep.a', 'object'))}.{chosen}"
        return f"{HERE}.{chosen}"

    def _literal(self, kind: str) -> str:
        pick = self.random.choice
        if kind == "number":
            return pick(ODD_LITERALS) if self.random.random() < ODD else str(pick(NUMBERS))
        if kind == "text":
            return f'"{pick([each for each in TEXTS if _portable(each)])}"'
        if kind == "array":
            return pick(
                (
                    "[]",
                    '["a", "b"]',
                    "[3, 1, 2, 1]",
                    "[10, 9, 2147483648, -10, -9]",
                    '["a", 1, null]',
                    "[[1], [0, 1]]",
                )
            )
        if kind == "set":
            return pick(('{"a", "b"}', "{1, 2}", '{"a", 1}', "{[1], [0]}", '{"b a", "é", "z"}'))
        return pick(("{}", '{"a": 1}', '{"a": "x", "b": {"c": 1}}', '{"é": [1], "x y": null}'))

    def _number_of(self, depth: int) -> str:
        number = partial(self._expression, "number", depth)
        sign = self.random.choice("+-*")
        return self._some(
            number,
            lambda: f"count({self._collection(depth)})",
            lambda: f"{self.random.choice(('sum', 'product'))}({self._made('number', '[', depth)})",
            lambda: f"{self.random.choice(('sum', 'product'))}({self._collection(depth)})",
            lambda: f"abs({number()})",
            lambda: f"({number()} {sign} {number()})",
            lambda: f"indexof({self._expression('text', depth)}, {self._expression('text', 0)})",
            lambda: f'object.get({self._expression("object", depth)}, "a", {number()})',
        )

    def _text_of(self, depth: int) -> str:
        text = partial(self._expression, "text", depth)
        cut = self.random.choice((" ", "a", "-", "ab"))
        trims = ("trim", "trim_left", "trim_right", "trim_prefix", "trim_suffix")
        return self._some(
            text,
            lambda: f'concat("{cut}", {self._strings()})',
            lambda: (
                f'sprintf("{self.random.choice(("%v", "<%v>", "%%%v"))}", [{self._any(depth)}])'
            ),
            lambda: f'sprintf("%v-%v", [{self._scalar(depth)}, {text()}])',
            lambda: (
                f"substring({text()}, {self.random.randint(0, 3)}, {self.random.randint(-1, 3)})"
            ),
            lambda: f"{self.random.choice(trims)}({text()}, {text()})",
            lambda: f"trim_space({text()})",
            lambda: f'replace({text()}, "{cut}", {text()})',
            lambda: f"strings.reverse({text()})",
            lambda: f"type_name({self._any(depth)})",
            lambda: f'split({text()}, "{cut}")[{self.random.randint(0, 1)}]',
            lambda: f'object.get({self._expression("object", depth)}, "b", {text()})',
        )

    def _array_of(self, depth: int) -> str:
        array = partial(self._expression, "array", depth)
        low, high = self.random.randint(-1, 3), self.random.randint(-1, 4)
        return self._some(
            array,
            lambda: self._made(self.random.choice(("text", "number", "any")), "[", depth),
            lambda: f"array.concat({array()}, {array()})",
            lambda: f"array.slice({array()}, {low}, {high})",
            lambda: f"array.reverse({array()})",
            lambda: f'split({self._expression("text", depth)}, "{self.random.choice("a- ")}")',
            lambda: f"sort({self._made(self.random.choice(('text', 'number')), '[', depth)})",
            lambda: f"numbers.range({low}, {high})",
            lambda: f"[{self._any(depth)}, {self._any(depth)}]",
        )

    def _set_of(self, depth: int) -> str:
        sets = partial(self._expression, "set", depth)
        return self._some(
            sets,
            lambda: self._made(self.random.choice(("text", "number", "any")), "{", depth),
            lambda: f"object.keys({self._expression('object', depth)})",
            lambda: f"({sets()} {self.random.choice('|&-')} {sets()})",
            lambda: f"{self.random.choice(('union', 'intersection'))}({{{sets()}, {sets()}}})",
            lambda: f"{{{self._scalar(depth)}, {self._scalar(depth)}}}",
        )

    def _object_of(self, depth: int) -> str:
        objects = partial(self._expression, "object", depth)
        removed = self.random.choice((_A, self._expression("array", 0)))
        return self._some(
            objects,
            lambda: f"object.remove({objects()}, {removed})",
            lambda: f'{{"a": {self._any(depth)}, "b": {self._any(depth)}}}',
            lambda: f'object.get({objects()}, "b", {objects()})',
            self._by_key,
        )

    def _by_key(self) -> str:
        name = self._fresh()
        with self._inside():
            walked = self._collection(0)
            self.names.append((name, "text"))
            value = self.random.choice((name, "1", self._scalar(0)))
            return f"{{{name}: {value} | some {name} in {walked}}}"

    def _made(self, kind: str, bracket: str, depth: int) -> str:
        """Return a comprehension; of `kind` are its members, whatever it walks."""
        name, end = self._fresh(), {"[": "]", "{": "}"}[bracket]
        with self._inside():
            walked = self._collection(depth)
            self.comprehensions += 1
            conditions = {"number": [f"is_number({name})"], "text": [f"is_string({name})"]}
            lines = list(conditions.get(kind, []))
            self.names.append((name, kind))
            if self.random.random() < 0.4:
                lines.append(self._line())
            head = name
            if self.random.random() < 0.4:
                head = self._any(0) if kind == "any" else self._expression(kind, max(depth, 0))
                if kind != "any":
                    head = name if self.random.random() < 0.5 else head
            self.comprehensions -= 1
        body = "; ".join(self._ordered([f"some {name} in {walked}", *lines])).replace("\n", "; ")
        return f"{bracket}{head} | {body}{end}"


def _portable(text: str) -> bool:
    return text.isprintable() and not set(text) & set('"\\')


def _named(line: str) -> set[str]:
    return set(re.findall(r"\b[a-z][0-9]+\b", line))


def _declared(line: str) -> set[str]:
    """Return the names that a line gives a value at its beginnings."""
    found = re.findall(r"^(?:some )?([a-z][0-9]+(?:, [a-z][0-9]+)*)(?: :=| in|$)", line, re.M)
    return {name for names in found for name in names.split(", ")}

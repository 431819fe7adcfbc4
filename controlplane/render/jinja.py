"""Jinja2 as a small, bounded language whose output cannot be steered by a value.

The only importer of jinja2. `{{ expression }}` never writes the value into the text: it writes a
numbered token, and `documents.py` puts the value in its place after the YAML has been parsed. So
the structure of what a template produces depends on the template alone, whatever a string holds.

What a template may say is an allow list (`ALLOWED`): output, if, for, set and with over plain
data. No include, import, macro, inheritance or loader, no float, no clock, no randomness.
Sizes, loops and computed values are bounded; everything raised is a RenderError with a line.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from controlplane.render import functions
from controlplane.render.errors import Fault, FilePlace, RenderError
from controlplane.render.functions import Json, LimitError

TEMPLATE_BYTES = 128 * 1024
OUTPUT_CHARS = 2 * 1024 * 1024
STEPS = 20_000  # turns of all loops of one rendering together
MADE = 1_000_000  # values that one rendering makes, on the way or to the end
OPEN, CLOSE = "\ue000", "\ue001"  # private use characters around the number of a slot

_STATEMENTS = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For)
_SETTING = (nodes.Assign, nodes.With)
_VALUES = (nodes.Name, nodes.Const, nodes.List, nodes.Dict, nodes.Pair, nodes.Tuple, nodes.Keyword)
_ACCESS = (nodes.Getattr, nodes.Getitem, nodes.Call, nodes.Filter, nodes.Test, nodes.CondExpr)
_LOGIC = (nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Concat)
_SUMS = (nodes.Add, nodes.Sub, nodes.Mul, nodes.FloorDiv, nodes.Mod)
ALLOWED = (*_STATEMENTS, *_SETTING, *_VALUES, *_ACCESS, *_LOGIC, *_SUMS)
"""Every construct a template may use; any other is refused when it is compiled."""

_MAPPING_METHODS = frozenset({"items", "keys", "values", "get"})
_TEXT_METHODS = frozenset({"startswith", "endswith"})
_METHODS = _MAPPING_METHODS | _TEXT_METHODS
_LOOP = frozenset({"index", "index0", "first", "last", "length"})


@dataclass(frozen=True)
class Slot:
    """A value on its way into a document, and the template line that put it there."""

    value: Json
    line: int


@dataclass(frozen=True)
class Output:
    """What a template produced: YAML text with tokens, and the value behind each token."""

    path: str
    text: str
    slots: tuple[Slot, ...]


class _Missing(StrictUndefined):
    """An undefined value that says which names there would have been."""

    @property
    def _undefined_message(self) -> str:
        name, known = str(self._undefined_name), functions.names(self._undefined_obj)
        where = f" (there is: {', '.join(known)})" if known else ""
        return f"`{name}` is not defined{where}"


class _Rendering(Context):
    """One rendering: the slots filled so far and the loop turns taken."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.slots: list[tuple[Json, int]] = []
        self.steps = 0


@pass_context
def _slot(context: _Rendering, value: Any) -> str:
    """Keep `value` as data and return the token that stands for it in the text."""
    plain = functions.plain(value)
    context.slots.append((plain, sys._getframe(1).f_lineno))
    return f"{OPEN}{len(context.slots) - 1}{CLOSE}"


@pass_context
def _counted(context: _Rendering, values: Iterable[Any]) -> Iterator[Any]:
    """Yield from `values`, counting every turn against the rendering's limit."""
    for value in functions.iterable(values):
        context.steps += 1
        if context.steps > STEPS:
            raise LimitError(f"loops of this template take more than {STEPS} turns")
        yield value


class _Generator(CodeGenerator):
    """Python for a template, with `~` bounded like every other way to make text."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja2's name
        self.write("environment.concatenate((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class _Environment(ImmutableSandboxedEnvironment):
    """The language: data is reached by key, almost nothing can be called."""

    context_class = _Rendering
    code_generator_class = _Generator
    intercepted_binops = frozenset({"+", "-", "*", "//", "%"})
    concatenate = staticmethod(functions.concatenate)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        return functions.arithmetic(operator, left, right)

    def is_safe_callable(self, obj: Any) -> bool:
        owner = getattr(obj, "__self__", None)
        return obj is functions.bounded_range or isinstance(owner, Mapping | str)

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            obj._fail_with_undefined_error()
        if isinstance(obj, Mapping) and argument in obj:
            return obj[argument]
        if isinstance(obj, list | tuple) and argument in range(-len(obj), len(obj)):
            return obj[argument]
        if _callable_or_loop(obj, argument):
            return getattr(obj, argument)
        return self.undefined(obj=obj, name=argument)


def _callable_or_loop(obj: Any, name: Any) -> bool:
    if isinstance(obj, LoopContext):
        return name in _LOOP
    if isinstance(obj, str):
        return name in _TEXT_METHODS
    return isinstance(obj, Mapping) and name in _MAPPING_METHODS


def _environment() -> _Environment:
    environment = _Environment(
        undefined=_Missing, finalize=_slot, optimized=False, autoescape=False, loader=None,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, cache_size=0,
    )  # fmt: skip
    filters = {name: environment.filters[name] for name in functions.JINJA_FILTERS}
    environment.filters = {**filters, **functions.FILTERS, " counted": _counted}
    environment.tests = {name: environment.tests[name] for name in functions.JINJA_TESTS}
    environment.globals = {"range": functions.bounded_range}
    return environment


_ENVIRONMENT = _environment()


@lru_cache(maxsize=2048)
def _compile(path: str, source: str) -> Template:
    """Check `source` against the language and compile it; raises RenderError with the line."""
    if len(source.encode()) > TEMPLATE_BYTES:
        raise _error(path, 1, "template-size", f"the template is over {TEMPLATE_BYTES} bytes")
    for number, line in enumerate(source.split("\n"), 1):
        if OPEN in line or CLOSE in line:
            raise _error(path, number, "template-character", "U+E000 and U+E001 are reserved")
    try:
        tree = _ENVIRONMENT.parse(source, path, path)
    except TemplateSyntaxError as error:
        raise _error(path, error.lineno, "template-syntax", error.message or "") from error
    except RecursionError as error:
        raise _error(path, 1, "template-depth", "the template is nested too deeply") from error
    for node in _walk(tree):
        _check(path, node)
    _bound(tree)
    try:
        code = _ENVIRONMENT.compile(tree, path, path)
    except TemplateError as error:  # an unknown filter or test
        at = error.lineno if isinstance(error, TemplateSyntaxError) else 1
        raise _error(path, at, "template-syntax", error.message or "") from error
    except (RecursionError, SyntaxError) as error:  # nested beyond what Python compiles
        raise _error(path, 1, "template-depth", "the template is nested too deeply") from error
    return Template.from_code(_ENVIRONMENT, code, _ENVIRONMENT.globals)


Read = tuple[str, ...]
"""The way to a value that a template reads: a name, then keys. It may read all that is there."""


def reads(path: str, source: str) -> Iterator[Read]:
    """Yield what a template may read of its values; raises RenderError as compiling it does.

    Names that the template gives a value itself are yielded too.
    """
    _compile(path, source)
    yield from _read_below(_ENVIRONMENT.parse(source, path, path))


def _read_below(node: nodes.Node) -> Iterator[Read]:
    way = _way(node)
    if way:
        yield way
        return
    for child in node.iter_child_nodes():
        yield from _read_below(child)


def _way(node: nodes.Node) -> Read:
    """Return the way that a chain of constant keys leads, () for anything else.

    It ends before a key that may be the name of a method, which works on all that is there.
    """
    if isinstance(node, nodes.Name):
        return (node.name,)
    key: Any = None
    if isinstance(node, nodes.Getattr):
        key = node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        key = node.arg.value
    if not isinstance(node, nodes.Getattr | nodes.Getitem) or not isinstance(key, str):
        return ()
    before = _way(node.node)
    return (*before, key) if before and key not in _METHODS else before


def _walk(tree: nodes.Node) -> Iterator[nodes.Node]:
    yield tree
    yield from tree.find_all(nodes.Node)


def _check(path: str, node: nodes.Node) -> None:
    what = type(node).__name__.lower()
    line = node.lineno or next((n.lineno for n in node.find_all(nodes.Node) if n.lineno), 1)
    if type(node) not in ALLOWED or (isinstance(node, nodes.For) and node.recursive):
        raise _error(path, line, "template-construct", f"`{what}` is not allowed here")
    if isinstance(node, nodes.Assign) and not isinstance(node.target, nodes.Name):
        raise _error(path, line, "template-construct", "`set` takes one plain name")
    if isinstance(node, nodes.Const) and isinstance(node.value, float):
        raise _error(path, line, "template-float", "fractions are not exact; use text")
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and _halved(node.value):
        raise _error(path, line, "template-character", "the escapes here give half of a character")


def _halved(text: str) -> bool:
    """Whether `text` holds a lone surrogate, which no YAML or JSON document can."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _bound(tree: nodes.Template) -> None:
    """Count the turns of every loop and measure every value that is given a name."""

    def through(name: str, node: nodes.Node) -> nodes.Filter:
        return nodes.Filter(cast("nodes.Expr", node), name, [], [], None, None, lineno=node.lineno)

    for loop in list(tree.find_all(nodes.For)):
        loop.iter = through(" counted", loop.iter)
    for assign in list(tree.find_all(nodes.Assign)):
        assign.node = through("measured", assign.node)
    for block in list(tree.find_all(nodes.With)):
        block.values = [through("measured", value) for value in block.values]


def render(path: str, source: str, values: Mapping[str, Json]) -> Output:
    """Run the template `source` (found at `path`) over `values`, which are plain JSON data.

    Raises RenderError naming path and line: a construct outside the language, a name that is
    not defined, a value that is no JSON, or a limit that was reached.
    """
    template = _compile(path, source)
    context = cast("_Rendering", template.new_context(dict(values)))
    try:
        with functions.bounded(MADE):
            text = _written(template, context)
    except RecursionError as error:
        raise _error(path, 1, "template-depth", "a value is nested too deeply") from error
    except Exception as error:
        code = "template-limit" if isinstance(error, LimitError) else "template-value"
        words, line = _words(error), _line(template, error)
        raise _error(path, line, code, words, _close(words, values)) from error
    lines = _lines_of(template)
    return Output(path, text, tuple(Slot(value, lines[n]) for value, n in context.slots))


class _LineNumbers(dict[int, int]):
    """A template's line by the line of its code, each looked up once."""

    def __init__(self, template: Template) -> None:
        super().__init__()
        self._template = template

    def __missing__(self, number: int) -> int:
        self[number] = found = self._template.get_corresponding_lineno(number)
        return found


@lru_cache(maxsize=2048)
def _lines_of(template: Template) -> _LineNumbers:
    return _LineNumbers(template)


def _written(template: Template, context: _Rendering) -> str:
    """Return the template's whole output; raises LimitError once it is too long."""
    parts, size = [], 0
    for part in template.root_render_func(context):
        size += len(part)
        if size > OUTPUT_CHARS:
            raise LimitError(f"the template produces more than {OUTPUT_CHARS} characters")
        parts.append(part)
    return "".join(parts)


def _line(template: Template, error: BaseException) -> int:
    """Return the template's line in which `error` was raised, 1 where it cannot be told."""
    found, step = 1, error.__traceback__
    while step is not None:
        if step.tb_frame.f_globals.get("__jinja_template__") is template or (
            step.tb_frame.f_code.co_filename == template.filename
        ):
            found = template.get_corresponding_lineno(step.tb_lineno)
        step = step.tb_next
    return found


def _words(error: Exception) -> str:
    if isinstance(error, SecurityError):
        return "this call is not allowed in a template"
    return str(error) or type(error).__name__


def _close(words: str, values: Mapping[str, Json]) -> str:
    """Return the remedy for a mistyped name, "" where no known one is close."""
    unknown = re.match("`(.*)` is not defined$", words)
    close = difflib.get_close_matches(unknown[1], values, n=1) if unknown else []
    return f"did you mean `{close[0]}`?" if close else ""


_REMEDIES = {
    "template-size": "split the template into several files",
    "template-character": "remove the character, or write it itself",
    "template-syntax": "correct the Jinja2 syntax on this line (docs/render.md shows the language)",
    "template-construct": "use output, if, for, set and with only (docs/render.md)",
    "template-float": "write the number as text or as an integer of a smaller unit",
    "template-depth": "flatten the template or the value",
    "template-limit": "make the value or the loop smaller; the limits are in docs/render.md",
    "template-value": "correct the expression, or give the name a default: {{ x | default('') }}",
}


def _error(path: str, line: int, code: str, message: str, remedy: str = "") -> RenderError:
    return RenderError([Fault(FilePlace(path, line), code, message, remedy or _REMEDIES[code])])

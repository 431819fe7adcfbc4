"""Makes a module strict: a built-in that fails ends the evaluation.

Inside OPA's modules a built-in that fails returns nothing, which Rego reads as *undefined*: a rule
that looks for a fault would find none. OPA itself is asked with `strict-builtin-errors`; modules
have no such switch. So each built-in `f` that a module contains gets another number, and under its
old one stands

    result = f(…); if result is nothing: opa_abort(-1 - number of f in BUILTINS); return result

No instruction of the module is read or changed: functions are found by the names that OPA writes
beside the code, and bodies are moved as they are. Format: WebAssembly core specification 2.0,
chapter 5 (https://www.w3.org/TR/wasm-core-2/#binary-format%E2%91%A8).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# What rules can call, operators included, by the name of OPA's own function for it.
BUILTINS: Mapping[str, str] = {
    "opa_agg_count": "count",
    "opa_agg_product": "product",
    "opa_agg_sort": "sort",
    "opa_agg_sum": "sum",
    "opa_arith_abs": "abs",
    "opa_arith_minus": "-",
    "opa_arith_multiply": "*",
    "opa_arith_plus": "+",
    "opa_arith_rem": "%",
    "opa_array_concat": "array.concat",
    "opa_array_reverse": "array.reverse",
    "opa_array_slice": "array.slice",
    "builtin_object_get": "object.get",
    "builtin_object_keys": "object.keys",
    "builtin_object_remove": "object.remove",
    "opa_numbers_range": "numbers.range",
    "opa_regex_match": "regex.match",
    "opa_set_intersection": "&",
    "opa_set_union": "|",
    "opa_sets_intersection": "intersection",
    "opa_sets_union": "union",
    "opa_strings_concat": "concat",
    "opa_strings_contains": "contains",
    "opa_strings_endswith": "endswith",
    "opa_strings_indexof": "indexof",
    "opa_strings_replace": "replace",
    "opa_strings_reverse": "strings.reverse",
    "opa_strings_split": "split",
    "opa_strings_startswith": "startswith",
    "opa_strings_substring": "substring",
    "opa_strings_trim": "trim",
    "opa_strings_trim_left": "trim_left",
    "opa_strings_trim_prefix": "trim_prefix",
    "opa_strings_trim_right": "trim_right",
    "opa_strings_trim_space": "trim_space",
    "opa_strings_trim_suffix": "trim_suffix",
}
_ORDER = tuple(BUILTINS)

_MAGIC = b"\0asm\x01\0\0\0"
_CUSTOM, _TYPE, _IMPORT, _FUNCTION, _CODE = 0, 1, 2, 3, 10
_I32 = 0x7F


class UnreadableModuleError(ValueError):
    """The bytes are no WebAssembly module of the kind that OPA writes."""


def failed_builtin(address: int) -> str:
    """Return the built-in whose failure `opa_abort(address)` tells, "" where it tells another."""
    return BUILTINS[_ORDER[-1 - address]] if -len(_ORDER) <= address < 0 else ""


def strict(wasm: bytes) -> bytes:
    """Return the module in which no built-in fails silently.

    Raises UnreadableModuleError for what is no module of OPA's.
    """
    try:
        return _strict(list(_sections(wasm)))
    except (IndexError, KeyError, ValueError) as error:
        raise UnreadableModuleError(f"not a module that OPA wrote: {error}") from error


@dataclass(frozen=True)
class _Section:
    kind: int
    body: bytes


def _strict(sections: list[_Section]) -> bytes:
    kinds = {section.kind: section.body for section in sections if section.kind != _CUSTOM}
    imported = _imported_functions(kinds[_IMPORT])
    types, bodies = _types_of(kinds[_FUNCTION]), _bodies(kinds[_CODE])
    abort, counts = imported.index("opa_abort"), _parameter_counts(kinds[_TYPE])
    for number, name in _named(sections):
        if name not in BUILTINS or number < len(imported):
            continue
        own = number - len(imported)
        moved = len(imported) + len(bodies)
        bodies.append(bodies[own])
        types.append(types[own])
        bodies[own] = _guarded(moved, counts[types[own]], abort, _ORDER.index(name))
    changed = {
        _FUNCTION: _vector([_unsigned(each) for each in types]),
        _CODE: _vector([_unsigned(len(body)) + body for body in bodies]),
    }
    return _MAGIC + b"".join(
        bytes([section.kind]) + _unsigned(len(body)) + body
        for section in sections
        for body in (changed.get(section.kind, section.body),)
    )


def _guarded(function: int, arguments: int, abort: int, name: int) -> bytes:
    """Return the body that calls `function` and ends the evaluation where it returns nothing."""
    get, call, tee, is_zero, begin, end = b"\x20", b"\x10", b"\x22", b"\x45", b"\x04\x40", b"\x0b"
    result = _unsigned(arguments)  # the first local beyond the arguments
    return b"".join((
        b"\x01\x01" + bytes([_I32]),
        *(get + _unsigned(each) for each in range(arguments)),
        call + _unsigned(function) + tee + result + is_zero + begin,
        b"\x41" + _signed(-1 - name) + call + _unsigned(abort) + b"\x00" + end,
        get + result + end,
    ))  # fmt: skip


def _sections(wasm: bytes) -> Iterator[_Section]:
    if wasm[: len(_MAGIC)] != _MAGIC:
        raise ValueError("the first bytes are not those of WebAssembly 1")
    at = len(_MAGIC)
    while at < len(wasm):
        size, begin = _read(wasm, at + 1)
        if begin + size > len(wasm):
            raise ValueError("it is cut short")
        yield _Section(wasm[at], wasm[begin : begin + size])
        at = begin + size


def _named(sections: list[_Section]) -> Iterator[tuple[int, str]]:
    """Yield number and name of every function, as the custom section `name` has them."""
    for section in sections:
        if section.kind == _CUSTOM and section.body[:5] == b"\x04name":
            at = 5
            while at < len(section.body):
                kind, (size, begin) = section.body[at], _read(section.body, at + 1)
                if kind == 1:
                    yield from _names(section.body[begin : begin + size])
                at = begin + size


def _names(body: bytes) -> Iterator[tuple[int, str]]:
    count, at = _read(body, 0)
    for _ in range(count):
        number, at = _read(body, at)
        name, at = _text(body, at)
        yield number, name


def _imported_functions(body: bytes) -> list[str]:
    """Return the names of the imported functions, in the order of their numbers."""
    names: list[str] = []
    count, at = _read(body, 0)
    for _ in range(count):
        _, at = _text(body, at)
        name, at = _text(body, at)
        kind = body[at]
        if kind == 0:
            names.append(name)
            _, at = _read(body, at + 1)
        elif kind == 2:
            bounded = body[at + 1] & 1
            _, at = _read(body, at + 2)
            if bounded:
                _, at = _read(body, at)
        else:
            raise ValueError(f"it imports {name}, which is neither function nor memory")
    return names


def _parameter_counts(body: bytes) -> list[int]:
    """Return how many parameters each function type has."""
    counts: list[int] = []
    count, at = _read(body, 0)
    for _ in range(count):
        parameters, at = _read(body, at + 1)
        results, at = _read(body, at + parameters)
        at += results
        counts.append(parameters)
    return counts


def _types_of(body: bytes) -> list[int]:
    count, at = _read(body, 0)
    types: list[int] = []
    for _ in range(count):
        number, at = _read(body, at)
        types.append(number)
    return types


def _bodies(body: bytes) -> list[bytes]:
    count, at = _read(body, 0)
    bodies: list[bytes] = []
    for _ in range(count):
        size, at = _read(body, at)
        bodies.append(body[at : at + size])
        at += size
    return bodies


def _vector(items: list[bytes]) -> bytes:
    return _unsigned(len(items)) + b"".join(items)


def _text(data: bytes, at: int) -> tuple[str, int]:
    size, begin = _read(data, at)
    return data[begin : begin + size].decode(), begin + size


def _read(data: bytes, at: int) -> tuple[int, int]:
    """Return an unsigned LEB128 number and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _unsigned(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _signed(value: int) -> bytes:
    """Return a small negative number as signed LEB128."""
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value & 0x7F])

"""WebAssembly modules as sections: functions found by name, and others put in their place.

Knows the binary format (WebAssembly core specification 2.0, chapter 5,
https://www.w3.org/TR/wasm-core-2/) as far as OPA's modules use it, and no instruction: bodies are
moved as they are. What is put in place of a function is left to `compiled_strict`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"\0asm\x01\0\0\0"
_CUSTOM, _TYPE, _IMPORT, _FUNCTION, _GLOBAL, _CODE = 0, 1, 2, 3, 6, 10


@dataclass(frozen=True)
class _Section:
    kind: int
    body: bytes


class Sections:
    """A module whose functions can be replaced; raises ValueError, IndexError and KeyError."""

    def __init__(self, wasm: bytes) -> None:
        """Read the sections of a module."""
        self._sections = list(_sections(wasm))
        kinds = {each.kind: each.body for each in self._sections if each.kind != _CUSTOM}
        self.imported = _imported_functions(kinds[_IMPORT])
        self.functions = {name: number for number, name in _named(self._sections)}
        self._types, self._bodies = _numbers(kinds[_FUNCTION]), _bodies(kinds[_CODE])
        self._counts = _parameter_counts(kinds[_TYPE])
        self._globals, self._first_global = _global_section(kinds[_GLOBAL])

    def parameters(self, name: str) -> int:
        """Return how many parameters a function of the module's own has."""
        return self._counts[self._types[self._own(name)]]

    def move(self, name: str) -> int:
        """Give a function another number and return that; its old one awaits `put`."""
        own = self._own(name)
        self._bodies.append(self._bodies[own])
        self._types.append(self._types[own])
        return len(self.imported) + len(self._bodies) - 1

    def put(self, name: str, body: bytes) -> None:
        """Put a body (locals and instructions) under the number of a function."""
        self._bodies[self._own(name)] = body

    def new_global(self) -> int:
        """Add a global integer that can be changed, 0 at first; return its number."""
        self._globals += b"\x7f\x01\x41\x00\x0b"
        self._first_global += 1
        return self._first_global - 1

    def to_bytes(self) -> bytes:
        """Return the module."""
        changed = {
            _FUNCTION: vector([unsigned(each) for each in self._types]),
            _GLOBAL: unsigned(self._first_global) + self._globals,
            _CODE: vector([unsigned(len(body)) + body for body in self._bodies]),
        }
        return MAGIC + b"".join(
            bytes([section.kind]) + unsigned(len(body)) + body
            for section in self._sections
            for body in (changed.get(section.kind, section.body),)
        )

    def _own(self, name: str) -> int:
        number = self.functions[name] - len(self.imported)
        if number < 0:
            raise ValueError(f"{name} is imported")
        return number


def only_body(wasm: bytes) -> bytes:
    """Return the body of the only function of a module."""
    (body,) = _bodies(next(each.body for each in _sections(wasm) if each.kind == _CODE))
    return body


def _global_section(body: bytes) -> tuple[bytes, int]:
    """Return the globals as they are written, and how many they are."""
    count, at = _read(body, 0)
    return body[at:], count


def _sections(wasm: bytes) -> Iterator[_Section]:
    if wasm[: len(MAGIC)] != MAGIC:
        raise ValueError("the first bytes are not those of WebAssembly 1")
    at = len(MAGIC)
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


def _numbers(body: bytes) -> list[int]:
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


def vector(items: list[bytes]) -> bytes:
    """Return how many items there are, and the items."""
    return unsigned(len(items)) + b"".join(items)


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


def unsigned(value: int) -> bytes:
    """Return a number as unsigned LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def signed(value: int) -> bytes:
    """Return a small negative number as signed LEB128."""
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value & 0x7F])

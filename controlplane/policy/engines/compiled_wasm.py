"""A compiled policy as a running instance: the only importer of wasmtime.

Decides what an instance may reach (no WASI: no clock, file or network; memory, fuel and time are
bounded) and what its end means. It knows the interface of OPA's modules, ABI 1.3
(https://www.openpolicyagent.org/docs/wasm): one call of `opa_eval` a question, after which the heap
begins anew. Which questions are asked, and which host built-ins there are, is left to others.

The one call that is made for every question goes through wasmtime-py's own bindings of the C
interface, prepared once: its `Func.__call__` looks the function's type up again each time, which
costs a third of an evaluation. The version of wasmtime-py is therefore bounded in pyproject.toml.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from typing import Any

import wasmtime
from wasmtime import _ffi as ffi

from controlplane import ending
from controlplane.policy.engines.compiled_strict import failed_builtin
from controlplane.policy.model import Cause

ABI = (1, 3)
PAGE = 65536
FIRST_PAGES = 1024
TICK = 0.02  # seconds between two epochs: how exactly a deadline is kept
FIRST_READ = 2048  # bytes of an answer that are read at once

HostBuiltin = Callable[..., str]
"""Called with each argument as Rego text; returns the result as Rego text, raises ValueError."""
Stop = Callable[[wasmtime.Trap | None, str], "StoppedError"]
"""Says what the end of a call means, by its trap or by the words of its error."""


@dataclass(frozen=True)
class Bounds:
    """What one evaluation may use: bytes, wasmtime's units of fuel, seconds."""

    memory: int
    fuel: int
    seconds: float
    largest_answer: int


class StoppedError(Exception):
    """An instance gave no answer and is not to be asked again."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


class UnfitModuleError(Exception):
    """The bytes are no module that can be run here; says why."""


def version() -> str:
    """Return wasmtime's version."""
    return installed("wasmtime")


def assembled(text: str) -> bytes:
    """Return the bytes of a module that is written as text."""
    return bytes(wasmtime.wat2wasm(text))


class MachineCode:
    """A module, compiled for this processor; instances are made of it."""

    def __init__(self, module: wasmtime.Module) -> None:
        """Take a module of `_engine`."""
        self.module = module

    @classmethod
    def of(cls, wasm: bytes) -> MachineCode:
        """Compile and validate; raises UnfitModuleError. Takes 0.1 s and more."""
        try:
            return cls(wasmtime.Module(_engine(), wasm))
        except wasmtime.WasmtimeError as error:
            raise UnfitModuleError(str(error).splitlines()[0]) from error

    @classmethod
    def from_native(cls, native: bytes) -> MachineCode:
        """Load what `native` gave, in a millisecond. It is executed: authenticate it first.

        Raises UnfitModuleError for code of another version of wasmtime or for other processors.
        """
        try:
            return cls(wasmtime.Module.deserialize(_engine(), native))
        except wasmtime.WasmtimeError as error:
            raise UnfitModuleError(str(error).splitlines()[0]) from error

    def native(self) -> bytes:
        """Return the machine code."""
        return bytes(self.module.serialize())


class Instance:
    """One policy in memory of its own, with its data. For one thread at a time."""

    def __init__(
        self, code: MachineCode, data: bytes, host: Mapping[str, HostBuiltin], bounds: Bounds
    ) -> None:
        """Load `data` (JSON); raises UnfitModuleError where the module is not OPA's, ABI 1.3."""
        self._bounds, self._host = bounds, host
        self._why: StoppedError | None = None
        self._called: dict[int, HostBuiltin] = {}
        self._store = wasmtime.Store(_engine())
        self._store.set_limits(
            memory_size=bounds.memory, table_elements=10_000, instances=1, tables=1, memories=1
        )
        self._allow()
        try:
            self._exports = self._link(code.module)
            self._check_abi()
            self._eval = _Call(self._store, self._exports["opa_eval"], 7)
            self._dump = _Call(self._store, self._exports["opa_value_dump"], 1)
            self._parse = _Call(self._store, self._exports["opa_value_parse"], 2)
            self._malloc = _Call(self._store, self._exports["opa_malloc"], 1)
            self.entrypoints: Mapping[str, int] = self._names("entrypoints")
            self.builtins: Mapping[str, int] = self._names("builtins")
            self._data = self._load(data)
            self._heap: int = self._exports["opa_heap_ptr_get"](self._store)
        except (wasmtime.WasmtimeError, wasmtime.Trap, StoppedError, KeyError) as error:
            raise UnfitModuleError(f"not a policy that OPA compiled: {error}") from error
        self._called = {
            number: host[name] for name, number in self.builtins.items() if name in host
        }

    def run(self, entrypoint: int, document: bytes) -> bytes:
        """Return the JSON text of the entrypoint's results for `document` (JSON).

        Raises StoppedError, after which the instance is in no known state.
        """
        self._why = None
        self._allow()
        size, start = len(document), self._heap
        self._write(start, document)
        with ending.held():  # the module calls back
            address = self._eval(
                0, entrypoint, self._data, start, size, start + size, 0, stop=self._stop
            )
        return self._text(address, self._bounds.largest_answer)

    def _allow(self) -> None:
        """Give the next call its fuel and its time."""
        self._store.set_fuel(self._bounds.fuel)
        _ticking()
        self._store.set_epoch_deadline(int(self._bounds.seconds / TICK) + 2)

    def _link(self, module: wasmtime.Module) -> Any:
        """Instantiate with what OPA's modules import, and nothing beside it."""
        provided: dict[str, Any] = {
            **{f"opa_builtin{count}": self._builtin for count in range(5)},
            "opa_abort": self._abort,
            "opa_println": lambda _: None,
        }
        imports: list[Any] = []
        for wanted in module.imports:
            if wanted.module == "env" and isinstance(wanted.type, wasmtime.MemoryType):
                self._memory = self._new_memory(wanted.type.limits.min)
                imports.append(self._memory)
            elif wanted.module == "env" and wanted.name in provided:
                call = provided[wanted.name]
                imports.append(wasmtime.Func(self._store, wanted.type, call))  # type: ignore[arg-type]
            else:
                raise UnfitModuleError(f"the module asks for {wanted.module}.{wanted.name}")
        return wasmtime.Instance(self._store, module, imports).exports(self._store)

    def _new_memory(self, least: int) -> wasmtime.Memory:
        """Return memory of at least so many pages; what is not touched takes none.

        The texts of many rules need more than the least that OPA's compiler declares.
        """
        pages = max(least, min(FIRST_PAGES, self._bounds.memory // PAGE))
        kind = wasmtime.MemoryType(wasmtime.Limits(pages, None))
        return wasmtime.Memory(self._store, kind)

    def _check_abi(self) -> None:
        names = ("opa_wasm_abi_version", "opa_wasm_abi_minor_version")
        found = tuple(self._exports[name].value(self._store) for name in names)
        if found != ABI:
            raise UnfitModuleError(f"ABI {found[0]}.{found[1]}, not {ABI[0]}.{ABI[1]}")

    def _names(self, export: str) -> Mapping[str, int]:
        address = self._exports[export](self._store)
        text = self._text(self._exports["opa_json_dump"](self._store, address), PAGE * 64)
        return {str(name): int(number) for name, number in json.loads(text).items()}

    def _load(self, data: bytes) -> int:
        address = self._malloc(len(data), stop=self._stop)
        self._write(address, data)
        found: int = self._exports["opa_json_parse"](self._store, address, len(data))
        if not found:
            raise UnfitModuleError("the data cannot be read")
        return found

    def _builtin(self, number: int, _context: int, *arguments: int) -> int:
        """Answer a host built-in; called by the module."""
        function = self._called.get(number)
        if function is None:
            raise self._refusal(Cause.UNSUPPORTED, f"host built-in number {number} is not known")
        largest = self._bounds.largest_answer
        try:
            given = (self._text(self._dump(a, stop=self._stop), largest) for a in arguments)
            result = function(*(text.decode() for text in given)).encode()
        except (ValueError, ArithmeticError) as error:
            raise self._refusal(Cause.ERROR, str(error)) from error
        address = self._malloc(len(result), stop=self._stop)
        self._write(address, result)
        return self._parse(address, len(result), stop=self._stop)

    def _abort(self, address: int) -> None:
        """End the evaluation; called by the module."""
        if name := failed_builtin(address):
            raise self._refusal(Cause.ERROR, f"the built-in {name} failed")
        said = self._text(address, 4096).decode(errors="replace")
        raise self._refusal(Cause.CRASH if said.startswith("opa_malloc") else Cause.ERROR, said)

    def _refusal(self, cause: Cause, detail: str) -> StoppedError:
        """Remember why the evaluation ends here: wasmtime only says that it did."""
        self._why = StoppedError(cause, detail)
        return self._why

    def _stop(self, trap: wasmtime.Trap | None, error: str) -> StoppedError:
        """Return what the end of a call means: what we said ourselves, else what wasmtime says."""
        if self._why is not None:
            return self._why
        code = trap.trap_code if trap is not None else None
        if code in {wasmtime.TrapCode.OUT_OF_FUEL, wasmtime.TrapCode.INTERRUPT}:
            used = "fuel" if code is wasmtime.TrapCode.OUT_OF_FUEL else "time"
            return StoppedError(Cause.TIMEOUT, f"the {used} for one question is used up")
        return StoppedError(Cause.CRASH, error or (trap.message.splitlines()[0] if trap else ""))

    def _write(self, address: int, data: bytes) -> None:
        """Put `data` there, in memory that grows where it must."""
        missing = address + len(data) - self._memory.data_len(self._store)
        if missing > 0:
            try:
                self._memory.grow(self._store, -(-missing // PAGE))
            except wasmtime.WasmtimeError as error:
                raise StoppedError(Cause.CRASH, "no memory is left for the question") from error
        ctypes.memmove(self._base() + address, data, len(data))

    def _text(self, address: int, largest: int) -> bytes:
        """Return the text that begins there and ends before a zero byte."""
        address &= 0xFFFFFFFF
        left, step = self._memory.data_len(self._store) - address, FIRST_READ
        if not address or left <= 0:
            raise StoppedError(Cause.CRASH, "an address outside of the memory")
        while True:
            part = ctypes.string_at(self._base() + address, min(step, left, largest + 1))
            if (end := part.find(0)) >= 0:
                return part[:end]
            if len(part) < step:
                raise StoppedError(Cause.CRASH, f"an answer of more than {largest:,} bytes")
            step *= 16

    def _base(self) -> int:
        return ctypes.addressof(self._memory.data_ptr(self._store).contents)


class _Call:
    """An exported function of `count` integers that returns one, prepared to be called often."""

    def __init__(self, store: wasmtime.Store, function: Any, count: int) -> None:
        if not isinstance(function, wasmtime.Func):
            raise UnfitModuleError("an export is missing")
        kinds = [str(kind) for kind in function.type(store).params]
        if kinds != ["i32"] * count:
            raise UnfitModuleError("an export takes other arguments")
        self._context, self._kept = store._context(), function
        self._function = ctypes.byref(function._func)
        self._count = count
        self._arguments: Any = (ffi.wasmtime_val_t * count)()
        self._result = (ffi.wasmtime_val_t * 1)()
        argument: Any
        for argument in self._arguments:
            argument.kind = ffi.WASMTIME_I32.value

    def __call__(
        self, *values: int, stop: Callable[[wasmtime.Trap | None, str], StoppedError]
    ) -> int:
        """Call; where that does not return, raise what `stop` makes of the trap or the error."""
        for argument, value in zip(self._arguments, values, strict=True):
            argument.of.i32 = value
        trap: Any = ctypes.POINTER(ffi.wasm_trap_t)()
        error: Any = ffi.wasmtime_func_call(
            self._context,
            self._function,
            self._arguments,
            self._count,
            self._result,
            1,
            ctypes.byref(trap),
        )
        if error:
            raise stop(None, str(wasmtime.WasmtimeError._from_ptr(error)).splitlines()[0])
        if trap:
            raise stop(wasmtime.Trap._from_ptr(trap), "")
        return int(self._result[0].of.i32)


@functools.cache
def _engine() -> wasmtime.Engine:
    """Return the one engine of this process: what it compiles is bounded in fuel and time."""
    config = wasmtime.Config()
    config.consume_fuel = True
    config.epoch_interruption = True
    return wasmtime.Engine(config)


_ticker: list[int] = []  # the process that has a thread which counts epochs


def _ticking() -> None:
    """See that epochs pass: deadlines are counted in them. A forked child needs its own thread."""
    if os.getpid() not in _ticker:
        _ticker[:] = [os.getpid()]
        threading.Thread(target=_tick, args=(_engine(),), daemon=True, name="epochs").start()


def _tick(engine: wasmtime.Engine) -> None:
    while True:
        time.sleep(TICK)
        engine.increment_epoch()

"""The compiled engine: Rego that OPA compiled to WebAssembly, run inside this process.

Decides where the compiled policy comes from (given, remembered, or built now with `opa`), that it
is one of these very sources, and what the module may ask of its host. How a module is run is left
to `compiled_wasm`. Every guard can be switched off by `Settings`, which the tests use to show the
hazard that each of them closes.
"""

from __future__ import annotations

import functools
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import ClassVar

from controlplane.authenticated import Cache
from controlplane.policy.engine import (
    Answer,
    Machine,
    PolicyEngine,
    Question,
    Silent,
    Unanswered,
)
from controlplane.policy.engines import opa_command
from controlplane.policy.engines.asking import PoliciesByEntry
from controlplane.policy.engines.compiled_artifact import Artifact, ArtifactError, Sources
from controlplane.policy.engines.compiled_build import compiled
from controlplane.policy.engines.compiled_builtins import HOST, refused
from controlplane.policy.engines.compiled_named import named_artifact
from controlplane.policy.engines.compiled_wasm import (
    Bounds,
    Instance,
    MachineCode,
    StoppedError,
    UnfitModuleError,
    version,
)
from controlplane.policy.entries import PACKAGE, QUESTION, Entries, entries
from controlplane.policy.errors import EngineError, EngineUnavailableError, PolicyLoadError
from controlplane.policy.model import Cause, PolicyBundle, Rule
from evidence.canonical import Json, canonical, digest_bytes


@dataclass(frozen=True)
class Settings:
    """Bounds (bytes, seconds, units of fuel), and the guards; all of them are on."""

    seconds: float = 10.0
    fuel: int = 20_000_000_000  # some ten seconds of one processor
    memory: int = 256 * 1024 * 1024
    largest_input: int = 16 * 1024 * 1024
    largest_answer: int = 4 * 1024 * 1024
    check_sources: bool = True  # an artifact must be of the very sources that are judged by
    check_host: bool = True  # a module may ask for known host built-ins only
    check_question: bool = True  # an answer must name the digest of its question

    @property
    def bounds(self) -> Bounds:
        """What one evaluation may use."""
        return Bounds(self.memory, self.fuel, self.seconds, self.largest_answer)


DEFAULT = Settings()
MOST_SILENT = 1024  # answers without findings that are remembered at once


class CompiledEngine(PolicyEngine):
    """Rego by OPA's compiler and wasmtime.

    `artifacts` are used where they are of the sources that are asked for; else what `cache`
    remembers; else `binary` (OPA) compiles.
    """

    name: ClassVar[str] = "compiled"

    def __init__(
        self,
        *,
        binary: Path | None = None,
        artifacts: Sequence[Artifact] = (),
        cache: Cache | None = None,
        settings: Settings = DEFAULT,
    ) -> None:
        """Nothing is looked at before `prepare`."""
        self._binary, self._cache, self._settings = binary, cache, settings
        self._artifacts = tuple(artifacts)

    @classmethod
    def from_artifact(cls, *files: bytes, settings: Settings = DEFAULT) -> CompiledEngine:
        """Return an engine that knows these compiled policies and needs nothing of the machine.

        Raises ArtifactError for a file whose digests do not hold.
        """
        return cls(artifacts=[Artifact.from_bytes(data) for data in files], settings=settings)

    def version(self) -> str:
        """Return wasmtime's version; that of OPA is in the artifact."""
        return f"wasmtime {version()}"

    def artifact(self, bundle: PolicyBundle) -> Artifact:
        """Return the compiled policy of a bundle.

        Raises PolicyLoadError where OPA refuses the bundle, EngineError where there is none.
        """
        return self._artifact(bundle, entries(bundle))

    def prepare(self, bundle: PolicyBundle) -> CompiledPolicies:
        """Load the compiled policy of a bundle; raises as `artifact` does."""
        artifact = self.artifact(bundle)
        return CompiledPolicies(bundle, artifact, self._code(artifact), self._settings)

    def _artifact(self, bundle: PolicyBundle, asked: Entries) -> Artifact:
        wanted = Sources.of(bundle, asked)
        for artifact in self._artifacts:
            if artifact.sources == wanted or not self._settings.check_sources:
                return artifact
        if (remembered := self._remembered(wanted)) is not None:
            return remembered
        if self._binary is None and self._artifacts:
            self._artifacts[0].refuse_other(wanted)
        if self._binary is None:
            raise EngineUnavailableError(
                "no compiled policy of these sources is at hand, and no `opa` that could make one",
                remedy="name one with CPCTL_COMPILED, install OPA (`make tools`), or judge with "
                "--engine embedded",
            )
        built = Artifact(
            wanted, opa_command.version(self._binary), compiled(self._binary, bundle, asked)
        )
        if self._cache is not None:
            self._cache.put(_name(wanted, self._binary), built.to_bytes())
        return built

    def _remembered(self, wanted: Sources) -> Artifact | None:
        """Return what was compiled before: with the OPA of this machine where there is one."""
        if self._cache is None:
            return None
        name = _name(wanted, self._binary)
        for found in [name] if self._binary else self._cache.names(name):
            data = self._cache.get(found)
            if data is None:
                continue
            try:
                artifact = Artifact.from_bytes(data)
            except ArtifactError:
                continue
            if artifact.sources == wanted:
                return artifact
        return None

    def _code(self, artifact: Artifact) -> MachineCode:
        """Return the machine code of a module, remembered as it takes long to make."""
        name = f"{artifact.digest.removeprefix('sha256:')}-{version()}.native"
        if self._cache is not None and (native := self._cache.get(name)) is not None:
            try:
                return MachineCode.from_native(native)
            except UnfitModuleError:
                pass  # of another processor: it is made again
        try:
            code = MachineCode.of(artifact.wasm)
        except UnfitModuleError as error:
            raise _unfit(error) from error
        if self._cache is not None:
            self._cache.put(name, code.native())
        return code


def on_machine(machine: Machine) -> CompiledEngine:
    """Return the engine for the artifacts of CPCTL_COMPILED and the `opa` of this machine.

    Raises EngineUnavailableError where neither is there, ArtifactError for a file that is no
    artifact and no signed bundle that carries one.
    """
    named = machine.environment.get("CPCTL_COMPILED", "")
    keys = machine.environment.get("CPCTL_COMPILED_KEYS", "")
    places = [Path(place) for place in named.split(os.pathsep) if place]
    artifacts = [
        named_artifact(place, [Path(key) for key in keys.split(os.pathsep) if key])
        for place in places
    ]
    binary = machine.program("opa")
    if not artifacts and binary is None:
        raise EngineUnavailableError(
            "no compiled policy is named by CPCTL_COMPILED, and `opa` is not on PATH",
            remedy="name one with CPCTL_COMPILED, install OPA (`make tools`), or judge with "
            "--engine embedded",
        )
    return CompiledEngine(binary=binary, artifacts=artifacts, cache=_cache(machine))


def compiler(machine: Machine) -> CompiledEngine:
    """Return an engine that compiles with the `opa` of this machine, whatever else is at hand.

    Raises EngineUnavailableError where there is no `opa`.
    """
    binary = machine.program("opa")
    if binary is None:
        raise EngineUnavailableError(
            "`opa` is not on PATH, and only OPA compiles policies",
            remedy="install OPA (`make tools`)",
        )
    return CompiledEngine(binary=binary, cache=_cache(machine))


def _cache(machine: Machine) -> Cache | None:
    """Return the cache; its key lies with the keys, not with what a pipeline restores."""
    if machine.cache is None or machine.home is None:
        return None
    return Cache(machine.cache / "compiled", machine.home / "cache.key")


class CompiledPolicies(PoliciesByEntry):
    """A bundle in an instance, which is made anew after it did not answer."""

    def __init__(
        self, bundle: PolicyBundle, artifact: Artifact, code: MachineCode, settings: Settings
    ) -> None:
        """Raises PolicyLoadError for a module that asks for more than its host gives."""
        super().__init__(bundle, check_question=settings.check_question)
        self.artifact, self.artifact_file = artifact.digest, artifact.to_bytes()
        self._code, self._settings = code, settings
        self._data = canonical(bundle.data)
        self._silent: dict[tuple[str, bytes, bytes], Silent] = {}
        self._one_at_a_time = threading.Lock()
        self._instance: Instance | None = self._start()
        self._refuse_unknown_host(self._instance)
        self._numbers = {
            name: self._instance.entrypoints[f"{PACKAGE}/{name}"]
            for name in self.entries.names()
            if f"{PACKAGE}/{name}" in self._instance.entrypoints
        }
        if len(self._numbers) != len(self.entries.names()):
            raise _unfit(UnfitModuleError("an entry of these policies is not in the module"))

    def evaluate_entry(self, entry: str, envelope: bytes) -> Json | Unanswered:
        """Run the entry; the envelope's own bytes are what the module reads."""
        text = self._run(entry, envelope, digest_bytes(envelope))
        return text if isinstance(text, Unanswered) else _value(text)

    def _ask(self, entry: str, rules: tuple[Rule, ...], question: Question) -> Answer:
        """Run the entry, and read what it says unless it said the same before and found nothing.

        The same is the same bytes but for the question's digest, which stands where it did.
        """
        text = self._run(entry, question.envelope, question.digest)
        if isinstance(text, Unanswered):
            return self._meaning(rules, text, question)
        before, _, after = text.partition(question.digest.encode())
        words = (entry, before, after)
        if (known := self._silent.get(words)) is not None and len(text) > len(before):
            return known
        answers = self._meaning(rules, _value(text), question)
        if self._check_question and all(_is_silent(each) for each in answers.values()):
            if len(self._silent) >= MOST_SILENT:
                self._silent.clear()
            self._silent[words] = answers = Silent(answers)
        return answers

    def _run(self, entry: str, envelope: bytes, digest: str) -> bytes | Unanswered:
        if len(envelope) > self._settings.largest_input:
            size = f"{len(envelope):,} bytes; at most {self._settings.largest_input:,}"
            return Unanswered(Cause.UNSUPPORTED, f"an envelope of {size}")
        document = _given(envelope, digest)
        with self._one_at_a_time:
            instance = self._instance or self._start()
            self._instance = (
                None  # whatever happens now, one in an unknown state is not asked again
            )
            try:
                text = instance.run(self._numbers[entry], document)
            except StoppedError as error:
                return Unanswered(error.cause, str(error))
            self._instance = instance
        return text

    def close(self) -> None:
        """Give the memory back."""
        self._instance = None

    def _start(self) -> Instance:
        try:
            return Instance(self._code, self._data, HOST, self._settings.bounds)
        except UnfitModuleError as error:
            raise _unfit(error) from error

    def _refuse_unknown_host(self, instance: Instance) -> None:
        problems = refused(self.bundle.modules, set(instance.builtins) - set(HOST))
        if problems and self._settings.check_host:
            raise PolicyLoadError(problems)


def _is_silent(answer: Json | Unanswered) -> bool:
    return isinstance(answer, dict) and answer.get("findings") == []


def _given(envelope: bytes, digest: str) -> bytes:
    """Return what the module reads: the envelope and, beside it, the question's digest.

    It comes last, because of two fields of one name the last one counts.
    """
    if envelope[:1] != b"{" or envelope[-1:] != b"}":
        raise ValueError("an envelope is an object")
    comma = b"," if len(envelope) > 2 else b""
    return b'%b%b"%b":"%b"}' % (
        envelope[:-1],
        comma,
        QUESTION.encode(),
        digest.encode(),
    )


def _value(text: bytes) -> Json | Unanswered:
    try:
        results = json.loads(text)
    except ValueError as error:
        return Unanswered(Cause.MALFORMED, f"the answer is not JSON: {error}")
    if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], dict):
        return Unanswered(Cause.UNDEFINED, "the entry is undefined")
    return results[0].get("result")


def _name(sources: Sources, binary: Path | None) -> str:
    """Return the name under which a compiled policy is remembered; without OPA, how it begins."""
    made_of = digest_bytes(f"{sources.policies} {sources.entries}".encode())[7:]
    if binary is None:
        return f"{made_of}-"
    status = binary.stat()
    tool = f"{binary.resolve()} {status.st_size} {status.st_mtime_ns} {_code_version()}"
    return f"{made_of}-{digest_bytes(tool.encode())[7:23]}.wasm"


@functools.cache
def _code_version() -> str:
    """Return a digest of the code that makes a module, beside OPA itself."""
    folder = resources.files("controlplane.policy.engines")
    made_by = (
        "compiled_artifact.py",
        "compiled_build.py",
        "opa_command.py",
        "compiled_sections.py",
        "compiled_strict.py",
    )
    return digest_bytes(b"\0".join((folder / name).read_bytes() for name in made_by))


def _unfit(error: Exception) -> EngineError:
    return EngineError(
        f"the compiled policy cannot be run: {error}",
        remedy="make it again with `cpctl policy build`, or judge with --engine embedded",
    )

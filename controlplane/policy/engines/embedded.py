"""The embedded engine: Rego evaluated by regopy, in one killable process for one bundle.

Decides what is asked of that process, what its silence means, and what it is not trusted with:
too large an input, an answer for another question. Every guard can be switched off by `Settings`,
which the tests use to show the hazard that each of them closes.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

from controlplane.policy.engine import Machine, PolicyEngine, Unanswered
from controlplane.policy.engines.asking import PoliciesByEntry
from controlplane.policy.engines.distinct import distinct
from controlplane.policy.engines.guard_rego import MODULE as GUARDS
from controlplane.policy.engines.guarded import guarded
from controlplane.policy.engines.worker import Worker, WorkerCrashError, WorkerTimeoutError
from controlplane.policy.entries import PACKAGE
from controlplane.policy.errors import EngineError, PolicyLoadError
from controlplane.policy.model import Cause, PolicyBundle
from controlplane.values import Position, Problem
from evidence.canonical import Json

PROGRAM = Path(__file__).with_name("embedded_worker.py")


@dataclass(frozen=True)
class Settings:
    """Bounds (bytes, seconds), and the guards; all of them are on."""

    seconds: int = 10
    load_seconds: int = 60
    largest_input: int = 512 * 1024
    largest_answer: int = 4 * 1024 * 1024
    memory: int = 1024**3
    environment: Mapping[str, str] | None = None  # none at all
    strict: bool = True  # a built-in that fails is an error, not undefined
    exact_text: bool = True  # escapes in texts are decoded
    guarded: bool = True  # what regopy answers otherwise for another type, fails or is put right
    distinct_functions: bool = True  # no two modules define a function of the same name
    check_question: bool = True  # an answer must name the digest of its question


DEFAULT = Settings()


class EmbeddedEngine(PolicyEngine):
    """Rego by regopy."""

    name: ClassVar[str] = "embedded"

    def __init__(self, settings: Settings = DEFAULT) -> None:
        """`settings` hold bounds and guards."""
        self._settings = settings

    def version(self) -> str:
        """Return regopy's version."""
        return f"regopy {version('regopy')}"

    def prepare(self, bundle: PolicyBundle) -> EmbeddedPolicies:
        """Start the process and build the bundle there."""
        return EmbeddedPolicies(bundle, self._settings)


def on_machine(_: Machine) -> EmbeddedEngine:
    """Return the engine; it needs nothing of the machine."""
    return EmbeddedEngine()


class EmbeddedPolicies(PoliciesByEntry):
    """A bundle in a process, which is started again after it had to be killed."""

    def __init__(self, bundle: PolicyBundle, settings: Settings) -> None:
        """Raises PolicyLoadError where the interpreter refuses the bundle."""
        super().__init__(bundle, check_question=settings.check_question)
        self._settings = settings
        sources = [guarded(m) for m in bundle.modules] if settings.guarded else bundle.modules
        modules = (
            distinct(sources)
            if settings.distinct_functions
            else {module.path: module.text for module in sources}
        )
        if settings.guarded:
            modules[GUARDS.path] = GUARDS.text
        self._frame: Json = {
            "modules": {**modules, self.entries.module.path: self.entries.module.text},
            "data": bundle.data,
            "entries": [f"{PACKAGE}/{name}" for name in self.entries.names()],
            "strict": settings.strict,
            "exactText": settings.exact_text,
        }
        _refuse_escapes(bundle)
        self._asked = 0
        self._one_at_a_time = threading.Lock()  # an interpreter answers threads with each other's
        self._worker: Worker | None = self._start()

    def evaluate_entry(self, entry: str, envelope: bytes) -> Json | Unanswered:
        """Ask the process, which is killed where it does not answer in time."""
        if len(envelope) > self._settings.largest_input:
            size = f"{len(envelope):,} bytes; at most {self._settings.largest_input:,}"
            return Unanswered(Cause.UNSUPPORTED, f"an envelope of {size}")
        with self._one_at_a_time:
            return self._evaluate(entry, envelope)

    def _evaluate(self, entry: str, envelope: bytes) -> Json | Unanswered:
        self._asked += 1
        frame = {"id": self._asked, "entry": f"{PACKAGE}/{entry}", "envelope": envelope.decode()}
        worker = self._worker or self._start()
        self._worker = None  # whatever happens now, one in an unknown state is not asked again
        try:
            answer = worker.ask(frame, self._settings.seconds)
        except WorkerTimeoutError as error:
            return Unanswered(Cause.TIMEOUT, str(error))
        except WorkerCrashError as error:
            return Unanswered(Cause.CRASH, str(error))
        self._worker = worker
        return self._read(answer)

    def close(self) -> None:
        """Kill the process."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    @property
    def pid(self) -> int:
        """The id of the process that evaluates now, 0 where there is none."""
        return self._worker.pid if self._worker else 0

    def _start(self) -> Worker:
        settings = self._settings
        largest = str(4 * max(settings.largest_input, 16 * 1024 * 1024))
        worker = Worker(
            PROGRAM,
            [str(settings.memory), str(settings.seconds + 1), largest],
            settings.environment or {},
            settings.largest_answer,
        )
        try:
            answer = worker.ask(self._frame, settings.load_seconds)
        except (WorkerTimeoutError, WorkerCrashError) as error:
            raise EngineError(
                f"the embedded evaluator did not load the policies: {error}",
                remedy="try again; `cpctl policy test` shows whether the policies are the cause",
            ) from error
        if "refused" in answer:
            worker.close()
            raise PolicyLoadError(_refusals(str(answer["refused"]), self._frame["modules"]))
        return worker

    def _read(self, answer: Json) -> Json | Unanswered:
        if answer.get("id") != self._asked:
            self.close()
            return Unanswered(Cause.MALFORMED, "an answer to another question")
        if "unsupported" in answer:
            return Unanswered(Cause.UNSUPPORTED, str(answer["unsupported"]))
        if "error" in answer:
            return Unanswered(Cause.ERROR, str(answer["error"]))
        return answer.get("value")


def _refuse_escapes(bundle: PolicyBundle) -> None:
    """Refuse parameters whose texts would not reach the interpreter as they are."""
    if "\\" in json.dumps(bundle.data, ensure_ascii=False):
        text = "a parameter holds a quotation mark, a backslash or a control character"
        remedy = "choose another text, or judge with `--engine opa`"
        raise PolicyLoadError([Problem(Position("repository.yaml"), "rego/escape", text, remedy)])


# How regopy prints an error: its length and file, offset, length; then its words with their length.
_ERROR = re.compile(
    r"\(error \d+:(?P<path>[^|\n]*)\|(?P<offset>\d+)\|\d+\s+\(errormsg \d+:(?P<words>[^)\n]*)\)"
)


def _refusals(words: str, modules: Mapping[str, str]) -> list[Problem]:
    """Return what the interpreter refuses, at its place."""
    remedy = "write it in another way: `opa check --strict` says whether it is Rego at all"
    found = [
        Problem(
            _place(match["path"], modules.get(match["path"], ""), int(match["offset"])),
            "rego/refused",
            f"the embedded evaluator refuses this: {match['words']}",
            remedy,
        )
        for match in _ERROR.finditer(words)
    ]
    text = f"the embedded evaluator refuses the policies: {words[:200]}"
    return found or [Problem(Position("policies"), "rego/refused", text, remedy)]


def _place(path: str, text: str, offset: int) -> Position:
    before = text.encode()[:offset].decode(errors="replace")  # the interpreter counts bytes
    return Position(path, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)

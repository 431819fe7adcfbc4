"""Every error of the three packages: its exit code is documented, and it says what to do next."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import controlplane
import evidence
import reconciler
from controlplane.errors import ControlPlaneError, Exit
from evidence.errors import EvidenceError
from reconciler.errors import ReconcilerError

PACKAGES = (controlplane, reconciler, evidence)
ROOTS = (ControlPlaneError, ReconcilerError, EvidenceError)

# These can be had by waiting: whoever raises one says for how long.
RETRYABLE = ("TargetUnavailableError", "StateUnavailableError")

# Programs, which do their work when they are imported: `python -m`, and what Alembic runs.
NOT_IMPORTED = ("__main__", ".migrations.env")

# Caught by the code they were made for, and made a value or an error of ours there; nobody sees
# them. Names that begin with an underscore are as private as that already.
CAUGHT = {
    "controlplane.exchange.TooLargeError",  # the error of whoever asked for the answer
    "controlplane.operations.admitted_object.ReviewError",  # an answer with the place
    "controlplane.operations.admitting.NotRenderedError",  # a denied admission
    "controlplane.server.gate.messages.RefusedError",  # the answer itself
    "controlplane.operations.past.NoDecisionError",
    "controlplane.policy.decide.MalformedError",  # the answer of a rule: the rule denies
    "controlplane.policy.engines.compiled_strict.UnreadableModuleError",  # an EngineError
    "controlplane.policy.engines.compiled_wasm.StoppedError",  # indeterminate
    "controlplane.policy.engines.compiled_wasm.UnfitModuleError",  # an EngineError
    "controlplane.policy.engines.embedded_worker.UnsupportedInputError",  # the same, in the worker
    "controlplane.policy.engines.opa_session.TooLargeError",  # indeterminate
    "controlplane.policy.engines.worker.WorkerCrashError",  # indeterminate
    "controlplane.policy.engines.worker.WorkerTimeoutError",  # indeterminate
    "controlplane.schema.bounded.UncheckableError",  # an UnfitSchemaError
    "controlplane.render.functions.LimitError",  # a problem with the template's place
}


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith(NOT_IMPORTED):
            yield importlib.import_module(found.name)


MODULES = {m.__name__: m for package in PACKAGES for m in _modules(package)}


def _below(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for child in root.__subclasses__():
        yield from _below(child)


ERRORS = {
    f"{error.__module__}.{error.__name__}": error
    for root in ROOTS
    for error in _below(root)
    if error.__module__ in MODULES
}


def _sources() -> Iterator[tuple[str, ast.Call, str]]:
    """Yield every call in the packages that makes one of the errors."""
    names = {error.__name__ for error in ERRORS.values()}
    for name, module in MODULES.items():
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                called = node.func.id if isinstance(node.func, ast.Name) else called
                if called in names:
                    yield f"{name}:{node.lineno}", node, called


RAISED = {place: (call, called) for place, call, called in _sources()}


@pytest.mark.parametrize("name", ERRORS)
def test_its_exit_code_is_one_that_is_documented(name: str) -> None:
    error = ERRORS[name]
    code = error.exit_code  # type: ignore[attr-defined]
    assert code in set(Exit) - {Exit.CLEAN}
    assert error.__doc__


def test_every_exception_class_descends_from_a_root_of_its_package() -> None:
    """What descends from nothing of ours would be called a fault of ours."""
    strays = [
        f"{name}.{member.__name__}"
        for name, module in MODULES.items()
        for member in vars(module).values()
        if inspect.isclass(member)
        and issubclass(member, Exception)
        and member.__module__ == name
        and not issubclass(member, ROOTS)
        and not member.__name__.startswith("_")
    ]
    assert set(strays) == CAUGHT


def test_the_packages_raise_their_errors_somewhere() -> None:
    assert len(RAISED) > len(ERRORS)


@pytest.mark.parametrize("place", RAISED)
def test_it_is_made_with_a_remedy(place: str) -> None:
    """No remedy that is written down is empty; `remedy` has no default but in MalformedError."""
    call, _ = RAISED[place]
    empty = [
        keyword.arg
        for keyword in call.keywords
        if keyword.arg == "remedy"
        and isinstance(keyword.value, ast.Constant)
        and not str(keyword.value.value).strip()
    ]
    assert empty == []


@pytest.mark.parametrize(
    "place", [place for place, (_, called) in RAISED.items() if called in RETRYABLE]
)
def test_what_can_be_tried_again_says_when(place: str) -> None:
    call, _ = RAISED[place]
    assert "retry_after" in {keyword.arg for keyword in call.keywords}


@pytest.mark.parametrize("name", MODULES)
def test_every_module_and_public_function_says_what_it_does(name: str) -> None:
    tree = ast.parse(Path(str(MODULES[name].__file__)).read_text("utf-8"))
    assert not tree.body or ast.get_docstring(tree), name
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []

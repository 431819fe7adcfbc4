"""Compiles a bundle with `opa build -t wasm`, in a scratch folder.

Decides what OPA is given, that the same sources give the same bytes (relative paths, no
environment), and at which place a refusal stands. OPA leaves out what no entry reaches, so which
built-ins the module calls is read from OPA's own plan of the same entries, which is what a module
is made of. Running the module is left to `compiled_wasm`.
"""

from __future__ import annotations

import json
import re
import tarfile
import tempfile
from collections.abc import Set
from pathlib import Path

from controlplane.policy.engines.compiled_strict import OPERATORS, UnreadableModuleError, strict
from controlplane.policy.engines.compiled_wasm import assembled
from controlplane.policy.engines.opa_command import PORTABLE, REMEDY, refusals, run
from controlplane.policy.entries import PACKAGE, Entries
from controlplane.policy.errors import EngineError, PolicyLoadError
from controlplane.policy.model import PolicyBundle
from controlplane.values import Position, Problem

LARGEST_MODULE = 64 * 1024 * 1024  # bytes


def compiled(binary: Path, bundle: PolicyBundle, entries: Entries) -> bytes:
    """Return the strict module with every entry of the bundle.

    Raises PolicyLoadError where OPA refuses a module, EngineError where it cannot do its work.
    """
    with tempfile.TemporaryDirectory(prefix="cpctl-") as scratch:
        sources = Path(scratch, "sources")
        for module in (*bundle.modules, entries.module):
            place = sources / module.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(module.text, encoding="utf-8")
        asked = [part for name in entries.names() for part in ("-e", f"{PACKAGE}/{name}")]
        wasm = _built(binary, "wasm", asked, sources, "policy.wasm")
        plan = _built(binary, "plan", asked, sources, "plan.json")
        return _strict(wasm, _called(plan))


def _built(binary: Path, target: str, asked: list[str], sources: Path, member: str) -> bytes:
    """Return a file of the bundle that OPA builds of `sources`."""
    out = sources.parent / f"{target}.tar.gz"
    done = run(binary, ["build", "-t", target, "-o", str(out), *asked, "."], sources)
    if done.returncode != 0 or not out.is_file():
        said = done.stderr or done.stdout
        raise PolicyLoadError(refusals(binary, sources) or _refused(said))
    return _member(out, member)


def _member(out: Path, name: str) -> bytes:
    """Return a file inside the bundle that OPA wrote; nothing is unpacked to disk."""
    try:
        with tarfile.open(out, "r:gz") as tar:
            for member in tar:
                if member.name.lstrip("/") == name and member.size <= LARGEST_MODULE:
                    file = tar.extractfile(member)
                    return file.read() if file is not None else b""
    except (tarfile.TarError, OSError, EOFError) as error:
        raise EngineError(f"what OPA built cannot be read: {error}", remedy=REMEDY) from error
    raise EngineError(f"OPA built a bundle without {name}", remedy=REMEDY)


def _called(plan: bytes) -> frozenset[str]:
    """Return the built-ins that a plan calls, operators as they are written."""
    try:
        names = [str(each["name"]) for each in json.loads(plan)["static"].get("builtin_funcs", ())]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        text = f"OPA's plan of the policies cannot be read: {error!r}"
        raise EngineError(text, remedy=REMEDY) from error
    return frozenset(OPERATORS.get(name, name) for name in names)


def _strict(wasm: bytes, names: Set[str]) -> bytes:
    try:
        return strict(wasm, assembled, names)
    except UnreadableModuleError as error:
        raise EngineError(str(error), remedy=REMEDY) from error


def _refused(said: str) -> list[Problem]:
    """Return what OPA says where it finds no fault with any one module."""
    words = re.sub(r"\s+", " ", said)[:300]
    text = f"OPA does not compile the policies: {words}"
    return [Problem(Position("policies"), "rego/refused", text, PORTABLE)]

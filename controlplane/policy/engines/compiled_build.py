"""Compiles a bundle with `opa build -t wasm`, in a scratch folder.

Decides what OPA is given, that the same sources give the same bytes (relative paths, no
environment), and at which place a refusal stands. Running the module is left to `compiled_wasm`.
"""

from __future__ import annotations

import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Set
from pathlib import Path

from controlplane.policy.engines.compiled_strict import UnreadableModuleError, strict
from controlplane.policy.engines.compiled_wasm import assembled
from controlplane.policy.entries import PACKAGE, Entries
from controlplane.policy.errors import EngineError, EngineUnavailableError, PolicyLoadError
from controlplane.policy.model import PolicyBundle
from controlplane.policy.rego_check import called
from controlplane.policy.rego_scan import scan
from controlplane.values import Position, Problem

SECONDS = 120
LARGEST_MODULE = 64 * 1024 * 1024  # bytes
REMEDY = "install OPA again (`make tools`), or judge with --engine embedded"


def compiled(binary: Path, bundle: PolicyBundle, entries: Entries) -> bytes:
    """Return the strict module with every entry of the bundle.

    Raises PolicyLoadError where OPA refuses a module, EngineError where it cannot do its work.
    """
    with tempfile.TemporaryDirectory(prefix="cpctl-") as scratch:
        sources, out = Path(scratch, "sources"), Path(scratch, "bundle.tar.gz")
        for module in (*bundle.modules, entries.module):
            place = sources / module.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(module.text, encoding="utf-8")
        asked = [part for name in entries.names() for part in ("-e", f"{PACKAGE}/{name}")]
        done = run(binary, ["build", "-t", "wasm", "-o", str(out), *asked, "."], sources)
        if done.returncode != 0 or not out.is_file():
            raise PolicyLoadError(_refusals(done.stderr or done.stdout))
        return _strict(_module(out), frozenset(_called(bundle)))


def opa_version(binary: Path) -> str:
    """Return the version of an OPA binary; raises EngineUnavailableError where it says none."""
    said = run(binary, ["version"], Path("/")).stdout
    found = re.search(r"^Version: (\S+)$", said, re.MULTILINE)
    if not found:
        raise EngineUnavailableError(f"{binary} does not say its version", remedy=REMEDY)
    return found[1]


def run(binary: Path, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run OPA without an environment; raises EngineUnavailableError where it cannot be run."""
    try:
        return subprocess.run(  # noqa: S603 - the OPA binary of this machine
            [str(binary), *arguments],
            cwd=folder,
            env={},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineUnavailableError(f"{binary} cannot be run: {error}", remedy=REMEDY) from error


def _module(out: Path) -> bytes:
    """Return the module inside the bundle that OPA wrote; nothing is unpacked to disk."""
    try:
        with tarfile.open(out, "r:gz") as tar:
            for member in tar:
                if member.name.lstrip("/") == "policy.wasm" and member.size <= LARGEST_MODULE:
                    file = tar.extractfile(member)
                    return file.read() if file is not None else b""
    except (tarfile.TarError, OSError, EOFError) as error:
        raise EngineError(f"what OPA built cannot be read: {error}", remedy=REMEDY) from error
    raise EngineError("OPA built a bundle without a module", remedy=REMEDY)


def _called(bundle: PolicyBundle) -> Iterator[str]:
    """Yield the name of everything that the modules call."""
    for module in bundle.modules:
        for statement in scan(module.path, module.text).statements:
            yield from (name for _, name in called(statement.tokens))


def _strict(wasm: bytes, names: Set[str]) -> bytes:
    try:
        return strict(wasm, assembled, names)
    except UnreadableModuleError as error:
        raise EngineError(str(error), remedy=REMEDY) from error


def _refusals(said: str) -> list[Problem]:
    """Return what OPA says against the modules, each at its place."""
    remedy = "see `opa check --strict`; docs/policies.md lists what is portable"
    found = re.findall(r"(\S+\.rego):(\d+): (.+)", said)
    problems = [
        Problem(Position(path, int(line)), "rego/refused", f"OPA refuses this: {words}", remedy)
        for path, line, words in found
    ]
    words = re.sub(r"\s+", " ", said)[:300]
    text = f"OPA does not compile the policies: {words}"
    return problems or [Problem(Position("policies"), "rego/refused", text, remedy)]

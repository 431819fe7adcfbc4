"""Policies as an OPA bundle, both ways: what stands where in one, and what is taken from one.

    .manifest                          revision, roots, which policy set, what was compiled
    .signatures.json                   see `opa_signature`
    controlplane_decision.rego         the decision's own entries
    data.json                          the parameters, as rules read them
    policies/<family>/<rule>/rule.rego and parameters.schema.json; policies/lib/…
    policy.wasm                        the compiled policy, where it is carried

A plain OPA server answers `controlplane_decision/entry…` from it. `policy.wasm` is carried, not
registered as a resolver: an OPA without a Wasm runtime would refuse the whole bundle, and one with
it would answer from another evaluator than its log says. Format of the file itself: `archive`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from controlplane.policy.archive import ArchiveError
from controlplane.policy.bundle import ROOT, package_of
from controlplane.policy.entries import PACKAGE, PATH, entries
from controlplane.policy.model import PolicyBundle
from controlplane.policy.opa_signature import DATA, MANIFEST
from evidence.canonical import Json, canonical

WASM = "policy.wasm"
OURS = "controlplane.dev"  # the key of what the manifest says for us
ROOTS = ("controlplane", PACKAGE, "parameters")
_RULE = re.compile(rf"{ROOT}/([a-z0-9-]+/[a-z0-9-]+)/rule\.rego")
_NOT_SOURCES = (MANIFEST, DATA, PATH, WASM, "plan.json")


@dataclass(frozen=True)
class Taken:
    """What a bundle holds: files as if they stood under `policies/`, and rules' parameters."""

    files: Mapping[str, str]
    parameters: Mapping[str, Json]  # rule id → its parameters


@dataclass(frozen=True)
class Compiled:
    """A compiled policy to be carried: what its first line says, and the module."""

    head: Json
    wasm: bytes


def written(
    bundle: PolicyBundle,
    schemas: Mapping[str, str],
    *,
    name: str,
    revision: str,
    compiled: Compiled | None = None,
) -> dict[str, bytes]:
    """Return the files of an OPA bundle, not signed yet.

    `schemas` are the parameter schemas by path; `name` is the policy set's, `revision` says which
    state of the repository it is of.
    """
    ours: dict[str, Json] = {"policies": bundle.digest, "policySet": name}
    files = {module.path: module.text.encode() for module in bundle.modules}
    files |= {path: text.encode() for path, text in schemas.items()}
    files[PATH] = entries(bundle).module.text.encode()
    files[DATA] = canonical(_own_parameters(bundle))
    if compiled is not None:
        ours["compiled"] = compiled.head
        files[WASM] = compiled.wasm
    manifest = {
        "metadata": {OURS: ours},
        "rego_version": 1,
        "revision": revision,
        "roots": list(ROOTS),
    }
    return {**files, MANIFEST: canonical(manifest)}


def compiled_in(files: Mapping[str, bytes]) -> Compiled:
    """Return the compiled policy that a bundle carries. Raises ArchiveError where it has none."""
    head = _ours(files).get("compiled")
    if WASM not in files or not isinstance(head, dict):
        raise ArchiveError(
            "the bundle carries no compiled policy",
            remedy="make it with `cpctl policy bundle --compiled`",
        )
    return Compiled(head, files[WASM])


def taken(files: Mapping[str, bytes]) -> Taken:
    """Return the policies of a bundle, by `cpctl policy bundle` or `opa build`.

    Files that are neither Rego nor a schema stay in, so that loading refuses them by name. Raises
    ArchiveError where a file is no text, or `data.json` holds more than parameters.
    """
    texts = {path: _text(path, files[path]) for path in files if path not in _NOT_SOURCES}
    above = _above(texts)
    placed = {f"{ROOT}/{path.removeprefix(above)}": text for path, text in texts.items()}
    rules = [match[1] for path in placed if (match := _RULE.fullmatch(path))]
    return Taken(placed, dict(_parameters(files.get(DATA, b"{}"), rules)))


def _own_parameters(bundle: PolicyBundle) -> Json:
    """Return the parameters of the rules that are in the bundle, and of no other."""
    wanted = {tuple(rule.package.split(".")[1:]) for rule in bundle.rules}
    kept: dict[str, dict[str, Json]] = {}
    for family, rules in bundle.data["parameters"].items():
        for rule, values in rules.items():
            if (family, rule) in wanted:
                kept.setdefault(family, {})[rule] = values
    return {"parameters": kept}


def _above(paths: Collection[str]) -> str:
    """Return what leads to the folder `policies` in every path (`src/policies/`), "" if nothing."""
    first, folder, _ = next(iter(paths), "").rpartition(f"{ROOT}/")
    above = first + folder
    return above if all(path.startswith(above) for path in paths) else ""


def _parameters(data: bytes, rules: list[str]) -> Iterator[tuple[str, Json]]:
    """Yield rules with their parameters; a rule that is not there is an error, not a silence."""
    named = {tuple(package_of(rule).split(".")[1:]): rule for rule in rules}
    value = _json(data, DATA)
    families = value.pop("parameters", {})
    if value or not isinstance(families, dict):
        other = next(iter(value), "parameters")
        raise ArchiveError(
            f"{DATA} holds `{other}`, and rules may read parameters only",
            remedy="publish a bundle whose data.json holds `parameters`, by family and rule",
        )
    for family, of_rules in families.items():
        for rule, values in of_rules.items() if isinstance(of_rules, dict) else [("", None)]:
            if (family, rule) not in named or not isinstance(values, dict):
                raise ArchiveError(f"{DATA} has parameters for {family}/{rule}, which is no rule")
            yield named[family, rule], values


def _ours(files: Mapping[str, bytes]) -> dict[str, Json]:
    metadata = _json(files.get(MANIFEST, b"{}"), MANIFEST).get("metadata")
    found = metadata.get(OURS) if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def _json(data: bytes, name: str) -> dict[str, Json]:
    """Return a document that was read once already, when its signature was verified."""
    value = json.loads(data)
    if not isinstance(value, dict):
        raise ArchiveError(f"{name} is no JSON object")
    return value


def _text(path: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ArchiveError(f"{path} is not UTF-8: {error.reason}") from error

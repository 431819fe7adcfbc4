"""Policies as they stand in a revision, loaded and checked into one bundle.

Decides which files are rules, libraries, tests and samples, and whether all of them may be
evaluated. Reads no files: they come as a mapping of repository path → text. Layout:

    policies/<family>/<rule>/rule.rego         package controlplane.<family>.<rule_with_underscores>
    policies/<family>/<rule>/rule_test.rego    for `opa test`; never loaded for a decision
    policies/<family>/<rule>/parameters.schema.json
    policies/<family>/<rule>/samples/{allow,deny}*.jsonc   JSON; `opa test` would load .json as data
    policies/lib/<name>/<name>.rego            package controlplane.lib.<name>
    policies/bundles/*.tar.gz                  signed OPA bundles: policy sets of their own
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from controlplane.policy import rego_check, rego_module
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.metadata import Metadata, parse
from controlplane.policy.model import PolicyBundle, PolicyModule, Rule
from controlplane.policy.rego_check import ALL_GUARDS, Guards
from controlplane.policy.rego_module import Form, Module
from controlplane.policy.rego_scan import scan
from controlplane.repo.layout import REPOSITORY_FILE
from controlplane.schema import json_schema
from controlplane.schema.json_schema import UnfitSchemaError
from controlplane.values import FieldPath, Position, Problem, dotted
from evidence.canonical import Json, NotCanonicalError, canonical, digest, digest_bytes

ROOT = "policies"
LIBRARIES = f"{ROOT}/lib/"
LARGEST_MODULE = 256 * 1024  # characters
_NAME = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_RULE = re.compile(rf"(?P<family>{_NAME})/(?P<rule>{_NAME})/rule\.rego")
_LIBRARY = re.compile(r"lib/(?P<name>[a-z][a-z0-9_]*)/(?P=name)\.rego")
_ARCHIVE = re.compile(r"bundles/[A-Za-z0-9_.-]+\.tar\.gz")
_OTHER = re.compile(
    rf"(?:{_NAME}|lib)/[a-z0-9_-]+/(?:[a-z0-9_]+_test\.rego|parameters\.schema\.json|README\.md"
    r"|samples/(?:allow|deny)[a-z0-9.-]*\.jsonc?)|README\.md"
)


def is_archive(path: str) -> bool:
    """Whether a file below `policies/` is a bundle: bytes, of which a policy set takes rules."""
    return bool(_ARCHIVE.fullmatch(path.removeprefix(f"{ROOT}/")))


Located = Callable[[FieldPath], Position]
"""Gives the place of a rule's parameter: (rule id, field…)."""


def _unlocated(_: FieldPath) -> Position:
    return Position(REPOSITORY_FILE)


@dataclass(frozen=True)
class RuleFiles:
    """What belongs to one rule besides its module."""

    metadata: Metadata
    schema: Json | None
    samples: Mapping[str, Json]  # file name → envelope
    tests: tuple[PolicyModule, ...]


@dataclass(frozen=True)
class LoadedPolicies:
    """A bundle, what belongs to its rules by their id, and everything that is wrong.

    The bundle is good for nothing while there are problems.
    """

    bundle: PolicyBundle
    files: Mapping[str, RuleFiles]
    problems: tuple[Problem, ...]


def load(
    files: Mapping[str, str],
    parameters: Mapping[str, Json] | None = None,
    *,
    located: Located = _unlocated,
    guards: Guards = ALL_GUARDS,
    only_rules: bool = False,
) -> LoadedPolicies:
    """Load what stands under `policies/`; other paths are left alone.

    `parameters` is rule id → its parameters; what is not given has the default of the rule's
    schema, and what that schema forbids is a problem, at the place `located` gives for
    (rule id, field…). Nothing is raised for the content of a file. With `only_rules` samples and
    tests, which decide nothing, are not looked into.
    """
    inside = {p.removeprefix(ROOT + "/"): t for p, t in files.items() if p.startswith(ROOT + "/")}
    problems = _layout(inside)
    modules = {p: _module(p, text) for p, text in sorted(inside.items()) if _is_module(p)}
    libraries = {m.package: m for p, m in modules.items() if _LIBRARY.fullmatch(p) and m.package}
    rules: list[Rule] = []
    belonging: dict[str, RuleFiles] = {}
    for path, module in modules.items():
        _package(module, path)
        rego_check.check(module, libraries, guards)
        if match := _RULE.fullmatch(path):
            identity = f"{match['family']}/{match['rule']}"
            if (rule := _rule(identity, module)) is not None:
                rules.append(rule[0])
                if not only_rules:
                    belonging[identity] = _belonging(identity, rule[1], inside, problems)
        problems += module.problems
    given = parameters or {}
    problems += _unknown(given, [f"{m['family']}/{m['rule']}" for m in _rules_in(modules)], located)
    values = {rule.id: _values(rule, inside, given.get(rule.id, {}), located) for rule in rules}
    problems += [problem for _, wrong in values.values() for problem in wrong]
    data = _data(rules, {identity: found for identity, (found, _) in values.items()})
    loaded = [PolicyModule(f"{ROOT}/{p}", inside[p]) for p in modules]
    return LoadedPolicies(_bundle(rules, loaded, data), belonging, tuple(sorted(set(problems))))


def require(
    files: Mapping[str, str],
    parameters: Mapping[str, Json] | None = None,
    *,
    located: Located = _unlocated,
) -> PolicyBundle:
    """Return the bundle of `files`.

    Raises PolicyLoadError with every problem where anything is wrong, or where there is no rule.
    """
    loaded = load(files, parameters, located=located, only_rules=True)
    if loaded.problems:
        raise PolicyLoadError(loaded.problems)
    if not loaded.bundle.rules:
        text = "there is no rule, so nothing could be allowed"
        remedy = "add one with `cpctl policy new FAMILY/RULE`"
        raise PolicyLoadError([Problem(Position(ROOT), "policy/none", text, remedy)])
    return loaded.bundle


def restrict(bundle: PolicyBundle, rules: Iterable[str]) -> PolicyBundle:
    """Return the bundle with only the rules of those ids; what they import stays."""
    wanted = set(rules)
    kept = [rule for rule in bundle.rules if rule.id in wanted]
    dropped = {rule.module for rule in bundle.rules} - {rule.module for rule in kept}
    modules = [module for module in bundle.modules if module.path not in dropped]
    return _bundle(kept, modules, bundle.data)


def of_parts(
    rules: Iterable[Rule], modules: Iterable[PolicyModule], data: Mapping[str, Json]
) -> PolicyBundle:
    """Return a bundle of rules and modules that were not loaded from files."""
    return _bundle(list(rules), list(modules), data)


def rule_of(path: str) -> re.Match[str] | None:
    """Return a match with `family` and `rule` for the path of a rule's module, None for others."""
    return _RULE.fullmatch(path.removeprefix(f"{ROOT}/"))


def package_of(identity: str) -> str:
    """Return a rule's package: `change-control/freeze` → `controlplane.change_control.freeze`."""
    return "controlplane." + identity.replace("-", "_").replace("/", ".")


def _bundle(
    rules: list[Rule], modules: list[PolicyModule], data: Mapping[str, Json]
) -> PolicyBundle:
    named = {
        "data": data,
        "modules": {m.path: digest_bytes(m.text.encode()) for m in modules},
    }
    return PolicyBundle(tuple(rules), tuple(modules), data, digest(named))


def _is_module(path: str) -> bool:
    return bool(_RULE.fullmatch(path) or _LIBRARY.fullmatch(path)) and not (
        path.startswith("lib/") and not _LIBRARY.fullmatch(path)
    )


def _layout(inside: Mapping[str, str]) -> list[Problem]:
    return [
        Problem(
            Position(f"{ROOT}/{path}"),
            "policy/layout",
            "this file has no place in the layout of policies, so nobody would evaluate it",
            "policies/<family>/<rule>/rule.rego, policies/lib/<name>/<name>.rego; names in "
            "lower case with hyphens",
        )
        for path in sorted(inside)
        if not _is_module(path) and not _OTHER.fullmatch(path)
    ]


def _module(path: str, text: str) -> Module:
    full = f"{ROOT}/{path}"
    if len(text) > LARGEST_MODULE:
        module = rego_module.read(scan(full, ""))
        message = f"the module holds {len(text):,} characters; at most {LARGEST_MODULE:,} are read"
        module.note(None, "rego/too-large", message, "split it into several rules")
        return module
    return rego_module.read(scan(full, text))


def _package(module: Module, path: str) -> None:
    if match := _RULE.fullmatch(path):
        wanted = package_of(f"{match['family']}/{match['rule']}")
    else:
        wanted = "controlplane.lib." + path.split("/")[1]
    given = ".".join(module.package)
    if module.package and given != wanted:
        first = module.source.statements[0].first
        text = f"package {given} in the folder of {wanted}"
        module.note(first, "rego/package", text, f"write `package {wanted}`, or move the file")


def _rule(identity: str, module: Module) -> tuple[Rule, Metadata] | None:
    if module.source.problems:
        return None  # nothing was read of it, and that has been said
    metadata, problems = parse(module.source)
    module.problems += problems
    if metadata is None:
        return None
    rego_check.check_contract(module, set(metadata.custom.uses))
    expires = any(r.name == "valid_until" and r.form is Form.SET for r in module.rules)
    rule = Rule(
        id=identity,
        package=package_of(identity),
        title=metadata.title,
        description=metadata.description,
        severity=metadata.severity,
        subjects=frozenset(metadata.custom.subjects),
        uses=frozenset(metadata.custom.uses),
        messages=metadata.custom.messages,
        remedy=metadata.custom.remedy,
        controls=tuple(metadata.custom.controls),
        module=module.path,
        expires=expires,
        style=metadata.custom.style,
        effective_on=metadata.custom.effective_on,
    )
    return rule, metadata


def _belonging(
    identity: str, metadata: Metadata, inside: Mapping[str, str], problems: list[Problem]
) -> RuleFiles:
    prefix = identity + "/"
    own = {p.removeprefix(prefix): text for p, text in inside.items() if p.startswith(prefix)}
    parsed = {
        name: _json(f"{ROOT}/{prefix}{name}", text, problems)
        for name, text in own.items()
        if name.endswith((".json", ".jsonc"))
    }
    return RuleFiles(
        metadata=metadata,
        schema=parsed.get("parameters.schema.json"),
        samples={
            name.removeprefix("samples/"): value
            for name, value in sorted(parsed.items())
            if name.startswith("samples/") and value is not None
        },
        tests=tuple(
            PolicyModule(f"{ROOT}/{prefix}{name}", text)
            for name, text in sorted(own.items())
            if name.endswith("_test.rego")
        ),
    )


def _json(path: str, text: str, problems: list[Problem]) -> Json | None:
    try:
        value = json.loads(text)
        canonical(value)
    except (ValueError, RecursionError, NotCanonicalError) as error:
        place = Position(path, getattr(error, "lineno", 1), getattr(error, "colno", 1))
        remedy = "correct the file; comments are not read in any"
        problems.append(Problem(place, "policy/json", f"not JSON: {error}", remedy))
        return None
    return value


def _rules_in(modules: Iterable[str]) -> list[re.Match[str]]:
    return [match for path in modules if (match := _RULE.fullmatch(path))]


def _unknown(given: Mapping[str, Json], rules: Sequence[str], located: Located) -> list[Problem]:
    """Return the parameters that no rule would read."""
    problems = []
    for identity in sorted(set(given) - set(rules)):
        near = difflib.get_close_matches(identity, rules, n=1)
        remedy = f"did you mean `{near[0]}`?" if near else "remove them"
        text = f"parameters for {identity}, but there is no such rule in this policy set"
        problems.append(Problem(located((identity,)), "policy/parameters", text, remedy))
    return problems


def _values(
    rule: Rule, inside: Mapping[str, str], given: Mapping[str, Json], located: Located
) -> tuple[dict[str, Json] | None, list[Problem]]:
    """Return a rule's parameters, None where it takes none, and what is wrong with them."""
    path = f"{rule.id}/parameters.schema.json"
    if (path in inside) != ("parameters" in rule.uses):
        text = "`parameters` in custom.uses and parameters.schema.json come together"
        remedy = "write the schema, or take `parameters` out of custom.uses"
        return None, [Problem(Position(rule.module), "policy/parameters", text, remedy)]
    if given and path not in inside:
        text = f"{rule.id} takes no parameters"
        return None, [Problem(located((rule.id,)), "policy/parameters", text, "remove them")]
    if path not in inside:
        return None, []
    try:
        schema = json_schema.load(f"{ROOT}/{path}", inside[path])
        values = schema.with_defaults(given)
        return values, [
            Problem(
                located((rule.id, *wrong.path)),
                "policy/parameters",
                f"{dotted((rule.id, *wrong.path))}: {wrong.message}",
                wrong.remedy,
            )
            for wrong in schema.problems(values)
        ]
    except UnfitSchemaError as error:
        return None, list(error.problems)


def _data(rules: Iterable[Rule], values: Mapping[str, dict[str, Json] | None]) -> dict[str, Json]:
    """Return `parameters` by family and rule, as Rego sees them."""
    tree: dict[str, dict[str, Json]] = {}
    for rule in rules:
        if (found := values[rule.id]) is not None:
            _, family, name = rule.package.split(".")
            tree.setdefault(family, {})[name] = found
    return {"parameters": tree}


def with_texts(bundle: PolicyBundle, texts: Mapping[str, str]) -> PolicyBundle:
    """Return the bundle with other texts at the same paths: what a mutation of it would decide."""
    modules = [replace(m, text=texts.get(m.path, m.text)) for m in bundle.modules]
    return _bundle(list(bundle.rules), modules, bundle.data)


def as_kept(texts: Mapping[str, str], data: Mapping[str, Json]) -> PolicyBundle:
    """Return a bundle as evidence keeps it: its modules by path, and its parameters.

    Raises PolicyLoadError where they cannot be read as policies any more.
    """
    loaded = load(texts)
    # Schemas are not kept: the parameters are those that were judged with, defaults and all.
    wrong = [problem for problem in loaded.problems if problem.code != "policy/parameters"]
    if wrong:
        raise PolicyLoadError(wrong)
    return _bundle(list(loaded.bundle.rules), list(loaded.bundle.modules), data)

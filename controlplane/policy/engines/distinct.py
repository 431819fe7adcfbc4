"""Every function of a bundle under a name of its own.

regopy looks functions up by their bare name across packages: two modules that each define `about`
with another number of arguments corrupt its memory. So each function `f` of module number 7
becomes `f__7`, where it is defined and wherever it is called; nothing else changes, and no line
moves. The text in Git stays what OPA, people and the digest see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from controlplane.policy.model import PolicyModule
from controlplane.policy.rego_module import Form, Module, read
from controlplane.policy.rego_scan import scan


def distinct(modules: Sequence[PolicyModule]) -> dict[str, str]:
    """Return path → text with every function renamed."""
    parsed = [read(scan(module.path, module.text)) for module in modules]
    renamed = {module.package: _functions(module, index) for index, module in enumerate(parsed)}
    return {module.path: _rewrite(module, renamed) for module in parsed}


def _functions(module: Module, index: int) -> dict[str, str]:
    return {
        name: f"{name}__{index}" for name, form in module.names().items() if form is Form.FUNCTION
    }


def _rewrite(module: Module, renamed: Mapping[tuple[str, ...], Mapping[str, str]]) -> str:
    text, done, parts = module.source.text, 0, []
    for offset, end, name in _changes(module, renamed):
        parts += [text[done:offset], name]
        done = end
    return "".join([*parts, text[done:]])


def _changes(
    module: Module, renamed: Mapping[tuple[str, ...], Mapping[str, str]]
) -> Iterator[tuple[int, int, str]]:
    own = renamed[module.package]
    libraries = {i.alias: renamed.get(i.path[1:], {}) for i in module.imports}
    for rule in module.rules:
        tokens = rule.tokens
        for index, token in enumerate(tokens):
            if index + 1 == len(tokens) or tokens[index + 1].text != "(" or token.kind != "name":
                continue
            dotted = index > 0 and tokens[index - 1].text == "."
            names = libraries.get(tokens[index - 2].text, {}) if dotted else own
            if token.text in names:
                yield token.offset, token.end, names[token.text]

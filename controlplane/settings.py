"""Where each target is reached from this machine. Addresses and credentials never stand in Git.

The repository names credentials (`connection.credentialsRef`); a file on the machine that applies
says what such a name means:

    connections:
      eu-west: {kind: kubernetes, kubeconfig: /etc/cpctl/eu-west.yaml, context: admin}
      archive: {kind: directory, path: /srv/rendered/archive}

`--connect NAME=KIND:ADDRESS` does the same for one command; `*` stands for every name, and
`{name}` in the address for the name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controlplane.errors import UsageError

EVERY = "*"
_ADDRESS = {"kubernetes": "kubeconfig", "directory": "path"}


@dataclass(frozen=True)
class Connection:
    """What a credentials reference means here: the kind of target, and that kind's settings.

    `place` is where that was said, for whoever is to mend it.
    """

    kind: str
    settings: Mapping[str, Any]
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class Connections:
    """What every credentials reference means on this machine."""

    known: Mapping[str, Connection]

    def of(self, reference: str) -> Connection:
        """Return what `reference` means; raises UsageError where nothing says so."""
        found = self.known.get(reference) or self.known.get(EVERY)
        if found is None:
            raise UsageError(
                f"nothing says how to reach `{reference}` from here",
                remedy=f"add it to the connections file, or use --connect {reference}="
                "directory:DIR or --connect "
                f"{reference}=kubernetes:KUBECONFIG#CONTEXT",
            )
        named = {k: _named(v, reference) for k, v in found.settings.items()}
        return Connection(found.kind, named, found.place)


def _named(value: Any, reference: str) -> Any:
    return value.replace("{name}", reference) if isinstance(value, str) else value


def read(document: Any, source: str) -> dict[str, Connection]:
    """Return the connections of a parsed file; raises UsageError naming what is wrong in it."""
    given = document.get("connections") if isinstance(document, dict) else None
    if not isinstance(given, dict):
        raise UsageError(
            f"{source} holds no `connections:`",
            remedy="write `connections:` and below it `name: {kind: …}`",
        )
    found: dict[str, Connection] = {}
    for name, settings in given.items():
        if not isinstance(settings, dict) or not isinstance(settings.get("kind"), str):
            raise UsageError(
                f"{source}: connection `{name}` has no kind",
                remedy=f"write `{name}: {{kind: kubernetes, kubeconfig: FILE}}`",
            )
        rest = {key: value for key, value in settings.items() if key != "kind"}
        place = f"{source}: connection `{name}`"
        for value in rest.values():
            _refuse_other_words(value, place)
        found[str(name)] = Connection(settings["kind"], rest, place)
    return found


def parse_option(text: str) -> tuple[str, Connection]:
    """Return what one `--connect NAME=KIND:ADDRESS` says; raises UsageError for another form.

    The address of a directory is its path; that of a cluster is a kubeconfig file, with
    `#context` where it is not the current one.
    """
    name, equals, rest = text.partition("=")
    kind, colon, address = rest.partition(":")
    if not (name and equals and kind and colon and address):
        raise UsageError(
            f"--connect {text!r} is not NAME=KIND:ADDRESS",
            remedy="write --connect '*=directory:out/{name}' or NAME=kubernetes:KUBECONFIG#CONTEXT",
        )
    _refuse_other_words(address, f"--connect {text!r}")
    path, _, context = address.partition("#")
    settings = {_ADDRESS.get(kind, "address"): path}
    if context:
        settings["context"] = context
    return name, Connection(kind, settings, f"--connect {text!r}")


def _refuse_other_words(value: Any, where: str) -> None:
    """Raise UsageError for `{word}` that stands for nothing, or a folder would be called so."""
    for word in re.findall(r"\{(\w*)\}", value) if isinstance(value, str) else ():
        if word != "name":
            raise UsageError(
                f"{where}: `{{{word}}}` stands for nothing",
                remedy="write `{name}` for the name of the target",
            )


def combine(file: Mapping[str, Connection], options: Sequence[str]) -> Connections:
    """Return what counts: options go before the file."""
    return Connections({**file, **dict(parse_option(option) for option in options)})

"""`cpctl keys`: make, replace and list the keys of this machine; write an auditor's trust set."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click

from controlplane.cli import options, output
from controlplane.cli.reading import state_of
from controlplane.operations.trust import trust_root_yaml, trust_set
from controlplane.resources.common import StaffRole
from evidence.crypto import ALGORITHMS, Algorithm
from evidence.keys import PURPOSES, KeyFile, create_keys, keys_in, rotate

DEFAULT_PURPOSES = ("decide", "apply", "log")

directory = click.option(
    "--dir",
    "where",
    type=click.Path(path_type=Path),
    help="Where the keys are; default: keys/ in $CPCTL_HOME or ~/.config/cpctl.",
)


@click.group()
def keys() -> None:
    """The keys this machine signs evidence with; the private halves are never shown."""


@keys.command()
@directory
@click.option("--holder", help="Who holds them, a word: the names begin with it. Default: host.")
@click.option(
    "--purpose",
    "purposes",
    type=click.Choice(PURPOSES),
    multiple=True,
    default=DEFAULT_PURPOSES,
    show_default=True,
    help="What a key is for: one key for each.",
)
@click.option(
    "--algorithm",
    type=click.Choice(ALGORITHMS),
    default="ed25519",
    show_default=True,
    help="How statements are signed; the log's key is always ed25519.",
)
@click.option(
    "--role",
    "roles",
    type=click.Choice(get_args(StaffRole)),
    multiple=True,
    help="In which role its holder approves. [robot]",
)
def init(
    where: Path | None,
    holder: str | None,
    purposes: tuple[str, ...],
    algorithm: Algorithm,
    roles: tuple[str, ...],
) -> None:
    """Make one key for each purpose and print the TrustRoot to commit."""
    place = keys_directory(os.environ) if where is None else where
    holder = _word(holder or socket.gethostname())
    made = create_keys(place, holder, purposes, now=datetime.now(UTC), algorithm=algorithm)
    output.data(trust_root_yaml(holder, made, holder=holder, roles=roles))
    output.talk(f"{len(made)} keys in {place}")
    output.talk(f"next: commit the TrustRoot above as trust/{holder}.yaml")


@keys.command("rotate")
@click.argument("name")
@directory
def rotate_(name: str, where: Path | None) -> None:
    """Replace the key called NAME and print both for the TrustRoot: the old one with its end."""
    place = keys_directory(os.environ) if where is None else where
    retired, new = rotate(place, name, now=datetime.now(UTC))
    holder = re.sub(rf"-{retired.purpose}(-\d+)?$", "", name)
    output.data(trust_root_yaml(holder, (retired, new), holder=holder))
    output.talk(f"the private half of {retired.public_key.keyid[:16]}… is destroyed")
    output.talk(f"next: in trust/, end the old {name} as printed above and add the new one")


@keys.command("list")
@directory
@options.form("table", "json")
def list_(where: Path | None, form: str) -> None:
    """List the keys, retired ones included."""
    place = keys_directory(os.environ) if where is None else where
    found = list(keys_in(place))
    if form == "json":
        output.data(output.as_json([key.to_json() for key in found]))
        return
    headers = ("NAME", "PURPOSE", "ALGORITHM", "KEYID", "CREATED", "RETIRED")
    output.data(output.table(headers, [_row(key) for key in found]))
    if not found:
        output.talk(f"no keys in {place}")
        output.talk("next: run `cpctl keys init`")


@keys.command()
@click.argument("path", default=".", type=click.Path())
@click.option("--rev", metavar="REV", help="Read a revision instead of the working tree.")
def trust(path: str, rev: str | None) -> None:
    """Print the keys of the repository's trust roots, for `evidence verify --trust`."""
    output.data(trust_set(state_of(path, rev)).to_bytes().decode())


def keys_directory(environment: Mapping[str, str]) -> Path:
    """Return where keys are when nobody says otherwise."""
    if home := environment.get("CPCTL_HOME"):
        return Path(home) / "keys"
    configuration = environment.get("XDG_CONFIG_HOME")
    base = Path(configuration) if configuration else Path.home() / ".config"
    return base / "cpctl" / "keys"


def _word(text: str) -> str:
    """Return `text` as a resource name: lower-case words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "machine"


def _row(key: KeyFile) -> tuple[str, ...]:
    return (
        key.name,
        key.purpose,
        key.public_key.algorithm,
        key.public_key.keyid[:16],
        key.created,
        key.retired or "-",
    )

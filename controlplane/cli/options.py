"""Options that several commands share, worded once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from controlplane import wiring

F = TypeVar("F", bound=Callable[..., Any])

root = click.option("--root", default=".", type=click.Path(), help="The repository.")
rev = click.option("--rev", default="HEAD", metavar="REV", help="The revision. [HEAD]")
keys = click.option(
    "--keys", type=click.Path(path_type=Path), help="The directory of signing keys."
)
state = click.option(
    "--state", metavar="URL", help="The state store: sqlite:///FILE or postgresql://…"
)


def _registered(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """Refuse a name that no engine has, also where nothing turns out to be judged."""
    if name is not None:
        wiring.require_engine(name)
    return name


engine = click.option(
    "--engine",
    metavar="NAME",
    callback=_registered,
    help="The policy engine; the best at hand if not given.",
)
allow_empty = click.option(
    "--allow-empty", is_flag=True, help="Empty placements of which nothing at all is rendered."
)


def form(*names: str) -> Callable[[F], F]:
    """Return the `-o` option with these forms, the first as default."""
    return click.option(
        "-o",
        "form",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        help="The form.",
    )


def reaching(command: F) -> F:
    """Add the options that say how targets are reached."""
    connect = click.option(
        "--connect",
        multiple=True,
        metavar="NAME=KIND:ADDRESS",
        help="How a target is reached: '*=directory:out/{name}', eu=kubernetes:KUBECONFIG#CONTEXT.",
    )
    file = click.option(
        "--connections",
        type=click.Path(path_type=Path),
        help="A file that says how targets are reached. [~/.config/cpctl/connections.yaml]",
    )
    return connect(file(command))


def step(command: F) -> F:
    """Add the options that name the two ends of a step."""
    base = click.option(
        "--base", metavar="REV", required=True, help="What the protected branch holds."
    )
    head = click.option("--head", metavar="REV", default="HEAD", help="What it would hold. [HEAD]")
    return base(head(command))


def choosing(command: F) -> F:
    """Add the options that choose some of the tenants and environments."""
    tenant = click.option("--tenant", multiple=True, help="Only this tenant; may be repeated.")
    environment = click.option("--env", "environment", default="", help="Only this environment.")
    return tenant(environment(command))

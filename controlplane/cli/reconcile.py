"""`cpctl reconcile`: follow a branch and keep the targets as it says; one pass without --watch."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.cli.apply import Pass, apply_once
from controlplane.cli.parameters import FILE, Listen, Seconds
from controlplane.errors import Exit, UsageError
from controlplane.repo.git import GitRepository
from controlplane.repo.git.answers import Credentials
from controlplane.repo.git.remote import Mirror, mirror_name, require_remote
from controlplane.server.journal import FORMS, Journal
from controlplane.server.service import Given, Service
from controlplane.server.webhook import MINIMUM_SECRET_BYTES
from reconciler.plan import PlanOptions


@click.command(name="reconcile")
@click.option("--watch", is_flag=True, help="Go on until told to stop.")
@click.option("--branch", default="main", metavar="NAME", help="The branch to follow. [main]")
@options.root
@click.option("--remote", metavar="URL", help="Follow a remote instead: https, ssh or file.")
@click.option("--mirror", type=click.Path(path_type=Path), help="Where the remote is mirrored.")
@click.option("--git-key-file", type=FILE, help="An SSH key; the SSH agent if not given.")
@click.option("--git-token-file", type=FILE, help="A file that holds a token for https.")
@click.option("--listen", type=Listen(), default="127.0.0.1:8484", help="Health and webhook.")
@click.option("--webhook-secret-file", type=FILE, help="Who calls the webhook must know it.")
@click.option("--interval", type=Seconds(), default="60s", help="Slow look at the branch. [60s]")
@click.option("--resync", type=Seconds(), default="10m", help="Slow look at all targets. [10m]")
@click.option("--log", "log", type=click.Choice(FORMS), default="text", help="The form of lines.")
@options.reaching
@options.state
@options.engine
@options.keys
def command(
    watch: bool,
    branch: str,
    root: str,
    remote: str | None,
    mirror: Path | None,
    git_key_file: Path | None,
    git_token_file: Path | None,
    listen: tuple[str, int],
    webhook_secret_file: Path | None,
    interval: float,
    resync: float,
    log: str,
    connect: tuple[str, ...],
    connections: Path | None,
    state: str | None,
    engine: str | None,
    keys: Path | None,
) -> int:
    """Follow a branch: apply what was allowed, and heal what others change."""
    followed = _mirror(remote, mirror, branch, Credentials(git_key_file, git_token_file))
    repository = followed.repository if followed else GitRepository.open(root)
    reach = wiring.connections(connect, connections)
    if not watch:
        if followed:
            followed.fetch()
        permitted = PlanOptions()
        name = f"refs/heads/{branch}"
        return apply_once(
            Pass(repository, name, reach, state, engine, keys, permitted), (), "", "table"
        )
    repository.refuse_shallow()
    given = Given(
        repository=repository,
        mirror=followed,
        branch=branch,
        reach=reach,
        state=state,
        engine=engine,
        keys=keys,
        address=listen,
        secret=_secret(webhook_secret_file),
        interval=interval,
        resync=resync,
    )
    Service(given, Journal(output.talk, wiring.now, log), _stopping()).run()
    return Exit.CLEAN


def _mirror(
    remote: str | None, place: Path | None, branch: str, credentials: Credentials
) -> Mirror | None:
    if remote is None:
        return None
    require_remote(remote, credentials)
    return Mirror(place or wiring.mirrors() / mirror_name(remote), remote, branch, credentials)


def _secret(file: Path | None) -> bytes:
    if file is None:
        return b""  # authenticates nobody
    secret = file.read_bytes().strip()
    if len(secret) < MINIMUM_SECRET_BYTES:
        raise UsageError(
            f"{file} holds less than {MINIMUM_SECRET_BYTES} bytes, too few for a secret",
            remedy="make one with `openssl rand -hex 32` and give it to the Git server, too",
        )
    return secret


def _stopping() -> threading.Event:
    """Return what is set when the process is asked to end: SIGTERM, SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop

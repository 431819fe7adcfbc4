"""`cpctl serve gate`: the gate over HTTP, for admission webhooks, hooks and portals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.cli.parameters import FILE, Listen, Seconds
from controlplane.errors import Exit
from controlplane.repo.git import GitRepository
from controlplane.server.journal import FORMS, Journal

if TYPE_CHECKING:
    import socket


MIB = 1 << 20
SHOWN = 20  # names of branches


@click.group()
def serve() -> None:
    """Answer over HTTP."""


@serve.command(name="gate")
@options.root
@click.option("--branch", default="main", metavar="NAME", help="Whose policies judge. [main]")
@click.option("--listen", type=Listen(), default="127.0.0.1:8485", help="[127.0.0.1:8485]")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes. [one a processor]")
@click.option("--tls-cert", type=FILE, help="The certificate chain, PEM; renewed when it changes.")
@click.option("--tls-key", type=FILE, help="Its private key.")
@click.option("--client-ca", type=FILE, help="Who asks must have a certificate of this authority.")
@click.option("--token-file", type=FILE, help="Who asks must know one of these tokens.")
@click.option("--insecure", is_flag=True, help="Listen on any address without TLS and tokens.")
@click.option("--record", is_flag=True, help="Answer no decision before it is durable.")
@click.option("--deadline", type=Seconds(), default="5s", help="For one decision. [5s]")
@click.option("--changes-deadline", type=Seconds(), default="60s", help="For one change. [60s]")
@click.option(
    "--max-waiting",
    type=click.IntRange(1, 100_000),
    default=128,
    show_default=True,
    help="Requests a process takes on; more are told to come again (429).",
)
@click.option("--max-body", type=click.IntRange(1, 64), default=8, show_default=True, help="MiB.")
@click.option("--interval", type=Seconds(), default="60s", help="Slow look at the branch. [60s]")
@click.option("--grace", type=Seconds(), default="10s", help="For what is under way. [10s]")
@click.option("--log", "log", type=click.Choice(FORMS), default="text", help="The form of lines.")
@options.engine
@options.keys
def gate(
    root: str,
    branch: str,
    listen: tuple[str, int],
    workers: int | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    client_ca: Path | None,
    token_file: Path | None,
    insecure: bool,
    record: bool,
    deadline: float,
    changes_deadline: float,
    max_waiting: int,
    max_body: int,
    interval: float,
    grace: float,
    log: str,
    engine: str | None,
    keys: Path | None,
) -> int:
    """Judge what is asked over HTTP, under the policies of a branch.

    Whatever is not decided is denied, so everything while the branch is not there yet, as in a
    mirror that is filled later. A new revision of the branch takes over between two
    requests; one whose policies do not load leaves those in force that were.
    """
    import os  # noqa: PLC0415

    from controlplane.server.gate.access import require_safe, tokens  # noqa: PLC0415
    from controlplane.server.gate.http1 import Bounds  # noqa: PLC0415
    from controlplane.server.gate.listening import (  # noqa: PLC0415
        TlsFiles,
        address_of,
        context,
        sockets,
    )
    from controlplane.server.gate.supervisor import Supervisor  # noqa: PLC0415

    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together")
    if client_ca is not None and tls_cert is None:
        raise click.UsageError("--client-ca needs --tls-cert and --tls-key")
    files = TlsFiles(tls_cert, tls_key, client_ca) if tls_cert and tls_key else None
    if files is not None:
        context(files)
    if token_file is not None:
        tokens(token_file.read_bytes(), str(token_file))
    require_safe(
        listen[0],
        tls=files is not None,
        authenticated=token_file is not None or client_ca is not None,
        insecure=insecure,
    )
    repository = GitRepository.open(root)
    repository.refuse_shallow()
    wiring.policy_engine(engine)
    if record or keys is not None:
        wiring.evidence_writer(wiring.evidence_directory(repository), "decide", keys=keys)
    journal = Journal(output.talk, wiring.now, log)
    listening = sockets(*listen, workers or os.cpu_count() or 1)
    journal.say("info", "listening", {"listen": address_of(listening), "branch": branch})
    if not repository.has(f"refs/heads/{branch}"):
        journal.say("warning", "branch-missing", _missing(repository.branches()))

    def run(own: socket.socket, parent: int, runtime: Path) -> None:
        from controlplane.server.gate.worker import Given, Worker  # noqa: PLC0415

        given = Given(
            root=root,
            branch=branch,
            engine=engine,
            keys=keys,
            record=record,
            tls=files,
            token_file=token_file,
            deadline=deadline,
            changes_deadline=changes_deadline,
            most=max_waiting,
            interval=interval,
            grace=grace,
            bounds=Bounds(body_bytes=max_body * MIB),
        )
        Worker(given, own, parent, runtime, journal).run()

    Supervisor(listening, run, journal, grace).serve()
    journal.say("info", "stopped", {})
    return Exit.CLEAN


def _missing(branches: list[str]) -> dict[str, str]:
    """Return what there is to say where the branch is not there: it may be pushed later."""
    shown = [*branches[:SHOWN], "…"] if len(branches) > SHOWN else branches
    return {
        "waiting": "nothing is decided before the branch is there",
        "branches": ", ".join(shown) or "none",
        "next": "push it, or name another with --branch",
    }

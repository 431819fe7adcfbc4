"""`cpctl hook pre-receive`: called by Git on a server, before a push is accepted.

In a bare repository, `hooks/pre-receive` holds:

    #!/bin/sh
    exec cpctl hook pre-receive

What it prints is shown to whoever pushes.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from controlplane import wiring
from controlplane.cli import gate_output, options, output
from controlplane.cli.parameters import FILE, Seconds
from controlplane.errors import Exit
from controlplane.gateclient import GateServer, require_url
from controlplane.operations.pushed import Push, to_judge
from controlplane.operations.recording import record_decision
from controlplane.operations.stepping import KeptEngine, Means, judge_step
from controlplane.repo.git import GitRepository
from controlplane.repo.quarantine import folder, folder_name, moved
from controlplane.repo.snapshot import read_part
from controlplane.report.results import exit_of
from evidence.canonical import Json

_HEADS = "refs/heads/"


@click.group()
def hook() -> None:
    """What Git calls on a server."""


@hook.command(name="pre-receive")
@options.root
@click.option("--branch", default="main", metavar="NAME", help="Says which are protected. [main]")
@click.option("--server", metavar="URL", help="Ask a gate that is served; else judge here.")
@click.option("--server-ca", type=FILE, help="The authority of its certificate.")
@click.option("--token-file", type=FILE, help="Holds the token that it knows.")
@click.option("--deadline", type=Seconds(), default="60s", help="For its answer. [60s]")
@click.option("--no-record", is_flag=True, help="Leave no evidence of what is judged here.")
@options.engine
@options.keys
def pre_receive(
    root: str,
    branch: str,
    server: str | None,
    server_ca: Path | None,
    token_file: Path | None,
    deadline: float,
    no_record: bool,
    engine: str | None,
    keys: Path | None,
) -> int:
    """Judge what is pushed to protected branches; Git accepts all of a push or nothing.

    Reads from stdin what Git says about it: `OLD NEW REF`, a line each.
    """
    pushed = moved(sys.stdin)
    quarantine = folder_name(os.environ)
    repository = GitRepository.open(os.environ.get("GIT_DIR") or root)
    repository.refuse_shallow()
    wider = repository
    if quarantine:
        wider = repository.with_objects(folder(repository.git_dir, quarantine))
    asked = to_judge(
        pushed,
        _protected(repository, branch),
        _tip(repository, branch),
        empty=not repository.has_branches(),
    )
    if server is not None:
        token = token_file.read_text(encoding="ascii").split()[0] if token_file else ""
        gate = GateServer(require_url(server), token, server_ca, seconds=deadline)
        codes = [_ask(push, gate, quarantine) for push in asked]
    else:
        means = Means(
            engine=KeptEngine(wiring.policy_engine(engine)),
            charts=wiring.charts(),
            evidence=wiring.evidence_directory(repository),
            branch=branch,
            now=wiring.now,
        )
        writer = None  # without anything to judge no key is needed
        if not no_record and any(not push.refused for push in asked):
            writer = wiring.evidence_writer(means.evidence, "decide", keys=keys)
        codes = [_judge(push, wider, means, writer) for push in asked]
    return max(codes, default=Exit.CLEAN)


def _protected(repository: GitRepository, branch: str) -> tuple[str, ...]:
    """Return the branches that are judged: what the revision in force says, and `branch`."""
    if not repository.has(f"{_HEADS}{branch}"):
        return (branch,)
    declared = read_part(repository, f"{_HEADS}{branch}").repository()
    return (branch, *(declared.spec.protected_branches if declared else ()))


def _tip(repository: GitRepository, branch: str) -> str:
    name = f"{_HEADS}{branch}"
    return repository.resolve(name).id if repository.has(name) else ""


def _judge(push: Push, repository: GitRepository, means: Means, writer: Any) -> int:
    if push.refused:
        return _refused(push)
    here = means
    if repository.has(push.reference):  # a new one is judged from where policies are in force
        here = replace(means, branch=push.reference.removeprefix(_HEADS))
    report = judge_step(repository, push.base, push.head, here)
    if writer is not None and not report.problems:
        entry = record_decision(report, writer)
        output.talk(f"recorded: {entry.origin} entry {entry.index}")
    output.talk(f"{push.reference}:\n{gate_output.as_table(report)}")
    return exit_of(report)


def _ask(push: Push, gate: GateServer, quarantine: str) -> int:
    if push.refused:
        return _refused(push)
    answer = gate.change(push.base, push.head, quarantine)
    output.talk(f"{push.reference}: {'allowed' if answer['allow'] else 'denied'}")
    for each in (*answer["problems"], *answer["words"]):
        output.talk(f"{each['position']}: {each['severity']} {each['message']}  [{each['rule']}]")
        output.talk(f"    → {each['remedy']}")
    for line in answer["details"]:
        output.talk(f"undecided: {line}")
    if more := _unseen(answer):
        output.talk(f"and {more} more; `cpctl gate` shows all of them")
    return Exit.CLEAN if answer["allow"] is True else Exit.FINDINGS


def _unseen(answer: Json) -> int:
    """Return how many findings lie beyond the page; 0 of a server that says no totals."""
    totals = answer.get("totals", {})
    names = ("problems", "words", "details")
    return sum(totals.get(name, len(answer[name])) - len(answer[name]) for name in names)


def _refused(push: Push) -> int:
    output.talk(push.refused)
    output.talk(f"next: {push.remedy}")
    return Exit.FINDINGS

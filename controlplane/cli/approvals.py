"""`cpctl approvals`: who agreed to a step, and taking over what a Git server says of it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.cli.reading import step_of
from controlplane.errors import Exit, UsageError
from controlplane.operations.agreement import authors, open_reviews
from controlplane.operations.approvals import Approval, Approvals
from controlplane.operations.approving import (
    import_reviews,
    refuse_other_branch,
    refuse_other_repository,
)
from controlplane.operations.people import People
from controlplane.operations.said import Statements
from controlplane.operations.trust import trust_of
from controlplane.repo.git import GitRepository
from controlplane.report import emergencies
from evidence.canonical import Json

LARGEST = 8 << 20  # bytes of an event


@click.group()
def approvals() -> None:
    """Who agreed to a change, and what a Git server says of it."""


@approvals.command("list")
@options.step
@options.root
@options.form("table", "json")
def list_(base: str, head: str, root: str, form: str) -> int:
    """Show who agreed to the step from BASE to HEAD, in which role, and whether it counts.

    Also which emergencies in BASE are still to be reviewed.
    """
    repository = GitRepository.open(root)
    repository.refuse_shallow()
    step = step_of(repository, base, head)
    people = People.of(step.base)
    statements = Statements(wiring.evidence_directory(repository))
    now = wiring.now()
    book = Approvals(statements, trust_of(step.base), people, now)
    found, wrote = book.of(step), authors(repository, step, people, book)
    reviews = emergencies.by_urgency(open_reviews(repository, step, book))
    if form == "json":
        rows = [{**each.to_fact(), "objection": each.objection} for each in found]
        due = [each.to_json() for each in reviews]
        output.data(output.as_json({"approvals": rows, "authors": wrote, "reviews": due}))
        return Exit.CLEAN
    headers = ("WHO", "PERSON", "ROLE", "COVERS", "SAID BY", "TIME", "COUNTS")
    output.data(output.table(headers, [_row(each, wrote) for each in found]))
    for review in reviews:
        output.data(f"review: {emergencies.sentence(review, now)}")
    for author in wrote:
        who = author["person"] or "nobody the trust root knows"
        output.talk(f"written by {_signature(author)}: {who}")
    if not found:
        output.talk("nobody agreed to this step; an approval holds for one pair of trees only")
        output.talk("next: `cpctl approve`, or `cpctl approvals import`")
    return Exit.CLEAN


def _signature(author: Json) -> str:
    """Return name and address of who wrote a part; a Git server's account has no address."""
    return " ".join(part for part in (author["name"], author["email"]) if part)


def _row(approval: Approval, wrote: list[Json]) -> tuple[str, ...]:
    counts = f"no: {approval.objection}" if approval.objection else "yes"
    if not approval.objection and approval.person in {author["person"] for author in wrote}:
        counts = "yes, but not where the author may not approve"
    elif not approval.objection and "" in {author["person"] for author in wrote}:
        counts = "yes, but not as independent: the trust root does not know who wrote a part"
    elif not approval.objection and not approval.known:
        counts = "yes, but not as independent: the trust root names no person for the key"
    return (
        approval.name,
        approval.person,
        approval.role or "-",
        ",".join(approval.classes) or "all",
        approval.source,
        approval.time,
        counts,
    )


@approvals.command("import")
@click.option("--from", "source", metavar="SERVER", required=True, help="github, gitlab, …")
@click.option(
    "--event",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The file the server sent: an event, or the list of reviews.",
)
@click.option("--issuer", default="", help="Whose accounts they are, for a server of your own.")
@click.option(
    "--into", metavar="BRANCH", default="", help="Where the step goes. [the branch of --base]"
)
@click.option(
    "--repository",
    metavar="OWNER/NAME",
    default="",
    help="Whose events count; those of another, as of a fork, are refused.",
)
@options.step
@options.root
@options.keys
def import_(
    source: str,
    event: Path,
    issuer: str,
    into: str,
    repository: str,
    base: str,
    head: str,
    root: str,
    keys: Path | None,
) -> int:
    """Record what SERVER says of the step from BASE to HEAD, signed by this machine."""
    said = wiring.review_source(source)(_read(event), issuer)
    refuse_other_repository(said, repository)
    git = GitRepository.open(root)
    git.refuse_shallow()
    refuse_other_branch(said, into or _branch(git, base))
    step = step_of(git, base, head)
    writer = wiring.evidence_writer(wiring.evidence_directory(git), "import", keys=keys)
    people, trust = People.of(step.base), trust_of(step.base)
    entry, words = import_reviews(step, said, people, trust, writer)
    for line in words:
        output.data(line)
    output.data(f"imported from {source}: {entry.origin} entry {entry.index}")
    output.talk("next: `cpctl approvals list`, then `cpctl gate`")
    return Exit.CLEAN


def _branch(repository: GitRepository, base: str) -> str:
    """Return the branch that a base is given as, "" where it is given otherwise."""
    name = base.removeprefix("refs/heads/")
    if repository.has(f"refs/heads/{name}"):
        return name
    name = base.removeprefix("refs/remotes/").removeprefix("origin/")
    return name if repository.has(f"refs/remotes/origin/{name}") else ""


def _read(path: Path) -> Json:
    remedy = "give the file the server sent, unchanged"
    if path.stat().st_size > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST:,} bytes", remedy=remedy)
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}", remedy=remedy) from error

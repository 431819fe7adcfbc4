"""What people said of one step, gathered for the gate: approvals, authors, reviews that are due.

Reads Git and the evidence directory; what a statement is worth is `approvals`' to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from controlplane.operations.approvals import Approvals, facts
from controlplane.operations.emergencies import OpenReview, review_within
from controlplane.operations.gate import Agreement, Step
from controlplane.operations.people import People
from controlplane.operations.said import Statements
from controlplane.operations.trust import trust_of
from controlplane.repo.git import GitRepository, Person
from evidence.canonical import Json

LONGEST = 10_000  # commits walked back for emergencies that wait for a review


def agreement(
    repository: GitRepository, statements: Statements, step: Step, now: datetime
) -> Agreement:
    """Return what people said of `step`; nobody is asked about the very first revision."""
    if step.genesis:
        return Agreement()
    people = People.of(step.base)
    book = Approvals(statements, trust_of(step.base), people, now)
    return Agreement(
        approvals=facts(book.of(step)),
        authors=tuple(authors(repository, step, people, book)),
        reviews=open_reviews(repository, step, book),
        emergency=book.emergency(step, review_within(step.base)),
    )


def open_reviews(repository: GitRepository, step: Step, book: Approvals) -> tuple[OpenReview, ...]:
    """Return the emergencies in the branch that are still to be reviewed, as the base asks."""
    within = review_within(step.base)
    return book.open_reviews(lambda: tuple(_trees(repository, step)), within) if within else ()


def authors(repository: GitRepository, step: Step, people: People, book: Approvals) -> list[Json]:
    """Return everybody who wrote a part of the change, by its commits and by Git servers."""
    return [*people.authors(_committed(repository, step)), *book.authors(step)]


def _committed(repository: GitRepository, step: Step) -> Iterator[Person]:
    base, head = step.base.commit, step.head.commit
    if base is not None and head is not None:
        for commit in repository.commits_between(base.id, head.id):
            yield commit.author


def _trees(repository: GitRepository, step: Step) -> Iterator[tuple[str, str]]:
    """Yield the trees that the branch has held and their commits' ids, the newest first."""
    commit, count = step.base.commit, 0
    while commit is not None and count < LONGEST:
        yield commit.tree_id, commit.id
        commit = repository.resolve(commit.parents[0]) if commit.parents else None
        count += 1

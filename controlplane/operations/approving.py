"""Approving: a signed statement that somebody agrees to one step, in one role.

It is about one step, from one tree to another: an added commit makes it worthless, a rebase that
leaves both trees as they were does not. Which statements count is left to `approvals`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from controlplane.errors import UsageError
from controlplane.operations.gate import Step
from controlplane.operations.people import People, objection
from controlplane.operations.recording import state_json, subjects_of
from controlplane.operations.requirements import EMERGENCY
from controlplane.reviews.model import Review, Reviews
from evidence.canonical import Json
from evidence.records import Record
from evidence.run import Entry
from evidence.trust import TrustSet
from evidence.writer import EvidenceWriter

KIND, IMPORT_KIND, AUTHOR_KIND = "approval", "approval-import", "author"
OWN_KEY = "key"  # the source of an approval that its approver signed; no server is called so
APPROVAL_VERSION = "controlplane.dev/approval/v1"


def approve(
    step: Step,
    role: str,
    comment: str,
    trust: TrustSet,
    writer: EvidenceWriter,
    *,
    classes: Sequence[str] = (),
    review: bool = False,
) -> Entry:
    """Record that whoever holds the writer's key agrees to the step in `role`.

    `classes` limits what the approval covers; empty is all of the change. `review` says that an
    emergency was looked at afterwards. Raises UsageError where the trust root of the base does not
    give the key that role.
    """
    key = trust.keys.get(writer.signer.keyid)
    if key is None or key.purpose != "approve" or role not in key.roles:
        raise UsageError(
            f"the trust root of {step.base.revision} does not let key {writer.signer.name} approve "
            f"as {role}",
            remedy="have the key added under trust/ with purpose approve and this role, first",
        )
    limited = f", for {' and '.join(classes)} only" if classes else ""
    word = "reviewed" if review else "approved"
    summary = f"{word} {_name(step)} as {role}{limited}"
    payload = {
        **_about(step),
        "role": role,
        "comment": comment,
        "classes": sorted(set(classes)),
        "review": review,
    }
    run = writer.begin(kind=KIND, subjects=subjects_of(step), summary=summary)
    with run:
        run.record(Record(KIND, summary, payload))
        return run.close(outcome="approved", summary=summary)


def refuse_unknown_classes(classes: Collection[str], changed: Collection[str]) -> None:
    """Raise UsageError for classes the change does not have: covering them would mean nothing.

    `emergency` is no field's class: an approval claims it.
    """
    strange = sorted(set(classes) - set(changed) - {EMERGENCY})
    if strange:
        raise UsageError(
            f"the change is not of class {', '.join(strange)}",
            remedy=f"it is of class {', '.join(sorted(changed)) or 'none: nothing changed'}",
        )


def refuse_other_branch(reviews: Reviews, into: str) -> None:
    """Raise UsageError for approvals of a merge into another branch than `into`, "" if unknown.

    Only where the server names no commit: against another branch another difference was approved.
    """
    if reviews.base or reviews.target == into != "":
        return
    if not any(each.state == "approved" for each in reviews.reviews):
        return
    if not into:
        raise UsageError(
            "the event names no commit that it is to be merged into, at most a branch, and which "
            "branch the step goes to is not known",
            remedy="name the protected branch with --into, or as --base",
        )
    about = f"a merge into the branch `{reviews.target}`" if reviews.target else "no known branch"
    raise UsageError(
        f"the event is about {about}, the step goes to the branch `{into}`",
        remedy="what was approved is another change: have it approved for this branch",
    )


def refuse_other_repository(reviews: Reviews, repository: str) -> None:
    """Raise UsageError for what was said in another repository than OWNER/NAME, "" for any.

    A fork has branches of the same names, so what was approved there may be a smaller difference.
    """
    if not repository or reviews.repository.lower() == repository.lower():
        return
    where = f"the repository {reviews.repository}" if reviews.repository else "no known repository"
    raise UsageError(
        f"the event is about {where}, and {repository} is wanted",
        remedy="give an event of that repository, as the server sends it",
    )


def import_reviews(
    step: Step, reviews: Reviews, people: People, trust: TrustSet, writer: EvidenceWriter
) -> tuple[Entry, tuple[str, ...]]:
    """Record what a Git server said of the step, signed by this machine; return it, in words too.

    Every reviewer's latest word is recorded, also that it no longer holds. Raises UsageError where
    the reviews are about another head or base, or the base does not let the key import, or the
    source calls itself what only an approver's own signature is.
    """
    key = trust.keys.get(writer.signer.keyid)
    if key is None or key.purpose != "import":
        raise UsageError(
            f"the trust root of {step.base.revision} does not let key {writer.signer.name} import",
            remedy="have the key added under trust/ with purpose import, first",
        )
    if reviews.source == OWN_KEY:
        raise UsageError(
            f"no server is called {OWN_KEY}: that is what approvals by their own key are",
            remedy="rename the review source",
        )
    head = step.head.commit.id if step.head.commit else ""
    if reviews.head and reviews.head != head:
        raise UsageError(
            f"the event is about commit {reviews.head[:12]}, the head is {head[:12]}",
            remedy="give the revision the event is about with --head, or a newer event",
        )
    base = step.base.commit.id if step.base.commit else ""
    if reviews.base and reviews.base != base:
        raise UsageError(
            f"the event is about a merge into {reviews.base[:12]}, the base is {base[:12]}",
            remedy="what was reviewed is another change: give that base with --base; where the "
            "branch went on, update the pull request and have it reviewed",
        )
    if not (reviews.reviews or reviews.author or reviews.complete):
        raise UsageError(
            "the event holds no review and no author", remedy="nothing needs to be imported"
        )
    records = [_imported(step, reviews, each, head) for each in reviews.latest()]
    records.append(_authorship(step, reviews))
    agreed = sum(each.agrees_to(head) for each in reviews.latest())
    summary = f"{reviews.source} says {agreed} approved {_name(step)}"
    run = writer.begin(kind=IMPORT_KIND, subjects=subjects_of(step), summary=summary)
    with run:
        run.record_many(records)
        entry = run.close(outcome="imported", summary=summary)
    return entry, tuple(_words(each, reviews, people, head) for each in reviews.latest())


def _imported(step: Step, reviews: Reviews, review: Review, head: str) -> Record:
    holds = review.agrees_to(head)
    word = "approved" if holds else "does not approve"
    summary = f"{review.login} {word} on {reviews.source}"
    return Record(
        KIND,
        summary,
        {
            **_about(step),
            "source": reviews.source,
            "issuer": reviews.issuer,
            "subject": review.login,
            "state": "approved" if holds else "withdrawn",
            "reviewed": review.commit,
            "time": review.time,
        },
    )


def _authorship(step: Step, reviews: Reviews) -> Record:
    summary = f"{reviews.author or 'nobody in particular'} wrote the change, says {reviews.source}"
    said = {
        "source": reviews.source,
        "issuer": reviews.issuer,
        "subject": reviews.author,
        "complete": reviews.complete,
    }
    return Record(AUTHOR_KIND, summary, {**_about(step), **said})


def _words(review: Review, reviews: Reviews, people: People, head: str) -> str:
    if review.state == "approved" and not review.agrees_to(head):
        return (
            f"{review.login}: approved {review.commit[:12]}, which is not the head; worth nothing"
        )
    if review.state != "approved":
        return f"{review.login}: {review.state}; an approval of theirs is worth nothing now"
    identity = people.identity(reviews.issuer, review.login)
    if identity is None:
        return f"{review.login}: approved, but the trust root knows nobody by that name"
    if why := objection(identity, review.time):
        return f"{review.login}: approved, and does not count as {identity.name}: {why}"
    roles = ", ".join(identity.roles) or "no role"
    counts = f"counts as {identity.name} ({roles}) unless a later word of theirs is known"
    return f"{review.login}: approved, {counts}"


def _about(step: Step) -> dict[str, Json]:
    return {
        "apiVersion": APPROVAL_VERSION,
        "from": state_json(step.base),
        "to": state_json(step.head),
    }


def _name(step: Step) -> str:
    return step.head.commit.id[:12] if step.head.commit else step.head.revision

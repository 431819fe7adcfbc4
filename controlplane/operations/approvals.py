"""Who agreed to a step, as signed evidence has it, and which of these statements count.

A statement counts when it is about these very trees and signed by a key that the trust root of the
base names: for approving, in that role, or for importing what a Git server said of an identity that
the same trust root lets approve. A change can bring neither its own approver nor its own importer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from controlplane.operations.approving import AUTHOR_KIND, IMPORT_KIND, KIND, OWN_KEY
from controlplane.operations.emergencies import Claim, Emergency, OpenReview, due
from controlplane.operations.freezes import moment
from controlplane.operations.gate import Step
from controlplane.operations.people import People, objection, person_of
from controlplane.operations.requirements import EMERGENCY
from controlplane.operations.said import Said, Statements
from evidence.canonical import Json
from evidence.judge import Judge
from evidence.shape import stamp
from evidence.store import StoredRun
from evidence.trust import TrustSet


@dataclass(frozen=True)
class Approval:
    """One statement that somebody agrees to a step; it counts where `objection` is "".

    `person` is who it is, `known` whether the trust root says so of the key; `role` is "" for an
    identity without any.
    """

    key: str
    name: str
    person: str
    known: bool
    role: str
    time: str
    classes: tuple[str, ...] = ()
    source: str = OWN_KEY
    names: tuple[str, ...] = ()
    comment: str = ""
    review: bool = False
    objection: str = ""

    def to_fact(self) -> Json:
        """Return the approval as rules see it."""
        return {
            "key": self.key,
            "name": self.name,
            "person": self.person,
            "known": self.known,
            "role": self.role,
            "time": self.time,
            "epochSeconds": int(datetime.fromisoformat(self.time).timestamp()),
            "classes": list(self.classes),
            "source": self.source,
            "names": list(self.names),
        }


class Approvals:
    """The statements in one evidence directory, judged by one trust root."""

    def __init__(
        self, statements: Statements, trust: TrustSet, people: People, now: datetime
    ) -> None:
        self._judge, self._people = Judge({}, trust, now), people
        found = statements.by_kind()
        self._given = found.get((KIND, KIND), ())
        self._imported = found.get((IMPORT_KIND, KIND), ())
        self._authors = found.get((IMPORT_KIND, AUTHOR_KIND), ())

    def of(self, step: Step) -> tuple[Approval, ...]:
        """Return every statement about the step, those that count first, each once."""
        trees = (step.base.tree_id, step.head.tree_id)
        found = [self._unrevoked(each) for each in self._all(trees) if not each.review]
        unique = {(a.objection != "", a.key, a.name, a.role, a.classes): a for a in found}
        return tuple(unique[key] for key in sorted(unique))

    def authors(self, step: Step) -> tuple[Json, ...]:
        """Return who wrote the change, as Git servers said it: name, e-mail (""), person."""
        trees = (step.base.tree_id, step.head.tree_id)
        named = {
            (said.payload["issuer"], said.payload["subject"])
            for said in self._authors
            if said.trees == trees and said.payload["subject"] and not self._why(said.run)
        }
        return tuple(self._author(issuer, subject) for issuer, subject in sorted(named))

    def claimants(self, step: Step) -> frozenset[str]:
        """Return who claimed an emergency of the step: none of them can review it."""
        trees = (step.base.tree_id, step.head.tree_id)
        given = [a for a in self._all(trees) if not a.objection]
        return frozenset(claim.person for claim in _claims(given))

    def emergency(self, step: Step, within: int) -> Emergency | None:
        """Return the emergency claimed of the step, None where nobody does whose word counts.

        `within` is the time a review may take, in seconds; 0 where none is asked for.
        """
        counting = [a for a in self.of(step) if not a.objection]
        claims = tuple(sorted(Claim(a.time, a.person, a.name, a.role) for a in _claims(counting)))
        if not claims or not within:
            return Emergency(claims) if claims else None
        ever, reviewed = self._emergency((step.base.tree_id, step.head.tree_id))
        text = str(moment(due((claim.time for claim in ever), within))["text"])
        return Emergency(claims, text, reviewed)

    def open_reviews(
        self, merged: Callable[[], Sequence[tuple[str, str]]], within: int
    ) -> tuple[OpenReview, ...]:
        """Return the emergencies that nobody else looked at afterwards, by their trees.

        `merged` gives the trees that the branch has held, with their commits' ids, the newest
        first; `within` is the time a review may take, in seconds.
        """
        claimed = {said.trees for said in self._given if _is_emergency(said)}
        looked_at = {trees: self._emergency(trees) for trees in claimed}
        unseen = {t: c for t, (c, reviewed) in looked_at.items() if c and not reviewed}
        if not unseen:
            return ()
        history = merged()
        return tuple(
            _review(trees, claims, within, history)
            for trees, claims in sorted(unseen.items())
            if any(tree == trees[1] for tree, _ in history)
        )

    def _emergency(self, trees: tuple[str, str]) -> tuple[list[Approval], bool]:
        """Return the claims that were ever heard of these trees, and whether a review stands.

        A claim is owed its review though its key was revoked since; such a key's review is void.
        """
        given = [a for a in self._all(trees) if not a.objection]
        standing = [a for a in map(self._unrevoked, given) if not a.objection]
        claims = _claims(given)
        return claims, _reviewed(standing, claims)

    def _all(self, trees: tuple[str, str]) -> Iterator[Approval]:
        for said in self._given:
            if said.trees == trees:
                yield self._from_key(said)
        yield from self._from_server(trees)

    def _from_key(self, said: Said) -> Approval:
        keyid, payload = said.run.envelope.keyid, said.payload
        trusted, key = self._judge.key(keyid), self._people.key(keyid)
        role = str(payload.get("role", ""))
        why = self._why(said.run)
        if not why and (trusted is None or role not in trusted.roles):
            why = f"the key may not approve as {role}"
        name = trusted.name if trusted else keyid[:16]
        person = (key.person if key else None) or name
        return Approval(
            key=keyid,
            name=name,
            person=person,
            known=bool(key and key.person),
            role=role,
            time=said.run.statement.finished,
            classes=tuple(sorted(str(each) for each in payload.get("classes", ()))),
            names=tuple(self._people.names(person)),
            comment=str(payload.get("comment", "")),
            review=payload.get("review") is True,
            objection=why,
        )

    def _from_server(self, trees: tuple[str, str]) -> Iterator[Approval]:
        """Yield the last word of every account, as far as importers that count said it."""
        about = [s for s in self._imported if s.trees == trees]
        complete = [s for s in self._authors if s.trees == trees and s.payload.get("complete")]
        latest: dict[tuple[str, str], Said] = {}
        for said in about:
            if self._why(said.run):
                yield from self._account(said)
                continue
            account = (said.payload["issuer"], said.payload["subject"].lower())
            if account not in latest or _order(said) >= _order(latest[account]):
                latest[account] = said
        for account in sorted(latest):
            said = latest[account]
            newer = [c for c in complete if _supersedes(c, said) and not self._why(c.run)]
            if said.payload["state"] == "approved" and not newer:
                yield from self._account(said)

    def _account(self, said: Said) -> Iterator[Approval]:
        """Yield what an account's approval is worth: one for each role of its identity."""
        payload = said.payload
        identity = self._people.identity(payload["issuer"], payload["subject"])
        why = self._why(said.run)
        plain = Approval(
            key=said.run.envelope.keyid,
            name=payload["subject"],
            person=payload["subject"],
            known=False,
            role="",
            time=payload["time"],
            source=payload["source"],
            objection=why or "the trust root knows nobody by that name",
        )
        if identity is None:
            yield plain
            return
        person = person_of(identity)
        for role in identity.roles or ("",):
            yield replace(
                plain,
                name=identity.name,
                person=person,
                known=True,
                role=role,
                names=tuple(self._people.names(person)),
                objection=why or objection(identity, payload["time"]),
            )

    def _unrevoked(self, approval: Approval) -> Approval:
        """Return it void where its key is revoked by now: when it signed is its holder's word."""
        key = self._judge.key(approval.key)
        since = key.revoked_from if key else ""
        if approval.objection or not since or since > stamp(self._judge.now):
            return approval
        return replace(approval, objection=f"the key is revoked from {since}, whenever it signed")

    def _author(self, issuer: str, subject: str) -> Json:
        identity = self._people.identity(issuer, subject)
        return {"name": subject, "email": "", "person": person_of(identity) if identity else ""}

    def _why(self, run: StoredRun) -> str:
        found = next(iter(self._judge.statement(run.envelope, run.statement, run.part)), None)
        return found.message if found else ""


def _order(said: Said) -> tuple[str, bool]:
    """Return what orders the words of one account: when, and of one moment that it is void."""
    return said.payload["time"], said.payload["state"] != "approved"


def _supersedes(complete: Said, said: Said) -> bool:
    """Whether a list of all approvals that came later did not hold this one."""
    same = complete.payload["issuer"] == said.payload["issuer"]
    later = complete.run.statement.finished > said.run.statement.finished
    return same and later and complete.run.statement.run != said.run.statement.run


def _is_emergency(said: Said) -> bool:
    """Whether somebody says so of the step, perhaps without being heard."""
    return EMERGENCY in map(str, said.payload.get("classes", ()))


def _claims(approvals: Iterable[Approval]) -> list[Approval]:
    return [a for a in approvals if EMERGENCY in a.classes and not a.review]


def _reviewed(approvals: Iterable[Approval], claims: list[Approval]) -> bool:
    """Return whether somebody else reviewed it since it was claimed: nothing before looks at it."""
    claimants = {claim.person for claim in claims}
    begun = min((datetime.fromisoformat(claim.time) for claim in claims), default=None)
    return begun is not None and any(
        a.review
        and a.known
        and a.person not in claimants
        and datetime.fromisoformat(a.time) >= begun
        for a in approvals
    )


def _review(
    trees: tuple[str, str],
    claims: list[Approval],
    within: int,
    history: Sequence[tuple[str, str]],
) -> OpenReview:
    """Return the review, with the latest end in the branch, and what begins before that."""
    end = next(index for index, (tree, _) in enumerate(history) if tree == trees[1])
    before = (commit for tree, commit in history[end:] if tree == trees[0])
    return OpenReview(
        tree=trees[1],
        claimed_by=tuple(sorted({claim.person for claim in claims})),
        due=due((claim.time for claim in claims), within),
        base=next(before, ""),
        head=history[end][1],
    )


def facts(approvals: Iterable[Approval]) -> tuple[Json, ...]:
    """Return the approvals that count, as rules see them."""
    return tuple(approval.to_fact() for approval in approvals if not approval.objection)

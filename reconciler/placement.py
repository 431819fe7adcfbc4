"""One pass over one placement, as one straight line.

lease → observe → account for what was broken off → plan → intent → claim → act → prune →
release → health → status. An intent is durable, in evidence and in the state store, before the
first request that it covers; a result follows in both. Killed between any two of these, the next
pass finds the intent open, looks, and says what it found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reconciler import receipts
from reconciler.errors import OvertakenError, ReconcilerError, TargetUnavailableError
from reconciler.events import Acted, Listener, Planned
from reconciler.keeper import Keeper
from reconciler.ledger import Ledger
from reconciler.model import (
    Action,
    Desired,
    Health,
    Observation,
    Outcome,
    Placement,
    Plan,
    Resource,
    Result,
    Standing,
    Verb,
)
from reconciler.plan import PlanOptions, plan, told_deleted
from reconciler.state.base import Lease, OpenIntent, Settlement, StateStore
from reconciler.status import Pass, PlacementStatus, conclude, stamp, under_way
from reconciler.targets.base import Target

_BATCH: Final = 250  # results made durable together
_REMOVALS: Final = frozenset({Verb.PRUNE, Verb.FORGET})


@dataclass(frozen=True)
class Context:
    """What every placement of one pass works with."""

    run: str
    store: StateStore
    ledger: Ledger
    keeper: Keeper
    clock: Callable[[], datetime]
    options: PlanOptions
    health: bool
    listen: Listener
    may_follow: Callable[[str, PlacementStatus], bool]


@dataclass
class Work:
    """What came of one placement, filled in as the pass goes on."""

    desired: Desired
    plan: Plan | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    settled: list[Settlement] = field(default_factory=list)
    health: list[Health] = field(default_factory=list)
    status: PlacementStatus | None = None

    @property
    def placement(self) -> Placement:
        """The placement."""
        return self.desired.placement


def work(context: Context, reach: Callable[[], Target], todo: Work) -> None:
    """Make one placement hold what is desired, writing into `todo` what came of it.

    `reach` gives the target. Raises what kept it from being done; what was done until then is in
    `todo`, and durable.
    """
    lease = context.store.acquire(todo.placement, context.run)
    try:
        before = context.store.status(todo.placement)
        _refuse_overtaken(context, todo.desired, before)
        _Line(context, todo, lease, before).run(reach)
    finally:
        with suppress(ReconcilerError):  # a lease that cannot be given back ends by itself
            context.store.give_back(lease)


def _refuse_overtaken(context: Context, desired: Desired, before: PlacementStatus | None) -> None:
    """Raise OvertakenError where what another process applied would be taken for drift."""
    if before is None or before.revision == desired.revision:
        return
    if not context.may_follow(desired.revision, before):
        raise OvertakenError(
            f"{desired.placement}: another process has applied {before.revision[:12]}, which is "
            f"later than {desired.revision[:12]}",
            remedy="nothing needs to be done: this one looks at the branch first",
            retry_after=1.0,
        )


@dataclass(frozen=True)
class _Line:
    """The steps, in order."""

    context: Context
    todo: Work
    lease: Lease
    before: PlacementStatus | None

    def run(self, reach: Callable[[], Target]) -> None:
        """Take every step; where one of them fails, that too is said in the status."""
        todo = self.todo
        digest = receipts.desired_digest(todo.desired)
        try:
            target = reach()
            observation = target.observe(todo.desired)
            self._settle(observation)
            todo.plan = self._planned(observation)
            self.context.listen(Planned(todo.plan))
            self._intend(todo.plan, digest)
            self._carry_out(target, todo.plan, observation)
            if self.context.health:
                todo.health.extend(target.health(todo.placement, _ours(todo.desired, todo.plan)))
        except ReconcilerError as error:
            self._conclude(digest, error)
            raise
        self._conclude(digest, None)

    def _settle(self, observation: Observation) -> None:
        """Say what became of each action that an earlier run intended and never reported."""
        left = self.context.store.open_intents(self.todo.placement)
        wanted = {resource.id: resource.digest for resource in self.todo.desired.resources}
        settled = [s for intent in left if (s := _settlement(intent, observation, wanted))]
        if settled:
            self.context.ledger.record(receipts.recovery(self.todo.placement, settled))
            self.context.store.settle(self.lease, settled)
            self.todo.settled.extend(settled)

    def _planned(self, observation: Observation) -> Plan:
        """Return what is to be done; what was applied before and is gone was deleted."""
        made = plan(self.todo.desired, observation, self.context.options)
        if self.before is None or all(each.verb is not Verb.CREATE for each in made.actions):
            return made
        return told_deleted(made, self.context.store.applied(self.todo.placement))

    def _intend(self, made: Plan, digest: str) -> None:
        """Make durable what is about to be done, or that there is news without doing."""
        if made.actions or self._is_news(made, digest):
            self.context.ledger.record(receipts.plan_records(made, digest))
        if made.actions:
            now = stamp(self.context.clock())
            words = (self.todo.placement, made.revision, self.context.run, now, self.before)
            self.context.store.intend(self.lease, under_way(*words), made.actions)

    def _is_news(self, made: Plan, digest: str) -> bool:
        before = self.before
        if before is None or (before.revision, before.digest) != (made.revision, digest):
            return True
        known = {(trouble.id, trouble.what) for trouble in before.troubles}
        kept = len(before.troubles) >= before.counts.get("obstacles", 0)
        return kept and any((o.id, o.standing.value) not in known for o in made.obstacles)

    def _carry_out(self, target: Target, made: Plan, observation: Observation) -> None:
        """Claim, act, prune, release. Nothing is pruned after something went wrong."""
        kept = [action for action in made.actions if action.verb not in _REMOVALS]
        gone = [action for action in made.actions if action.verb in _REMOVALS]
        if kept and not self._claim(target, kept, observation):
            self._record(
                [_skipped(action, "the inventory could not be written") for action in gone]
            )
            return
        failed = sum(outcome.result is not Result.DONE for outcome in self.todo.outcomes)
        if failed:
            held = [action for action in gone if action.verb is Verb.PRUNE]
            gone = [action for action in gone if action.verb is Verb.FORGET]
            reason = f"held back: {failed} other actions of this placement were not done"
            self._record([_skipped(action, reason) for action in held])
        self._act(target, gone)
        done = {o.id for o in self.todo.outcomes if o.result is Result.DONE}
        released = [action.id for action in gone if action.id in done]
        holds = bool(observation.inventory or self.todo.desired.resources)
        if released or not holds:  # what a run that was killed while emptying it left
            self.context.keeper.check()
            target.release(self.todo.placement, released)

    def _claim(self, target: Target, kept: Sequence[Action], observation: Observation) -> bool:
        """Put into the inventory what is about to be made, then make it; False if it cannot be."""
        new = [action.id for action in kept if action.id not in observation.inventory]
        try:
            if new:
                self.context.keeper.check()
                target.claim(self.todo.placement, new)
        except ReconcilerError as error:
            reason = f"not tried, the inventory could not be written: {error}"
            self._record([_skipped(action, reason, error.remedy) for action in kept])
            return False
        self._act(target, kept)
        return True

    def _act(self, target: Target, actions: Sequence[Action]) -> None:
        """Have the target carry out actions; results are made durable as they come, in batches.

        A target that breaks its promise of one outcome each leaves intents open: that is said.
        """
        if not actions:
            return
        outcomes = target.act(self.todo.placement, actions, self.context.keeper.check)
        answered: set[str] = set()
        try:
            for batch in _batches(outcomes):
                answered |= {outcome.id for outcome in batch}
                self._record(batch)
                self.context.keeper.check()
        finally:
            close = getattr(outcomes, "close", None)
            if close is not None:
                close()
        silent = [action for action in actions if action.id not in answered]
        self._record([_skipped(action, "the target gave no answer") for action in silent])

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        """Make results durable: first the proof, then the state."""
        if not outcomes:
            return
        self.todo.outcomes.extend(outcomes)
        placement, revision = self.todo.placement, self.todo.desired.revision
        self.context.ledger.record([receipts.receipt(placement, revision, outcomes)])
        self.context.store.record(self.lease, outcomes)
        for outcome in outcomes:
            self.context.listen(Acted(placement, outcome))

    def _conclude(self, digest: str, error: ReconcilerError | None) -> None:
        """Say how the placement stands, once."""
        todo = self.todo
        done = Pass(
            placement=todo.placement,
            revision=todo.desired.revision,
            digest=digest,
            run=self.context.run,
            at=stamp(self.context.clock()),
            plan=todo.plan,
            outcomes=todo.outcomes,
            health=todo.health,
            error=str(error) if error else "",
            remedy=error.remedy if error else "",
            away=isinstance(error, TargetUnavailableError),
        )
        todo.status = conclude(done, self.before)
        self.context.store.conclude(self.lease, todo.status)
        if error and (self.before is None or self.before.phase is not todo.status.phase):
            record = receipts.failure(todo.placement, todo.desired.revision, str(error))
            self.context.ledger.record([record])


def _ours(desired: Desired, made: Plan) -> list[Resource]:
    """Return what is desired and not somebody else's: how theirs fares says nothing of us."""
    theirs = {o.id for o in made.obstacles if o.standing is Standing.CONFLICT}
    return [resource for resource in desired.resources if resource.id not in theirs]


def _settlement(
    intent: OpenIntent, observation: Observation, wanted: Mapping[str, str]
) -> Settlement | None:
    """Say in words what an open intent came to; None where it could not be found out."""
    live = observation.live.get(intent.id)
    if live is None:
        return Settlement(intent, "not desired, not in the inventory: nothing is there", gone=True)
    if live.standing is Standing.UNKNOWN:
        return None
    found = f"{live.standing.value}: {live.reason}" if live.reason else live.standing.value
    digest = wanted.get(intent.id, "") if live.standing is Standing.IN_SYNC else ""
    return Settlement(intent, found, digest, gone=live.standing is Standing.ABSENT)


def _skipped(action: Action, reason: str, remedy: str = "the next pass tries again") -> Outcome:
    return Outcome(action.id, action.verb, Result.SKIPPED, reason, remedy)


def _batches(outcomes: Iterable[Outcome]) -> Iterator[list[Outcome]]:
    batch: list[Outcome] = []
    for outcome in outcomes:
        batch.append(outcome)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch

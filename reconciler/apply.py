"""One pass over many placements: in parallel, one failure never stopping the others.

The state store is asked first: while it is away nothing is written to any target. What happens
to one placement is in `placement.py`; here is decided who runs when, and how a pass ends.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from evidence.run import Entry
from reconciler.errors import ReconcilerError, TargetSettingsError
from reconciler.events import Finished, Listener, PassFinished, Planned, unheard
from reconciler.keeper import Keeper
from reconciler.ledger import NO_GROUNDS, Evidence, Grounds, Ledger
from reconciler.model import Desired, Outcome, Placement, Plan, Result
from reconciler.placement import Context, Work, work
from reconciler.plan import PlanOptions, plan
from reconciler.state.base import Run, Settlement, StateStore
from reconciler.status import PlacementStatus, stamp
from reconciler.targets.base import Target

_CLEAN: Final = 0
_PARTLY: Final = 5
_OUR_FAULT: Final = 70


def never() -> bool:
    """Return that there is no reason to stop."""
    return False


Turn = Callable[[Placement], AbstractContextManager[None]]


def unguarded(_: Placement) -> AbstractContextManager[None]:
    """Let every placement's turn begin at once."""
    return nullcontext()


def always(_revision: str, _last: PlacementStatus) -> bool:
    """Let a revision follow whatever was applied last."""
    return True


@dataclass(frozen=True)
class ApplyOptions:
    """How a pass is to be done."""

    kind: str = "apply"  # or "heal": what the signed statement calls it
    plan: PlanOptions = field(default_factory=PlanOptions)
    health: bool = True  # ask how everything fares afterwards
    width: int = 4  # placements of one target at the same time
    grounds: Grounds = NO_GROUNDS  # what lets the pass act, for its statement
    may_follow: Callable[[str, PlacementStatus], bool] = always  # (revision, the last word)


@dataclass(frozen=True)
class PlacementResult:
    """What came of one placement. `error` is what kept the pass from finishing it."""

    placement: Placement
    revision: str
    plan: Plan | None
    outcomes: tuple[Outcome, ...]
    settled: tuple[Settlement, ...]  # of runs that were broken off
    status: PlacementStatus | None
    error: str = ""
    remedy: str = ""
    fault: bool = False  # the error is one of this program
    tried: bool = True  # False where the pass was told to stop before

    @property
    def clean(self) -> bool:
        """Whether the placement holds what is desired, all of it."""
        done = all(outcome.result is Result.DONE for outcome in self.outcomes)
        return done and self.plan is not None and not self.plan.obstacles and not self.error


@dataclass(frozen=True)
class Summary:
    """What came of a pass. `entry` is its signed statement, None where nothing happened."""

    run: str
    results: tuple[PlacementResult, ...]
    entry: Entry | None = None
    recovered: tuple[Entry, ...] = ()  # statements of broken-off runs that were closed
    error: str = ""  # the pass itself could not be proven, or its end not be remembered
    remedy: str = ""

    @property
    def exit_code(self) -> int:
        """0: everything is as desired; 5: not all of it; 70: a fault of ours."""
        if any(result.fault for result in self.results):
            return _OUR_FAULT
        clean = not self.error and all(result.clean for result in self.results)
        return _CLEAN if clean else _PARTLY

    def words(self) -> str:
        """Return one line for the statement."""
        outcomes = [outcome for result in self.results for outcome in result.outcomes]
        done = sum(outcome.result is Result.DONE for outcome in outcomes)
        dirty = sum(not result.clean for result in self.results)
        text = f"{done} of {len(outcomes)} actions done on {len(self.results)} placements"
        return f"{text}, {dirty} of them not as desired" if dirty else text


class Reconciler:
    """Makes targets hold what is desired, and proves what it did."""

    def __init__(
        self,
        *,
        target_of: Callable[[str], Target],
        store: StateStore,
        evidence: Evidence,
        clock: Callable[[], datetime],
        new_run: Callable[[], str],
        listen: Listener = unheard,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`target_of` may raise any error that has a `remedy`; `new_run` gives unique ids."""
        self._target_of = target_of
        self._store = store
        self._evidence = evidence
        self._clock = clock
        self._new_run = new_run
        self._listen = listen
        self._seconds = seconds

    def apply(
        self,
        desired: Sequence[Desired],
        options: ApplyOptions | None = None,
        *,
        stop: Callable[[], bool] = never,
        turn: Turn = unguarded,
    ) -> Summary:
        """Do one pass. Placements that are begun when `stop()` turns true are finished.

        Each is worked on within `turn`, which may wait.

        Raises StateUnavailableError or EvidenceUnavailableError before anything is written to
        a target; afterwards what goes wrong is in the summary.
        """
        how = options or ApplyOptions()
        run, started = self._new_run(), self._seconds()
        revisions = {each.revision for each in desired}
        ledger = Ledger(
            self._evidence, run=run, kind=how.kind, revisions=revisions, grounds=how.grounds
        )
        revision = ", ".join(sorted(revisions))[:128]
        self._store.begin_run(Run(run, how.kind, revision, stamp(self._clock())))
        recovered = ledger.recover()
        with Keeper(self._store, run, self._clock) as keeper:
            context = Context(
                run,
                self._store,
                ledger,
                keeper,
                self._clock,
                how.plan,
                how.health,
                self._listen,
                how.may_follow,
            )
            results = self._all(desired, how.width, partial(self._one, context, stop, turn))
        summary = self._close(ledger, Summary(run, tuple(results), recovered=tuple(recovered)))
        clean = summary.exit_code == _CLEAN
        spent, now = self._seconds() - started, self._clock().timestamp()
        self._listen(PassFinished(how.kind, clean, spent, now))
        return summary

    def observe(self, desired: Iterable[Desired], options: ApplyOptions | None = None) -> None:
        """Look at every placement and tell listeners what would be done; write nothing."""
        how = options or ApplyOptions()
        for each in desired:
            with suppress(ReconcilerError):  # of a target that is away there is nothing to tell
                observation = self._target(each.placement.target).observe(each)
                self._listen(Planned(plan(each, observation, how.plan)))

    def _all(
        self,
        desired: Iterable[Desired],
        width: int,
        one: Callable[[Desired], PlacementResult],
    ) -> list[PlacementResult]:
        """Work on every placement; a bounded number of each target's at the same time."""
        by_target: defaultdict[str, list[Desired]] = defaultdict(list)
        for each in desired:
            by_target[each.placement.target].append(each)
        with ExitStack() as stack:
            futures: list[Future[PlacementResult]] = []
            for name, some in by_target.items():
                pool = ThreadPoolExecutor(width, thread_name_prefix=f"apply-{name}")
                stack.enter_context(pool)
                futures += [pool.submit(one, each) for each in some]
            results = {r.placement: r for r in (future.result() for future in futures)}
        return [results[placement] for placement in sorted(results, key=str)]

    def _one(
        self, context: Context, stop: Callable[[], bool], turn: Turn, desired: Desired
    ) -> PlacementResult:
        """Work on one placement when its turn begins."""
        with turn(desired.placement):
            if stop():
                reason = "the pass was stopped before its turn"
                return _result(Work(desired), reason, tried=False)
            return self._work(context, desired)

    def _work(self, context: Context, desired: Desired) -> PlacementResult:
        """Work on one placement; whatever happens is its result and nobody else's."""
        todo, started = Work(desired), self._seconds()
        try:
            work(context, partial(self._target, desired.placement.target), todo)
            result = _result(todo)
        except Exception as error:  # noqa: BLE001 (one placement never stops another)
            known = hasattr(error, "remedy")
            text = str(error) if known else f"{type(error).__name__}: {error}"
            remedy = getattr(error, "remedy", "this is a fault of the program: please report it")
            result = _result(todo, text, remedy=remedy, fault=not known)
        self._listen(Finished(desired.placement, todo.status, self._seconds() - started))
        return result

    def _target(self, name: str) -> Target:
        """Return a target; what keeps it from being had is always an error of this package."""
        try:
            return self._target_of(name)
        except ReconcilerError:
            raise
        except Exception as error:
            if not hasattr(error, "remedy"):
                raise
            raise TargetSettingsError(str(error), remedy=error.remedy) from error

    def _close(self, ledger: Ledger, summary: Summary) -> Summary:
        """Sign the pass and remember its end."""
        outcome = "done" if summary.exit_code == _CLEAN else "partial"
        words = summary.words()
        entry, error, remedy = None, "", ""
        try:
            entry = ledger.close(outcome=outcome, summary=words)
            self._store.end_run(summary.run, outcome=outcome, summary=words)
        except ReconcilerError as failed:
            error, remedy = str(failed), failed.remedy
        return Summary(summary.run, summary.results, entry, summary.recovered, error, remedy)


def _result(
    todo: Work, error: str = "", *, remedy: str = "", fault: bool = False, tried: bool = True
) -> PlacementResult:
    return PlacementResult(
        placement=todo.placement,
        revision=todo.desired.revision,
        plan=todo.plan,
        outcomes=tuple(todo.outcomes),
        settled=tuple(todo.settled),
        status=todo.status,
        error=error,
        remedy=remedy,
        fault=fault,
        tried=tried,
    )

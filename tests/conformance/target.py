"""What every target must do: inherit from TargetConformance and give it a bench.

    class TestMyTarget(TargetConformance):
        @pytest.fixture
        def bench(self) -> TargetBench: ...

The bench makes resources the target understands and changes them behind its back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.errors import LeaseLostError, TargetUnavailableError
from reconciler.model import (
    Action,
    Desired,
    HealthStatus,
    Outcome,
    Placement,
    Plan,
    Resource,
    Result,
    Standing,
    Verb,
)
from reconciler.plan import PlanOptions, plan
from reconciler.targets.base import Target

REMOVALS = (Verb.PRUNE, Verb.FORGET)


class TargetBench(ABC):
    """A real target, and a way to see and change what it holds without it."""

    target: Target

    @abstractmethod
    def placement(self, name: str) -> Placement:
        """Return a placement of that name in which nothing was placed yet in this test."""

    @abstractmethod
    def resource(self, placement: Placement, index: int, variant: int = 0) -> Resource:
        """Return resource number `index`; another `variant` has the same id and another body."""

    @abstractmethod
    def odd_resources(self, placement: Placement) -> Sequence[Resource]:
        """Return resources whose ids hold the oddest characters that are legal here."""

    @abstractmethod
    def tamper(self, placement: Placement, resource: Resource) -> None:
        """Change a field that the target owns, as somebody else would."""

    @abstractmethod
    def remove(self, placement: Placement, resource: Resource) -> None:
        """Delete it, as somebody else would."""

    @abstractmethod
    def plant(self, placement: Placement, resource: Resource) -> None:
        """Put it there, as somebody else would."""

    @abstractmethod
    def exists(self, placement: Placement, resource: Resource) -> bool:
        """Whether it is there, whoever put it there."""

    @abstractmethod
    def unreachable(self) -> Target:
        """Return a target of this kind that cannot be reached."""


def wanting(placement: Placement, *resources: Resource, revision: str = "r1") -> Desired:
    """Return a desired state of exactly these resources."""
    return Desired(placement, revision, resources)


def lost() -> None:
    """Say that another run may be at work."""
    raise LeaseLostError("taken over", remedy="let it finish")


def look(target: Target, desired: Desired, options: PlanOptions | None = None) -> Plan:
    """Observe and plan."""
    return plan(desired, target.observe(desired), options or PlanOptions(allow_empty=True))


def carry_out(target: Target, made: Plan) -> list[Outcome]:
    """Do what a plan says, in the order that is promised to targets."""
    kept = [a for a in made.actions if a.verb not in REMOVALS]
    gone = [a for a in made.actions if a.verb in REMOVALS]
    target.claim(made.placement, [a.id for a in kept])
    outcomes = list(target.act(made.placement, kept)) + list(target.act(made.placement, gone))
    target.release(made.placement, [o.id for o in outcomes if o.verb in REMOVALS])
    return outcomes


def converge(
    target: Target, desired: Desired, options: PlanOptions | None = None
) -> list[tuple[str, Verb, Result]]:
    """Observe, plan and carry out; return what was done, sorted."""
    outcomes = carry_out(target, look(target, desired, options))
    return sorted((o.id, o.verb, o.result) for o in outcomes)


class TargetConformance(ABC):
    """The tests. Each works in a placement of its own."""

    @pytest.fixture
    @abstractmethod
    def bench(self) -> Iterator[TargetBench] | TargetBench:
        """Return a bench; called once per test."""

    def test_what_is_created_is_in_sync_from_then_on(self, bench: TargetBench) -> None:
        placement = bench.placement("created")
        first, second = (bench.resource(placement, n) for n in range(2))
        desired = wanting(placement, first, second)

        assert {a.verb for a in look(bench.target, desired).actions} == {Verb.CREATE}
        done = converge(bench.target, desired)

        assert done == sorted((r.id, Verb.CREATE, Result.DONE) for r in (first, second))
        assert bench.exists(placement, first)
        again = look(bench.target, desired)
        assert (again.actions, again.obstacles, again.in_sync) == ((), (), 2)

    def test_observing_writes_nothing(self, bench: TargetBench) -> None:
        placement = bench.placement("observed")
        resource = bench.resource(placement, 0)

        bench.target.observe(wanting(placement, resource))

        assert not bench.exists(placement, resource)
        assert placement not in list(bench.target.placements())

    def test_a_new_body_is_an_update(self, bench: TargetBench) -> None:
        placement = bench.placement("updated")
        converge(bench.target, wanting(placement, bench.resource(placement, 0)))
        newer = bench.resource(placement, 0, variant=1)

        done = converge(bench.target, wanting(placement, newer, revision="r2"))

        assert done == [(newer.id, Verb.UPDATE, Result.DONE)]
        assert look(bench.target, wanting(placement, newer)).in_sync == 1

    def test_what_others_changed_is_drift_and_is_healed(self, bench: TargetBench) -> None:
        placement = bench.placement("healed")
        resource, other = (bench.resource(placement, n) for n in range(2))
        desired = wanting(placement, resource, other)
        converge(bench.target, desired)
        bench.tamper(placement, resource)

        observed = bench.target.observe(desired)

        assert observed.live[resource.id].standing is Standing.DRIFTED
        assert observed.live[resource.id].changes
        assert observed.live[other.id].standing is Standing.IN_SYNC
        assert converge(bench.target, desired) == [(resource.id, Verb.HEAL, Result.DONE)]
        assert look(bench.target, desired).in_sync == 2

    def test_what_others_deleted_is_made_again(self, bench: TargetBench) -> None:
        placement = bench.placement("deleted")
        resource = bench.resource(placement, 0)
        converge(bench.target, wanting(placement, resource))
        bench.remove(placement, resource)

        done = converge(bench.target, wanting(placement, resource))

        assert [(identifier, result) for identifier, _, result in done] == [
            (resource.id, Result.DONE)
        ]
        assert bench.exists(placement, resource)

    def test_what_is_no_longer_desired_is_pruned(self, bench: TargetBench) -> None:
        placement = bench.placement("pruned")
        stays, goes = (bench.resource(placement, n) for n in range(2))
        converge(bench.target, wanting(placement, stays, goes))

        done = converge(bench.target, wanting(placement, stays))

        assert done == [(goes.id, Verb.PRUNE, Result.DONE)]
        assert bench.exists(placement, stays)
        assert not bench.exists(placement, goes)
        assert bench.target.observe(wanting(placement, stays)).inventory == {stays.id}

    def test_only_what_is_in_the_inventory_is_pruned(self, bench: TargetBench) -> None:
        placement = bench.placement("planted")
        ours, theirs = (bench.resource(placement, n) for n in range(2))
        bench.plant(placement, theirs)
        converge(bench.target, wanting(placement, ours))

        forced = Action(theirs.id, Verb.PRUNE, Standing.SURPLUS)
        outcomes = list(bench.target.act(placement, [forced]))

        assert [o.result is Result.DONE for o in outcomes] == [False]
        assert converge(bench.target, wanting(placement, ours)) == []
        assert bench.exists(placement, theirs)

    def test_what_is_gone_already_is_forgotten(self, bench: TargetBench) -> None:
        placement = bench.placement("forgotten")
        stays, goes = (bench.resource(placement, n) for n in range(2))
        converge(bench.target, wanting(placement, stays, goes))
        bench.remove(placement, goes)

        done = converge(bench.target, wanting(placement, stays))

        assert done == [(goes.id, Verb.FORGET, Result.DONE)]
        assert bench.target.observe(wanting(placement, stays)).inventory == {stays.id}

    def test_what_was_never_ours_is_taken_only_when_asked(self, bench: TargetBench) -> None:
        placement = bench.placement("taken")
        resource = bench.resource(placement, 0)
        bench.plant(placement, bench.resource(placement, 0, variant=1))
        desired = wanting(placement, resource)

        refused = look(bench.target, desired)
        assert not refused.actions
        assert [o.standing for o in refused.obstacles] == [Standing.CONFLICT]

        taken = converge(bench.target, desired, PlanOptions(take_conflicts=True))
        assert taken == [(resource.id, Verb.TAKE, Result.DONE)]
        assert look(bench.target, desired).in_sync == 1

    def test_a_claim_is_in_the_inventory_before_anything_exists(self, bench: TargetBench) -> None:
        placement = bench.placement("claimed")
        resource = bench.resource(placement, 0)

        bench.target.claim(placement, [resource.id])

        observed = bench.target.observe(wanting(placement, resource))
        assert observed.inventory == {resource.id}
        assert observed.live[resource.id].standing in {Standing.ABSENT, Standing.PENDING}
        assert placement in list(bench.target.placements())

    def test_what_was_claimed_and_never_made_is_forgotten(self, bench: TargetBench) -> None:
        placement = bench.placement("unmade")
        stays, never = (bench.resource(placement, n) for n in range(2))
        converge(bench.target, wanting(placement, stays))
        bench.target.claim(placement, [never.id])

        done = converge(bench.target, wanting(placement, stays))

        assert done == [(never.id, Verb.FORGET, Result.DONE)]

    def test_claim_and_release_can_be_repeated(self, bench: TargetBench) -> None:
        placement = bench.placement("repeated")
        first, second = (bench.resource(placement, n) for n in range(2))
        bench.target.claim(placement, [first.id])
        bench.target.claim(placement, [first.id, second.id])
        bench.target.release(placement, [second.id, second.id])
        bench.target.release(placement, [second.id, bench.resource(placement, 7).id])

        assert bench.target.observe(wanting(placement)).inventory == {first.id}

    def test_an_emptied_placement_is_gone(self, bench: TargetBench) -> None:
        placement = bench.placement("emptied")
        converge(bench.target, wanting(placement, bench.resource(placement, 0)))

        converge(bench.target, wanting(placement))

        assert placement not in list(bench.target.placements())
        assert bench.target.observe(wanting(placement)).inventory == frozenset()

    def test_acting_can_be_broken_off_and_resumed(self, bench: TargetBench) -> None:
        placement = bench.placement("resumed")
        desired = wanting(placement, *(bench.resource(placement, n) for n in range(20)))
        made = look(bench.target, desired)
        bench.target.claim(placement, [a.id for a in made.actions])
        outcomes = bench.target.act(placement, made.actions)
        assert next(iter(outcomes)).result is Result.DONE
        if hasattr(outcomes, "close"):
            outcomes.close()

        converge(bench.target, desired)

        assert look(bench.target, desired).in_sync == 20

    def test_what_another_run_may_be_at_work_on_is_not_written(self, bench: TargetBench) -> None:
        placement = bench.placement("fenced")
        old, new = (bench.resource(placement, n) for n in range(2))
        converge(bench.target, wanting(placement, old))
        made = look(bench.target, wanting(placement, new))
        bench.target.claim(placement, [new.id])

        outcomes = list(bench.target.act(placement, made.actions, lost))

        assert sorted((o.id, o.result) for o in outcomes) == sorted(
            (each.id, Result.FAILED) for each in (old, new)
        )
        assert bench.exists(placement, old)
        assert not bench.exists(placement, new)
        assert len(converge(bench.target, wanting(placement, new))) == 2

    def test_every_action_has_one_outcome(self, bench: TargetBench) -> None:
        placement = bench.placement("outcomes")
        kept = [bench.resource(placement, n) for n in range(4)]
        converge(bench.target, wanting(placement, *kept))
        bench.tamper(placement, kept[0])
        changed = [kept[0], bench.resource(placement, 1, variant=1), kept[2]]
        made = look(bench.target, wanting(placement, *changed, bench.resource(placement, 9)))

        outcomes = carry_out(bench.target, made)

        assert sorted((o.id, o.verb) for o in outcomes) == sorted(
            (a.id, a.verb) for a in made.actions
        )
        assert {a.verb for a in made.actions} == {Verb.HEAL, Verb.UPDATE, Verb.CREATE, Verb.PRUNE}

    def test_a_thousand_resources(self, bench: TargetBench) -> None:
        placement = bench.placement("thousand")
        desired = wanting(placement, *(bench.resource(placement, n) for n in range(1000)))

        done = converge(bench.target, desired)

        assert {result for _, _, result in done} == {Result.DONE}
        assert look(bench.target, desired).in_sync == 1000
        assert len(converge(bench.target, wanting(placement, *desired.resources[:1]))) == 999

    def test_odd_ids(self, bench: TargetBench) -> None:
        placement = bench.placement("odd")
        resources = bench.odd_resources(placement)
        desired = wanting(placement, *resources)

        done = converge(bench.target, desired)

        assert done == sorted((r.id, Verb.CREATE, Result.DONE) for r in resources)
        assert look(bench.target, desired).in_sync == len(resources)
        converge(bench.target, wanting(placement))
        assert not any(bench.exists(placement, resource) for resource in resources)

    def test_placements_do_not_see_each_other(self, bench: TargetBench) -> None:
        one, two = bench.placement("one"), bench.placement("two")
        states = [
            wanting(p, *(bench.resource(p, n, variant=n) for n in range(30))) for p in (one, two)
        ]
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda desired: converge(bench.target, desired), states))
        assert [len(each) for each in done] == [30, 30]
        assert {one, two} <= set(bench.target.placements())

        converge(bench.target, wanting(one))

        assert look(bench.target, states[1]).in_sync == 30

    def test_health(self, bench: TargetBench) -> None:
        placement = bench.placement("health")
        there, never = (bench.resource(placement, n) for n in range(2))
        converge(bench.target, wanting(placement, there))

        found = {h.id: h.status for h in bench.target.health(placement, [there, never])}

        assert found == {there.id: HealthStatus.CURRENT, never.id: HealthStatus.NOT_FOUND}

    def test_a_target_that_cannot_be_reached_says_so(self, bench: TargetBench) -> None:
        placement = bench.placement("away")
        resource = bench.resource(placement, 0)
        away = bench.unreachable()
        try:
            with pytest.raises(TargetUnavailableError) as observing:
                away.observe(wanting(placement, resource))
            with pytest.raises(TargetUnavailableError):
                away.claim(placement, [resource.id])
            create = Action(resource.id, Verb.CREATE, Standing.ABSENT, resource)
            outcomes = list(away.act(placement, [create]))
        finally:
            away.close()
        assert observing.value.remedy
        assert [(o.id, o.result is Result.DONE) for o in outcomes] == [(resource.id, False)]

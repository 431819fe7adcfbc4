"""How a pass over placements is shown: what was done, what was not and why, then one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from controlplane.cli.output import as_json, table
from reconciler.apply import PlacementResult, Summary
from reconciler.model import HealthStatus, Result


def as_table(summary: Summary) -> str:
    """Return one row per placement, what went wrong below, and the sentence of the statement."""
    rows = [_row(result) for result in summary.results]
    lines = [table(("PLACEMENT", "PHASE", "DONE", "LEFT"), rows)] if rows else []
    lines += [line for result in summary.results for line in _trouble(result)]
    lines.append(summary.words())
    if summary.entry is not None:
        lines.append(
            f"proven by {summary.entry.origin} entry {summary.entry.index}, "
            f"{summary.entry.records} records"
        )
    if summary.error:
        lines += [f"but: {summary.error}", f"    → {summary.remedy}"]
    return "\n".join(lines)


def _row(result: PlacementResult) -> tuple[str, str, str, str]:
    done = Counter(o.verb.value for o in result.outcomes if o.result is Result.DONE)
    left = Counter(o.result.value for o in result.outcomes if o.result is not Result.DONE)
    obstacles = result.plan.obstacles if result.plan else ()
    left.update(obstacle.standing.value for obstacle in obstacles)
    return (
        str(result.placement),
        result.status.phase.value if result.status else "not tried",
        _counted(done) or ("in sync" if result.plan else "-"),
        _counted(left) or "-",
    )


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{number} {word}" for word, number in sorted(counter.items()))


def _trouble(result: PlacementResult) -> Iterator[str]:
    name = result.placement
    if result.error:
        yield from _said(f"{name}: {result.error}", result.remedy)
    for outcome in result.outcomes:
        if outcome.result is not Result.DONE:
            words = f"{name}: {outcome.id} {outcome.result.value}: {outcome.detail}"
            yield from _said(words, outcome.remedy)
    for obstacle in result.plan.obstacles if result.plan else ():
        words = f"{name}: {obstacle.id} {obstacle.standing.value}: {obstacle.reason}"
        yield from _said(words, obstacle.remedy)
    told = {outcome.id for outcome in result.outcomes if outcome.result is not Result.DONE}
    for trouble in result.status.troubles if result.status else ():
        if trouble.what == HealthStatus.FAILED.value and trouble.id not in told:
            yield f"{name}: {trouble.id} is there, and not well: {trouble.detail}"


def _said(words: str, remedy: str) -> list[str]:
    return [words, f"    → {remedy}"] if remedy else [words]


def as_json_text(summary: Summary) -> str:
    """Return everything that came of the pass."""
    return as_json(
        {
            "run": summary.run,
            "exitCode": summary.exit_code,
            "summary": summary.words(),
            "statement": summary.entry.envelope if summary.entry else "",
            "error": summary.error,
            "placements": [
                {
                    "placement": str(result.placement),
                    "revision": result.revision,
                    "phase": result.status.phase.value if result.status else "",
                    "error": result.error,
                    "outcomes": [
                        {
                            "id": outcome.id,
                            "verb": outcome.verb.value,
                            "result": outcome.result.value,
                            "detail": outcome.detail,
                        }
                        for outcome in result.outcomes
                    ],
                }
                for result in summary.results
            ],
        }
    )


FORMS = {"table": as_table, "json": as_json_text}

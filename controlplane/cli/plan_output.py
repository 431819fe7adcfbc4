"""How plans are shown: what is done to which object and why, then how much there is of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from controlplane.cli.output import as_json, table
from controlplane.operations.planning import Unplanned, counts
from controlplane.report.escaping import code, plain
from reconciler.model import Action, FieldChange, Obstacle, Plan

Plans = Sequence[Plan | Unplanned]
SHOWN = 12  # rows of one placement in Markdown
_NOT_OURS = "made by others: left as it is"


def as_table(plans: Plans) -> str:
    """Return one row per action, obstacle and foreign thing, and a summary."""
    rows = [
        row
        for each in plans
        if isinstance(each, Plan)
        for row in (
            *map(_action(each), each.actions),
            *map(_obstacle(each), each.obstacles),
            *((str(each.placement), "(foreign)", plain(name), _NOT_OURS) for name in each.foreign),
        )
    ]
    lines = [table(("PLACEMENT", "DO", "RESOURCE", "WHY"), rows)] if rows else []
    return "\n".join([*lines, _summary(plans)])


def _action(plan: Plan) -> Callable[[Action], tuple[str, ...]]:
    return lambda action: (
        str(plan.placement),
        action.verb.value,
        action.id,
        _why(action.reason or action.before.value, action.changes),
    )


def _obstacle(plan: Plan) -> Callable[[Obstacle], tuple[str, ...]]:
    return lambda obstacle: (
        str(plan.placement),
        f"({obstacle.standing.value})",
        obstacle.id,
        f"{_why(obstacle.reason, obstacle.changes)} → {obstacle.remedy}",
    )


def _why(reason: str, changes: Sequence[FieldChange]) -> str:
    paths = ", ".join(change.path for change in changes[:3])
    more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
    return f"{reason}: {paths}{more}" if paths else reason


def _summary(plans: Plans) -> str:
    found = counts(each for each in plans if isinstance(each, Plan))
    parts = [f"{number} {word}" for word, number in sorted(found.items()) if number]
    unknown = sum(isinstance(each, Unplanned) for each in plans)
    parts += [f"{unknown} placement(s) not planned"] if unknown else []
    return f"{len(plans)} placement(s): {', '.join(parts) or 'nothing to do'}"


def as_json_text(plans: Plans) -> str:
    """Return every plan with its actions, obstacles and field changes."""
    return as_json([_json(each) for each in plans])


def _json(each: Plan | Unplanned) -> Mapping[str, object]:
    if isinstance(each, Unplanned):
        return {"placement": str(each.placement), "error": each.message, "remedy": each.remedy}
    return {
        "placement": str(each.placement),
        "revision": each.revision,
        "inSync": each.in_sync,
        "actions": [
            {
                "id": action.id,
                "verb": action.verb.value,
                "standing": action.before.value,
                "reason": action.reason,
                "changes": _changes(action.changes),
            }
            for action in each.actions
        ],
        "obstacles": [
            {
                "id": obstacle.id,
                "standing": obstacle.standing.value,
                "reason": obstacle.reason,
                "remedy": obstacle.remedy,
                "changes": _changes(obstacle.changes),
            }
            for obstacle in each.obstacles
        ],
        "foreign": list(each.foreign),
    }


def _changes(changes: Sequence[FieldChange]) -> list[dict[str, object]]:
    return [
        {"path": c.path, "desired": c.desired, "live": c.live, "manager": c.manager}
        for c in changes
    ]


def as_markdown(plans: Plans) -> str:
    """Return the plan as a pull request shows it."""
    parts = [f"### Plan: {_summary(plans)}"]
    for each in plans:
        if isinstance(each, Unplanned):
            parts.append(f"**{each.placement}** cannot be planned: {each.message}")
        elif each.actions or each.obstacles or each.foreign:
            lines = [f"- {action.verb.value} `{action.id}`" for action in each.actions]
            lines += [f"- ⚠️ {o.standing.value} `{o.id}`: {o.reason}" for o in each.obstacles]
            lines += [f"- foreign {code(name)}: {_NOT_OURS}" for name in each.foreign]
            more = [f"- … and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
            parts.append("\n".join([f"**{each.placement}**\n", *lines[:SHOWN], *more]))
    return "\n\n".join(parts)


FORMS = {"table": as_table, "json": as_json_text, "md": as_markdown}

"""`cpctl policy replay`: the recorded decisions of a bundle once more, offline, to the byte."""

from __future__ import annotations

from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.errors import Exit, UsageError
from controlplane.operations.past import PastJudgement
from controlplane.operations.replaying import Replayed, decisions, judged_again
from controlplane.policy.engine import PolicyEngine
from evidence.trust import TrustSet
from evidence.verify import LIMIT, verify_bundle


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--trust",
    "trust_file",
    type=click.Path(path_type=Path),
    help="The trust set: the keys that count.",
)
@click.option(
    "--trust-bundled-keys", is_flag=True, help="Accept the keys that came with the bundle."
)
@click.option("--engine", metavar="NAME", help="The policy engine; the recorded one if not given.")
@options.form("table", "json")
def replay(
    bundle: Path, trust_file: Path | None, trust_bundled_keys: bool, engine: str | None, form: str
) -> int:
    """Verify BUNDLE, then judge every recorded decision in it again and compare the verdicts.

    BUNDLE is a file that `cpctl evidence bundle` wrote. Exit code 0 where every verdict is the
    same, 6 where one differs or the bundle does not hold.
    """
    if trust_file is not None and trust_bundled_keys:
        raise click.UsageError("--trust and --trust-bundled-keys exclude each other")
    data = _read(bundle, LIMIT + 1)
    trust = TrustSet.read(_read(trust_file, LIMIT)) if trust_file else None
    report = verify_bundle(data, trust, wiring.now(), trust_bundled_keys=trust_bundled_keys)
    if not report.verified:
        output.talk(report.words())
        output.fail(
            "the bundle does not hold, so nothing in it was judged again",
            "bring the trust set along (--trust FILE); where it still does not, it was altered",
        )
        return Exit.NOT_VERIFIED
    output.talk(f"verified: {report.what}")
    bench = _Bench(engine)
    found = [
        each for decision in decisions(data) for each in judged_again(decision, bench.engine_of)
    ]
    output.data(_as_json(found) if form == "json" else _as_table(found))
    return _exit(found)


class _Bench:
    """The engines at hand: the one that was asked for, else the recorded, else the best."""

    def __init__(self, asked: str | None) -> None:
        self._asked = asked
        self._found = {} if asked else wiring.policy_engines()

    def engine_of(self, judgement: PastJudgement, compiled: bytes | None) -> PolicyEngine:
        """Return the engine to judge with, and say so where it is not the recorded one.

        Compiled policies that were recorded are evaluated as they are: that needs no OPA.
        """
        if compiled is not None and self._asked in (None, judgement.engine):
            output.talk(f"evaluating the recorded compiled policies {judgement.artifact[:19]}…")
            return wiring.engine_of(compiled)
        found = self._found.get(judgement.engine)
        if found is None:
            found = wiring.policy_engine(self._asked)
            self._found[judgement.engine] = found
        if found.version() != judgement.engine_version:
            output.talk(
                f"recorded with {judgement.engine_version}, replayed with {found.version()}"
            )
        return found


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", remedy="check the path") from (
            error
        )


def _exit(found: list[Replayed]) -> int:
    different = [each for each in found if not each.same]
    for each in different:
        what = each.policy_set or "the decision as a whole"
        output.talk(f"{each.part}, {what}: recorded verdict {each.recorded}, replayed {each.again}")
        for detail in each.details:
            output.talk(f"  not decided now: {detail}")
    if not found:
        output.fail("the bundle holds no decision", "name the commit that was gated")
        return Exit.NOT_VERIFIED
    output.talk(f"replayed: {len(found) - len(different)} of {len(found)} verdicts the same")
    if different:
        output.talk("next: try the recorded engine (--engine); else the decision is in doubt")
        return Exit.NOT_VERIFIED
    return Exit.CLEAN


def _as_table(found: list[Replayed]) -> str:
    rows = [
        (
            each.part,
            each.policy_set or "(whole)",
            "allow" if each.allow else "deny",
            "same" if each.same else "DIFFERENT",
            each.again[7:19],
            each.replayed_with,
        )
        for each in found
    ]
    return output.table(("STATEMENT", "POLICIES", "ANSWER", "VERDICT", "DIGEST", "ENGINE"), rows)


def _as_json(found: list[Replayed]) -> str:
    return output.as_json(
        {
            "same": bool(found) and all(each.same for each in found),
            "verdicts": [
                {
                    "part": each.part,
                    "policySet": each.policy_set,
                    "recordedWith": each.recorded_with,
                    "replayedWith": each.replayed_with,
                    "recorded": each.recorded,
                    "again": each.again,
                    "allow": each.allow,
                    "same": each.same,
                    "details": list(each.details),
                }
                for each in found
            ],
        }
    )

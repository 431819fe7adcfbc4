"""`cpctl policy`: test the rules, compile and publish them, write their pages, begin a new one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.cli.policy_build import build
from controlplane.cli.policy_bundle import bundle, fetch
from controlplane.cli.policy_inputs import policy_inputs
from controlplane.cli.replay import replay
from controlplane.cli.writing import report, write_new
from controlplane.errors import Exit, InvalidRepositoryError
from controlplane.operations.policy_pages import pages
from controlplane.operations.policy_scaffold import new_rule
from controlplane.operations.policy_testing import TestedRule, tested_rules
from controlplane.policy.bundle import ROOT, LoadedPolicies, is_archive, load
from controlplane.policy.engines import opa_tool
from controlplane.policy.errors import PolicyLoadError
from controlplane.values import Position, Problem


@click.group()
def policy() -> None:
    """The rules: test them, compile and publish them, document them, begin a new one."""


policy.add_command(build)
policy.add_command(bundle)
policy.add_command(fetch)
policy.add_command(policy_inputs)
policy.add_command(replay)


@policy.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--engine", metavar="NAME", help="Only this engine; all at hand if not given.")
@options.form("table", "json")
def test(path: Path, engine: str | None, form: str) -> int:
    """Check every rule: it loads, fires and stays silent on its samples, alike on every engine.

    PATH is a repository, or its folder `policies`.
    """
    try:
        loaded = _load(path)
    except PolicyLoadError as error:
        return _refuse(error.problems)
    engines = {engine: wiring.policy_engine(engine)} if engine else wiring.policy_engines()
    for each in engines.values():
        output.talk(f"engine: {each.name} ({each.version()})")
    try:
        tested = tested_rules(loaded, engines)
    except PolicyLoadError as error:
        return _refuse(error.problems)
    passed, failed = _own_tests(loaded)
    output.data(_as_json(tested, failed) if form == "json" else _as_table(tested))
    problems = [problem for rule in tested for problem in rule.problems] + failed
    _say(problems)
    samples = sum(rule.fires + rule.silent for rule in tested)
    output.talk(
        f"{len(tested)} rules, {samples} samples on {', '.join(engines)}, {passed} tests passed, "
        f"{len(problems)} problems"
    )
    return Exit.FINDINGS if problems else Exit.CLEAN


@policy.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--output-dir", type=click.Path(path_type=Path), help="[PATH/docs/rules]")
@click.option("--check", is_flag=True, help="Write nothing; fail where a page differs.")
def docs(path: Path, output_dir: Path | None, check: bool) -> int:
    """Write a page per rule, and an index, from the rules' METADATA."""
    folder = output_dir or _root(path) / "docs" / "rules"
    try:
        wanted = pages(_load(path))
    except PolicyLoadError as error:
        return _refuse(error.problems)
    there = {
        str(page.relative_to(folder)): page.read_text(encoding="utf-8")
        for page in sorted(folder.rglob("*.md"))
    }
    stale = sorted(name for name in {*wanted, *there} if wanted.get(name) != there.get(name))
    if check:
        for name in stale:
            output.talk(f"{folder / name}: differs from the rules")
        if stale:
            output.talk("next: run `cpctl policy docs` and commit what it writes")
        return Exit.FINDINGS if stale else Exit.CLEAN
    for name in stale:
        place = folder / name
        if name not in wanted:
            place.unlink()
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(wanted[name], encoding="utf-8")
    output.talk(f"{len(wanted)} pages in {folder}, {len(stale)} of them changed")
    return Exit.CLEAN


@policy.command()
@click.argument("rule", metavar="FAMILY/RULE")
@click.option(
    "--severity",
    type=click.Choice(["deny", "warn", "info"]),
    default="deny",
    show_default=True,
    help="What the rule's findings do.",
)
@click.option("--root", default=".", type=click.Path(path_type=Path), help="The repository.")
def new(rule: str, severity: str, root: Path) -> None:
    """Begin a rule: its Rego, a test and two samples, which pass `cpctl policy test`."""
    report(write_new(root, new_rule(rule, severity)))
    output.talk(f"next: change policies/{rule}/rule.rego, then run `cpctl policy test`")


def _root(path: Path) -> Path:
    """Return the repository: PATH, or what holds it where PATH is its folder `policies`."""
    whole = path.resolve()
    return whole.parent if whole.name == ROOT and not (path / ROOT).is_dir() else path


def _load(path: Path) -> LoadedPolicies:
    root = _root(path)
    if not (root / ROOT).is_dir():
        raise InvalidRepositoryError(
            f"there is no folder `{ROOT}` in {path}",
            remedy="run it in a repository, or begin a rule with `cpctl policy new FAMILY/RULE`",
        )
    files: dict[str, str] = {}
    unreadable: list[Problem] = []
    for place in sorted((root / ROOT).rglob("*")):
        name = place.relative_to(root).as_posix()
        if place.is_symlink():
            text = "a symbolic link, which policies may not be"
            unreadable.append(Problem(Position(name), "policy/link", text, "put the file here"))
        elif place.is_file() and not is_archive(name):
            try:
                files[name] = place.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                problem = Problem(
                    Position(name), "policy/encoding", "not UTF-8", "save it as UTF-8"
                )
                unreadable.append(problem)
    loaded = load(files)
    problems = [*unreadable, *loaded.problems]
    if problems:
        raise PolicyLoadError(problems)
    return loaded


def _refuse(problems: Sequence[Problem]) -> int:
    """Say all that is wrong with policies that cannot be used, each once."""
    _say(problems)
    counted = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    output.talk(f"{counted}: these policies cannot be used")
    return Exit.INVALID_REPOSITORY


def _say(problems: Sequence[Problem]) -> None:
    for problem in problems:
        output.talk(f"{problem.position}: {problem.message} [{problem.code}]")
        output.talk(f"  next: {problem.remedy}")


def _own_tests(loaded: LoadedPolicies) -> tuple[int, list[Problem]]:
    """Run `opa check --strict` and the rules' own tests, where `opa` is at hand."""
    binary = wiring.program("opa")
    tests = [test for files in loaded.files.values() for test in files.tests]
    if binary is None:
        output.talk(f"not run: {len(tests)} test files, because `opa` is not on PATH")
        return 0, []
    modules = [*loaded.bundle.modules, *tests]
    if problems := opa_tool.check(binary, modules):
        return 0, problems
    return opa_tool.run_tests(binary, modules, loaded.bundle.data)


def _as_table(tested: list[TestedRule]) -> str:
    rows = [
        (rule.rule, str(rule.fires), str(rule.silent), "no" if rule.problems else "yes")
        for rule in tested
    ]
    return output.table(("RULE", "FIRES", "SILENT", "OK"), rows)


def _as_json(tested: list[TestedRule], failed: list[Problem]) -> str:
    return output.as_json(
        {
            "rules": [
                {
                    "rule": rule.rule,
                    "fires": rule.fires,
                    "silent": rule.silent,
                    "problems": [_problem(problem) for problem in rule.problems],
                }
                for rule in tested
            ],
            "tests": [_problem(problem) for problem in failed],
        }
    )


def _problem(problem: Problem) -> dict[str, str]:
    return {
        "at": str(problem.position),
        "code": problem.code,
        "message": problem.message,
        "remedy": problem.remedy,
    }

"""The workflows, the action and the template keep their schemas and name commands as they are."""

from __future__ import annotations

import re
import shlex
from importlib import resources
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml

from controlplane.cli.main import cpctl

ROOT = Path(__file__).parents[4]
SCAFFOLD = ROOT / "scaffolds/repository/dot-github"
ACTION = ROOT / ".github/actions/gate/action.yml"
TEMPLATE = ROOT / "packaging/gitlab/gate.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
WORKFLOWS = [*ROOT.glob(".github/workflows/*.yaml"), *SCAFFOLD.glob("workflows/*.yaml")]
FILES = [*WORKFLOWS, ACTION, TEMPLATE, HOOKS]
LINE = re.compile(r"^ *(?:- run: |run: |entry: |if )?(cpctl [^|\n&]*)", re.MULTILINE)
CALLS = [
    (path.relative_to(ROOT).as_posix(), call.strip())
    for path in FILES
    for call in LINE.findall(path.read_text("utf-8").replace("\\\n", " "))
]


def test_there_are_calls() -> None:
    assert {path for path, _ in CALLS} == {
        ".github/actions/gate/action.yml",
        ".pre-commit-hooks.yaml",
        "packaging/gitlab/gate.yml",
        "scaffolds/repository/dot-github/workflows/reconcile.yaml",
    }


@pytest.mark.parametrize(("path", "call"), CALLS)
def test_a_call_is_one_that_the_command_takes(
    path: str, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the shell puts in for a list of options stands for no word here."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cpctl-gate.md").touch()
    call = call.replace("$RUNNER_TEMP/", "")
    words = [word for word in shlex.split(call)[1:] if word not in ("$@", "${options[@]}")]
    command = cpctl.get_command(click.Context(cpctl), words[0])
    assert command is not None, path
    if not isinstance(command, click.Group):
        command.make_context(words[0], words[1:])


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        *(("github-workflows", path) for path in WORKFLOWS),
        ("github-actions", ACTION),
        ("gitlab-ci", TEMPLATE),
    ],
    ids=lambda value: str(value).removeprefix(f"{ROOT}/"),
)
def test_a_file_keeps_the_schema_of_its_host(schema: str, path: Path) -> None:
    folder = resources.files("check_jsonschema.builtin_schemas.vendor")
    held: Any = yaml.safe_load((folder / f"{schema}.json").read_text("utf-8"))
    # YAML 1.1 reads the key `on` as true; the hosts do not.
    document = yaml.safe_load(re.sub(r"(?m)^on:", '"on":', path.read_text("utf-8")))
    jsonschema.validators.validator_for(held)(held).validate(document)


def test_a_new_repository_gets_the_action_as_it_stands_here() -> None:
    assert (SCAFFOLD / "actions/gate/action.yml").read_bytes() == ACTION.read_bytes()


def test_no_expression_of_a_workflow_becomes_shell() -> None:
    """Text of a pull request reaches a script through the environment, never by substitution."""
    for path in [*WORKFLOWS, ACTION]:
        for script in re.findall(
            r"run: \|\n((?:(?: {8,}.*)?\n)+)|run: ([^|>\n].*)", path.read_text("utf-8")
        ):
            assert "${{" not in "".join(script), path


def _workflow(name: str) -> Any:
    text = (SCAFFOLD / "workflows" / name).read_text("utf-8")
    return yaml.safe_load(re.sub(r"(?m)^on:", '"on":', text))


def _github_of_the_page() -> list[Any]:
    page = (ROOT / "docs/ci.md").read_text("utf-8").partition("## GitHub")[2]
    found = re.findall(r"```yaml\n(on:.*?)```", page.partition("\n## ")[0], re.DOTALL)
    return [yaml.safe_load(re.sub(r"(?m)^on:", '"on":', text)) for text in found]


def _triggers(workflow: Any) -> set[str]:
    return {workflow["on"]} if isinstance(workflow["on"], str) else set(workflow["on"])


def test_what_runs_a_pull_requests_code_has_nothing_to_steal() -> None:
    for workflow in (_workflow("gate.yaml"), _github_of_the_page()[0]):
        assert _triggers(workflow) == {"pull_request"}
        assert workflow["permissions"] == {"contents": "read"}
        assert "secrets." not in str(workflow)
        assert "github.token" not in str(workflow)


def test_what_signs_runs_only_what_the_base_holds() -> None:
    """The head is fetched as objects; only the base is ever checked out."""
    base, head = (f"${{{{ github.event.pull_request.{end}.sha }}}}" for end in ("base", "head"))
    for workflow in (_workflow("decide.yaml"), _github_of_the_page()[1]):
        assert _triggers(workflow) == {"pull_request_target"}
        job = workflow["jobs"]["decide"]
        assert job["environment"] == "decide"
        out, fetch, *_, gate = job["steps"]
        assert out["uses"].startswith("actions/checkout@")
        assert out["with"]["ref"] == base
        assert [each["run"].split()[:2] for each in job["steps"] if "run" in each] == [
            ["git", "fetch"]
        ]
        assert "refs/pull/$NUMBER/head" in fetch["run"]
        assert gate["uses"] == "./.github/actions/gate"
        assert (gate["with"]["base"], gate["with"]["head"]) == (base, head)


def test_what_signs_runs_for_the_protected_branch_alone() -> None:
    """The base of a request may be a branch that anybody pushed, with an action of their own."""
    settings = yaml.safe_load((SCAFFOLD.parent / "repository.yaml").read_text("utf-8"))
    for workflow in (_workflow("decide.yaml"), _github_of_the_page()[1]):
        branches = workflow["on"]["pull_request_target"]["branches"]
        assert branches == settings["spec"]["protectedBranches"]


def test_deciding_and_applying_have_secrets_of_their_own() -> None:
    read = {
        name: set(re.findall(r"secrets\.(\w+)", str(_workflow(name))))
        for name in ("decide.yaml", "reconcile.yaml")
    }
    assert read["decide.yaml"] == {"CPCTL_DECIDE_KEYS"}
    assert not read["decide.yaml"] & read["reconcile.yaml"]


def test_gitlabs_jobs_keep_secrets_from_what_a_merge_request_runs() -> None:
    template = yaml.safe_load(TEMPLATE.read_text("utf-8"))
    own, deciding = template[".cpctl-gate"], template[".cpctl-decide"]
    assert own["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}]
    assert "environment" not in own
    assert "--no-record" in own["script"][0]
    assert "keys" not in own["script"][0].replace("CPCTL_KEYS", "")
    assert deciding["environment"]["name"] == "decide"
    (rule,) = deciding["rules"]
    assert '$CI_COMMIT_REF_PROTECTED == "true"' in rule["if"]
    assert "checkout" not in deciding["script"][0]
    assert "refs/merge-requests/$number/head" in deciding["script"][0]

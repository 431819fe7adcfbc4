"""The action, the GitLab template and the pre-commit hooks, run as a runner runs them.

What a runner would install is taken from this Python's own programs; the code host is a small HTTP
server on loopback that keeps comments.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.binaries import REPOSITORY
from tests.support.gated import TENANT, Gated
from tests.support.loopback import answering

ACTION = REPOSITORY / ".github/actions/gate/action.yml"
TEMPLATE = REPOSITORY / "packaging/gitlab/gate.yml"
BARE = "/usr/bin:/bin"  # a PATH without cpctl


class Host(BaseHTTPRequestHandler):
    """Keeps `comments` of the server, for whoever has the token of this test."""

    server: Any

    def do_GET(self) -> None:
        if self.path.startswith("/user"):
            return self._answer({"id": 7})
        assert "per_page=100&page=1" in self.path
        return self._answer(self.server.comments)

    def do_POST(self) -> None:
        number = len(self.server.comments) + 1
        author = {"id": 7, "type": "Bot"}
        self.server.comments.append({"id": number, "user": author, "author": author} | self._body())
        self._answer({"id": number})

    def do_PATCH(self) -> None:
        number = int(self.path.rpartition("/")[2])
        self.server.comments[number - 1] |= self._body()
        self._answer({"id": number})

    def do_PUT(self) -> None:
        self.do_PATCH()

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, value: Any) -> None:
        assert "token-of-test" in str(self.headers.items())
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def host() -> Iterator[Any]:
    with answering(Host, comments=[]) as server:
        yield server


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    return Gated(tmp_path / "r")


class Runner:
    """Runs the steps of the action as GitHub's runner does, as far as they use shell."""

    def __init__(self, gated: Gated, scratch: Path, url: str, **inputs: str) -> None:
        self.gated, self.scratch = gated, scratch
        scratch.mkdir(exist_ok=True)
        action = yaml.safe_load(ACTION.read_text("utf-8"))
        self.steps = action["runs"]["steps"]
        given = {name: str(about.get("default", "")) for name, about in action["inputs"].items()}
        self.known = {
            **{f"inputs.{name}": value for name, value in (given | inputs).items()},
            "github.run_id": "1",
            "github.run_attempt": "1",
            "github.server_url": "https://host.example",
            "github.repository": "acme/fleet",
            "github.event.pull_request.number": "12",
            "runner.temp": str(scratch),
            "steps.gate.outputs.code": "",
        }
        self.environment = {
            **gated.environment(),
            "RUNNER_TEMP": str(scratch),
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": url,
            "GITHUB_REPOSITORY": "acme/fleet",
            "GITHUB_SERVER_URL": "https://host.example",
            "GITHUB_OUTPUT": str(scratch / "output"),
            "GITHUB_PATH": str(scratch / "path"),
            "GITHUB_STEP_SUMMARY": str(scratch / "summary"),
        }
        self.said = ""
        self.codes: list[int] = []

    def run(self) -> int:
        """Run steps whose condition holds, until one fails, and return how the last one ended."""
        (self.scratch / "summary").write_text("")
        for step in self.steps:
            if self._wanted(step.get("if", "true")):
                self._step(step)
                if self.codes[-1]:
                    break
        return self.codes[-1]

    def _wanted(self, condition: str) -> bool:
        parts = condition.split(" && ")
        names = [re.fullmatch(r"(inputs\.\w+) != ''", part) for part in parts]
        assert all(names) or parts == ["true"]
        return all(self.known[name[1]] for name in names if name)

    def _step(self, step: dict[str, Any]) -> None:
        (self.scratch / "output").write_text("")
        named = {key: self._filled(str(value)) for key, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.gated.path,
            env=self.environment | named,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self.said += done.stdout + done.stderr
        self.codes.append(done.returncode)
        for line in (self.scratch / "output").read_text().splitlines():
            name, _, value = line.partition("=")
            self.known[f"steps.{step.get('id')}.outputs.{name}"] = value

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ *(\S+) *\}\}", lambda found: self.known[found[1]], text)


def test_the_action_annotates_comments_in_place_and_ends_as_the_gate(
    gated: Gated, tmp_path: Path, host: Any
) -> None:
    host.comments.append(
        {"id": 1, "user": {"type": "User"}, "body": "<!-- cpctl-gate --> not the gate's"}
    )
    ends = {"base": gated.base, "token": "token-of-test", "engine": "embedded"}
    denied = Runner(gated, tmp_path / "one", host.url, head=gated.deny(), **ends)
    assert denied.run() == 1, denied.said
    assert denied.codes[:-1] == [0, 0, 0], denied.said
    assert f"::error file={TENANT},line=" in denied.said
    assert "Denied: 1 finding" in (tmp_path / "one" / "summary").read_text()
    log = json.loads((tmp_path / "one" / "cpctl-gate.sarif").read_text())
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert {r["helpUri"].split("/blob/")[0] for r in rules} == {"https://host.example/acme/fleet"}
    assert len(host.comments) == 2
    assert host.comments[1]["body"].startswith("<!-- cpctl-gate -->\n## ⛔ Denied")

    allowed = Runner(gated, tmp_path / "two", host.url, head=gated.repair(), **ends)
    assert allowed.run() == 0, allowed.said
    assert len(host.comments) == 2, "the former comment is written over"
    assert host.comments[1]["body"].startswith("<!-- cpctl-gate -->\n## ✅ Allowed")
    assert host.comments[0]["body"] == "<!-- cpctl-gate --> not the gate's"


def test_a_decision_that_cannot_be_published_fails_what_comments_first(
    gated: Gated, tmp_path: Path, host: Any
) -> None:
    keys = _keys(gated)
    head = gated.deny()
    secrets = {"keys": keys, "token": "token-of-test"}
    ends = {"base": gated.base, "head": head, "engine": "embedded"}
    runner = Runner(gated, tmp_path / "one", host.url, **ends, **secrets)
    runner.known["github.server_url"] = "https://127.0.0.1:9"  # nobody is there
    assert runner.run() == 128, runner.said
    assert len(host.comments) == 1, runner.said

    payload = tmp_path / "payload.json"
    payload.write_text(json.dumps({"object_attributes": {"iid": 12}}))
    given = {"CPCTL_KEYS": keys, "CPCTL_GITLAB_TOKEN": secrets["token"]}
    nowhere = {"CI_PROJECT_URL": "https://127.0.0.1:9/acme/fleet", "TRIGGER_PAYLOAD": str(payload)}
    gitlab = GitLab(gated, tmp_path, host, **given, **nowhere)
    gated.git("push", "-q", "origin", f"{head}:refs/merge-requests/12/head")
    host.comments.clear()
    done = gitlab.job(".cpctl-decide", gated.base)
    assert done.returncode == 128, done.stdout + done.stderr
    assert len(host.comments) == 1, done.stdout + done.stderr


def test_the_action_never_ends_well_where_the_gate_did_not_run(
    gated: Gated, tmp_path: Path, host: Any
) -> None:
    ends = {"base": "nowhere", "head": "HEAD", "engine": "embedded"}
    runner = Runner(gated, tmp_path / "one", host.url, **ends)
    assert runner.run() == 2, runner.said
    runner = Runner(gated, tmp_path / "two", host.url, **ends)
    runner.environment["PATH"] = BARE
    runner.steps = runner.steps[1:]
    assert runner.run() == 127, runner.said


def test_the_action_installs_nothing_that_nobody_named(
    gated: Gated, tmp_path: Path, host: Any
) -> None:
    """It runs beside the key: a package index is never asked for a name that anybody could take."""
    runner = Runner(gated, tmp_path / "one", host.url, base=gated.base, head="HEAD")
    runner.environment["PATH"] = BARE
    assert runner.run() == 2, runner.said
    assert len(runner.codes) == 1
    for word in ("`package`", "pinned wheel", "Git revision", "requirements with hashes"):
        assert word in runner.said
    assert not (tmp_path / "one/cpctl-venv").exists()


@pytest.mark.parametrize(("known", "ends_well"), [(True, True), (False, False)])
def test_the_action_takes_requirements_by_their_hashes(
    gated: Gated, tmp_path: Path, host: Any, known: bool, ends_well: bool
) -> None:
    wheel = _wheel(tmp_path)
    listed = tmp_path / "cpctl.txt"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    listed.write_text(f"{wheel}{f' --hash=sha256:{digest}' if known else ''}\n")
    runner = Runner(gated, tmp_path / "one", host.url, package=str(listed))
    runner.steps = runner.steps[:1]
    assert (runner.run() == 0) is ends_well, runner.said
    assert (tmp_path / "one/cpctl-venv/bin/cpctl").exists() is ends_well
    assert ("Hashes are required" in runner.said) is not ends_well


def _wheel(folder: Path) -> Path:
    """Write a wheel whose only file is a program `cpctl`."""
    place = folder / "given-1.0-py3-none-any.whl"
    files = {
        "given-1.0.data/scripts/cpctl": "#!/bin/sh\n",
        "given-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: given\nVersion: 1.0\n",
        "given-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files["given-1.0.dist-info/RECORD"] = "".join(f"{name},,\n" for name in files)
    with zipfile.ZipFile(place, "w") as written:
        for name, text in files.items():
            written.writestr(name, text)
    return place


class GitLab:
    """Runs the jobs of the template, as a runner does for one merge request."""

    def __init__(self, gated: Gated, folder: Path, host: Any, **variables: str) -> None:
        self._gated, self._host = gated, host
        self.home = folder / "home"
        self.origin = folder / "origin.git"
        gated.git("clone", "-q", "--bare", ".", str(self.origin))
        gated.git("remote", "add", "origin", str(self.origin))
        self.template = yaml.safe_load(TEMPLATE.read_text("utf-8"))
        self.environment = {
            **gated.environment(),
            "GITLAB_CI": "true",
            "CI_API_V4_URL": host.url,
            "CI_PROJECT_ID": "3",
            "CI_PROJECT_URL": "https://host.example/acme/fleet",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_JOB_ID": "99",
            "CPCTL_ENGINE": "embedded",
            "CPCTL_HOME": str(self.home),
            **variables,
        }

    def job(self, name: str, commit: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-e", "-c", "\n".join(self.template[name]["script"])],
            cwd=self._gated.path,
            env={**self.environment, "CI_COMMIT_SHA": commit, **more},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def test_the_gitlab_template_reports(gated: Gated, tmp_path: Path, host: Any) -> None:
    gitlab = GitLab(gated, tmp_path, host)
    done = gitlab.job(".cpctl-gate", gated.deny())
    assert done.returncode == 1, done.stderr
    assert "denied: 1 finding(s) forbid it" in done.stdout
    reports = gitlab.template[".cpctl-gate"]["artifacts"]["reports"]
    (issue,) = json.loads((gated.path / reports["codequality"]).read_text())
    assert issue["location"]["path"] == TENANT
    assert 'failures="1"' in (gated.path / reports["junit"]).read_text()
    done = gitlab.job(".cpctl-gate", gated.repair())
    assert done.returncode == 0, done.stderr
    assert json.loads((gated.path / reports["codequality"]).read_text()) == []
    assert host.comments == []
    assert not gitlab.home.exists()


def test_a_tag_is_not_what_the_gitlab_template_judges_by(
    gated: Gated, tmp_path: Path, host: Any
) -> None:
    """Whoever may push a tag could call it as the branch, and choose the base so."""
    head = gated.deny()
    gitlab = GitLab(gated, tmp_path, host)
    gated.git("push", "-q", str(gitlab.origin), f"{head}:refs/tags/main")
    done = gitlab.job(".cpctl-gate", head)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "denied: 1 finding(s) forbid it" in done.stdout


@pytest.mark.parametrize("name", [".cpctl-gate", ".cpctl-decide"])
def test_the_gitlab_template_installs_nothing_that_nobody_named(
    gated: Gated, tmp_path: Path, host: Any, name: str
) -> None:
    gitlab = GitLab(gated, tmp_path, host)
    assert "CPCTL_PACKAGE" not in gitlab.template[".cpctl"]["variables"]
    done = gitlab.job(name, gated.repair(), PATH=BARE)
    assert done.returncode == 2
    assert "set CPCTL_PACKAGE to a pinned wheel, a Git revision, or" in done.stderr
    assert not gitlab.home.exists()


@pytest.mark.parametrize("name", ["CPCTL_KEYS", "CPCTL_GITLAB_TOKEN"])
def test_a_merge_requests_own_pipeline_is_given_no_secret(
    gated: Gated, tmp_path: Path, host: Any, name: str
) -> None:
    """Its configuration is the merge request's own and could print it: that is said aloud."""
    done = GitLab(gated, tmp_path, host).job(".cpctl-gate", gated.repair(), **{name: "secret-x"})
    assert done.returncode == 2
    assert "protected environment `decide`" in done.stderr
    assert "secret-x" not in done.stdout + done.stderr


def _keys(gated: Gated) -> str:
    """Return keys as CI is given them, having let the base trust them."""
    made = gated.run("cpctl", "keys", "init", "--holder", "ci")
    gated.git("checkout", "-q", "-f", "main")
    gated.files["trust/ci.yaml"] = made.stdout
    gated.base = gated.commit()
    gated.git("checkout", "-q", "-B", "change")
    packed = f"tar -cz -C {gated.environment()['CPCTL_HOME']} keys | base64"
    return gated.run("sh", "-c", packed).stdout


def test_the_gitlab_template_decides_by_what_the_branch_holds(
    gated: Gated, tmp_path: Path, host: Any
) -> None:
    """On the protected branch: the head is fetched, never checked out; the comment is written over."""
    keys = _keys(gated)
    payload = tmp_path / "payload.json"
    payload.write_text(json.dumps({"object_attributes": {"iid": 12}}))
    gitlab = GitLab(gated, tmp_path, host, CPCTL_KEYS=keys, TRIGGER_PAYLOAD=str(payload))
    token = {"CPCTL_GITLAB_TOKEN": "token-of-test"}
    ends = {"base": gated.base, "head": gated.deny()}
    gated.git("checkout", "-q", "-f", "main")

    missing = gitlab.job(".cpctl-decide", ends["base"], **token)
    assert missing.returncode not in (0, 1), "there is no such merge request"
    gated.git("push", "-q", "origin", f"{ends['head']}:refs/merge-requests/12/head")
    done = gitlab.job(".cpctl-decide", ends["base"])
    assert done.returncode == 1, done.stderr
    assert "denied: 1 finding(s) forbid it" in done.stdout
    assert "not recorded" not in done.stdout + done.stderr
    assert (gated.path / TENANT).read_text().count("[eu]") == 1, "nothing of it was checked out"
    none = gitlab.job(".cpctl-decide", ends["base"], CPCTL_KEYS="")
    assert (none.returncode, "CPCTL_KEYS is not there" in none.stderr) == (2, True)
    payload.write_text(json.dumps({"object_attributes": {"iid": "12; touch x"}}))
    hostile = gitlab.job(".cpctl-decide", ends["base"])
    assert (hostile.returncode, "names no merge request" in hostile.stderr) == (2, True)
    assert "Traceback" not in hostile.stderr
    assert not gitlab.home.exists(), "keys do not outlive the job"


def test_pre_commit_runs_the_hooks(gated: Gated, tmp_path: Path) -> None:
    """As `language: python` they would be installed from a registry; here they are found."""
    hooks = Gated.__new__(Gated)
    hooks.path = tmp_path / "hooks"
    hooks.path.mkdir()
    text = (REPOSITORY / ".pre-commit-hooks.yaml").read_text("utf-8")
    (hooks.path / ".pre-commit-hooks.yaml").write_text(text)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "hooks"]):
        hooks.git(*command)
    names = [hook["id"] for hook in yaml.safe_load(text)]
    config = {
        "repos": [
            {
                "repo": str(hooks.path),
                "rev": hooks.git("rev-parse", "HEAD").strip(),
                "hooks": [{"id": name, "language": "system"} for name in names],
            }
        ]
    }
    (gated.path / ".pre-commit-config.yaml").write_text(json.dumps(config))
    gated.git("add", "-A")
    gated.run("pre-commit", "install")
    gated.run("git", "commit", "-q", "-m", "hooks")
    place = gated.path / TENANT
    text = place.read_text()
    place.write_text(text.replace("[eu]", "[us]"))
    refused = gated.run("git", "commit", "-a", "-m", "denied", check=False)
    assert refused.returncode == 1
    assert f"{TENANT}:" in refused.stdout + refused.stderr
    place.write_text(text.replace("[eu]", "nope"))
    refused = gated.run("git", "commit", "-a", "-m", "invalid", check=False)
    assert refused.returncode == 1
    assert "residency" in refused.stdout + refused.stderr
    place.write_text(text.replace("  name: acme\n", "  name: acme\n  labels: {a: b}\n"))
    gated.run("git", "commit", "-a", "-q", "-m", "allowed")

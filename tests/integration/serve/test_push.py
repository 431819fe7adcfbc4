"""A real `git push` to a real bare repository, judged before Git accepts it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.documents import document
from tests.support.gated import TENANT, Gated
from tests.support.loopback import answering
from tests.support.serving import Serving, serving

CPCTL = Path(sys.executable).with_name("cpctl")


@dataclass
class Remote:
    """A bare repository with the hook, and a clone of it."""

    bare: Path
    clone: Gated

    def hook(self, *options: str) -> None:
        """Install the hook."""
        place = self.bare / "hooks" / "pre-receive"
        place.write_text(f"#!/bin/sh\nexec {CPCTL} hook pre-receive {' '.join(options)}\n")
        place.chmod(0o755)

    def push(self, *what: str) -> subprocess.CompletedProcess[str]:
        """Push, and return what the pusher saw."""
        return self.clone.run("git", "push", f"file://{self.bare}", *what, check=False)

    def head(self) -> str:
        """Return where `main` is on the server."""
        return self.clone.git("ls-remote", f"file://{self.bare}", "refs/heads/main")[:40]


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    bare, clone = tmp_path / "server.git", Gated(tmp_path / "clone")
    clone.git("init", "-q", "--bare", "-b", "main", str(bare))
    made = Remote(bare, clone)
    assert made.push("main").returncode == 0
    return made


@pytest.fixture
def server(remote: Remote, tmp_path: Path) -> Iterator[Serving]:
    with serving(remote.bare, tmp_path / "gate") as found:
        yield found


def refused(remote: Remote) -> str:
    """Push what the rule denies, and return what the pusher saw."""
    remote.clone.deny()
    pushed = remote.push("change:main")
    assert pushed.returncode != 0
    assert "Traceback" not in pushed.stderr
    assert remote.head() == remote.clone.base
    return pushed.stderr


def accepted(remote: Remote) -> str:
    """Push what the rule allows on top, and return what the pusher saw."""
    good = remote.clone.repair()
    pushed = remote.push("change:main")
    assert pushed.returncode == 0, pushed.stderr
    assert remote.head() == good
    return pushed.stderr


def test_a_denied_push_shows_where_and_what_to_do(remote: Remote) -> None:
    remote.hook("--no-record")
    seen = refused(remote)
    assert f"remote: {TENANT}:1:1: deny acme is bad" in seen
    assert "[tenancy/first]" in seen
    assert "→" in seen
    accepted(remote)


def test_a_decision_is_durable_before_the_push_is_accepted(remote: Remote) -> None:
    remote.clone.run("cpctl", "keys", "init", "--holder", "server")
    remote.hook()
    assert "recorded:" in refused(remote)
    assert "recorded:" in accepted(remote)
    listed = remote.clone.run(
        "cpctl", "evidence", "list", "--dir", str(remote.bare / "cpctl" / "evidence")
    ).stdout
    assert (listed.count("allowed the change"), listed.count("denied the change")) == (1, 1)


def test_without_a_key_to_decide_with_nothing_is_accepted(remote: Remote) -> None:
    remote.hook()
    assert "cpctl keys init" in refused(remote)


def test_where_nothing_is_to_be_judged_no_key_is_needed(remote: Remote) -> None:
    remote.hook()
    remote.clone.repair()
    assert remote.push("change:change").returncode == 0


def test_a_served_gate_reads_the_quarantine(remote: Remote, server: Serving) -> None:
    remote.hook("--server", f"http://127.0.0.1:{server.port}")
    seen = refused(remote)
    assert f"remote: {TENANT}:" in seen
    assert "[tenancy/first]" in seen
    assert "allowed" in accepted(remote)
    server.wait_ready(remote.head())


class _FirstPage(BaseHTTPRequestHandler):
    """Denies whatever is asked about, for one finding of which it shows and four of which not."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        word = {"position": "x:1:1", "severity": "deny", "message": "no", "rule": "a/b"}
        answer = {
            "allow": False,
            "decision": {"from": {"commit": asked["base"]}, "to": {"commit": asked["head"]}},
            "words": [{**word, "remedy": "do"}],
            "problems": [],
            "details": [],
            "totals": {"words": 5, "problems": 0, "details": 0},
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_who_pushes_is_told_how_much_is_not_shown(remote: Remote) -> None:
    with answering(_FirstPage) as gate:
        remote.hook("--server", gate.url)
        seen = refused(remote)
    assert "x:1:1: deny no" in seen
    assert "and 4 more; `cpctl gate` shows all of them" in seen


def test_a_gate_that_does_not_answer_accepts_nothing(remote: Remote) -> None:
    remote.hook("--server", "http://127.0.0.1:1")
    remote.clone.repair()
    pushed = remote.push("change:main")
    assert pushed.returncode != 0
    assert "gave no decision" in pushed.stderr
    assert remote.head() == remote.clone.base


def test_a_protected_branch_is_not_taken_away_or_turned_back(remote: Remote) -> None:
    remote.hook("--no-record")
    gone = remote.push(":main")
    assert (gone.returncode != 0, "cannot be taken away" in gone.stderr) == (True, True)
    remote.clone.git("checkout", "-q", "--orphan", "other")
    remote.clone.git("commit", "-q", "--allow-empty", "-m", "other")
    turned = remote.push("--force", "other:main")
    assert (turned.returncode != 0, "does not contain" in turned.stderr) == (True, True)
    assert remote.head() == remote.clone.base


def test_other_branches_are_judged_when_they_are_merged(remote: Remote) -> None:
    remote.hook("--no-record")
    remote.clone.deny()
    assert remote.push("change:feature").returncode == 0


@pytest.mark.parametrize("name", ["..", "../refs", "incoming-none", "pack", "tmp_objdir-incoming-"])
def test_no_other_folder_is_read_as_a_quarantine(
    server: Serving, name: str, remote: Remote
) -> None:
    reply = server.post("/v1/changes", {"head": remote.clone.base, "quarantine": name})
    assert (reply.status, reply.json()["allow"]) == (422, False)


def test_a_step_is_judged_from_the_branch_only(server: Serving, remote: Remote) -> None:
    """Whoever asks does not choose the policies: a base beside the branch is refused."""
    bad = remote.clone.deny()
    remote.push("change:feature")
    base = remote.clone.base
    denied = server.post("/v1/changes", {"head": bad}).json()
    assert denied["allow"] is False
    assert denied["decision"]["from"]["commit"] == base
    assert server.post("/v1/changes", {"base": bad, "head": bad}).status == 422
    assert server.post("/v1/changes", {"head": "0" * 40}).status == 422
    assert server.post("/v1/changes", {"head": "main"}).status == 422


def protect(remote: Remote, *names: str) -> None:
    """Have `main` of the server name protected branches."""
    spec = f"protectedBranches: [{', '.join(names)}]\n"
    remote.clone.files["repository.yaml"] = document("Repository", "example", spec)
    remote.clone.base = remote.clone.commit("main")
    assert remote.push("main").returncode == 0


@pytest.mark.parametrize("served", [False, True])
def test_a_new_protected_branch_is_a_step_from_the_one_in_force(
    remote: Remote, server: Serving, *, served: bool
) -> None:
    """It brings no policies of its own: those of `main` judge it, and it contains `main`."""
    protect(remote, "main", "release")
    server.wait_ready(remote.clone.base)
    remote.hook(*(["--server", f"http://127.0.0.1:{server.port}"] if served else ["--no-record"]))
    remote.clone.git("checkout", "-q", "--orphan", "other")
    remote.clone.git("commit", "-q", "--allow-empty", "-m", "other")
    turned = remote.push("other:release")
    assert (turned.returncode != 0, "does not contain" in turned.stderr) == (True, True)
    taken = remote.push("main:release")
    assert taken.returncode == 0, taken.stderr


def test_beside_other_branches_nothing_begins_by_itself(remote: Remote) -> None:
    remote.hook("--no-record", "--branch", "trunk")
    begun = remote.push("main:trunk")
    assert begun.returncode != 0
    assert "no policies are in force for it" in begun.stderr


def test_a_first_revision_begins_as_it_pins(remote: Remote) -> None:
    """An empty repository takes a first revision, and no other one than it pins."""
    remote.clone.git("--git-dir", str(remote.bare), "update-ref", "-d", "refs/heads/main")
    remote.hook("--no-record")
    wrong = f"genesis: {{policies: 'sha256:{'0' * 64}'}}\n"
    remote.clone.files["repository.yaml"] = document("Repository", "example", wrong)
    remote.clone.commit("main")
    pinned = remote.push("main")
    assert (pinned.returncode != 0, "is pinned to" in pinned.stderr) == (True, True)
    assert remote.push(f"{remote.clone.base}:refs/heads/main").returncode == 0

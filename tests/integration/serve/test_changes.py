"""`POST /v1/changes`: what a server keeps between two questions changes no answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import documents
from tests.support.gated import RULE, TENANT, Gated
from tests.support.serving import Serving, serving

PATH = "/v1/changes"
LABELS = "  name: acme\n  labels: {%s: b}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Gated:
    return Gated(tmp_path / "repository")


@pytest.fixture
def server(repository: Gated, tmp_path: Path) -> Iterator[Serving]:
    with serving(repository.path, tmp_path / "server") as found:
        yield found


def by_command(repository: Gated, base: str, head: str) -> Any:
    """Return what a process of its own decides, which has kept nothing."""
    done = repository.run(
        "cpctl", "gate", "--base", base, "--head", head, "--no-record", "-o", "json", check=False
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def same(reply: Any, said: Any) -> None:
    """Compare two answers in all but the second at which they were given."""
    ours, theirs = ({**each["decision"]} for each in (reply, said))
    for each in (ours, theirs):
        each.pop("time")
        each["weights"] = {k: v for k, v in each["weights"].items() if k != "now"}
    assert ours == theirs
    assert [(w["rule"], w["position"], w["message"]) for w in reply["words"]] == [
        (f["rule"], f"{f['path']}:{f['line']}:{f['column']}", f["message"])
        for f in said["findings"]
    ]


def merged(repository: Gated, path: str, text: str) -> str:
    """Put a file on `main`, past the gate, and return the revision."""
    repository.git("checkout", "-q", "-f", "main")
    repository.files[TENANT] = repository.git("show", f"main:{TENANT}")
    repository.files[path] = text
    repository.base = repository.commit("main")
    return repository.base


def upon(repository: Gated, base: str, text: str) -> str:
    """Commit the tenant as `text` upon a revision, and return the commit."""
    repository.git("checkout", "-q", "-B", "change", base)
    repository.files[TENANT] = text
    return repository.commit("change")


def test_it_is_the_commands_own_decision(repository: Gated, server: Serving) -> None:
    base, text = repository.base, repository.files[TENANT]
    heads = [
        upon(repository, base, text.replace("  name: acme\n", LABELS % "a")),
        upon(repository, base, text.replace("residency: [eu]", "residency: [eu, us]")),
        upon(repository, base, text.replace("retrieval", "nothing")),
    ]
    for head in (*heads, *heads):  # asked twice: what was kept of the first is kept of the second
        reply = server.post(PATH, {"base": base, "head": head}).json()
        said = by_command(repository, base, head)
        if reply["problems"]:
            assert [(p["position"], p["message"]) for p in reply["problems"]] == [
                (p["position"], p["message"]) for p in said["problems"]
            ]
        else:
            same(reply, said)
    assert [server.post(PATH, {"head": h}).json()["allow"] for h in heads] == [True, False, False]


def test_a_name_where_a_commit_id_is_wanted_is_said_to_be_one(
    repository: Gated, server: Serving
) -> None:
    reply = server.post(PATH, {"base": "main", "head": repository.base})
    assert (reply.status, reply.json()["allow"]) == (422, False)
    assert reply.json()["detail"].startswith("base: a full commit id is wanted")
    assert reply.json()["place"] == "base"


def test_a_revision_that_came_between_two_questions_is_the_one_that_judges(
    repository: Gated, server: Serving
) -> None:
    """A rule that goes lets through what it denied; one that comes denies what was let through."""
    first, text = repository.base, repository.files[TENANT]
    abroad = text.replace("residency: [eu]", "residency: [eu, us]")
    denied = upon(repository, first, abroad)
    assert server.post(PATH, {"head": denied}).json()["allow"] is False

    milder = merged(repository, RULE, repository.files[RULE].replace('zone != "eu"', 'zone == "x"'))
    head = upon(repository, milder, abroad)
    # asked at once, whether or not the server has noticed: the base that is named judges
    reply = server.post(PATH, {"base": milder, "head": head}).json()
    assert (reply["allow"], reply["decision"]["from"]["commit"]) == (True, milder)
    same(reply, by_command(repository, milder, head))
    still = server.post(PATH, {"base": first, "head": denied}).json()
    assert (still["allow"], still["decision"]["from"]["commit"]) == (False, first)
    same(still, by_command(repository, first, denied))

    server.wait_ready(milder)
    reply = server.post(PATH, {"head": head}).json()
    assert (reply["allow"], reply["decision"]["from"]["commit"]) == (True, milder)

    stricter = merged(
        repository, RULE, repository.files[RULE].replace('zone == "x"', 'zone == "eu"')
    )
    server.wait_ready(stricter)
    home = upon(repository, stricter, text.replace("  name: acme\n", LABELS % "c"))
    reply = server.post(PATH, {"head": home}).json()
    assert (reply["allow"], reply["decision"]["from"]["commit"]) == (False, stricter)
    same(reply, by_command(repository, stricter, home))


def test_settings_of_a_new_revision_weigh_the_next_answer(
    repository: Gated, server: Serving
) -> None:
    text = repository.files[TENANT].replace("residency: [eu]", "residency: [eu, us]")
    severities = "severities:\n  prod:\n    tenancy/first: warn\n"
    weighed = documents.document("Repository", "example", severities)
    assert server.post(PATH, {"head": upon(repository, repository.base, text)}).json()["allow"] is (
        False
    )
    base = merged(repository, "repository.yaml", weighed)
    server.wait_ready(base)
    reply = server.post(PATH, {"head": upon(repository, base, text)}).json()
    assert reply["allow"] is True
    assert [w["severity"] for w in reply["words"]] == ["warn"]


def test_a_branch_that_was_turned_back_judges_by_what_it_holds(
    repository: Gated, server: Serving
) -> None:
    """What is no longer on the branch is no base, whatever was kept of it."""
    first = repository.base
    text = repository.files[TENANT]
    milder = merged(repository, RULE, repository.files[RULE].replace('zone != "eu"', 'zone == "x"'))
    server.wait_ready(milder)
    head = upon(repository, milder, text.replace("residency: [eu]", "residency: [eu, us]"))
    assert server.post(PATH, {"head": head}).json()["allow"] is True

    repository.git("update-ref", "refs/heads/main", first)

    reply = server.post(PATH, {"base": milder, "head": head})
    assert (reply.status, reply.json()["allow"]) == (422, False)


ABROAD = "residency: [eu, us, ca, uk]"


@pytest.fixture
def many(repository: Gated) -> Gated:
    """A repository whose rule finds something of each zone abroad, and a change to three."""
    rule = repository.files[RULE].replace("name := input.subject.name", "name := zone")
    merged(repository, RULE, rule)
    upon(repository, repository.base, repository.files[TENANT].replace("residency: [eu]", ABROAD))
    return repository


def turned(server: Serving, asked: Any, first: Any) -> list[Any]:
    """Return all pages of an answer, the first one given."""
    found = [first]
    while found[-1]["next"]:
        found.append(server.post(PATH, {**asked, "cursor": found[-1]["next"]}).json())
    return found


def test_an_answer_of_several_pages_is_one_decision(many: Gated, tmp_path: Path) -> None:
    """Every page says whether it is allowed and how much was found; one is recorded."""
    base, head = many.base, many.git("rev-parse", "change").strip()
    many.run("cpctl", "keys", "init")
    keys = Path(many.environment()["CPCTL_HOME"]) / "keys"
    asked = {"base": base, "head": head, "limit": 1}
    with serving(many.path, tmp_path / "recording", "--keys", str(keys)) as server:
        whole = server.post(PATH, {"base": base, "head": head}).json()
        assert (whole["allow"], whole["next"], whole["totals"]["findings"]) == (False, "", 3)
        assert len(whole["words"]) == 3
        first = server.post(PATH, asked).json()
        found = turned(server, asked, first)
    assert [word for each in found for word in each["words"]] == whole["words"]
    assert {each["allow"] for each in found} == {False}
    for each in found:
        assert each["totals"] == whole["totals"]
        assert each["decision"]["verdictDigest"] == whole["decision"]["verdictDigest"]
        assert len(each["decision"]["verdict"]["findings"]) <= 1
        assert each["recorded"] == first["recorded"]
    listed = json.loads(many.run("cpctl", "evidence", "list", "-o", "json").stdout)
    assert len(listed) == 2  # of two decisions that were asked for, however many pages were


def test_a_page_is_one_of_the_answer_it_belongs_to(many: Gated, tmp_path: Path) -> None:
    base, head = many.base, many.git("rev-parse", "change").strip()
    asked = {"base": base, "head": head, "limit": 2}
    with serving(many.path, tmp_path / "one") as server:
        first = server.post(PATH, asked).json()
        second = server.post(PATH, {**asked, "cursor": first["next"]}).json()
        assert [len(first["words"]), len(second["words"])] == [2, 1]
    with serving(many.path, tmp_path / "another") as server:  # which has to judge it again
        again = server.post(PATH, {**asked, "cursor": first["next"]}).json()
        assert again["words"] == second["words"]
        other = f"2@sha256:{'0' * 64}"
        for wrong, status in [
            ({**asked, "cursor": other}, 409),
            ({"head": head, "limit": 2, "cursor": first["next"]}, 422),
            ({**asked, "cursor": "2"}, 422),
            ({**asked, "limit": 0}, 422),
            ({**asked, "limit": 10_001}, 422),
        ]:
            reply = server.post(PATH, wrong)
            assert (reply.status, reply.json()["allow"]) == (status, False), wrong

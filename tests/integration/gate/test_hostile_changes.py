"""Changes to the judge, and histories that are not what they seem.

Each head also moves data to the US unless the case says otherwise: nothing allows that.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from copy import copy

import pygit2
import pytest

from tests.support.documents import document
from tests.support.gated import RULE, TENANT
from tests.support.hostile import TEMPLATE, Hostile
from tests.support.hostile_git import commit_graph
from tests.support.policies import finds, rule

pytestmark = pytest.mark.requires("opa")


def _put(path: str, text: str) -> Callable[[Hostile], None]:
    def change(world: Hostile) -> None:
        world.files[path] = text

    return change


def _in(path: str, old: str, new: str) -> Callable[[Hostile], None]:
    def change(world: Hostile) -> None:
        assert old in str(world.files[path])
        world.files[path] = str(world.files[path]).replace(old, new)

    return change


def _gone(*paths: str) -> Callable[[Hostile], None]:
    def change(world: Hostile) -> None:
        for path in paths:
            del world.files[path]

    return change


def _renamed(world: Hostile) -> None:
    del world.files[RULE]
    world.files |= rule(finds("input.subject.resource.never"), "tenancy/other")


SECOND = "policies/tenancy/second/rule.rego"
NEVER = rule(finds("input.subject.resource.never"))[RULE]
JUDGES: dict[str, Callable[[Hostile], None]] = {
    "the rule never fires": _put(RULE, NEVER),
    "the rule is deleted": _gone(RULE),
    "all rules are deleted": _gone(RULE, SECOND),
    "the rule is renamed and emptied": _renamed,
    "the rule only warns": _in(RULE, "severity: deny", "severity: warn"),
    "the rule only informs": _in(RULE, "severity: deny", "severity: info"),
    "the rule is about something else": _in(RULE, "subjects: [Tenant]", "subjects: [Fleet]"),
    "the rule is no Rego": _put(RULE, "package {"),
    "the rule is empty": _put(RULE, ""),
    "the rule is of another package": _in(RULE, "tenancy.first", "tenancy.third"),
    "the rule has a default": _put(RULE, NEVER + "\ndefault findings := set()\n"),
    "the rule replaces its input": _in(RULE, '!= "eu"', '!= "eu" with input as {}'),
    "the rule asks the network": _in(RULE, '!= "eu"', '!= http.send({"url": "x"}).body'),
    "the policies are those of nowhere": _put(
        "repository.yaml",
        document("Repository", "example", "policySets:\n  - name: a\n    path: nowhere\n"),
    ),
    "the policies are outside": _put(
        "repository.yaml",
        document("Repository", "example", "policySets:\n  - name: a\n    path: ../policies\n"),
    ),
    "the policies are the tenants": _put(
        "repository.yaml",
        document("Repository", "example", "policySets:\n  - name: a\n    path: tenants\n"),
    ),
    "there are no policy sets": _put(
        "repository.yaml", document("Repository", "example", "policySets: []\n")
    ),
    "the repository says nothing of itself": _gone("repository.yaml"),
    "another engine is demanded": _put(
        "repository.yaml", document("Repository", "example", "requiredEngine: opa\n")
    ),
    "the template reads a file": _put(TEMPLATE, "{% include '/etc/passwd' %}"),
    "the template leaves its folder": _put(TEMPLATE, "{% include '../../../repository.yaml' %}"),
    "the template includes itself": _put(TEMPLATE, "{% include 'namespace.yaml.j2' %}"),
    "the template imports": _put(TEMPLATE, "{% import 'os' as os %}"),
    "the template goes for classes": _put(TEMPLATE, "a: {{ ''.__class__.__mro__ }}\n"),
    "the template loops for ever": _put(
        TEMPLATE, "{% for a in range(999999999) %}{{ a }}{% endfor %}"
    ),
    "the template writes a great deal": _put(TEMPLATE, "a: {{ 'x' * 999999999 }}\n"),
    "the template names what is not there": _put(TEMPLATE, "a: {{ nothing }}\n"),
    "the template is not finished": _put(TEMPLATE, "{% if"),
}


@pytest.mark.parametrize("case", JUDGES)
def test_a_change_of_the_judge(case: str, shared: Hostile) -> None:
    shared.abroad()
    JUDGES[case](shared)
    outcome = shared.judge(shared.head())
    assert outcome.ended in {"deny", "invalid", "indeterminate"}, outcome
    if outcome.ended == "deny":
        assert "tenancy/first" in outcome.said


def _write(world: Hostile, path: str, text: str) -> None:
    place = world.path / ".git" / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def _replaced(world: Hostile) -> str:
    """`git replace`: the commit that is judged is said to be the base's."""
    world.abroad()
    head = world.head()
    _write(world, f"refs/replace/{head}", world.base + "\n")
    return head


def _replaced_tree(world: Hostile) -> str:
    world.abroad()
    head = world.head()
    us, eu = (str(world.git.get(c).tree.id) for c in (head, world.base))
    _write(world, f"refs/replace/{us}", eu + "\n")
    return head


def _grafted(world: Hostile) -> str:
    """A parent that only `.git/info/grafts` knows of."""
    world.abroad()
    head = world.made.commit(world.files, branch="elsewhere", parents=[])
    _write(world, "info/grafts", f"{head} {world.base}\n")
    return head


def _shallow(world: Hostile) -> str:
    world.abroad()
    head = world.head()
    _write(world, "shallow", world.base + "\n")
    return head


def _not_on_base(world: Hostile) -> str:
    world.harmless()
    return world.made.commit(world.files, branch="elsewhere", parents=[])


def _evil_merge(world: Hostile) -> str:
    """A merge of two harmless branches whose tree is that of neither."""
    world.harmless()
    one = world.head()
    two = world.made.commit(world.files, branch="two", parents=[world.base], message="two")
    world.abroad()
    return world.head(parents=[one, two])


def _forged(world: Hostile) -> str:
    world.abroad()
    made = world.git.get(world.head())
    more = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    return world.commit_tree(str(made.tree.id), more=more)


def _renamed_tenant(world: Hostile) -> str:
    """Git shows a rename, with the change inside of it."""
    world.abroad()
    world.files["tenants/renamed/tenant.yaml"] = world.files.pop(TENANT)
    return world.head()


def _tree_for_head(world: Hostile) -> str:
    world.abroad()
    return str(world.git.get(world.head()).tree.id)


def _blob_for_head(world: Hostile) -> str:
    return world.blob(b"x").hex()


def _option_for_head(world: Hostile) -> str:
    return "--output=/tmp/x"


def _no_head(world: Hostile) -> str:
    return "nothing"


def _alternates(world: Hostile) -> str:
    """Objects of somewhere else: what is judged is what they say."""
    world.abroad()
    head = world.head()
    _write(world, "objects/info/alternates", "/nowhere/objects\n")
    return head


def _elsewhere(world: Hostile) -> str:
    """Objects of a repository beside it, where alone the head's are."""
    world.abroad()
    other = world.path.with_name("elsewhere")
    shutil.copytree(world.path / ".git/objects", other)
    shutil.rmtree(world.path / ".git/objects")
    _write(world, "objects/info/alternates", f"{other}\n")
    fresh = world.fresh()
    fresh.made = copy(world.made)
    fresh.made.git = pygit2.Repository(str(world.path))
    return fresh.head()


def _commit_graph(world: Hostile) -> str:
    """A parent that only `objects/info/commit-graph` knows of."""
    world.harmless()
    head = world.made.commit(world.files, branch="elsewhere", parents=[])
    graph = commit_graph(world.git, {world.base: [], head: [world.base]})
    (world.path / ".git/objects/info").mkdir(exist_ok=True)
    (world.path / ".git/objects/info/commit-graph").write_bytes(graph)
    return head


HISTORIES: dict[str, tuple[Callable[[Hostile], str], str]] = {
    "a commit that is replaced": (_replaced, "deny"),
    "a tree that is replaced": (_replaced_tree, "deny"),
    "a parent by graft": (_grafted, "invalid"),
    "a shallow clone": (_shallow, "invalid"),
    "a head without the base": (_not_on_base, "usage"),
    "a merge that is neither side": (_evil_merge, "deny"),
    "a forged author and signature": (_forged, "deny"),
    "a rename that hides a change": (_renamed_tenant, "deny"),
    "a tree for a head": (_tree_for_head, "usage"),
    "a file for a head": (_blob_for_head, "usage"),
    "an option for a head": (_option_for_head, "usage"),
    "no head": (_no_head, "usage"),
    "objects from nowhere": (_alternates, "deny"),
    "objects from elsewhere": (_elsewhere, "deny"),
    "a parent by commit-graph": (_commit_graph, "usage"),
}


@pytest.mark.parametrize("case", HISTORIES)
def test_a_history(case: str, hostile: Hostile) -> None:
    build, ended = HISTORIES[case]
    outcome = hostile.judge(build(hostile))
    assert outcome.ended == ended, outcome


@pytest.mark.parametrize(
    "spec", ["requiredEngine: any", "requiredEngine: compiled", "waiverNotice: 1d", None]
)
def test_the_engine_that_the_base_demands_is_not_let_off(spec: str | None, shared: Hostile) -> None:
    """The base demands another than the one that is asked; the head says that this one will do."""
    demands = document("Repository", "example", "requiredEngine: opa")
    base = shared.made.commit(
        {**shared.files, "repository.yaml": demands}, branch="demands", parents=[shared.base]
    )
    shared.harmless()
    if spec is None:
        del shared.files["repository.yaml"]
    else:
        shared.files["repository.yaml"] = document("Repository", "example", spec)
    outcome = shared.judge(shared.head(parents=[base]), base)
    assert outcome.ended == ("indeterminate" if spec else "invalid"), outcome


def test_what_is_harmless_is_allowed(shared: Hostile) -> None:
    shared.harmless()
    outcome = shared.judge(shared.head())
    assert (outcome.ended, outcome.said) == ("allow", ())


def test_nothing_between_base_and_head_is_allowed(shared: Hostile) -> None:
    assert shared.judge(shared.base).ended == "allow"

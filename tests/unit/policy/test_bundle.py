"""Policies are loaded whole or not at all, and every mistake has its place."""

from __future__ import annotations

import json

import pytest

from controlplane.policy.bundle import load, require, restrict, with_texts
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.model import Severity
from controlplane.values import Position
from evidence.canonical import Json
from tests.support.policies import finds, rule

SCHEMA = "policies/tenancy/first/parameters.schema.json"


def schema(**properties: object) -> str:
    return json.dumps(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "additionalProperties": False,
            "properties": properties,
        }
    )


def codes(files: dict[str, str]) -> list[str]:
    return [problem.code for problem in load(files).problems]


def places(files: dict[str, str]) -> list[str]:
    return [str(problem.position) for problem in load(files).problems]


def test_a_rule_says_what_it_is() -> None:
    (loaded,) = load(rule(finds("input.change"), uses="change", severity="warn")).bundle.rules
    assert loaded.id == "tenancy/first"
    assert loaded.package == "controlplane.tenancy.first"
    assert loaded.severity is Severity.WARN
    assert loaded.subjects == {"Tenant"}
    assert loaded.uses == {"change"}
    assert loaded.messages == {"bad": "{name} is bad"}
    assert loaded.controls == ("SOC2 CC6.1",)
    assert not loaded.expires


def test_the_digest_names_texts_and_parameters() -> None:
    files = rule(finds("true"), uses="parameters") | {SCHEMA: schema(a={})}
    one = load(files, {"tenancy/first": {"a": 1}}).bundle
    assert one.digest == load(files, {"tenancy/first": {"a": 1}}).bundle.digest
    assert one.digest != load(files, {"tenancy/first": {"a": 2}}).bundle.digest
    changed = {path: text + "# more\n" for path, text in files.items() if path.endswith(".rego")}
    assert one.digest != load(files | changed, {"tenancy/first": {"a": 1}}).bundle.digest
    assert one.digest != with_texts(one, {one.modules[0].path: "package x"}).digest


def test_tests_and_samples_are_no_part_of_what_judges() -> None:
    files = rule(finds("true"))
    beside = {
        "policies/tenancy/first/rule_test.rego": "package controlplane.tenancy.first_test\n",
        "policies/tenancy/first/samples/deny.jsonc": "{}",
    }
    loaded = load(files | beside)
    assert loaded.bundle == load(files).bundle
    assert len(loaded.files["tenancy/first"].tests) == 1


def test_parameters_have_the_defaults_of_their_schema() -> None:
    defaults = schema(a={"default": 1}, b={"default": 2})
    files = rule(finds("true"), uses="parameters") | {SCHEMA: defaults}
    data = load(files, {"tenancy/first": {"b": 3}}).bundle.data
    assert data == {"parameters": {"tenancy": {"first": {"a": 1, "b": 3}}}}


def test_parameters_and_their_schema_come_together() -> None:
    assert codes(rule(finds("true"), uses="parameters")) == ["policy/parameters"]
    assert codes(rule(finds("true")) | {SCHEMA: "{}"}) == ["policy/parameters"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tenancy/first": {"a": "3"}}, 'tenancy/first.a: "3" is not of type integer'),
        ({"tenancy/first": {"a": 0}}, "tenancy/first.a: 0 is less than 1"),
        ({"tenancy/first": {"ab": 1}}, "tenancy/first.ab: there is no such input"),
        ({"tenancy/frist": {"a": 2}}, "there is no such rule"),
    ],
)
def test_parameters_keep_to_the_schema_of_their_rule(given: dict[str, Json], words: str) -> None:
    """A misspelt or wrong parameter would leave the default in force, or a rule that is silent."""
    limit = schema(a={"type": "integer", "minimum": 1, "default": 3})
    files = rule(finds("true"), uses="parameters") | {SCHEMA: limit}
    (problem,) = load(files, given, located=lambda path: Position(str(path[0]))).problems
    assert problem.code == "policy/parameters"
    assert words in problem.message
    assert problem.position.path == next(iter(given))


def test_parameters_for_a_rule_that_takes_none_are_refused_where_they_are_given() -> None:
    given: dict[str, Json] = {"tenancy/first": {"a": 1}}
    files = rule(finds("true"))
    (problem,) = load(files, given, located=lambda path: Position(str(path[0]))).problems
    assert problem.message == "tenancy/first takes no parameters"
    assert (problem.position.path, problem.remedy) == ("tenancy/first", "remove them")


def test_a_schema_that_is_not_fit_stops_the_policies() -> None:
    files = rule(finds("true"), uses="parameters") | {SCHEMA: '{"properties": {"a": {}}}'}
    assert set(codes(files)) == {"input-schema"}


def test_a_set_can_be_restricted_to_some_rules() -> None:
    bundle = load(rule(finds("true")) | rule(finds("true"), "tenancy/second")).bundle
    restricted = restrict(bundle, ["tenancy/second"])
    assert [each.id for each in restricted.rules] == ["tenancy/second"]
    assert [module.path for module in restricted.modules] == ["policies/tenancy/second/rule.rego"]


def test_no_rule_at_all_is_an_error() -> None:
    with pytest.raises(PolicyLoadError) as raised:
        require({})
    assert raised.value.remedy


def test_every_problem_is_reported_at_once() -> None:
    files = rule(finds("http.send(1)\n\tuuid.rfc4122(1)"), severity="fatal")
    with pytest.raises(PolicyLoadError) as raised:
        require(files)
    assert [problem.code for problem in raised.value.problems] == [
        "metadata/field",
        "rego/built-in",
        "rego/built-in",
    ]


def test_a_problem_stands_at_its_line_and_column() -> None:
    path = "policies/tenancy/first/rule.rego"
    assert places(rule(finds("http.send(1)"), severity="fatal")) == [f"{path}:6:15", f"{path}:16:2"]


LIBRARY = {
    "policies/lib/shapes/shapes.rego": "package controlplane.lib.shapes\n\nround_one(x) if x == 1\n"
}
IMPORT = "import data.controlplane.lib.shapes\n\n"


def test_a_library_is_imported_and_called() -> None:
    assert codes(rule(IMPORT + finds("shapes.round_one(1)")) | LIBRARY) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (IMPORT + finds("shapes.square(1)"), "rego/unknown-function"),
        (IMPORT + finds("shapes.square"), "rego/reference"),
        (IMPORT + finds("shapes == 1"), "rego/reference"),
        ("import data.controlplane.lib.colours\n\n" + finds("colours.red"), "rego/import"),
        ("import data.controlplane.tenancy.second\n\n" + finds("second.x"), "rego/import"),
        ("import input.subject\n\n" + finds("subject.name"), "rego/import"),
        ("import future.keywords\n\n" + finds("true"), "rego/import"),
        (finds("data.controlplane.tenancy.second.findings"), "rego/data"),
        (finds('data["anything"]'), "rego/data"),
        (finds("data.secrets.x"), "rego/data"),
        (finds("input.time.epochSeconds > 1"), "rego/uses"),
        (finds("data.parameters.x.y == 1"), "rego/uses"),
        (finds("input.references.Pack"), "rego/uses"),
        (finds("input.facts.waivers"), "rego/uses"),
        ("default findings := set()\n\n" + finds("true"), "rego/contract"),
        ("findings := {1}", "rego/contract"),
        ("findings(x) := x", "rego/contract"),
        ('findings["a"] := 1', "rego/contract"),
        ("findings if true", "rego/contract"),
        ("other contains 1 if true", "rego/contract"),
        (finds("true") + "\n\nvalid_until contains 5 if true", "rego/contract"),
        (finds("true") + "\n\nvalid_until := 5", "rego/contract"),
        ("findings[x] { x := input.subject }", "rego/v0-syntax"),
        ("deny { input.subject }\n\n" + finds("true"), "rego/v0-syntax"),
        (finds("true") + " { input.subject }", "rego/v0-syntax"),
        (finds("true") + "\n\nx := 1 y := 2", "rego/statement"),
        (finds("true with input as {}"), "rego/with"),
        (finds("1.5 > 1"), "rego/number"),
        (finds("1e3 > 1"), "rego/number"),
        (finds("9007199254740992 > 1"), "rego/number"),
        (finds("4 / 2 == 2"), "rego/number"),
        (finds("4 % 2 == 0"), "rego/number"),
        (finds('x := [c | some c in [9, 8]; some "z" in ["z"]]\n\tcount(x) > 0'), "rego/some"),
        (finds('x := [c | some c in [9]; some [1, "z"] in [[1]]]\n\tcount(x) > 0'), "rego/some"),
        (finds("010 > 1"), "rego/number"),
        (finds("-0 == 0"), "rego/number"),
        (finds("x := [- 0]\n\tx == [0]"), "rego/number"),
        (finds("x := 5\n\t-3 < 4 == true"), "rego/comparison"),
        (finds("x := 1\n\ty := -(x)\n\ty == 0 - 1"), "rego/number"),
        (finds('input.subject.name == "\\n"'), "rego/escape"),
        (finds("input.subject.name == `a\\b`"), "rego/escape"),
        (finds('regex.match(input.subject.name, "a")'), "rego/pattern"),
        (finds('regex.match("[^a]", "a")'), "rego/pattern"),
        (finds('regex.match("a.b", "a")'), "rego/pattern"),
        (finds('regex.match("(?i)a", "a")'), "rego/pattern"),
        (finds('sprintf(input.subject.name, []) == ""'), "rego/format"),
        (finds('sprintf("%v", []) == ""'), "rego/format"),
        (finds('sprintf("%v", [1, [2, 3]]) == ""'), "rego/format"),
        (finds('sprintf("%v", [x | some x in [1]]) == ""'), "rego/format"),
        (finds('sprintf("%v", input.things) == ""'), "rego/format"),
        (finds('replace(input.a, "", "b") == ""'), "rego/replace"),
        (finds('replace(f(input.a, 1), input.b, "b") == ""') + "\n\nf(x, y) := x", "rego/replace"),
        (finds("count(input.things) > 0; colour"), "rego/unsafe-variable"),
        (finds("some x\n\tx == 1"), "rego/unsafe-variable"),
        (finds("count([x | some y in [1]; y > 0]) == x"), "rego/unsafe-variable"),
        (finds("every x in [1] { x > 0 }\n\tx == 1"), "rego/unsafe-variable"),
        (finds("not input.a in input.b"), "rego/not"),
        (finds("not count(input.a) > 0"), "rego/not"),
        (finds("not known(input.a)") + "\n\nknown(x) if x == 1", "rego/not"),
        (finds("not known(owner)") + "\n\nknown(x) if x == 1\n\nowner := input.owner", "rego/not"),
        (finds('input.a == "'), "rego/string"),
        (finds("input.a == (1"), "rego/bracket"),
        (finds("input.a == 1 \u00e9"), "rego/character"),
        (finds("count := 1\n\tcount == 1") + "\n\ncount(x) := x", "rego/shadow"),
    ],
)
def test_what_is_not_portable_or_outside_of_the_contract_is_refused(body: str, code: str) -> None:
    second = rule(finds("true"), "tenancy/second")
    assert code in codes(rule(body) | second | LIBRARY)


@pytest.mark.parametrize(
    "condition",
    [
        "not input.a.b",
        'not input.a == "x"',
        "not input.a[0].b == input.c",
        "not known(input)",
        'not regex.match("^a$", "b")',
        "reached := count(input.a)\n\tnot reached <= 3",
        'owner := input.a\n\tnot owner in {"x", "y"}',
        "some x in input.a\n\tnot known(x)\n\tx.b",
        "every x in input.a { x > 0; known(x) }",
        "{x | some x in input.a; x > 0} == {1}",
        "[a, b] := input.a\n\ta < b",
        "some path, value\n\twalk(input.a, [path, value])\n\tvalue == 1",
        "some i\n\tinput.a[i] == 1",
        "count([1 |\n\t\tsome x in input.a\n\t\tx > 0\n\t]) > 0",
        'sprintf("%v-%v", [input.a, 1]) == "x-1"',
        'sprintf("%v", [[input.a, 1]]) == "x"',
        'replace(replace(input.a, "_", ""), "-", "") == "x"',
        'regex.match(`^[a-z0-9]+(?:-[a-z0-9]+)*\\.example\\.com$`, "a")',
    ],
)
def test_ordinary_rego_is_accepted(condition: str) -> None:
    files = rule(finds(condition) + "\n\nknown(x) if x.b == 1")
    assert load(files).problems == ()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("policies/tenancy/first/other.rego", "policy/layout"),
        ("policies/tenancy/First/rule.rego", "policy/layout"),
        ("policies/rule.rego", "policy/layout"),
        ("policies/lib/a/b.rego", "policy/layout"),
        ("policies/tenancy/first/samples/maybe.json", "policy/layout"),
    ],
)
def test_a_file_without_a_place_is_refused(path: str, code: str) -> None:
    assert codes(rule(finds("true")) | {path: "{}"}) == [code]


def test_a_package_is_its_folder() -> None:
    ((_, text),) = rule(finds("true")).items()
    assert codes({"policies/tenancy/other/rule.rego": text}) == ["rego/package"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("# METADATA\n", "", "metadata/missing"),
        ("package controlplane", "\npackage controlplane", "metadata/missing"),
        ("severity: deny", "severity: fatal", "metadata/field"),
        ("remedy: Mend it.", "remedy: ''", "metadata/field"),
        ("remedy: Mend it.", "remdy: Mend it.", "metadata/field"),
        ("subjects: [Tenant]", "subjects: [Tennant]", "metadata/subject"),
        ("subjects: [Tenant]", "subjects: []", "metadata/field"),
        ("uses: []", "uses: [everything]", "metadata/field"),
        ("SOC2 CC6.1", "SOC 2", "metadata/control"),
        ('["SOC2 CC6.1"]', "[]\n#   twins: [K8sAllowedRepos]", "metadata/twin"),
        ('["SOC2 CC6.1"]', "[]\n#   twins: ['kyverno: ']", "metadata/twin"),
        ("{name} is bad", "{name is bad", "metadata/message"),
        ("{name} is bad", "{name.first} is bad", "metadata/message"),
        ("scope: package", "scope: rule", "metadata/field"),
        ("title: tenancy/first", "title: a: b", "yaml/"),
    ],
)
def test_metadata_is_checked(old: str, new: str, code: str) -> None:
    ((path, text),) = rule(finds("true")).items()
    assert old in text
    found = codes({path: text.replace(old, new)})
    assert any(each.startswith(code) for each in found), found


@pytest.mark.parametrize("text", ["{", "[1,]", '{"a": NaN}', '{"a": "\\ud800"}'])
def test_a_sample_that_is_no_json_is_refused(text: str) -> None:
    files = rule(finds("true")) | {"policies/tenancy/first/samples/deny.json": text}
    assert codes(files) == ["policy/json"]


def test_a_module_of_any_size_is_refused_quickly() -> None:
    files = rule(finds("true") + "\n" + "# x\n" * 100_000)
    assert "rego/too-large" in codes(files)


@pytest.mark.parametrize(
    "text", ["", "\0", "package", "package x", "}{", "import", "{", "x", "default"]
)
def test_no_text_makes_the_reader_fail(text: str) -> None:
    assert load({"policies/tenancy/first/rule.rego": text}).problems

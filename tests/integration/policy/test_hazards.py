"""What the embedded evaluator does wrong when it is left alone, and the guard against each.

Each hazard is shown twice: with its guard taken away a rule that must fire stays silent, fires on
nothing or sees what it must not; with the guard it is refused, or answered as OPA answers.
"""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from typing import Any

import pytest

from controlplane.policy.bundle import load
from controlplane.policy.decide import decide
from controlplane.policy.engine import Question, Unanswered
from controlplane.policy.engines.asking import PoliciesByEntry
from controlplane.policy.engines.compiled import CompiledEngine
from controlplane.policy.engines.embedded import DEFAULT, EmbeddedEngine, Settings
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.model import Cause, Verdict
from controlplane.policy.rego_check import ALL_GUARDS, Guards
from evidence.canonical import Json, canonical, digest_bytes
from tests.support import binaries
from tests.support.policies import ask, finds, rule

SUBJECT = {"subject": {"kind": "Tenant", "name": "acme"}}


def _judge(
    files: dict[str, str],
    document: Any = None,
    *,
    guards: Guards = ALL_GUARDS,
    settings: Settings = DEFAULT,
) -> Verdict:
    return ask(EmbeddedEngine(settings), files, document or SUBJECT, guards=guards)


def _codes(files: dict[str, str]) -> set[str]:
    return {problem.code for problem in load(files).problems}


# What is refused when policies are loaded: the text of a rule that must fire (it does in OPA), the
# guard, and the problem that the guard makes of it.
SILENT = {
    "a built-in that is missing": (
        finds(
            'not net.cidr_contains("10.0.0.0/8", "11.0.0.1")\n\ttrue == net.cidr_is_valid("10.0.0.0/8")'
        ),
        replace(ALL_GUARDS, portable=False, negations=False),
        "rego/built-in",
    ),
    "metadata of the rule": (
        finds("rego.metadata.rule() != 1"),
        replace(ALL_GUARDS, portable=False),
        "rego/built-in",
    ),
    "an unsafe variable": (
        finds("colour != 1\n\tcolour > 0"),
        replace(ALL_GUARDS, names=False),
        "rego/unsafe-variable",
    ),
    "an escape in a text": (
        finds('input.subject.name == "acm\\u0065"'),
        replace(ALL_GUARDS, escapes=False),
        "rego/escape",
    ),
    "numbers with a fraction": (
        finds("33.33 * 3 > 99.99"),
        replace(ALL_GUARDS, numbers=False),
        "rego/number",
    ),
    "the rest of a large number": (
        finds("2147483648 % 7 == 2"),
        replace(ALL_GUARDS, numbers=False),
        "rego/number",
    ),
    "a zero with a sign": (
        finds("x := -0\n\tx == 0"),
        replace(ALL_GUARDS, numbers=False),
        "rego/number",
    ),
    "letters outside of ASCII": (
        finds('lower("\u00c9") == "\u00e9"'),
        replace(ALL_GUARDS, portable=False),
        "rego/built-in",
    ),
    "a character counted as bytes": (
        finds('regex.match("^[^x]$", "\u00e9")'),
        replace(ALL_GUARDS, portable=False),
        "rego/pattern",
    ),
    "nested objects merged": (
        finds('object.union({"a": {"b": 1}}, {"a": {"c": 2}}).a.b == 1'),
        replace(ALL_GUARDS, portable=False),
        "rego/built-in",
    ),
    "a `not` within `every`": (
        finds("not clean") + "\n\nclean if {\n\tevery x in [{}, {`a`: 1}] {\n\t\tnot x.a\n\t}\n}",
        replace(ALL_GUARDS, forms=False),
        "rego/every",
    ),
    "an array made of a variable from outside": (
        finds("some z in [1, 2]\n\tcount([z | some _ in [3, 4]]) == 2"),
        replace(ALL_GUARDS, forms=False),
        "rego/comprehension",
    ),
    "an array made of an argument": (
        finds("twice(3)") + "\n\ntwice(z) if count([z | some _ in [3, 4]]) == 2",
        replace(ALL_GUARDS, forms=False),
        "rego/comprehension",
    ),
    "a set of terms that OPA goes through as they are written": (
        finds('[x | some x in {"z", input.subject.name}] == ["z", "acme"]'),
        replace(ALL_GUARDS, forms=False),
        "rego/order",
    ),
    "the same under a name": (
        finds('xs := {"z", input.subject.name}\n\t[x | some x in xs] == ["z", "acme"]'),
        replace(ALL_GUARDS, forms=False),
        "rego/order",
    ),
    "a member that is negated within `every`": (
        finds("not clean") + "\n\nclean if {\n\tevery x in [true, false] {\n\t\tnot x\n\t}\n}",
        replace(ALL_GUARDS, forms=False),
        "rego/every",
    ),
    "a name declared within and around": (
        finds("y := 5\n\tcount([z | some z in [1, 2]; y := 1; y == 1]) == 2\n\ty == 5"),
        replace(ALL_GUARDS, names=False),
        "rego/redeclared",
    ),
    "a name declared within the head's own set": (
        finds("2 in {y | some x in {y | some y in [3, 4]}; some y in [1, 2]}"),
        replace(ALL_GUARDS, names=False),
        "rego/redeclared",
    ),
}
HEADS = {
    "a field of it in an array": "some z in [{`a`: 1}]\n\tcount([z.a | some _ in [3, 4]]) == 2",
    "a field of it in a set": "some z in [{`a`: 1}]\n\tcount({z.a | some _ in [3, 4]}) == 1",
    "beside another": "some z in [{`a`: 1}]\n\tcount({[z.a, y] | some y in [3, 4]}) == 2",
    "in an object": 'some z in [{`a`: 1}]\n\tcount([{"a": z.a, "y": y} | some y in [3, 4]]) == 2',
    "as a key": "some z in [{`a`: `b`}]\n\tcount({z.a: 1 | some _ in [3, 4]}) == 1",
    "as a value": "some z in [{`a`: 1}]\n\tcount({y: z.a | some y in [3, 4]}) == 2",
    "in a call": 'some z in [{`a`: `b`}]\n\tcount({concat("", [z.a]) | some _ in [3, 4]}) == 1',
    "of a condition only": "some z in [{`a`: 1}]\n\tcount({z.a | true}) == 1",
}
INDICES = {
    "beside a comparison": "some k\n\t[1, 2, 3][k] > 2",
    "in an argument": 'xs := ["b", "a"]\n\tsome k\n\tstartswith(xs[k], "a")',
    "of a function": "xs := [1, 2]\n\tsome k\n\tlarge(xs[k])",
    "beside `in`": "xs := [1, 2]\n\tsome k\n\txs[k] in {2}",
    "in an array": "xs := [1, 2]\n\tsome k\n\tv := [xs[k], 1]\n\tv == [2, 1]",
    "of two": "xs := [1, 2]\n\tsome i, j\n\txs[i] < xs[j]",
    "within a comprehension": "xs := [1, 2]\n\tcount({k | some k; xs[k] > 1}) == 1",
}
# Each has `l := [{"a": [3, 1]}, {"a": [2]}]` and `m := {["b", 3], ["b", 1]}` before it.
NESTED = {
    "of what has one within, in an array": "count([x | some i, j; x := l[i].a[j]]) == 3",
    "of what a `some` goes through in an array": "count([x | some i; some x in l[i].a]) == 3",
    "in a set within an array": "[n | n := count({x | some i, j; x := l[i].a[j]})] == [3]",
    "in a pattern, in an argument": 'some k\n\tcount(m[["b", k]]) == 2',
    "in a pattern, without a name": 'count(m[["b", _]]) == 2',
    "in a pattern of a condition, without a name": 'm[["b", _]]',
    "in a pattern, in an array": 'count([x | x := m[["b", _]]]) == 2',
    "after a comparison of it": "some k\n\tk == 1\n\tcount(l[k].a) == 1",
    "after a comparison of it with `!=`": "some k\n\tk != 0\n\tcount(l[k].a) == 1",
    "beside itself in an array": "some k\n\tx := [k, l[k].a]\n\tx == [1, [2]]",
    "compared with what it is in": "some k\n\tk == count(l[k].a)",
    "right of a number and `-`": "some k\n\tx := 3 - l[1].a[k]\n\tx == 1",
    "right of another": "some i, j\n\tl[0].a[i] == [1, 2][j]",
    "right of another it is not": "some i, j\n\tl[0].a[i] != l[1].a[j]",
    "in the head of an array only": "count([l[i].a | some i]) == 2",
    "in the head of a set only": "count({l[i].a | some i}) == 2",
}
_FORMS = replace(ALL_GUARDS, forms=False)
SILENT |= {
    f"a variable from outside, {how}": (finds(body), _FORMS, "rego/comprehension")
    for how, body in HEADS.items()
}
SILENT |= {
    f"an index without a value yet, {how}": (
        finds(body) + "\n\nlarge(x) if x == 2",
        _FORMS,
        "rego/index",
    )
    for how, body in INDICES.items()
}
SILENT |= {
    f"an index without a value yet, {how}": (
        finds(f'l := [{{"a": [3, 1]}}, {{"a": [2]}}]\n\tm := {{["b", 3], ["b", 1]}}\n\t{body}'),
        _FORMS,
        "rego/index",
    )
    for how, body in NESTED.items()
}
SILENT |= {
    "a variable from outside, in brackets that begin a line": (
        finds("some z in [1]\n\ty := z\n\t[z | some _ in [3, 4]] == [1, 1]"),
        _FORMS,
        "rego/comprehension",
    ),
    "an argument, in brackets that begin a line": (
        finds("twice(3)") + "\n\ntwice(z) if {\n\ty := z\n\t[z | some _ in [3]] == [3]\n}",
        _FORMS,
        "rego/comprehension",
    ),
    "an argument in the head of a set": (
        finds("twice(3) == {3}") + "\n\ntwice(z) := {z | some _ in [3, 4]}",
        _FORMS,
        "rego/comprehension",
    ),
    "an argument with the name of a rule": (
        finds("twice(3)") + "\n\nz := 1\n\ntwice(z) if count([z | some _ in [3, 4]]) == 2",
        _FORMS,
        "rego/comprehension",
    ),
    "a variable that only a scope within declares": (
        finds("z := 5\n\t5 in [z | some x in {z | some z in [3]}]"),
        replace(ALL_GUARDS, forms=False, names=False),
        "rego/comprehension",
    ),
    "a comprehension within `every`": (
        finds("every x in [1, 2] {\n\t\tcount([1 | x > 0]) == 1\n\t}"),
        _FORMS,
        "rego/every",
    ),
    "an `every` within `every`": (
        finds("every x in [1, 2] {\n\t\tevery y in [3, 4] {\n\t\t\tx != y\n\t\t}\n\t}"),
        _FORMS,
        "rego/every",
    ),
    "a comparison of a comparison": (
        finds("some z in [5]\n\tz < 6 == true"),
        _FORMS,
        "rego/comparison",
    ),
    "a comparison of a comparison with another": (
        finds("some z in [5]\n\tz < 6 < true"),
        _FORMS,
        "rego/comparison",
    ),
}


@pytest.mark.parametrize("hazard", SILENT)
def test_without_the_guard_a_rule_that_must_fire_is_silent_or_fails(hazard: str) -> None:
    body, guards, _ = SILENT[hazard]
    assert _judge(rule(body), guards=guards).findings == ()


@pytest.mark.parametrize("hazard", SILENT)
def test_with_the_guard_the_rule_is_refused_at_its_place(hazard: str) -> None:
    body, _, code = SILENT[hazard]
    problems = load(rule(body)).problems
    assert code in {problem.code for problem in problems}
    assert all(problem.position.line > 11 for problem in problems)


def test_a_sorted_set_is_sorted_and_refused_all_the_same() -> None:
    """The engine puts it in order by now (`test_order`); an older one of a fleet does not."""
    files = rule(finds("sort({number | some number in [2, 1]})[0] == 1"))
    assert _judge(files, guards=replace(ALL_GUARDS, portable=False)).findings
    assert _codes(files) == {"rego/sort"}


def test_v0_syntax_is_accepted_by_the_evaluator_and_refused_by_the_guard() -> None:
    files = rule(finds("old") + "\n\nold { input.subject }")
    assert _judge(files, guards=replace(ALL_GUARDS, syntax=False, names=False)).findings
    assert "rego/v0-syntax" in _codes(files)


def test_a_negation_with_an_undefined_part_is_refused() -> None:
    files = rule(finds('not startswith(input.subject.owner, "a")'))
    assert _judge(files, guards=replace(ALL_GUARDS, negations=False)).findings  # OPA: silent
    assert _codes(files) == {"rego/not"}


def test_a_template_string_never_reaches_the_evaluator() -> None:
    assert _codes(rule(finds('$"{input.subject.owner}" == "x"'))) == {"rego/template-string"}


@pytest.mark.parametrize(
    "call",
    [
        'http.send({"url": "x", "method": "GET"})',
        "opa.runtime()",
        'rand.intn("a", 5)',
        "time.now_ns()",
        'time.parse_rfc3339_ns("2026-01-01T00:00:00Z")',
        'uuid.rfc4122("a")',
        "json.match_schema({}, {})",
        'graphql.parse("a", "b")',
        'strings.render_template("a", {})',
        "rego.metadata.chain()",
        'net.lookup_ip_addr("a")',
        'io.jwt.decode("a")',
        'regex.match("(?i)a", "A")',
        'regex.match("\\\\p{L}", "a")',
        'sprintf("%s", [1])',
        'json.marshal("<")',
        "providers.aws.sign_req({}, {}, 1)",
    ],
)
def test_what_is_not_portable_is_refused(call: str) -> None:
    assert _codes(rule(finds(f"value := {call}\n\tvalue != 7"))) & {
        "rego/built-in",
        "rego/pattern",
        "rego/format",
    }


@pytest.mark.parametrize(
    "body",
    [
        "import data.controlplane.lib.x as http\n\n" + finds("http.send(1)"),
        finds('data["http"].send(1)'),
        finds('http["send"]({"url": "x"})'),
        finds("value := http\n\tvalue.send(1)"),
        "http(x) := x\n\n" + finds("http(1) == 1"),
        finds("opa . runtime ( ) != 1"),
        finds("opa.\n\t\truntime() != 1"),
        finds("value := [1 | opa.runtime()]\n\tcount(value) > 0"),
        finds("# (\n\topa.runtime() != 1"),
        finds('value := "a # b"; opa.runtime() != 1; value != ""'),
    ],
)
def test_a_built_in_cannot_be_smuggled_in(body: str) -> None:
    assert _codes(rule(body))


def test_a_failing_built_in_is_undefined_unless_the_evaluator_is_strict() -> None:
    files = rule(finds('concat(",", [1]) != "a"'))
    assert _judge(files, settings=replace(DEFAULT, strict=False)).allow
    assert [i.cause for i in _judge(files).indeterminate] == [Cause.ERROR]


def test_a_line_end_is_one_character() -> None:
    files = rule(finds('contains(input.subject.name, "n")'))
    document = {"subject": {"kind": "Tenant", "name": "a\nb"}}
    assert _judge(files, document, settings=replace(DEFAULT, exact_text=False)).findings
    assert _judge(files, document).allow


def test_a_private_character_is_refused() -> None:
    document = {"subject": {"kind": "Tenant", "name": "a\U000f0022"}}
    verdict = _judge(rule(finds("true")), document)
    assert [i.cause for i in verdict.indeterminate] == [Cause.UNSUPPORTED]


def test_the_evaluator_is_given_no_environment() -> None:
    files = rule(finds('opa.runtime().env.SECRET == "s"'))
    guards = replace(ALL_GUARDS, portable=False)
    shown = replace(DEFAULT, environment={"SECRET": "s"})
    assert _judge(files, guards=guards, settings=shown).findings
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET", "s")
        assert not _judge(files, guards=guards).findings


def test_an_envelope_that_is_too_large_is_not_tried() -> None:
    verdict = _judge(rule(finds("false")), settings=replace(DEFAULT, largest_input=20))
    assert [i.cause for i in verdict.indeterminate] == [Cause.UNSUPPORTED]


LOOP = finds(
    "many := numbers.range(1, 500)\n"
    "\tsome a in many\n"
    "\tcount([1 | some b in many; count([1 | some c in many; a + b == c]) == 7]) == 7"
)


def test_a_rule_without_end_is_killed_and_the_next_question_answered() -> None:
    bundle = load(rule(LOOP) | rule(finds("true"), "tenancy/second")).bundle
    slow, quick = bundle.rules
    text = canonical(SUBJECT)
    with EmbeddedEngine(replace(DEFAULT, seconds=1)).prepare(bundle) as prepared:
        before = prepared.pid
        question = Question("Tenant/acme", text, (slow,))
        verdict = decide(question, prepared.answer(question))
        assert [i.cause for i in verdict.indeterminate] == [Cause.TIMEOUT]
        with pytest.raises(ProcessLookupError):
            os.kill(before, 0)
        question = Question("Tenant/acme", text, (quick,))
        assert decide(question, prepared.answer(question)).findings


def test_a_killed_process_denies_and_the_next_question_is_answered() -> None:
    bundle = load(rule(finds("true"))).bundle
    question = Question("Tenant/acme", canonical(SUBJECT), bundle.rules)
    with EmbeddedEngine().prepare(bundle) as prepared:
        os.kill(prepared.pid, signal.SIGKILL)
        verdict = decide(question, prepared.answer(question))
        assert [i.cause for i in verdict.indeterminate] == [Cause.CRASH]
        assert decide(question, prepared.answer(question)).findings


def test_a_rule_that_takes_all_memory_is_killed() -> None:
    body = finds("every_one := numbers.range(1, 20000000)\n\tcount(every_one) == 1")
    verdict = _judge(rule(body), settings=replace(DEFAULT, memory=400 * 1024**2, seconds=60))
    assert [i.cause for i in verdict.indeterminate] == [Cause.CRASH]


def test_what_the_caller_has_held_does_not_count_against_the_worker() -> None:
    """The peak that getrusage(2) tells is handed down to a child process."""
    held = bytearray(b"x" * 500 * 1024**2)
    del held
    settings = replace(DEFAULT, memory=400 * 1024**2)
    assert _judge(rule(finds("true")), settings=settings).findings


def test_threads_that_share_policies_get_their_own_answers() -> None:
    bundle = load(rule(finds("true", "input.subject.name"))).bundle
    wrong: list[str] = []

    def work(name: str, prepared: Any) -> None:
        text = canonical({"subject": {"kind": "Tenant", "name": name}})
        question = Question("Tenant/x", text, bundle.rules)
        for _ in range(50):
            found = decide(question, prepared.answer(question)).findings
            if [finding.params for finding in found] != [(("name", name),)]:
                wrong.append(name)

    with EmbeddedEngine().prepare(bundle) as prepared:
        threads = [threading.Thread(target=work, args=(f"t{n}", prepared)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


class _Stale(PoliciesByEntry):
    """An evaluator that answers every question with the answer to another one."""

    def evaluate_entry(self, entry: str, envelope: bytes) -> Json | Unanswered:
        del entry, envelope
        return {"question": digest_bytes(b"{}"), "answers": {"tenancy/first": {"findings": []}}}


@pytest.mark.parametrize(("check", "allow"), [(False, True), (True, False)])
def test_an_answer_about_another_envelope_is_noticed(check: bool, allow: bool) -> None:
    bundle = load(rule(finds("true"))).bundle
    question = Question("Tenant/acme", canonical(SUBJECT), bundle.rules)
    prepared = _Stale(bundle, check_question=check)
    assert decide(question, prepared.answer(question)).allow is allow


NOT_LOADED = {
    "a pair within a comprehension": (
        finds("count([k | some k, _ in input.subject]) > 1"),
        "rego/some",
    ),
    "a pair within a set": (
        finds("count({v | some k, v in input.subject; k != `x`}) > 1"),
        "rego/some",
    ),
    "an underscore that is declared": (finds("some k, _\n\tinput.subject[k][_] == 1"), "rego/some"),
    "an `every` over brackets": (
        finds("every x in ({1, 2} - {1}) {\n\t\tx == 2\n\t}"),
        "rego/every",
    ),
    "brackets after `contains`": (
        finds("1 in sums") + "\n\nsums contains (input.n + 1) if true",
        "rego/contains",
    ),
}
NOT_LOADED |= {
    "two arguments of one name": (finds("w(1, 1)") + "\n\nw(x, x) := true", "rego/argument"),
    "a sign in the head of a comprehension": (
        finds("count([-x | some x in [1, 2]]) == 2"),
        "rego/comprehension",
    ),
    "an index without a name beside a comparison": (finds("input.xs[_] > 2"), "rego/index"),
    "an index of an index, in an array": (finds("[x | x := input.o[_][_]] != []"), "rego/index"),
    "an index of a field of one": (finds("[x | x := input.l[_].a[_]] != []"), "rego/index"),
    "an index of what a `some` goes through": (
        finds("[x | some x in input.l[_].a] != []"),
        "rego/index",
    ),
    "an index right of a number": (finds("x := 1 + input.xs[_]\n\tx > 2"), "rego/index"),
    "an index that is negated": (finds("{x | x := -input.xs[_]} != {1}"), "rego/index"),
    "two indices of which none has a name": (finds("input.xs[_] == input.l[_]"), "rego/index"),
    "an index in the head of a comprehension": (finds("[input.xs[_] | true] != []"), "rego/index"),
    "an index without a name in an argument": (
        finds('startswith(input.xs[_], "a")'),
        "rego/index",
    ),
}
NOT_BY_OPA = {
    "a sum in the head of a comprehension": (
        finds("count([x + 1 | some x in [1, 2]]) == 2"),
        "rego/comprehension",
    ),
    "a comparison in the head of a comprehension": (
        finds("count({x: x < 2 | some x in [1, 2]}) == 2"),
        "rego/comprehension",
    ),
    "a variable of `every` that nothing looks at": (
        finds("every x in input.xs {\n\t\tinput.subject\n\t}"),
        "rego/every",
    ),
    "a variable of another `else`": (
        finds("f(1) == 1") + "\n\nf(x) := x if {\n\ty := x\n\ty > 1\n} else := y if x > 0",
        "rego/unsafe-variable",
    ),
    "a part of what is made of a comprehension": (
        finds("true", 'split(concat("-", [x | some x in input.xs]), "-")[0]'),
        "rego/part",
    ),
    "an object compared with one that is made": (
        finds('{"a": input.a} == {x: 1 | some x in input.xs}'),
        "rego/object",
    ),
}


@pytest.mark.parametrize("form", NOT_LOADED)
def test_a_form_that_is_not_loaded_everywhere_is_refused_when_it_is_written(form: str) -> None:
    body, code = NOT_LOADED[form]
    loaded = load(rule(body), guards=replace(ALL_GUARDS, forms=False, names=False))
    assert not loaded.problems
    with pytest.raises(PolicyLoadError):
        EmbeddedEngine().prepare(loaded.bundle)
    assert code in _codes(rule(body))


@pytest.mark.requires("opa")
@pytest.mark.parametrize("form", NOT_BY_OPA)
def test_a_form_that_opa_does_not_load_or_compile_is_refused_when_it_is_written(form: str) -> None:
    body, code = NOT_BY_OPA[form]
    loaded = load(rule(body), guards=replace(ALL_GUARDS, forms=False, names=False))
    assert not loaded.problems
    with pytest.raises(PolicyLoadError):
        CompiledEngine(binary=binaries.need("opa")).prepare(loaded.bundle)
    assert _codes(rule(body)) == {code}


@pytest.mark.parametrize(
    "body",
    [
        finds("not {x | some x in [1]} == {2}"),
        finds('not "a" in [x | some x in input.xs]'),
        finds("not [y | some y in {1, 2}; y < 2] < [3]"),
    ],
)
def test_a_negation_of_what_is_made_is_refused_at_its_place(body: str) -> None:
    (problem,) = load(rule(body)).problems
    assert (problem.code, problem.position.line) == ("rego/not", 16)


@pytest.mark.parametrize(
    "body",
    [
        finds("xs := {1, 2} - {1}\n\tevery x in xs {\n\t\tx == 2\n\t}"),
        finds("some z in [1]\n\tcount([y | some _ in [3, 4]; y := z]) == 2"),
        finds("every _ in [1] {\n\t\tinput.subject\n\t}"),
        finds("2 in sums") + "\n\nsums contains 1 + 1 if true",
        finds('made := {x: 1 | some x in ["a"]}\n\t{"a": 1} == made'),
        finds("f(1) == 1") + "\n\nf(x) := 2 if {\n\ty := x\n\ty > 1\n} else := x if x > 0",
        finds("every x in [{}] {\n\t\tclean(x)\n\t}") + "\n\nclean(x) if not x.a",
        finds("count([k | some k; input.subject[k]]) == 2"),
        finds("xs := [1, 2]\n\tsome k\n\tx := xs[k]\n\tx > 1\n\tk == 1"),
        finds("some z in [{`a`: 1}]\n\tcount({[each, y] | some y in [3, 4]; each := z.a}) == 2"),
        finds("some z in [5]\n\tbelow := z < 6\n\tbelow == true"),
        finds("count([y | some x in [1, 2]; y := x + 1]) == 2"),
        finds("every x in [y | some y in [1, 2]] {\n\t\tx > 0\n\t}"),
        finds("count({y | some y in [1]}) == 1\n\t{y | some y in [2, 3]} == {2, 3}"),
        finds('some k, _ in input.subject\n\tk == "name"'),
        finds("some k\n\tinput.subject[k]"),
    ],
)
def test_the_portable_alternative_is_loaded_and_finds(body: str) -> None:
    assert _judge(rule(body)).findings


NAMED = {
    "by an index before": "count([x | some i, j; each := l[i]; x := each.a[j]]) == 3",
    "by the same index, in an expression before": "count([x | some i; l[i]; x := l[i].a[_]]) == 3",
    "by `=`": "count([x | some i; i = 0; x := l[i].a[_]]) == 2",
    "by `=`, in a pattern": "some i\n\t[i, 1] = [1, 1]\n\tcount(l[i].a) == 1",
    "by `walk`": "count([x | some at, x; walk(l, [at, x]); some n; at[n] == 0; is_number(x)]) == 4",
    "by `some`": "count([x | some each in l; x := each.a[_]]) == 3",
    "by a pattern that is an index": 'count({k | some k; m[["b", k]]}) == 2',
}


@pytest.mark.parametrize("how", NAMED)
def test_an_index_that_has_its_value_is_neither_refused_nor_silent(how: str) -> None:
    given = f'l := [{{"a": [3, 1]}}, {{"a": [2]}}]\n\tm := {{["b", 3], ["b", 1]}}\n\t{NAMED[how]}'
    assert _judge(rule(finds(given))).findings

"""What compiled policies could do wrong, and the guard against each: with it taken away it happens."""

from __future__ import annotations

import functools
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controlplane import ending
from controlplane.authenticated import Cache
from controlplane.policy.bundle import load
from controlplane.policy.decide import Decider, decide
from controlplane.policy.engine import Machine, Prepared, Question, Silent, Unanswered
from controlplane.policy.engines import compiled, compiled_build
from controlplane.policy.engines.compiled import (
    DEFAULT,
    CompiledEngine,
    Settings,
    compiler,
    on_machine,
)
from controlplane.policy.engines.compiled_artifact import Artifact, ArtifactError
from controlplane.policy.engines.compiled_builtins import sprintf
from controlplane.policy.engines.compiled_strict import strict
from controlplane.policy.errors import EngineError, EngineUnavailableError, PolicyLoadError
from controlplane.policy.model import Cause, PolicyBundle, Verdict
from controlplane.policy.rego_check import ALL_GUARDS
from evidence.canonical import canonical
from tests.support import binaries
from tests.support.policies import ask, finds, rule

pytestmark = pytest.mark.requires("opa")

SUBJECT = {"subject": {"kind": "Tenant", "name": "acme"}}
LOOP = finds(
    "many := numbers.range(1, 500)\n"
    "\tsome a in many\n"
    "\tcount([1 | some b in many; count([1 | some c in many; a + b == c]) == 7]) == 7"
)
NAMES = finds("true", "input.subject.name")


def _engine(settings: Settings = DEFAULT, cache: Cache | None = None) -> CompiledEngine:
    return CompiledEngine(binary=binaries.need("opa"), settings=settings, cache=cache)


def _bundle(body: str) -> PolicyBundle:
    loaded = load(rule(body) | rule(NAMES, "tenancy/second"))
    assert not loaded.problems
    return loaded.bundle


def _verdict(prepared: Prepared, bundle: PolicyBundle, number: int, document: Any) -> Verdict:
    question = Question("Tenant/acme", canonical(document), (bundle.rules[number],))
    return decide(question, prepared.answer(question))


def _causes(verdict: Verdict) -> list[Cause]:
    return [each.cause for each in verdict.indeterminate]


@pytest.mark.parametrize(
    ("body", "settings", "cause"),
    [
        (LOOP, replace(DEFAULT, fuel=10_000_000, seconds=600), Cause.TIMEOUT),
        (LOOP, replace(DEFAULT, fuel=2**60, seconds=0.2), Cause.TIMEOUT),
        (
            finds("every_one := numbers.range(1, 20000000)\n\tcount(every_one) == 1"),
            replace(DEFAULT, memory=96 * 1024**2, seconds=600, fuel=2**60),
            Cause.CRASH,
        ),
        (
            finds("true", 'sprintf("%v", [numbers.range(1, 1000)])'),
            replace(DEFAULT, largest_answer=1000),
            Cause.CRASH,
        ),
        (finds("false"), replace(DEFAULT, largest_input=20), Cause.UNSUPPORTED),
    ],
    ids=["fuel", "deadline", "memory", "answer", "input"],
)
def test_what_takes_too_much_denies_and_the_next_question_is_answered(
    body: str, settings: Settings, cause: Cause
) -> None:
    bundle = _bundle(body)
    with _engine(settings).prepare(bundle) as prepared:
        assert _causes(_verdict(prepared, bundle, 0, SUBJECT)) == [cause]
        if cause is not Cause.UNSUPPORTED:
            assert _verdict(prepared, bundle, 1, SUBJECT).findings


def test_a_failing_built_in_is_silent_unless_the_module_is_strict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = rule(finds('concat(",", input.subject.labels) != "a"'))
    document = {"subject": {"kind": "Tenant", "labels": [1]}}
    assert _causes(ask(_engine(), files, document)) == [Cause.ERROR]
    monkeypatch.setattr(compiled_build, "strict", functools.partial(strict, fail=False))
    assert ask(_engine(), files, document).allow


LIBRARY = {
    "policies/lib/words/words.rego": "package controlplane.lib.words\n\n"
    'joined(some_words) := concat(",", some_words)\n\n'
    "known(word) if word\n"
}


def _importing(function: str) -> dict[str, str]:
    body = "import data.controlplane.lib.words\n\n" + finds(
        f"words.{function}(input.subject.labels)"
    )
    return rule(body) | LIBRARY


@pytest.mark.parametrize(
    ("files", "built_in"),
    [
        (rule(finds('concat(",", input.subject.labels) != "a"')), "concat"),
        (_importing("joined"), "concat"),
        (rule(finds("input.subject.size + 1 == 2")), "+"),
    ],
    ids=["call", "library", "operator"],
)
def test_a_built_in_that_the_module_names_otherwise_stops_the_build(
    monkeypatch: pytest.MonkeyPatch, files: dict[str, str], built_in: str
) -> None:
    renamed = {"opa_of_another_opa": built_in}
    monkeypatch.setattr("controlplane.policy.engines.compiled_strict.BUILTINS", renamed)
    with pytest.raises(EngineError, match="opa_of_another_opa"):
        ask(_engine(), files, SUBJECT)


def test_a_built_in_that_nothing_asked_reaches_need_not_be_in_the_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OPA leaves functions out that no entry calls, and what only they call with them."""
    document = {"subject": {"kind": "Tenant", "name": "acme", "labels": ["a"]}}
    assert ask(_engine(), _importing("known"), document).findings
    assert ask(_engine(), _importing("joined"), document).findings
    renamed = {"opa_of_another_opa": "concat"}
    monkeypatch.setattr("controlplane.policy.engines.compiled_strict.BUILTINS", renamed)
    assert ask(_engine(), _importing("known"), document).findings


@pytest.mark.parametrize("plan", [b"", b"{}", b'{"static": {"builtin_funcs": [1]}}'])
def test_a_plan_that_cannot_be_read_stops_the_build(
    monkeypatch: pytest.MonkeyPatch, plan: bytes
) -> None:
    built = compiled_build._built

    def other(binary: Path, target: str, *rest: Any) -> bytes:
        return plan if target == "plan" else built(binary, target, *rest)

    monkeypatch.setattr(compiled_build, "_built", other)
    with pytest.raises(EngineError, match="plan of the policies cannot be read"):
        ask(_engine(), rule(finds("true")), SUBJECT)


def test_sets_and_objects_are_walked_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    files = rule(
        finds(
            "keys := [key | some key; input.subject.labels[key]]\n"
            "\tall := {key | some key in keys}",
            'concat(" ", [concat("", keys), concat("", all)])',
        )
    )
    document = {"subject": {"kind": "Tenant", "labels": dict.fromkeys("zyxabcmé😀", "")}}
    wanted = "".join(sorted("zyxabcmé😀"))
    (finding,) = ask(_engine(), files, document).findings
    assert finding.params == (("name", f"{wanted} {wanted}"),)
    monkeypatch.setattr(compiled_build, "strict", functools.partial(strict, ordered=False))
    (finding,) = ask(_engine(), files, document).findings
    assert finding.params != (("name", f"{wanted} {wanted}"),)


def test_a_large_object_is_walked_whole_within_another_walk() -> None:
    files = rule(
        finds(
            "labels := input.subject.labels\n"
            "\tpairs := [1 | some a; labels[a]; some b; labels[b]; a < b]",
            'sprintf("%v", [count(pairs)])',
        )
    )
    document = {"subject": {"kind": "Tenant", "labels": {f"k{n}": n for n in range(300)}}}
    (finding,) = ask(_engine(), files, document).findings
    assert finding.params == (("name", str(300 * 299 // 2)),)


def test_another_host_built_in_is_refused_at_its_place() -> None:
    guards = replace(ALL_GUARDS, portable=False)
    bundle = load(rule(finds("time.now_ns() > 7")), guards=guards).bundle
    with pytest.raises(PolicyLoadError) as refused:
        _engine().prepare(bundle)
    (problem,) = refused.value.problems
    assert problem.code == "rego/built-in"
    before = bundle.modules[0].text.partition("time.now")[0]
    assert problem.position.line == before.count("\n") + 1
    assert "epochSeconds" in problem.remedy
    with _engine(replace(DEFAULT, check_host=False)).prepare(bundle) as prepared:
        assert _causes(_verdict(prepared, bundle, 0, SUBJECT)) == [Cause.UNSUPPORTED]


def test_what_opa_does_not_compile_is_refused_at_its_place() -> None:
    guards = replace(ALL_GUARDS, portable=False, names=False)
    bundle = load(rule(finds("nobody.knows(1)")), guards=guards).bundle
    with pytest.raises(PolicyLoadError) as refused:
        _engine().prepare(bundle)
    assert refused.value.problems[0].position.path == "policies/tenancy/first/rule.rego"
    assert refused.value.problems[0].position.line > 11


def test_an_artifact_of_other_sources_is_refused() -> None:
    lax, firm = load(rule(finds("false"))).bundle, load(rule(finds("true"))).bundle
    file = _engine().artifact(lax).to_bytes()
    with pytest.raises(ArtifactError, match="asked are"):
        CompiledEngine.from_artifact(file).prepare(firm)
    believing = replace(DEFAULT, check_sources=False)
    with CompiledEngine.from_artifact(file, settings=believing).prepare(firm) as prepared:
        assert _verdict(prepared, firm, 0, SUBJECT).allow


@pytest.mark.parametrize("at", [3, 60, 500, -1])
def test_a_damaged_artifact_is_refused(at: int) -> None:
    bundle = load(rule(NAMES)).bundle
    file = bytearray(_engine().artifact(bundle).to_bytes())
    file[at] ^= 1
    with pytest.raises(ArtifactError):
        CompiledEngine.from_artifact(bytes(file)).prepare(bundle)
    with pytest.raises(ArtifactError):
        CompiledEngine.from_artifact(bytes(file[: len(file) // 2]))


def test_a_recorded_artifact_decides_again_where_there_is_no_opa() -> None:
    bundle = load(rule(NAMES)).bundle
    engine = _engine()
    file = engine.artifact(bundle).to_bytes()
    with (
        engine.prepare(bundle) as first,
        CompiledEngine.from_artifact(file).prepare(bundle) as then,
    ):
        assert first.artifact == then.artifact == Artifact.from_bytes(file).digest
        given = [_verdict(each, bundle, 0, SUBJECT).digest() for each in (first, then)]
    assert given[0] == given[1]


def test_the_same_sources_give_the_same_bytes() -> None:
    bundle = load(rule(NAMES)).bundle
    assert _engine().artifact(bundle).to_bytes() == _engine().artifact(bundle).to_bytes()


def _cache(tmp_path: Path, *, authenticate: bool = True) -> Cache:
    return Cache(tmp_path / "cache", tmp_path / "keys" / "key", authenticate)


def test_what_is_remembered_is_not_made_again(tmp_path: Path) -> None:
    bundle, cache = load(rule(NAMES)).bundle, _cache(tmp_path)
    with _engine(cache=cache).prepare(bundle) as made:
        pass
    with CompiledEngine(cache=cache).prepare(bundle) as remembered:  # no OPA
        assert remembered.artifact == made.artifact
        assert _verdict(remembered, bundle, 0, SUBJECT).findings
    kinds = {place.suffix: place.stat().st_mode & 0o777 for place in cache.directory.iterdir()}
    assert kinds == {".wasm": 0o600, ".native": 0o600}
    assert cache.key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("authenticate", "allow"), [(False, True), (True, False)])
def test_a_forged_cache_is_not_believed(tmp_path: Path, authenticate: bool, allow: bool) -> None:
    """Whoever can write to the cache puts a module there that allows, named for these sources."""
    firm, cache = load(rule(finds("true"))).bundle, _cache(tmp_path, authenticate=authenticate)
    honest = _engine(cache=cache).artifact(firm)
    lax = _engine().artifact(load(rule(finds("false"))).bundle)
    (place,) = cache.directory.iterdir()
    place.write_bytes(place.read_bytes()[:32] + replace(honest, wasm=lax.wasm).to_bytes())
    with _engine(cache=cache).prepare(firm) as prepared:
        assert _verdict(prepared, firm, 0, SUBJECT).allow is allow


def test_forged_machine_code_is_not_executed(tmp_path: Path) -> None:
    bundle, cache = load(rule(finds("true"))).bundle, _cache(tmp_path)
    lax = load(rule(finds("false"))).bundle
    for each in (lax, bundle):
        _engine(cache=cache).prepare(each).close()
    own, other = (
        next(cache.directory.glob(_engine(cache=cache).artifact(each).digest[7:] + "*.native"))
        for each in (bundle, lax)
    )
    own.write_bytes(other.read_bytes())  # authentic, but under another name
    with _engine(cache=cache).prepare(bundle) as prepared:
        assert _verdict(prepared, bundle, 0, SUBJECT).findings


@pytest.mark.parametrize("harm", ["key", "folder", "link"])
def test_a_cache_that_others_could_have_written_is_not_used(tmp_path: Path, harm: str) -> None:
    cache = _cache(tmp_path)
    cache.put("a.wasm", b"content")
    assert cache.get("a.wasm") == b"content"
    if harm == "key":
        cache.key.chmod(0o644)
    elif harm == "folder":
        cache.directory.chmod(0o777)
    else:
        (cache.directory / "a.wasm").rename(tmp_path / "elsewhere")
        (cache.directory / "a.wasm").symlink_to(tmp_path / "elsewhere")
    assert cache.get("a.wasm") is None


def test_a_question_sees_nothing_of_the_one_before() -> None:
    body = finds("true", 'sprintf("%v", [input])')
    bundle = load(rule(body)).bundle
    with _engine().prepare(bundle) as prepared:
        secret = {"subject": {"kind": "Tenant", "name": "acme", "resource": {"token": "s" * 5000}}}
        first = _verdict(prepared, bundle, 0, SUBJECT)
        assert _verdict(prepared, bundle, 0, secret).findings
        assert _verdict(prepared, bundle, 0, SUBJECT) == first


def test_who_asks_to_end_within_a_callback_is_heard_and_harms_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An exception there cannot be carried on: the module would go on with whatever lies about."""

    def asked_to_end(*given: str) -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return sprintf(*given)

    bundle = load(rule(finds("true", 'sprintf("%v", [input])'))).bundle
    before = signal.signal(signal.SIGTERM, ending.end)
    try:
        with _engine().prepare(bundle) as prepared:
            first = _verdict(prepared, bundle, 0, SUBJECT)
        monkeypatch.setattr(compiled, "HOST", {"sprintf": asked_to_end})
        with _engine().prepare(bundle) as prepared:
            with pytest.raises(ending.EndedError):
                _verdict(prepared, bundle, 0, SUBJECT)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            assert _verdict(prepared, bundle, 0, SUBJECT) == first
    finally:
        signal.signal(signal.SIGTERM, before)


def test_threads_get_their_own_answers() -> None:
    bundle = load(rule(NAMES)).bundle
    wrong: list[str] = []

    def work(name: str, prepared: Prepared) -> None:
        for _ in range(100):
            document = {"subject": {"kind": "Tenant", "name": name}}
            found = _verdict(prepared, bundle, 0, document).findings
            if [finding.params for finding in found] != [(("name", name),)]:
                wrong.append(name)

    with _engine().prepare(bundle) as prepared:
        threads = [threading.Thread(target=work, args=(f"t{n}", prepared)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_where_nothing_is_at_hand_it_says_what_to_do(tmp_path: Path) -> None:
    nothing = Machine(lambda _: None, {})
    for made in (on_machine, compiler):
        with pytest.raises(EngineUnavailableError) as missing:
            made(nothing)
        assert "make tools" in missing.value.remedy
    named = Machine(lambda _: None, {"CPCTL_COMPILED": str(tmp_path / "none")})
    with pytest.raises(ArtifactError, match="cannot be read"):
        on_machine(named)


MARKED = finds("input.subject.name == input.subject.mark", "input.subject.name")


def _question(bundle: PolicyBundle, document: Any) -> Question:
    return Question("Tenant/acme", canonical(document), bundle.rules)


def test_an_answer_of_known_words_is_read_as_one_of_new_words_is() -> None:
    bundle = load(rule(MARKED) | rule(finds("input.subject.bad"), "tenancy/second")).bundle
    documents = [
        {"subject": {"kind": "Tenant", "name": f"t{number % 7}", "mark": f"t{number % 5}", **extra}}
        for number in range(40)
        for extra in ({}, {"bad": number % 3 == 0})
    ]
    decider = Decider()
    with _engine().prepare(bundle) as known, _engine().prepare(bundle) as fresh:
        for document in documents:
            question = _question(bundle, document)
            answer = known.answer(question)
            plain = {
                each.id: value
                for entry, rules in fresh.entries.for_rules(bundle.rules)
                for each in rules
                for value in [
                    fresh.evaluate_entry(entry, question.envelope)["answers"][each.id]  # type: ignore[index]
                ]
            }
            assert answer == plain
            assert decider.decide(question, answer) == decide(question, plain)
        silent = [
            known.answer(_question(bundle, d)) for d in documents if "bad" not in d["subject"]
        ]
    assert len({id(each) for each in silent if isinstance(each, Silent)}) == 1


def test_known_words_about_another_envelope_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = load(rule(finds("input.subject.bad"))).bundle
    said: list[bytes] = []
    with _engine().prepare(bundle) as prepared:
        run = prepared._run

        def stale(entry: str, envelope: bytes, digest: str) -> bytes | Unanswered:
            text = run(entry, envelope, digest)
            assert isinstance(text, bytes)
            said.append(text)
            return said[0]

        monkeypatch.setattr(prepared, "_run", stale)
        first, other = (_question(bundle, {"subject": {"name": name}}) for name in ("a", "b"))
        assert decide(first, prepared.answer(first)).allow
        assert decide(first, prepared.answer(first)).allow
        assert _causes(decide(other, prepared.answer(other))) == [Cause.MALFORMED]

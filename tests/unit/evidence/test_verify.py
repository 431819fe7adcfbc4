"""Whatever is changed in a bundle, verification says so and names the part."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from evidence.bundle import NothingRecordedError, export
from evidence.canonical import canonical
from evidence.crypto import P256_ORDER
from evidence.errors import MalformedError, UsageError
from evidence.records import Record
from evidence.report import Report
from evidence.signers.base import Signer
from evidence.statement import Subject
from evidence.trust import TrustedKey, TrustSet
from evidence.verify import verify_bundle
from tests.support.evidence import COMMIT, about, signer, writer

NOW = datetime(2026, 2, 1, tzinfo=UTC)
OTHER = "f" * 40


def trust_in(*signers: Signer, **more: str) -> TrustSet:
    return TrustSet.of(
        TrustedKey(s.name, s.purpose, s.public_key, roles=("robot",), **more) for s in signers
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, TrustSet]:
    """A bundle over two logs, with statements of other commits between its own."""
    directory = tmp_path_factory.mktemp("evidence")
    decide, apply = signer("decide", "ecdsa-p256"), signer("apply")
    log = signer("log")
    gate = writer(directory, sign=decide, log=log, origin="example.com/gate")
    with gate.begin(kind="gate", subjects=about(), summary="gate") as run:
        run.record(Record("decision", "allowed: acme", {"allow": True, "rules": ["a", "b"]}))
        run.close(outcome="allowed", summary="1 subject allowed")
    applies = writer(directory, sign=apply, log=log)
    for i, commit in enumerate((COMMIT, OTHER, COMMIT, OTHER)):
        with applies.begin(kind="apply", subjects=about(commit), summary="apply") as run:
            run.record_many(Record("receipt", f"created {n}", {"n": n, "i": i}) for n in range(3))
            run.close(outcome="done", summary="3 objects created")
    return export([directory], COMMIT), trust_in(decide, apply, log)


def verify(value: Any, trust: TrustSet | None) -> Report:
    data = value if isinstance(value, bytes) else canonical(value)
    return verify_bundle(data, trust, NOW)


def test_a_bundle_verifies_and_says_what_it_proves(made: tuple[bytes, TrustSet]) -> None:
    report = verify(*made)
    assert report.findings == ()
    assert report.verified
    words = report.words()
    assert words.startswith(f"VERIFIED: the evidence of commit {COMMIT}")
    assert 'gate allowed: 1 subject allowed - signed by key "decide"' in words
    assert "for apply, role robot" in words
    assert "no witness" in words
    assert "2 of its 4 entries are here" in words
    assert len(report.proven) == 3


def test_without_a_trust_set_nothing_is_verified(made: tuple[bytes, TrustSet]) -> None:
    report = verify_bundle(made[0], None, NOW)
    assert not report.verified
    assert [finding.part for finding in report.findings] == ["keys"]
    accepted = verify_bundle(made[0], None, NOW, trust_bundled_keys=True)
    assert accepted.verified
    assert any("the bundle's own claim" in text for text in accepted.not_proven)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every leaf, empty containers included."""
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inner in pairs:
            yield from leaves(inner, (*path, step))
    else:
        yield path


def changed(value: Any) -> Iterator[Any]:
    """Yield other values of the same type."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        yield value - 1
    elif isinstance(value, str):
        for place in {0, len(value) // 2, len(value) - 1} if value else set():
            letter = "b" if value[place] == "a" else "a"
            yield value[:place] + letter + value[place + 1 :]
        yield value + "a"
        if value:
            yield value[:-1]
    elif value == []:
        yield ["a"]
    elif value == {}:
        yield {"a": 1}


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def with_leaf(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    value = copy.deepcopy(value)
    at(value, path[:-1])[path[-1]] = new
    return value


def named(path: tuple[Any, ...]) -> str:
    """Return the part of a leaf that a finding must name: one element, one field of it."""
    if path[0] in {"keys", "logs", "statements"}:
        inner = path[2]
        if inner == "consistency" and len(path) > 3:
            return f"logs[{path[1]}].consistency[{path[3]}]"
        return f"{path[0]}[{path[1]}].{inner}"
    if path[0] == "payloads":
        return f"payloads.{path[1]}"[:100]
    return str(path[0])


# Where two fields disagree, the finding stands at the one that follows from the other.
IMPLIED = {
    "index": "inclusion",
    "key": "checkpoints",
    "origin": "checkpoints",
    "publicKey": "keyid",
}


def test_every_field_that_is_changed_is_found_and_named(made: tuple[bytes, TrustSet]) -> None:
    data, trust = made
    value = json.loads(data)
    tried = 0
    for path in leaves(value):
        for new in changed(at(value, path)):
            report = verify(with_leaf(value, path, new), trust)
            assert not report.verified, path
            part = named(path)
            also = {part}
            if len(path) > 2 and path[2] in IMPLIED:
                also.add(part.replace(f".{path[2]}", f".{IMPLIED[path[2]]}"))
            found = [str(finding) for finding in report.findings]
            assert any(one.startswith(tuple(also)) for one in found), (path, new, found)
            tried += 1
    assert tried > 300


def test_every_field_that_is_removed_or_added_is_found(made: tuple[bytes, TrustSet]) -> None:
    data, trust = made
    value = json.loads(data)
    containers = {path[:-1] for path in leaves(value)}
    containers |= {path[:i] for path in containers for i in range(len(path))}
    for path in containers:
        inner = at(value, path)
        steps = list(inner) if isinstance(inner, dict) else range(len(inner))
        for step in steps:
            without = copy.deepcopy(value)
            del at(without, path)[step]
            assert not verify(without, trust).verified, (path, step)
        more = copy.deepcopy(value)
        target = at(more, path)
        if isinstance(target, dict):
            target["more"] = "x"
        else:
            target.append(copy.deepcopy(target[0]))
        assert not verify(more, trust).verified, path
        if isinstance(inner, list) and len(inner) > 1:
            turned = copy.deepcopy(value)
            at(turned, path).reverse()
            assert not verify(turned, trust).verified, path


def records_swapped(value: Any) -> str:
    records = value["statements"][0]["records"]
    records[0], records[1] = records[1], records[0]
    return "statements[0].records"


def record_from_another_run(value: Any) -> str:
    value["statements"][0]["records"][0] = value["statements"][1]["records"][0]
    return "statements[0].records"


def signature_malleable(value: Any) -> str:
    for i, one in enumerate(value["statements"]):
        raw = base64.b64decode(one["envelope"]["signatures"][0]["sig"])
        if len(raw) != 64:
            r, s = decode_dss_signature(raw)
            other = base64.b64encode(encode_dss_signature(r, P256_ORDER - s)).decode()
            one["envelope"]["signatures"][0]["sig"] = other
            one["sigstore"]["dsseEnvelope"]["signatures"][0]["sig"] = other
            return f"statements[{i}].envelope.signatures[0].sig"
    raise AssertionError


def payload_encoded_again(value: Any) -> str:
    envelope = value["statements"][0]["envelope"]
    payload = json.loads(base64.b64decode(envelope["payload"]))
    envelope["payload"] = base64.b64encode(json.dumps(payload, indent=1).encode()).decode()
    return "statements[0].envelope.payload"


def base64_not_canonical(value: Any) -> str:
    signature = value["statements"][0]["envelope"]["signatures"][0]
    text = signature["sig"]
    assert text.endswith("==")
    letter = "B" if text[-3] == "A" else chr(ord(text[-3]) + 1)
    signature["sig"] = text[:-3] + letter + "=="
    return "statements[0].envelope.signatures[0].sig"


def checkpoint_of_the_other_log(value: Any) -> str:
    value["logs"][0]["checkpoints"] = value["logs"][1]["checkpoints"]
    value["logs"][0]["consistency"] = value["logs"][1]["consistency"]
    return "logs[0].checkpoints[0].note.origin"


def second_signature(value: Any) -> str:
    signatures = value["statements"][0]["envelope"]["signatures"]
    signatures.append(signatures[0])
    return "statements[0].envelope.signatures"


@pytest.mark.parametrize(
    "attack",
    [
        records_swapped,
        record_from_another_run,
        signature_malleable,
        payload_encoded_again,
        base64_not_canonical,
        checkpoint_of_the_other_log,
        second_signature,
    ],
)
def test_an_attack_is_found_where_it_was_made(
    made: tuple[bytes, TrustSet], attack: Callable[[Any], str]
) -> None:
    value = json.loads(made[0])
    part = attack(value)
    report = verify(value, made[1])
    assert any(finding.part.startswith(part) for finding in report.findings), report.words()


def reencodings(data: bytes) -> Iterator[bytes]:
    value = json.loads(data)
    yield data + b"\n"
    yield b" " + data
    yield data[:-1]
    yield b"\xef\xbb\xbf" + data
    yield json.dumps(value).encode()
    yield json.dumps(value, indent=1, sort_keys=True).encode()
    yield data.replace(b'"commit"', b'"comm\\u0069t"', 1)
    yield data[:1] + data[1 : data.index(b",") + 1] + data[1:]
    yield data.replace(b'"index":0', b'"index":0.0', 1)
    yield data.replace(b'"index":0', b'"index":-0', 1)
    yield b""
    yield b"[" * 100_000
    yield b"1" * 10_000
    yield b'"\\ud800"'
    yield b"\xff" + data


def test_other_bytes_of_the_same_value_are_refused(made: tuple[bytes, TrustSet]) -> None:
    for data in reencodings(made[0]):
        report = verify(data, made[1])
        assert not report.verified, data[:80]
        assert report.findings[0].part in {"bundle", "format"}


@pytest.mark.parametrize("value", [None, True, 0, "x", [], {}, [[]], {"a": None}])
def test_any_field_of_another_type_is_found(made: tuple[bytes, TrustSet], value: Any) -> None:
    document = json.loads(made[0])
    paths = {path[:i] for path in leaves(document) for i in range(1, len(path) + 1)}
    for path in paths:
        if at(document, path) != value:
            assert not verify(with_leaf(document, path, value), made[1]).verified, path


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"valid_until": "2026-01-31T12:00:00Z"}, "counted only until"),
        ({"valid_from": "2026-01-31T23:00:00Z"}, "counts only from"),
        ({"revoked_from": "2026-01-31T12:00:01Z"}, "revoked from"),
    ],
)
def test_a_key_counts_only_in_its_time(
    made: tuple[bytes, TrustSet], more: dict[str, str], words: str
) -> None:
    keys = [replace(key, **more) for key in made[1].keys.values()]
    report = verify(made[0], TrustSet.of(keys))
    assert not report.verified
    parts = {finding.part.split("[")[0] for finding in report.findings}
    # A log may have been continued with a younger key, never with one that had ended.
    assert parts == ({"statements"} if "valid_from" in more else {"logs", "statements"})
    assert all(words in finding.message for finding in report.findings)


def test_a_key_that_is_not_trusted_is_named(made: tuple[bytes, TrustSet]) -> None:
    for keyid, key in made[1].keys.items():
        less = TrustSet.of(k for k in made[1].keys.values() if k is not key)
        report = verify(made[0], less)
        assert not report.verified
        assert any(keyid in finding.message for finding in report.findings)


def test_a_key_of_another_purpose_does_not_count(made: tuple[bytes, TrustSet]) -> None:
    for key in made[1].keys.values():
        others = [k for k in made[1].keys.values() if k is not key]
        report = verify(made[0], TrustSet.of([*others, replace(key, purpose="author")]))
        assert not report.verified


def test_a_statement_of_the_future_is_refused(made: tuple[bytes, TrustSet]) -> None:
    report = verify_bundle(made[0], made[1], NOW - timedelta(days=365))
    assert any("yet to come" in finding.message for finding in report.findings)


def test_a_commit_that_nothing_names_has_no_bundle(tmp_path: Path) -> None:
    writer(tmp_path)
    with pytest.raises(NothingRecordedError):
        export([tmp_path], COMMIT)
    with pytest.raises(UsageError):
        export([tmp_path], "HEAD")
    with pytest.raises(UsageError):
        export([tmp_path / "nowhere"], COMMIT)


def test_a_trust_set_reads_back(made: tuple[bytes, TrustSet]) -> None:
    assert TrustSet.read(made[1].to_bytes()) == made[1]


TREE = "7" * 40


def of_tree(commit: str, tree: str) -> list[Subject]:
    return [Subject("revision", {"gitCommit": commit, "gitTree": tree})]


def merged(directory: Path, decided_tree: str) -> tuple[list[Path], TrustSet]:
    """A decision about a pull request's head, and the apply of the merge commit."""
    decide, apply, log = signer("decide"), signer("apply"), signer("log")
    gate = writer(directory, sign=decide, log=log, origin="example.com/gate")
    with gate.begin(kind="gate", subjects=of_tree(OTHER, decided_tree), summary="gate") as run:
        run.record(Record("decision", "allowed", {"allow": True}))
        run.close(outcome="allow", summary="allowed the change")
    applies = writer(directory, sign=apply, log=log)
    with applies.begin(kind="apply", subjects=of_tree(COMMIT, TREE), summary="apply") as run:
        run.record(Record("receipt", "created", {}))
        run.close(outcome="done", summary="done")
    return [directory], trust_in(decide, apply, log)


def test_the_decision_about_the_same_files_belongs_to_the_merge_commit(tmp_path: Path) -> None:
    directories, trust = merged(tmp_path, TREE)
    report = verify(export(directories, COMMIT), trust)
    assert report.verified
    assert "gate allow: allowed the change (about another commit with the same files)" in (
        report.words()
    )
    assert "that the commit has the tree that statements name" in report.words()


def test_a_decision_about_other_files_does_not(tmp_path: Path) -> None:
    directories, trust = merged(tmp_path, "8" * 40)
    report = verify(export(directories, COMMIT), trust)
    assert report.verified
    assert "gate" not in " ".join(report.proven)


def test_a_statement_about_something_else_in_a_bundle_is_named(tmp_path: Path) -> None:
    directories, trust = merged(tmp_path, "8" * 40)
    value = json.loads(export(directories, OTHER))
    value["commit"] = COMMIT
    report = verify(value, trust)
    assert not report.verified
    assert any("names neither commit" in finding.message for finding in report.findings)


@pytest.mark.parametrize("year", ["\u0662\u0660\u0662\u0660", "\uff12\uff10\uff12\uff10"])
def test_a_year_in_digits_of_another_script_is_refused(
    made: tuple[bytes, TrustSet], year: str
) -> None:
    """Times are compared as text: such a revocation would never have come."""
    value = json.loads(made[1].to_bytes())
    value["keys"][0]["revokedFrom"] = f"{year}-01-01T00:00:00Z"
    with pytest.raises(MalformedError, match="revokedFrom"):
        TrustSet.read(canonical(value))


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    value = {name: [] for name in ("keys", "logs", "statements")}
    whole: dict[str, Any] = {
        **value,
        "commit": COMMIT,
        "format": "https://controlplane.dev/evidence/bundle/v1",
        "payloads": {"\x1b[2J\nVERIFIED": 1},
    }
    report = verify_bundle(canonical(whole), None, NOW)
    assert not report.verified
    assert "\x1b" not in report.words()
    assert "\nVERIFIED" not in report.words()

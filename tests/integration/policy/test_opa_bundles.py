"""Signed OPA bundles with the real OPA: it loads and verifies ours, and we take what it signs."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from controlplane import wiring
from controlplane.cli.main import run
from controlplane.errors import Exit
from controlplane.operations.policies import policy_sets
from controlplane.operations.trust import trust_root_yaml
from controlplane.policy import archive, opa_signature
from controlplane.policy.decide import decide
from controlplane.policy.engine import Question
from controlplane.policy.engines.opa import OpaEngine
from controlplane.policy.entries import entries, given
from controlplane.policy.errors import PolicyLoadError
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read, read_worktree
from evidence.canonical import canonical, digest_bytes
from evidence.keys import KeyFile, create_key, signer_for
from tests.support import binaries, documents
from tests.support.company import ROOT
from tests.support.gated import TENANT, Gated
from tests.support.gitrepo import TestRepository
from tests.support.loopback import answering
from tests.support.policies import finds, rule, shipped
from tests.support.process import Server, ServerError, free_port

pytestmark = pytest.mark.requires("opa")

SEES_US = finds('"us" in input.subject.resource.spec.data.residency', "input.subject.name")
LIMIT = finds("input.subject.resource.spec.limit > data.parameters.tenancy.first.most")
SCHEMA = json.dumps(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "properties": {"most": {"type": "integer", "default": 1}},
    }
)


@pytest.fixture
def publisher(tmp_path: Path) -> KeyFile:
    place = tmp_path / "keys"
    return create_key(
        place, name="pub", purpose="publish", now=datetime.now(UTC), algorithm="ecdsa-p256"
    )


def _key_file(publisher: KeyFile) -> Path:
    place = publisher.path.with_name("public.pem.txt")
    place.write_text(publisher.public_key.pem)
    return place


def _published(tmp_path: Path, publisher: KeyFile, files: dict[str, str], *more: str) -> Path:
    """Commit `files` in a repository of its own and publish its policies."""
    place, out = tmp_path / f"source{len(list(tmp_path.iterdir()))}", tmp_path / "bundle.tar.gz"
    TestRepository(place).commit(documents.repository() | files)
    keys = str(publisher.path.parent)
    arguments = ["policy", "bundle", "--root", str(place), "--keys", keys, "-o", str(out)]
    assert run([*arguments, *more]) == Exit.CLEAN
    return out


def _opa(tmp_path: Path, bundle: Path, publisher: KeyFile, port: int) -> Server:
    flags = ["run", "--server", f"--addr=127.0.0.1:{port}", "--log-level=error"]
    flags += ["--bundle", str(bundle), "--signing-alg=ES256", "--skip-version-check"]
    flags += [f"--verification-key={_key_file(publisher)}", "--verification-key-id=pub"]
    return Server("opa", [binaries.need("opa"), *flags], tmp_path / "opa.log")


@pytest.mark.parametrize("more", [[], ["--compiled"]], ids=["", "compiled"])
def test_a_plain_opa_server_verifies_the_shipped_policies_and_answers_as_we_do(
    tmp_path: Path, publisher: KeyFile, more: list[str]
) -> None:
    out = tmp_path / "bundle.tar.gz"
    keys = ["--keys", str(publisher.path.parent), "-o", str(out)]
    assert run(["policy", "bundle", "--root", str(ROOT), "--rev", "HEAD", *keys, *more]) == 0
    (named,) = policy_sets(read(GitRepository.open(ROOT), "HEAD"))
    kind = "Tenant"
    together = tuple(
        each
        for each in named.bundle.rules
        if kind in each.subjects and not {"time", "facts"} & each.uses
    )
    envelope: Any = next(
        sample
        for each in together
        for name, sample in shipped().files[each.id].samples.items()
        if name.startswith("deny")
    )
    text = canonical(envelope)
    question = Question("Tenant/x", text, together)
    with wiring.policy_engine("compiled").prepare(named.bundle) as prepared:
        ours = prepared.answer(question)
    assert decide(question, ours).findings
    ((entry, _),) = entries(named.bundle).for_rules(together)
    port = free_port()
    server = _opa(tmp_path, out, publisher, port)
    try:
        url = f"http://127.0.0.1:{port}"
        server.wait_until(lambda: _healthy(url))
        body = canonical({"input": given(envelope, digest_bytes(text))})
        asked = urllib.request.Request(f"{url}/v1/data/controlplane_decision/{entry}", data=body)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            theirs = json.load(answer)["result"]
        with OpaEngine(url=url).prepare(named.bundle) as prepared:  # refused if it had to be put
            through_us = prepared.answer(question)
    finally:
        server.stop()
    assert decide(question, through_us) == decide(question, ours)
    assert theirs["question"] == digest_bytes(text)
    assert decide(question, theirs["answers"]) == decide(question, ours)


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health?bundles", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


WORDS = {
    "module": "digest mismatch",
    "data": "digest mismatch",
    "manifest": "digest mismatch",
    "added": "not included in bundle signature",
    "removed": "specified in bundle signatures but not found",
    "unsigned": "missing .signatures.json",
}


@pytest.mark.parametrize("harm", WORDS)
def test_opa_refuses_a_bundle_that_was_tampered_with(
    tmp_path: Path, publisher: KeyFile, harm: str
) -> None:
    out = _published(tmp_path, publisher, rule(SEES_US))
    files = archive.unpack(out.read_bytes())
    path = {"module": "policies/tenancy/first/rule.rego", "data": "data.json"}.get(
        harm, "more.rego"
    )
    if harm == "module":
        files[path] = files[path].replace(b'"us"', b'"uk"')
    elif harm == "data":
        files[path] = b'{"parameters":{"x":1}}'
    elif harm == "manifest":
        files[".manifest"] = files[".manifest"].replace(b'"parameters"', b'"parameterz"')
    elif harm == "added":
        files[path] = b"package controlplane.more\n"
    elif harm == "removed":
        del files["policies/tenancy/first/rule.rego"]
    else:
        del files[opa_signature.SIGNATURES]
    assert files != archive.unpack(out.read_bytes())
    out.write_bytes(archive.pack(files))
    port = free_port()
    server = _opa(tmp_path, out, publisher, port)
    try:
        with pytest.raises(ServerError, match="ended before it was ready"):
            server.wait_until(lambda: _healthy(f"http://127.0.0.1:{port}"))
    finally:
        server.stop()
    assert WORDS[harm] in (tmp_path / "opa.log").read_text()


# Policy sets that are bundles.


def _consumer(
    tmp_path: Path, publisher: KeyFile, source: str, *, key: str = "pub", more: str = ""
) -> Gated:
    """Return a repository whose second policy set is a bundle; `source` is YAML of one line."""
    gated = Gated(tmp_path / "consumer")
    gated.files["trust/pub.yaml"] = trust_root_yaml("pub", [publisher], holder="pub")
    sets = (
        f"policySets:\n  - name: own\n  - name: base\n    bundle: {{{source}, key: {key}}}\n{more}"
    )
    gated.files["repository.yaml"] = documents.document("Repository", "example", sets)
    return gated


def _gate(gated: Gated, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    arguments = ["gate", "--base", "main", "--head", "change", "--no-record"]
    code = run([*arguments, "--root", str(gated.path), *more])
    said = capsys.readouterr()
    return code, said.out + said.err


def _stands(gated: Gated) -> None:
    """Commit the repository, and a change of it that its own rules allow and the bundle denies."""
    gated.base = gated.commit()
    gated.git("branch", "-q", "-D", "change")
    gated.files[TENANT] = gated.files[TENANT].replace("residency: [eu]", "residency: [us]")
    gated.files["policies/tenancy/first/rule.rego"] = rule(finds("input.subject.never"))[
        "policies/tenancy/first/rule.rego"
    ]
    gated.commit("change")


@pytest.mark.parametrize("engine", ["compiled", "embedded", "opa"])
def test_the_rules_of_a_bundle_in_git_judge(
    tmp_path: Path, publisher: KeyFile, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    out = _published(tmp_path, publisher, rule(SEES_US, "residency/zone"))
    file, digest = "policies/bundles/base.tar.gz", digest_bytes(out.read_bytes())
    gated = _consumer(tmp_path, publisher, f"file: {file}, digest: '{digest}'")
    gated.files[file] = out.read_bytes()
    _stands(gated)
    code, said = _gate(gated, capsys, "--engine", engine)
    assert code == Exit.FINDINGS, said
    assert "residency/zone" in said
    assert f"{TENANT}:" in said


class _Asked(BaseHTTPRequestHandler):
    """Answers with `answers` of the server, path → bytes or a status, and notes what was `asked`."""

    server: Any

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        found = self.server.answers.get(self.path, 404)
        self.send_response(found if isinstance(found, int) else 200)
        self.send_header("Location", "/bundle.tar.gz")
        self.end_headers()
        if isinstance(found, bytes):
            self.wfile.write(found)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def served() -> Iterator[Any]:
    with answering(_Asked, answers={}, asked=[]) as server:
        yield server


def test_a_bundle_of_a_server_is_fetched_once_and_then_judges_offline(
    tmp_path: Path, publisher: KeyFile, served: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    out = _published(tmp_path, publisher, rule(SEES_US, "residency/zone"))
    served.answers["/bundle.tar.gz"] = out.read_bytes()
    digest = digest_bytes(out.read_bytes())
    gated = _consumer(tmp_path, publisher, f"url: '{served.url}/bundle.tar.gz', digest: '{digest}'")
    _stands(gated)
    code, said = _gate(gated, capsys)
    assert code == Exit.INVALID_REPOSITORY
    assert "is not at hand" in said
    asked = re.search(r"cpctl policy fetch --rev ([0-9a-f]{12})`", said)
    assert asked is not None
    assert served.asked == []  # a decision asks no server
    fetch = ["policy", "fetch", "--root", str(gated.path), "--rev", asked[1]]
    assert run(fetch) == Exit.CLEAN
    assert "fetched" in capsys.readouterr().out
    served.answers.clear()
    assert run(fetch) == Exit.CLEAN
    assert "at hand" in capsys.readouterr().out
    assert len(served.asked) == 1
    code, said = _gate(gated, capsys)
    assert code == Exit.FINDINGS
    assert "residency/zone" in said
    (kept,) = (gated.path / ".git/cpctl/pinned").iterdir()
    kept.write_bytes(b"something else")
    assert "is not at hand" in _gate(gated, capsys)[1]


def test_a_bundle_that_the_base_lacks_cannot_be_mended_by_the_head(
    tmp_path: Path, publisher: KeyFile, capsys: pytest.CaptureFixture[str]
) -> None:
    """To commit the bundle would be the remedy of somebody's own revision, not of the one in force."""
    gated = _consumer(tmp_path, publisher, f"file: {FILE}, digest: 'sha256:{'0' * 64}'")
    _stands(gated)
    code, said = _gate(gated, capsys)
    assert code == Exit.INVALID_REPOSITORY
    assert f"those of main, do not load: repository.yaml:9:22: there is no file {FILE}" in said
    assert "next: take the version of cpctl that loads them" in said


@pytest.mark.parametrize("answer", [b"something else", 302, 404, b"x" * 20_000_000])
def test_what_a_server_says_otherwise_is_not_kept(
    tmp_path: Path,
    publisher: KeyFile,
    served: Any,
    answer: bytes | int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = _published(tmp_path, publisher, rule(SEES_US))
    served.answers = {"/moved": answer, "/bundle.tar.gz": out.read_bytes()}
    digest = digest_bytes(out.read_bytes())
    gated = _consumer(tmp_path, publisher, f"url: '{served.url}/moved', digest: '{digest}'")
    gated.commit()
    code = run(["policy", "fetch", "--root", str(gated.path), "--rev", "main"])
    assert code in (Exit.USAGE, Exit.INVALID_REPOSITORY)
    assert "next:" in capsys.readouterr().err
    assert not (gated.path / ".git/cpctl/pinned").exists()


@pytest.mark.parametrize(
    "text", ["a: [", "apiVersion: controlplane.dev/v1alpha1\nkind: Repository\n"]
)
def test_without_a_valid_repository_there_is_no_saying_what_to_fetch(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gated = Gated(tmp_path / "r")
    gated.files["repository.yaml"] = text
    gated.commit()
    code = run(["policy", "fetch", "--root", str(gated.path), "--rev", "main"])
    said = capsys.readouterr().err
    assert code == Exit.INVALID_REPOSITORY
    assert "error: repository.yaml:" in said.replace("\x1b[0m", "").replace("\x1b[31m\x1b[1m", "")
    assert "nothing was to be fetched" not in said
    del gated.files["repository.yaml"]
    gated.commit()
    code = run(["policy", "fetch", "--root", str(gated.path), "--rev", "main"])
    assert code == Exit.INVALID_REPOSITORY
    assert "repository.yaml" in capsys.readouterr().err


def _problem(gated: Gated) -> str:
    gated.commit()
    with pytest.raises(PolicyLoadError) as refused:
        policy_sets(read(GitRepository.open(gated.path), "main"))
    (problem,) = refused.value.problems
    assert problem.position.path == "repository.yaml"
    assert problem.position.line > 5
    return problem.message


FILE = "policies/bundles/base.tar.gz"


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("other bytes", "is what is pinned"),
        ("no file", "there is no file"),
        ("other key", "no key of a trust root for publishing"),
        ("another's signature", "not signed by the key"),
        ("revoked", "is revoked"),
        ("other purpose", "no key of a trust root for publishing"),
    ],
)
def test_a_bundle_that_is_not_the_signed_and_pinned_one_is_refused(
    tmp_path: Path, publisher: KeyFile, case: str, words: str
) -> None:
    out = _published(tmp_path, publisher, rule(SEES_US))
    data = out.read_bytes()
    trusted = publisher
    if case == "another's signature":
        trusted = create_key(
            tmp_path / "others",
            name="pub",
            purpose="publish",
            now=datetime.now(UTC),
            algorithm="ecdsa-p256",
        )
    key = "stranger" if case == "other key" else "pub"
    source = f"file: {FILE}, digest: '{digest_bytes(data)}'"
    gated = _consumer(tmp_path, trusted, source, key=key)
    root = gated.files["trust/pub.yaml"]
    if case == "revoked":
        revoked = '      revoked: {since: "2999-01-01T00:00:00Z", reason: Lost.}\n'
        gated.files["trust/pub.yaml"] = root.rstrip("\n") + "\n" + revoked
    if case == "other purpose":
        gated.files["trust/pub.yaml"] = root.replace("purpose: publish", "purpose: approve")
    if case != "no file":
        gated.files[FILE] = data + b"x" if case == "other bytes" else data
    assert words in _problem(gated)


def test_parameters_come_from_the_bundle_unless_the_repository_names_its_own(
    tmp_path: Path, publisher: KeyFile
) -> None:
    files = rule(LIMIT, uses="parameters")
    files["policies/tenancy/first/parameters.schema.json"] = SCHEMA
    files["repository.yaml"] = documents.document(
        "Repository",
        "example",
        "policySets:\n  - name: base\n    parameters: {tenancy/first: {most: 7}}\n",
    )
    data = _published(tmp_path, publisher, files).read_bytes()
    source = f"file: {FILE}, digest: '{digest_bytes(data)}'"
    for more, most in (("", 7), ("    parameters: {tenancy/first: {most: 9}}\n", 9)):
        place = tmp_path / f"consumer{most}"
        place.mkdir()
        gated = _consumer(place, publisher, source, more=more)
        gated.files[FILE] = data
        gated.commit()
        _, base = policy_sets(read(GitRepository.open(gated.path), "main"))
        assert base.bundle.data == {"parameters": {"tenancy": {"first": {"most": most}}}}


def test_what_opa_builds_and_signs_is_taken(tmp_path: Path, publisher: KeyFile) -> None:
    """`opa build` signs with the same key; its Go library writes either form of a signature."""
    sources, out = tmp_path / "sources", tmp_path / "theirs.tar.gz"
    for path, text in rule(SEES_US, "residency/zone").items():
        (sources / path).parent.mkdir(parents=True)
        (sources / path).write_text(text)
    subprocess.run(
        [binaries.need("opa"), "build", "-b", "policies", "-o", out, "--signing-alg", "ES256",
         "--signing-key", publisher.path],
        cwd=sources, check=True, capture_output=True,
    )  # fmt: skip
    data = out.read_bytes()
    gated = _consumer(tmp_path, publisher, f"file: {FILE}, digest: '{digest_bytes(data)}'")
    gated.files[FILE] = data
    gated.commit()
    _, base = policy_sets(read(GitRepository.open(gated.path), "main"))
    assert [each.id for each in base.bundle.rules] == ["residency/zone"]


def test_a_folder_beside_bundles_is_loaded_without_them(
    tmp_path: Path, publisher: KeyFile, capsys: pytest.CaptureFixture[str]
) -> None:
    data = _published(tmp_path, publisher, rule(SEES_US)).read_bytes()
    gated = _consumer(tmp_path, publisher, f"file: {FILE}, digest: '{digest_bytes(data)}'")
    gated.files[FILE] = data
    gated.commit()
    own, base = policy_sets(read_worktree(gated.path))
    assert {each.id for each in own.bundle.rules} == {"tenancy/first", "tenancy/second"}
    assert own.bundle.digest != base.bundle.digest
    capsys.readouterr()
    run(["policy", "test", str(gated.path), "--engine", "embedded"])
    assert "base.tar.gz" not in capsys.readouterr().err


# Compiled policies that a bundle carries.


def _on_path_without_opa(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(wiring, "program", lambda _: None)
    monkeypatch.setenv("CPCTL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_bundle_that_carries_compiled_policies_decides_where_there_is_no_opa(
    tmp_path: Path,
    publisher: KeyFile,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    gated = Gated(tmp_path / "r")
    gated.deny()
    out = tmp_path / "bundle.tar.gz"
    keys = ["--keys", str(publisher.path.parent), "-o", str(out), "--compiled"]
    assert run(["policy", "bundle", "--root", str(gated.path), *keys]) == Exit.CLEAN
    _on_path_without_opa(monkeypatch, tmp_path)
    monkeypatch.setenv("CPCTL_COMPILED", str(out))
    code, said = _gate(gated, capsys)
    assert code == Exit.INDETERMINATE
    assert "CPCTL_COMPILED_KEYS" in said
    monkeypatch.setenv("CPCTL_COMPILED_KEYS", str(_key_file(publisher)))
    code, said = _gate(gated, capsys)
    assert code == Exit.FINDINGS
    assert "tenancy/first" in said
    other = create_key(
        tmp_path / "o", name="x", purpose="publish", now=datetime.now(UTC), algorithm="ecdsa-p256"
    )
    monkeypatch.setenv("CPCTL_COMPILED_KEYS", str(_key_file(other)))
    code, said = _gate(gated, capsys)
    assert code == Exit.INDETERMINATE
    assert "not signed by the key" in said


def test_a_signed_bundle_with_another_module_is_refused(
    tmp_path: Path, publisher: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The module is the one that the manifest names, not only one that somebody signed."""
    out = _published(tmp_path, publisher, rule(SEES_US), "--compiled")
    files = archive.unpack(out.read_bytes())
    del files[opa_signature.SIGNATURES]
    files["policy.wasm"] += b"\0"
    signed = opa_signature.sign(files, signer_for(publisher.path.parent, "publish"))
    out.write_bytes(archive.pack(signed))
    monkeypatch.setenv("CPCTL_COMPILED", str(out))
    monkeypatch.setenv("CPCTL_COMPILED_KEYS", str(_key_file(publisher)))
    with pytest.raises(Exception, match="not the one that the first line names"):
        wiring.policy_engine("compiled")

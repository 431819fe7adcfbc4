"""What takes part in a decision by OPA: our text, our data, and nothing beside them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from controlplane.cli.main import run
from controlplane.errors import Exit, UsageError
from controlplane.policy.bundle import load
from controlplane.policy.decide import decide
from controlplane.policy.engine import Machine, Question
from controlplane.policy.engines import opa_server as opa_server_module
from controlplane.policy.engines.opa import OpaEngine, OpaPolicies, on_machine
from controlplane.policy.engines.opa_address import Settings
from controlplane.policy.entries import PACKAGE, entries
from controlplane.policy.errors import EngineError, EngineUnavailableError, PolicyLoadError
from controlplane.policy.model import Cause, PolicyBundle, PolicyModule
from evidence.canonical import canonical
from tests.support import binaries
from tests.support.gated import Gated
from tests.support.opa import OpaServer
from tests.support.policies import finds, rule
from tests.support.process import free_port, members
from tests.support.waiting import eventually

SUBJECT = canonical({"subject": {"kind": "Tenant", "name": "acme"}})


def _bundle(condition: str = "true") -> PolicyBundle:
    return load(rule(finds(condition))).bundle


def _question() -> Question:
    return Question("Tenant/acme", SUBJECT, _bundle().rules)


def _call(server: OpaServer, method: str, path: str, text: str = "") -> Any:
    request = urllib.request.Request(
        f"{server.url}/v1/{path}", data=text.encode() or None, method=method
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"{}")


def _policies(server: OpaServer) -> list[str]:
    return [each["id"] for each in _call(server, "GET", "policies").get("result", [])]


@pytest.fixture
def prepared(opa_server: OpaServer) -> Iterator[OpaPolicies]:
    policies = OpaEngine(url=opa_server.url).prepare(_bundle())
    yield policies
    for name in _policies(opa_server):
        _call(opa_server, "DELETE", f"policies/{name}")
    _call(opa_server, "PUT", "data/parameters", "{}")  # there, so that it can be taken away
    _call(opa_server, "DELETE", "data/parameters")


def test_the_text_in_opa_is_the_text_in_git_and_is_taken_out(opa_server: OpaServer) -> None:
    bundle = _bundle()
    with OpaEngine(url=opa_server.url).prepare(bundle):
        (ours,) = (name for name in _policies(opa_server) if name.endswith("/rule.rego"))
        raw = _call(opa_server, "GET", f"policies/{ours}")["result"]["raw"]
        assert raw == bundle.modules[0].text
    assert _policies(opa_server) == []


def test_a_text_that_was_changed_during_the_run_is_noticed(
    prepared: OpaPolicies, opa_server: OpaServer
) -> None:
    (ours,) = (name for name in _policies(opa_server) if name.endswith("/rule.rego"))
    text = prepared.bundle.modules[0].text.replace("true", "false")
    _call(opa_server, "PUT", f"policies/{ours}", text)
    with pytest.raises(EngineError, match="is not the text in Git"):
        prepared.close()


def test_data_that_was_changed_during_the_run_is_noticed(
    prepared: OpaPolicies, opa_server: OpaServer
) -> None:
    _call(opa_server, "PUT", "data/parameters", '{"tenancy": {"first": {}}}')
    with pytest.raises(EngineError, match="parameters"):
        prepared.close()


def test_a_module_that_joins_our_packages_during_the_run_is_noticed(
    prepared: OpaPolicies, opa_server: OpaServer
) -> None:
    _call(opa_server, "PUT", "policies/other", f"package {PACKAGE}\n\nmore := 1\n")
    with pytest.raises(EngineError, match="whose package"):
        prepared.close()


@pytest.mark.parametrize("package", ["controlplane.tenancy.first", PACKAGE, "parameters.x"])
def test_somebody_elses_module_in_our_packages_is_refused(
    opa_server: OpaServer, package: str
) -> None:
    _call(opa_server, "PUT", "policies/theirs", f"package {package}\n\nx := 1\n")
    try:
        with pytest.raises(EngineError) as raised:
            OpaEngine(url=opa_server.url).prepare(_bundle())
        assert raised.value.remedy
    finally:
        _call(opa_server, "DELETE", "policies/theirs")
    assert _policies(opa_server) == []


def test_two_sets_of_policies_cannot_share_a_server(
    prepared: OpaPolicies, opa_server: OpaServer
) -> None:
    with pytest.raises(EngineError, match="whose package"):
        OpaEngine(url=opa_server.url).prepare(_bundle("false"))
    prepared.close()


def test_what_a_killed_run_left_is_used_by_the_next_of_the_same_policies_and_taken_out(
    prepared: OpaPolicies, opa_server: OpaServer
) -> None:
    prepared._client.close_connection()  # and nothing more, as SIGKILL leaves it
    with OpaEngine(url=opa_server.url).prepare(_bundle()) as policies:
        assert decide(_question(), policies.answer(_question())).findings
    assert _policies(opa_server) == []


@pytest.fixture
def began(opa_server: OpaServer) -> Iterator[Mapping[str, PolicyModule]]:
    """A server with exactly the modules and data of `_bundle()`, under other names than ours."""
    bundle = _bundle()
    modules = [*bundle.modules, entries(bundle).module]
    named = {f"/rules.tar.gz/{module.path}": module for module in modules}
    for name, module in named.items():
        _call(opa_server, "PUT", f"policies/{quote(name, safe='')}", module.text)
    _call(opa_server, "PUT", "data/parameters", json.dumps(bundle.data["parameters"]))
    yield named
    for name in _policies(opa_server):
        _call(opa_server, "DELETE", f"policies/{quote(name, safe='')}")
    _call(opa_server, "DELETE", "data/parameters")


def test_a_server_that_began_with_the_policies_is_asked_as_it_is(
    began: Mapping[str, PolicyModule], opa_server: OpaServer
) -> None:
    """OPA compiles everything anew at each module that is put: minutes, for those we ship."""
    with OpaEngine(url=opa_server.url).prepare(_bundle()) as policies:
        assert decide(_question(), policies.answer(_question())).findings
        assert set(_policies(opa_server)) == set(began)
    assert set(_policies(opa_server)) == set(began)


@pytest.mark.parametrize("change", ["a byte is another", "one is missing", "one is more"])
def test_a_server_that_began_with_others_is_refused(
    began: Mapping[str, PolicyModule], opa_server: OpaServer, change: str
) -> None:
    name, module = next((n, m) for n, m in began.items() if n.endswith("/rule.rego"))
    place = f"policies/{quote(name, safe='')}"
    if change == "a byte is another":
        _call(opa_server, "PUT", place, module.text + "\n")
    elif change == "one is missing":
        _call(opa_server, "DELETE", place)
    else:
        _call(opa_server, "PUT", "policies/more", "package controlplane.more\n\nx := 1\n")
    with pytest.raises(EngineError, match="whose package"):
        OpaEngine(url=opa_server.url).prepare(_bundle())


def test_a_bundle_that_is_exchanged_during_the_run_is_noticed(
    began: Mapping[str, PolicyModule], opa_server: OpaServer
) -> None:
    policies = OpaEngine(url=opa_server.url).prepare(_bundle())
    name, module = next((n, m) for n, m in began.items() if n.endswith("/rule.rego"))
    text = module.text.replace("true", "false")
    _call(opa_server, "PUT", f"policies/{quote(name, safe='')}", text)
    with pytest.raises(EngineError, match="is not the text in Git"):
        policies.close()


def test_a_server_that_began_with_other_parameters_is_refused(
    began: Mapping[str, PolicyModule], opa_server: OpaServer
) -> None:
    _call(opa_server, "PUT", "data/parameters", '{"tenancy": {"first": {"most": 7}}}')
    with pytest.raises(EngineError, match="parameters"):
        OpaEngine(url=opa_server.url).prepare(_bundle())


def test_policies_of_others_are_left_alone(opa_server: OpaServer) -> None:
    _call(opa_server, "PUT", "policies/theirs", "package elsewhere\n\nx := 1\n")
    try:
        with OpaEngine(url=opa_server.url).prepare(_bundle()):
            assert "theirs" in _policies(opa_server)
        assert _policies(opa_server) == ["theirs"]
    finally:
        _call(opa_server, "DELETE", "policies/theirs")


def test_what_opa_refuses_is_an_error_at_its_place(opa_server: OpaServer) -> None:
    # Our checks cannot see that the rule depends on itself.
    body = finds("loop") + "\n\nloop if loop"
    with pytest.raises(PolicyLoadError) as raised:
        OpaEngine(url=opa_server.url).prepare(load(rule(body)).bundle)
    place = str(raised.value.problems[0].position)
    with pytest.raises(PolicyLoadError) as again:
        OpaEngine(binary=binaries.need("opa")).prepare(load(rule(body)).bundle)
    assert re.fullmatch(r"policies/tenancy/first/rule\.rego:\d+:\d+", place)
    assert str(again.value.problems[0].position) == place
    assert _policies(opa_server) == []


def _ask(prepared: OpaPolicies) -> list[Cause]:
    question = Question("Tenant/acme", SUBJECT, prepared.bundle.rules)
    verdict = decide(question, prepared.answer(question))
    return [each.cause for each in verdict.indeterminate]


def test_a_server_that_is_slow_is_a_timeout(opa_server: OpaServer) -> None:
    body = finds("many := numbers.range(1, 3000)\n\tsome a in many\n\tsome b in many\n\ta + b == 0")
    prepared = OpaEngine(url=opa_server.url).prepare(load(rule(body)).bundle)
    with prepared:
        prepared._client.timeout = 0.05
        assert _ask(prepared) == [Cause.TIMEOUT]
        prepared._client.timeout = 30


@pytest.mark.requires("opa")
def test_a_server_that_is_gone_denies() -> None:
    prepared = OpaEngine(binary=binaries.need("opa")).prepare(_bundle())
    assert prepared._own is not None
    assert _ask(prepared) == []
    prepared._own.stop()
    assert _ask(prepared) == [Cause.CRASH]
    prepared._client.close_connection()


@pytest.mark.requires("opa")
def test_our_server_ends_with_us(tmp_path: Path) -> None:
    program = tmp_path / "dies.py"
    program.write_text(
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from controlplane.policy.engines.opa_server import OwnServer\n"
        "server = OwnServer(Path(sys.argv[1]), lambda port, mark: True, 10)\n"
        "print(server.group, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, program, binaries.need("opa")], check=False, capture_output=True, text=True
    )
    group = int(done.stdout)
    assert eventually(lambda: members(group) == [])


@pytest.mark.requires("opa")
def test_a_server_of_another_process_is_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between our look at a port and OPA's, somebody else's OPA may have come to listen there."""
    engine = OpaEngine(binary=binaries.need("opa"))
    with engine.prepare(_bundle("false")) as theirs:
        ports = iter([theirs._client.port, free_port()])
        monkeypatch.setattr(opa_server_module, "_free_port", lambda: next(ports))
        with engine.prepare(_bundle()) as ours:
            assert ours._client.port != theirs._client.port
            question = Question("Tenant/acme", SUBJECT, ours.bundle.rules)
            assert decide(question, ours.answer(question)).findings


def test_who_does_not_answer_is_said_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gated, port = Gated(tmp_path / "r"), free_port()
    monkeypatch.setenv("CPCTL_OPA_URL", f"http://127.0.0.1:{port}")
    ends = ["--root", str(gated.path), "--base", "main", "--head", gated.deny()]
    assert run(["gate", *ends, "--engine", "opa", "--no-record"]) == Exit.INDETERMINATE
    said = capsys.readouterr().err
    assert f"the OPA server at http://127.0.0.1:{port} does not answer: Connection refused" in said
    assert "CPCTL_OPA_URL" in said
    assert "Pool" not in said
    assert "retries" not in said


def test_a_server_without_tls_is_said_to_be_so(opa_server: OpaServer) -> None:
    engine = OpaEngine(url=opa_server.url.replace("http://", "https://"))
    with pytest.raises(
        EngineUnavailableError, match=r"TLS with the OPA server at https://.* fails: "
    ):
        engine.version()


def test_nothing_that_listens_is_an_error_with_a_remedy() -> None:
    engine = OpaEngine(url=f"http://127.0.0.1:{free_port()}", settings=Settings(seconds=2))
    with pytest.raises(EngineUnavailableError) as raised:
        engine.prepare(_bundle())
    assert raised.value.remedy


@pytest.mark.parametrize("answer", ["{}", "[]", "3", "null", '{"result": []}', '{"result": {}}'])
def test_what_answers_and_is_no_opa_is_an_error_with_a_remedy(answer: str) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer.encode())

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - as http.server calls them

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        engine = OpaEngine(url=f"http://127.0.0.1:{server.server_port}")
        for ask in (engine.version, lambda: engine.prepare(_bundle())):
            with pytest.raises(EngineError) as raised:
                ask()
            assert raised.value.remedy
        server.shutdown()


@pytest.mark.parametrize("url", ["opa", "ftp://h:1", "http://", "http://h:x", "http://h:1/v1"])
def test_a_url_that_names_no_server_is_a_mistake_of_the_caller(url: str) -> None:
    with pytest.raises(UsageError):
        OpaEngine(url=url)


def test_the_version_is_the_servers(opa_server: OpaServer) -> None:
    by_url = OpaEngine(url=opa_server.url).version()
    assert by_url == OpaEngine(binary=binaries.need("opa")).version()


def test_without_a_server_or_a_binary_the_engine_is_not_at_hand() -> None:
    with pytest.raises(EngineUnavailableError):
        on_machine(Machine(lambda _: None, {}))

"""Sustained decisions a second over HTTP, against an OPA server with the same policies.

Subjects are those of the shipped example: each tenant and each of its placements. A decision is the
verdict on one subject: one request to `cpctl serve gate`; to OPA one request for each entry that
`cpctl gate` would ask, as OPA has no envelope by envelope of its own. Both have the same two
processors, the same load generator beside them, and answers that were compared beforehand.
"""

from __future__ import annotations

import base64
import json
import statistics
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks import measure
from benchmarks.measure import UnmeasuredError, Usage
from benchmarks.report import Comparison, Report, Sample, percentile
from benchmarks.settings import Settings
from controlplane import wiring
from controlplane.operations import policies, subjects
from controlplane.operations.freezes import clock
from controlplane.operations.judging import questions
from controlplane.operations.weighing import weights
from controlplane.policy.decide import decide
from controlplane.policy.engine import Question
from controlplane.policy.entries import entries, given
from controlplane.policy.envelope import Subject, envelope
from controlplane.policy.model import PolicyBundle, merge
from controlplane.policy.weigh import weigh
from evidence.canonical import Json, canonical, digest_bytes
from tests.support import binaries, company
from tests.support.process import Server, free_port
from tests.support.serving import serving

AIM: Final = 1.5
WORKERS: Final = 2
FACTS: Final[dict[str, Json]] = {"waivers": [], "approvals": []}


def run(settings: Settings) -> Report:
    """Measure each server `runs` times, in turn, each started anew."""
    bundle = policies.policy_sets(company.company())[0].bundle
    asked = _subjects()
    ours, theirs = settings.scratch / "ours.json", settings.scratch / "opa.json"
    time = clock(wiring.now(), ())
    _write(ours, [[_post("/v1/decisions", envelope(each, FACTS, time).text)] for each in asked])
    told = [list(questions([each], bundle.rules, FACTS, time)) for each in asked]
    _write(theirs, [[_entry(bundle, question) for question in some] for some in told])
    repository = settings.scratch / "repository"
    company.repository(repository)
    seconds = str(settings.choose(10, 1))
    samples: list[Sample] = []
    for number in range(settings.runs):
        folder = settings.scratch / f"serve-{number}"
        with serving(repository, folder, "--workers", str(WORKERS)) as server:
            server.wait_until(lambda s=server: s.log.read_text().count("taken-up") == WORKERS)
            said = [json.loads(server.ask("POST", "/v1/decisions", envelope(e, FACTS, time).text)
                               .body)["verdict"] for e in asked]  # fmt: skip
            samples.append(_load("cpctl serve gate", number, ours, server.port, seconds, settings))
        with _opa(bundle, folder) as port:
            _compare(bundle, told, said, port)  # as they weigh: OPA's are weighed here
            samples.append(_load("opa run --server", number, theirs, port, seconds, settings))
    rates = {name: _rate(samples, name) for name in ("cpctl serve gate", "opa run --server")}
    return Report(
        "serve",
        {"processors": WORKERS, "rules": len(bundle.rules), "subjects": len(asked)},
        samples,
        [Comparison("decisions a second through HTTP", _ratio(rates), AIM)],
        [_figure(samples, name, rate) for name, rate in rates.items()],
    )


def _ratio(rates: dict[str, float]) -> float:
    return rates["cpctl serve gate"] / rates["opa run --server"]


def _subjects() -> list[Subject]:
    snapshot = company.company()
    known = subjects.Projections(snapshot)
    tenants = [snapshot.get("Tenant", name) for name in snapshot.of_kind("Tenant")]
    found = [subjects.resource_subject(t, known, snapshot, None) for t in tenants if t is not None]
    return found + [subjects.placement_subject(p, known) for p in company.rendered().values()]


def _write(file: Path, decisions: Sequence[Sequence[bytes]]) -> None:
    encoded = [[base64.b64encode(each).decode() for each in one] for one in decisions]
    file.write_text(json.dumps(encoded), encoding="utf-8")


def _post(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _entry(bundle: PolicyBundle, question: Question) -> bytes:
    path, body = _input(bundle, question)
    return _post(path, body)


def _input(bundle: PolicyBundle, question: Question) -> tuple[str, bytes]:
    ((name, _),) = entries(bundle).for_rules(question.rules)
    told = given(json.loads(question.envelope), digest_bytes(question.envelope))
    return f"/v1/data/controlplane_decision/{name}", canonical({"input": told})


@contextmanager
def _opa(bundle: PolicyBundle, folder: Path) -> Iterator[int]:
    """Run OPA with the very modules and data that the engines evaluate."""
    place, port = folder / "opa", free_port()
    for module in (*bundle.modules, entries(bundle).module):
        file = place / module.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(module.text, encoding="utf-8")
    (place / "data.json").write_bytes(canonical(bundle.data))
    flags = ["run", "--server", f"--addr=127.0.0.1:{port}", "--disable-telemetry",
             "--log-level=error", str(place)]  # fmt: skip
    server = Server("opa", [binaries.need("opa"), *flags], folder / "opa.log")
    try:
        server.wait_until(lambda: _healthy(port))
        yield port
    finally:
        server.stop()


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _compare(
    bundle: PolicyBundle, told: Sequence[Sequence[Question]], said: Sequence[Json], port: int
) -> None:
    """Raise UnmeasuredError where the two servers do not give the same verdicts."""
    snapshot = company.company()
    for some, ours in zip(told, said, strict=True):
        verdicts = []
        for question in some:
            path, body = _input(bundle, question)
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body,
                                             {"Content-Type": "application/json"})  # fmt: skip
            with urllib.request.urlopen(request, timeout=60) as answer:
                verdicts.append(decide(question, json.load(answer)["result"]["answers"]))
        verdict = merge(verdicts)
        by = weights(snapshot, snapshot, [bundle], verdict.findings, wiring.now())
        if canonical(weigh(verdict, by).verdict.to_json()) != canonical(ours):
            raise UnmeasuredError(f"the servers do not agree about {some[0].subject}")


def _load(
    client: str, number: int, file: Path, port: int, seconds: str, settings: Settings
) -> Sample:
    measure.worker("benchmarks.load", file, str(port), "0.5", output=settings.scratch / "warm.out")
    usage, said = measure.worker(
        "benchmarks.load", file, str(port), seconds, output=settings.scratch / "load.out"
    )
    found = said["latencies"]
    details = {
        "decisions": len(found),
        "perSecond": len(found) / said["wall"],
        "p50": percentile(found, 50),
        "p99": percentile(found, 99),
    }
    return Sample(client, number, Usage(said["wall"], usage.cpu, usage.peak_mib), details)


def _rate(samples: Sequence[Sample], client: str) -> float:
    return float(statistics.median(s.details["perSecond"] for s in samples if s.client == client))


def _figure(samples: Sequence[Sample], client: str, rate: float) -> str:
    mine = [s.details for s in samples if s.client == client]
    p50, p99 = (statistics.median(each[name] for each in mine) * 1000 for name in ("p50", "p99"))
    return f"{client}: {rate:,.0f} decisions a second, p50 {p50:.2f} ms, p99 {p99:.2f} ms"

"""`cpctl reconcile --watch` as a process: a real repository, a directory target, HTTP, signals."""

from __future__ import annotations

import hashlib
import hmac
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from reconciler.state import migrate
from reconciler.state.database import Database
from tests.support.fleet import Fleet
from tests.support.postgres import PostgresServer
from tests.support.waiting import eventually

SECRET = "a-secret-of-more-than-sixteen-bytes"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(tmp_path)
    yield made
    made.close()


def test_a_local_branch_is_followed_healed_and_proven(fleet: Fleet) -> None:
    fleet.start("--interval", "1h")  # what happens within this test was not polled for
    fleet.says("placement=acme/dev@local phase=converged")
    fleet.replicas(2)
    judged = fleet.judged("two", "Two")
    fleet.says("revision-taken-up", judged)
    assert eventually(lambda: "replicas: 2" in fleet.deployed())

    fleet.replicas(3)
    unjudged = fleet.commit("Three, judged by nobody")
    fleet.says("revision-refused", unjudged)
    assert "replicas: 2" in fleet.deployed()
    status, words = fleet.ask("/readyz")
    assert (status, unjudged in words, judged in words) == (200, True, True)
    assert "controlplane_revision_refused 1.0" in fleet.ask("/metrics")[1]

    config = next(fleet.out.glob("**/v1_ConfigMap*"))
    before = config.read_text()
    config.write_text(before + "added: by hand\n")
    fleet.says("verb=heal", "result=done")
    assert eventually(lambda: config.read_text() == before)

    assert fleet.stop() == 0
    fleet.verify()

    fleet.start("--interval", "1h")  # what was refused stays so, what was in force is kept
    fleet.says("revision-resumed", judged)
    assert "replicas: 2" in fleet.deployed()
    assert fleet.stop() == 0


def test_what_is_healed_after_a_rotation_is_signed_by_the_new_key(fleet: Fleet) -> None:
    fleet.start("--interval", "1h")
    fleet.says("placement=acme/dev@local phase=converged")
    fleet.cpctl("keys", "rotate", "ci-apply")
    config = next(fleet.out.glob("**/v1_ConfigMap*"))
    config.write_text(config.read_text() + "added: by hand\n")
    fleet.says("verb=heal", "result=done")
    assert fleet.stop() == 0
    heals = [line for line in fleet.cpctl("evidence", "list").splitlines() if "   heal   " in line]
    assert heals
    assert all("/ci-apply-2/" in line for line in heals)


def test_a_remote_branch_is_followed_by_its_webhook(fleet: Fleet) -> None:
    (fleet.folder / "secret").write_text(SECRET)
    # Not in the repository: a pass that ends while that is away would make its folder again.
    evidence = fleet.folder / "evidence"
    shutil.move(fleet.repository / ".git" / "cpctl" / "evidence", evidence)
    fleet.environment["CPCTL_EVIDENCE"] = str(evidence)
    remote = ["--remote", f"file://{fleet.repository}", "--interval", "1h"]
    fleet.start(*remote, "--webhook-secret-file", str(fleet.folder / "secret"))
    fleet.says("placement=acme/dev@local phase=converged")
    fleet.git("checkout", "-q", "-b", "two")
    fleet.replicas(2)
    judged = fleet.commit("Two")
    fleet.cpctl("gate", "--base", "main", "--head", "two")
    fleet.git("branch", "-f", "main", "two")
    body = b"{}"
    forged = "sha256=" + "0" * 64
    assert fleet.ask("/webhook", body, **{"X-Hub-Signature-256": forged})[0] == 401
    genuine = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert fleet.ask("/webhook", body, **{"X-Hub-Signature-256": genuine})[0] == 202
    fleet.says("revision-taken-up", judged)
    assert eventually(lambda: "replicas: 2" in fleet.deployed())

    shutil.move(fleet.repository, fleet.folder / "away")
    fleet.environment["HOME"] = str(fleet.folder)
    fleet.ask("/webhook", body, **{"X-Hub-Signature-256": genuine})
    fleet.says("source-away")
    shutil.move(fleet.folder / "away", fleet.repository)
    fleet.says("source-back")
    assert fleet.stop() == 0


def test_while_the_database_is_away_drift_is_seen_and_nothing_is_written(
    fleet: Fleet, postgres_server: PostgresServer, postgres_url: str
) -> None:
    name = sql.Identifier(postgres_url.rpartition("/")[2])
    admin = psycopg.connect(postgres_server.url().replace("+psycopg", ""), autocommit=True)
    with closing(Database(postgres_url)) as database:
        migrate.migrate(database)
    fleet.start("--interval", "1h", "--state", postgres_url)
    fleet.says("placement=acme/dev@local phase=converged")
    assert fleet.ask("/readyz")[0] == 200
    config = next(fleet.out.glob("**/v1_ConfigMap*"))
    before = config.read_text()
    with admin:
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [postgres_url.rpartition("/")[2]],
        )
        assert eventually(lambda: fleet.ask("/readyz")[0] == 503)
        config.write_text(before + "added: by hand\n")
        fleet.says("observing-only", "target=local")
        fleet.says(" drift ")
        assert not fleet.said("verb=heal")
        assert config.read_text() != before
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
    fleet.says("writing-again", "target=local")
    assert eventually(lambda: config.read_text() == before)
    assert eventually(lambda: fleet.ask("/readyz")[0] == 200)
    assert fleet.stop() == 0

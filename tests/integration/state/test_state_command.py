"""`cpctl state migrate` makes a fresh PostgreSQL database usable."""

from __future__ import annotations

import pytest

from controlplane.cli.main import run
from controlplane.wiring import now
from reconciler.errors import ReconcilerError
from reconciler.state.sql import SqlStateStore


def test_a_fresh_database_is_migrated_by_command(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ReconcilerError, match="schema"):
        SqlStateStore.open(postgres_url, clock=now)
    assert run(["state", "migrate", "--state", postgres_url]) == 0
    assert "the schema is at" in capsys.readouterr().out
    store = SqlStateStore.open(postgres_url, clock=now)
    store.check()
    store.close()
    assert run(["state", "migrate", "--state", postgres_url]) == 0

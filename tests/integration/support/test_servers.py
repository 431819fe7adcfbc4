"""The OPA and PostgreSQL fixtures: they answer, and nothing is left of them."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy

from tests.support.opa import OpaServer
from tests.support.postgres import PostgresServer
from tests.support.process import members


def test_opa_answers_a_query(opa_server: OpaServer) -> None:
    query = json.dumps({"query": "x := 1 + 2"}).encode()
    request = urllib.request.Request(f"{opa_server.url}/v1/query", data=query, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer) == {"result": [{"x": 3}]}


def test_postgresql_answers_and_each_test_has_an_empty_database(postgres_url: str) -> None:
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("select 1")).scalar_one() == 1
        assert sqlalchemy.inspect(connection).get_table_names() == []
    engine.dispose()


@pytest.mark.requires("opa")
def test_no_process_is_left_of_opa(tmp_path: Path) -> None:
    server = OpaServer(tmp_path)
    server.start()
    (group,) = server.groups
    assert members(group)
    server.stop()
    assert members(group) == []


@pytest.mark.requires("initdb", "postgres")
@pytest.mark.xdist_group("postgres")
def test_no_process_and_no_file_is_left_of_postgresql() -> None:
    server = PostgresServer()
    server.start()
    (group,) = server.groups
    directory = server.directory
    assert members(group)
    assert directory is not None
    server.stop()
    assert members(group) == []
    assert not directory.exists()

"""A mirror of a remote: what it fetches, what it refuses, and what it never says."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.errors import UsageError
from controlplane.repo.errors import GitServerError, UnsupportedRepositoryError
from controlplane.repo.git.answers import Credentials
from controlplane.repo.git.remote import (
    Mirror,
    mirror_name,
    redacted,
    require_remote,
)
from tests.support.gitrepo import TestRepository

NONE = Credentials()


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/team/fleet.git",
        "ssh://git@git.example.com:2222/team/fleet.git",
        "git@git.example.com:team/fleet.git",
        "file:///srv/fleet.git",
    ],
)
def test_ways_to_a_remote(url: str) -> None:
    require_remote(url, NONE)


@pytest.mark.parametrize(
    "url",
    [
        "http://git.example.com/fleet.git",
        "git://git.example.com/fleet.git",
        "ext::sh -c evil",
        "/srv/fleet.git",
        "",
        "-oProxyCommand=evil",
    ],
)
def test_what_is_no_way_to_a_remote(url: str) -> None:
    with pytest.raises(UsageError, match="https, ssh or file"):
        require_remote(url, NONE)


@pytest.mark.parametrize(
    "url", ["https://ada:hunter2@git.example.com/f", "https://hunter2@git.example.com/f"]
)
def test_a_credential_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        require_remote(url, NONE)
    assert "hunter2" not in str(caught.value) + caught.value.remedy


def test_a_token_goes_over_https_only(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only ever sent over https"):
        require_remote("ssh://git@git.example.com/f", Credentials(token_file=tmp_path / "token"))


def test_the_mirror_of_each_remote_has_a_place_of_its_own() -> None:
    one = mirror_name("https://one.example.com/team/fleet.git")
    other = mirror_name("https://two.example.com/team/fleet.git")
    assert one != other
    assert one.startswith("fleet-")
    assert "/" not in mirror_name("file:///") + mirror_name("file:///srv/..")


def test_credentials_are_left_out_of_what_libgit2_says() -> None:
    said = "failed to connect to https://ada:hunter2@git.example.com/f and ssh://git@other/x"
    assert redacted(said) == (
        "failed to connect to https://***@git.example.com/f and ssh://***@other/x"
    )


def test_what_the_branch_holds_is_fetched_rewritten_branches_included(tmp_path: Path) -> None:
    theirs = TestRepository(tmp_path / "theirs")
    first = theirs.commit({"a": "1"})
    theirs.commit({"b": "1"}, branch="other", parents=[])
    mirror = Mirror(tmp_path / "mirror.git", f"file://{tmp_path}/theirs", "main", NONE)
    mirror.fetch()
    assert mirror.repository.resolve("refs/heads/main").id == first
    assert not mirror.repository.has("refs/heads/other")
    second = theirs.commit({"a": "2"}, parents=[])
    mirror.fetch()
    assert mirror.repository.resolve("refs/heads/main").id == second


def test_a_mirror_is_found_again(tmp_path: Path) -> None:
    theirs = TestRepository(tmp_path / "theirs")
    first = theirs.commit({"a": "1"})
    url = f"file://{tmp_path}/theirs"
    Mirror(tmp_path / "mirror.git", url, "main", NONE).fetch()
    again = Mirror(tmp_path / "mirror.git", url, "main", NONE)
    assert again.repository.resolve("refs/heads/main").id == first


def test_a_remote_that_is_away_is_worth_trying_again(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "mirror.git", f"file://{tmp_path}/nowhere", "main", NONE)
    with pytest.raises(GitServerError) as caught:
        mirror.fetch()
    assert caught.value.retry_after


def test_a_branch_that_the_remote_does_not_have_is_named(tmp_path: Path) -> None:
    TestRepository(tmp_path / "theirs").commit({"a": "1"})
    mirror = Mirror(tmp_path / "mirror.git", f"file://{tmp_path}/theirs", "mian", NONE)
    with pytest.raises(GitServerError, match="no branch mian") as caught:
        mirror.fetch()
    assert "--branch" in caught.value.remedy


def test_a_mirror_that_cannot_be_written_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnsupportedRepositoryError) as caught:
        Mirror(tmp_path / "file" / "m.git", "file:///srv/fleet", "main", NONE)
    assert "--mirror" in caught.value.remedy


def test_a_fetch_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    theirs = TestRepository(tmp_path / "theirs")
    theirs.commit({"a": "1"})
    ticks = iter(range(0, 10**6, 1000))
    mirror = Mirror(
        tmp_path / "mirror.git", f"file://{tmp_path}/theirs", "main", NONE, lambda: next(ticks)
    )
    with pytest.raises(GitServerError, match="took longer"):
        mirror.fetch()

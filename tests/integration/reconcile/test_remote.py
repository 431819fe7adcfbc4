"""Following a remote over https and ssh: real servers on loopback, right and wrong credentials."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pygit2
import pytest

from controlplane.repo.errors import GitServerError
from controlplane.repo.git.answers import Credentials
from controlplane.repo.git.remote import Mirror
from tests.support import githost
from tests.support.fleet import Fleet
from tests.support.githost import HttpsHost, SshHost
from tests.support.gitrepo import TestRepository
from tests.support.waiting import eventually

TOKEN = "t0ken-of-this-test"
FLEET = "fleet.git"

needs_git = pytest.mark.requires("git")
needs_sshd = pytest.mark.requires("git", "sshd", "ssh-keygen")


@pytest.fixture
def theirs(tmp_path: Path) -> TestRepository:
    """The bare repository that is served."""
    made = TestRepository(tmp_path / "served" / FLEET, bare=True)
    made.commit({"a": "1"})
    return made


@pytest.fixture
def https(tmp_path: Path, theirs: TestRepository) -> Iterator[HttpsHost]:
    with githost.https(tmp_path, theirs.path.parent, TOKEN) as host:
        yield host


@pytest.fixture
def ssh(tmp_path: Path, theirs: TestRepository) -> Iterator[SshHost]:
    with githost.ssh(tmp_path, theirs.path.parent) as host:
        yield host


@pytest.fixture
def trusting(https: HttpsHost) -> Iterator[HttpsHost]:
    """A server whose authority this process trusts; the authority is made for this test only."""
    pygit2.settings.ssl_cert_file = str(https.authority)
    yield https
    del pygit2.settings.ssl_cert_file


@pytest.fixture
def known_hosts(tmp_path: Path) -> Iterator[Path]:
    """A known_hosts file, not there yet, in a home of the test's own."""
    before = pygit2.settings.homedir
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    pygit2.settings.homedir = str(tmp_path / "home")
    yield tmp_path / "home" / ".ssh" / "known_hosts"
    pygit2.settings.homedir = before or ""


def written(place: Path, text: str) -> Path:
    place.write_text(text)
    return place


def mirror(tmp_path: Path, url: str, credentials: Credentials) -> Mirror:
    return Mirror(tmp_path / "mirror.git", url, "main", credentials)


def refused(mirror: Mirror) -> GitServerError:
    """Fetch in vain; return the error, after seeing that it says what to do and tells nothing."""
    with pytest.raises(GitServerError) as caught:
        mirror.fetch()
    error = caught.value
    assert error.remedy
    assert error.retry_after
    assert TOKEN not in f"{error}{error.remedy}"
    assert "\n" not in f"{error}{error.remedy}"
    assert not mirror.repository.has("refs/heads/main")
    return error


def head(mirror: Mirror) -> str:
    return mirror.repository.resolve("refs/heads/main").id


@needs_git
def test_new_commits_come_over_https(
    tmp_path: Path, trusting: HttpsHost, theirs: TestRepository
) -> None:
    token = Credentials(token_file=written(tmp_path / "token", f"{TOKEN}\n"))
    ours = mirror(tmp_path, trusting.url(FLEET), token)
    ours.fetch()
    second = theirs.commit({"a": "2"})
    ours.fetch()
    assert head(ours) == second
    trusting.stop()
    with pytest.raises(GitServerError, match="failed to connect"):
        ours.fetch()
    trusting.start()
    third = theirs.commit({"a": "3"})
    ours.fetch()
    assert head(ours) == third


@needs_git
@pytest.mark.parametrize(
    ("token", "says", "remedy"),
    [
        ("wrong", "refused the token", "expired"),
        ("", "is empty", "put the token in it"),
        (None, "none are given", "--git-token-file"),
    ],
)
def test_over_https_only_the_right_token_counts(
    tmp_path: Path, trusting: HttpsHost, token: str | None, says: str, remedy: str
) -> None:
    file = None if token is None else written(tmp_path / "token", token)
    error = refused(mirror(tmp_path, trusting.url(FLEET), Credentials(token_file=file)))
    assert says in str(error)
    assert remedy in error.remedy


@needs_git
def test_a_token_file_that_went_away_is_named(tmp_path: Path, trusting: HttpsHost) -> None:
    gone = Credentials(token_file=tmp_path / "gone")
    assert str(tmp_path / "gone") in str(refused(mirror(tmp_path, trusting.url(FLEET), gone)))


@needs_git
def test_a_server_of_an_unknown_authority_gets_no_token(tmp_path: Path, https: HttpsHost) -> None:
    token = Credentials(token_file=written(tmp_path / "token", TOKEN))
    error = refused(mirror(tmp_path, https.url(FLEET), token))
    assert "certificate" in str(error)
    assert "SSL_CERT_FILE" in error.remedy
    assert https.credentials_seen == 0


@needs_git
def test_a_repository_that_is_not_there_is_no_riddle(tmp_path: Path, trusting: HttpsHost) -> None:
    token = Credentials(token_file=written(tmp_path / "token", TOKEN))
    error = refused(mirror(tmp_path, trusting.url("nowhere.git"), token))
    assert "no repository is there" in str(error)


@needs_sshd
def test_new_commits_come_over_ssh(
    tmp_path: Path, ssh: SshHost, known_hosts: Path, theirs: TestRepository
) -> None:
    known_hosts.write_text(ssh.known_host())
    ours = mirror(tmp_path, ssh.url(FLEET), Credentials(key_file=ssh.client_key))
    ours.fetch()
    second = theirs.commit({"a": "2"})
    ours.fetch()
    assert head(ours) == second
    ssh.stop()
    with pytest.raises(GitServerError, match="failed to connect"):
        ours.fetch()


@needs_sshd
def test_a_key_without_its_public_half_suffices(
    tmp_path: Path, ssh: SshHost, known_hosts: Path
) -> None:
    known_hosts.write_text(ssh.known_host())
    alone = shutil.copy(ssh.client_key, tmp_path / "alone")
    mirror(tmp_path, ssh.url(FLEET), Credentials(key_file=alone)).fetch()


@needs_sshd
@pytest.mark.parametrize("known", ["nothing", "another key"])
def test_a_server_whose_host_key_is_not_known_is_not_believed(
    tmp_path: Path, ssh: SshHost, known_hosts: Path, known: str
) -> None:
    if known == "another key":
        known_hosts.write_text(ssh.known_host(githost.key(tmp_path / "other-host")))
    error = refused(mirror(tmp_path, ssh.url(FLEET), Credentials(key_file=ssh.client_key)))
    assert "host key" in str(error)
    assert "ssh-keyscan" in error.remedy


def another_key(tmp_path: Path) -> Path | None:
    return githost.key(tmp_path / "another")


def locked_key(tmp_path: Path) -> Path | None:
    return githost.key(tmp_path / "locked", "a passphrase")


def no_key(tmp_path: Path) -> Path | None:
    return written(tmp_path / "no-key", "ssh-ed25519 AAAA")


def key_that_is_gone(tmp_path: Path) -> Path | None:
    return tmp_path / "gone"


def agent_without_keys(_: Path) -> Path | None:
    return None


@needs_sshd
@pytest.mark.parametrize(
    ("key", "says", "remedy"),
    [
        (another_key, "refused the key", "public half"),
        (locked_key, "refused the key", "passphrase"),
        (no_key, "no private SSH key", "ssh-keygen"),
        (key_that_is_gone, "cannot be read", "readable"),
        (agent_without_keys, "no SSH agent runs", "--git-key-file"),
    ],
)
def test_over_ssh_only_the_right_key_counts(
    tmp_path: Path,
    ssh: SshHost,
    known_hosts: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: Callable[[Path], Path | None],
    says: str,
    remedy: str,
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    known_hosts.write_text(ssh.known_host())
    error = refused(mirror(tmp_path, ssh.url(FLEET), Credentials(key_file=key(tmp_path))))
    assert says in str(error)
    assert remedy in error.remedy


@needs_sshd
def test_a_key_of_the_ssh_agent_counts(
    tmp_path: Path, ssh: SshHost, known_hosts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_hosts.write_text(ssh.known_host())
    with githost.agent(tmp_path, ssh.client_key) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        mirror(tmp_path, ssh.url(FLEET), Credentials()).fetch()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(tmp_path)
    yield made
    made.close()


def pushed(fleet: Fleet, bare: Path) -> None:
    """Bring the branch and all evidence to the served repository."""
    bare.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "-q", "--bare", str(bare)], check=True)
    fleet.cpctl("evidence", "publish", "--as", "ci")
    fleet.git("push", "-q", "-f", str(bare), "main", "refs/evidence/ci")


def followed(fleet: Fleet, bare: Path, *options: str) -> None:
    """Follow a remote from its first commit to a second, through an outage between them."""
    fleet.start(*options, "--interval", "1s")
    fleet.says("placement=acme/dev@local phase=converged")
    fleet.replicas(2)
    judged = fleet.judged("two", "Two")
    pushed(fleet, bare)
    fleet.says("revision-taken-up", judged)
    assert eventually(lambda: "replicas: 2" in fleet.deployed())
    assert "Traceback" not in fleet.log.read_text()


@needs_git
def test_the_reconciler_follows_a_branch_over_https(tmp_path: Path, fleet: Fleet) -> None:
    bare = tmp_path / "served" / FLEET
    pushed(fleet, bare)
    token = written(tmp_path / "token", TOKEN)
    with githost.https(tmp_path, bare.parent, TOKEN) as host:
        fleet.environment["SSL_CERT_FILE"] = str(host.authority)
        remote = ["--remote", host.url(FLEET), "--git-token-file", str(token)]
        followed(fleet, bare, *remote)
        token.write_text("expired")
        fleet.says("source-away", "refused the token", "expired")
        token.write_text(TOKEN)
        fleet.says("source-back")
        assert fleet.stop() == 0
        assert TOKEN not in fleet.log.read_text()


@needs_sshd
def test_the_reconciler_follows_a_branch_over_ssh(tmp_path: Path, fleet: Fleet) -> None:
    bare = tmp_path / "served" / FLEET
    pushed(fleet, bare)
    with githost.ssh(tmp_path, bare.parent) as host:
        (tmp_path / ".ssh").mkdir()
        (tmp_path / ".ssh" / "known_hosts").write_text(host.known_host())
        remote = ["--remote", host.url(FLEET), "--git-key-file", str(host.client_key)]
        followed(fleet, bare, *remote)
        host.stop()
        fleet.says("source-away", "failed to connect")
        host.start()
        fleet.says("source-back")
        assert fleet.stop() == 0


@needs_git
def test_what_another_process_applied_is_no_drift_before_the_branch_was_looked_at(
    tmp_path: Path, fleet: Fleet
) -> None:
    bare = tmp_path / "served" / FLEET
    pushed(fleet, bare)
    state = ["--state", f"sqlite:///{tmp_path / 'shared.db'}"]
    with githost.https(tmp_path, bare.parent, TOKEN) as host:
        fleet.environment["SSL_CERT_FILE"] = str(host.authority)
        token = written(tmp_path / "token", TOKEN)
        remote = ["--remote", host.url(FLEET), "--git-token-file", str(token)]
        fleet.start(*remote, "--interval", "1h", *state)
        fleet.says("placement=acme/dev@local phase=converged")
        fleet.replicas(2)
        judged = fleet.judged("two", "Two")
        pushed(fleet, bare)
        fleet.cpctl("apply", "--connect", f"*=directory:{fleet.out}/{{name}}", *state)
        fleet.says("revision-taken-up", judged)  # looked at because of what the other did
        assert fleet.stop() == 0
    assert "replicas: 2" in fleet.deployed()
    log = fleet.log.read_text()
    assert set(re.findall(r" action .* verb=(\w+)", log)) == {"create"}, "nothing was put back"
    assert "Traceback" not in log

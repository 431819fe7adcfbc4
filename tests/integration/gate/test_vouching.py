"""An image of a revision counts on another machine where who may sign decisions signed it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controlplane import wiring
from controlplane.authenticated import Cache
from controlplane.cli.main import run
from controlplane.cli.reading import step_of
from controlplane.errors import Exit
from controlplane.operations import fleet_subject, images, own_code, recalled, vouching
from controlplane.operations.gate import GateReport, gate
from controlplane.operations.recalled import Recalled
from controlplane.operations.recording import decision_json
from controlplane.operations.trust import trust_at, trust_root_yaml
from controlplane.operations.vouching import Vouched
from controlplane.render.helm import HelmCharts
from controlplane.repo.derived import Derived
from controlplane.repo.git import GitRepository
from controlplane.repo.image import Imaged
from controlplane.repo.snapshot import read
from evidence.canonical import canonical, digest_bytes
from evidence.dsse import LIMIT, Envelope
from evidence.keys import create_key, load_key
from evidence.signers.base import Signer
from evidence.trust import TrustSet
from tests.integration.gate.test_derived import NOW, World

BEGIN = NOW - timedelta(days=1)
TRUST = "trust/deciders.yaml"


@dataclass
class Fleet:
    """A sound base that trusts a key for decisions and one for applying, and a change of it."""

    world: World
    keys: Path
    base: str
    head: str

    def signer(self, name: str = "decide") -> Signer:
        return load_key(self.keys / f"{name}.pem")

    def judged(self, found: Recalled, base: str = "", head: str = "") -> GateReport:
        step = found.step(self.world.git, base or self.base, head or self.head)
        return gate(step, self.world.engine, HelmCharts(None), NOW)

    def vouch(self, cache: Cache, signer: Signer | None, base: str = "") -> None:
        """Judge as a machine does that may sign decisions."""
        found = Recalled(cache, lambda: NOW)
        found.keep(self.judged(found, base), signer)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    world, keys = World(tmp_path_factory.mktemp("vouched")), tmp_path_factory.mktemp("keys")
    found = {
        name: create_key(keys, name=name, purpose=name.partition("-")[0], now=BEGIN)
        for name in ("decide", "apply", "decide-stranger")
    }
    trusted = [found["decide"], found["apply"]]
    base, head = _commits(world, trust_root_yaml("deciders", trusted, holder="platform"))
    yield Fleet(world, keys, base, head)
    world.engine.close()


def _commits(world: World, trust: str) -> tuple[str, str]:
    world.files = world.files.put(TRUST, trust)
    base = world.commit([], world.base)
    return base, world.commit([("zone", "bolt"), ("label", "acme")], base)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "revisions", tmp_path / "cache.key")


@pytest.fixture
def fresh(cache: Cache, tmp_path: Path) -> Cache:
    """The cache as a machine restores it that has no key in common with the first."""
    return replace(cache, key=tmp_path / "another.key")


def _said(report: GateReport) -> Any:
    return canonical(decision_json(report)), report.findings, report.problems


def _name(fleet: Fleet, kind: str, revision: str = "") -> str:
    return images.name_of(read(fleet.world.git, revision or fleet.base).tree_id, kind)


def _believes(fleet: Fleet, cache: Cache, now: datetime = NOW) -> bool:
    base = Recalled(cache, lambda: now).step(fleet.world.git, fleet.base, fleet.head).base
    return isinstance(base, Imaged)


def test_a_fresh_machine_need_not_read_the_fleet(
    fleet: Fleet, cache: Cache, fresh: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = _said(fleet.judged(Recalled(None)))
    fleet.vouch(cache, fleet.signer())
    monkeypatch.setattr(recalled, "read", lambda *_: pytest.fail("it was vouched for"))
    monkeypatch.setattr(fleet_subject, "_counted", lambda _: pytest.fail("it was counted before"))
    found = Recalled(fresh, lambda: NOW)
    report = fleet.judged(found)
    assert isinstance(report.step.base, Imaged)
    assert isinstance(report.step.head, Derived)
    assert _said(report) == alone
    assert found.taken_over == fleet.base


def test_a_base_that_moved_on_is_derived_from_what_was_vouched_for(
    fleet: Fleet, cache: Cache, fresh: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged = fleet.head
    head = fleet.world.commit([("zone", "bolt"), ("label", "acme"), ("label", "cedar")], merged)
    alone = _said(fleet.judged(Recalled(None), merged, head))
    fleet.vouch(cache, fleet.signer())
    monkeypatch.setattr(recalled, "read", lambda *_: pytest.fail("it was vouched for"))
    report = fleet.judged(Recalled(fresh, lambda: NOW), merged, head)
    assert isinstance(report.step.base, Derived)
    assert _said(report) == alone


def test_whom_the_base_trusts_is_not_read_where_this_machine_kept_an_image(
    fleet: Fleet, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged = fleet.head
    head = fleet.world.commit([("zone", "bolt"), ("label", "acme"), ("label", "cedar")], merged)
    fleet.vouch(cache, fleet.signer())
    monkeypatch.setattr(recalled, "trust_at", lambda *_: pytest.fail("its own word is enough"))
    report = fleet.judged(Recalled(cache, lambda: NOW), merged, head)
    assert isinstance(report.step.base, Derived)


def test_what_was_found_out_before_is_vouched_for_later(
    fleet: Fleet, cache: Cache, fresh: Cache
) -> None:
    fleet.vouch(cache, None)
    own = Recalled(cache, lambda: NOW)
    own.step(fleet.world.git, fleet.base, fleet.head)
    assert own.taken_over == ""
    assert not _believes(fleet, fresh)
    fleet.vouch(cache, fleet.signer())
    assert _believes(fleet, fresh)


def test_a_new_key_vouches_for_what_an_earlier_one_did(
    fleet: Fleet, cache: Cache, fresh: Cache
) -> None:
    """Else a machine whose key was replaced would spare nobody anything for as long."""
    fleet.vouch(cache, fleet.signer("decide-stranger"))
    assert not _believes(fleet, fresh)
    fleet.vouch(cache, fleet.signer())
    assert _believes(fleet, fresh)


def test_nobody_vouches_for_what_they_took_over(fleet: Fleet, cache: Cache, fresh: Cache) -> None:
    fleet.vouch(cache, fleet.signer())
    fresh.directory.joinpath(_name(fleet, "fleet")).unlink()
    before = fresh.directory.joinpath(_name(fleet, "vouched")).read_bytes()
    fleet.vouch(fresh, fleet.signer("decide-stranger"))
    assert fresh.directory.joinpath(_name(fleet, "vouched")).read_bytes() == before


def _lying(
    fleet: Fleet, cache: Cache, kind: str = "image", forge: Callable[[bytes], bytes] | None = None
) -> None:
    """Put into the cache of the base what is not so, and vouch for it."""
    fleet.vouch(cache, fleet.signer())
    name, said = _name(fleet, kind), _name(fleet, "vouched")
    cache.put(name, (forge or _forged)(cache.get(name) or b""))
    digest = digest_bytes(cache.get(name) or b"").removeprefix("sha256:")

    def of_the_lie(payload: Any) -> None:
        (subject,) = (each for each in payload["subject"] if each["name"] == kind)
        subject["digest"]["sha256"] = digest

    cache.put(said, _resigned(cache.get(said) or b"", fleet.signer(), of_the_lie))


@pytest.mark.parametrize("far", [False, True])
def test_what_somebody_vouched_for_does_not_outlive_their_word(
    fleet: Fleet, cache: Cache, fresh: Cache, far: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever had a key for a while, or in a base of their own, would be believed for ever."""
    _lying(fleet, cache)
    merged = fleet.head
    head = fleet.world.commit([("zone", "bolt"), ("label", "acme"), ("label", "cedar")], merged)
    monkeypatch.setattr(recalled, "FAR", 0 if far else recalled.FAR)
    found = Recalled(fresh, lambda: NOW)
    report = fleet.judged(found, merged, head)
    assert fleet_subject.counted(report.step.base).figures["tenants"]["count"] == 7  # believed
    found.keep(report, fleet.signer())
    for revision in (fleet.base, merged, head):
        assert fresh.get(_name(fleet, "sound", revision)) is None
    kept = fresh.get(_name(fleet, "image", merged))
    assert (kept is not None) is far
    assert b'"tenants":{"count":7' not in (kept or b"")


def test_the_figures_beside_an_own_image_are_own_ones(
    fleet: Fleet, cache: Cache, fresh: Cache
) -> None:
    """What is derived of an own image is kept as if this machine had worked out all of it."""
    _lying(fleet, cache, "fleet", lambda _: b"{}")
    fresh.directory.joinpath(_name(fleet, "image")).unlink()
    said = {kind: cache.get(_name(fleet, kind)) or b"" for kind in ("fleet", "vouched")}
    fleet.vouch(fresh, None)
    for kind, content in said.items():
        cache.put(_name(fleet, kind), content)
    base = Recalled(fresh, lambda: NOW).step(fleet.world.git, fleet.base, fleet.head).base
    assert isinstance(base, Imaged)
    assert len(fleet_subject.counted(base).every()) == 4


@pytest.mark.parametrize(
    ("name", "later", "counts"),
    [
        ("decide", timedelta(), True),
        ("apply", timedelta(), False),  # a key for another purpose
        ("decide-stranger", timedelta(), False),  # a key that the base does not trust
        ("decide", timedelta(days=-2), False),  # before the key counts
    ],
)
def test_only_a_key_for_decisions_that_the_base_trusts_now_vouches(
    fleet: Fleet, cache: Cache, fresh: Cache, name: str, later: timedelta, counts: bool
) -> None:
    fleet.vouch(cache, fleet.signer(name))
    assert cache.get(_name(fleet, "vouched")) is not None
    assert _believes(fleet, fresh, NOW + later) is counts


@pytest.mark.parametrize("over", ["revoked", "ended"])
def test_a_key_that_does_not_count_any_more_vouches_for_nothing(
    fleet: Fleet, cache: Cache, fresh: Cache, over: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its holder could date back what it signs: no log says when."""
    monkeypatch.setattr(fleet.world, "files", fleet.world.files)  # put back at the end
    key = create_key(fleet.keys, name=over, purpose="decide", now=BEGIN)
    if over == "ended":
        key = replace(key, retired=f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    text = trust_root_yaml("deciders", [key], holder="platform")
    if over == "revoked":
        since = f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
        said = f'revoked: {{since: "{since}", reason: Lost.}}'
        text = re.sub(r"^( +)validity:", rf"\1{said}\n\1validity:", text, flags=re.MULTILINE)
    base, head = _commits(fleet.world, text)
    other = replace(fleet, base=base, head=head)
    assert not fleet.judged(Recalled(None), base, head).problems
    other.vouch(cache, other.signer(over))
    assert cache.get(_name(other, "vouched")) is not None
    assert not _believes(other, fresh)


def test_a_change_cannot_bring_the_key_that_vouches_for_its_base(
    fleet: Fleet, cache: Cache, fresh: Cache
) -> None:
    stranger = create_key(fleet.keys, name="decide-own", purpose="decide", now=BEGIN)
    text = trust_root_yaml("own", [stranger], holder="platform")
    files = fleet.world.files.put("trust/own.yaml", text)
    head = fleet.world.made.commit(dict(files.text), parents=[fleet.base], branch="change")
    fleet.vouch(cache, fleet.signer("decide-own"))
    base = Recalled(fresh, lambda: NOW).step(fleet.world.git, fleet.base, head).base
    assert not isinstance(base, Imaged)


@pytest.mark.parametrize("command", ["diff", "render", "keys", "evidence"])
def test_only_the_gate_takes_the_word_of_another(
    fleet: Fleet, cache: Cache, fresh: Cache, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Any other revision may trust a key that is revoked, or bring it: only a base is in force."""
    words = {
        "diff": ["diff", fleet.base, fleet.head],
        "render": ["render", "acme", "--rev", fleet.base],
        "keys": ["keys", "trust", "--rev", fleet.base],
        "evidence": ["evidence", "collect", "--rev", fleet.base],
    }[command]
    fleet.vouch(cache, fleet.signer())
    monkeypatch.setattr(wiring, "revisions", lambda: fresh)
    monkeypatch.setattr(wiring, "now", lambda: NOW)
    assert isinstance(wiring.recalled(vouched=True).revision(fleet.world.git, fleet.base), Imaged)
    monkeypatch.setattr(images, "Words", lambda *_: pytest.fail("whose word counts was asked"))
    monkeypatch.chdir(fleet.world.git.work_dir or "")
    assert run(words) == Exit.CLEAN


def test_what_a_step_was_approved_by_is_read_on_no_word(
    fleet: Fleet, cache: Cache, fresh: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.vouch(cache, fleet.signer())
    monkeypatch.setattr(wiring, "revisions", lambda: fresh)
    monkeypatch.setattr(wiring, "now", lambda: NOW)
    assert not isinstance(step_of(fleet.world.git, fleet.base, fleet.head).base, Imaged)
    monkeypatch.setattr(wiring, "revisions", lambda: cache)
    assert isinstance(step_of(fleet.world.git, fleet.base, fleet.head).base, Imaged)


def test_a_base_that_moves_meanwhile_says_itself_whom_it_trusts(
    fleet: Fleet, cache: Cache, fresh: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a key that it has just taken away would vouch for it."""
    fleet.vouch(cache, fleet.signer())
    without = {path: text for path, text in fleet.world.files.text.items() if path != TRUST}
    made, merged = fleet.world.made, fleet.head
    made.commit(dict(fleet.world.files.text), parents=[merged], branch="moving")

    def move(repository: GitRepository, revision: str) -> TrustSet:
        made.commit(without, parents=[merged], branch="moving")
        return trust_at(repository, revision)

    monkeypatch.setattr(recalled, "trust_at", move)
    base = Recalled(fresh, lambda: NOW).revision(fleet.world.git, "moving")
    assert TRUST not in base.entries
    assert not isinstance(base, Derived)


def _forged(kept: bytes) -> bytes:
    made = kept.replace(b'"tenants":{"count":4', b'"tenants":{"count":7')
    assert made != kept
    return made


def _resigned(data: bytes, signer: Signer, change: Callable[[Any], None]) -> bytes:
    payload = json.loads(Envelope.read(data, "x").payload)
    change(payload)
    return Envelope.sign(canonical(payload), signer).data


def _other_code(payload: Any) -> None:
    payload["predicate"]["code"] = "of another version"


def _other_type(payload: Any) -> None:
    payload["predicateType"] = "https://controlplane.dev/evidence/run/v1"


def _other_tree(payload: Any) -> None:
    payload["subject"][0]["digest"]["gitTree"] = "0" * 40


def _no_revision(payload: Any) -> None:
    del payload["subject"][0]


def test_an_image_that_was_changed_is_not_that_which_was_signed(
    fleet: Fleet, cache: Cache, fresh: Cache
) -> None:
    fleet.vouch(cache, fleet.signer())
    name = _name(fleet, "image")
    cache.put(name, _forged(cache.get(name) or b""))
    assert not _believes(fleet, fresh)


@pytest.mark.parametrize("change", [_other_code, _other_type, _other_tree, _no_revision])
def test_what_says_something_else_vouches_for_nothing(
    fleet: Fleet, cache: Cache, fresh: Cache, change: Callable[[Any], None]
) -> None:
    fleet.vouch(cache, fleet.signer())
    name = _name(fleet, "vouched")
    said = cache.get(name) or b""
    assert _resigned(said, fleet.signer(), lambda _: None) == said
    cache.put(name, _resigned(said, fleet.signer(), change))
    assert not _believes(fleet, fresh)


def test_a_signature_is_that_of_the_key_it_names(fleet: Fleet, cache: Cache, fresh: Cache) -> None:
    fleet.vouch(cache, fleet.signer())
    name = _name(fleet, "vouched")
    said = Envelope.read(cache.get(name) or b"", "x")
    stranger = fleet.signer("decide-stranger").sign(said.signed)
    assert Envelope(said.payload, said.keyid, said.signature).data == said.data
    cache.put(name, Envelope(said.payload, said.keyid, stranger).data)
    assert not _believes(fleet, fresh)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: b"",
        lambda data: data.replace(b'"sig":"', b'"sig":"A'),
        lambda data: data + b" " * (1 << 20),
        lambda data: b"[" * 100_000,
    ],
)
def test_a_damaged_statement_is_as_if_there_were_none(
    fleet: Fleet, cache: Cache, fresh: Cache, spoil: Callable[[bytes], bytes]
) -> None:
    fleet.vouch(cache, fleet.signer())
    name = _name(fleet, "vouched")
    cache.put(name, spoil(cache.get(name) or b""))
    assert not _believes(fleet, fresh)


def test_who_fills_the_cache_keeps_nobody_waiting(
    fleet: Fleet, cache: Cache, fresh: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of zeros takes hardly any room in an archive, and half a GiB to read."""
    fleet.vouch(cache, fleet.signer())
    for number in range(vouching.MOST_WORDS - 1):
        place = cache.directory / f"{number:064x}.vouched"
        with place.open("wb") as file:
            file.truncate(LIMIT + 1000)
    looked_at: list[bytes] = []
    real = vouching.believed

    def believed(data: bytes, trust: TrustSet, now: datetime) -> Vouched | None:
        looked_at.append(data)
        return real(data, trust, now)

    monkeypatch.setattr(vouching, "believed", believed)
    assert _believes(fleet, fresh)
    assert len(looked_at) == 1
    for number in range(vouching.MOST_WORDS * 2):
        cache.directory.joinpath(f"{number:064x}.vouched").write_bytes(bytes(100))
    _believes(fleet, fresh)
    assert len(looked_at) == 1 + vouching.MOST_WORDS


def test_an_image_under_the_name_of_another_tree_is_not_believed(
    fleet: Fleet, cache: Cache, fresh: Cache
) -> None:
    """Else a sound tree would vouch for one that is not."""
    fleet.vouch(cache, fleet.signer())
    unsound = fleet.world.commit([("lock stale", "acme")], fleet.base)
    head = fleet.world.commit([("lock stale", "acme"), ("label", "bolt")], unsound)
    for kind in ("image", "fleet", "vouched"):
        good, bad = _name(fleet, kind), _name(fleet, kind, unsound)
        cache.directory.joinpath(good).rename(cache.directory / bad)
    report = fleet.judged(Recalled(fresh, lambda: NOW), unsound, head)
    assert report.problems
    assert _said(report) == _said(fleet.judged(Recalled(None), unsound, head))


def test_the_statement_names_this_very_code(fleet: Fleet, cache: Cache) -> None:
    fleet.vouch(cache, fleet.signer())
    payload = json.loads(Envelope.read(cache.get(_name(fleet, "vouched")) or b"", "x").payload)
    assert payload["predicate"] == {"code": own_code.digest(), "madeAt": "2026-11-26T08:00:00Z"}
    assert [each["name"] for each in payload["subject"]] == ["revision", "fleet", "image"]
    assert payload["subject"][0]["digest"]["gitCommit"] == fleet.base
    assert datetime.fromisoformat(payload["predicate"]["madeAt"]).tzinfo is not None
    assert NOW.tzinfo is UTC

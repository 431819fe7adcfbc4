"""Private keys are made safely, read safely, replaced, and never shown."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from evidence.errors import KeyFileError, NoKeyError
from evidence.keys import (
    create_key,
    create_keys,
    former_keys,
    keys_in,
    load_key,
    rotate,
    signer_for,
)
from evidence.shape import stamp
from evidence.signers.registry import open_signer
from evidence.trust import TrustedKey
from evidence.writer import EvidenceWriter
from tests.support.evidence import START, about, signer, ticking


def test_a_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    place = tmp_path / "new" / "keys"
    made = create_key(place, name="apply", purpose="apply", now=START)
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert place.stat().st_mode & 0o777 == 0o700
    assert load_key(made.path).public_key == made.public_key
    assert signer_for(place, "apply").keyid == made.public_key.keyid


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    made = create_key(tmp_path / "keys", name="apply", purpose="apply", now=START)
    made.path.chmod(mode)
    with pytest.raises(KeyFileError, match="read by others"):
        load_key(made.path)


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    (tmp_path / "keys").chmod(0o755)
    with pytest.raises(KeyFileError, match="others can enter"):
        create_key(tmp_path / "keys", name="apply", purpose="apply", now=START)


@pytest.mark.parametrize("git", ["folder", "file"])
def test_no_key_is_made_inside_a_work_tree(tmp_path: Path, git: str) -> None:
    marker = tmp_path / ".git"
    marker.mkdir() if git == "folder" else marker.write_text("gitdir: elsewhere\n")
    with pytest.raises(KeyFileError, match="work tree"):
        create_key(tmp_path / "deep" / "keys", name="apply", purpose="apply", now=START)
    assert not (tmp_path / "deep").exists()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    made = create_key(tmp_path / "keys", name="apply", purpose="apply", now=START)
    made.path.rename(tmp_path / "moved.pem")
    made.path.symlink_to(tmp_path / "moved.pem")
    with pytest.raises(KeyFileError):
        load_key(made.path)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    first = create_key(tmp_path / "keys", name="apply", purpose="apply", now=START)
    with pytest.raises(KeyFileError, match="never overwritten"):
        create_key(tmp_path / "keys", name="apply", purpose="apply", now=START)
    assert load_key(first.path).public_key == first.public_key


@pytest.mark.parametrize(
    ("name", "purpose"), [("../up", "apply"), ("a/b", "apply"), ("", "apply"), ("a", "sign")]
)
def test_a_name_is_plain_and_a_purpose_known(tmp_path: Path, name: str, purpose: str) -> None:
    with pytest.raises(KeyFileError):
        create_key(tmp_path / "keys", name=name, purpose=purpose, now=START)


def test_a_missing_key_names_the_command_that_makes_just_it(tmp_path: Path) -> None:
    with pytest.raises(NoKeyError) as caught:
        signer_for(tmp_path / "keys", "approve")
    assert caught.value.remedy == "run `cpctl keys init`"
    create_key(tmp_path / "keys", name="log", purpose="log", now=START)
    with pytest.raises(NoKeyError) as caught:
        signer_for(tmp_path / "keys", "approve")
    assert caught.value.remedy == "run `cpctl keys init --purpose approve`"


def test_a_log_needs_ed25519(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError):
        create_key(tmp_path / "k", name="log", purpose="log", now=START, algorithm="ecdsa-p256")


def test_rotation_keeps_names_and_destroys_the_old_private_half(tmp_path: Path) -> None:
    place = tmp_path / "keys"
    create_key(place, name="apply", purpose="apply", now=START, algorithm="ecdsa-p256")
    retired, second = rotate(place, "apply", now=START)
    _, third = rotate(place, "apply-2", now=START)
    assert (retired.name, second.name, third.name) == ("apply", "apply-2", "apply-3")
    assert third.public_key.algorithm == "ecdsa-p256"
    assert [path.name for path in place.glob("*.pem")] == ["apply-3.pem"]
    assert signer_for(place, "apply").keyid == third.public_key.keyid
    assert set(former_keys(place, "apply")) == {retired.public_key, second.public_key}
    with pytest.raises(KeyFileError, match="retired"):
        rotate(place, "apply", now=START)


def test_the_last_signature_of_a_rotated_key_counts(tmp_path: Path) -> None:
    place = tmp_path / "keys"
    create_key(place, name="apply", purpose="apply", now=START)
    signed = stamp(START)
    retired, new = rotate(place, "apply", now=START)
    for key in (retired, new):
        trusted = TrustedKey(
            key.name, "apply", key.public_key, valid_from=key.created, valid_until=key.retired
        )
        assert trusted.objection(signed) == ""
    assert retired.retired == "2026-01-31T12:00:01Z"


class _Full:
    """A disk on which there is room for `room` files, and then for none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self._room = room
        monkeypatch.setattr("evidence.keys.os.fsync", self)
        monkeypatch.setattr("evidence.disk.os.fdatasync", self)

    def __call__(self, handle: int) -> None:
        self._room -= 1
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("room", range(4))
def test_of_several_keys_all_are_made_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    place, wanted = tmp_path / "keys", ("decide", "log")
    with monkeypatch.context() as patch:
        _Full(patch, room)
        with pytest.raises(OSError, match=r"No space left on device: '.*keys/me-"):
            create_keys(place, "me", wanted, now=START, algorithm="ecdsa-p256")
    assert list(place.iterdir()) == []
    made = create_keys(place, "me", wanted, now=START, algorithm="ecdsa-p256")
    assert [key.name for key in made] == ["me-decide", "me-log"]


@pytest.mark.parametrize("room", range(3))
def test_a_rotation_without_room_leaves_the_key_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    place = tmp_path / "keys"
    first = create_key(place, name="apply", purpose="apply", now=START)
    with monkeypatch.context() as patch:
        _Full(patch, room)
        with pytest.raises(OSError, match="No space"):
            rotate(place, "apply", now=START)
    assert sorted(path.name for path in place.iterdir()) == ["apply.json", "apply.pem"]
    assert signer_for(place, "apply").keyid == first.public_key.keyid
    rotate(place, "apply", now=START)


@pytest.mark.parametrize("step", ["made", "retired"])
def test_a_rotation_that_was_cut_short_is_finished(tmp_path: Path, step: str) -> None:
    place = tmp_path / "keys"
    old = create_key(place, name="apply", purpose="apply", now=START)
    private = old.path.read_bytes()
    described = old.path.with_suffix(".json").read_bytes()
    _, new = rotate(place, "apply", now=START)
    old.path.write_bytes(private)
    if step == "made":
        old.path.with_suffix(".json").write_bytes(described)
    retired, finished = rotate(place, "apply", now=START)
    assert finished == new
    assert retired.retired
    assert not old.path.exists()
    assert signer_for(place, "apply").keyid == new.public_key.keyid


def test_a_private_half_that_nothing_describes_is_named(tmp_path: Path) -> None:
    made = create_key(tmp_path / "keys", name="apply", purpose="apply", now=START)
    made.path.with_suffix(".json").unlink()
    with pytest.raises(KeyFileError) as caught:
        create_key(tmp_path / "keys", name="apply", purpose="apply", now=START)
    assert "remove it" in caught.value.remedy


def test_a_log_goes_on_with_the_key_it_was_rotated_to(tmp_path: Path) -> None:
    keys, directory = tmp_path / "keys", tmp_path / "evidence"
    create_key(keys, name="log", purpose="log", now=START)
    for _ in range(2):
        evidence = EvidenceWriter.open(
            directory,
            signer("apply"),
            log_signer=signer_for(keys, "log"),
            former_log_keys=former_keys(keys, "log"),
            origin="example.com/apply",
            clock=ticking(),
        )
        run = evidence.begin(kind="apply", subjects=about(), summary="apply")
        run.close(outcome="done", summary="done")
        rotate(keys, next(key.name for key in keys_in(keys) if not key.retired), now=START)


def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    path = create_key(tmp_path / "keys", name="apply", purpose="apply", now=START).path
    path.write_text("garbage\n")
    with pytest.raises(KeyFileError) as error:
        load_key(path)
    assert str(path) in str(error.value)
    assert "copy" in error.value.remedy


def test_a_key_and_its_description_belong_together(tmp_path: Path) -> None:
    place = tmp_path / "keys"
    one = create_key(place, name="one", purpose="apply", now=START)
    two = create_key(place, name="two", purpose="decide", now=START)
    one.path.write_bytes(two.path.read_bytes())
    with pytest.raises(KeyFileError, match="is not the one"):
        load_key(one.path)
    one.path.write_bytes(b"-----BEGIN NOTHING-----\n")
    with pytest.raises(KeyFileError):
        load_key(one.path)
    one.path.with_suffix(".json").write_bytes(b"{}")
    with pytest.raises(KeyFileError, match="does not describe a key"):
        load_key(one.path)


def test_of_several_keys_for_a_purpose_each_is_named(tmp_path: Path) -> None:
    for name in ("one", "two"):
        create_key(tmp_path / "keys", name=name, purpose="apply", now=START)
    with pytest.raises(KeyFileError, match=r"2 keys for apply, one is needed: one, two"):
        signer_for(tmp_path / "keys", "apply")


@pytest.mark.parametrize("purpose", ["apply", "sign"])
def test_a_missing_key_says_how_to_make_one(tmp_path: Path, purpose: str) -> None:
    with pytest.raises(KeyFileError) as error:
        signer_for(tmp_path, purpose)
    assert error.value.remedy
    with pytest.raises(KeyFileError, match="no key at"):
        load_key(tmp_path / "none.pem")


@pytest.mark.parametrize("reference", ["", "key-file", "key-file:", "nothing:here"])
def test_a_reference_to_a_signer_has_a_kind_and_a_place(reference: str) -> None:
    with pytest.raises(KeyFileError, match="no signer is called"):
        open_signer(reference)

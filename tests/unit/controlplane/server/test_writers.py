"""A process that runs for long signs with the key that is in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.server.writers import CurrentWriter
from evidence.errors import KeyFileError
from evidence.keys import create_keys, rotate
from tests.support.evidence import START, about


def test_after_a_rotation_the_new_key_signs(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    create_keys(keys, "me", ("apply", "log"), now=START, algorithm="ed25519")
    writer = CurrentWriter(tmp_path / "evidence", "apply", keys)
    assert writer() is writer()
    assert writer().signer.name == "me-apply"
    rotate(keys, "me-apply", now=START)
    with writer.begin(kind="apply", subjects=about(), summary="apply") as run:
        entry = run.close(outcome="done", summary="done")
    assert writer().signer.name == "me-apply-2"
    assert entry.origin == writer().origin
    assert "me-apply-2" in entry.origin
    assert writer.recover() == []


def test_without_a_key_nothing_is_begun(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    create_keys(keys, "me", ("apply", "log"), now=START, algorithm="ed25519")
    writer = CurrentWriter(tmp_path / "evidence", "apply", keys)
    for path in keys.glob("me-apply*"):
        path.rename(tmp_path / path.name)
    with pytest.raises(KeyFileError):
        writer.begin(kind="apply", subjects=about(), summary="apply")
    for path in tmp_path.glob("me-apply*"):
        path.rename(keys / path.name)
    assert writer().signer.name == "me-apply"

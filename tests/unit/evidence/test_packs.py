"""Packs: what is kept comes back, shared parts are kept once, damage is named."""

from __future__ import annotations

import struct
import zlib
from datetime import timedelta
from pathlib import Path

import pytest

from evidence import packs
from evidence.audit import verify_directory
from evidence.canonical import canonical, digest_bytes
from evidence.disk import Disk
from evidence.errors import MalformedError, UsageError
from evidence.packs import Pack, PackWriter
from evidence.records import PackedRecord, Record
from evidence.store import readers, runs_of
from tests.support.evidence import START, about, writer

LATER = START + timedelta(days=1)
SHARED = canonical({"shared": "x" * 5000})


def _envelope(number: int) -> tuple[str, list[bytes]]:
    parts = [b'{"a":', SHARED, b',"b":%d}' % number]
    return digest_bytes(b"".join(parts)), parts


def _written(path: Path, count: int = 50) -> dict[str, bytes]:
    pack, held = PackWriter(path, Disk()), {}
    for number in range(count):
        name, parts = _envelope(number)
        pack.add(name, parts)
        held[name] = b"".join(parts)
    pack.close()
    return held


def test_objects_come_back_and_shared_parts_are_kept_once(tmp_path: Path) -> None:
    held = _written(tmp_path / "a.pack")
    pack = Pack(tmp_path / "a.pack")
    assert {name: pack.read(name) for name in pack.objects} == held
    _, _, size = pack._blocks[0]
    assert size < len(SHARED) + 50 * 40


def test_objects_larger_than_a_block_come_back(tmp_path: Path) -> None:
    parts = [bytes([65 + n]) * (packs.BLOCK // 2 + n) for n in range(7)]
    name = digest_bytes(b"".join(parts))
    pack = PackWriter(tmp_path / "a.pack", Disk())
    pack.add(name, parts)
    pack.close()
    assert packs.find([tmp_path / "a.pack"], name) == b"".join(parts)


def test_a_pack_that_was_not_closed_or_is_cut_off_is_none(tmp_path: Path) -> None:
    _written(tmp_path / "a.pack")
    whole = (tmp_path / "a.pack").read_bytes()
    for cut in (0, 10, len(packs.MAGIC), len(whole) // 2, len(whole) - 1):
        (tmp_path / "b.pack").write_bytes(whole[:cut])
        with pytest.raises(MalformedError):
            Pack(tmp_path / "b.pack")


def test_no_damage_is_read_as_content(tmp_path: Path) -> None:
    held = _written(tmp_path / "a.pack", 3)
    whole = bytearray((tmp_path / "a.pack").read_bytes())
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        (tmp_path / "b.pack").write_bytes(damaged)
        try:
            pack = Pack(tmp_path / "b.pack")
            found = {name: pack.read(name) for name in held if name in pack.objects}
        except MalformedError:
            continue
        assert all(held[name] == data for name, data in found.items()), at


def _forged(path: Path, block: list[int], slices: list[list[int]], name: str) -> Path:
    """Write a pack of one real block, with an index that says something else."""
    packed = zlib.compress(b"x" * packs.BLOCK)
    sized = [len(packs.MAGIC), len(packed), packs.BLOCK]
    blocks = [[given if given != -7 else real for given, real in zip(block, sized, strict=True)]]
    index = zlib.compress(canonical({"blocks": blocks, "objects": {name: slices}}))
    at = len(packs.MAGIC) + len(packed)
    path.write_bytes(packs.MAGIC + packed + index + struct.pack(">QQ", at, len(index)))
    return path


@pytest.mark.parametrize(
    ("block", "slices"),
    [
        ([-7, -7, 0], [[0, 0, 5]]),
        ([-7, -7, 1 << 50], [[0, 0, 5]]),
        ([-7, 1 << 50, -7], [[0, 0, 5]]),
        ([-7, -1, -7], [[0, 0, 5]]),
        ([1 << 50, -7, -7], [[0, 0, 5]]),
        ([-7, -7, -7], [[0, 0, packs.BLOCK]] * 2000),
        ([-7, -7, -7], [[0, packs.BLOCK, 5]]),
        ([-7, -7, -7], [[0, -5, 5]]),
        ([-7, -7, -7], [[-1, 0, 5]]),
        ([-7, -7, -7], [[0, 5, -5]]),
    ],
)
def test_sizes_of_the_index_are_not_believed(
    tmp_path: Path, block: list[int], slices: list[list[int]]
) -> None:
    name = digest_bytes(b"x" * 5)
    assert Pack(_forged(tmp_path / "a.pack", [-7] * 3, [[0, 0, 5]], name)).read(name) == b"xxxxx"
    with pytest.raises(MalformedError, match="cannot be read"):
        Pack(_forged(tmp_path / "b.pack", block, slices, name)).read(name)


def test_a_run_takes_no_pack_of_a_run_that_begins_like_it(tmp_path: Path) -> None:
    evidence = writer(tmp_path)
    with evidence.begin(kind="apply", subjects=about(), summary="x", run_id="a.b") as other:
        draft = evidence.new_pack()
        draft.close()
        other.adopt_pack(draft.path)
        with evidence.begin(kind="apply", subjects=about(), summary="x", run_id="a") as run:
            assert (len(other._packs()), run._packs()) == (1, [])


def _recorded(directory: Path) -> list[str]:
    evidence = writer(directory)
    draft = evidence.new_pack()
    names = []
    for number in range(3):
        name, parts = _envelope(number)
        draft.add(name, parts)
        names.append(name)
    draft.close()
    with evidence.begin(kind="apply", subjects=about(), summary="packed") as run:
        run.adopt_pack(draft.path)
        run.record_many(PackedRecord("envelope", "judged", None, "s", name) for name in names)
        run.record(Record("decision", "decided", {"allow": True}))
        run.close(outcome="done", summary="packed")
    return names


def test_packed_payloads_are_verified_with_their_run(tmp_path: Path) -> None:
    names = _recorded(tmp_path)
    (place, log) = next(iter(readers([tmp_path]).values()))
    run = next(iter(runs_of(place, log)))
    assert [r.record["payload"] for r in run.records()][:3] == names
    assert [digest_bytes(run.payload_bytes(name)) for name in names] == names
    assert not list((tmp_path / "logs").rglob("*.pack"))
    report = verify_directory(tmp_path, None, LATER, trust_bundled_keys=True)
    assert report.findings == ()


def test_a_missing_or_damaged_pack_is_found_by_verification(tmp_path: Path) -> None:
    _recorded(tmp_path)
    (pack,) = (tmp_path / "records").rglob("*.pack")
    whole = pack.read_bytes()
    pack.write_bytes(whole[:-1])
    assert verify_directory(tmp_path, None, LATER, trust_bundled_keys=True).findings
    pack.unlink()
    assert verify_directory(tmp_path, None, LATER, trust_bundled_keys=True).findings
    pack.write_bytes(whole)
    assert not verify_directory(tmp_path, None, LATER, trust_bundled_keys=True).findings


def test_a_record_of_what_no_pack_holds_is_refused(tmp_path: Path) -> None:
    record = PackedRecord("envelope", "judged", None, "s", "sha256:" + "0" * 64)
    run = writer(tmp_path).begin(kind="apply", subjects=about(), summary="x")
    with run, pytest.raises(UsageError, match="no pack"):
        run.record(record)

"""The Merkle tree against RFC 6962's definition, its reference vectors, and wrong proofs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import merkle, tiles

# The leaves and roots that certificate-transparency implementations test themselves with.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def mth(data: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word for word."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


def leaf_data(count: int) -> list[bytes]:
    return [b"leaf %d" % i for i in range(count)]


def hashes(count: int) -> list[bytes]:
    return [merkle.leaf_hash(data) for data in leaf_data(count)]


@pytest.mark.parametrize("size", range(9))
def test_the_reference_roots(size: int) -> None:
    leaves = [merkle.leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert merkle.root(leaves).hex() == ROOTS[size] == mth(LEAVES[:size]).hex()


@given(st.integers(0, 300))
def test_the_root_is_that_of_the_definition(size: int) -> None:
    assert merkle.root(hashes(size)) == mth(leaf_data(size))


@given(st.data())
def test_an_inclusion_proof_holds_for_its_leaf_alone(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 130))
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    head = merkle.root(leaves)
    proof = merkle.inclusion_proof(merkle.subtrees(leaves), index, size)
    assert merkle.included(leaves[index], index, size, proof, head)
    other = data.draw(st.integers(0, size))
    assert (other == index) or not merkle.included(leaves[index], other, size, proof, head)
    assert not merkle.included(merkle.leaf_hash(b"x"), index, size, proof, head)
    assert not merkle.included(leaves[index], index, size, [*proof, head], head)
    for place in range(len(proof)):
        wrong = [*proof[:place], bytes(32), *proof[place + 1 :]]
        assert not merkle.included(leaves[index], index, size, wrong, head)
        assert not merkle.included(leaves[index], index, size, proof[:place], head)


@given(st.data())
def test_a_consistency_proof_holds_for_its_trees_alone(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 130))
    old = data.draw(st.integers(1, size))
    leaves = hashes(size)
    before, after = merkle.root(leaves[:old]), merkle.root(leaves)
    proof = merkle.consistency_proof(merkle.subtrees(leaves), old, size)
    assert merkle.consistent(old, before, size, after, proof)
    assert not merkle.consistent(old, bytes(32), size, after, proof)
    assert not merkle.consistent(old, before, size, bytes(32), proof)
    assert not merkle.consistent(old, before, size, after, [*proof, bytes(32)])
    for place in range(len(proof)):
        wrong = [*proof[:place], bytes(32), *proof[place + 1 :]]
        assert not merkle.consistent(old, before, size, after, wrong)


@pytest.mark.parametrize("old", [0, -1, 9])
def test_nothing_is_consistent_with_an_impossible_size(old: int) -> None:
    assert not merkle.consistent(old, bytes(32), 8, bytes(32), [bytes(32)])


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 70_000])
def test_tiles_give_every_subtree(size: int) -> None:
    leaves = [i.to_bytes(32, "big") for i in range(size)]
    levels = [leaves]
    while len(levels[-1]) >= tiles.WIDTH:
        below = levels[-1]
        groups = range(0, len(below) - tiles.WIDTH + 1, tiles.WIDTH)
        levels.append([merkle.root(below[i : i + tiles.WIDTH]) for i in groups])

    def read(level: int, index: int, width: int) -> bytes:
        assert 0 < width <= tiles.WIDTH
        return b"".join(levels[level][index * tiles.WIDTH :][:width])

    subtree = tiles.subtrees(read, size)
    assert subtree(0, size) == merkle.root(leaves)
    for index in {0, size // 3, size - 1}:
        proof = merkle.inclusion_proof(subtree, index, size)
        assert merkle.included(leaves[index], index, size, proof, merkle.root(leaves))
    for old in {1, size // 2 or 1, size}:
        proof = merkle.consistency_proof(subtree, old, size)
        head = merkle.root(leaves[:old])
        assert merkle.consistent(old, head, size, merkle.root(leaves), proof)


@pytest.mark.parametrize(
    ("index", "path"),
    [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")],
)
def test_a_tile_number_is_a_path(index: int, path: str) -> None:
    assert tiles.number_path(index) == path
    assert tiles.tile_path(2, index, 17) == f"tile/2/{path}.p/17"
    assert tiles.tile_path("entries", index) == f"tile/entries/{path}"


def test_the_tiles_of_the_specification() -> None:
    """The example of C2SP tlog-tiles, "Partial Tiles": a tree of 70,000 entries."""
    made = list(tiles.new_tiles(0, 70_000))
    full = [(level, width) for level, _, width in made if width == tiles.WIDTH]
    partial = [(level, width) for level, _, width in made if width < tiles.WIDTH]
    assert full.count((0, 256)) == 273
    assert full.count((1, 256)) == 1
    assert partial == [(0, 112), (1, 17), (2, 1)]
    assert (1, 0, 1) in tiles.new_tiles(0, 256)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_entries_are_packed_and_unpacked(entries: list[bytes]) -> None:
    assert tiles.unpack_entries(tiles.pack_entries(entries), "bundle") == entries

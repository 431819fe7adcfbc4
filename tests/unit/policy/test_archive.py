"""What of an archive is taken, and what is refused whatever it says of itself."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from controlplane.policy import archive
from controlplane.policy.archive import ArchiveError, pack, unpack

FILES = {"policies/a/b/rule.rego": b"package a\n", "data.json": b"{}", ".manifest": b"{}"}


def _tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for header, content in members:
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    return out.getvalue()


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, link
    return header


def test_what_is_packed_is_unpacked() -> None:
    assert unpack(pack(FILES)) == FILES


def test_the_same_files_give_the_same_bytes_in_whatever_order() -> None:
    assert pack(FILES) == pack(dict(reversed(FILES.items())))


def test_a_leading_slash_is_how_opa_writes_names() -> None:
    assert unpack(_tar((_member("/data.json"), b"{}"), (_member("./a.rego"), b""))) == {
        "data.json": b"{}",
        "a.rego": b"",
    }


@pytest.mark.parametrize(
    "member",
    [
        _member("../data.json"),
        _member("policies/../../x"),
        _member("//etc/passwd"),
        _member("a\\b"),
        _member("a\nb"),
        _member("policies/./x"),
        _member("é.rego"),
        _member("link", tarfile.SYMTYPE, "/etc/passwd"),
        _member("link", tarfile.LNKTYPE, "data.json"),
        _member("pipe", tarfile.FIFOTYPE),
        _member("device", tarfile.CHRTYPE),
        _member("sparse", tarfile.GNUTYPE_SPARSE),
    ],
    ids=lambda member: repr(member.name),
)
def test_what_is_no_plain_file_with_a_plain_name_is_refused(member: tarfile.TarInfo) -> None:
    with pytest.raises(ArchiveError):
        unpack(_tar((_member("data.json"), b"{}"), (member, b"")))


def test_a_name_twice_is_refused() -> None:
    with pytest.raises(ArchiveError, match="twice"):
        unpack(_tar((_member("data.json"), b"{}"), (_member("/data.json"), b"[]")))


def test_what_unpacks_to_too_much_is_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_UNPACKED", 100_000)
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(ArchiveError, match="unpacks to more than"):
        unpack(bomb)


def test_a_size_that_a_header_claims_is_not_believed() -> None:
    header = _member("data.json")
    out = io.BytesIO()
    header.size = 1 << 40
    out.write(header.tobuf(tarfile.PAX_FORMAT))
    with pytest.raises(ArchiveError):
        unpack(gzip.compress(out.getvalue() + bytes(1024)))


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    with pytest.raises(ArchiveError, match="more than 2 files"):
        unpack(pack(FILES))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        gzip.compress(b"no tar"),
        pack(FILES)[:-5],
        pack(FILES) + b"x",
        pack(FILES) + gzip.compress(b"more"),
        pack({}),
    ],
    ids=["empty", "text", "no tar", "cut off", "longer", "second stream", "no file"],
)
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(ArchiveError):
        unpack(data)


def test_a_large_file_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST", 10)
    with pytest.raises(ArchiveError, match="at most 10"):
        unpack(pack(FILES))

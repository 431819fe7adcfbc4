"""Key files: making, reading, replacing and listing the private keys of one person or machine.

A key is two files in a directory only its owner can enter: `<name>.pem` (PKCS#8, mode 0600) and
`<name>.json` (its public half, purpose and times). A key is never shown, never overwritten, and
never written inside a Git work tree.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from evidence import shape
from evidence.canonical import Json, canonical, read_canonical
from evidence.crypto import Algorithm, PrivateKey, PublicKey
from evidence.disk import Disk
from evidence.errors import KeyFileError, MalformedError, NoKeyError
from evidence.signers.base import Signer
from evidence.signers.key_file import KeyFileSigner

PURPOSES = ("author", "approve", "decide", "apply", "witness", "publish", "log", "import")
_LIMIT = 64 << 10  # bytes of a key file
_FIELDS = ("algorithm", "createdAt", "keyid", "name", "publicKey", "purpose", "retiredAt")


@dataclass(frozen=True)
class KeyFile:
    """A key that is on this machine, without its private half."""

    path: Path  # of the private half
    name: str
    purpose: str
    public_key: PublicKey
    created: str  # RFC 3339
    retired: str = ""  # since when it signs no more; "" for a key in use

    def to_json(self) -> dict[str, Json]:
        """Return what is kept beside the private half."""
        return {
            "algorithm": self.public_key.algorithm,
            "createdAt": self.created,
            "keyid": self.public_key.keyid,
            "name": self.name,
            "publicKey": self.public_key.pem,
            "purpose": self.purpose,
            "retiredAt": self.retired,
        }


def create_key(
    directory: Path,
    *,
    name: str,
    purpose: str,
    now: datetime,
    algorithm: Algorithm = "ed25519",
) -> KeyFile:
    """Make a key pair and keep it in `directory`.

    Raises KeyFileError where a key of that name exists, the directory is inside a Git work tree
    or others can enter it.
    """
    if purpose not in PURPOSES or not shape.TOKEN.fullmatch(name) or "/" in name:
        raise KeyFileError(
            f"a key cannot be called {name!r} for {purpose!r}",
            remedy=f"use a plain name and one of these purposes: {', '.join(PURPOSES)}",
        )
    if purpose == "log" and algorithm != "ed25519":
        raise KeyFileError("a log's key must be Ed25519", remedy="use --algorithm ed25519")
    _prepare(directory)
    private = PrivateKey.generate(algorithm)
    made = KeyFile(
        directory / f"{name}.pem", name, purpose, private.public, created=shape.stamp(now)
    )
    _write_new(made.path, private.pem(), 0o600)
    try:
        _write_new(made.path.with_suffix(".json"), canonical(made.to_json()), 0o644)
    except BaseException:
        made.path.unlink()
        raise
    return made


def create_keys(
    directory: Path, holder: str, purposes: Iterable[str], *, now: datetime, algorithm: Algorithm
) -> list[KeyFile]:
    """Make one key for each purpose, called after it and its holder; all of them, or none.

    A log's key is Ed25519 whatever `algorithm` says. Raises what `create_key` does, and
    KeyFileError where a key in use signs for one of the purposes already.
    """
    wanted = list(dict.fromkeys(purposes))
    refuse_second(directory, wanted)
    made: list[KeyFile] = []
    with ExitStack() as undo:
        for purpose in wanted:
            key = create_key(
                directory,
                name=f"{holder}-{purpose}",
                purpose=purpose,
                now=now,
                algorithm="ed25519" if purpose == "log" else algorithm,
            )
            undo.callback(_forget, key)
            made.append(key)
        undo.pop_all()
    return made


def refuse_second(directory: Path, purposes: Collection[str]) -> None:
    """Raise KeyFileError where a key in use already signs for one of `purposes`.

    Of two keys for one purpose nobody could tell which is to sign, so that none would.
    """
    for key in keys_in(directory):
        if key.purpose in purposes and not key.retired:
            raise KeyFileError(
                f"{directory} holds a key for {key.purpose} already, {key.name}; with a second "
                "one neither would sign",
                remedy=f"ask for the other purposes only, run `cpctl keys rotate {key.name}` to "
                "replace it, or keep the new keys elsewhere with --dir",
            )


def rotate(directory: Path, name: str, *, now: datetime) -> tuple[KeyFile, KeyFile]:
    """Replace the key called `name` by a new one of the same purpose and algorithm.

    Returns (retired, new). The new key has the next name (`apply`, `apply-2`, `apply-3`), for a
    signature's key must keep its name. The old private half is destroyed: what it signed still
    verifies with its public half, whose description stays. It counts to the end of the second in
    which it was replaced, for its last signature may be of that second. A rotation that was cut
    short is finished by the next one of the same name.
    """
    if not (directory / f"{name}.json").is_file():
        raise KeyFileError(
            f"there is no key called {name} in {directory}", remedy="run `cpctl keys list`"
        )
    old = read_key(directory / f"{name}.pem")
    base, number = re.fullmatch(r"(.+?)(?:-(\d+))?", name).groups()  # type: ignore[union-attr]
    successor = directory / f"{base}-{int(number or 1) + 1}.pem"
    if old.retired and not old.path.exists():
        raise KeyFileError(
            f"key {name} was retired at {old.retired}", remedy="run `cpctl keys list`"
        )
    if successor.with_suffix(".json").is_file():
        new = read_key(successor)  # of a rotation that was cut short
    else:
        new = create_key(
            directory,
            name=successor.stem,
            purpose=old.purpose,
            now=now,
            algorithm=old.public_key.algorithm,
        )
    if not old.retired:
        old = replace(old, retired=shape.stamp(now + timedelta(seconds=1)))
        try:
            Disk().write(old.path.with_suffix(".json"), canonical(old.to_json()))
        except BaseException:
            _forget(new)
            raise
    old.path.unlink()
    return old, new


def read_key(path: Path) -> KeyFile:
    """Return the key kept at `path` (its .pem), without opening the private half."""
    return _described(path.with_suffix(".json"))


def _private(pem: bytes, path: Path) -> PrivateKey:
    try:
        return PrivateKey.read(pem)
    except KeyFileError as error:
        raise KeyFileError(
            f"key {path}: {error}",
            remedy="restore it from a copy; or move it away, with what describes it, and run "
            "`cpctl keys init`",
        ) from error


def load_key(path: Path | str) -> Signer:
    """Return the signer of the key file at `path` (its .pem).

    Raises KeyFileError where it is missing, readable by others, or not the key it is said to be.
    """
    path = Path(path)
    described = read_key(path)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise KeyFileError(
            f"key {path} cannot be read: {error.strerror}", remedy="run `cpctl keys init`"
        ) from error
    try:
        mode = os.fstat(handle)
        if not stat.S_ISREG(mode.st_mode) or mode.st_mode & 0o077:
            raise KeyFileError(
                f"key {path} can be read by others",
                remedy=f"if nobody else did, chmod 600 {path}; otherwise `cpctl keys rotate`",
            )
        private = _private(os.read(handle, _LIMIT), path)
    finally:
        os.close(handle)
    if private.public != described.public_key:
        raise KeyFileError(
            f"key {path} is not the one that {path.with_suffix('.json').name} describes",
            remedy="restore both files from one copy, or `cpctl keys init` elsewhere",
        )
    return KeyFileSigner(described.name, described.purpose, private)


def keys_in(directory: Path) -> Iterator[KeyFile]:
    """Yield the keys of a directory by name, retired ones included."""
    for path in sorted(directory.glob("*.json")):
        yield _described(path)


def signer_for(directory: Path, purpose: str) -> Signer:
    """Return the signer of the one key in use for `purpose`.

    Raises NoKeyError where there is none, KeyFileError where there are several or it is unsafe, as
    one is that others could have put there.
    """
    if purpose not in PURPOSES:
        raise KeyFileError(
            f"no key signs for {purpose!r}", remedy=f"one of these does: {', '.join(PURPOSES)}"
        )
    if directory.is_dir() and directory.stat().st_mode & 0o022:
        raise KeyFileError(
            f"others can replace the keys in {directory}",
            remedy=f"chmod 700 {directory}, see that the keys are yours (`cpctl keys list`)",
        )
    found = [key for key in keys_in(directory) if key.purpose == purpose and not key.retired]
    if not found:
        makes = "cpctl keys init" + (f" --purpose {purpose}" if any(keys_in(directory)) else "")
        if purpose == "publish":  # what is published is verified by OPA, which knows no other
            makes = f"cpctl keys init --purpose {purpose} --algorithm ecdsa-p256"
        raise NoKeyError(f"{directory} holds no key for {purpose}", remedy=f"run `{makes}`")
    if len(found) > 1:
        raise KeyFileError(
            f"{directory} holds {len(found)} keys for {purpose}, one is needed: "
            + ", ".join(key.name for key in found),
            remedy="move the .pem and the .json of the others to a directory of their own",
        )
    return load_key(found[0].path)


def former_keys(directory: Path, purpose: str) -> tuple[PublicKey, ...]:
    """Return the public keys for `purpose` that were rotated out."""
    found = keys_in(directory)
    return tuple(key.public_key for key in found if key.purpose == purpose and key.retired)


def _described(path: Path) -> KeyFile:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KeyFileError(
            f"no key at {path.with_suffix('.pem')}: {error.strerror}",
            remedy="run `cpctl keys init`",
        ) from error
    try:
        said = shape.fields(read_canonical(data, str(path), limit=_LIMIT), str(path), _FIELDS)
        public = PublicKey.read(shape.text(said["publicKey"], "publicKey"), "publicKey")
        name = shape.text(said["name"], "name", shape.TOKEN)
        purpose = shape.text(said["purpose"], "purpose", shape.TOKEN)
        created = shape.text(said["createdAt"], "createdAt", shape.TIME)
        retired = shape.text(said["retiredAt"], "retiredAt")
    except MalformedError as error:
        raise KeyFileError(
            f"{path} does not describe a key: {error}", remedy="restore it from a copy"
        ) from error
    return KeyFile(path.with_suffix(".pem"), name, purpose, public, created, retired)


def _prepare(directory: Path) -> None:
    """Make the directory for its owner alone, or refuse the one there is."""
    inside = next(
        (parent for parent in (directory.resolve(), *directory.resolve().parents)
         if (parent / ".git").exists()),
        None,
    )  # fmt: skip
    if inside is not None:
        raise KeyFileError(
            f"{directory} is inside the Git work tree {inside}: a key there would be committed",
            remedy="choose a directory outside, such as ~/.config/cpctl/keys",
        )
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_mode & 0o077:
        raise KeyFileError(
            f"others can enter {directory}", remedy=f"chmod 700 {directory}, then try again"
        )


def _forget(key: KeyFile) -> None:
    """Remove a key that signed nothing and that nobody was shown."""
    for path in (key.path.with_suffix(".json"), key.path):
        path.unlink(missing_ok=True)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    """Write a file that must not exist yet, durably, never with wider rights than `mode`.

    Where it cannot be written to its end, there is none of it.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, mode)
    except FileExistsError as error:
        described = path.with_suffix(".json").exists()
        raise KeyFileError(
            f"{path} exists; a key is never overwritten",
            remedy="run `cpctl keys rotate` to replace it, `cpctl keys list` to see it"
            if described
            else "nothing describes it, so that it signed nothing: remove it and try again",
        ) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
    except BaseException as error:
        path.unlink()
        if isinstance(error, OSError):
            error.filename = str(path)  # which writing to an open file does not say
        raise

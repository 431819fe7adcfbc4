"""What is kept of revisions in a cache: that one was found sound, and the image of it.

What is kept names the tree, for nothing else of a commit counts, and the code that found it out;
it is believed only where this machine kept it, or somebody signed it who may sign decisions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final

from pydantic import TypeAdapter, ValidationError

from controlplane.authenticated import Cache
from controlplane.errors import ControlPlaneError
from controlplane.operations import fleet_subject, own_code
from controlplane.operations.fleet import Contribution
from controlplane.operations.vouching import VOUCHED, Vouched, Words
from controlplane.repo import image
from controlplane.repo.cache import beside
from controlplane.repo.git import GitRepository
from controlplane.repo.image import Imaged
from controlplane.repo.reach import Reverse
from controlplane.repo.snapshot import Snapshot
from evidence.canonical import digest_bytes
from evidence.dsse import Envelope
from evidence.shape import stamp
from evidence.signers.base import Signer
from evidence.trust import TrustSet

MOST_SOUND: Final = 1000  # revisions that are known to be sound; each is an empty file
MOST_IMAGES: Final = 4  # revisions that are kept as an image; each about 1 KiB a tenant
_SOUND: Final = "sound"
_IMAGE: Final = "image"
_FLEET: Final = "fleet"
_EVERY: Final = TypeAdapter(Mapping[str, Contribution])


class Images:
    """What `cache` holds of the revisions of one repository.

    Without `now` nobody else's word counts. `borrowed` is the image that was opened last which
    counts by somebody's word alone.
    """

    def __init__(
        self, cache: Cache, repository: GitRepository, now: Callable[[], datetime] | None
    ) -> None:
        self._cache, self._repository, self._now = cache, repository, now
        self._words: Callable[[], Sequence[Vouched]] = tuple
        self._newest_name = name_of(str(repository.git_dir.resolve()), "newest")
        self.borrowed: Imaged | None = None

    def believe(self, trust: Callable[[], TrustSet]) -> None:
        """Take the word of those who may sign decisions in `trust`, which is asked when needed."""
        if self._now is not None:
            self._words = Words(self._cache, own_code.digest(), trust, self._now)

    def is_sound(self, tree: str) -> bool:
        """Whether this machine found nothing wrong in a tree."""
        return self._cache.get(name_of(tree, _SOUND)) is not None

    def keep_sound(self, tree: str) -> None:
        """Remember that nothing was found wrong in a tree."""
        self._put(name_of(tree, _SOUND), lambda: b"", MOST_SOUND)

    def open(self, revision: str, tree: str) -> Imaged | None:
        """Return the image of a tree that this machine kept, else one that was vouched for."""
        data, word = self._kept(tree, _IMAGE, self._words)
        if data is None:
            return None
        parsed = beside(self._repository.git_dir)
        found = image.open_image(self._repository, revision, tree, data, parsed)
        figures = None if found is None else found.note(_FLEET)
        if found is not None and figures is not None:
            every = partial(self._contributions, found, word)
            fleet_subject.restore(found, fleet_subject.Counted(json.loads(figures), every))
        if word is not None:
            self.borrowed = found
        return found

    def newest(self) -> Imaged | None:
        """Return the image that was kept last of this repository, here or by whom we believe."""
        for revision in self._imaged():
            with suppress(ControlPlaneError):  # the commit is not here any more
                commit = self._repository.resolve(revision)
                if (found := self.open(commit.id, commit.tree_id)) is not None:
                    return found
        return None

    def keep(self, snapshot: Snapshot) -> None:
        """Make the image of a sound revision, and remember it."""
        if not image.available() or snapshot.commit is None:
            return
        counted = fleet_subject.counted(snapshot)
        figures = json.dumps(counted.figures, separators=(",", ":")).encode()
        data = image.image_of(snapshot, Reverse.of_snapshot(snapshot).every, {_FLEET: figures})
        dumped = partial(_EVERY.dump_json, counted.every())
        self._put(name_of(snapshot.tree_id, _FLEET), dumped, MOST_IMAGES)
        if self._put(name_of(snapshot.tree_id, _IMAGE), lambda: data, MOST_IMAGES):
            self._cache.put(self._newest_name, snapshot.commit.id.encode())

    def vouch(self, snapshot: Snapshot, signer: Signer) -> None:
        """Sign the image of a snapshot that this machine kept, unless that key did already.

        Raises EvidenceError where it cannot sign.
        """
        if self._now is None or snapshot.commit is None:
            return
        tree = snapshot.tree_id
        said = self._cache.get(name_of(tree, VOUCHED))
        if said is not None and Envelope.read(said, "image").keyid == signer.keyid:
            return
        kept = {kind: self._cache.get(name_of(tree, kind)) for kind in (_IMAGE, _FLEET)}
        files = {kind: digest_bytes(each) for kind, each in kept.items() if each is not None}
        if len(files) == len(kept):
            commit, made = snapshot.commit.id, stamp(self._now())
            word = Vouched(commit, tree, own_code.digest(), made, files)
            self._cache.put(name_of(tree, VOUCHED), word.signed(signer), MOST_IMAGES)

    def _imaged(self) -> Iterator[str]:
        """Yield the commits of which there may be an image."""
        said = self._cache.get(self._newest_name)
        if said is not None:
            yield said.decode()
        for word in self._words():
            yield word.commit

    def _kept(
        self, tree: str, kind: str, words: Callable[[], Iterable[Vouched]]
    ) -> tuple[bytes | None, Vouched | None]:
        """Return what was kept of a tree, and which of `words` it counts by: None where it is ours.

        They are asked for only where something lies there that is not ours.
        """
        content, ours = self._cache.found(name_of(tree, kind))
        if ours:
            return content, None
        if content is not None:
            for word in words():
                if word.tree == tree and word.holds(kind, content):
                    return content, word
        return None, None

    def _contributions(self, imaged: Imaged, word: Vouched | None) -> Mapping[str, Contribution]:
        """Return what each tenant adds, as it was kept beside the image, else counted again.

        `word` is what the image counts by, None where this machine kept it.
        """
        kept = self._kept(imaged.tree_id, _FLEET, lambda: [word] if word else [])[0]
        if kept is not None:
            with suppress(ValidationError):  # ours, but of another shape
                return _EVERY.validate_json(kept)
        return fleet_subject.contributions(imaged)

    def _put(self, name: str, content: Callable[[], bytes], most: int) -> bool:
        """Return whether it is remembered by now."""
        return self._cache.get(name) is not None or self._cache.put(name, content(), most)


def name_of(tree: str, kind: str) -> str:
    """Return under which name something about a tree is kept; other code finds nothing there."""
    key = f"{own_code.digest()}\0{tree}".encode()
    return f"{hashlib.sha256(key).hexdigest()}.{kind}"

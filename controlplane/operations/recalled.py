"""What earlier runs found out about the revisions of a repository, so that a step costs its change.

A revision that was found sound is kept as an image, in which whatever is asked for is looked up;
both ends of a step are derived from the newest one. What is kept names the tree, for nothing else
of a commit counts, and the code that found it out; it is believed only where this machine kept it,
or somebody signed it who may sign decisions, and changes no answer.
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
from controlplane.operations.gate import GateReport, Step, step_between
from controlplane.operations.linting import lint
from controlplane.operations.trust import trust_at
from controlplane.operations.vouching import VOUCHED, Vouched, Words
from controlplane.repo import image
from controlplane.repo.cache import ParseCache, beside
from controlplane.repo.derived import Derived, derive, found_sound
from controlplane.repo.errors import MissingObjectError
from controlplane.repo.git import GitRepository
from controlplane.repo.image import Imaged
from controlplane.repo.reach import Reverse
from controlplane.repo.snapshot import Snapshot, nothing, read
from evidence.canonical import digest_bytes
from evidence.dsse import Envelope
from evidence.shape import stamp
from evidence.signers.base import Signer

MOST_SOUND: Final = 1000  # revisions that are known to be sound; each is an empty file
MOST_IMAGES: Final = 4  # revisions that are kept as an image; each about 1 KiB a tenant
FAR: Final = 200  # files between a base and the image it was derived from, above which it gets one
_FLEET: Final = "fleet"
_EVERY: Final = TypeAdapter(Mapping[str, Contribution])


class Recalled:
    """Gives the step between two revisions, with what is known of them; `cache` None for nothing.

    For one run: `step`, then `keep` with what came of it. Without `now` nobody else's word counts.
    """

    def __init__(self, cache: Cache | None, now: Callable[[], datetime] | None = None) -> None:
        self._cache, self._now = cache, now
        self._words: Callable[[], Sequence[Vouched]] = tuple  # of others, whom the base trusts
        self._origin: Snapshot | None = None
        self._taken_over: Imaged | None = None  # an image that counts by somebody's word alone
        self._read: Callable[[], Snapshot] = nothing  # the base, from the beginning
        self._newest_name = ""
        self._parsed: ParseCache | None = None
        if cache is not None:
            own_code.digest()  # before anything is read: the code could be replaced meanwhile

    def step(self, repository: GitRepository, base: str | None, head: str) -> Step:
        """Return the step between two revisions; from nothing where there is no base.

        Raises what reading them raises, and UsageError for a base that head does not contain.
        """
        if base is None:
            self._begin(repository)
            return Step(nothing(), read(repository, head), genesis=True)
        before, after = self.ends(repository, base, head)
        ends = (before.commit, after.commit)
        contained = all(ends) and repository.is_ancestor(*(c.id for c in ends if c))
        return step_between(before, after, contained=contained)

    def ends(self, repository: GitRepository, base: str, head: str) -> tuple[Snapshot, Snapshot]:
        """Return two revisions, whether or not one contains the other; raises as reading does."""
        self._begin(repository)
        before = self._before(repository, base)
        return before, self._derived(repository, head) or read(repository, head)

    def revision(self, repository: GitRepository, revision: str) -> Snapshot:
        """Return a revision, from what is known of it or of one near it; raises as reading does."""
        self._begin(repository)
        return self._known(repository, revision) or read(repository, revision)

    def keep(self, report: GateReport, signer: Signer | None = None) -> None:
        """Keep for later runs what judging a step has shown of its two revisions.

        With `signer`, a key for decisions, the image counts on other machines, too. What was found
        out on somebody's word is not kept, nor signed: it would outlive the word. Raises
        EvidenceError where it cannot sign.
        """
        if self._parsed is not None:
            self._parsed.flush()  # what was parsed while judging
        if report.problems or self._cache is None:
            return
        base, head = report.step.base, report.step.head
        for snapshot in (base, head) if found_sound(base, head) else (head,):
            if snapshot.commit is not None and not self._is_taken_over:
                self._put(_name(snapshot.tree_id, "sound"), lambda: b"", MOST_SOUND)
        if (found := self._to_be_kept(base, head)) is not None:
            self._keep_image(self._cache, found)
        if signer is not None and (kept := found or self._origin) is not None:
            self._vouch(self._cache, kept, signer)

    @property
    def taken_over(self) -> str:
        """The commit of which another machine's image was gone by, "" for none."""
        commit = self._taken_over.commit if self._taken_over and self._is_taken_over else None
        return commit.id if commit else ""

    @property
    def _is_taken_over(self) -> bool:
        """Whether both ends are made of what another machine found out."""
        return self._origin is not None and self._origin is self._taken_over

    def _begin(self, repository: GitRepository) -> None:
        self._newest_name = _name(str(repository.git_dir.resolve()), "newest")
        self._parsed = beside(repository.git_dir)

    def _before(self, repository: GitRepository, base: str) -> Snapshot:
        """Return the base, and remember of which sound revision head can be derived."""
        if (recalled := self._known(repository, base)) is not None:
            return recalled
        before = read(repository, base)
        if self._cache is not None:
            known = self._cache.get(_name(before.tree_id, "sound")) is not None
            self._origin = before if known or not lint(before) else None
        return before

    def _known(self, repository: GitRepository, base: str) -> Snapshot | None:
        """Return a revision by its image or that of one near it, and remember which that was."""
        if self._cache is None:
            return None
        commit = repository.resolve(base)
        if self._now is not None:
            trust = partial(trust_at, repository, commit.id)
            self._words = Words(self._cache, own_code.digest(), trust, self._now)
        self._read = partial(read, repository, commit.id)
        self._origin = self._image(repository, base, commit.tree_id)
        if self._origin is not None:
            return self._origin
        if (newest := self._newest(repository)) is not None:
            self._origin = newest
            with suppress(MissingObjectError):  # not all of what it was made of is here any more
                derived = self._derived(repository, base)
                if derived is not None and derived.commit == commit:  # a branch may move on
                    return derived
            self._origin = None
        return None

    def _derived(self, repository: GitRepository, revision: str) -> Derived | None:
        """Return a revision made of the origin, None where it is to be read."""
        if self._origin is None:
            return None
        parsed = beside(repository.git_dir)
        made = derive(self._origin, repository, revision, parsed)
        parsed.flush()
        return made

    def _newest(self, repository: GitRepository) -> Imaged | None:
        """Return the image that was kept last of this repository, here or by whom we believe."""
        for revision in self._imaged():
            with suppress(ControlPlaneError):  # the commit is not here any more
                commit = repository.resolve(revision)
                if (found := self._image(repository, commit.id, commit.tree_id)) is not None:
                    return found
        return None

    def _imaged(self) -> Iterator[str]:
        """Yield the commits of which there may be an image."""
        said = None if self._cache is None else self._cache.get(self._newest_name)
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
        if self._cache is None:
            return None, None
        name = _name(tree, kind)
        content, ours = self._cache.found(name)
        if ours:
            return content, None
        if content is not None:
            for word in words():
                if word.tree == tree and word.holds(kind, content):
                    return content, word
        return None, None

    def _image(self, repository: GitRepository, revision: str, tree: str) -> Imaged | None:
        """Return the image of a tree that this machine kept, else one that was vouched for."""
        data, word = self._kept(tree, "image", self._words)
        if data is None:
            return None
        found = image.open_image(repository, revision, tree, data, beside(repository.git_dir))
        figures = None if found is None else found.note(_FLEET)
        if found is not None and figures is not None:
            every = partial(self._contributions, found, word)
            fleet_subject.restore(found, fleet_subject.Counted(json.loads(figures), every))
        if word is not None:
            self._taken_over = found
        return found

    def _contributions(self, imaged: Imaged, word: Vouched | None) -> Mapping[str, Contribution]:
        """Return what each tenant adds, as it was kept beside the image, else counted again.

        `word` is what the image counts by, None where this machine kept it.
        """
        kept = self._kept(imaged.tree_id, _FLEET, lambda: [word] if word else [])[0]
        if kept is not None:
            with suppress(ValidationError):  # ours, but of another shape
                return _EVERY.validate_json(kept)
        return fleet_subject.contributions(imaged)

    def _to_be_kept(self, base: Snapshot, head: Snapshot) -> Snapshot | None:
        """Return of which sound revision an image is missing, None where one is near enough."""
        if isinstance(self._origin, Imaged):
            if not isinstance(base, Derived) or len(base.changed) <= FAR:
                return None
            far = self._read() if self._is_taken_over else base
            return far if not lint(far) else None
        found = self._origin or head
        return found if found.commit is not None and not isinstance(found, Derived) else None

    def _keep_image(self, cache: Cache, snapshot: Snapshot) -> None:
        if not image.available() or snapshot.commit is None:
            return
        counted = fleet_subject.counted(snapshot)
        figures = json.dumps(counted.figures, separators=(",", ":")).encode()
        data = image.image_of(snapshot, Reverse.of_snapshot(snapshot).every, {_FLEET: figures})
        dumped = partial(_EVERY.dump_json, counted.every())
        self._put(_name(snapshot.tree_id, _FLEET), dumped, MOST_IMAGES)
        if self._put(_name(snapshot.tree_id, "image"), lambda: data, MOST_IMAGES):
            cache.put(self._newest_name, snapshot.commit.id.encode())

    def _vouch(self, cache: Cache, snapshot: Snapshot, signer: Signer) -> None:
        """Sign the image of a snapshot that this machine kept, unless that key did already."""
        if self._now is None or snapshot.commit is None:
            return
        tree = snapshot.tree_id
        said = cache.get(_name(tree, VOUCHED))
        if said is not None and Envelope.read(said, "image").keyid == signer.keyid:
            return
        kept = {kind: cache.get(_name(tree, kind)) for kind in ("image", _FLEET)}
        files = {kind: digest_bytes(each) for kind, each in kept.items() if each is not None}
        if len(files) == len(kept):
            commit, made = snapshot.commit.id, stamp(self._now())
            word = Vouched(commit, tree, own_code.digest(), made, files)
            cache.put(_name(tree, VOUCHED), word.signed(signer), MOST_IMAGES)

    def _put(self, name: str, content: Callable[[], bytes], most: int) -> bool:
        """Return whether it is remembered by now."""
        if self._cache is None:
            return False
        return self._cache.get(name) is not None or self._cache.put(name, content(), most)


def _name(tree: str, kind: str) -> str:
    """Return under which name something about a tree is kept; other code finds nothing there."""
    key = f"{own_code.digest()}\0{tree}".encode()
    return f"{hashlib.sha256(key).hexdigest()}.{kind}"

"""The composition root: which adapter stands behind which port. It decides nothing.

Clocks, keys, directories and programs of this machine are found here and handed to operations as
values and ports. Vendors are imported only when they are asked for, so that `cpctl` starts fast.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from controlplane import settings
from controlplane.errors import NoStateError, UsageError
from controlplane.home import cache_home, cache_key, home
from controlplane.resources.targets import Cluster, ComputeEngine
from controlplane.settings import Connection, Connections

if TYPE_CHECKING:
    from controlplane.authenticated import Cache
    from controlplane.operations.applying import Clearing
    from controlplane.operations.recalled import Recalled
    from controlplane.policy.engine import PolicyEngine
    from controlplane.policy.engines.compiled import CompiledEngine
    from controlplane.render.helm import ChartRenderer
    from controlplane.repo.git import GitRepository
    from controlplane.repo.snapshot import Snapshot
    from controlplane.reviews.model import ReviewSource
    from evidence.signers.base import Signer
    from evidence.writer import EvidenceWriter
    from reconciler.state.base import StateStore
    from reconciler.targets.base import Target

# Where none is asked for: compiled policies where they are at hand or `opa` can make them, else a
# server that somebody named, else the evaluator that is always there.
PREFERENCE = ("compiled", "opa", "embedded")
TOOLS = Path(".tools/bin")  # where `make tools` puts programs, in a source checkout


def now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


def index_file() -> Path | None:
    """Return the index that Git tells its hooks to look at, None for the repository's own."""
    return _from_environment("GIT_INDEX_FILE")


def web_address(revision: str) -> str:
    """Return where a code host shows the files of a commit, ending in a slash; "" if unknown.

    GitHub and GitLab say so in the environment of a job.
    """
    if not revision:
        return ""
    given = os.environ
    if given.get("GITHUB_SERVER_URL") and given.get("GITHUB_REPOSITORY"):
        return f"{given['GITHUB_SERVER_URL']}/{given['GITHUB_REPOSITORY']}/blob/{revision}/"
    project = given.get("CI_PROJECT_URL")
    return f"{project}/-/blob/{revision}/" if project else ""


def program(name: str) -> Path | None:
    """Return where a program is: beside a source checkout, else on PATH; None if nowhere."""
    beside = Path(__file__).parents[1] / TOOLS / name
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which(name)
    return Path(found) if found else None


def processors() -> int:
    """Return how many processes may work at the same time on this machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def charts() -> ChartRenderer:
    """Return what renders Helm charts; it says so itself where helm is missing."""
    from controlplane.render.helm import HelmCharts  # noqa: PLC0415
    from controlplane.render.remembered import RememberedCharts  # noqa: PLC0415

    return RememberedCharts(HelmCharts(program("helm")))


def programs() -> Sequence[str]:
    """Return what of this machine renders and judges besides our own code, each by name.

    Programs by place, size and time of change; compiled policies and an OPA server by what names
    them. Where one of them is another, an answer that was given before is not given again.
    """
    found = [f"{name} {_stamp(place)}" for name in ("helm", "opa") if (place := program(name))]
    for name in ("CPCTL_COMPILED", "CPCTL_COMPILED_KEYS", "CPCTL_OPA_URL"):
        if given := os.environ.get(name):
            places = [Path(each) for each in given.split(os.pathsep)]
            found.append(f"{name} {given} {' '.join(map(_stamp, places))}")
    return found


def _stamp(place: Path) -> str:
    try:
        status = place.stat()
    except OSError:
        return f"{place} -"
    return f"{place} {status.st_size} {status.st_mtime_ns} {status.st_ino}"


def evidence_directory(repository: GitRepository) -> Path:
    """Return where evidence of a repository is kept: beside its objects, never in its tree."""
    from evidence.location import default_directory  # noqa: PLC0415

    given = os.environ.get("CPCTL_EVIDENCE")
    return Path(given) if given else default_directory(repository.git_dir)


def revisions() -> Cache:
    """Return what earlier runs on this machine found out about revisions."""
    from controlplane.authenticated import Cache  # noqa: PLC0415

    return Cache(cache_home() / "revisions", cache_key())


def recalled(*, vouched: bool = False) -> Recalled:
    """Return what is known of revisions here, for one run.

    With `vouched` the word of whom the base trusts to decide counts, too. That is for the gate,
    whose base is in force: any other revision may trust a key that is revoked, or a stranger's.
    """
    from controlplane.operations.recalled import Recalled  # noqa: PLC0415

    return Recalled(revisions(), now if vouched else None)


def evidence_writer(directory: Path, purpose: str, *, keys: Path | None = None) -> EvidenceWriter:
    """Return the writer of this machine's log, signing with its key for `purpose`.

    Raises KeyFileError where there is no such key, with the command that makes one.
    """
    from evidence.keys import keys_in, signer_for  # noqa: PLC0415
    from evidence.writer import EvidenceWriter  # noqa: PLC0415

    place = keys_directory(keys)
    signer, log = signer_for(place, purpose), signer_for(place, "log")
    job = os.environ.get("CPCTL_ORIGIN")  # a log of its own for each job that shares keys

    def origin(name: str, logged: str) -> str:
        return "/".join(["controlplane.dev", purpose, name, logged[:16], *filter(None, [job])])

    mine, known = origin(signer.name, log.keyid), list(keys_in(place))
    every = {
        origin(key.name, logged.public_key.keyid)
        for key in known
        for logged in known
        if (key.purpose, logged.purpose) == (purpose, "log")
    }
    return EvidenceWriter.open(
        directory,
        signer,
        log_signer=log,
        origin=mine,
        former_origins=sorted(every - {mine}),
        clock=now,
    )


def signer(purpose: str, keys: Path | None) -> Signer:
    """Return what signs for `purpose` here. Raises KeyFileError where there is no such key."""
    from evidence.keys import signer_for  # noqa: PLC0415

    return signer_for(keys_directory(keys), purpose)


def keys_directory(keys: Path | None) -> Path:
    """Return where this machine's keys are: `keys`, if somebody named a directory."""
    return keys or home() / "keys"


def policy_engines() -> dict[str, PolicyEngine]:
    """Return every engine at hand by its name, the preferred one first."""
    return dict(_engines_at_hand())


def _engines_at_hand() -> Iterator[tuple[str, PolicyEngine]]:
    """Yield the engines one by one: loading one that nobody asks takes a quarter of a second."""
    from controlplane.policy.engine import Machine  # noqa: PLC0415
    from controlplane.policy.errors import EngineUnavailableError  # noqa: PLC0415

    machine = Machine(program, os.environ, home(), cache_home())
    for name, point in _engine_points().items():
        with contextlib.suppress(EngineUnavailableError):
            yield name, point.load()(machine)


def policy_engine(name: str | None) -> PolicyEngine:
    """Return the engine called `name`; where none is named, the first of PREFERENCE at hand.

    Raises UsageError for a name that no installed package registered, EngineUnavailableError for
    one that is not at hand.
    """
    from controlplane.policy.engine import Machine  # noqa: PLC0415

    if name is None:
        for _, found in _engines_at_hand():
            return found
        raise UsageError(
            "no policy engine is registered, so nothing can be decided",
            remedy="install the package again: its entry points are missing",
        )
    point = require_engine(name)
    engine: PolicyEngine = point.load()(Machine(program, os.environ, home(), cache_home()))
    return engine


def require_engine(name: str) -> EntryPoint:
    """Return where the engine called `name` is; raises UsageError where none is called so."""
    points = _engine_points()
    if name not in points:
        raise UsageError(
            f"there is no policy engine `{name}`",
            remedy=f"use one of {', '.join(sorted(points))}",
        )
    return points[name]


def compiler() -> CompiledEngine:
    """Return what compiles policies with the `opa` of this machine.

    Raises EngineUnavailableError where there is none.
    """
    from controlplane.policy.engine import Machine  # noqa: PLC0415
    from controlplane.policy.engines.compiled import compiler as made  # noqa: PLC0415

    return made(Machine(program, os.environ, home(), cache_home()))


def review_source(name: str) -> ReviewSource:
    """Return what reads the events of the Git server called `name`; UsageError for none."""
    points = {point.name: point for point in entry_points(group="controlplane.review_sources")}
    if name not in points:
        raise UsageError(
            f"there is no source of reviews `{name}`",
            remedy=f"use one of {', '.join(sorted(points))}",
        )
    source: ReviewSource = points[name].load()
    return source


def engine_of(compiled: bytes) -> PolicyEngine:
    """Return the engine that evaluates these compiled policies; raises ArtifactError."""
    from controlplane.policy.engines.compiled import CompiledEngine  # noqa: PLC0415

    return CompiledEngine.from_artifact(compiled)


def _engine_points() -> dict[str, EntryPoint]:
    """Return what is registered, in order of preference, others last by name."""
    points = {point.name: point for point in entry_points(group="controlplane.policy_engines")}
    order = {name: number for number, name in enumerate(PREFERENCE)}
    return dict(sorted(points.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))


@dataclass(frozen=True)
class _Open:
    """A connected target, and the way it was reached."""

    name: str
    way: Connection
    target: Target


class Targets:
    """The targets a repository names, each connected when it is first asked for."""

    def __init__(self, snapshot: Snapshot | None, connections: Connections) -> None:
        """`snapshot` None is for whoever calls `follow` before asking for any target."""
        self._snapshot, self._connections = snapshot, connections
        self._open: list[_Open] = []
        self._lock = threading.Lock()

    def follow(self, snapshot: Snapshot) -> None:
        """Go by what another revision says; what it reaches in the same way stays connected."""
        with self._lock:
            self._snapshot = snapshot

    def __call__(self, name: str) -> Target:
        """Return the target `name`; raises ReconcilerError or UsageError where there is no way."""
        with self._lock:
            found = self._found(name)
            for each in self._open:
                if (each.name, each.way) == (name, found):
                    return each.target
            target = _connected(name, found)
            self._open.append(_Open(name, found, target))
            return target

    def _found(self, name: str) -> Connection:
        if self._snapshot is None:
            raise UsageError("no revision is in force yet", remedy="wait for the first one")
        declared = self._snapshot.get("Cluster", name) or self._snapshot.get("ComputeEngine", name)
        if not isinstance(declared, Cluster | ComputeEngine):
            raise UsageError(
                f"there is no target `{name}` at {self._snapshot.revision}",
                remedy="name a Cluster or a ComputeEngine of the catalogue",
            )
        try:
            return self._connections.of(declared.spec.connection.credentials_ref)
        except UsageError as error:
            field = ("spec", "connection", "credentialsRef")
            place = self._snapshot.locate(declared.kind, name, field)
            raise UsageError(f"{place}: target `{name}`: {error}", remedy=error.remedy) from error

    def __enter__(self) -> Targets:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._open:
            each.target.close()


def _connected(name: str, found: Connection) -> Target:
    """Return the target of that kind; raises UsageError or ReconcilerError naming the place."""
    from reconciler.errors import TargetSettingsError  # noqa: PLC0415

    kinds = {point.name: point for point in entry_points(group="controlplane.targets")}
    if found.kind not in kinds:
        raise UsageError(
            f"{found.place}: `{found.kind}` is no kind of target, so `{name}` cannot be reached",
            remedy=f"use one of {', '.join(sorted(kinds))}",
        )
    try:
        target: Target = kinds[found.kind].load().connect(name, found.settings)
    except TargetSettingsError as error:
        raise TargetSettingsError(f"{found.place}: {error}", remedy=error.remedy) from error
    return target


def connections(options: Sequence[str], file: Path | None) -> Connections:
    """Return how targets are reached: from the file given, else the machine's own, and options."""
    from controlplane.repo import yaml  # noqa: PLC0415

    given = file or _from_environment("CPCTL_CONNECTIONS") or home() / "connections.yaml"
    if not given.is_file():
        if file is not None:
            raise UsageError(f"{file} is not a file", remedy="give a connections file")
        return settings.combine({}, options)
    parsed = yaml.load(given.read_bytes(), str(given))
    if parsed.problems:
        first = parsed.problems[0]
        raise UsageError(f"{first.position}: {first.message}", remedy=first.remedy)
    return settings.combine(
        settings.read(parsed.documents[0].value if parsed.documents else None, str(given)), options
    )


def _from_environment(name: str) -> Path | None:
    given = os.environ.get(name)
    return Path(given) if given else None


def clearing(repository: GitRepository, engine: str | None, keys: Path | None) -> Clearing:
    """Return what finds out whether a revision may be applied, with the engine of that name."""
    from controlplane.operations.agreement import agreement  # noqa: PLC0415
    from controlplane.operations.applying import Clearing, LateJudge  # noqa: PLC0415
    from controlplane.operations.decided import Decisions  # noqa: PLC0415
    from controlplane.operations.remembering import past_decisions  # noqa: PLC0415
    from controlplane.operations.said import Statements  # noqa: PLC0415
    from controlplane.operations.trust import trust_of  # noqa: PLC0415

    evidence = evidence_directory(repository)
    statements = Statements(evidence)
    late = LateJudge(
        engine=lambda: policy_engine(engine),
        charts=charts(),
        writer=lambda: evidence_writer(evidence, "decide", keys=keys),
        now=now,
        said=lambda step, when: agreement(repository, statements, step, when),
        past=lambda step, when: past_decisions(evidence, trust_of(step.base), when),
    )
    return Clearing(repository, evidence, late, Decisions(evidence))


def mirrors() -> Path:
    """Return where mirrors of remote repositories are kept, with their evidence and state."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "cpctl" / "mirrors"


def state_store(repository: GitRepository, url: str | None) -> StateStore:
    """Return the state store: at `url` or $CPCTL_STATE, else SQLite beside the evidence.

    Raises UsageError for a URL of no kind that an installed package registered.
    """
    given = url or os.environ.get("CPCTL_STATE")
    if not given:
        place = _default_state(repository)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        given = f"sqlite:///{place}"
    return _state_store(given).open(given, clock=now)


def state_to_read(repository: GitRepository, url: str | None) -> StateStore | None:
    """Return the state store of that name, None where it is the default one and never was made.

    Raises as `state_store` does, and NoStateError for a named file that is not there: an empty
    store would pass for an empty fleet. Whoever only reads makes neither.
    """
    given = url or os.environ.get("CPCTL_STATE")
    if not given:
        return state_store(repository, None) if _default_state(repository).exists() else None
    if given.startswith("sqlite:///"):
        file = given.removeprefix("sqlite:///").partition("?")[0]
        if not Path(file).exists():
            raise NoStateError(f"there is no state store at {file}", remedy="check --state")
    return state_store(repository, given)


def _default_state(repository: GitRepository) -> Path:
    return repository.git_dir / "cpctl" / "state.db"


def migrate_state(url: str) -> str:
    """Bring the schema of the state store at `url` to this program's version; return which.

    Raises as `state_store` does.
    """
    return _state_store(url).migrate(url)


def _state_store(url: str) -> type[StateStore]:
    """Return what keeps state at such a URL, of which nothing is said: it may hold a password."""
    scheme, colon, _ = url.partition(":")
    kinds = {point.name: point for point in entry_points(group="controlplane.state_stores")}
    found = kinds.get(scheme.partition("+")[0].lower()) if colon else None
    if found is None:
        raise UsageError(
            "the URL of the state store names no kind of store that is installed",
            remedy=f"begin it with one of {', '.join(f'{kind}://' for kind in sorted(kinds))}: "
            "sqlite:////folder/state.db, postgresql://user@host/database",
        )
    kind: type[StateStore] = found.load()
    return kind


def new_run() -> str:
    """Return an id that no other run has."""
    return f"{now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(5)}"

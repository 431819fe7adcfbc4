"""Where a real server or command-line tool is found on this machine.

Decides the order of the places and the words for what is missing. Building the tools is left to
`tools/build.py`, starting them to the modules beside this one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# Debian keeps a database server's programs off the PATH, one folder per major version.
DEBIAN_POSTGRESQL = Path("/usr/lib/postgresql")
# sshd is there, and only an administrator's PATH has it.
DEBIAN_DAEMONS = Path("/usr/sbin")

# What `make tools` does not build, and how to get it instead.
REMEDIES = {
    "postgres": "apt-get install postgresql",
    "initdb": "apt-get install postgresql",
    "git": "apt-get install git",
    "sshd": "apt-get install openssh-server",
    "ssh-keygen": "apt-get install openssh-client",
}


class MissingBinaryError(Exception):
    """A tool that was asked for is not on this machine."""


def places(environment: Mapping[str, str] | None = None) -> list[Path]:
    """Return the folders that are searched, first match wins.

    1. `.tools/bin` of this repository: the pinned versions that `make tools` built;
    2. `KUBEBUILDER_ASSETS`, as controller developers have it set;
    3. every folder on `PATH`;
    4. Debian's PostgreSQL folders, newest version first;
    5. the folder of Debian's daemons.
    """
    environment = os.environ if environment is None else environment
    found = [REPOSITORY / ".tools" / "bin"]
    if assets := environment.get("KUBEBUILDER_ASSETS"):
        found.append(Path(assets))
    found += [Path(entry) for entry in environment.get("PATH", "").split(os.pathsep) if entry]
    versions = [path for path in DEBIAN_POSTGRESQL.glob("*/bin") if path.parent.name.isdecimal()]
    newest_first = sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    return [*found, *newest_first, DEBIAN_DAEMONS]


def find(name: str, environment: Mapping[str, str] | None = None) -> Path | None:
    """Return the executable called `name`, None where there is none."""
    search = os.pathsep.join(str(place) for place in places(environment))
    found = shutil.which(name, path=search)
    return Path(found) if found else None


def need(name: str) -> Path:
    """Return the executable called `name`; raises MissingBinaryError with how to get it."""
    found = find(name)
    if found is None:
        raise MissingBinaryError(missing(name))
    return found


def missing(*names: str) -> str:
    """Return the sentence that says `names` are not here and what to do about it."""
    by_remedy: dict[str, list[str]] = {}
    for name in names:
        by_remedy.setdefault(REMEDIES.get(name, "make tools"), []).append(name)
    return "; ".join(
        f"{', '.join(group)} {'is' if len(group) == 1 else 'are'} not installed ({remedy})"
        for remedy, group in by_remedy.items()
    )

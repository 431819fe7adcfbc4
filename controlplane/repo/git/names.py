"""What a short name of a revision can mean: whoever may push a tag must not choose for others.

Git takes the first of several meanings (gitrevisions(7)), a tag before a branch, and warns. A tag
called `main` would so be judged in place of the branch. Here only a name with one meaning is taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pygit2

_PLACES = ("refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
_ID = re.compile(r"[0-9a-f]{40}")
_START = re.compile(r"[0-9a-f]{4,39}")
_NAME = re.compile(r"[^~^:@]+(?:@(?!\{)[^~^:@]*)*")  # what stands before `~2`, `^`, `@{1}`, `:path`


def meanings(git: pygit2.Repository, revision: str) -> Mapping[str, str]:
    """Return full names that `revision` may stand for → the commit of each, as Git tries them.

    Empty for what has one meaning by its form: a whole id, `HEAD`, a name that begins with refs/.
    """
    found = _NAME.match(revision)
    name = found[0] if found else ""
    if not name or name == "HEAD" or name.startswith("refs/") or _ID.fullmatch(name):
        return {}
    places = [place.format(name) for place in _PLACES]
    if any(_commit(git, place) for place in places[:2]):  # a tag may hide the branch of a remote
        places += [f"refs/remotes/{remote}/{name}" for remote in git.remotes.names()]
    known = {place: commit for place in places if (commit := _commit(git, place))}
    if known and _START.fullmatch(name):
        known |= _by_id(git, name)
    return known


def _commit(git: pygit2.Repository, place: str) -> str | None:
    try:
        reference = git.references.get(place)
        return str(reference.peel(pygit2.Commit).id) if reference is not None else None
    except (KeyError, ValueError, pygit2.GitError):
        return None


def _by_id(git: pygit2.Repository, start: str) -> Mapping[str, str]:
    try:
        return {f"the commit {start}…": str(git[start].peel(pygit2.Commit).id)}
    except (KeyError, ValueError, pygit2.GitError):
        return {}

"""Git through libgit2: `objects` reads one repository, `remote` keeps a mirror of another, and
`keeping` keeps files under a reference of their own.

The only package that imports pygit2.
"""

from controlplane.repo.git.objects import (
    EMPTY_TREE,
    Commit,
    Entry,
    EntryKind,
    GitRepository,
    Person,
    blob_id,
)

__all__ = ["EMPTY_TREE", "Commit", "Entry", "EntryKind", "GitRepository", "Person", "blob_id"]

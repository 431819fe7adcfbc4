"""Which files of a repository are resources, which are payload, and which are not looked at."""

from __future__ import annotations

from dataclasses import dataclass

from controlplane.resources.repository import Layout

REPOSITORY_FILE = "repository.yaml"
CONTENT = "content"
LOCK_FILE = "lock.yaml"
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Places:
    """The directories that a revision keeps its things in, from `Repository.spec.layout`."""

    resources: tuple[str, ...] = ("tenants/", "catalog/", "trust/")
    policies: str = "policies/"
    templates: str = "templates/"
    tenants: str = "tenants/"
    catalog: str = "catalog/"
    trust: str = "trust/"

    @classmethod
    def of(cls, layout: Layout) -> Places:
        """Return the directories, each ending in a slash."""
        return cls(
            resources=(f"{layout.tenants}/", f"{layout.catalog}/", f"{layout.trust}/"),
            policies=f"{layout.policies}/",
            templates=f"{layout.templates}/",
            tenants=f"{layout.tenants}/",
            catalog=f"{layout.catalog}/",
            trust=f"{layout.trust}/",
        )

    @property
    def roots(self) -> tuple[str, ...]:
        """Every directory that is read, once each, none inside another."""
        every = sorted({*self.resources, self.policies, self.templates})
        return tuple(
            root for root in every if not any(root != o and root.startswith(o) for o in every)
        )

    def is_resource(self, path: str) -> bool:
        """Whether `path` holds resources: YAML below the right directories, not pack content."""
        if path == REPOSITORY_FILE:
            return True
        if not path.endswith(_SUFFIXES) or not path.startswith(self.resources):
            return False
        return not self.is_payload(path)

    def is_payload(self, path: str) -> bool:
        """Whether `path` is payload. Only packs have any; a tenant may be called `content`."""
        return path.startswith(self.catalog) and f"/{CONTENT}/" in path

    def lock_file(self, tenant: str) -> str:
        """Return where the lock of a tenant is kept."""
        return f"{self.tenants}{tenant}/{LOCK_FILE}"


def content_of(path: str) -> str:
    """Return the prefix of the payload that belongs to the pack declared in the file `path`."""
    return f"{path.rpartition('/')[0]}/{CONTENT}/"

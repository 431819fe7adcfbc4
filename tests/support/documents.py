"""The smallest documents that are valid, for tests that change one thing about them."""

from __future__ import annotations

_HEAD = "apiVersion: controlplane.dev/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\n"


def document(kind: str, name: str, spec: str = "") -> str:
    """Return a document; `spec` is YAML without indentation."""
    head = _HEAD.format(kind=kind, name=name)
    return head + ("spec:\n" + "".join(f"  {line}\n" for line in spec.splitlines()) if spec else "")


REPOSITORY = document("Repository", "example")
CLUSTER = document(
    "Cluster",
    "here",
    "provider: local\nregion: eu-west-1\nresidencyZone: eu\n"
    "connection:\n  kind: directory\n  credentialsRef: local\n",
)
ENVIRONMENT = document("Environment", "prod", "targets: [here]\n")


def pack(version: str, name: str = "retrieval", more: str = "") -> str:
    """Return a pack of that version."""
    spec = f"version: {version}\nsummary: Finds things.\npublisher:\n  name: Acme\n{more}"
    return document("Pack", name, spec)


def tenant(name: str = "acme", more: str = "", versions: str = "~=1.2") -> str:
    """Return a tenant that runs one pack in prod; `more` is added to its spec."""
    return document(
        "Tenant",
        name,
        "data:\n  residency: [eu]\nplacements:\n  - environment: prod\n    target: here\n"
        f'packs:\n  - name: retrieval\n    version: "{versions}"\n{more}',
    )


def repository(**changes: str | None) -> dict[str, str]:
    """Return the files of a repository without problems.

    Keyword arguments replace a file by its short name: tenant, pack, cluster, environment, root;
    None leaves it out.
    """
    files: dict[str, tuple[str, str | None]] = {
        "root": ("repository.yaml", REPOSITORY),
        "cluster": ("catalog/clusters/here.yaml", CLUSTER),
        "environment": ("catalog/environments/prod.yaml", ENVIRONMENT),
        "pack": ("catalog/packs/retrieval/1.2.0/pack.yaml", pack("1.2.0")),
        "tenant": ("tenants/acme/tenant.yaml", tenant()),
    }
    chosen = {path: changes.get(name, text) for name, (path, text) in files.items()}
    return {path: text for path, text in chosen.items() if text is not None}

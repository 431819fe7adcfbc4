"""What happens in the demonstration: the company, two changes to it, and a drift."""

from __future__ import annotations

import re
import shutil
from enum import Enum
from pathlib import Path

from controlplane.operations.shipped import shipped

CHART = "vector-cache"  # the one pack of the company that is a Helm chart
_ENTRY = re.compile(
    rf"^ {{4}}- (?:\{{name: {CHART}\b.*|name: {CHART}(?:\n {{6}}.*)*)\n", re.MULTILINE
)

# Who wrote the changes of the story, and who leads the platform that owns what they touch.
IDENTITIES = """\
  identities:
    - name: ada
      issuer: https://login.meridian.example
      subject: ada@meridian.example
      purposes: [author]
    - name: platform-lead
      person: bo
      issuer: https://login.meridian.example
      subject: platform@meridian.example
      purposes: [author, approve]
      roles: [platform]
    - name: security-lead
      issuer: https://login.meridian.example
      subject: security@meridian.example
      purposes: [approve]
      roles: [security]
"""

FOLDERS = ("tenants", "catalog", "trust", "templates", "policies", "schemas")


class Scene(Enum):
    """The changes of the story: file, what stands there, what comes in its place."""

    DENIED = (
        ("tenants/aurora-retail/tenant.yaml", "{environment: prod, target: eu-central-1}",
         "{environment: prod, target: us-east-1}"),
        ("tenants/aurora-retail/tenant.yaml", "limit: 9000.00 EUR", "limit: 90000.00 EUR"),
    )  # fmt: skip
    ALLOWED = (
        ("tenants/aurora-retail/tenant.yaml", "prod: {config: {replicas: 4,",
         "prod: {config: {replicas: 6,"),
    )  # fmt: skip


def company(repository: Path) -> None:
    """Write the example company into a new folder."""
    repository.mkdir(parents=True)
    for folder in FOLDERS:
        shutil.copytree(shipped(folder), repository / folder)
    shutil.copy(shipped("tenants").parent / "repository.yaml", repository / "repository.yaml")


def without_chart(repository: Path) -> None:
    """Take the pack that only `helm` can render out of every tenant; the locks are then stale."""
    for path in repository.glob("tenants/*/tenant.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(_ENTRY.sub("", text), encoding="utf-8")


def change(repository: Path, scene: Scene) -> None:
    """Make the changes of a scene in the working tree; each must find its text."""
    for name, old, new in scene.value:
        path = repository / name
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise LookupError(f"{name} no longer holds {old!r}")
        path.write_text(text.replace(old, new), encoding="utf-8")


def drift(rendered: Path) -> None:
    """Loosen a quota by hand, as somebody in a hurry would."""
    quota = min(rendered.glob("**/v1_ResourceQuota*"))
    text = quota.read_text(encoding="utf-8")
    quota.write_text(text.replace("pods:", "pods: 9999 #"), encoding="utf-8")

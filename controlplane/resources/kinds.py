"""The table of kinds, and how a document becomes one of them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from controlplane.resources.base import Resource
from controlplane.resources.budget_cap import BudgetCap
from controlplane.resources.canary_rule import CanaryRule
from controlplane.resources.environment import Environment
from controlplane.resources.evidence_contract import EvidenceContract
from controlplane.resources.pack import Pack
from controlplane.resources.pack_lock import PackLock
from controlplane.resources.price_plan import PricePlan
from controlplane.resources.repository import Repository
from controlplane.resources.targets import Cluster, ComputeEngine
from controlplane.resources.tenant import Tenant
from controlplane.resources.trust_root import TrustRoot
from controlplane.resources.waiver import Waiver

KINDS: Mapping[str, type[Resource]] = {
    "Tenant": Tenant,
    "Environment": Environment,
    "Cluster": Cluster,
    "ComputeEngine": ComputeEngine,
    "Pack": Pack,
    "PricePlan": PricePlan,
    "BudgetCap": BudgetCap,
    "CanaryRule": CanaryRule,
    "Waiver": Waiver,
    "EvidenceContract": EvidenceContract,
    "Repository": Repository,
    "TrustRoot": TrustRoot,
    "PackLock": PackLock,
}


def parse(document: Any) -> Resource:
    """Return the resource a parsed YAML document describes.

    Raises pydantic's ValidationError and nothing else; `problems.explain` puts it into words.
    """
    if not isinstance(document, dict):
        raise _refused(
            (), "not_a_mapping", "the document is not a mapping", "begin with `apiVersion:`"
        )
    kind = document.get("kind")
    if kind is None:
        raise _refused(("kind",), "missing", "`kind` is missing", f"add one of {_known()}")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        near = difflib.get_close_matches(str(kind), KINDS, n=1, cutoff=0.5)
        remedy = f"did you mean `{near[0]}`?" if near else f"use one of {_known()}"
        raise _refused(("kind",), "unknown_kind", f"there is no kind {str(kind)[:64]!r}", remedy)
    return model.model_validate(document)


def _known() -> str:
    return ", ".join(KINDS)


def _refused(path: tuple[str, ...], code: str, text: str, remedy: str) -> ValidationError:
    error = PydanticCustomError(code, "{text}", {"text": text, "remedy": remedy})
    details = InitErrorDetails(type=error, loc=path, input=None)
    return ValidationError.from_exception_data("document", [details])

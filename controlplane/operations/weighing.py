"""What findings are weighed by, as the base says it, and what denies under it.

Pure. Settings, strictness and waivers come from the base: a change cannot loosen its own judge. At
genesis there is no base, and the first revision is weighed, as it is judged, by its own word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from controlplane.operations.freezes import moment
from controlplane.policy.model import Finding, PolicyBundle, Rule, Severity, Verdict
from controlplane.policy.weigh import Weighing, weigh
from controlplane.policy.weights import Nature, Waived, Weights
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.environment import Environment
from controlplane.resources.tenant import Tenant
from controlplane.resources.trust_root import TrustedIdentity, TrustRoot
from controlplane.resources.waiver import Waiver


def weights(
    judge: Snapshot,
    head: Snapshot,
    bundles: Iterable[PolicyBundle],
    findings: Iterable[Finding],
    now: datetime,
) -> Weights:
    """Return what findings weigh by the word of `judge`; `head` says where its tenants stand."""
    return replace(standing(judge, bundles, now), placements=dict(_placements(head, findings)))


def standing(judge: Snapshot, bundles: Iterable[PolicyBundle], now: datetime) -> Weights:
    """Return what any finding weighs by the word of `judge`, without where tenants stand."""
    repository = judge.repository()
    severities = repository.spec.severities if repository else {}
    seconds = int(moment(now)["epochSeconds"])
    return Weights(
        now=seconds,
        strictness=dict(_strictness(judge)),
        severities={
            name: {str(r): s for r, s in found.items()} for name, found in severities.items()
        },
        natures=_natures(bundles),
        waivers=tuple(_waivers(judge, now)),
    )


def _strictness(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for name, each in sorted(snapshot.of_kind("Environment").items()):
        if isinstance(each, Environment):
            yield name, each.spec.strictness


def _natures(bundles: Iterable[PolicyBundle]) -> Mapping[str, Nature]:
    """Return how rules weigh; of two versions of one, whatever is stricter in either."""
    found: dict[str, list[Rule]] = {}
    for bundle in bundles:
        for rule in bundle.rules:
            found.setdefault(rule.id, []).append(rule)
    return {
        identity: Nature(all(r.style for r in rules), min(r.effective_on for r in rules))
        for identity, rules in found.items()
    }


def _waivers(snapshot: Snapshot, now: datetime) -> Iterator[Waived]:
    identities = [
        identity
        for root in snapshot.of_kind("TrustRoot").values()
        if isinstance(root, TrustRoot)
        for identity in root.spec.identities
    ]
    for name, each in sorted(snapshot.of_kind("Waiver").items()):
        if isinstance(each, Waiver):
            spec = each.spec
            answering = [i for i in identities if _answers(i, each, now)]
            expires = int(spec.expires.moment.timestamp())
            last = max((_last(i, expires) for i in answering), default=expires)
            yield Waived(
                name=name,
                rule=spec.rule,
                subject=f"{spec.subject.kind}/{spec.subject.name}",
                environments=tuple(sorted(spec.environments)),
                severity=spec.severity,
                issued=int(spec.issued.moment.timestamp()),
                expires=last,  # nobody answers for it any longer
                approved=not identities or bool(answering),
                path=snapshot.index["Waiver"][name].path,
            )


def _answers(identity: TrustedIdentity, waiver: Waiver, now: datetime) -> bool:
    """Whether an identity is the waiver's approver, and one that counts now."""
    signer = waiver.spec.approved_by
    same = signer.subject == identity.subject and signer.issuer in (None, identity.issuer)
    starts, ends, revoked = identity.validity.starts, identity.validity.ends, identity.revoked
    begun = starts is None or starts.moment <= now
    over = (ends is not None and ends.moment <= now) or (
        revoked is not None and revoked.since.moment <= now
    )
    return same and "approve" in identity.purposes and begun and not over


def _last(identity: TrustedIdentity, expires: int) -> int:
    """Return until when an identity that counts now does, at most `expires`: Unix seconds."""
    ends, revoked = identity.validity.ends, identity.revoked
    moments = [ends.moment] if ends is not None else []
    moments += [revoked.since.moment] if revoked is not None else []
    return min([expires, *(int(each.timestamp()) for each in moments)])


def _placements(
    head: Snapshot, findings: Iterable[Finding]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    names = {f.subject.partition("/")[2] for f in findings if f.subject.startswith("Tenant/")}
    for name in sorted(names):
        tenant = head.get("Tenant", name)
        if isinstance(tenant, Tenant):
            yield name, tuple(placed.environment for placed in tenant.spec.placements)


def denials(verdict: Verdict, by: Weights) -> frozenset[tuple[str, str]]:
    """Return (rule, subject) of whatever denies under `by`, waivers left aside."""
    plain = Weights(by.now, by.strictness, by.severities, by.natures, (), by.placements)
    final = weigh(verdict, plain).verdict
    denied = {(f.rule, f.subject) for f in final.findings if f.severity is Severity.DENY}
    return frozenset(denied | {(i.rule, i.subject) for i in final.indeterminate})


def lighter(rules: Iterable[Rule], base: Weights, head: Weights) -> frozenset[str]:
    """Return the rules that deny by the settings of `base` and not by those of `head`, somewhere.

    Somewhere is each environment of base, and what belongs to none. Nothing needs to be found.
    """
    subjects = ["Fleet/any", *(f"Placement/any/{name}@any" for name in base.strictness)]
    found = [Finding(r.id, r.severity, subject, "", ()) for r in rules for subject in subjects]
    probe = Verdict(tuple(found), (), ())
    return frozenset(rule for rule, _ in denials(probe, base) - denials(probe, head))


def reasons(weighings: Iterable[Weighing]) -> Mapping[Finding, str]:
    """Return why findings of the final verdict weigh otherwise than their rules say."""
    return {
        replace(each.finding, severity=Severity(each.to)): each.because
        for each in weighings
        if each.to != "off"
    }

"""A repository of any number of tenants, made of the shipped example: the same for the same seed.

Each generated tenant is one of the example's, under names, people, accounts and figures of its
own, with its lock and, where the example has one of its own, its budget cap. All of them pass the
gate, on targets of the example that may hold any number. Left out are the pack that is a Helm
chart (`helm template` would be most of what is measured, and it is not ours) and the tenant that
has a cluster to itself.
"""

from __future__ import annotations

import random
import re
import string
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("catalog", "policies", "templates", "tenants", "trust", "repository.yaml")
CHART = "vector-cache"

# The tenants of the example that are copied: how often of a hundred, and the word that names each.
MODELS: Final[Mapping[str, tuple[int, str]]] = {
    "baltic-foods": (24, "balticfoods"),
    "delta-logistics": (17, "delta"),
    "fjord-atelier": (12, "atelier"),
    "kestrel-robotics": (10, "kestrel"),
    "cascade-energy": (9, "cascade"),
    "aurora-retail": (8, "aurora"),
    "harbor-travel": (5, "harbor"),
    "juniper-media": (4, "juniper"),
    "granite-insurance": (5, "granite"),
    "lumen-health": (4, "lumen"),
    "fjord-agency": (2, "fjord"),
    "evergreen-bank": (0, "evergreen"),  # has a cluster to itself
}
_FIRST = [
    "amber",
    "birch",
    "cobalt",
    "cedar",
    "copper",
    "coral",
    "crystal",
    "dune",
    "ember",
    "falcon",
    "fern",
    "flint",
    "forest",
    "glacier",
    "golden",
    "harvest",
    "heron",
    "indigo",
    "iron",
    "ivory",
    "jade",
    "lagoon",
    "larch",
    "lunar",
    "maple",
    "meadow",
    "mist",
    "north",
    "ocean",
    "olive",
    "opal",
    "orchid",
    "pearl",
    "pine",
    "prairie",
    "quartz",
    "raven",
    "river",
    "sable",
    "saffron",
    "silver",
    "slate",
    "solar",
    "spruce",
    "stone",
    "summit",
    "swift",
    "tidal",
    "velvet",
    "violet",
    "willow",
    "winter",
]
_SECOND = [
    "airlines",
    "apparel",
    "bakery",
    "capital",
    "chemicals",
    "clinics",
    "energy",
    "farms",
    "finance",
    "foods",
    "freight",
    "games",
    "grid",
    "health",
    "hotels",
    "insurance",
    "labs",
    "legal",
    "logistics",
    "media",
    "metals",
    "mobility",
    "motors",
    "museum",
    "optics",
    "pharma",
    "power",
    "press",
    "rail",
    "research",
    "retail",
    "robotics",
    "school",
    "security",
    "shipping",
    "software",
    "sports",
    "steel",
    "studios",
    "telecom",
    "textiles",
    "theatre",
    "tools",
    "travel",
    "water",
    "works",
]
_PEOPLE = [
    "Ada",
    "Amir",
    "Ana",
    "Astrid",
    "Ben",
    "Bruno",
    "Carla",
    "Chen",
    "Clara",
    "David",
    "Dilnoza",
    "Eero",
    "Elena",
    "Emeka",
    "Fatima",
    "Felix",
    "Greta",
    "Hana",
    "Hugo",
    "Ines",
    "Ivan",
    "Jana",
    "Kofi",
    "Lars",
    "Leila",
    "Lucia",
    "Mai",
    "Marta",
    "Mei",
    "Nadia",
    "Nils",
    "Noor",
    "Olga",
    "Omar",
    "Petra",
    "Priya",
    "Rafael",
    "Rosa",
    "Samir",
    "Sara",
    "Tariq",
    "Tove",
    "Umar",
    "Vera",
    "Wei",
    "Yara",
    "Yusuf",
    "Zoe",
]
_UNLIMITED = re.compile(rb": \"?\d+[A-Za-z]*\"?")
_OWNER = re.compile(r"owner: \{name: [^,]+, email: [^@]+@")


@dataclass(frozen=True)
class Copied:
    """One tenant of the example, without its chart: its files as templates."""

    model: str
    word: str
    tenant: str
    lock: str
    cap: str


def files(count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of the resources of `count` tenants."""
    chosen = random.Random(seed)
    models = [_copied(model, word) for model, (_, word) in MODELS.items()]
    weights = [weight for weight, _ in MODELS.values()]
    agencies: list[str] = ["fjord-agency"]
    for number in range(count):
        model = chosen.choices(models, weights)[0]
        name = f"{chosen.choice(_FIRST)}-{chosen.choice(_SECOND)}-{number:06d}"
        if model.model == "fjord-agency":
            agencies.append(name)
        yield from _tenant(model, name, chosen, agencies)


def _copied(model: str, word: str) -> Copied:
    folder = ROOT / "tenants" / model
    tenant = (folder / "tenant.yaml").read_text(encoding="utf-8")
    tenant = re.sub(rf"    - name: {CHART}\n(?:      .*\n)+", "", tenant)
    tenant = re.sub(rf"    - \{{name: {CHART}.*\n", "", tenant)
    lock = (folder / "lock.yaml").read_text(encoding="utf-8")
    lock = re.sub(rf"        - name: {CHART}\n(?:          .*\n)+", "", lock)
    cap = ROOT / "catalog" / "budgets" / f"{word}-monthly.yaml"
    text = cap.read_text(encoding="utf-8") if cap.is_file() else ""
    return Copied(model, word, tenant, lock, text)


def _tenant(
    model: Copied, name: str, chosen: random.Random, agencies: list[str]
) -> Iterator[tuple[str, str]]:
    word = name.replace("-", "")
    person = f"{chosen.choice(_PEOPLE)} {chosen.choice(_PEOPLE)}son"
    owner = f"owner: {{name: {person}, email: {person.lower().replace(' ', '.')}@"
    account = "acct_" + "".join(chosen.choices(string.ascii_letters + string.digits, k=10))
    text = model.tenant.replace("parent: fjord-agency", f"parent: {chosen.choice(agencies)}")
    text = _OWNER.sub(owner, text).replace(model.model, name)
    text = re.sub(rf"\b{model.word}-monthly\b", f"{name}-monthly", text)
    text = re.sub(rf"\b{model.word}(?=-(?!2026)|\.)", word, text)
    text = re.sub(r"acct_\w+", account, text)
    text = re.sub(r"(?<=displayName: ).*", name.replace("-", " ").title(), text)
    text = re.sub(r"replicas: \d+", lambda _: f"replicas: {chosen.randint(2, 3)}", text)
    yield f"tenants/{name}/tenant.yaml", text
    yield f"tenants/{name}/lock.yaml", model.lock.replace(model.model, name)
    if model.cap:
        cap = model.cap.replace(model.model, name).replace(
            f"{model.word}-monthly", f"{name}-monthly"
        )
        yield f"catalog/budgets/{name}-monthly.yaml", cap


def write(
    directory: Path, count: int, seed: int = 1, more: Mapping[str, bytes] = MappingProxyType({})
) -> None:
    """Make a bare-bones repository at `directory`: `main`, and `change`, which touches one tenant.

    Both hold the files of `more`, too. Nothing is checked out; `git fast-import` writes one pack.
    """
    subprocess.run(["git", "init", "-q", "-b", "main", str(directory)], check=True)
    made = dict(files(count, seed))
    shipped = {path.relative_to(ROOT).as_posix(): _endless(path) for path in _shipped()}
    for model, (_, word) in MODELS.items():
        plain = _copied(model, word)
        shipped[f"tenants/{model}/tenant.yaml"] = plain.tenant.encode()
        shipped[f"tenants/{model}/lock.yaml"] = plain.lock.encode()
    both = shipped | {path: text.encode() for path, text in made.items()} | dict(more)
    path = next(
        p for p, text in made.items() if p.endswith("tenant.yaml") and "plan: growth" in text
    )
    changed = re.sub(rb"replicas: \d+", b"replicas: 5", both[path]) + b"  # a word more\n"
    stream = b"".join(
        (
            *_commit(b"refs/heads/main", 1, b"", both),
            *_commit(b"refs/heads/change", 2, b"from :1\n", {path: changed}),
        )
    )
    done = ["git", "-C", str(directory), "fast-import", "--quiet", "--done"]
    subprocess.run(done, input=stream + b"done\n", check=True)


def _endless(path: Path) -> bytes:
    """Return a file of the example; its targets and money suffice for any number of tenants."""
    text = path.read_bytes()
    if path.parent.name in ("clusters", "engines"):
        limits = re.search(rb"(?m)^  limits: \{.*\}$", text)
        return (
            text
            if limits is None
            else text.replace(limits[0], _UNLIMITED.sub(rb": unlimited", limits[0]))
        )
    return text.replace(b"mostUnits: {EUR: 250000}", b"mostUnits: {EUR: 1000000000}")


def _shipped() -> Iterator[Path]:
    for name in SHIPPED:
        place = ROOT / name
        yield from (
            (p for p in sorted(place.rglob("*")) if p.is_file()) if place.is_dir() else [place]
        )


def _commit(
    branch: bytes, mark: int, parent: bytes, content: Mapping[str, bytes]
) -> Iterator[bytes]:
    yield b"commit %s\nmark :%d\n" % (branch, mark)
    yield b"committer Benchmark <benchmark@example.invalid> %d +0000\n" % (1_780_000_000 + mark)
    yield b"data 7\nchange\n\n%s" % parent
    for path, data in content.items():
        yield b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)

"""`cpctl policy bundle` and `cpctl policy fetch`: policies as signed OPA bundles, out and in."""

from __future__ import annotations

from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.cli.policy_build import chosen_sets, write_file
from controlplane.errors import UsageError
from controlplane.operations.policies import policy_sets
from controlplane.operations.policy_fetching import fetch_bundles
from controlplane.operations.policy_publishing import published
from controlplane.repo.download import fetch as over_https
from controlplane.repo.git import GitRepository
from controlplane.repo.pinned import Pinned
from controlplane.repo.snapshot import read
from evidence.canonical import digest_bytes


@click.command()
@options.root
@options.rev
@click.option(
    "--set", "chosen", metavar="NAME", help="The policy set; needed if there are several."
)
@click.option("--compiled", is_flag=True, help="Carry the compiled policy as well; needs OPA.")
@options.keys
@click.option(
    "-o",
    "--output",
    "out",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The bundle, such as bundle.tar.gz.",
)
@click.option(
    "--public-key",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the public key there too, in PEM, for whoever verifies.",
)
def bundle(
    root: str,
    rev: str,
    chosen: str | None,
    compiled: bool,
    keys: Path | None,
    out: Path,
    public_key: Path | None,
) -> None:
    """Write the policies of a revision as a signed OPA bundle.

    It is signed with this machine's key for publishing (ECDSA). An OPA server loads it with
    --bundle and verifies it with the public key.
    """
    snapshot = read(GitRepository.open(root), rev)
    found = chosen_sets(policy_sets(snapshot), chosen)
    if len(found) > 1:
        raise UsageError(
            f"{rev} has {len(found)} policy sets, and a bundle holds one",
            remedy="choose one with --set " + "|".join(each.name for each in found),
        )
    signer = wiring.signer("publish", keys)
    file = wiring.compiler().artifact(found[0].bundle).to_bytes() if compiled else None
    revision = snapshot.commit.id if snapshot.commit else snapshot.tree_id
    data = published(found[0], revision, signer, file)
    write_file(out, data)
    rows = [(found[0].name, digest_bytes(data), f"{len(data):,}", signer.name)]
    output.data(output.table(("POLICY SET", "BUNDLE", "BYTES", "KEY"), rows))
    output.talk(f"written: {out}")
    if public_key is not None:
        write_file(public_key, signer.public_key.pem.encode())
    output.talk(
        f"next: opa run --server --bundle {out} --signing-alg ES256 "
        f"--verification-key-id {signer.name} --verification-key {public_key or 'PUBLIC.pem'}"
    )
    if public_key is None:
        output.talk("  PUBLIC.pem is written by --public-key PUBLIC.pem")


@click.command()
@options.root
@click.option(
    "--rev", "revisions", multiple=True, metavar="REV", help="Of this revision too. [HEAD]"
)
def fetch(root: str, revisions: tuple[str, ...]) -> None:
    """Fetch the policy bundles that a revision names by URL, and keep those that are pinned.

    They are kept beside Git's objects. No decision fetches anything: run this before `cpctl gate`
    where bundles come from a server, for the base as well as for the head.
    """
    repository = GitRepository.open(root)
    pinned = Pinned.beside(repository.git_dir)
    rows = []
    for rev in revisions or ("HEAD",):
        for each in fetch_bundles(read(repository, rev), pinned, over_https):
            said = "fetched" if each.fresh else "at hand"
            rows.append((rev, each.policy_set, said, each.digest, each.url))
    output.data(output.table(("REVISION", "POLICY SET", "IS", "BUNDLE", "URL"), rows))
    if not rows:
        output.talk("no policy set is a bundle with a url: nothing was to be fetched")

"""`cpctl evidence` and `cpevidence`: the same commands, with and without the control plane.

Parses, asks the package, prints. Data goes to stdout, talk to stderr.
"""

from __future__ import annotations

import json
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from evidence import audit, lookup, objects
from evidence.bundle import belongs, export, trees_of
from evidence.canonical import canonical
from evidence.disk import Disk
from evidence.errors import EvidenceError, UsageError
from evidence.location import default_directory
from evidence.sigstore import sigstore_bundle
from evidence.store import StoredRun
from evidence.trust import TrustSet
from evidence.verify import LIMIT, verify_bundle

_HEADERS = ("ENTRY", "STATEMENT", "FINISHED", "KIND", "OUTCOME", "RECORDS", "SUMMARY")
_PATH = click.Path(path_type=Path)

directories = click.option(
    "--dir",
    "where",
    type=_PATH,
    multiple=True,
    envvar="CPCTL_EVIDENCE",
    help="An evidence directory; default: $CPCTL_EVIDENCE, or that of the repository around here.",
)
form = click.option(
    "-o", "form", type=click.Choice(["table", "json"]), default="table", help="The form."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def evidence() -> None:
    """What was decided and done, signed: list it, show it, take it along, verify it offline."""


@evidence.command("list")
@directories
@click.option("--commit", help="Only what names this commit (its first digits do).")
@form
def list_(where: tuple[Path, ...], commit: str | None, form: str) -> None:
    """List the runs in the logs, oldest first."""
    runs = lookup.runs(_where(where))
    if commit is not None:
        runs = [run for run in runs if run.statement.names(lookup.commit(runs, commit))]
    if form == "json":
        _json([_described(run) for run in runs])
        return
    rows = [_HEADERS, *(_row(run) for run in runs)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADERS))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("   ".join(cells).rstrip())


@evidence.command()
@click.argument("name", metavar="DIGEST|INDEX")
@directories
@click.option("--sigstore", is_flag=True, help="Print the Sigstore bundle, which cosign verifies.")
def show(name: str, where: tuple[Path, ...], sigstore: bool) -> None:  # noqa: FBT001 - click passes it
    """Show one run with its records, or one record with its payload, as JSON.

    DIGEST is of a statement or of a record, whole or its first digits; INDEX is `3`, or
    `example.com/apply#3` where there are several logs.
    """
    found = lookup.find(_where(where), name)
    if sigstore:
        click.echo(canonical(sigstore_bundle(found.run.envelope)).decode())
        return
    if found.record is not None:
        _json(_with_payload(found.run, found.record))
        return
    records = [_with_payload(found.run, record) for record in found.run.records()]
    _json(_described(found.run) | {"records": records})


@evidence.command()
@click.argument("bundle", type=_PATH, required=False)
@click.option("--log", "directory", type=_PATH, help="Verify a whole evidence directory instead.")
@click.option("--trust", "trust_file", type=_PATH, help="The trust set: the keys that count.")
@click.option(
    "--trust-bundled-keys", is_flag=True, help="Accept the keys that came with the evidence."
)
@click.option("-o", "form", type=click.Choice(["text", "json"]), default="text", help="The form.")
@click.pass_context
def verify(
    context: click.Context,
    bundle: Path | None,
    directory: Path | None,
    trust_file: Path | None,
    trust_bundled_keys: bool,  # noqa: FBT001
    form: str,
) -> None:
    """Verify a bundle offline: what is proven, by whose key, and what is not.

    Exit code 0 when everything holds, 6 otherwise. The trust set must come to you by another
    way than the bundle; `cpctl keys trust` writes it.
    """
    if (bundle is None) == (directory is None):
        raise click.UsageError("name either a bundle or, with --log, an evidence directory")
    if trust_file is not None and trust_bundled_keys:
        raise click.UsageError("--trust and --trust-bundled-keys exclude each other")
    trust = TrustSet.read(_read(trust_file)) if trust_file else None
    now = datetime.now(UTC)
    if directory is not None:
        report = audit.verify_directory(
            directory, trust, now, trust_bundled_keys=trust_bundled_keys
        )
    elif bundle is not None:
        report = verify_bundle(_read(bundle), trust, now, trust_bundled_keys=trust_bundled_keys)
    if form == "json":
        _json(report.to_json())
    else:
        click.echo(report.words())
    if not report.verified:
        _next(trust is not None or trust_bundled_keys)
        context.exit(6)


@evidence.command()
@click.argument("commit")
@directories
@click.option("-o", "--output", type=_PATH, required=True, help="Where to write the bundle.")
@click.option("--sigstore", type=_PATH, help="Write each statement as a Sigstore bundle there.")
def bundle(commit: str, where: tuple[Path, ...], output: Path, sigstore: Path | None) -> None:
    """Write everything about COMMIT into one file that verifies offline.

    COMMIT is the commit's id, or its first digits. Nothing is written unless what would be
    written holds.
    """
    found = _where(where)
    runs = lookup.runs(found)
    whole = lookup.commit(runs, commit)
    data = export(found, whole)
    report = verify_bundle(data, None, datetime.now(UTC), trust_bundled_keys=True)
    if not report.verified:
        click.echo(report.words(), err=True)
        raise EvidenceError(
            f"the evidence of {whole} does not hold, so no bundle was written",
            remedy="run `cpctl evidence verify --log DIR` to see what is damaged",
        )
    _write(output, data)
    if sigstore is not None:
        sigstore.mkdir(parents=True, exist_ok=True)
        trees = trees_of((run.statement for run in runs), whole)
        for run in runs:
            if belongs(run.statement, whole, trees):
                name = f"{run.envelope.digest.removeprefix('sha256:')[:16]}.sigstore.json"
                _write(sigstore / name, canonical(sigstore_bundle(run.envelope)))
    click.echo(f"{output}: {len(report.proven)} statements, {len(data)} bytes", err=True)
    called = click.get_current_context().command_path.rpartition(" ")[0]
    click.echo(f"next: verify it with `{called} verify {output} --trust trust.json`", err=True)


def main() -> None:
    """Run `cpevidence` and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run `cpevidence` with `arguments` and return its exit code."""
    try:
        result = evidence.main(args=arguments, prog_name="cpevidence", standalone_mode=False)
    except SystemExit:  # what click makes of a pipe that nobody reads any more, and of nothing else
        return 128 + signal.SIGPIPE
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except EvidenceError as error:
        click.echo(f"error: {error}", err=True)
        click.echo(f"next: {error.remedy}", err=True)
        return error.exit_code
    except OSError as error:
        click.echo(f"error: {error.filename or 'output'}: {error.strerror}", err=True)
        click.echo("next: check the path, its rights, and the room on its disk", err=True)
        return 2
    return result if isinstance(result, int) else 0


def _where(given: tuple[Path, ...]) -> tuple[Path, ...]:
    return given or (default_directory(Path()),)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LIMIT + 1)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", remedy="check the path"
        ) from error


def _write(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whole or not at all; to a device or a pipe as to any other."""
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        elif not path.parent.is_dir():
            raise UsageError(f"{path.parent} is not a directory", remedy="make it first")
        else:
            Disk().write(path.resolve(), data)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}",
            remedy="check the path, its rights, and the room on its disk",
        ) from error


def _next(keys_were_given: bool) -> None:  # noqa: FBT001
    step = (
        "renew the trust set where a key is missing from it (`cpctl keys trust`), and take the "
        "evidence from its source again; if it stays so, treat it as altered"
        if keys_were_given
        else "bring the trust set along (--trust FILE), written by `cpctl keys trust`"
    )
    click.echo(f"next: {step}", err=True)


def _json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False))


def _row(run: StoredRun) -> tuple[str, ...]:
    said = run.statement
    return (
        f"{run.origin}#{run.index}",
        run.envelope.digest.removeprefix("sha256:")[:12],
        said.finished,
        said.kind,
        said.outcome,
        str(said.count),
        said.summary,
    )


def _described(run: StoredRun) -> dict[str, Any]:
    return {
        "digest": run.envelope.digest,
        "index": run.index,
        "keyid": run.envelope.keyid,
        "log": run.origin,
        "statement": run.statement.to_json(),
    }


def _with_payload(run: StoredRun, record: objects.StoredRecord) -> dict[str, Any]:
    return {"payload": run.payload(record), "record": record.record}

"""`cpctl schema`: the JSON Schemas of the vocabulary, and the reference pages made with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from controlplane.cli import output
from controlplane.errors import Exit, UsageError
from controlplane.operations import reference
from controlplane.operations.examples import example_texts
from controlplane.operations.vocabulary import find
from controlplane.resources.schema import dispatching_schema
from controlplane.resources.schema import schema as schema_of


@click.command()
@click.argument("kind", required=False)
@click.option("--output-dir", type=click.Path(path_type=Path), help="Write every schema there.")
@click.option("--docs", type=click.Path(path_type=Path), help="Write the reference pages there.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is not up to date.")
def schema(
    kind: str | None,
    output_dir: Path | None,
    docs: Path | None,
    check: bool,
) -> int:
    """Print the JSON Schema (draft 2020-12) of KIND, or of all kinds together."""
    if kind and (output_dir or docs):
        raise UsageError(
            "every kind is written, not one",
            remedy=f"leave out {kind}, or write `cpctl schema {kind} > FILE`",
        )
    if check and output_dir is None and docs is None:
        raise UsageError("nothing to check", remedy="add --output-dir schemas or --docs DIR")
    if output_dir is None and docs is None:
        found = schema_of(find(kind)[0]) if kind else dispatching_schema()
        output.data(json.dumps(found, indent=2, ensure_ascii=False))
        return Exit.CLEAN
    stale = []
    if output_dir is not None:
        stale += _write(output_dir, reference.schema_files(), check=check)
    if docs is not None:
        stale += _write(docs, reference.pages(example_texts()), check=check)
    for path in stale:
        output.talk(f"{path}: {'not up to date' if check else 'written'}")
    if check and stale:
        output.fail(f"{len(stale)} files are not up to date", "run the same without --check")
        return Exit.FINDINGS
    return Exit.CLEAN


def _write(folder: Path, files: Mapping[str, str], *, check: bool) -> list[Path]:
    """Write what differs and return it; with `check`, only return it."""
    stale = []
    for name, text in files.items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            stale.append(path)
            if not check:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
    return stale

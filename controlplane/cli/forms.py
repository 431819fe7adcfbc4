"""`-o FORM[=FILE]`: one answer in several forms, one of them on stdout, the others in files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from controlplane.cli import output
from controlplane.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
Writer = Callable[[], str]


@dataclass(frozen=True)
class Form:
    """A form, and the file it goes to; None for stdout."""

    name: str
    file: Path | None = None


class FormType(click.ParamType[Form]):
    """`FORM` or `FORM=FILE`."""

    name = "FORM[=FILE]"

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows."""
        return f"[{'|'.join(self._names)}][=FILE]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Form:
        """Return the form; fails for one there is not, and for a file in no folder."""
        if isinstance(value, Form):
            return value
        name, equals, file = str(value).partition("=")
        if name not in self._names:
            self.fail(f"{name!r} is not one of {', '.join(self._names)}", param, ctx)
        if not equals:
            return Form(name)
        if not file or Path(file).is_dir() or not Path(file).absolute().parent.is_dir():
            self.fail(f"{file!r} cannot be a file: name one in a folder there is", param, ctx)
        return Form(name, Path(file))


def option(*names: str) -> Callable[[F], F]:
    """Return the repeatable `-o` option with these forms, the first as default."""
    return click.option(
        "-o",
        "forms",
        type=FormType(names),
        multiple=True,
        help=f"The form; may be repeated with files for the others. [{names[0]}]",
    )


def chosen(forms: Sequence[Form], default: str) -> Sequence[Form]:
    """Return the forms to write. Raises UsageError where two are for stdout."""
    printed = [form for form in forms if form.file is None]
    if len(printed) > 1:
        raise click.UsageError(
            f"-o {printed[0].name} and -o {printed[1].name} are both for stdout: give one a file, "
            f"-o {printed[1].name}=FILE"
        )
    return forms if printed else (*forms, Form(default))


def write(forms: Sequence[Form], writers: Mapping[str, Writer]) -> None:
    """Write files first, then stdout. Raises UsageError where a file cannot be written."""
    for form in sorted(forms, key=lambda form: form.file is None):
        text = writers[form.name]()
        if form.file is not None:
            _save(form.file, text)
        elif text:
            output.data(text)


def _save(file: Path, text: str) -> None:
    text = click.unstyle(output.harmless(text))  # a file is no terminal
    try:
        file.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror or error}",
            remedy="name another file; the answer itself was given and nothing is wrong with it",
        ) from error

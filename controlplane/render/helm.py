"""A pack that is a Helm chart: run `helm template` on it, offline, with the input as a values file.

The adapter behind the `ChartRenderer` port: the only module of this package that starts a program
or writes a file (in a temporary directory of its own). What came out is text; parsing and judging
it is left to others. Charts write values as text, so two guards stand before helm is asked:
a value must be a text that cannot change the structure of YAML, and a template must not call
what would make the result depend on anything but the chart and its values.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import subprocess
import tempfile
import time
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from controlplane.render.errors import (
    Fault,
    FieldPlace,
    FilePlace,
    RenderError,
    RendererUnavailableError,
)
from controlplane.values import FieldPath

Json = Any

KUBE_VERSION = "v1.35.0"
OUTPUT_BYTES = 4 * 1024 * 1024
SECONDS = 30.0

_TEXT = re.compile(r"[A-Za-z0-9/](?:[A-Za-z0-9._/@%+=~-]|:(?![ ]|$)| (?! *$))*")
"""A text that is one plain YAML scalar wherever a chart may put it, quoted or not."""

_IMPURE = re.compile(
    r"\b(?:now|ago|date|dateInZone|date_in_zone|htmlDate|htmlDateInZone|durationRound|unixEpoch"
    r"|lookup|env|expandenv|tpl|shuffle|getHostByName|uuidv4|rand\w*|gen[A-Z]\w*|derivePassword"
    r"|bcrypt|htpasswd|encryptAES)\b"
    # In no order, and what is written as its address. A field or a variable of these names is none.
    r"|(?<![.$\w])(?:keys|semver|values)\b"
)
_SORTED = re.compile(
    r"(?<![.$\w])keys(?:\s+[.$][\w.]*)+\s*\|\s*sortAlpha\b"
    r"|(?:\{\{-?|[(=]|\brange\b)\s*\(\s*keys(?:\s+[.$][\w.]*)+\s*\)\s*\|\s*sortAlpha\b"
)
"""Keys that are sorted at once. With anything between the two, their order is in what is sorted."""

# What Go's text/template takes for one action: a comment, or code in which a string may hold `}}`.
# What never ends is taken to its end, so that nothing is left unread. `(?>(?:…)*)` is `(?:…)*+`,
# which Python before 3.11.5 gets wrong (python/cpython#106052).
_ACTION = re.compile(
    r"""\{\{(?:-?\s*(?P<comment>/\*.*?\*/)\s*-?\}\}"""
    r"""|(?>(?:"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'|[^"`'}]|\}(?!\}))*)\}\}|.*)""",
    re.DOTALL,
)
_STRING = re.compile(r""""(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'""")
_PRINTF = re.compile(
    rf"(?P<call>(?<![.$\w])printf\b\s*(?P<format>{_STRING.pattern})?)|{_STRING.pattern}"
)
_ADDRESS = re.compile(r"%[^a-zA-Z%]*p|\\[xuU0-7]")
"""Writes where a value lies in memory; so may what is spelled with escapes."""

_TEMPLATE = re.compile(r"(?:charts/[^/]+/)*templates/.+", re.DOTALL)
_PLAIN = (
    '{{ $_ := set . "Capabilities" (dict "APIVersions" .Capabilities.APIVersions'
    ' "HelmVersion" .Capabilities.HelmVersion "KubeVersion" (dict'
    + "".join(
        f' "{name}" .Capabilities.KubeVersion.{name}'
        for name in ("GitVersion", "Major", "Minor", "Version")
    )
    + ')) }}{{ $_ := unset . "Subcharts" }}{{ $_ := set . "Chart" (dict'
    + "".join(
        f' "{name}" .Chart.{name}'
        for name in (
            "APIVersion", "Annotations", "AppVersion", "Condition", "Deprecated", "Description",
            "Home", "Icon", "IsRoot", "Keywords", "KubeVersion", "Name", "Sources", "Tags", "Type",
            "Version",
        )
    )
    + ") }}"
)  # fmt: skip
"""Stands before every template: what helm gives it by pointer, whose address is another each time,
is given as plain data. `.Subcharts` and the chart's maintainers and dependencies are left out."""


@dataclass(frozen=True)
class Release:
    """One chart with what it is rendered for. `root` is where the chart stands in the repository.

    `files` are the chart's files by their path below `root`; `source` is the field of the tenant
    that gave the values.
    """

    name: str
    namespace: str
    root: str
    files: Mapping[str, bytes]
    values: Mapping[str, Json]
    source: FieldPlace


class ChartRenderer(Protocol):
    """Turns a chart and its values into the text of many YAML documents."""

    def render(self, release: Release) -> str:
        """Return the documents as helm prints them.

        Raises RenderError where chart or values are at fault, RendererUnavailableError where
        helm is missing, broken or too slow.
        """
        ...


@dataclass(frozen=True)
class HelmCharts:
    """`helm template` on this machine; `program` is None where there is no helm."""

    program: Path | None
    seconds: float = SECONDS

    def render(self, release: Release) -> str:
        """Return what `helm template` prints for the release."""
        faults = [*text_faults(release), *purity_faults(release)]
        if faults:
            raise RenderError(faults)
        if self.program is None:
            raise RendererUnavailableError(
                f"{release.root} is a Helm chart, and helm is not on this machine",
                remedy="run `make tools`, or put helm 3 on PATH",
            )
        with tempfile.TemporaryDirectory(prefix="cpctl-chart-") as scratch:
            chart = _written(Path(scratch), release)
            return self._run(self.program, release, Path(scratch), chart)

    def _run(self, program: Path, release: Release, scratch: Path, chart: Path) -> str:
        command = [
            str(program), "template", release.name, str(chart),
            "--namespace", release.namespace, "--values", str(scratch / "values.json"),
            "--kube-version", KUBE_VERSION, "--include-crds", "--skip-tests",
        ]  # fmt: skip
        # helm sees no plugin, repository, kubeconfig, proxy or time zone of this machine.
        environment = {"HOME": str(scratch), "HELM_NO_PLUGINS": "1", "LC_ALL": "C", "TZ": "UTC"}
        errors = scratch / "errors"
        with errors.open("wb") as stderr:
            process = _started(command, environment, scratch, stderr)
            try:
                output = _bounded(process, release, time.monotonic() + self.seconds)
            finally:
                _end(process)
        if process.returncode != 0:
            raise _refused(release, errors.read_text(errors="replace"), chart)
        try:
            return output.decode()
        except UnicodeDecodeError as error:
            place = FilePlace(f"{release.root}/Chart.yaml")
            fault = Fault(place, "encoding", "the chart writes what is not UTF-8", "save as UTF-8")
            raise RenderError([fault]) from error


def _started(
    command: list[str], environment: dict[str, str], scratch: Path, stderr: IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - a fixed program, no shell, a clean environment
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
            env=environment, cwd=scratch, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise RendererUnavailableError(
            f"{command[0]} cannot be started: {error.strerror or error}",
            remedy="run `make tools`, or put helm 3 on PATH",
        ) from error


def text_faults(release: Release) -> Iterator[Fault]:
    """Yield every value that could change the structure of what a chart writes."""
    for path, text in _texts(release.values, ()):
        if text and not _TEXT.fullmatch(text):
            place = FieldPlace(
                release.source.kind, release.source.identity, (*release.source.path, *path)
            )
            yield Fault(
                place,
                "chart-text",
                f"{text[:60]!r} cannot be given to a Helm chart, which writes values as text",
                "use letters, digits, spaces and . _ / @ % + = ~ - : only, beginning with a "
                "letter or digit; or write the pack with Jinja2 templates",
            )


def _texts(value: Json, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield (*path, key), key
            yield from _texts(part, (*path, key))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _texts(part, (*path, index))
    elif isinstance(value, str):
        yield path, value


def purity_faults(release: Release) -> Iterator[Fault]:
    """Yield every call in the chart that reads a clock, chance, the cluster or the environment."""
    for path, content in sorted(release.files.items()):
        if path.endswith(".tgz") and "charts" in path.split("/"):
            place = FilePlace(f"{release.root}/{path}")
            message = "an archive, which helm would read as a chart and nobody has looked into"
            yield Fault(place, "chart-archive", message, "unpack it into `charts/`")
        if not path.startswith("templates/") and "/templates/" not in path:
            continue
        text = content.decode(errors="replace")
        for action in _ACTION.finditer(text):
            if action["comment"]:
                continue
            for call in _PRINTF.finditer(action[0]):
                if call["call"] and (not call["format"] or _ADDRESS.search(call["format"])):
                    line = text.count("\n", 0, action.start() + call.start()) + 1
                    yield Fault(
                        FilePlace(f"{release.root}/{path}", line),
                        "chart-impure",
                        "the chart calls `printf` with a format that may write an address",
                        "write the format out, as plain text without `%p`",
                    )
            code = _SORTED.sub(_blank, _STRING.sub(_blank, action[0]))
            for call in _IMPURE.finditer(code):
                line = text.count("\n", 0, action.start() + call.start()) + 1
                yield Fault(
                    FilePlace(f"{release.root}/{path}", line),
                    "chart-impure",
                    f"the chart calls `{call[0]}`, whose answer is not the same every time",
                    "take the value from the pack's input instead",
                )


def _blank(match: re.Match[str]) -> str:
    """Keep the lines of what is taken out, so that what follows keeps its place."""
    return re.sub(r"[^\n]", " ", match[0])


def _written(scratch: Path, release: Release) -> Path:
    """Write chart and values below `scratch`; raises RenderError for a path that would leave it."""
    chart = scratch / "chart"
    for path, content in release.files.items():
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            place = FilePlace(f"{release.root}/{path}")
            raise RenderError([Fault(place, "chart-path", "leaves the chart", "rename the file")])
        target = chart / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_plain(content) if _TEMPLATE.fullmatch(path) else content)
    (scratch / "values.json").write_text(json.dumps(release.values, sort_keys=True))
    return chart


def _plain(template: bytes) -> bytes:
    """Return a template that sees no pointer; a byte order mark stays in front, as helm wants."""
    mark, text = (BOM_UTF8, template[3:]) if template.startswith(BOM_UTF8) else (b"", template)
    return mark + _PLAIN.encode() + text


def _bounded(process: subprocess.Popen[bytes], release: Release, deadline: float) -> bytes:
    """Read all of the output; raises when it is too long or comes too late."""
    if process.stdout is None:
        raise RendererUnavailableError("helm has no output", remedy="try again")
    parts: list[bytes] = []
    size = 0
    with selectors.DefaultSelector() as selector, process.stdout as stdout:
        selector.register(stdout, selectors.EVENT_READ)
        while selector.select(max(0.0, deadline - time.monotonic())):
            part = os.read(stdout.fileno(), 65536)
            if not part:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.1, deadline - time.monotonic()))
                    return b"".join(parts)
                break
            parts.append(part)
            size += len(part)
            if size > OUTPUT_BYTES:
                place = FilePlace(f"{release.root}/Chart.yaml")
                message = f"the chart renders to more than {OUTPUT_BYTES} bytes"
                raise RenderError([Fault(place, "chart-size", message, "split the chart")])
    raise RendererUnavailableError(
        f"helm did not render {release.root} in time",
        remedy="look for a loop in the chart, or run the command on a machine less busy",
        retry_after=10,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave no process behind, whatever happened."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _refused(release: Release, message: str, chart: Path) -> RenderError:
    """Say what helm said, without the paths of the temporary directory."""
    words = " ".join(message.replace(str(chart), release.root).split())
    found = re.search(r"templates/[^:\s)]+:(\d+)", words)
    path = found[0].rpartition(":")[0] if found else "Chart.yaml"
    place = FilePlace(f"{release.root}/{path}", int(found[1]) if found else 1)
    return RenderError(
        [Fault(place, "chart", words[:500] or "helm failed", "correct the chart or its values")]
    )

"""Build the real servers and command-line peers that the tests use, each from its Go module.

Decides what is built, from which pinned module (`tools/<module>/go.mod`) and with which linker
flags. Where a binary is looked for afterwards is decided by `tests/support/binaries.py`.

Usage: tools/build.py [--into DIR] [NAME ...]; without a name everything that is out of date is
built. A binary is in place under its name only once it is complete, and
`<DIR>/versions/<name>` then says what it was built from.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Tool:
    """One binary: its name, the folder of its module, its package, and how it learns its version.

    `version_variable` is the Go variable that the linker sets to the version, empty where the
    source already carries it.
    """

    name: str
    folder: str
    module: str
    package: str
    version_variable: str = ""


KUBERNETES_VERSION = "k8s.io/component-base/version.gitVersion"


def _kubernetes(name: str) -> Tool:
    return Tool(
        name, "kubernetes", "k8s.io/kubernetes", f"k8s.io/kubernetes/cmd/{name}", KUBERNETES_VERSION
    )


# In the order in which they are built: the quick ones that most tests need come first.
TOOLS = (
    Tool(
        "opa",
        "opa",
        "github.com/open-policy-agent/opa",
        "github.com/open-policy-agent/opa",
    ),
    Tool("etcd", "etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3"),
    _kubernetes("kubectl"),
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    Tool(
        "kwok",
        "kwok",
        "sigs.k8s.io/kwok",
        "sigs.k8s.io/kwok/cmd/kwok",
        "sigs.k8s.io/kwok/pkg/consts.Version",
    ),
    Tool(
        "helm",
        "helm",
        "helm.sh/helm/v3",
        "helm.sh/helm/v3/cmd/helm",
        "helm.sh/helm/v3/internal/version.version",
    ),
    Tool(
        "conftest",
        "conftest",
        "github.com/open-policy-agent/conftest",
        "github.com/open-policy-agent/conftest",
        "github.com/open-policy-agent/conftest/internal/version.Version",
    ),
    Tool(
        "cosign",
        "cosign",
        "github.com/sigstore/cosign/v3",
        "github.com/sigstore/cosign/v3/cmd/cosign",
        "sigs.k8s.io/release-utils/version.gitVersion",
    ),
)


class BuildError(Exception):
    """A tool could not be built; the message says which and what to do."""


def pinned_version(tool: Tool) -> str:
    """Return the version, such as `v1.22.0`, that the tool's go.mod requires of its module."""
    text = (HERE / tool.folder / "go.mod").read_text(encoding="utf-8")
    found = re.search(rf"^(?:require )?\s*{re.escape(tool.module)} (v\S+)", text, re.MULTILINE)
    if found is None:
        raise BuildError(f"tools/{tool.folder}/go.mod does not require {tool.module}")
    return found.group(1)


def stamp(tool: Tool) -> str:
    """Return what a finished build is known by: the version and the digest of the lock."""
    lock = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        lock.update((HERE / tool.folder / name).read_bytes())
    return f"{pinned_version(tool)} {lock.hexdigest()[:16]}\n"


def linker_flags(tool: Tool) -> str:
    """Return the value for `-ldflags`: no symbol tables, and the version where it is needed."""
    version = pinned_version(tool)
    flags = ["-s", "-w"]
    if tool.version_variable:
        flags += ["-X", f"{tool.version_variable}={version}"]
    if tool.version_variable == KUBERNETES_VERSION:
        major, minor, _ = version.removeprefix("v").split(".")
        prefix = KUBERNETES_VERSION.removesuffix("gitVersion")
        flags += ["-X", f"{prefix}gitMajor={major}", "-X", f"{prefix}gitMinor={minor}"]
    return " ".join(flags)


def is_current(tool: Tool, into: Path) -> bool:
    """Whether the binary is there and was built from what is pinned now."""
    record = into / "versions" / tool.name
    return (
        os.access(into / "bin" / tool.name, os.X_OK)
        and record.is_file()
        and record.read_text(encoding="utf-8") == stamp(tool)
    )


def build(tool: Tool, into: Path, environment: Mapping[str, str]) -> None:
    """Build one tool and record what it was built from; raises BuildError where Go fails."""
    binaries, versions = into / "bin", into / "versions"
    binaries.mkdir(parents=True, exist_ok=True)
    versions.mkdir(parents=True, exist_ok=True)
    unfinished = binaries / f".{tool.name}.{os.getpid()}"
    command = ["go", "build", "-trimpath", "-mod=readonly", "-buildvcs=false"]
    command += ["-ldflags", linker_flags(tool), "-o", str(unfinished), tool.package]
    try:
        subprocess.run(  # noqa: S603 - every argument comes from the table above
            command,
            cwd=HERE / tool.folder,
            env={**environment, "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"},
            check=True,
        )
        unfinished.replace(binaries / tool.name)
    except FileNotFoundError as error:
        raise BuildError("the go command was not found: install Go 1.26 or newer") from error
    except subprocess.CalledProcessError as error:
        raise BuildError(f"{tool.name} could not be built; go's own message is above") from error
    finally:
        unfinished.unlink(missing_ok=True)
    (versions / tool.name).write_text(stamp(tool), encoding="utf-8")


def chosen(names: list[str]) -> Iterator[Tool]:
    """Yield the tools named, in table order; all of them where none is named."""
    unknown = sorted(set(names) - {tool.name for tool in TOOLS})
    if unknown:
        known = ", ".join(tool.name for tool in TOOLS)
        raise BuildError(f"no such tool: {', '.join(unknown)} (there are {known})")
    return (tool for tool in TOOLS if not names or tool.name in names)


def main(arguments: list[str]) -> int:
    """Build what is out of date; return 0, or 1 with a message on stderr."""
    parser = argparse.ArgumentParser(
        prog="tools/build.py", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--into", type=Path, default=HERE.parent / ".tools", metavar="DIR")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args(arguments)
    into: Path = options.into.resolve()
    try:
        for tool in chosen(options.names):
            if is_current(tool, into):
                print(f"{tool.name} {pinned_version(tool)} is there", flush=True)
                continue
            print(f"{tool.name} {pinned_version(tool)} is being built ...", flush=True)
            started = time.monotonic()
            build(tool, into, os.environ)
            print(f"{tool.name} built in {time.monotonic() - started:.0f} s", flush=True)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

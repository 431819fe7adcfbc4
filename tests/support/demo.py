"""`make demo`: the demonstration, on a whole Kubernetes cluster too where its programs are.

    python -m tests.support.demo

The cluster is started from what `make tools` built, lives in a scratch folder, and is stopped
afterwards. Without the programs the directory target is shown alone, and what was left out is said.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from controlplane.cli.main import run
from tests.support import binaries
from tests.support.kubernetes import WholeCluster, running
from tests.support.requirements import FIXTURES


def main() -> int:
    """Run the demonstration and return its exit code."""
    absent = [name for name in FIXTURES["whole_cluster"] if binaries.find(name) is None]
    if absent:
        code = run(["demo"])
        print(
            f"Left out: the same on Kubernetes; {binaries.missing(*absent)}",
            file=sys.stderr,
        )
        return code
    with tempfile.TemporaryDirectory(prefix="cpctl-cluster-") as folder:
        print("starting a Kubernetes cluster beside it…", file=sys.stderr)
        with running(WholeCluster(Path(folder))) as cluster:
            return run(["demo", "--kubeconfig", str(cluster.kubeconfig)])


if __name__ == "__main__":
    sys.exit(main())

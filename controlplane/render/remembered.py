"""Remembers what a chart became, so that helm is asked once for the same release.

A chart's answer depends on the release alone (`helm.py` sees to that), so within a process it can
be kept: the base and the head of a change, and one commit after another, are mostly the same.
Only answers are remembered, never faults.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from controlplane.render.helm import ChartRenderer, Release
from evidence.canonical import digest, digest_bytes

KEPT = 512  # answers, each some tens of kilobytes


class RememberedCharts:
    """A chart renderer in front of another. May be asked from several threads."""

    def __init__(self, charts: ChartRenderer, *, kept: int = KEPT) -> None:
        self._charts, self._kept = charts, kept
        self._answers: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def render(self, release: Release) -> str:
        """Return what the other renderer answers, or answered before; raises as it does."""
        key = _key(release)
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        answer = self._charts.render(release)
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > self._kept:
                self._answers.popitem(last=False)
        return answer


def _key(release: Release) -> str:
    """Name everything that the answer depends on."""
    files = [[path, digest_bytes(content)] for path, content in sorted(release.files.items())]
    values = dict(release.values)
    return digest([release.name, release.namespace, release.root, files, values])

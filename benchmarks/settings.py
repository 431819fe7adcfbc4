"""How much to measure and where to put what is made on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """One call of `python -m benchmarks`.

    `quick` measures next to nothing: it shows that every benchmark works. `runs` is how often
    each client is measured. `fsync` lets etcd sync to disk. `say` tells a person how far it is.
    """

    scratch: Path
    say: Callable[[str], None]
    runs: int = 3
    quick: bool = False
    fsync: bool = False

    def choose(self, full: int, quick: int) -> int:
        """`full`, or `quick` where that was asked for."""
        return quick if self.quick else full

    def connections(self, full: Sequence[int]) -> Sequence[int]:
        """The numbers of connections to try."""
        return (2,) if self.quick else full

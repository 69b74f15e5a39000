"""The contracts: gas, calldata and events of each act with n entries in each contract's storage.

Each number of entries is a run of `tests/forge/Scale.t.sol` of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scripts.bench_gas import forge_logs
from scripts.scaling.growth import Kind, Reading

ENGINE = "contracts"


def measure(sizes: Sequence[int]) -> Iterator[Reading]:
    """Yield the readings of every act at each size."""
    for size in sizes:
        logged = forge_logs("ScaleTest", MEDSHARE_ENTRIES=size)
        entries = logged.pop("entries")
        if entries != size:
            raise RuntimeError(f"Forge seeded {entries} entries, not {size}")
        for name, value in sorted(logged.items()):
            unit = "bytes" if "bytes" in name else "gas"
            yield Reading(
                engine=ENGINE,
                name=name,
                kind=Kind.COUNT,
                units="entries in each contract",
                unit=unit,
                n=size,
                value=value,
            )

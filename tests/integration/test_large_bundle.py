"""A Bundle of 100 MB is read in memory that does not grow with it.

given a Bundle far larger than what a process may take
    every resource in it should be read
    the process should not need more memory for it than for a short one
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

MEBIBYTE: Final = 2**20
WHOLE: Final = 100 * MEBIBYTE
MAY_GROW: Final = 16 * MEBIBYTE
"""A few items of 64 KiB and the blocks of a file; the Bundle itself is six times that, and its values more."""
NOTE: Final = 64 * 1024
"""Characters of a note."""
READ: Final = """
import re, sys
from pathlib import Path
from medshare.conversion.fhir import Fhir

def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

def read(name):
    form = Fhir()
    return sum(len(form.convert(item).entries) if number % 16 == 0 else 1
               for number, item in enumerate(form.items(Path(name))))

read(sys.argv[1])
before = peak()
print(read(sys.argv[2]), peak() - before)
"""
"""In a process of its own: what another test needed does not count. One item in 16 is converted, for the time."""


def write_bundle(path: Path, count: int) -> None:
    """Write a Bundle of so many observations."""
    with path.open("wb") as file:
        file.write(b'{"resourceType":"Bundle","type":"collection","entry":[')
        for number in range(count):
            resource = {
                "resourceType": "Observation",
                "id": f"o{number}",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
                "note": [{"text": hashlib.shake_128(str(number).encode()).hexdigest(NOTE // 2)}],
            }
            file.write(b"," if number else b"")
            file.write(json.dumps({"resource": resource}).encode())
        file.write(b"]}")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone tells a process its highest memory so")
def test_a_bundle_of_100_mb_is_read_in_memory_that_does_not_grow_with_it(tmp_path: Path):
    short, long = tmp_path / "short.json", tmp_path / "long.json"
    count = WHOLE // NOTE
    write_bundle(short, 16)
    write_bundle(long, count)
    assert long.stat().st_size > WHOLE
    command = [sys.executable, "-c", READ, str(short), str(long)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    read, grown = map(int, done.stdout.split())
    assert read == count
    assert grown < MAY_GROW

"""Writes tests/vectors/cid/kubo.json with a real Kubo: `python tests/vectors/generate_cid.py IPFS_BINARY`.

The content of block k (1 MiB) is SHAKE256("medshare/vectors/cid" 00 k as 8 bytes, big-endian), cut to the
size at the end; with content "first", every block is block 0. Kubo runs without a daemon or a network, in
a folder of its own, initialised with `--profile unixfs-v1-2025`.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import lru_cache

MIB = 2**20
TARGET = pathlib.Path(__file__).parent / "cid" / "kubo.json"
CASES = [
    *((size, "each") for size in (0, 1, 2047, 2048, 256 * 1024, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB, 3 * MIB + 7)),
    *(
        (size * MIB + more, "first")
        for size, more in ((1023, 0), (1024, 0), (1024, 1), (1025, 0), (2048, 0), (2049, -1))
    ),
]


@lru_cache(maxsize=4)
def block(number: int) -> bytes:
    """Return block `number` of the content, 1 MiB."""
    return hashlib.shake_256(b"medshare/vectors/cid\x00" + number.to_bytes(8, "big")).digest(MIB)


def content(size: int, kind: str) -> Iterator[bytes]:
    """Give the content of `size` bytes, a block at a time."""
    for start in range(0, size, MIB):
        yield block(start // MIB if kind == "each" else 0)[: size - start]


def main(binary: str) -> None:
    """Add every case and write its CID, and the root block where the tree is small."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "IPFS_PATH": home + "/repo", "IPFS_TELEMETRY": "off"}

        def ipfs(*arguments: str) -> bytes:
            return subprocess.run([binary, *arguments], env=environment, check=True, capture_output=True).stdout

        ipfs("init", "--profile", "unixfs-v1-2025")
        cases = []
        for size, kind in CASES:
            small = kind == "each"
            command = [binary, "add", "--quieter", *([] if small else ["--only-hash"])]
            with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as adding:
                assert adding.stdin
                assert adding.stdout
                for part in content(size, kind):
                    adding.stdin.write(part)
                adding.stdin.close()
                cid = adding.stdout.read().decode().strip()
            case: dict[str, object] = {"size": size, "content": kind, "cid": cid}
            if small and size > MIB:
                case["root"] = ipfs("block", "get", cid).hex()
            cases.append(case)
        version = ipfs("version", "--number").decode().strip()
    document = {
        "comment": "Made by tests/vectors/generate_cid.py, which says what the content is.",
        "kubo": version,
        "profile": "unixfs-v1-2025",
        "cases": cases,
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])

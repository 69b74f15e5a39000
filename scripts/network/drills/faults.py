"""The faults: each breaks something, looks what people see, mends it, and says how long it took to heal."""

from __future__ import annotations

import secrets
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from scripts.network.drills.witness import Witness
from scripts.network.errors import NetworkError
from scripts.network.folder import INSTITUTIONS
from scripts.network.node_rpc import CLIENT, NOT_YET, block, post
from scripts.network.pairs import NUMBERS
from scripts.network.road import WRITER
from scripts.network.waiting import until

WRITERS_PAIR = INSTITUTIONS.index(WRITER) + 1
LEVEL_SECONDS = 400


@dataclass(frozen=True, slots=True)
class Seen:
    """What users saw while it was broken, and the seconds from the mending until all was well."""

    users: str
    heal_seconds: float


def pair_killed(witness: Witness) -> Seen:
    """Kill a pair with SIGKILL, let the others go on, start it again."""
    pairs, number = witness.consortium.pairs, len(INSTITUTIONS)
    pairs.stop(number, how=signal.SIGKILL)
    before, final = block(pairs.rpc(1), "latest").number, pairs.final(1)
    seen = witness.reads()
    until("blocks of three pairs", 120, lambda: block(pairs.rpc(1), "latest").number > before + 5, yet=NOT_YET)
    until("a final block of three pairs", 240, lambda: pairs.final(1) > final, yet=NOT_YET)
    return Seen(f"at the others: {seen}; blocks go on and become final", _level(witness, number))


def two_pairs_killed(witness: Witness) -> Seen:
    """Kill two of four pairs: blocks go on, nothing becomes final."""
    pairs = witness.consortium.pairs
    pairs.stop(3, 4, how=signal.SIGKILL)
    before = block(pairs.rpc(1), "latest").number
    until("blocks of two pairs", 240, lambda: block(pairs.rpc(1), "latest").number > before + 12, yet=NOT_YET)
    final, seen = pairs.final(1), witness.reads()
    until("more blocks of two pairs", 240, lambda: block(pairs.rpc(1), "latest").number > before + 24, yet=NOT_YET)
    stands = pairs.final(1) == final
    begun = time.monotonic()
    pairs.start(3, 4)
    pairs.wait_final(final + 1, seconds=LEVEL_SECONDS)
    users = f"{seen}; blocks go on, {'nothing becomes final' if stands else 'and some still became final'}"
    return Seen(users, time.monotonic() - begun)


def own_pair_paused(witness: Witness) -> Seen:
    """Stop the writer's own pair with SIGSTOP: its node accepts and never answers."""
    pairs = witness.consortium.pairs
    pairs.pause(WRITERS_PAIR)
    try:
        seen = witness.reads()
    finally:
        pairs.resume(WRITERS_PAIR)
    return Seen(f"at {WRITER}: {seen}", witness.until_it_reads(LEVEL_SECONDS))


def kubo_lost_with_its_disk(witness: Witness) -> Seen:
    """Kill the writer's Kubo node and remove all it had; a new one takes its place and fetches from the others."""
    consortium, number = witness.consortium, WRITERS_PAIR
    swarm, secret = consortium.swarm, consortium.swarm.secret()
    swarm.stop(number, how=signal.SIGKILL)
    shutil.rmtree(swarm.place(number))
    seen = witness.reads()
    begun = time.monotonic()
    swarm.initialise(number, secret)
    swarm.configure()
    others = [one for one in NUMBERS if one != number]
    swarm.stop(*others)  # they learn the new node's name at their start
    swarm.start(*NUMBERS)
    consortium.institutions.medshare(WRITER, "relay", "reconcile", "--from", "north")
    witness.until_it_reads(LEVEL_SECONDS)
    return Seen(f"at {WRITER}: {seen}", time.monotonic() - begun)


def block_file_corrupted(witness: Witness) -> Seen:
    """Change bytes of a block on the writer's disk; the node must not give it out, and fetches it anew."""
    consortium, number = witness.consortium, WRITERS_PAIR
    swarm = consortium.swarm
    files = sorted((swarm.place(number) / "blocks").rglob("*.data"), key=lambda one: one.stat().st_size)
    chosen = files[len(files) // 2 :]
    if not chosen:
        raise NetworkError("there is no block on the disk to corrupt")
    swarm.stop(number)
    for one in chosen:
        data = bytearray(one.read_bytes())
        place = secrets.randbelow(len(data))
        data[place] ^= 0xFF
        one.write_bytes(data)
    swarm.start(number)
    seen = witness.reads()
    begun = time.monotonic()
    # Kubo's own remedy: what does not hash to its name is dropped, and fetched from the peers.
    post(f"{swarm.api(number)}/repo/verify?drop=true&heal=true", seconds=300)
    consortium.institutions.medshare(WRITER, "relay", "reconcile", "--from", "north")
    witness.until_it_reads(LEVEL_SECONDS)
    return Seen(f"{len(chosen)} blocks changed; at {WRITER}: {seen}", time.monotonic() - begun)


def garbage_collected(witness: Witness) -> Seen:
    """Collect garbage on every Kubo node at once: what is pinned must stay."""
    swarm = witness.consortium.swarm
    removed = 0
    for number in NUMBERS:
        removed += post_lines(f"{swarm.api(number)}/repo/gc")
    begun = time.monotonic()
    witness.until_it_reads()
    return Seen(f"{removed} blocks that nobody pinned are gone; reads", time.monotonic() - begun)


def post_lines(url: str) -> int:
    """Return how many lines a command of Kubo answers with."""
    return len(CLIENT.post(url, timeout=120).raise_for_status().text.splitlines())


def _level(witness: Witness, number: int) -> float:
    """Start a pair and return the seconds until it has what the others have."""
    pairs = witness.consortium.pairs
    begun = time.monotonic()
    pairs.start(number)
    height = block(pairs.rpc(1), "latest").number
    pairs.agree(at_least=height, seconds=LEVEL_SECONDS)
    return time.monotonic() - begun


FAULTS: dict[str, tuple[str, Callable[[Witness], Seen]]] = {
    "pair-killed": ("one of four pairs killed (kill -9)", pair_killed),
    "two-pairs-killed": ("two of four pairs killed (kill -9)", two_pairs_killed),
    "pair-paused": ("the writer's own pair stopped (SIGSTOP)", own_pair_paused),
    "kubo-gc": ("`repo gc` on every Kubo node", garbage_collected),
    "kubo-lost": ("the writer's Kubo node lost with its disk", kubo_lost_with_its_disk),
    "block-corrupted": ("block files of the writer's Kubo node corrupted", block_file_corrupted),
}

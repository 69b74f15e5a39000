"""The chain: a pair of geth and Prysm for each institution, each with an equal share of the 64 validators.

What the flags are for, as seen on this network: `deploy/README.md`, "The chain".
"""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from scripts.network.errors import NetworkError
from scripts.network.folder import HOST, INSTITUTIONS, Folder
from scripts.network.node_keys import enode, make_key, multiaddress, read_key
from scripts.network.node_rpc import NOT_YET, block, get, post
from scripts.network.processes import Processes, Program
from scripts.network.programs import ROOT, Programs
from scripts.network.waiting import until

CHAIN_ID = 71337
VALIDATORS = 64
GENESIS_DELAY = 20
"""Seconds between writing the genesis and the first slot: time to start every process."""
FEE_RECIPIENT = "0x000000000000000000000000000000000000dEaD"
KEEP_ALL = ("--state.scheme=hash", "--db.engine=leveldb")
"""Every block is on disk at once, also when geth is killed: the newer forms keep the last ones in memory."""
CONFIGURATION = ROOT / "deploy" / "chain"
PARTS = ("geth", "beacon-chain", "validator")
NUMBERS = range(1, len(INSTITUTIONS) + 1)


class Pairs:
    """The pairs of a network, numbered from 1."""

    def __init__(self, folder: Folder, processes: Processes, programs: Programs | None = None) -> None:
        self._folder = folder
        self._processes = processes
        self._programs = programs
        self._chain = folder.place / "chain"

    def rpc(self, number: int) -> str:
        """Return where a pair's geth answers."""
        return f"http://{HOST}:{self._folder.read().ports.pair(number, 'rpc')}"

    def beacon(self, number: int) -> str:
        """Return where a pair's beacon node answers."""
        return f"http://{HOST}:{self._folder.read().ports.pair(number, 'beacon')}"

    def place(self, number: int) -> Path:
        """Return a pair's folder."""
        return self._folder.place / "pairs" / str(number)

    @staticmethod
    def names(*numbers: int) -> list[str]:
        """Return the names of the processes of pairs."""
        return [f"{part}-{number}" for number in numbers for part in PARTS]

    # From nothing

    def make(self) -> None:
        """Make keys and the first block; the chain begins 20 s later, so every pair must be started now."""
        chain = self._folder.private("chain")
        (chain / "jwt.hex").write_text(secrets.token_hex(32))
        shutil.copy(CONFIGURATION / "config.yml", chain / "config.yml")
        for number in NUMBERS:
            make_key(self._folder.private("pairs", str(number)) / "key")
        command = [
            *(self._program("prysmctl"), "testnet", "generate-genesis", "--fork=electra"),
            *(f"--num-validators={VALIDATORS}", f"--chain-config-file={chain}/config.yml"),
            f"--genesis-time-delay={GENESIS_DELAY}",
            f"--geth-genesis-json-in={CONFIGURATION}/genesis.json",
            *(f"--geth-genesis-json-out={chain}/genesis.json", f"--output-ssz={chain}/genesis.ssz"),
        ]
        _run(command, chain)
        for number in NUMBERS:
            place = self.place(number)
            _run([self._program("geth"), f"--datadir={place}/geth", "init", *KEEP_ALL, f"{chain}/genesis.json"], place)
        genesis = json.loads((chain / "genesis.json").read_text())
        self._folder.change(genesis_time=int(genesis["timestamp"], 16))

    # Start and stop

    def start(self, *numbers: int) -> None:
        """Start pairs on what they have. Those that missed blocks fetch them from the others of their group."""
        groups = self._folder.read().groups
        running = {number for number in NUMBERS if self._processes.running(f"beacon-chain-{number}")}
        awake = {number for number in running if not self._processes.paused(f"beacon-chain-{number}")}
        for number in numbers:
            group = next(group for group in groups if number in group)
            # Never so when all start together: each would wait for a peer that is ahead, for ever.
            behind = bool(awake & set(group) - set(numbers))
            for program in self._pair(number, group, behind=behind):
                self._processes.start(program)
        for number in numbers:
            self._introduce(number, next(group for group in groups if number in group))

    def stop(self, *numbers: int, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop pairs; SIGKILL is a crash."""
        self._processes.stop(*self.names(*numbers), how=how)

    def pause(self, *numbers: int) -> None:
        """Let pairs hang: their ports stay open and nobody answers."""
        self._processes.send(signal.SIGSTOP, *self.names(*numbers))

    def resume(self, *numbers: int) -> None:
        """Let paused pairs go on."""
        self._processes.send(signal.SIGCONT, *self.names(*numbers))

    def regroup(self, *groups: Sequence[int]) -> None:
        """Restart every pair with the peers of its new group only: a partition, or with one group its end."""
        self.stop(*NUMBERS)
        self._folder.change(groups=tuple(tuple(group) for group in groups))
        self.start(*NUMBERS)

    # What they say

    def agree(self, numbers: Iterable[int] = NUMBERS, *, at_least: int = 1, seconds: float = 120) -> int:
        """Wait until pairs have the same block at the newest height that all of them have; return its number."""
        chosen = tuple(numbers)

        def same() -> int:
            height = min(block(self.rpc(number), "latest").number for number in chosen)
            if height < at_least or len({block(self.rpc(number), height).hash for number in chosen}) > 1:
                return 0
            return height

        return until("the nodes to agree on a block", seconds, same, yet=NOT_YET)

    def final(self, number: int = 1) -> int:
        """Return the newest final block of a pair, 0 before the first."""
        try:
            return block(self.rpc(number), "finalized").number
        except LookupError:
            return 0

    def wait_final(self, height: int, numbers: Iterable[int] = NUMBERS, *, seconds: float = 240) -> None:
        """Wait until the block at `height` is final on pairs."""
        chosen = tuple(numbers)
        until(
            f"block {height} to be final",
            seconds,
            lambda: all(self.final(number) >= height for number in chosen),
            yet=NOT_YET,
        )

    def _introduce(self, number: int, group: Sequence[int]) -> None:
        # The flag --peer makes a beacon node dial before it is ready: it then ignores what others subscribe to, sends
        # them nothing for ever, and they grow a chain of their own.
        url, ports = self.beacon(number), self._folder.read().ports
        until(f"beacon node {number}", 120, lambda: get(f"{url}/eth/v1/node/version"), yet=NOT_YET)
        for other in group:
            if other != number:
                address = multiaddress(read_key(self.place(other) / "key"), ports.pair(other, "cl_p2p"))
                post(f"{url}/prysm/v1/node/trusted_peers", {"addr": address})

    def _program(self, name: str) -> str:
        if self._programs is None:
            raise NetworkError("the programs of the network are not known here")
        return str(self._programs.path(name))

    def _pair(self, number: int, group: Sequence[int], *, behind: bool) -> list[Program]:
        """Return what to run for a pair. `behind`: others went on, so it first fetches in batches what it missed."""
        place, chain, state = self.place(number), self._chain, self._folder.read()

        def port(name: str) -> int:
            return state.ports.pair(number, name)

        enodes = [
            enode(read_key(self.place(other) / "key"), state.ports.pair(other, "el_p2p"))
            for other in group
            if other != number
        ]
        # The flag --port would listen on every interface; this does not.
        listen = f'[Node.P2P]\nListenAddr = "{HOST}:{port("el_p2p")}"\nStaticNodes = {json.dumps(enodes)}\n'
        (place / "geth.toml").write_text(listen)
        # Prysm's default is to go on from the last justified block: when all restart together they would drop what
        # came after or, since geth ignores a wish to go back, make no block at all.
        again = ["--sync-from=head"] if (place / "beacon").exists() else []
        rules, share = f"--chain-config-file={chain}/config.yml", VALIDATORS // len(INSTITUTIONS)
        commands = {
            "geth": [
                *(f"--datadir={place}/geth", f"--config={place}/geth.toml", f"--nodekey={place}/key"),
                *(f"--networkid={CHAIN_ID}", *KEEP_ALL, "--gcmode=archive", "--syncmode=full", "--cache=128"),
                *("--nodiscover", "--nat=none", "--ipcdisable"),
                *("--http", f"--http.addr={HOST}", f"--http.port={port('rpc')}", "--http.api=eth,net,web3,txpool"),
                *("--ws", f"--ws.addr={HOST}", f"--ws.port={port('ws')}", "--ws.api=eth,net,web3"),
                *(f"--authrpc.addr={HOST}", f"--authrpc.port={port('engine')}"),
                f"--authrpc.jwtsecret={chain}/jwt.hex",
            ],
            "beacon-chain": [
                *(f"--datadir={place}/beacon", rules, f"--genesis-state={chain}/genesis.ssz"),
                *("--interop-eth1data-votes", f"--chain-id={CHAIN_ID}", f"--network-id={CHAIN_ID}"),
                *("--contract-deployment-block=0", f"--execution-endpoint=http://{HOST}:{port('engine')}"),
                *(f"--jwt-secret={chain}/jwt.hex", f"--suggested-fee-recipient={FEE_RECIPIENT}"),
                *("--accept-terms-of-use", "--disable-monitoring", "--bootstrap-node=", "--no-discovery"),
                # quic panics here; Prysm distrusts more than five peers on one address.
                *("--disable-quic", f"--p2p-colocation-whitelist={HOST}/8"),
                *(f"--min-sync-peers={int(behind)}", "--minimum-peers-per-subnet=0", f"--p2p-priv-key={place}/key"),
                *(f"--p2p-host-ip={HOST}", f"--p2p-local-ip={HOST}", f"--p2p-tcp-port={port('cl_p2p')}"),
                *(f"--p2p-udp-port={port('cl_udp')}", f"--p2p-quic-port={port('cl_quic')}"),
                *(f"--rpc-host={HOST}", f"--rpc-port={port('cl_grpc')}"),
                *(f"--http-host={HOST}", f"--http-port={port('beacon')}", *again),
            ],
            "validator": [
                *(f"--datadir={place}/validator", rules, f"--interop-num-validators={share}"),
                *(f"--interop-start-index={(number - 1) * share}", f"--beacon-rpc-provider={HOST}:{port('cl_grpc')}"),
                *("--accept-terms-of-use", "--disable-monitoring"),
            ],
        }
        return [
            Program(
                name=f"{part}-{number}",
                command=(self._program(part), *options),
                folder=place,
                environment={"HOME": str(place), "PATH": "/usr/bin:/bin"},
            )
            for part, options in commands.items()
        ]


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode:
        raise NetworkError(f"{' '.join(command[:3])} ended with code {done.returncode}:\n{done.stderr[-2000:]}")

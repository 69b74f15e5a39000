"""A gateway behind one address, answered by two processes in turn."""

from __future__ import annotations

from collections.abc import Callable

from medshare.gateway import Gateway
from medshare.keys.account import AccountKey
from medshare.store import BlockStore
from medshare.vault.sql import SqlVault
from tests.integration.town import Town
from tests.scenarios.doors import DoorProcess, RoundRobin


class TwoProcesses:
    """Two processes of one gateway."""

    def __init__(self) -> None:
        self._proxy = RoundRobin()
        self._proxy.__enter__()
        self.url = self._proxy.origin
        self.processes: tuple[DoorProcess, ...] = ()

    def start(self, place: Town, gateway: Callable[[], Gateway]) -> None:
        office = gateway().office
        assert isinstance(office.vault, SqlVault)
        assert isinstance(office.store, BlockStore)
        assert isinstance(office.key, AccountKey)
        facts = {
            "vault": office.vault.place,
            "store": str(office.store._folder),
            "node": place.node,
            "deployment": str(place.deployment),
            "institution": office.institution,
            "key": office.key.secret_bytes().hex(),
        }
        office.vault.close()
        self.processes = tuple(DoorProcess(self.url, **facts) for _ in range(2))
        for process in self.processes:
            process.start()
        self._proxy.ports = [process.port for process in self.processes]

    def answered(self) -> list[int]:
        """Return how many requests each of the two answered."""
        return [self._proxy.answered[process.port] for process in self.processes]

    def stop(self) -> None:
        try:
            for process in self.processes:
                process.stop()
        finally:
            for process in self.processes:
                process.kill()
            self._proxy.__exit__()

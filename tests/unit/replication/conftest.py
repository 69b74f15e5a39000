"""City Hospital with one confirmed document of Anna's, kept by itself and by three clinics; their auditors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from medshare.actors import Institution
from medshare.consent.categories import Category
from medshare.gateway import Gateway
from medshare.replication.auditor import PinAuditor
from medshare.store.cid import Cid
from medshare.vault import DeficitRow, PinTurnRow, ProofRow, ReplicaRow
from tests.unit.actors.world import World, make_world


@dataclass(kw_only=True)
class Ward:
    """The world, its one leaf, and an auditor for everybody."""

    world: World
    leaf: bytes

    @property
    def cid(self) -> str:
        return self.row.cid

    @property
    def row(self) -> ProofRow:
        return self.rows_of(self.world.city).require(ProofRow, leaf=self.leaf)

    @property
    def holders(self) -> tuple[Institution, ...]:
        return (self.world.city, *self.world.clinics)

    def rows_of(self, institution: Institution):
        return institution.gateway.office.vault

    def store_of(self, institution: Institution):
        return institution.gateway.office.store

    def auditor(self, institution: Institution, **how) -> PinAuditor:
        return PinAuditor(institution.gateway, self.world.sandbox.network.at, **how)

    def look(self, institution: Institution | None = None):
        """Let one institution look at the leaf."""
        return self.auditor(institution or self.world.city).examine(self.leaf)

    def lose(self, institution: Institution) -> None:
        """The disk of an institution loses the body, pin and all."""
        store = self.store_of(institution)
        store.unpin(self.cid)
        store.delete(self.cid)

    def rot(self, institution: Institution) -> None:
        """One bit of the body changes on an institution's disk."""
        blocks, root = self.store_of(institution).blocks, Cid.parse(self.cid)
        blocks[root] = bytes([blocks[root][0] ^ 1]) + blocks[root][1:]

    def down(self, institution: Institution) -> Gateway:
        """An institution's door answers nobody; its gateway is returned, to open it again."""
        return self.world.sandbox.network._gateways.pop(institution.url)

    def up(self, institution: Institution) -> None:
        self.world.sandbox.network.open(institution.url, institution.gateway)


@pytest.fixture(scope="module")
def town() -> World:
    """A world for each module: making one takes seconds."""
    return make_world()


@pytest.fixture
def ward(town) -> Iterator[Ward]:
    """A fresh leaf, the only one whose turn comes."""
    (leaf,) = town.write(Category.PROBLEMS)
    town.anna.sync()
    made = Ward(world=town, leaf=leaf)
    yield made
    for institution in (*made.holders, town.hill):
        made.up(institution)
        vault = made.rows_of(institution)
        for turn in vault.find(PinTurnRow):
            vault.destroy(PinTurnRow, leaf=turn.leaf)
        for alarm in vault.find(DeficitRow):
            vault.destroy(DeficitRow, leaf=alarm.leaf)
        for replica in vault.find(ReplicaRow):
            vault.destroy(ReplicaRow, leaf=replica.leaf)
        for proof in vault.find(ProofRow):
            vault.destroy(ProofRow, leaf=proof.leaf)

"""The town that a run plays in: four institutions, their patients, one chain; and how each process starts.

The town is built once by the package itself, without faults, and kept: accounts, keys, enrolments, one confirmed
document for each patient. A run begins with a copy of its disks and its chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from medshare.actors import Institution, Patient, Regulator
from medshare.actors.copies import MemoryCopies
from medshare.age import HybridIdentity
from medshare.clock import HandClock
from medshare.consent.categories import Category
from medshare.gateway import Gateway
from medshare.gateway.office import Office
from medshare.gateway.view import HeadView
from medshare.intake import Document
from medshare.keys.account import AccountKey
from medshare.keys.compartments import Compartments
from medshare.keys.root import RootSecret
from medshare.keys.state import AgentState
from medshare.ledger import Role
from medshare.outbox import Outbox, Policy
from medshare.release.rule import Facts, Ground, decide
from medshare.store import MemoryStore
from medshare.vault import ROWS, Row, Vault
from medshare.vault.group_commit import GroupCommit
from medshare.vault.sql import memory_vault
from tests.simulation.faults import Trouble
from tests.simulation.schedule import Choices, Process, Schedule
from tests.simulation.vault import MemoryVault, Tables
from tests.simulation.wires import Chain, DiskStore, DiskVault, Door, Node, Observer, ProcessClock, Wide, Wires

START: Final = 1_800_000_000
FINALITY: Final = 4
"""Blocks behind the head from which on nothing is taken back."""

HOUSES: Final = ("City", "Hill", "North", "Harbour")
PEOPLE: Final = ("alice", "ben")
POLICY: Final = Policy(patience=60.0, poll=12.0, slowest_poll=12.0, replace_after=2)
CANARY: Final = b"canary: nobody but a reader with a consent sees this"
ROLES: Final = Role.INSTITUTION | Role.CUSTODIAN | Role.VALIDATOR


def paper(category: Category, text: bytes) -> Document:
    """Return a document that is no patient's."""
    return Document(category=category, media_type="text/plain", text=CANARY + text, resources=1, encounter=None)


@dataclass(frozen=True, kw_only=True)
class HouseKeys:
    """What an institution has that no run changes."""

    name: str
    url: str
    account: AccountKey
    key: AccountKey
    identity: HybridIdentity


@dataclass(frozen=True, kw_only=True)
class PersonKeys:
    """What a patient has that no run changes; `recovery` is never on her device."""

    name: str
    account: AccountKey
    root: RootSecret
    compartments: Compartments
    recovery: AccountKey


@dataclass(frozen=True, kw_only=True)
class Base:
    """The town as every run finds it."""

    houses: tuple[HouseKeys, ...]
    people: tuple[PersonKeys, ...]
    chain: Chain
    regulator: AccountKey
    vaults: dict[str, Tables]
    bodies: dict[str, dict[str, bytes]]
    states: dict[str, AgentState]


@dataclass(eq=False, kw_only=True)
class House:
    """An institution in a run: its disk, and the two processes that use it."""

    keys: HouseKeys
    server: Process
    desk: Process
    vault: Vault
    bodies: MemoryStore
    copies: MemoryCopies = field(default_factory=MemoryCopies)
    gateway: Gateway = field(init=False)
    """The gateway that answers at the door."""
    institution: Institution = field(init=False)
    """What the people at the desk use, with a gateway of its own over the same vault."""

    @property
    def name(self) -> str:
        """Its name."""
        return self.keys.name

    @property
    def address(self) -> str:
        """Its account."""
        return self.keys.account.address


@dataclass(eq=False, kw_only=True)
class Person:
    """A patient in a run: what is on her device, and the process that uses it."""

    keys: PersonKeys
    process: Process
    state: AgentState | None


class PausingOffice(Office):
    """An office whose look at the chain nobody interrupts: another act of its process would wait for it for ever."""

    schedule: Schedule

    def watch(self) -> HeadView:
        """Take in what was mined."""
        act = self.schedule.at_work
        if act is None:
            return super().watch()
        act.atomic += 1
        try:
            return super().watch()
        finally:
            act.atomic -= 1


@dataclass(kw_only=True)
class Town:
    """One run's town."""

    wires: Wires
    choices: Choices
    houses: dict[str, House]
    people: dict[str, Person]
    wide: Wide
    regulator: AccountKey
    rule: Callable[[Facts], Ground] = decide
    """The release rule of every gateway; only a planted fault gives another."""

    def start_server(self, house: House) -> None:
        """Start a gateway's process from what is on its disk."""
        house.server.down = False
        house.gateway = self._gateway(house, house.server)

    def start_desk(self, house: House) -> None:
        """Start a process at the desk from what is on its disk."""
        house.desk.down = False
        gateway = self._gateway(house, house.desk)
        house.institution = Institution(
            account=house.keys.account,
            identity=house.keys.identity,
            gateway=gateway,
            url=house.keys.url,
            network=self.wide,
            ledger=gateway.office.ledger,
            clock=gateway.office.clock,
            entropy=self.choices.entropy(house.desk.name),
            copies=house.copies,
        )

    def agent(self, person: Person) -> Patient:
        """Return a patient's agent as her device remembers it."""
        agent = Patient(
            account=person.keys.account,
            root=person.keys.root,
            network=self.wide,
            ledger=Node(self.wires, person.process),
            clock=ProcessClock(self.wires, person.process),
            entropy=self.choices.entropy(person.process.name),
            state=person.state,
        )
        agent.keys = person.keys.compartments  # its marks cost a hundred thousand hashes
        return agent

    def _gateway(self, house: House, process: Process) -> Gateway:
        wires, schedule = self.wires, self.wires.schedule
        office = PausingOffice(
            institution=house.address,
            key=house.keys.key,
            ledger=Node(wires, process),
            vault=DiskVault(wires, process, house.name, house.vault),
            store=DiskStore(wires, process, house.bodies),
            clock=ProcessClock(wires, process),
            entropy=self.choices.entropy(process.name),
            policy=POLICY,
            step=self._step,
        )
        office.schedule = schedule
        office.outbox = Outbox(
            office.ledger,
            office.vault,
            policy=POLICY,
            step=self._step,
            sleep=lambda seconds: schedule.pause("sleeps", until=wires.clock.now() + int(seconds)),
            monotonic=lambda: float(wires.clock.now()),
        )
        gateway = Gateway(office, self.rule, url=house.keys.url)
        # Who waits for its group's turn would wait for ever: a receipt is written without a pause.
        gateway.counter._book._group = GroupCommit(DiskVault(wires, process, house.name, house.vault, pauses=False))
        return gateway

    def _step(self, name: str) -> None:
        self.wires.trouble.reached(name)
        self.wires.schedule.pause(f"step {name}")


def begin(
    base: Base,
    choices: Choices,
    observer: Observer,
    after: Callable[[Any], None],
    *,
    sql: bool = False,
    rule: Callable[[Facts], Ground] = decide,
) -> Town:
    """Return a town for one run. `sql` puts the vaults into SQLite, as the package does."""
    schedule, clock = Schedule(choices, after), HandClock(base.chain.clock.now())
    schedule.now = clock.now
    wires = Wires(
        schedule=schedule,
        trouble=Trouble(),
        clock=clock,
        chain=base.chain.branch(clock, finality_depth=FINALITY),
        observer=observer,
    )
    houses = {
        keys.name: House(
            keys=keys,
            server=Process(f"{keys.name}'s gateway"),
            desk=Process(f"{keys.name}'s desk"),
            vault=_vault(base.vaults[keys.name], sql=sql),
            bodies=_bodies(base.bodies[keys.name]),
        )
        for keys in base.houses
    }
    people = {
        keys.name: Person(keys=keys, process=Process(f"{keys.name}'s agent"), state=base.states.get(keys.name))
        for keys in base.people
    }
    town = Town(
        wires=wires,
        choices=choices,
        houses=houses,
        people=people,
        wide=Wide(),
        regulator=base.regulator,
        rule=rule,
    )
    _open(town)
    return town


def _open(town: Town) -> None:
    for house in town.houses.values():
        town.start_server(house)
        door = Door(town.wires, house.server, house.keys.url, lambda house=house: house.gateway)  # type: ignore[misc]
        town.wide.doors[house.keys.url] = (house.server, door)
    for house in town.houses.values():
        town.start_desk(house)


def _vault(tables: Tables, *, sql: bool) -> Vault:
    copied: Tables = {kind: dict(rows) for kind, rows in tables.items()}
    if not sql:
        return MemoryVault(copied)
    vault = memory_vault()
    with vault.transaction() as rows:
        for kind in ROWS:
            for key in sorted(copied.get(kind, {})):
                rows.add(copied[kind][key])
    return vault


def _bodies(bodies: dict[str, bytes]) -> MemoryStore:
    store = MemoryStore()
    for body in bodies.values():
        store.put(body)
    return store


class _Nobody:
    """Looks at nothing."""

    def asked(self, *told: Any) -> None:
        """Pass."""

    def answered(self, *told: Any) -> None:
        """Pass."""

    def kept(self, house: str, row: Row) -> None:
        """Pass."""


def build() -> Base:
    """Build the town that runs begin with, by the package's own acts and without a fault."""
    choices = Choices(0)
    entropy = choices.entropy("keys")
    regulator = AccountKey.generate(entropy)
    chain = Chain(regulator.address, HandClock(START))
    house_keys = tuple(
        HouseKeys(
            name=name,
            url=f"https://{name.lower()}.example",
            account=AccountKey.generate(entropy),
            key=AccountKey.generate(entropy),
            identity=HybridIdentity.generate(entropy),
        )
        for name in HOUSES
    )
    people_keys = tuple(_person(name, entropy) for person in PEOPLE for name in (person, f"{person} in her new house"))
    for keys in house_keys:
        Regulator(regulator, chain).accredit(keys.account.address, roles=ROLES, names={"en": f"{keys.name} Hospital"})
    schedule = Schedule(choices, lambda act: None)
    wires = Wires(schedule=schedule, trouble=Trouble(), clock=chain.clock, chain=chain, observer=_Nobody())
    vaults = {keys.name: MemoryVault() for keys in house_keys}
    town = Town(
        wires=wires,
        choices=choices,
        houses={
            keys.name: House(
                keys=keys,
                server=Process("built"),
                desk=Process("built"),
                vault=vaults[keys.name],
                bodies=MemoryStore(),
            )
            for keys in house_keys
        },
        people={keys.name: Person(keys=keys, process=Process(keys.name), state=None) for keys in people_keys},
        wide=Wide(),
        regulator=regulator,
    )
    _open(town)
    for house in town.houses.values():
        house.institution.publish_key()
        house.institution.add_staff(house.keys.key, roles=Role.GATEWAY)
    for name in PEOPLE:
        _settle(town, town.people[name])
    return Base(
        houses=house_keys,
        people=people_keys,
        chain=chain,
        regulator=regulator,
        vaults={name: vault.tables for name, vault in vaults.items()},
        bodies={
            name: {cid: house.bodies.get(cid).read() for cid in house.bodies.list()}
            for name, house in town.houses.items()
        },
        states={name: person.state for name, person in town.people.items() if person.state is not None},
    )


def _person(name: str, entropy: Callable[[int], bytes]) -> PersonKeys:
    root = RootSecret.generate(entropy)
    return PersonKeys(
        name=name,
        account=AccountKey.generate(entropy),
        root=root,
        compartments=Compartments(root),
        recovery=AccountKey.generate(entropy),
    )


def _settle(town: Town, person: Person) -> None:
    """Enrol a person at two desks, name her recovery address, and have one document of hers confirmed."""
    agent = town.agent(person)
    city, hill = town.houses["City"].institution, town.houses["Hill"].institution
    for house in (city, hill):
        house.enrol(agent.answer(house.offer_enrolment()), identity_checked=True)
    city.upload_as(agent.address, {hashlib.sha256(person.keys.name.encode()).digest(): paper(Category.LABORATORY, b"")})
    others = [house.institution for house in town.houses.values() if house.name != "City"]
    city.seek_confirmation(city.anchor(), others)
    agent.name_recovery(person.keys.recovery.address)
    agent.sync()
    person.state = agent.state

"""What the agents of a run do: each verb one act of the package, in the process that does it in life.

A verb takes its choices from the seed by its own number, so that leaving another one out does not change it. What
the package refuses is part of life, and is counted; anything else that an act ends with is a finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from medshare.actors import Patient
from medshare.actors.moving import change_locks, move_house
from medshare.actors.requester import Requester
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.errors import MedShareError
from medshare.hexadecimal import Bytes32
from medshare.keys.directory import Place
from medshare.outbox.findings import Finding
from medshare.outbox.periods import NothingToAnchor
from medshare.outbox.reconciler import reconcile
from medshare.typed_data import EraseAll, sign
from medshare.vault import SubmittedRow
from tests.simulation.schedule import Process
from tests.simulation.town import House, Person, Town, paper

CATEGORIES: Final = (Category.LABORATORY, Category.MEDICATIONS, Category.HIV)
PURPOSES: Final = ("TREAT", "TREAT", "HRESCH")
"""Care, twice as often; and one that waits for a final block."""

WRITERS: Final = ("City", "Hill")
READERS: Final = ("Hill", "North", "Harbour")


@dataclass(frozen=True, slots=True)
class PlannedAct:
    """One act of a plan: from which step on, what, and the number that its choices hang on."""

    step: int
    verb: str
    number: int


class Notes(Protocol):
    """Who is told what an act promised."""

    def accepted(self, house: House, leaf: Bytes32) -> None:
        """An upload was accepted."""
        ...

    def reconciled(self, house: House, found: tuple[Finding, ...]) -> None:
        """An institution compared chain, vault and store."""
        ...

    def ended(self, name: str, error: MedShareError | None) -> None:
        """An act came to its end."""
        ...


class Story:
    """The verbs of one run."""

    def __init__(self, town: Town, notes: Notes) -> None:
        self.town = town
        self.notes = notes
        self.at_home = {name: name for name in ("alice", "ben")}
        """Who each person is now: herself, or herself in her new house."""
        self.amended: set[Bytes32] = set()
        self.outcomes: Counter[str] = Counter()
        self.verbs: dict[str, Callable[[int], None]] = {
            "upload": self.upload,
            "amend": self.amend,
            "period": self.period,
            "check": self.check,
            "collect": self.collect,
            "sync": self.sync,
            "grant": self.grant,
            "read": self.read,
            "revoke": self.revoke,
            "lock": self.lock_down,
            "erase": self.erase,
            "erase all": self.erase_all,
            "move": self.move,
            "retract": self.retract,
            "maintain": self.maintain,
            "resume": self.resume,
            "reconcile": self.reconcile,
            "honour": self.honour,
        }

    def begin(self, planned: PlannedAct) -> None:
        """Let a planned act begin."""
        self.verbs[planned.verb](planned.number)

    # At desks

    def upload(self, number: int) -> None:
        """A hospital uploads one to three documents."""
        house, person = self._house(number, WRITERS), self._person(number)
        count = 1 + self._pick(number, "documents", 3)

        def work() -> None:
            papers = {}
            for place in range(count):
                category = CATEGORIES[self._pick(number, f"category {place}", 3)]
                papers[self.town.choices.entropy(f"record {number}")(32)] = paper(category, b"%d %d" % (number, place))
            done = house.institution.upload_as(person.keys.account.address, papers)
            for one in done.written:
                self.notes.accepted(house, one.leaf)

        self._at_desk("upload", number, house, "writing", work)

    def amend(self, number: int) -> None:
        """A hospital writes a new version of something that is waiting or anchored."""
        house = self._house(number, WRITERS)

        def work() -> None:
            person = self._person(number)
            known = {copy.leaf for copy in person.state.capsules} if person.state else set()
            leaves = sorted(known - self.amended)
            if leaves:
                leaf = leaves[self._pick(number, "leaf", len(leaves))]
                self.amended.add(leaf)  # two amendments of one version are not simulated: see the README
                done = house.institution.amend(leaf, paper_text(number))
                for one in done.written:
                    self.notes.accepted(house, one.leaf)

        self._at_desk("amend", number, house, "writing", work)

    def period(self, number: int) -> None:
        """A hospital closes its period and leaves it at the doors of the three others."""
        house = self._house(number, WRITERS)

        def work() -> None:
            self.close_period(house)

        self._at_desk("period", number, house, "anchoring", work)

    def close_period(self, house: House) -> None:
        """Anchor what waits and submit it."""
        try:
            period = house.institution.anchor()
        except NothingToAnchor:
            return
        house.institution.submit(period, self.others(house))

    def others(self, house: House) -> list[Place]:
        """Return the doors of the three others."""
        return [Place(account=one.address, url=one.keys.url) for one in self.town.houses.values() if one is not house]

    def check(self, number: int) -> None:
        """Two or three institutions check what was left with them."""
        for name in self.town.houses:
            if self._pick(number, f"checks {name}", 4):
                house = self.town.houses[name]
                self._at_desk("check", number, house, "checking", house_work(house, "check"))

    def collect(self, number: int) -> None:
        """A hospital collects verdicts."""
        house = self._house(number, WRITERS)
        self._at_desk("collect", number, house, "anchoring", lambda: self.collect_all(house))

    @staticmethod
    def collect_all(house: House) -> None:
        """Collect the verdicts on every period that is not confirmed; one that fails keeps nobody from the next."""
        failure: MedShareError | None = None
        for period in house.institution.unconfirmed():
            try:
                house.institution.collect_verdicts(period)
            except MedShareError as error:
                failure = error
        if failure is not None:
            raise failure

    def read(self, number: int) -> None:
        """Somebody reads what she may, at the hospital that keeps it, and what she may no more."""
        house, person = self._house(number, READERS), self._person(number)
        door_of = self._house(number, WRITERS).keys.url

        def work() -> None:
            reader: Requester = house.institution
            door = self.town.wide.at(door_of)
            found = door.postbox.consents_for(house.address, person.keys.account.address)
            mine = [one for one in found if one.word.actions & Action.READ]
            refused: MedShareError | None = None
            for consent in mine[-2:]:
                purpose = "TREAT" if consent.word.purposes >> 60 & 1 else "HRESCH"
                try:
                    rows = reader.list_documents(door, consent, purpose=purpose)
                    for row in rows[:2]:
                        reader.read(door, consent, row, purpose=purpose)
                    if rows and person.state and person.state.capsules:
                        # She tries a document that she was not shown, under a slot that she was.
                        others = sorted(copy.leaf for copy in person.state.capsules)
                        leaf = others[self._pick(number, "pried", len(others))]
                        slot = consent.category_slot(consent.categories[0])
                        reader.read(door, consent, replace(rows[0], leaf=leaf, slot=slot), purpose=purpose)
                except MedShareError as error:
                    refused = error
            if refused is not None:
                raise refused

        self._at_desk("read", number, house, "reading", work)

    def retract(self, number: int) -> None:
        """A hospital takes one of its documents back."""
        house, person = self._house(number, WRITERS), self._person(number)

        def work() -> None:
            leaves = sorted(copy.leaf for copy in person.state.capsules) if person.state else []
            if leaves:
                house.institution.retract(leaves[self._pick(number, "leaf", len(leaves))], reason=2)

        self._at_desk("retract", number, house, "writing", work)

    def resume(self, number: int) -> None:
        """A desk completes what was stopped."""
        house = self._house(number, WRITERS)
        self._at_desk("resume", number, house, "resuming", lambda: self.complete(house))

    def complete(self, house: House) -> None:
        """Do what `medshare record resume` does: complete, anchor what waits, submit what was never submitted."""
        desk = house.institution
        desk.resume()
        if desk.waiting:
            self.close_period(house)
        for period in desk.unconfirmed():
            if not house.vault.count(SubmittedRow, provider=house.address, root=period.root):
                desk.submit(period, self.others(house))

    def reconcile(self, number: int) -> None:
        """An institution compares chain, vault and store."""
        house = self._house(number, tuple(self.town.houses))
        self._at_desk("reconcile", number, house, "checking", lambda: self.compare(house))

    def compare(self, house: House) -> None:
        """Reconcile; what was lost is fetched from whoever has it."""

        def replica(cid: str) -> bytes | None:
            for other in self.town.houses.values():
                if other is not house:
                    try:
                        body: bytes = self.town.wide.at(other.keys.url).body(cid)
                    except MedShareError:
                        continue
                    return body
            return None

        self.notes.reconciled(house, reconcile(house.institution.gateway, replica=replica))

    def honour(self, number: int) -> None:
        """A reader destroys what was erased."""
        house = self._house(number, READERS)
        self._at_desk("honour", number, house, "reading", house_work(house, "honour"))

    # In gateways

    def maintain(self, number: int) -> None:
        """A gateway does what it does every few minutes."""
        house = self._house(number, tuple(self.town.houses))
        self._in("maintain", number, house.server.name, house.server, lambda: self.keep_up(house))

    @staticmethod
    def keep_up(house: House) -> None:
        """Complete, send again, sweep, anchor the receipts."""
        house.gateway.resume()
        house.gateway.anchoring.keep_up()

    # On patients' devices

    def sync(self, number: int) -> None:
        """A patient's agent synchronises."""
        self._on_device("sync", number, lambda agent: agent.sync())

    def grant(self, number: int) -> None:
        """A patient lets somebody read."""
        house = self._house(number, READERS)
        purpose = PURPOSES[self._pick(number, "purpose", len(PURPOSES))]
        categories = [CATEGORIES[:2], CATEGORIES[2:]][self._pick(number, "sensitive", 4) == 0]

        def work(agent: Patient) -> None:
            agent.grant(house.address, categories=categories, purposes=[purpose], days=30, actions=Action.READ)

        self._on_device("grant", number, work)

    def revoke(self, number: int) -> None:
        """A patient ends a consent to read."""

        def work(agent: Patient) -> None:
            mine = [one for one in agent.consents() if one.word.actions & Action.READ and one.patient == agent.address]
            if mine:
                agent.revoke(mine[-1 - self._pick(number, "consent", len(mine))])

        self._on_device("revoke", number, work)

    def lock_down(self, number: int) -> None:
        """A patient voids everything."""
        self._on_device("lock", number, lambda agent: agent.lock_down())

    def erase(self, number: int) -> None:
        """A patient erases one document."""

        def work(agent: Patient) -> None:
            leaves = sorted(agent.copies())
            if leaves:
                agent.erase(leaves[self._pick(number, "leaf", len(leaves))])

        self._on_device("erase", number, work)

    def erase_all(self, number: int) -> None:
        """A patient erases everything; her recovery address signs too."""
        person = self._person(number)

        def work(agent: Patient) -> None:
            signature = sign(EraseAll(patient=agent.address), agent.domains, person.keys.recovery)
            agent.erase_all(recovery_signature=signature)

        self._on_device("erase all", number, work)

    def move(self, number: int) -> None:
        """A patient moves to a new address, changes the locks there, and lives there from now on."""
        name = ("alice", "ben")[self._pick(number, "person", 2)]
        old = self.town.people[name]
        new = self.town.people[f"{name} in her new house"]
        if self.at_home[name] != name:
            return

        def work() -> None:
            if old.state is None:
                return
            agent, next_agent = self.town.agent(old), self.town.agent(new)
            desk = self.town.houses["City"].institution
            moved = False
            try:
                desk.enrol(next_agent.answer(desk.offer_enrolment()), identity_checked=True)
                move_house(agent, next_agent, recovery=old.keys.recovery)
                moved = True
                self.at_home[name] = new.keys.name
                next_agent.sync()
                change_locks(next_agent)
            finally:
                if moved:
                    new.state = next_agent.state

        self._in("move", number, name, old.process, work)

    def _on_device(self, verb: str, number: int, work: Callable[[Patient], object]) -> None:
        name = ("alice", "ben")[self._pick(number, "person", 2)]

        def run() -> None:
            self.use(self.town.people[self.at_home[name]], work)

        self._in(verb, number, name, self.town.people[name].process, run)

    def use(self, person: Person, work: Callable[[Patient], object]) -> None:
        """Run something with a patient's agent; what it remembers is kept, unless its process dies."""
        agent = self.town.agent(person)
        try:
            work(agent)
        except MedShareError:
            person.state = agent.state
            raise
        person.state = agent.state

    # Choices

    def _pick(self, number: int, name: str, below: int) -> int:
        return self.town.choices.number(f"act {number} {name}", below)

    def _house(self, number: int, names: tuple[str, ...]) -> House:
        return self.town.houses[names[self._pick(number, "house", len(names))]]

    def _person(self, number: int) -> Person:
        return self.town.people[self.at_home[("alice", "ben")[self._pick(number, "person", 2)]]]

    def _at_desk(self, verb: str, number: int, house: House, lane: str, work: Callable[[], object]) -> None:
        self._in(f"{verb} by {house.name}", number, f"{house.name} {lane}", house.desk, work)

    def _in(self, verb: str, number: int, lane: str, process: Process, work: Callable[[], object]) -> None:
        name = f"{verb} #{number}"

        def run() -> None:
            if process.down:
                return
            try:
                work()
            except MedShareError as error:
                self.outcomes[error.code] += 1
                self.notes.ended(name, error)
            else:
                self.notes.ended(name, None)

        self.town.wires.schedule.begin(name, lane, process, run)


def paper_text(number: int) -> bytes:
    """Return the words of an amendment."""
    return paper(Category.LABORATORY, b"amended %d" % number).text


def house_work(house: House, what: str) -> Callable[[], object]:
    """Return something that a desk does, by the process that is alive when it begins."""

    def work() -> None:
        desk = house.institution
        if what == "check":
            desk.check_submissions()
        else:
            desk.honour_erasures()

    return work

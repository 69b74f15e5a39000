"""The patient's agent: keys, memory, doors. It alone touches the root secret, seeds and plaintext."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from medshare.actors.looking import note_asked
from medshare.actors.network import DOOR_FAULTS, Network
from medshare.age import HybridIdentity
from medshare.clock import Clock
from medshare.consent.actions import Action
from medshare.consent.document import ConsentDocument
from medshare.errors import MedShareError, UnreachableError
from medshare.gateway.door import Door
from medshare.hexadecimal import ZERO_32, Address, Bytes32, to_hex
from medshare.keys.account import AccountKey
from medshare.keys.compartments import Compartments
from medshare.keys.directory import KeyDirectory, Place
from medshare.keys.envelope import AddressSeeds, seal_envelope
from medshare.keys.root import RootSecret
from medshare.keys.state import AgentState, CapsuleCopy, ConsentCopy
from medshare.ledger import Ledger
from medshare.public_records import key_document_of
from medshare.release.rule import OWN_SLOT
from medshare.signed import Signed, domains_of
from medshare.typed_data import Domains, Message, ReadRequest

DOOR = "door:"
CUSTODIAN = "custodian:"
ENDED = "ended:"
OWED = "owed:"

T = TypeVar("T")


class NoDoor(UnreachableError):
    """Raised when an agent knows no gateway to go through."""

    code = "agent.no-door"
    cause = "The agent knows no gateway."
    remedy = "Enrol at an institution, or restore with the URL of a custodian."


class Agent:
    """Keys and memory of one address, and the doors it goes through.

    Args:
        account: The account key; an EIP-1193 wallet can stand in its place.
        root: The root secret.
        network: Where doors are.
        ledger, clock, entropy: The chain, the time, the randomness.
        state: What a backup brought back; without it the agent begins anew.
    """

    def __init__(
        self,
        *,
        account: AccountKey,
        root: RootSecret,
        network: Network,
        ledger: Ledger,
        clock: Clock,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        state: AgentState | None = None,
    ) -> None:
        self.account = account
        self.keys = Compartments(root)
        self.network = network
        self.ledger = ledger
        self.clock = clock
        self.entropy = entropy
        self._root = root
        domains = domains_of(ledger.deployment)
        self.state = state or AgentState(
            chain_id=domains.chain_id, registry=domains.participants, patient=account.address, epoch=1
        )
        self.faults: dict[str, str] = {}

    @property
    def address(self) -> Address:
        """The patient's address."""
        return self.account.address

    @property
    def domains(self) -> Domains:
        """For whom signatures are meant."""
        return domains_of(self.ledger.deployment)

    def secret_root(self) -> RootSecret:
        """Return the root secret, for its words or a move. It never leaves the agent otherwise."""
        return self._root

    # Doors

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the gateways of every institution where the patient enrolled, and of her custodians, are."""
        found = (url for name, url in self.state.notes.items() if name.startswith((DOOR, CUSTODIAN)))
        return tuple(dict.fromkeys(found))

    @property
    def doors(self) -> tuple[Door, ...]:
        """The gateways that answer; `faults` says which do not. Nothing must wait for one that is down."""
        found = []
        for url in self.urls:
            try:
                found.append(self.network.at(url))
            except DOOR_FAULTS as error:
                self.faults[url] = error.code
        return tuple(found)

    @property
    def serving(self) -> tuple[Door, ...]:
        """The doors that serve this address. After a move the others still hold what the old one left there."""
        answers = self.through(self.doors, lambda door: (door, door.postbox.knows(self.address)))
        return tuple(door for door, serves in answers if serves)

    def through(self, doors: Iterable[Door], act: Callable[[Door], T]) -> list[T]:
        """Do the same at each of these doors and return what came of it; passing over what is down, lies or refuses.

        `faults` holds the code of the error by URL.
        """
        found = []
        for door in doors:
            try:
                found.append(act(door))
            except DOOR_FAULTS as error:  # [W-012]
                self.faults[door.url] = error.code
        return found

    def by_first(self, doors: Iterable[Door], act: Callable[[Door], T]) -> tuple[Door, T]:
        """Do it at the first of these doors that does not fail, whatever is wrong with the ones before it.

        Raises:
            NoDoor: There is none.
            MedShareError: All failed: what the last one said.
        """
        failure: MedShareError = NoDoor()
        for door in doors:
            try:
                return door, act(door)
            except DOOR_FAULTS as error:  # [W-012]
                self.faults[door.url] = error.code
                failure = error
        raise failure

    @property
    def door(self) -> Door:
        """The first door.

        Raises:
            NoDoor: There is none.
        """
        doors = self.serving or self.doors
        if not doors:
            raise NoDoor
        return doors[0]

    @property
    def custodians(self) -> tuple[Place, ...]:
        """The custodians that the patient chose."""
        return tuple(
            Place(account=name.removeprefix(CUSTODIAN), url=url)
            for name, url in sorted(self.state.notes.items())
            if name.startswith(CUSTODIAN)
        )

    def note(self, name: str, text: str) -> None:
        """Remember a text under a name."""
        self.state = replace(self.state, notes={**self.state.notes, name: text})

    def forget_note(self, name: str) -> None:
        """Forget what was remembered under a name."""
        self.state = replace(
            self.state, notes={other: text for other, text in self.state.notes.items() if other != name}
        )

    def next_number(self, name: str) -> int:
        """Return the next number of something that must rise, and remember it."""
        number = self.state.counter(name) + 1
        self.state = replace(self.state, counters={**self.state.counters, name: number})
        return number

    # Signing

    def sign(self, message: Message) -> Signed[Message]:
        """Return `message` signed by the account."""
        return Signed.by(self.account, message, self.domains)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The patient's address, and those that she left."""
        return (self.address, *(old.patient for old in self.state.old_roots))

    def own_request(
        self, gateway: Door, *, leaf: Bytes32 = ZERO_32, history: bool = True, patient: Address | None = None
    ) -> Signed[ReadRequest]:
        """Return the patient's own signed request to a gateway: no consent, slot 255.

        `patient` is an address that she left, to read what was logged there. The agent remembers
        the question until it saw the receipt.
        """
        message = ReadRequest(
            gateway=gateway.address,
            consent_id=ZERO_32,
            patient=patient or self.address,
            accessor=self.address,
            slot=OWN_SLOT,
            purpose=0,
            action=int(Action.READ),
            leaf=leaf,
            history=history,
            nonce=self.entropy(32),
            at=self.clock.now(),
        )
        request = Signed.by(self.account, message, self.domains)
        note_asked(self, request)
        return request

    # Keys

    def directory(self) -> KeyDirectory:
        """Return the directory of the present epoch."""
        return KeyDirectory.of(
            self.keys,
            domains=self.domains,
            patient=self.address,
            epoch=self.state.epoch,
            custodians=self.custodians,
            postboxes=[
                Place(account=name.removeprefix(DOOR), url=url)
                for name, url in sorted(self.state.notes.items())
                if name.startswith(DOOR)
            ][:16],
        )

    def identities(self, compartment: int, epoch: int, owner: Address) -> Iterable[HybridIdentity]:
        """Yield the keys that may open a capsule of `owner`: the present root's, and the old root's."""
        if owner != self.address:
            for old in self.state.old_roots:
                if old.patient == owner:
                    yield Compartments(old.root).identity(compartment, epoch)
        yield self.keys.identity(compartment, epoch)

    def leave_envelope(self, consent: ConsentDocument) -> None:
        """Seal the envelope of a consent in the present epoch and leave it at every door."""
        seeds = [self._seeds(self.keys, self.address, self.state.epoch, consent)]
        seeds += [
            self._seeds(Compartments(old.root), old.patient, old.epoch, consent)
            for old in self.state.old_roots
            if self._keeps_capsules_of(old.patient, old.epoch)
        ]
        sealed = seal_envelope(
            consent,
            seeds,
            grantee=key_document_of(self.ledger, consent.grantee).key,
            seq=self.next_number(f"envelope:{to_hex(consent.consent_id)}"),
            at=self.clock.now(),
            domains=self.domains,
            agent=self.keys.agent_key,
            entropy=self.entropy,
        )

        def leave(door: Door) -> str:
            # A door that was enrolled later has not heard of the consent.
            door.postbox.take_consent(consent)
            door.postbox.take_envelope(sealed.signed, sealed.data)
            return door.url

        self.owe(consent, set(self.urls) - set(self.through(self.doors, leave)))

    def owe(self, consent: ConsentDocument, urls: Collection[str]) -> None:
        """Remember at which doors the document and the envelope of a consent could not be left; none forgets it."""
        name = f"{OWED}{to_hex(consent.consent_id)}"
        if urls:
            self.note(name, " ".join(sorted(urls)))
        else:
            self.forget_note(name)

    def owed(self, consent: ConsentDocument) -> tuple[str, ...]:
        """Return the doors at which a consent is still to be left."""
        return tuple(self.state.notes.get(f"{OWED}{to_hex(consent.consent_id)}", "").split())

    # Memory

    def consents(self) -> tuple[ConsentDocument, ...]:
        """Return every consent that the patient ever signed with this agent."""
        return tuple(ConsentDocument.from_bytes(copy.document) for copy in self.state.consents)

    def is_over(self, consent: ConsentDocument) -> bool:
        """Return whether the agent has noted that a consent ended."""
        return f"{ENDED}{to_hex(consent.consent_id)}" in self.state.notes

    def keep_consent(self, consent: ConsentDocument) -> None:
        """Remember a consent."""
        copies = (*self.state.consents, ConsentCopy(document=consent.to_bytes()))
        self.state = replace(self.state, consents=copies)

    def copies(self) -> Mapping[Bytes32, CapsuleCopy]:
        """Return the agent's own copies of capsules, by leaf."""
        return {copy.leaf: copy for copy in self.state.capsules}

    def _keeps_capsules_of(self, owner: Address, epoch: int) -> bool:
        """Return whether a capsule of an old address is still under its old root."""
        marked = self.state.counter(f"rewrapped:{owner}")
        return any(copy.patient == owner for copy in self.state.capsules) and marked == 0 and epoch > 0

    @staticmethod
    def _seeds(keys: Compartments, owner: Address, epoch: int, consent: ConsentDocument) -> AddressSeeds:
        return AddressSeeds(
            patient=owner,
            epoch=epoch,
            seeds={int(c): keys.seed(int(c), epoch) for c in consent.categories if not c.is_folder},
        )

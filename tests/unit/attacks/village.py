"""A small consortium for attacks: one hospital with one document of Alice's, and whoever else is needed."""

from __future__ import annotations

from dataclasses import dataclass

from medshare import Category, Sandbox
from medshare.actors import Institution, Patient
from medshare.clock import HandClock
from medshare.digest import keccak
from medshare.gateway import Gateway
from medshare.gateway.shelf import cid_digest
from medshare.hexadecimal import Address, Bytes32
from medshare.intake import Document
from medshare.record.leaf import leaf_hash
from medshare.signed import Signed
from medshare.typed_data import Deposit, Register
from medshare.vault import CapsuleRow, ProofRow

TREAT = "TREAT"
INNER = b"\x07" * 32
"""The inner digest of a document that somebody makes up."""

JUNK = b"no capsule"


def document(text: bytes = b'{"resourceType":"Bundle"}', category: Category = Category.LABORATORY) -> Document:
    """A document as intake hands it over."""
    return Document(category=category, media_type="application/fhir+json", text=text, resources=1, encounter=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Village:
    """City Hospital, Alice, and the leaf of her one document there."""

    sandbox: Sandbox
    city: Institution
    alice: Patient
    leaf: Bytes32

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        clock = self.sandbox.clock
        assert isinstance(clock, HandClock)
        clock.advance(seconds)

    @property
    def gateway(self) -> Gateway:
        """The hospital's door."""
        return self.city.gateway

    @property
    def capsule(self) -> CapsuleRow:
        """The document's capsule as it is kept."""
        return self.gateway.office.vault.require(CapsuleRow, leaf=self.leaf)

    @property
    def proof(self) -> ProofRow:
        """Where the document stands, as it is kept."""
        return self.gateway.office.vault.require(ProofRow, leaf=self.leaf)

    def mallory(self) -> Patient:
        """A stranger who registered herself and names the hospital as her custodian, which never asked for it."""
        mallory = self.sandbox.patient()
        mallory.note(f"custodian:{self.city.address}", self.city.url)
        directory = mallory.directory()
        register = Signed.by(
            mallory.account, Register(patient=mallory.address, directory=directory.digest), mallory.domains
        )
        self.sandbox.ledger.register_by_sig(
            patient=mallory.address,
            directory=directory.digest,
            signature=register.signature,
            sender=self.sandbox.account(),
        )
        self.gateway.postbox.take_directory(directory.to_bytes(), register)
        return mallory

    def made_up(
        self, *, provider: Address, patient: Address, cid: str, compartment: int = 7, epoch: int = 1
    ) -> Deposit:
        """The deposit of a document that nobody wrote; its capsule is `JUNK`."""
        return Deposit(
            provider=provider,
            patient=patient,
            leaf=leaf_hash(patient=patient, inner=INNER),
            compartment=compartment,
            epoch=epoch,
            capsule=keccak(JUNK),
            cid=cid_digest(cid),
            at=self.sandbox.clock.now(),
        )


def village(validators: int = 0) -> Village:
    """Return a village; with three validators the document is confirmed, without it is only anchored."""
    sandbox = Sandbox.in_memory()
    city = sandbox.institution("City Hospital")
    alice = sandbox.patient()
    sandbox.enrol(alice, city)
    written = city._writer.upload(alice.address, [document()]).written
    anchoring = city.anchor()
    if validators:
        city.seek_confirmation(anchoring, [sandbox.institution(f"Clinic {number}") for number in range(validators)])
    alice.sync()
    return Village(sandbox=sandbox, city=city, alice=alice, leaf=written[0].leaf)

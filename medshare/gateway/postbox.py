"""The postbox: what one party leaves at a gateway for another. The gateway can open none of it.

Directories and consent documents are read, to check them; envelopes, requests, states and
catalogues are sealed to somebody else.
"""

from __future__ import annotations

from functools import lru_cache

from medshare.consent.document import ConsentDocument
from medshare.consent.terms import request_id
from medshare.digest import keccak
from medshare.gateway import disputing
from medshare.gateway.dispute import Disputed
from medshare.gateway.errors import (
    ConsentNotOnChain,
    DirectoryUnknown,
    NotEmpoweredHere,
    NotEnrolled,
    NotWhatWasSigned,
    RequestClosed,
)
from medshare.gateway.office import Office
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32
from medshare.keys.directory import KeyDirectory
from medshare.ledger import Power
from medshare.public_records import check_words
from medshare.signed import Signed, kept
from medshare.typed_data import (
    Catalogue,
    Directory,
    Dispute,
    Domains,
    Enrol,
    Envelope,
    Refuse,
    Register,
    Settle,
    State,
)
from medshare.vault import (
    CatalogueRow,
    ConsentRow,
    DirectoryRow,
    EnrolmentRow,
    EnvelopeRow,
    ProofRow,
    RefusalRow,
    RequestRow,
    StateRow,
)

CONSENT_SIZE = 16_384
"""Bytes that a kept consent document takes, or a multiple; a statement is mostly below half of it."""


class Postbox:
    """Keeps letters for one gateway."""

    def __init__(self, office: Office) -> None:
        self._office = office

    # Who is known here

    def enrolled(self, patient: Address) -> bool:
        """Return whether this institution enrolled the address at its desk."""
        return self._office.vault.get(EnrolmentRow, institution=self._office.institution, patient=patient) is not None

    def chosen_by(self, patient: Address) -> bool:
        """Return whether the directory of `patient` names this institution as a custodian."""
        try:
            directory = self.directory(patient)
        except DirectoryUnknown:
            return False
        return any(place.account == self._office.institution for place in directory.custodians)

    def knows(self, patient: Address) -> bool:
        """Return whether the gateway relays and keeps more than it must for `patient`."""
        return self.enrolled(patient) or self.chosen_by(patient)

    def keep_enrolment(self, signed: Signed[Enrol], *, at: int) -> None:
        """Keep the signed `Enrol` of a person whose identity the desk checked."""
        message = self._office.check(signed, signer=signed.message.patient)
        self._office.vault.put(
            EnrolmentRow(institution=message.institution, patient=message.patient, seq=at, signed=signed.keep())
        )

    # Directories

    def take_directory(self, data: bytes, signed: Signed[Register] | Signed[Directory] | Signed[Enrol]) -> None:
        """Keep the bytes of a directory, before or after its digest is on the chain.

        Raises:
            DocumentMalformed, DigestDiffers, DocumentForeign: Not the directory that was signed.
            The errors of `medshare.typed_data`: Not signed by the patient.
        """
        message = signed.message
        self._office.check(signed, signer=message.patient)
        digest = message.digest if isinstance(message, Directory) else message.directory
        KeyDirectory.parse(data, digest=digest, domains=self._office.domains, patient=message.patient)
        self._office.vault.put(DirectoryRow(digest=digest, owner=message.patient, document=data))

    def directory(self, patient: Address) -> KeyDirectory:
        """Return the directory whose digest is on the chain now.

        Raises:
            DirectoryUnknown: There is none, or its bytes are not here.
        """
        digest = self._office.ledger.digest_of(patient)
        row = None if digest == ZERO_32 else self._office.vault.get(DirectoryRow, digest=digest)
        if row is None:
            raise DirectoryUnknown(patient=patient)
        return _parsed(row.document, digest, self._office.domains, patient)

    def epoch_since(self, patient: Address) -> int:
        """Return the second from which the present epoch is on the chain, whatever else changed since."""
        self._office.watch()
        epoch, since = self.directory(patient).epoch, 0
        for second, digest in self._office.directories_of(patient):
            row = self._office.vault.get(DirectoryRow, digest=digest)
            if since and (row is None or _parsed(row.document, digest, self._office.domains, patient).epoch != epoch):
                break
            since = second
        return since

    # Consents and envelopes

    def take_consent(self, document: ConsentDocument) -> None:
        """Keep the document of a consent that is on the chain; the first one stands.

        Raises:
            The errors of `check_consent`.
            ConsentNotOnChain: The chain does not have it; what anybody makes up is not kept.
        """
        self._check_chain(document)
        # First: the words of what anybody makes up would be compared at length, and the answer say who keeps for whom.
        status = self._office.ledger.consent_of(document.patient, document.grantee, document.terms)
        if not status.granted and not status.revoked:
            raise ConsentNotOnChain  # [H-017]
        self.check_consent(document)
        if self._office.vault.get(ConsentRow, consent_id=document.consent_id) is not None:
            return
        self._office.vault.put(
            ConsentRow(
                consent_id=document.consent_id,
                patient=document.patient,
                grantee=document.grantee,
                terms=document.terms,
                document=padded_consent(document),  # [N-002]
            )
        )

    def check_consent(self, document: ConsentDocument) -> None:
        """Check that a consent is for this deployment and that its words say what its numbers say.

        Raises:
            NotWhatWasSigned: It is for another chain or registry.
            The errors of `check_words`.
        """
        self._check_chain(document)
        try:
            custodians = self.directory(document.patient).custodians
        except DirectoryUnknown:
            custodians = ()
        check_words(self._office.ledger, document, custodians=[place.account for place in custodians])

    def _check_chain(self, document: ConsentDocument) -> None:
        domains = self._office.domains
        if (document.chain_id, document.registry) != (domains.chain_id, domains.consents):
            raise NotWhatWasSigned(what="consent for this chain")

    def consents_for(self, grantee: Address, patient: Address | None = None) -> tuple[ConsentDocument, ...]:
        """Return the consent documents left here for `grantee`, of everybody or of one patient."""
        vault = self._office.vault
        if patient is None:
            rows = vault.find(ConsentRow, grantee=grantee)
        else:
            rows = vault.find(ConsentRow, grantee=grantee, patient=patient)
        return tuple(kept_consent(row) for row in rows)

    def take_envelope(self, signed: Signed[Envelope], data: bytes) -> None:
        """Keep an envelope in the place of an older one.

        Raises:
            RowMissing: The consent document was not left here before.
            NotEmpoweredHere: Not signed by the agent of the patient's directory.
            NotWhatWasSigned: Other bytes.
            RowOutdated: The number does not rise.
        """
        message = signed.message
        consent = self._office.vault.require(ConsentRow, consent_id=message.consent_id)
        agent = self.directory(consent.patient).agent
        if signed.signer != agent:
            raise NotEmpoweredHere(signer=signed.signer, kind="Envelope")
        signed.check(self._office.domains, signer=agent)
        if keccak(data) != message.digest:
            raise NotWhatWasSigned(what="envelope")
        self._office.vault.put(
            EnvelopeRow(
                consent_id=message.consent_id,
                patient=consent.patient,
                grantee=consent.grantee,
                seq=message.seq,
                envelope=data,
                signed=signed.keep(),
            )
        )

    def envelope(self, consent_id: Bytes32) -> tuple[Signed[Envelope], bytes]:
        """Return the newest envelope of a consent; `RowMissing` if there is none."""
        row = self._office.vault.require(EnvelopeRow, consent_id=consent_id)
        return kept(Envelope, row.signed), row.envelope

    # Requests and refusals

    def leave_request(self, *, patient: Address, requester: Address, digest: Bytes32, sealed: bytes) -> Bytes32:
        """Keep a request that is open on the chain, sealed to the patient's inbox; return its id.

        Raises:
            RequestClosed: It is not open.
            NotEmpoweredHere: The requester is not accredited now; its request could not be approved.
            NotEnrolled: The gateway does not serve the patient.
        """
        # The patient last: whoever made a request up learns nothing of whom this gateway serves.
        deadline = self._office.ledger.deadline_of(requester, digest)
        if deadline <= self._office.clock.now():  # [H-019]
            raise RequestClosed
        if self._office.ledger.principal_of(requester).address == ZERO_ADDRESS:
            raise NotEmpoweredHere(signer=requester, kind="request")
        if not self.knows(patient):
            raise NotEnrolled(patient=patient)
        request = request_id(requester=requester, digest=digest)
        self._office.vault.put(
            RequestRow(request=request, patient=patient, requester=requester, deadline=deadline, sealed=sealed)
        )
        return request

    def requests(self, patient: Address) -> tuple[RequestRow, ...]:
        """Return the sealed requests for a patient that are not past their deadline."""
        now = self._office.clock.now()
        return tuple(row for row in self._office.vault.find(RequestRow, patient=patient) if now < row.deadline)

    def take_refusal(self, signed: Signed[Refuse]) -> RequestRow:
        """Keep a patient's no, and return the request that it answers; it never reaches the chain.

        Raises:
            NotEmpoweredHere: Signed neither by the patient nor by a delegate with the power.
            RequestClosed: There is no such request here.
        """
        rows = self._office.vault.find(RequestRow, request=signed.message.request)
        if not rows:
            raise RequestClosed
        self._office.check(signed, signer=signed.signer)
        for row in rows:
            if self._office.may(signed.signer, row.patient, Power.REFUSE):
                self._office.vault.put(
                    RefusalRow(request=signed.message.request, patient=row.patient, signed=signed.keep())
                )
                return row
        raise NotEmpoweredHere(signer=signed.signer, kind="Refuse")

    def refusal(self, request: Bytes32) -> Signed[Refuse] | None:
        """Return the patient's no to a request, if there is one."""
        row = self._office.vault.get(RefusalRow, request=request)
        return kept(Refuse, row.signed) if row else None

    # The agent's own

    def take_state(self, signed: Signed[State], sealed: bytes) -> None:
        """Keep the newest state of a patient's agent.

        Raises:
            NotEnrolled: The gateway does not serve the patient.
            NotEmpoweredHere: Not signed by the agent of the patient's directory.
            NotWhatWasSigned: Other bytes.
            RowOutdated: The number does not rise: another device was quicker.
        """
        message = signed.message
        self._check_agent(signed, message.patient, "State")
        if keccak(sealed) != message.digest:
            raise NotWhatWasSigned(what="state")
        self._office.vault.put(StateRow(patient=message.patient, seq=message.seq, sealed=sealed, signed=signed.keep()))

    def state(self, patient: Address) -> tuple[Signed[State], bytes] | None:
        """Return the newest state of a patient's agent, if one was left here."""
        row = self._office.vault.get(StateRow, patient=patient)
        return (kept(State, row.signed), row.sealed) if row else None

    def take_catalogue(self, signed: Signed[Catalogue], sealed: bytes) -> None:
        """Keep the newest catalogue of one category.

        Raises:
            NotEnrolled, NotEmpoweredHere, NotWhatWasSigned, RowOutdated: As `take_state`.
        """
        message = signed.message
        self._check_agent(signed, message.patient, "Catalogue")
        if keccak(sealed) != message.digest:
            raise NotWhatWasSigned(what="catalogue")
        self._office.vault.put(
            CatalogueRow(
                patient=message.patient,
                category=message.category,
                seq=message.seq,
                sealed=sealed,
                signed=signed.keep(),
            )
        )

    def catalogue(self, patient: Address, category: int) -> tuple[Signed[Catalogue], bytes] | None:
        """Return the newest catalogue of one category, if one was left here."""
        row = self._office.vault.get(CatalogueRow, patient=patient, category=category)
        return (kept(Catalogue, row.signed), row.sealed) if row else None

    # Disputes

    def take_dispute(self, signed: Signed[Dispute]) -> None:
        """Keep a patient's dispute of one of her documents for its provider.

        Raises:
            RowMissing: There is no such document here.
            NotEmpoweredHere: Signed neither by the patient whose document it is nor by her agent.
        """
        self._office.check(signed, signer=signed.signer)
        proof = self._office.vault.require(ProofRow, leaf=signed.message.leaf)
        patient = self._office.head_of(proof.patient)
        if signed.signer != patient and signed.signer != self.directory(patient).agent:
            raise NotEmpoweredHere(signer=signed.signer, kind="Dispute")
        disputing.take(self._office, signed, proof=proof, patient=patient)

    def settle_dispute(self, signed: Signed[Settle]) -> None:
        """Keep a provider's answer to a dispute. Raises as `medshare.gateway.disputing.settle`."""
        disputing.settle(self._office, signed)

    def disputes(self, party: Address) -> tuple[Disputed, ...]:
        """Return the disputes by a patient, or of the documents that a provider wrote, with the answers."""
        return disputing.disputes_of(self._office, party)

    def _check_agent(self, signed: Signed[State] | Signed[Catalogue], patient: Address, kind: str) -> None:
        if not self.knows(patient):
            raise NotEnrolled(patient=patient)
        agent = self.directory(patient).agent
        if signed.signer != agent:
            raise NotEmpoweredHere(signer=signed.signer, kind=kind)
        signed.check(self._office.domains, signer=agent)


def kept_consent(row: ConsentRow) -> ConsentDocument:
    """Return the consent document that a row keeps."""
    return read_padded_consent(row.document)


def padded_consent(document: ConsentDocument) -> bytes:
    """Return the bytes of a consent document, padded: the length of its words would tell the category."""
    data = document.to_bytes()
    return data + b"\n" * (-len(data) % CONSENT_SIZE)


def read_padded_consent(data: bytes) -> ConsentDocument:
    """Return the consent document that `padded_consent` wrote."""
    return ConsentDocument.from_bytes(data.rstrip(b"\n"))


@lru_cache(maxsize=64)
def _parsed(document: bytes, digest: Bytes32, domains: Domains, patient: Address) -> KeyDirectory:
    """Parse a directory once: its 25 keys take some 90 ms, and the digest says that nothing changed."""
    return KeyDirectory.parse(document, digest=digest, domains=domains, patient=patient)

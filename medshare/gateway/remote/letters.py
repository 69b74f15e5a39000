"""The postbox and the submissions of a gateway over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from medshare.confirm import SubmissionItem
from medshare.consent.document import ConsentDocument
from medshare.consent.terms import request_id
from medshare.errors import InputError
from medshare.gateway.dispute import Disputed
from medshare.gateway.remote.errors import AnswerMalformed
from medshare.gateway.remote.line import Line
from medshare.gateway.wire import answers, letters, routes
from medshare.gateway.wire.errors import NothingHere
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.keys.directory import KeyDirectory
from medshare.ledger import Ledger
from medshare.signed import Signed, domains_of
from medshare.typed_data import (
    Catalogue,
    Confirm,
    Directory,
    Dispute,
    Enrol,
    Envelope,
    Refuse,
    Register,
    Reject,
    Settle,
    State,
    Submission,
)
from medshare.vault import RequestRow


class RemotePostbox:
    """Letters of a gateway over HTTP. `medshare.gateway.postbox.Postbox` says what each raises."""

    def __init__(self, line: Line, ledger: Ledger) -> None:
        self._line = line
        self._ledger = ledger

    def enrolled(self, patient: Address) -> bool:
        """Return whether the institution enrolled the address at its desk."""
        return self._line.ask(routes.ENROLLED, answers.AnswerForm, patient=patient).answer

    def knows(self, patient: Address) -> bool:
        """Return whether the gateway relays and keeps more than it must for `patient`."""
        return self._line.ask(routes.KNOWS, answers.AnswerForm, patient=patient).answer

    def take_directory(self, data: bytes, signed: Signed[Register] | Signed[Directory] | Signed[Enrol]) -> None:
        """Keep the bytes of a directory."""
        letter = letters.DirectoryLetter.model_validate({"signed": signed, "directory": data})
        self._line.send(routes.TAKE_DIRECTORY, letter)

    def directory(self, patient: Address) -> KeyDirectory:
        """Return the directory whose digest is on the chain now.

        Raises:
            DigestDiffers: The gateway sent another one.
        """
        data = self._line.ask(routes.DIRECTORY, answers.DirectoryForm, patient=patient).directory
        domains = domains_of(self._ledger.deployment)
        return KeyDirectory.parse(data, digest=self._ledger.digest_of(patient), domains=domains, patient=patient)

    def take_consent(self, document: ConsentDocument) -> None:
        """Keep the document of a consent that is on the chain."""
        self._line.send(routes.TAKE_CONSENT, letters.ConsentLetter(consent=letters.ConsentForm.of(document)))

    def consents_for(self, grantee: Address, patient: Address | None = None) -> tuple[ConsentDocument, ...]:
        """Return the consent documents left there for `grantee`."""
        if patient is None:
            form = self._line.ask(routes.CONSENTS_FOR, letters.ConsentsForm, grantee=grantee)
        else:
            form = self._line.ask(routes.CONSENTS_FOR, letters.ConsentsForm, grantee=grantee, patient=patient)
        try:
            found = tuple(one.value() for one in form.consents)
        except InputError as error:
            raise AnswerMalformed(url=self._line.url, why=error.code) from error
        if any(one.grantee != grantee or patient not in {None, one.patient} for one in found):
            raise AnswerMalformed(url=self._line.url, why="a consent that was not asked for")
        return found

    def take_envelope(self, signed: Signed[Envelope], data: bytes) -> None:
        """Keep an envelope in the place of an older one."""
        self._line.send(routes.TAKE_ENVELOPE, letters.EnvelopeForm(signed=signed, envelope=data))

    def envelope(self, consent_id: Bytes32) -> tuple[Signed[Envelope], bytes]:
        """Return the newest envelope of a consent."""
        form = self._line.ask(routes.ENVELOPE, letters.EnvelopeForm, consent_id=to_hex(consent_id))
        return form.signed, form.envelope

    def leave_request(self, *, patient: Address, requester: Address, digest: Bytes32, sealed: bytes) -> Bytes32:
        """Keep a request that is open on the chain; return its id."""
        letter = letters.RequestLetter(patient=patient, requester=requester, digest=digest, sealed=sealed)
        kept = self._line.ask(routes.LEAVE_REQUEST, answers.IdForm, letter).id
        if kept != request_id(requester=requester, digest=digest):
            raise AnswerMalformed(url=self._line.url, why="another request's id")
        return kept

    def requests(self, patient: Address) -> tuple[RequestRow, ...]:
        """Return the sealed requests for a patient."""
        form = self._line.ask(routes.REQUESTS, letters.RequestsForm, patient=patient)
        return tuple(one.value() for one in form.requests)

    def refusal(self, request: Bytes32) -> Signed[Refuse] | None:
        """Return the patient's no to a request, if there is one."""
        try:
            return self._line.ask(routes.REFUSAL, answers.RefusalForm, request=to_hex(request)).refusal
        except NothingHere:
            return None

    def take_state(self, signed: Signed[State], sealed: bytes) -> None:
        """Keep the newest state of a patient's agent."""
        self._line.send(routes.TAKE_STATE, letters.StateForm(signed=signed, sealed=sealed))

    def state(self, patient: Address) -> tuple[Signed[State], bytes] | None:
        """Return the newest state of a patient's agent, if one was left there."""
        try:
            form = self._line.ask(routes.STATE, letters.StateForm, patient=patient)
        except NothingHere:
            return None
        return form.signed, form.sealed

    def take_catalogue(self, signed: Signed[Catalogue], sealed: bytes) -> None:
        """Keep the newest catalogue of one category."""
        self._line.send(routes.TAKE_CATALOGUE, letters.CatalogueForm(signed=signed, sealed=sealed))

    def catalogue(self, patient: Address, category: int) -> tuple[Signed[Catalogue], bytes] | None:
        """Return the newest catalogue of one category, if one was left there."""
        try:
            form = self._line.ask(routes.CATALOGUE, letters.CatalogueForm, patient=patient, category=str(category))
        except NothingHere:
            return None
        return form.signed, form.sealed

    def take_dispute(self, signed: Signed[Dispute]) -> None:
        """Keep a patient's dispute for the provider."""
        self._line.send(routes.TAKE_DISPUTE, letters.DisputeLetter(signed=signed))

    def settle_dispute(self, signed: Signed[Settle]) -> None:
        """Keep a provider's answer to a dispute."""
        self._line.send(routes.SETTLE_DISPUTE, letters.SettleLetter(signed=signed))

    def disputes(self, party: Address) -> tuple[Disputed, ...]:
        """Return the disputes by a patient, or of the documents that a provider wrote, with the answers."""
        form = self._line.ask(routes.DISPUTES, answers.DisputesForm, party=party)
        return tuple(one.value() for one in form.disputes)


class RemoteSubmissions:
    """What a validator is asked over HTTP. `medshare.gateway.submissions.Submissions` says what each raises."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def leave(
        self,
        signed: Signed[Submission],
        items: Sequence[SubmissionItem],
        superseded: Sequence[Bytes32],
        *,
        source: str,
    ) -> None:
        """Keep a submission until the institution's own command answers it."""
        letter = letters.SubmissionLetter(
            signed=signed,
            items=[letters.ItemForm.of(item) for item in items],
            superseded=list(superseded),
            source=source,
        )
        self._line.send(routes.LEAVE_SUBMISSION, letter)

    def verdict(self, provider: Address, root: Bytes32) -> Signed[Confirm] | Signed[Reject] | None:
        """Return the validator's answer to a submission, if it has answered."""
        try:
            return self._line.ask(routes.VERDICT, answers.VerdictForm, provider=provider, root=to_hex(root)).verdict
        except NothingHere:
            return None

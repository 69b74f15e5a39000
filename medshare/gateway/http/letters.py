"""The paths of the postbox and of submissions: what is left for somebody else, and who fetches it."""

from __future__ import annotations

from medshare.gateway.errors import DirectoryUnknown, NotEmpoweredHere, NotEnrolled, RequestClosed
from medshare.gateway.http.paths import (
    AddressPart,
    AddressQuery,
    CategoryPart,
    OptionalAddressQuery,
    Paths,
    WordPart,
    word,
)
from medshare.gateway.http.sessions import Caller
from medshare.gateway.wire import answers, letters, routes
from medshare.gateway.wire.errors import NothingHere
from medshare.signed import Signed
from medshare.typed_data import Catalogue, State
from medshare.vault.errors import RowMissing


def enter_letters(paths: Paths) -> None:
    """Enter every path of letters."""
    _enter_patients(paths)
    _enter_consents(paths)
    _enter_requests(paths)
    _enter_agents(paths)
    _enter_providers(paths)


def _enter_patients(paths: Paths) -> None:
    desk, postbox = paths.desk, paths.desk.gateway.postbox
    entitled = desk.entitled

    @paths.at(routes.ENROLLED)
    def enrolled(patient: AddressPart, caller: Caller) -> answers.AnswerForm:
        """Say whether the institution enrolled the caller's address."""
        own = entitled.speaks_for(caller, patient) or entitled.works_here(caller)  # [H-006]
        return answers.AnswerForm(answer=own and postbox.enrolled(patient))

    @paths.at(routes.KNOWS)
    def knows(patient: AddressPart, caller: Caller) -> answers.AnswerForm:
        """Say whether the gateway relays and keeps more than it must for the caller's address."""
        own = entitled.speaks_for(caller, patient) or entitled.works_here(caller)  # [H-006]
        return answers.AnswerForm(answer=own and postbox.knows(patient))

    @paths.at(routes.DIRECTORY)
    def directory(patient: AddressPart, caller: Caller) -> answers.DirectoryForm:
        """Return the directory of a patient: to participants, who may seal to it, and to the patient."""
        if not (entitled.takes_part(caller) or entitled.answers_for(caller, patient)):  # [H-006]
            raise DirectoryUnknown(patient=patient)
        return answers.DirectoryForm(directory=postbox.directory(patient).to_bytes())

    @paths.at(routes.TAKE_DIRECTORY)
    def take_directory(letter: letters.DirectoryLetter) -> None:
        """Keep the bytes of a directory."""
        postbox.take_directory(letter.directory, letter.signed)


def _enter_consents(paths: Paths) -> None:
    desk, postbox = paths.desk, paths.desk.gateway.postbox
    entitled = desk.entitled

    @paths.at(routes.TAKE_CONSENT)
    def take_consent(letter: letters.ConsentLetter) -> None:
        """Keep the document of a consent that is on the chain."""
        postbox.take_consent(letter.consent.value())

    @paths.at(routes.CONSENTS_FOR)
    def consents_for(
        caller: Caller, grantee: AddressQuery, patient: OptionalAddressQuery = None
    ) -> letters.ConsentsForm:
        """Return the consent documents left here for a grantee: to it, or those of one patient to her."""
        own = entitled.acts_for(caller, grantee)
        hers = patient is not None and entitled.speaks_for(caller, patient)
        found = postbox.consents_for(grantee, patient) if own or hers else ()  # [H-006, H-007]
        return letters.ConsentsForm(consents=[letters.ConsentForm.of(document) for document in found])

    @paths.at(routes.TAKE_ENVELOPE)
    def take_envelope(letter: letters.EnvelopeForm) -> None:
        """Keep an envelope in the place of an older one."""
        try:
            postbox.take_envelope(letter.signed, letter.envelope)
        except (NotEmpoweredHere, DirectoryUnknown) as error:  # [H-006]
            raise RowMissing(kind="consent") from error

    @paths.at(routes.ENVELOPE)
    def envelope(consent_id: WordPart, caller: Caller) -> letters.EnvelopeForm:
        """Return the newest envelope of a consent: to its grantee while it may read, and to the patient."""
        if not entitled.sees_envelope(caller, word(consent_id)):  # [H-006, H-007]
            raise RowMissing(kind="envelope")
        signed, data = postbox.envelope(word(consent_id))
        return letters.EnvelopeForm(signed=signed, envelope=data)


def _enter_requests(paths: Paths) -> None:
    desk, postbox = paths.desk, paths.desk.gateway.postbox
    entitled = desk.entitled

    @paths.at(routes.LEAVE_REQUEST)
    def leave_request(letter: letters.RequestLetter, caller: Caller) -> answers.IdForm:
        """Keep a request that is open on the chain; only its requester leaves it."""
        if not entitled.is_or_acts_for(caller, letter.requester):  # [H-006]
            raise NothingHere
        if not entitled.takes_part(caller):
            raise NotEmpoweredHere(signer=letter.requester, kind="request")
        kept = postbox.leave_request(
            patient=letter.patient, requester=letter.requester, digest=letter.digest, sealed=letter.sealed
        )
        return answers.IdForm(id=kept)

    @paths.at(routes.REQUESTS)
    def requests(patient: AddressPart, caller: Caller) -> letters.RequestsForm:
        """Return the sealed requests for a patient: to her, and to who may grant or refuse for her."""
        rows = postbox.requests(patient) if entitled.answers_for(caller, patient) else ()  # [H-006, H-007]
        return letters.RequestsForm(requests=[letters.RequestForm.of(row) for row in rows])

    @paths.at(routes.REFUSE)
    def refuse(letter: letters.RefuseLetter) -> answers.ReceiptForm:
        """Keep a patient's no, with a receipt in her line."""
        try:
            return answers.ReceiptForm(receipt=desk.gateway.refuse(letter.signed))
        except NotEmpoweredHere as error:  # [H-006]
            raise RequestClosed from error

    @paths.at(routes.REFUSAL)
    def refusal(request: WordPart, caller: Caller) -> answers.RefusalForm:
        """Return the patient's no to a request: to who asked, and to the patient."""
        found = postbox.refusal(word(request)) if entitled.sees_refusal(caller, word(request)) else None  # [H-007]
        if found is None:
            raise NothingHere
        return answers.RefusalForm(refusal=found)


def _enter_agents(paths: Paths) -> None:
    desk, postbox = paths.desk, paths.desk.gateway.postbox
    entitled = desk.entitled

    @paths.at(routes.TAKE_STATE)
    def take_state(letter: letters.StateForm) -> None:
        """Keep the newest state of a patient's agent."""
        try:
            postbox.take_state(letter.signed, letter.sealed)
        except (NotEmpoweredHere, DirectoryUnknown) as error:  # [H-006]
            raise NotEnrolled(patient=_patient(letter.signed)) from error

    @paths.at(routes.STATE)
    def state(patient: AddressPart, caller: Caller) -> letters.StateForm:
        """Return the newest state of a patient's agent: to her."""
        found = postbox.state(patient) if entitled.speaks_for(caller, patient) else None  # [H-006, H-007]
        if found is None:
            raise NothingHere
        return letters.StateForm(signed=found[0], sealed=found[1])

    @paths.at(routes.TAKE_CATALOGUE)
    def take_catalogue(letter: letters.CatalogueForm) -> None:
        """Keep the newest catalogue of one category."""
        try:
            postbox.take_catalogue(letter.signed, letter.sealed)
        except (NotEmpoweredHere, DirectoryUnknown) as error:  # [H-006]
            raise NotEnrolled(patient=_patient(letter.signed)) from error

    @paths.at(routes.CATALOGUE)
    def catalogue(patient: AddressPart, category: CategoryPart, caller: Caller) -> letters.CatalogueForm:
        """Return the newest catalogue of one category: to the patient, and to who may read the category."""
        seen = entitled.sees_catalogue(caller, patient, category)
        found = postbox.catalogue(patient, category) if seen else None  # [H-006, H-007]
        if found is None:
            raise NothingHere
        return letters.CatalogueForm(signed=found[0], sealed=found[1])


def _enter_providers(paths: Paths) -> None:
    desk, postbox = paths.desk, paths.desk.gateway.postbox
    entitled, submissions = desk.entitled, desk.gateway.submissions

    @paths.at(routes.TAKE_DISPUTE)
    def take_dispute(letter: letters.DisputeLetter) -> None:
        """Keep a patient's dispute of one of her documents for its provider."""
        try:
            postbox.take_dispute(letter.signed)
        except (NotEmpoweredHere, DirectoryUnknown) as error:  # [H-006]
            raise RowMissing(kind="proof") from error

    @paths.at(routes.DISPUTES)
    def disputes(party: AddressQuery, caller: Caller) -> answers.DisputesForm:
        """Return the disputes of a provider's documents, to it, or those by a patient, to her."""
        may = entitled.acts_for(caller, party) or entitled.speaks_for(caller, party)
        found = postbox.disputes(party) if may else ()  # [H-006, H-007]
        return answers.DisputesForm(disputes=[answers.DisputedForm.of(one) for one in found])

    @paths.at(routes.SETTLE_DISPUTE)
    def settle_dispute(letter: letters.SettleLetter) -> None:
        """Keep a provider's answer to a dispute of one of its documents."""
        try:
            postbox.settle_dispute(letter.signed)
        except NotEmpoweredHere as error:  # [H-006]
            raise RowMissing(kind="dispute") from error

    @paths.at(routes.LEAVE_SUBMISSION)
    def leave_submission(letter: letters.SubmissionLetter, caller: Caller) -> None:
        """Keep a submission until the validator's own command answers it; only its provider leaves it."""
        provider = letter.signed.message.provider
        if not entitled.acts_for(caller, provider):  # [H-006]
            raise NotEmpoweredHere(signer=letter.signed.signer, kind="Submission")
        items = [item.value() for item in letter.items]
        submissions.leave(letter.signed, items, letter.superseded, source=letter.source)

    @paths.at(routes.VERDICT)
    def verdict(provider: AddressPart, root: WordPart, caller: Caller) -> answers.VerdictForm:
        """Return this validator's answer to a submission: to its provider."""
        own = entitled.acts_for(caller, provider)
        found = submissions.verdict(provider, word(root)) if own else None  # [H-006, H-007]
        if found is None:
            raise NothingHere
        return answers.VerdictForm(verdict=found)


def _patient(signed: Signed[State] | Signed[Catalogue]) -> str:
    return signed.message.patient

"""Who sees what is kept here. What is not the caller's looks exactly like what is not there.

The rules of release stand in the gateway; here stands only for whom a letter, a list or an answer is meant.
"""

from __future__ import annotations

from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.gateway.http.sessions import Caller
from medshare.gateway.office import Office
from medshare.gateway.postbox import kept_consent
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Power, Role
from medshare.vault import (
    CapsuleRow,
    ConsentRow,
    EnvelopeRow,
    HolderRow,
    LockdownRow,
    ProofRow,
    RequestRow,
    RevocationRow,
)


class Entitlement:
    """Answers for one gateway. Every method says yes or no; the door turns no into what is not there."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def speaks_for(self, caller: Caller, patient: Address) -> bool:
        """Return whether the caller is the patient (the last successor), or a delegate who may read."""
        return self._office.speaks_for(caller.account, patient, caller.head)

    def answers_for(self, caller: Caller, patient: Address) -> bool:
        """Return whether the caller may read the requests for a patient: also who may grant or refuse for her."""
        return self.speaks_for(caller, patient) or any(
            caller.account != patient and self._office.may(caller.account, patient, power)
            for power in (Power.GRANT, Power.REFUSE)
        )

    def works_here(self, caller: Caller) -> bool:
        """Return whether the caller is this institution or its staff."""
        return self.acts_for(caller, self._office.institution)

    def acts_for(self, caller: Caller, account: Address) -> bool:
        """Return whether the caller is the participant `account` or its staff."""
        return caller.acts_for == account != ZERO_ADDRESS

    def is_or_acts_for(self, caller: Caller, account: Address) -> bool:
        """Return whether the caller is the account itself, or acts for it."""
        return caller.account == account or self.acts_for(caller, account)

    def takes_part(self, caller: Caller) -> bool:
        """Return whether the caller is an active participant or its staff."""
        return caller.acts_for != ZERO_ADDRESS

    def checks_copies(self, caller: Caller) -> bool:
        """Return whether the caller is an active institution or its staff: bodies lie at these alone."""
        return self._office.ledger.account(caller.acts_for, block=caller.head).has(Role.INSTITUTION)

    def oversees(self, caller: Caller) -> bool:
        """Return whether the caller is a regulator or its staff, or this institution."""
        account = self._office.ledger.account(caller.acts_for, block=caller.head)
        return account.has(Role.REGULATOR) or self.works_here(caller)

    def sees_envelope(self, caller: Caller, consent_id: Bytes32) -> bool:
        """Return whether the envelope of a consent is for the caller: while it may read, or as the patient."""
        vault = self._office.vault
        row = vault.get(EnvelopeRow, consent_id=consent_id)
        if row is None:
            return False
        consent = vault.get(ConsentRow, consent_id=consent_id)
        return self.speaks_for(caller, row.patient) or (consent is not None and self._reads_by(caller, consent))

    def sees_catalogue(self, caller: Caller, patient: Address, category: int) -> bool:
        """Return whether the catalogue of a category is for the caller: by a consent to read it, or as the patient."""
        if self.speaks_for(caller, patient):
            return True
        if not self.takes_part(caller):
            return False
        rows = self._office.vault.find(ConsentRow, grantee=caller.acts_for, patient=patient)
        return any(Category(category) in kept_consent(row).categories and self._reads_by(caller, row) for row in rows)

    def sees_refusal(self, caller: Caller, request: Bytes32) -> bool:
        """Return whether the answer to a request is for the caller: who asked, or the patient."""
        rows = self._office.vault.find(RequestRow, request=request)
        return any(self.is_or_acts_for(caller, row.requester) or self.answers_for(caller, row.patient) for row in rows)

    def owns_leaf(self, caller: Caller, leaf: Bytes32) -> bool:
        """Return whether a document, kept or erased, is of a patient for whom the caller speaks."""
        vault = self._office.vault
        row = vault.get(ProofRow, leaf=leaf) or vault.get(CapsuleRow, leaf=leaf)
        rows = [row] if row is not None else vault.find(HolderRow, leaf=leaf)
        return any(self.speaks_for(caller, patient) for patient in {one.patient for one in rows})

    def _reads_by(self, caller: Caller, consent: ConsentRow) -> bool:
        office = self._office
        if not self.acts_for(caller, consent.grantee):
            return False
        if office.vault.get(RevocationRow, consent_id=consent.consent_id) is not None:
            return False
        lockdown = office.vault.get(LockdownRow, patient=consent.patient)
        if lockdown is not None and kept_consent(consent).word.issued_at <= lockdown.seq:
            return False
        return office.ledger.holds(
            patient=consent.patient,
            grantee=consent.grantee,
            terms=consent.terms,
            accessor=caller.account,
            action=Action.READ,
            block=caller.head,
        )

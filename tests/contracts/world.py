"""A deployment with people in it, and the few verbs that tests set the stage with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from brownie.network.account import Account
from brownie.network.contract import ProjectContract
from brownie.network.transaction import TransactionReceipt

from medshare.consent.terms import Opening, consent_id, request_digest, request_id, statement_hash
from medshare.consent.terms import terms as terms_of
from medshare.consent.word import ConsentWord
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.typed_data import Accept, Consent, Delegate, Domains, Join, Lockdown, Message, Revoke, sign
from tests.contracts.chainclock import DAY, now
from tests.contracts.people import key_of, low

SCOPE = 0x96A5C3F00F3C5A69
"""32 of 64 bits; slot 0 is one of them, slot 1 is not."""
SLOT, OTHER_SLOT = 0, 1
TREAT, RESEARCH = 60, 29
READ, WRITE, EXPORT = 1, 2, 4
GRANT, REVOKE, LOCK, ERASE = 1, 2, 4, 8
ALL_POWERS = 63
INSTITUTION, CUSTODIAN, VALIDATOR, RESEARCHER, INSURER, SERVICE, GATEWAY = 2, 4, 8, 16, 32, 128, 1024
TAIWAN = 158
STATEMENT = "The statement that the patient saw."
RECORD = b'{"name":"a participant"}'


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A consent before it is on the chain: whose, for whom, with which word."""

    world: World
    patient: Address
    grantee: Address
    word: ConsentWord
    request: Bytes32 = ZERO_32
    statement: str = STATEMENT

    @property
    def statement_hash(self) -> Bytes32:
        return statement_hash(self.statement)

    @property
    def terms(self) -> Bytes32:
        return terms_of(
            patient=self.patient,
            grantee=self.grantee,
            word=self.word,
            request=self.request,
            statement=self.statement_hash,
        )

    @property
    def id(self) -> Bytes32:
        return consent_id(patient=self.patient, grantee=self.grantee, terms=self.terms)

    @property
    def message(self) -> Consent:
        return Consent(
            patient=self.patient,
            grantee=self.grantee,
            scope=self.word.scope,
            purposes=self.word.purposes,
            actions=self.word.actions,
            not_before=self.word.not_before,
            not_after=self.word.not_after,
            issued_at=self.word.issued_at,
            request=self.request,
            statement=self.statement,
        )

    @property
    def direct(self) -> tuple[Any, ...]:
        """The arguments of `grant`."""
        return self.grantee, self.word.pack(), self.request, self.statement_hash

    def by(self, signer: object | None = None) -> tuple[Any, ...]:
        """The arguments of `grantBySig`, signed by the patient or by somebody else."""
        return self.patient, *self.direct, self.world.sign(signer or self.patient, self.message)

    def signed_by(self, signer: object, key: object | None = None) -> tuple[Any, ...]:
        """The arguments of `grantBy`; a wallet's owner signs with `key`."""
        return low(signer), self.patient, *self.direct, self.world.sign(key or signer, self.message)

    @property
    def revocation(self) -> Revoke:
        return Revoke(patient=self.patient, grantee=self.grantee, terms=self.terms)

    def with_word(self, **changes: int) -> Draft:
        return replace(self, word=replace(self.word, **changes))


@dataclass(frozen=True, kw_only=True)
class World:
    """The five contracts and their access manager."""

    manager: ProjectContract
    participants: ProjectContract
    consents: ProjectContract
    requests: ProjectContract
    records: ProjectContract
    audit: ProjectContract
    domains: Domains
    regulator: Account
    relayer: Account

    def sign(self, signer: object, message: Message) -> bytes:
        """The signature of an actor's key."""
        return sign(message, self.domains, key_of(signer))

    # Consents

    def draft(self, patient: object, grantee: object, **changes: Any) -> Draft:
        """A good consent from now for a year; keywords change fields of its word, `request` or `statement`."""
        time = now()
        rest = {name: changes.pop(name) for name in ("request", "statement") if name in changes}
        word = ConsentWord(
            scope=SCOPE,
            purposes=1 << TREAT,
            not_before=time,
            not_after=time + 365 * DAY,
            issued_at=time,
            actions=READ,
        )
        draft = Draft(world=self, patient=low(patient), grantee=low(grantee), word=word, **rest)
        return draft.with_word(**changes)

    def granted(self, patient: Account, grantee: object, **changes: Any) -> Draft:
        """A consent that is on the chain."""
        draft = self.draft(patient, grantee, **changes)
        self.consents.grantBySig(*draft.by(), {"from": self.relayer})
        return draft

    def why_not(
        self, draft: Draft, accessor: object | None = None, slot: int = SLOT, purpose: int = TREAT, action: int = READ
    ) -> int:
        """The contract's reason; the accessor is the grantee if nobody is named."""
        arguments = (draft.patient, draft.grantee, draft.terms, low(accessor or draft.grantee), slot, purpose, action)
        return int(self.consents.whyNot(*arguments))

    def status_of(self, draft: Draft) -> int:
        """0 never, 1 granted, 2 revoked."""
        return int(self.consents.consentOf(draft.patient, draft.grantee, draft.terms)) & 0xFF

    def lockdown(self, patient: object, time: int) -> Lockdown:
        return Lockdown(patient=low(patient), time=int(time))

    # Participants

    def accredit(self, who: object, roles: int, record: bytes = RECORD) -> TransactionReceipt:
        return self.participants.accredit(who, roles, TAIWAN, record, {"from": self.regulator})

    def suspend(self, who: object) -> TransactionReceipt:
        return self.participants.suspend(who, {"from": self.regulator})

    def reinstate(self, who: object) -> TransactionReceipt:
        return self.participants.reinstate(who, {"from": self.regulator})

    def join(self, staff: object, institution: Account, roles: int = 0, at: int | None = None) -> TransactionReceipt:
        """Take a staff account in, with its own signature."""
        at = now() if at is None else at
        message = Join(institution=low(institution), staff=low(staff), roles=roles, at=at)
        return self.participants.addStaff(staff, roles, at, self.sign(staff, message), {"from": institution})

    def word(self, who: object) -> int:
        return int(self.participants.account(who))

    def status(self, who: object) -> int:
        """0 none, 1 active, 2 suspended, 3 removed."""
        return self.word(who) >> 216 & 0xFF

    def roles(self, who: object) -> int:
        return self.word(who) >> 224

    def seq(self, who: object) -> int:
        return self.word(who) & (1 << 40) - 1

    def register(self, who: Account, directory: bytes | None = None) -> TransactionReceipt:
        return self.participants.register(directory or keccak(low(who).encode()), {"from": who})

    def delegate(
        self, patient: Account, to: object, powers: int, not_after: int | None = None, issued_at: int | None = None
    ) -> Delegate:
        """Give `to` powers for thirty days, or until `not_after`."""
        message = self.delegation(patient, to, powers, not_after, issued_at)
        arguments = (message.powers, message.issued_at, message.not_after, message.seq)
        self.participants.delegate(to, *arguments, {"from": patient})
        return message

    def delegation(
        self, patient: object, to: object, powers: int, not_after: int | None = None, issued_at: int | None = None
    ) -> Delegate:
        """The next good `Delegate` of `patient`."""
        issued_at = now() if issued_at is None else issued_at
        return Delegate(
            patient=low(patient),
            delegate=low(to),
            powers=powers,
            issued_at=issued_at,
            not_after=now() + 30 * DAY if not_after is None else not_after,
            seq=self.seq(patient) + 1,
        )

    def move(self, patient: Account, successor: object, recovery: Account) -> TransactionReceipt:
        """Move a patient to a new address; names the recovery address first where none is named."""
        if int(self.participants.recoveryOf(patient), 16) == 0:
            self.participants.setRecovery(patient, recovery, self.seq(patient) + 1, {"from": patient})
        signature = self.sign(successor, Accept(patient=low(patient), next=low(successor)))
        return self.participants.succeed(patient, successor, signature, {"from": recovery})

    # Requests

    def opening(self, patient: object, requester: object, grantee: object, **changes: Any) -> Opening:
        """A request for what `draft` gives by default."""
        word = self.draft(patient, grantee).word
        values = {
            "patient": low(patient),
            "requester": low(requester),
            "grantee": low(grantee),
            "purposes": word.purposes,
            "actions": word.actions,
            "not_before": word.not_before,
            "not_after": word.not_after,
            "document_digest": keccak(b"the request document"),
            "salt": keccak(b"salt"),
        }
        return Opening(**(values | changes))

    def answer(self, opening: Opening, **changes: Any) -> Draft:
        """The consent that answers a request in full."""
        digest = request_digest(opening)
        fields = {
            "purposes": opening.purposes,
            "actions": opening.actions,
            "not_before": opening.not_before,
            "not_after": opening.not_after,
            "request": request_id(requester=opening.requester, digest=digest),
        }
        return self.draft(opening.patient, opening.grantee, **(fields | changes))


def as_tuple(opening: Opening) -> tuple[Any, ...]:
    """An opening as Brownie takes it."""
    return (
        opening.patient,
        opening.requester,
        opening.grantee,
        opening.purposes,
        opening.actions,
        opening.not_before,
        opening.not_after,
        opening.document_digest,
        opening.salt,
    )

"""What every ledger does, step by step: run on the twin by the unit tests, on the twin and on Anvil by the integration tests.

Each scenario is a function of a `Play`. Its steps say what must come out, so that the twin and the
chain are held to the same answers, events and exceptions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest

from medshare.consent import errors as consent_errors
from medshare.consent.reasons import Reason
from medshare.consent.rules import Query
from medshare.consent.terms import Opening, request_digest, request_id
from medshare.consent.terms import terms as terms_of
from medshare.consent.word import ConsentWord
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address
from medshare.keys.account import AccountKey
from medshare.ledger import (
    FOR_EVER,
    AccountStatus,
    AnchorState,
    ConsentStatus,
    Delegation,
    Ledger,
    Participant,
    Power,
    Principal,
    RecordQuery,
    RecordState,
    RecordStatus,
    Role,
    SignedConsent,
    SignedRevocation,
    Transaction,
    events,
)
from medshare.ledger.abi import BadArgument
from medshare.ledger.errors import BlockGone
from medshare.ledger.reverts import audit, general, manager, participants, records, selector_of, signatures
from medshare.typed_data import messages, sign
from medshare.typed_data.domain import Contract
from medshare.typed_data.errors import SignatureHighS, SignatureLength, SignatureRecoveryByte
from medshare.typed_data.signing import CURVE_ORDER

DAY = 86_400
NAMES = (
    "deployer",
    "regulator",
    "hospital",
    "clinic",
    "first_validator",
    "second_validator",
    "third_validator",
    "researcher",
    "clinician",
    "gateway",
    "patient",
    "other_patient",
    "next_patient",
    "delegate",
    "recovery",
    "relayer",
    "stranger",
)
TREAT = 1 << 60
SCOPE = 0xFFFF_FFFF


class Stage(Protocol):
    """Where a scenario plays."""

    ledger: Ledger
    keys: dict[str, AccountKey]

    def set_time(self, at: int) -> None:
        """Let the next block be of this second."""
        ...


@dataclass
class Play:
    """A scenario's view of its stage: actors by name, time that goes on, and what came out."""

    stage: Stage
    now: int
    outcomes: list[Any] = field(default_factory=list)

    @property
    def ledger(self) -> Ledger:
        return self.stage.ledger

    def key(self, name: str) -> AccountKey:
        return self.stage.keys[name]

    def at(self, name: str) -> Address:
        return self.key(name).address

    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    def did(self, act: Callable[[Ledger], Transaction], *expected: events.Event) -> Transaction:
        """Run `act` in the next second; exactly the `expected` events must come out."""
        self.now += 1
        self.stage.set_time(self.now)
        done = act(self.ledger)
        told = [log.event for log in done.logs]
        assert told == list(expected)
        self.outcomes.append(told)
        return done

    def refused(self, act: Callable[[Ledger], object], kind: type[Exception], **facts: object) -> None:
        """Run `act`, which must be refused with exactly this class, and these facts among its own."""
        self.now += 1
        self.stage.set_time(self.now)
        with pytest.raises(kind) as caught:
            act(self.ledger)
        assert type(caught.value) is kind
        told = getattr(caught.value, "facts", {})
        assert {name: told[name] for name in facts} == facts
        self.outcomes.append(kind.__name__)

    def says(self, read: Callable[[Ledger, Any], object], expected: object) -> None:
        """Ask `read` at the head: it must answer this."""
        found = read(self.ledger, self.ledger.head())
        assert found == expected
        self.outcomes.append(found)

    def signed(self, name: str, message: messages.Message) -> bytes:
        return sign(message, self.ledger.deployment.domains, self.key(name))

    # What most scenarios begin with

    def accredit(self, name: str, roles: Role) -> None:
        record = f"record of {name}".encode()
        self.did(
            lambda ledger: ledger.accredit(
                account=self.at(name), roles=roles, jurisdiction=840, record=record, sender=self.key("regulator")
            ),
            events.Accredited(
                account=self.at(name), roles=int(roles), jurisdiction=840, digest=keccak(record), record=record
            ),
        )

    def register(self, name: str) -> None:
        directory = keccak(name.encode())
        signature = self.signed(name, messages.Register(patient=self.at(name), directory=directory))
        self.did(
            lambda ledger: ledger.register_by_sig(
                patient=self.at(name), directory=directory, signature=signature, sender=self.key("relayer")
            ),
            events.Registered(patient=self.at(name), directory=directory),
        )

    def join(self, institution: str, staff: str, roles: Role = Role.NONE) -> None:
        at = self.now - 5
        signature = self.signed(
            staff,
            messages.Join(institution=self.at(institution), staff=self.at(staff), roles=int(roles), at=at),
        )
        self.did(
            lambda ledger: ledger.add_staff(
                staff=self.at(staff), roles=roles, at=at, signature=signature, sender=self.key(institution)
            ),
            events.StaffAdded(institution=self.at(institution), staff=self.at(staff), roles=int(roles)),
        )

    def consent(
        self, *, grantee: str = "clinic", patient: str = "patient", signer: str | None = None, **changes: Any
    ) -> Consented:
        word = ConsentWord(
            **{
                "scope": SCOPE,
                "purposes": TREAT,
                "not_before": self.now - 100,
                "not_after": self.now + 30 * DAY,
                "issued_at": self.now - 10,
                "actions": 3,
                **{name: value for name, value in changes.items() if name in ConsentWord.__dataclass_fields__},
            }
        )
        request = changes.get("request", ZERO_32)
        statement = changes.get("statement", keccak(b"statement"))
        terms = terms_of(
            patient=self.at(patient), grantee=self.at(grantee), word=word, request=request, statement=statement
        )
        separator = self.ledger.deployment.domains.domain(Contract.CONSENTS).separator
        signature = self.key(signer or patient).sign_digest(keccak(b"\x19\x01" + separator + terms))
        return Consented(
            patient=self.at(patient),
            grantee=self.at(grantee),
            word=word,
            request=request,
            statement=statement,
            terms=terms,
            signature=signature,
        )

    def grant(self, one: Consented) -> None:
        self.did(lambda ledger: ledger.grant_by_sig(**one.arguments, sender=self.key("relayer")), one.granted)


@dataclass(frozen=True, kw_only=True)
class Consented:
    """A signed consent."""

    patient: Address
    grantee: Address
    word: ConsentWord
    request: bytes
    statement: bytes
    terms: bytes
    signature: bytes

    @property
    def arguments(self) -> dict[str, Any]:
        return {
            "patient": self.patient,
            "grantee": self.grantee,
            "word": self.word.pack(),
            "request": self.request,
            "statement_hash": self.statement,
            "signature": self.signature,
        }

    @property
    def granted(self) -> events.Granted:
        return events.Granted(patient=self.patient, grantee=self.grantee, terms=self.terms, word=self.word.pack() | 1)

    def query(self, accessor: Address, *, slot: int = 0, purpose: int = 60, action: int = 1) -> Query:
        return Query(
            patient=self.patient,
            grantee=self.grantee,
            terms=self.terms,
            accessor=accessor,
            slot=slot,
            purpose=purpose,
            action=action,
        )


def patients_register_themselves(play: Play) -> None:
    patient, directory = play.at("patient"), keccak(b"directory")
    play.says(lambda ledger, b: ledger.account(patient, block=b), Participant(address=patient))
    play.refused(lambda ledger: ledger.register(directory=ZERO_32, sender=play.key("patient")), participants.ZeroDigest)
    play.did(
        lambda ledger: ledger.register(directory=directory, sender=play.key("patient")),
        events.Registered(patient=patient, directory=directory),
    )
    play.did(lambda ledger: ledger.register(directory=directory, sender=play.key("patient")))
    play.refused(
        lambda ledger: ledger.register(directory=keccak(b"x"), sender=play.key("patient")),
        participants.AlreadyKnown,
        account=patient,
    )
    play.says(
        lambda ledger, b: ledger.account(patient, block=b),
        Participant(address=patient, roles=Role.PATIENT, status=AccountStatus.ACTIVE, seq=1),
    )
    play.says(lambda ledger, b: ledger.digest_of(patient, block=b), directory)
    play.says(lambda ledger, b: ledger.principal_of(patient, block=b), Principal())
    play.register("other_patient")


def a_signature_has_one_form(play: Play) -> None:
    """E08, E09, E10, E16: length, v, high s, another signer, another message."""
    patient, directory = play.at("patient"), keccak(b"directory")
    good = play.signed("patient", messages.Register(patient=patient, directory=directory))

    def register(signature: bytes) -> Callable[[Ledger], Transaction]:
        return lambda ledger: ledger.register_by_sig(
            patient=patient, directory=directory, signature=signature, sender=play.key("relayer")
        )

    play.refused(register(good[:64]), SignatureLength, length=64)
    play.refused(register(b""), SignatureLength, length=0)
    play.refused(register(good[:64] + b"\x00"), SignatureRecoveryByte, v=0)
    s = CURVE_ORDER - int.from_bytes(good[32:64], "big")
    play.refused(register(good[:32] + s.to_bytes(32, "big") + bytes([55 - good[64]])), SignatureHighS)
    play.refused(register(good[:32] + s.to_bytes(32, "big") + b"\x05"), SignatureHighS)
    stranger = play.signed("stranger", messages.Register(patient=patient, directory=directory))
    play.refused(register(stranger), signatures.WrongSigner, signer=patient, recovered=play.at("stranger"))
    play.refused(register(bytes(64) + b"\x1b"), signatures.WrongSigner, recovered=ZERO_ADDRESS)
    play.refused(
        lambda ledger: ledger.register_by_wallet(
            patient=patient, directory=directory, signature=good, sender=play.key("relayer")
        ),
        signatures.WalletRefused,
        wallet=patient,
    )
    play.did(register(good), events.Registered(patient=patient, directory=directory))


def a_directory_changes_only_with_the_next_number(play: Play) -> None:
    """E05, E06: nothing signed earlier is replayed over something newer."""
    patient = play.at("patient")

    def change(digest: bytes, seq: int, by: str = "patient") -> Callable[[Ledger], Transaction]:
        signature = play.signed(by, messages.Directory(patient=patient, digest=digest, seq=seq))
        return lambda ledger: ledger.set_directory_by_sig(
            patient=patient, digest=digest, seq=seq, signature=signature, sender=play.key("relayer")
        )

    play.refused(change(keccak(b"1"), 1), participants.NotPatient, account=patient)
    play.register("patient")
    play.refused(change(ZERO_32, 2), participants.ZeroDigest)
    play.refused(change(keccak(b"1"), 1), participants.BadSeq, seq=1, expected=2)
    play.refused(change(keccak(b"1"), 3), participants.BadSeq, seq=3, expected=2)
    play.refused(change(keccak(b"1"), 2, "stranger"), signatures.WrongSigner)
    play.did(change(keccak(b"1"), 2), events.DirectorySet(patient=patient, digest=keccak(b"1"), seq=2))
    play.refused(change(keccak(b"1"), 2), participants.BadSeq, seq=2, expected=3)
    play.did(
        lambda ledger: ledger.set_directory(digest=keccak(b"2"), seq=3, sender=play.key("patient")),
        events.DirectorySet(patient=patient, digest=keccak(b"2"), seq=3),
    )
    play.refused(
        lambda ledger: ledger.set_directory_by_wallet(
            patient=patient, digest=keccak(b"2"), seq=4, signature=b"", sender=play.key("relayer")
        ),
        signatures.WalletRefused,
    )
    play.says(lambda ledger, b: ledger.digest_of(patient, block=b), keccak(b"2"))


def the_regulator_accredits_suspends_and_reinstates(play: Play) -> None:
    hospital, regulator = play.at("hospital"), play.key("regulator")

    def accredit(
        roles: int = 2, jurisdiction: int = 840, record: bytes = b"r", who: str = "hospital", by: str = "regulator"
    ):  # type: ignore[no-untyped-def]
        return lambda ledger: ledger.accredit(
            account=play.at(who), roles=Role(roles), jurisdiction=jurisdiction, record=record, sender=play.key(by)
        )

    play.refused(accredit(by="stranger"), manager.Restricted, caller=play.at("stranger"))
    play.refused(accredit(roles=0), participants.BadRoles, roles=0)
    play.refused(accredit(roles=1), participants.BadRoles, roles=1)
    play.refused(accredit(roles=1024), participants.BadRoles, roles=1024)
    play.refused(accredit(jurisdiction=0), participants.ZeroJurisdiction)
    play.refused(accredit(record=b""), participants.BadSize, size=0)
    play.refused(accredit(record=b"x" * 8193), participants.BadSize, size=8193)
    play.accredit("hospital", Role.INSTITUTION | Role.CUSTODIAN)
    play.says(lambda ledger, b: ledger.record_of(hospital, block=b), keccak(b"record of hospital"))
    play.says(
        lambda ledger, b: ledger.principal_of(hospital, block=b),
        Principal(address=hospital, roles=Role.INSTITUTION | Role.CUSTODIAN),
    )
    play.refused(
        lambda ledger: ledger.suspend(account=play.at("stranger"), sender=regulator), participants.BadStatus, status=0
    )
    play.refused(lambda ledger: ledger.suspend(account=hospital, sender=play.key("stranger")), manager.Restricted)
    play.refused(lambda ledger: ledger.reinstate(account=hospital, sender=regulator), participants.BadStatus, status=1)
    play.did(lambda ledger: ledger.suspend(account=hospital, sender=regulator), events.Suspended(account=hospital))
    play.says(lambda ledger, b: ledger.principal_of(hospital, block=b), Principal())
    play.accredit("hospital", Role.INSTITUTION)
    play.says(lambda ledger, b: ledger.account(hospital, block=b).status, AccountStatus.SUSPENDED)
    play.did(lambda ledger: ledger.reinstate(account=hospital, sender=regulator), events.Reinstated(account=hospital))
    play.says(lambda ledger, b: ledger.account(hospital, block=b).has(Role.INSTITUTION), True)
    play.register("patient")
    play.refused(accredit(who="patient"), participants.AlreadyKnown, account=play.at("patient"))
    play.refused(
        lambda ledger: ledger.suspend(account=play.at("patient"), sender=regulator), participants.NotAccredited
    )
    play.refused(lambda ledger: ledger.set_quorum(quorum=2, sender=play.key("stranger")), manager.Restricted)
    play.refused(lambda ledger: ledger.set_quorum(quorum=2, sender=regulator), manager.NotScheduled)
    play.says(lambda ledger, b: ledger.quorum(block=b), 3)


def an_institution_adds_staff_that_agreed(play: Play) -> None:
    clinician, hospital = play.at("clinician"), play.at("hospital")

    def add(*, at: int | None = None, roles: int = 0, by: str = "hospital", signer: str = "clinician"):  # type: ignore[no-untyped-def]
        at = play.now - 3 if at is None else at
        message = messages.Join(institution=play.at(by), staff=clinician, roles=roles, at=at)
        signature = play.signed(signer, message)
        return lambda ledger: ledger.add_staff(
            staff=clinician, roles=Role(roles), at=at, signature=signature, sender=play.key(by)
        )

    play.refused(add(), participants.NotAccredited, account=hospital)
    play.accredit("hospital", Role.INSTITUTION)
    play.accredit("clinic", Role.INSTITUTION)
    play.accredit("first_validator", Role.VALIDATOR)
    play.refused(add(by="first_validator"), participants.NotAccredited)
    play.refused(add(roles=2), participants.BadRoles, roles=2)
    play.refused(add(at=play.now + 1000), participants.BadJoinTime)
    play.refused(add(at=play.now - 7 * DAY), participants.BadJoinTime)
    play.refused(add(signer="stranger"), signatures.WrongSigner, signer=clinician)
    play.join("hospital", "clinician")
    play.says(
        lambda ledger, b: ledger.principal_of(clinician, block=b), Principal(address=hospital, roles=Role.INSTITUTION)
    )
    play.refused(add(by="clinic"), participants.NotAvailable, staff=clinician)
    play.join("hospital", "clinician", Role.GATEWAY)
    play.says(
        lambda ledger, b: ledger.principal_of(clinician, block=b),
        Principal(address=hospital, roles=Role.INSTITUTION, staff_roles=Role.GATEWAY),
    )
    play.refused(lambda ledger: ledger.remove_staff(staff=clinician, sender=play.key("clinic")), participants.NotStaff)
    play.did(
        lambda ledger: ledger.suspend(account=clinician, sender=play.key("regulator")),
        events.Suspended(account=clinician),
    )
    play.refused(add(), participants.NotAvailable)
    play.did(
        lambda ledger: ledger.remove_staff(staff=clinician, sender=play.key("hospital")),
        events.StaffRemoved(institution=hospital, staff=clinician),
    )
    play.did(
        lambda ledger: ledger.reinstate(account=clinician, sender=play.key("regulator")),
        events.Reinstated(account=clinician),
    )
    play.says(lambda ledger, b: ledger.account(clinician, block=b).status, AccountStatus.REMOVED)
    play.join("clinic", "clinician")
    play.did(
        lambda ledger: ledger.remove_staff(staff=clinician, sender=play.key("clinic")),
        events.StaffRemoved(institution=play.at("clinic"), staff=clinician),
    )
    play.says(lambda ledger, b: ledger.principal_of(clinician, block=b), Principal())
    play.join("hospital", "clinician")
    play.did(
        lambda ledger: ledger.suspend(account=hospital, sender=play.key("regulator")),
        events.Suspended(account=hospital),
    )
    play.says(lambda ledger, b: ledger.principal_of(clinician, block=b), Principal())


def an_accredited_account_publishes_its_key(play: Play) -> None:
    hospital = play.at("hospital")

    def publish(document: bytes, seq: int, by: str = "hospital") -> Callable[[Ledger], Transaction]:
        return lambda ledger: ledger.publish_key(document=document, seq=seq, sender=play.key(by))

    play.refused(publish(b"key", 1), participants.NotAccredited, account=hospital)
    play.accredit("hospital", Role.INSTITUTION)
    play.refused(publish(b"", 1), participants.BadSize, size=0)
    play.refused(publish(b"key", 2), participants.BadSeq, seq=2, expected=1)
    told = events.KeyPublished(account=hospital, digest=keccak(b"key"), seq=1, document=b"key")
    play.did(publish(b"key", 1), told)
    play.says(lambda ledger, b: ledger.digest_of(hospital, block=b), keccak(b"key"))
    play.register("patient")
    play.refused(publish(b"key", 2, "patient"), participants.NotAccredited)


def only_the_recovery_address_moves_a_patient(play: Play) -> None:
    """K13: moving house; the old address's consents are void at once."""
    patient, recovery, following = play.at("patient"), play.at("recovery"), play.at("next_patient")
    play.accredit("clinic", Role.INSTITUTION)
    play.register("patient")
    one = play.consent()
    play.grant(one)

    def name(seq: int, to: Address = recovery, by: str = "patient") -> Callable[[Ledger], Transaction]:
        return lambda ledger: ledger.set_recovery(patient=patient, recovery=to, seq=seq, sender=play.key(by))

    def move(by: str = "recovery", to: Address = following, signer: str = "next_patient", accepts: Address = following):  # type: ignore[no-untyped-def]
        accept = play.signed(signer, messages.Accept(patient=patient, next=accepts))
        return lambda ledger: ledger.succeed(
            patient=patient, successor=to, accept_signature=accept, sender=play.key(by)
        )

    play.refused(move("patient"), participants.NotRecovery, patient=patient)
    play.refused(name(2, ZERO_ADDRESS), participants.BadRecovery)
    play.refused(name(2, patient), participants.BadRecovery, recovery=patient)
    play.refused(name(2, by="stranger"), participants.NotRecovery, caller=play.at("stranger"))
    play.did(name(2), events.RecoverySet(patient=patient, recovery=recovery, seq=2))
    play.refused(name(3), participants.NotRecovery)
    again = play.signed("recovery", messages.Recovery(patient=patient, recovery=recovery, seq=3))
    play.did(
        lambda ledger: ledger.set_recovery_by_sig(
            patient=patient, recovery=recovery, seq=3, signature=again, sender=play.key("relayer")
        ),
        events.RecoverySet(patient=patient, recovery=recovery, seq=3),
    )
    play.refused(
        lambda ledger: ledger.set_recovery_by_wallet(
            patient=patient, recovery=recovery, seq=4, signature=again, sender=play.key("relayer")
        ),
        signatures.WalletRefused,
        wallet=recovery,
    )
    play.says(lambda ledger, b: ledger.recovery_of(patient, block=b), recovery)
    play.refused(move("stranger"), participants.NotRecovery)
    play.refused(move(to=patient), participants.BadSuccessor, next=patient)
    play.refused(move(), participants.NotPatient, account=following)
    play.register("next_patient")
    play.refused(move(signer="stranger"), signatures.WrongSigner)
    play.refused(move(accepts=play.at("stranger")), signatures.WrongSigner)
    play.says(lambda ledger, b: ledger.path_of(patient, block=b), ())
    play.did(
        move(), events.Succeeded(patient=patient, next=following), events.LockedDown(patient=patient, mark=FOR_EVER)
    )
    play.says(lambda ledger, b: ledger.path_of(patient, block=b), (following,))
    play.says(lambda ledger, b: ledger.successor_of(patient, block=b), following)
    play.says(lambda ledger, b: ledger.mark_of(patient, block=b), FOR_EVER)
    play.says(lambda ledger, b: ledger.why_not(one.query(one.grantee), block=b), Reason.LOCKED)
    play.refused(move(), participants.HasSuccessor, patient=patient, next=following)
    play.refused(
        lambda ledger: ledger.set_directory(digest=keccak(b"x"), seq=4, sender=play.key("patient")),
        participants.HasSuccessor,
    )


def a_delegate_acts_within_powers_and_time(play: Play) -> None:  # noqa: PLR0915  # a story
    """C09: a delegation ends, is withdrawn, and is voided by a lockdown."""
    patient, delegate = play.at("patient"), play.at("delegate")
    play.accredit("clinic", Role.INSTITUTION)
    play.register("patient")
    start, end = play.now - 20, play.now + 10 * DAY

    def give(powers: int, seq: int, *, to: Address = delegate, issued: int = start, until: int = end):  # type: ignore[no-untyped-def]
        message = messages.Delegate(
            patient=patient, delegate=to, powers=powers, issued_at=issued, not_after=until, seq=seq
        )
        signature = play.signed("patient", message)
        return lambda ledger: ledger.delegate_by_sig(
            patient=patient,
            to=to,
            powers=Power(powers),
            issued_at=issued,
            not_after=until,
            seq=seq,
            signature=signature,
            sender=play.key("relayer"),
        )

    def told(powers: int, seq: int) -> events.Delegated:
        return events.Delegated(
            patient=patient, delegate=delegate, powers=powers, issued_at=start, not_after=end, seq=seq
        )

    play.refused(give(1, 2, to=ZERO_ADDRESS), participants.BadDelegate)
    play.refused(give(1, 2, to=patient), participants.BadDelegate, delegate=patient)
    play.refused(give(64, 2), participants.BadPowers, powers=64)
    play.refused(give(1, 2, issued=0), participants.BadPeriod)
    play.refused(give(1, 2, issued=play.now + 1000), participants.BadPeriod)
    play.refused(give(1, 2, until=start), participants.BadPeriod)
    play.refused(give(1, 1), participants.BadSeq)
    consent = play.consent(signer="delegate", not_after=play.now + 5 * DAY)
    carried = lambda ledger: ledger.grant_signed_by(signer=delegate, **consent.arguments, sender=play.key("relayer"))  # noqa: E731
    play.refused(carried, consent_errors.NotEmpowered, patient=patient, signer=delegate, power=1)
    play.did(give(2 | 4 | 8, 2), told(14, 2))
    play.refused(carried, consent_errors.NotEmpowered)
    play.did(give(15, 3), told(15, 3))
    play.says(
        lambda ledger, b: ledger.delegation_of(patient, delegate, block=b),
        Delegation(powers=Power(15), issued_at=start, not_after=end),
    )
    play.says(lambda ledger, b: ledger.empowered(patient, delegate, Power.GRANT, block=b), end)
    play.says(lambda ledger, b: ledger.empowered(patient, delegate, Power.READ, block=b), 0)
    play.says(lambda ledger, b: ledger.empowered(patient, delegate, Power.NONE, block=b), 0)
    beyond = play.consent(signer="delegate", not_after=end + 1)
    play.refused(
        lambda ledger: ledger.grant_signed_by(signer=delegate, **beyond.arguments, sender=play.key("relayer")),
        consent_errors.OutlivesDelegation,
        not_after=end + 1,
        delegation_end=end,
    )
    forged = play.consent(signer="stranger", not_after=play.now + DAY)
    play.refused(
        lambda ledger: ledger.grant_signed_by(signer=delegate, **forged.arguments, sender=play.key("relayer")),
        signatures.WrongSigner,
        signer=delegate,
    )
    play.refused(
        lambda ledger: ledger.grant_signed_by(signer=patient, **consent.arguments, sender=play.key("relayer")),
        signatures.WalletRefused,
        wallet=patient,
    )
    play.did(carried, consent.granted)
    revocation = play.signed("delegate", messages.Revoke(patient=patient, grantee=consent.grantee, terms=consent.terms))
    revoke = lambda ledger: ledger.revoke_signed_by(  # noqa: E731
        signer=delegate,
        patient=patient,
        grantee=consent.grantee,
        terms=consent.terms,
        signature=revocation,
        sender=play.key("relayer"),
    )
    done = play.ledger.consent_of(patient, consent.grantee, consent.terms)
    assert done.granted
    play.did(revoke, events.Revoked(patient=patient, consent_id=_id(consent)))
    inner = keccak(b"inner")
    erasure = play.signed("delegate", messages.Erase(patient=patient, inner=inner))
    erase = lambda ledger: ledger.erase_signed_by(  # noqa: E731
        signer=delegate, patient=patient, inner=inner, signature=erasure, sender=play.key("relayer")
    )
    play.did(erase, events.Erased(leaf=_leaf(patient, inner)))
    locked = play.now - 2
    lock = play.signed("delegate", messages.Lockdown(patient=patient, time=locked))
    lockdown = lambda ledger: ledger.lockdown_signed_by(  # noqa: E731
        signer=delegate, patient=patient, time=locked, signature=lock, sender=play.key("relayer")
    )
    play.did(lockdown, events.LockedDown(patient=patient, mark=locked))
    play.says(lambda ledger, b: ledger.empowered(patient, delegate, Power.GRANT, block=b), 0)
    play.refused(lockdown, consent_errors.NotEmpowered, power=4)
    play.refused(erase, records.NotPatient, patient=patient, signer=delegate)
    play.did(
        lambda ledger: ledger.delegate(
            to=delegate, powers=Power.NONE, issued_at=start, not_after=end, seq=4, sender=play.key("patient")
        ),
        told(0, 4),
    )
    play.says(lambda ledger, b: ledger.delegation_of(patient, delegate, block=b), Delegation())
    play.refused(
        lambda ledger: ledger.delegate_by_wallet(
            patient=patient,
            to=delegate,
            powers=Power.READ,
            issued_at=start,
            not_after=end,
            seq=5,
            signature=b"",
            sender=play.key("relayer"),
        ),
        signatures.WalletRefused,
    )


def a_consent_opens_exactly_what_it_says(play: Play) -> None:  # noqa: PLR0915  # a story
    """C11: each reason of the contract, in its order."""
    play.accredit("clinic", Role.INSTITUTION)
    play.join("clinic", "clinician")
    play.accredit("hospital", Role.INSTITUTION)
    one = play.consent(not_before=play.now + 60)
    clinic = one.grantee

    def why(reason: Reason, accessor: Address = clinic, **changes: int) -> None:
        query = one.query(accessor, **changes)
        play.says(lambda ledger, b: ledger.why_not(query, block=b), reason)
        play.says(lambda ledger, b: ledger.permits(query, block=b), reason is Reason.PERMITTED)
        play.says(lambda ledger, b: ledger.why_not_each([query, query], block=b), (reason, reason))

    def holds(expected: bool, accessor: Address = clinic, action: int = 2) -> None:
        play.says(
            lambda ledger, b: ledger.holds(
                patient=one.patient, grantee=clinic, terms=one.terms, accessor=accessor, action=action, block=b
            ),
            expected,
        )

    why(Reason.NEVER)
    play.grant(one)
    play.did(lambda ledger: ledger.grant_by_sig(**{**one.arguments, "signature": b""}, sender=play.key("stranger")))
    why(Reason.EARLY)
    holds(expected=False)
    play.pass_time(120)
    play.register("patient")
    why(Reason.PERMITTED)
    why(Reason.PERMITTED, action=3)
    why(Reason.PERMITTED, play.at("clinician"))
    why(Reason.SLOT, slot=40)
    why(Reason.SLOT, slot=255)
    why(Reason.PURPOSE, purpose=1)
    why(Reason.PURPOSE, purpose=62)
    why(Reason.ACTION, action=4)
    why(Reason.ACTION, action=0)
    why(Reason.NOT_ACCESSOR, play.at("stranger"))
    why(Reason.NOT_ACCESSOR, play.at("hospital"))
    holds(expected=True)
    holds(expected=False, action=16)
    holds(expected=True, accessor=play.at("clinician"))
    play.says(
        lambda ledger, b: ledger.consent_of(one.patient, clinic, one.terms, block=b),
        ConsentStatus(one.word.pack() | 1),
    )
    regulator = play.key("regulator")
    clinician = play.at("clinician")
    play.did(lambda ledger: ledger.suspend(account=clinician, sender=regulator), events.Suspended(account=clinician))
    why(Reason.ACCESSOR_SUSPENDED, clinician)
    play.did(lambda ledger: ledger.suspend(account=clinic, sender=regulator), events.Suspended(account=clinic))
    why(Reason.GRANTEE_SUSPENDED)
    play.did(lambda ledger: ledger.reinstate(account=clinic, sender=regulator), events.Reinstated(account=clinic))
    play.pass_time(31 * DAY)
    play.register("other_patient")
    why(Reason.ENDED)
    signature = play.signed("patient", messages.Revoke(patient=one.patient, grantee=clinic, terms=one.terms))
    revoke = lambda ledger: ledger.revoke_by_sig(  # noqa: E731
        patient=one.patient, grantee=clinic, terms=one.terms, signature=signature, sender=play.key("relayer")
    )
    play.did(revoke, events.Revoked(patient=one.patient, consent_id=_id(one)))
    play.did(revoke)
    why(Reason.REVOKED)
    play.says(lambda ledger, b: ledger.consent_of(one.patient, clinic, one.terms, block=b).revoked, True)
    play.refused(
        lambda ledger: ledger.grant_by_sig(**one.arguments, sender=play.key("relayer")), consent_errors.AlreadyRevoked
    )


def a_word_of_another_form_is_refused(play: Play) -> None:
    """E04: what is refused has its own error."""

    def refused(kind: type[Exception], *, grantee: str = "clinic", **changes: Any) -> None:
        one = play.consent(grantee=grantee, **changes)
        play.refused(lambda ledger: ledger.grant_by_sig(**one.arguments, sender=play.key("relayer")), kind)

    refused(consent_errors.StatusSet, status=1)
    refused(consent_errors.BadActions, actions=0)
    refused(consent_errors.BadActions, actions=32)
    refused(consent_errors.BadPurposes, purposes=0)
    refused(consent_errors.BadPurposes, purposes=1 << 62)
    refused(consent_errors.BadScope, scope=SCOPE >> 1)
    refused(consent_errors.BadPeriod, not_before=0)
    refused(consent_errors.BadPeriod, not_after=play.now - 100)
    refused(consent_errors.TooLong, not_after=play.now - 10 + 1827 * DAY + 1)
    refused(consent_errors.IssuedInFuture, issued_at=play.now + 1000)
    refused(consent_errors.Stale, issued_at=play.now - 7 * DAY - 5)
    one = play.consent()
    play.refused(
        lambda ledger: ledger.grant(
            grantee=ZERO_ADDRESS,
            word=one.word.pack(),
            request=ZERO_32,
            statement_hash=one.statement,
            sender=play.key("patient"),
        ),
        consent_errors.ZeroGrantee,
    )
    forged = play.consent(signer="stranger")
    play.refused(
        lambda ledger: ledger.grant_by_sig(**forged.arguments, sender=play.key("relayer")), signatures.WrongSigner
    )
    play.did(
        lambda ledger: ledger.grant(
            grantee=one.grantee,
            word=one.word.pack(),
            request=ZERO_32,
            statement_hash=one.statement,
            sender=play.key("patient"),
        ),
        one.granted,
    )
    never = keccak(b"never granted")
    play.did(
        lambda ledger: ledger.revoke(grantee=one.grantee, terms=never, sender=play.key("patient")),
        events.Revoked(patient=one.patient, consent_id=_id_of(one.patient, one.grantee, never)),
    )


def a_batch_skips_what_is_bad_and_says_so(play: Play) -> None:
    good, forged, short = play.consent(), play.consent(signer="stranger", actions=1), play.consent(actions=0)
    relayer = play.key("relayer")
    items = [SignedConsent(**one.arguments) for one in (forged, good, short, good)]

    def skipped(index: int, kind: type[Any]) -> events.GrantSkipped:
        return events.GrantSkipped(index=index, patient=good.patient, reason=selector_of(kind))

    play.did(
        lambda ledger: ledger.grant_batch(items=items, sender=relayer),
        skipped(0, signatures.WrongSigner),
        good.granted,
        skipped(2, consent_errors.BadActions),
    )
    play.refused(lambda ledger: ledger.grant_batch(items=[], sender=relayer), general.BadBatch, length=0)
    play.refused(lambda ledger: ledger.grant_batch(items=items * 26, sender=relayer), general.BadBatch, length=104)

    def revocation(name: str) -> SignedRevocation:
        message = messages.Revoke(patient=good.patient, grantee=good.grantee, terms=good.terms)
        return SignedRevocation(
            patient=good.patient, grantee=good.grantee, terms=good.terms, signature=play.signed(name, message)
        )

    play.did(
        lambda ledger: ledger.revoke_batch(items=[revocation("stranger"), revocation("patient")], sender=relayer),
        events.RevocationSkipped(index=0, patient=good.patient, reason=selector_of(signatures.WrongSigner)),
        events.Revoked(patient=good.patient, consent_id=_id(good)),
    )
    play.refused(lambda ledger: ledger.revoke_batch(items=[], sender=relayer), general.BadBatch)


def a_lockdown_voids_what_was_signed_until_then(play: Play) -> None:
    """E03: the mark never falls and never lies in the future."""
    play.accredit("clinic", Role.INSTITUTION)
    one, patient = play.consent(), play.at("patient")
    play.grant(one)

    def lock(time: int, by: str = "patient") -> Callable[[Ledger], Transaction]:
        signature = play.signed(by, messages.Lockdown(patient=patient, time=time))
        return lambda ledger: ledger.lockdown_by_sig(
            patient=patient, time=time, signature=signature, sender=play.key("relayer")
        )

    play.refused(lock(0), consent_errors.BadTime)
    play.refused(lock(play.now + 1000), consent_errors.BadTime)
    play.refused(lock(play.now - 1, "stranger"), signatures.WrongSigner)
    earlier = one.word.issued_at - 1
    play.did(lock(earlier), events.LockedDown(patient=patient, mark=earlier))
    play.says(lambda ledger, b: ledger.permits(one.query(one.grantee), block=b), True)
    exactly = one.word.issued_at
    play.did(lock(exactly), events.LockedDown(patient=patient, mark=exactly))
    play.says(lambda ledger, b: ledger.why_not(one.query(one.grantee), block=b), Reason.LOCKED)
    play.did(lock(earlier))
    play.says(lambda ledger, b: ledger.mark_of(patient, block=b), exactly)
    play.did(
        lambda ledger: ledger.lockdown(sender=play.key("patient")),
        events.LockedDown(patient=patient, mark=play.now + 1),
    )


def a_request_is_answered_by_an_equal_or_narrower_consent(play: Play) -> None:
    """C03: nothing wider than what was asked for."""
    researcher, key = play.at("researcher"), play.key("researcher")
    play.accredit("researcher", Role.RESEARCHER)
    asked = Opening(
        patient=play.at("patient"),
        requester=researcher,
        grantee=researcher,
        purposes=TREAT,
        actions=3,
        not_before=play.now - 100,
        not_after=play.now + 30 * DAY,
        document_digest=keccak(b"document"),
        salt=keccak(b"salt"),
    )
    digest = request_digest(asked)
    request = request_id(requester=researcher, digest=digest)
    deadline = play.now + 20 * DAY
    ask = lambda ledger: ledger.open_request(digest=digest, deadline=deadline, sender=key)  # noqa: E731

    def answer(opening: Opening = asked, **changes: Any) -> Consented:
        return play.consent(grantee="researcher", request=request, **{"not_before": asked.not_before, **changes})

    def approve(one: Consented, opening: Opening = asked) -> Callable[[Ledger], Transaction]:
        return lambda ledger: ledger.approve(
            opening=opening,
            word=one.word.pack(),
            statement_hash=one.statement,
            signature=one.signature,
            sender=play.key("relayer"),
        )

    good = answer(not_after=play.now + DAY)
    play.refused(approve(good), consent_errors.NotOpen)
    play.refused(
        lambda ledger: ledger.open_request(digest=digest, deadline=play.now - 5, sender=key), consent_errors.BadDeadline
    )
    play.refused(
        lambda ledger: ledger.open_request(digest=digest, deadline=play.now + 91 * DAY, sender=key),
        consent_errors.BadDeadline,
    )
    play.did(ask, events.Opened(requester=researcher, digest=digest, deadline=deadline))
    play.did(ask)
    play.refused(
        lambda ledger: ledger.open_request(digest=digest, deadline=deadline + 1, sender=key),
        consent_errors.AlreadyOpen,
        deadline=deadline,
    )
    play.says(lambda ledger, b: ledger.deadline_of(researcher, digest, block=b), deadline)
    play.refused(approve(answer(purposes=TREAT | 1)), consent_errors.WiderPurposes, asked=TREAT, given=TREAT | 1)
    play.refused(approve(answer(actions=7)), consent_errors.WiderActions, asked=3, given=7)
    play.refused(approve(answer(not_before=asked.not_before - 1)), consent_errors.WiderPeriod)
    play.refused(approve(answer(not_after=asked.not_after + 1)), consent_errors.WiderPeriod)
    play.refused(approve(answer(not_after=play.now + DAY, signer="stranger")), signatures.WrongSigner)
    play.did(
        lambda ledger: ledger.suspend(account=researcher, sender=play.key("regulator")),
        events.Suspended(account=researcher),
    )
    play.refused(approve(good), consent_errors.RequesterNotActive, requester=researcher)
    play.did(
        lambda ledger: ledger.reinstate(account=researcher, sender=play.key("regulator")),
        events.Reinstated(account=researcher),
    )
    approved = events.Approved(requester=researcher, digest=digest, consent_id=_id(good))
    play.did(approve(good), good.granted, approved)
    play.did(approve(good))
    play.refused(approve(answer(not_after=play.now + 2 * DAY)), consent_errors.NotOpen)
    play.did(ask, events.Opened(requester=researcher, digest=digest, deadline=deadline))
    play.did(approve(good), approved)
    play.did(ask, events.Opened(requester=researcher, digest=digest, deadline=deadline))
    play.refused(
        lambda ledger: ledger.withdraw_request(digest=digest, sender=play.key("stranger")), consent_errors.NotOpen
    )
    withdraw = lambda ledger: ledger.withdraw_request(digest=digest, sender=key)  # noqa: E731
    play.did(withdraw, events.Withdrawn(requester=researcher, digest=digest))
    play.refused(withdraw, consent_errors.NotOpen)
    play.did(ask, events.Opened(requester=researcher, digest=digest, deadline=deadline))
    play.refused(
        lambda ledger: ledger.approve_signed_by(
            signer=play.at("delegate"),
            opening=asked,
            word=answer(not_after=play.now + 3 * DAY).word.pack(),
            statement_hash=good.statement,
            signature=good.signature,
            sender=play.key("relayer"),
        ),
        consent_errors.NotEmpowered,
    )
    play.pass_time(21 * DAY)
    play.refused(approve(answer(not_after=play.now + DAY)), consent_errors.Lapsed, deadline=deadline)
    later = play.now + DAY
    play.did(
        lambda ledger: ledger.open_request(digest=digest, deadline=later, sender=key),
        events.Opened(requester=researcher, digest=digest, deadline=later),
    )


def a_record_is_anchored_confirmed_superseded_and_retracted(play: Play) -> None:  # noqa: PLR0915  # a story
    hospital, patient, key = play.at("hospital"), play.at("patient"), play.key("hospital")
    inner, second = keccak(b"inner"), keccak(b"second inner")
    leaf, other = _leaf(patient, inner), _leaf(patient, second)
    root = keccak(min(leaf, other) + max(leaf, other))
    newer = _leaf(patient, keccak(b"newer"))

    def anchor(tree: bytes = root, count: int = 2, superseded: tuple[bytes, ...] = (), by: str = "hospital"):  # type: ignore[no-untyped-def]
        return lambda ledger: ledger.anchor(root=tree, count=count, superseded=superseded, sender=play.key(by))

    def confirm(names: tuple[str, ...], tree: bytes = root, signer: str | None = None):  # type: ignore[no-untyped-def]
        message = messages.Confirm(provider=hospital, root=tree)
        given = {play.at(name): play.signed(signer or name, message) for name in names}
        return lambda ledger: ledger.confirm(provider=hospital, root=tree, signatures=given, sender=play.key("relayer"))

    def status(
        expected: RecordStatus, *, proof: tuple[bytes, ...] = (other,), part: bytes = inner, tree: bytes = root
    ) -> None:
        query = RecordQuery(provider=hospital, root=tree, patient=patient, inner=part, proof=proof)
        state = play.ledger.anchor_of(hospital, tree)
        known = expected is not RecordStatus.UNKNOWN
        wanted = RecordState(
            status=expected,
            confirmations=state.confirmations if known else 0,
            time=state.time if known else 0,
        )
        play.says(lambda ledger, b: ledger.record_status(query, block=b), wanted)
        play.says(lambda ledger, b: ledger.record_status_each([query], block=b), (wanted,))

    validators = ("first_validator", "second_validator", "third_validator")
    play.refused(anchor(), records.NotInstitution, caller=hospital)
    play.accredit("hospital", Role.INSTITUTION | Role.VALIDATOR)
    for name in validators:
        play.accredit(name, Role.VALIDATOR)
    play.join("hospital", "clinician")
    play.refused(anchor(by="first_validator"), records.NotInstitution)
    play.refused(anchor(tree=(255).to_bytes(32, "big")), records.BadRoot)
    play.refused(anchor(count=0), records.ZeroCount)
    play.refused(anchor(superseded=(leaf,) * 1001), records.TooMany, length=1001, limit=1000)
    status(RecordStatus.UNKNOWN)
    play.refused(confirm(validators), records.NotAnchored)
    done = play.did(anchor(by="clinician"), events.Anchored(provider=hospital, root=root, count=2))
    play.did(anchor(count=9))
    play.says(lambda ledger, b: ledger.anchor_of(hospital, root, block=b), AnchorState(time=done.block.time, count=2))
    status(RecordStatus.ANCHORED)
    status(RecordStatus.UNKNOWN, proof=())
    status(RecordStatus.UNKNOWN, part=keccak(b"other"))
    play.refused(confirm(validators[:2]), records.TooFewSignatures, signers=2, quorum=3)
    play.refused(confirm((*validators[:2], "stranger")), records.NotValidator, signer=play.at("stranger"))
    play.refused(confirm((*validators[:2], "hospital")), records.NotValidator, signer=hospital)
    play.refused(confirm(validators, signer="stranger"), signatures.WrongSigner)
    play.refused(
        lambda ledger: ledger.confirm(
            provider=hospital,
            root=root,
            signatures={f"0x{number:040x}": b"x" * 65 for number in range(1, 34)},
            sender=play.key("relayer"),
        ),
        records.TooMany,
        length=33,
        limit=32,
    )
    play.did(confirm(validators), events.Confirmed(provider=hospital, root=root, confirmations=3))
    play.did(confirm(("stranger",)))
    status(RecordStatus.CONFIRMED)
    draft = keccak(b"a tree that nobody confirms")
    play.did(
        anchor(draft, 1, (leaf,)),
        events.Anchored(provider=hospital, root=draft, count=1),
        events.Superseded(provider=hospital, leaf=leaf, root=draft),
    )
    replaced = events.Superseded(provider=hospital, leaf=leaf, root=newer)
    play.did(anchor(newer, 1, (leaf,)), events.Anchored(provider=hospital, root=newer, count=1), replaced)
    status(RecordStatus.CONFIRMED)
    play.says(lambda ledger, b: ledger.closed_by(hospital, leaf, block=b), int.from_bytes(newer, "big"))
    play.did(confirm(validators, newer), events.Confirmed(provider=hospital, root=newer, confirmations=3))
    status(RecordStatus.SUPERSEDED)
    play.refused(anchor(keccak(b"tree"), 1, (leaf,)), records.AlreadySuperseded)
    retract = lambda ledger: ledger.retract(leaf=other, reason=7, sender=key)  # noqa: E731
    play.refused(lambda ledger: ledger.retract(leaf=other, reason=0, sender=key), records.ZeroReason)
    play.refused(
        lambda ledger: ledger.retract(leaf=other, reason=7, sender=play.key("stranger")), records.NotInstitution
    )
    play.did(retract, events.Retracted(provider=hospital, leaf=other, reason=7))
    play.did(retract)
    play.refused(lambda ledger: ledger.retract(leaf=other, reason=8, sender=key), records.AlreadyRetracted, reason=7)
    play.refused(anchor(keccak(b"tree"), 1, (other,)), records.AlreadyRetracted)
    status(RecordStatus.RETRACTED, proof=(leaf,), part=second)
    play.did(lambda ledger: ledger.erase(inner=second, sender=play.key("patient")), events.Erased(leaf=other))
    status(RecordStatus.ERASED, proof=(leaf,), part=second)


def only_the_last_successor_erases(play: Play) -> None:
    """C02: erasure is final, takes the recovery address for everything, and nobody else's word."""
    patient, following = play.at("patient"), play.at("next_patient")
    inner = keccak(b"inner")
    leaf = _leaf(patient, inner)

    def erase(by: str, path: tuple[Address, ...] = ()) -> Callable[[Ledger], Transaction]:
        signature = play.signed(by, messages.Erase(patient=patient, inner=inner))
        return lambda ledger: ledger.erase_by_sig(
            patient=patient, path=path, inner=inner, signature=signature, sender=play.key("relayer")
        )

    play.register("patient")
    play.register("next_patient")
    play.refused(erase("stranger"), signatures.WrongSigner, signer=patient)
    play.refused(erase("patient", (following,)), participants.BadPath, patient=patient, index=0)
    play.did(
        lambda ledger: ledger.set_recovery(
            patient=patient, recovery=play.at("recovery"), seq=2, sender=play.key("patient")
        ),
        events.RecoverySet(patient=patient, recovery=play.at("recovery"), seq=2),
    )
    accept = play.signed("next_patient", messages.Accept(patient=patient, next=following))
    play.did(
        lambda ledger: ledger.succeed(
            patient=patient, successor=following, accept_signature=accept, sender=play.key("recovery")
        ),
        events.Succeeded(patient=patient, next=following),
        events.LockedDown(patient=patient, mark=FOR_EVER),
    )
    play.refused(
        lambda ledger: ledger.erase(inner=inner, sender=play.key("patient")), records.HasSuccessor, next=following
    )
    play.refused(erase("patient"), records.HasSuccessor)
    play.refused(erase("patient", (following,)), signatures.WrongSigner, signer=following)
    play.refused(erase("next_patient", (following,) * 9), participants.BadPath, index=9)
    play.refused(erase("next_patient", (play.at("stranger"),)), participants.BadPath, index=0)
    play.refused(erase("next_patient", (following, patient)), participants.BadPath, index=1)
    play.refused(
        lambda ledger: ledger.erase_inherited(
            patient=patient, path=(following,), inner=inner, sender=play.key("stranger")
        ),
        records.NotPatient,
    )
    play.says(lambda ledger, b: ledger.is_erased(leaf, block=b), False)
    play.did(erase("next_patient", (following,)), events.Erased(leaf=leaf))
    play.did(erase("next_patient", (following,)))
    play.says(lambda ledger, b: ledger.is_erased(leaf, block=b), True)
    more = keccak(b"more")
    play.did(
        lambda ledger: ledger.erase_inherited(
            patient=patient, path=(following,), inner=more, sender=play.key("next_patient")
        ),
        events.Erased(leaf=_leaf(patient, more)),
    )
    play.refused(
        lambda ledger: ledger.erase_signed_by(
            signer=following,
            patient=patient,
            path=(following,),
            inner=inner,
            signature=b"",
            sender=play.key("relayer"),
        ),
        signatures.WalletRefused,
    )

    def erase_all(signature: bytes, recovery: bytes = b"") -> Callable[[Ledger], Transaction]:
        return lambda ledger: ledger.erase_all_by_sig(
            patient=patient,
            path=(following,),
            signature=signature,
            recovery_signature=recovery,
            sender=play.key("relayer"),
        )

    everything = messages.EraseAll(patient=patient)
    mine = play.signed("next_patient", everything)
    play.refused(erase_all(play.signed("patient", everything)), signatures.WrongSigner)
    play.refused(erase_all(mine, play.signed("recovery", everything)), records.NoRecovery, patient=following)
    play.did(
        lambda ledger: ledger.set_recovery(
            patient=following, recovery=play.at("recovery"), seq=2, sender=play.key("next_patient")
        ),
        events.RecoverySet(patient=following, recovery=play.at("recovery"), seq=2),
    )
    play.refused(erase_all(mine), SignatureLength, length=0)
    play.refused(erase_all(mine, mine), signatures.WrongSigner, signer=play.at("recovery"))
    play.refused(
        lambda ledger: ledger.erase_all(patient=patient, path=(following,), sender=play.key("stranger")),
        records.NotPatient,
    )
    play.refused(
        lambda ledger: ledger.erase_all_signed_by(
            signer=play.at("stranger"),
            patient=patient,
            path=(following,),
            signature=mine,
            sender=play.key("relayer"),
        ),
        records.NotPatient,
    )
    play.says(lambda ledger, b: ledger.is_erased_all(patient, block=b), False)
    theirs = play.signed("recovery", everything)
    play.did(erase_all(mine, theirs), events.ErasedAll(patient=patient))
    play.did(
        lambda ledger: ledger.erase_all(
            patient=patient, path=(following,), recovery_signature=theirs, sender=play.key("next_patient")
        )
    )
    play.says(lambda ledger, b: ledger.is_erased_all(patient, block=b), True)


def a_gateway_continues_its_own_chain(play: Play) -> None:
    """A gap or a rewritten past is refused."""
    gateway, key = play.at("gateway"), play.key("gateway")
    zero, first, second = ZERO_32, keccak(b"receipts"), keccak(b"heads")

    def anchor(previous: bytes, count: int = 5) -> Callable[[Ledger], Transaction]:
        return lambda ledger: ledger.anchor_receipts(
            previous=previous, receipts=first, heads=second, count=count, sender=key
        )

    def head(previous: bytes, count: int = 5) -> bytes:
        return keccak(previous + first + second + count.to_bytes(32, "big"))

    def told(previous: bytes, count: int = 5) -> events.ReceiptsAnchored:
        return events.ReceiptsAnchored(
            gateway=gateway,
            institution=play.at("hospital"),
            head=head(previous, count),
            receipts=first,
            heads=second,
            count=count,
        )

    play.refused(anchor(zero), audit.NotGateway, caller=gateway)
    play.accredit("hospital", Role.INSTITUTION)
    play.join("hospital", "gateway")
    play.refused(anchor(zero), audit.NotGateway)
    play.join("hospital", "gateway", Role.GATEWAY)
    play.refused(anchor(first), audit.NotContinued)
    play.did(anchor(zero), told(zero))
    play.did(anchor(zero))
    play.refused(anchor(zero, 6), audit.NotContinued)
    play.did(anchor(head(zero), 0), told(head(zero), 0))
    play.says(lambda ledger, b: ledger.head_of(gateway, block=b), head(head(zero), 0))
    play.says(lambda ledger, b: ledger.head_of(play.at("stranger"), block=b), ZERO_32)


def a_read_answers_as_of_its_block(play: Play) -> None:
    play.register("patient")
    before, patient = play.ledger.head(), play.at("patient")
    play.did(
        lambda ledger: ledger.set_directory(digest=keccak(b"2"), seq=2, sender=play.key("patient")),
        events.DirectorySet(patient=patient, digest=keccak(b"2"), seq=2),
    )
    after = play.ledger.head()
    assert play.ledger.account(patient, block=before).seq == 1
    assert play.ledger.account(patient, block=after).seq == 2
    assert play.ledger.account(patient).seq == 2
    assert play.ledger.block(before.number) == before
    assert play.ledger.final().number <= play.ledger.head().number
    strange = type(after)(after.number, keccak(b"no such block"), after.time)
    play.refused(lambda ledger: ledger.account(patient, block=strange), BlockGone)
    play.refused(lambda ledger: ledger.block(10**9), BlockGone)


def events_come_in_order_and_by_kind(play: Play) -> None:
    play.register("patient")
    play.register("other_patient")
    mark = play.ledger.head().number
    play.accredit("hospital", Role.INSTITUTION)
    last = play.ledger.head().number
    kinds = [type(log.event).__name__ for log in play.ledger.events(0, last)]
    assert kinds[-4:] == ["QuorumSet", "Registered", "Registered", "Accredited"]
    play.outcomes.append(kinds)
    only = list(play.ledger.events(kinds=(events.Registered,)))
    assert [log.event.patient for log in only] == [play.at("patient"), play.at("other_patient")]  # type: ignore[attr-defined]
    assert [log.block_number for log in only] == sorted(log.block_number for log in only)
    later = list(play.ledger.events(mark + 1, last))
    assert [type(log.event).__name__ for log in later] == ["Accredited"]
    assert later[0].block_hash == play.ledger.block(later[0].block_number).hash


def a_transaction_is_saved_before_it_is_sent(play: Play) -> None:
    """The same bytes again change nothing; a refusal is known before anything is paid."""
    ledger, key = play.ledger, play.key("patient")
    play.now += 1
    play.stage.set_time(play.now)
    cost = ledger.dry_run.register(directory=keccak(b"1"), sender=key.address)
    assert cost.gas > 21_000
    assert cost.max_fee_wei >= cost.gas
    saved = ledger.prepared.register(directory=keccak(b"1"), sender=key)
    assert saved.sender == key.address
    assert ledger.mined(saved.hash) is None
    play.now += 1
    play.stage.set_time(play.now)
    ledger.send(saved)
    mined = ledger.wait(saved.hash)
    assert mined.hash == saved.hash
    assert mined.sender == key.address
    assert 0 < mined.gas_used <= cost.gas
    assert [type(log.event) for log in mined.logs] == [events.Registered]
    ledger.send(saved)
    assert ledger.mined(saved.hash) == mined
    assert ledger.account(key.address).seq == 1
    play.refused(lambda ledger: ledger.dry_run.register(directory=ZERO_32, sender=key.address), participants.ZeroDigest)
    play.refused(lambda ledger: ledger.prepared.register(directory=ZERO_32, sender=key), participants.ZeroDigest)


def a_value_that_does_not_fit_is_refused_before_it_is_sent(play: Play) -> None:
    key = play.key("patient")
    play.refused(lambda ledger: ledger.register(directory=b"short", sender=key), BadArgument)
    play.refused(lambda ledger: ledger.set_directory(digest=keccak(b"1"), seq=2**40, sender=key), BadArgument)
    play.refused(lambda ledger: ledger.set_directory(digest=keccak(b"1"), seq=-1, sender=key), BadArgument)
    play.refused(lambda ledger: ledger.suspend(account="0xABC", sender=key), BadArgument)
    play.refused(
        lambda ledger: ledger.suspend(account=play.at("stranger").upper().replace("X", "x"), sender=key), BadArgument
    )
    play.refused(
        lambda ledger: ledger.revoke_batch(
            items=[SignedRevocation(patient=key.address, grantee=key.address, terms=b"short", signature=b"")],
            sender=key,
        ),
        BadArgument,
    )


SCENARIOS: tuple[Callable[[Play], None], ...] = (
    patients_register_themselves,
    a_signature_has_one_form,
    a_directory_changes_only_with_the_next_number,
    the_regulator_accredits_suspends_and_reinstates,
    an_institution_adds_staff_that_agreed,
    an_accredited_account_publishes_its_key,
    only_the_recovery_address_moves_a_patient,
    a_delegate_acts_within_powers_and_time,
    a_consent_opens_exactly_what_it_says,
    a_word_of_another_form_is_refused,
    a_batch_skips_what_is_bad_and_says_so,
    a_lockdown_voids_what_was_signed_until_then,
    a_request_is_answered_by_an_equal_or_narrower_consent,
    a_record_is_anchored_confirmed_superseded_and_retracted,
    only_the_last_successor_erases,
    a_gateway_continues_its_own_chain,
    a_read_answers_as_of_its_block,
    events_come_in_order_and_by_kind,
    a_transaction_is_saved_before_it_is_sent,
    a_value_that_does_not_fit_is_refused_before_it_is_sent,
)


def _leaf(patient: Address, inner: bytes) -> bytes:
    return keccak(keccak(bytes(12) + bytes.fromhex(patient[2:]) + inner))


def _id(one: Consented) -> bytes:
    return _id_of(one.patient, one.grantee, one.terms)


def _id_of(patient: Address, grantee: Address, terms: bytes) -> bytes:
    return keccak(bytes(12) + bytes.fromhex(patient[2:]) + bytes(12) + bytes.fromhex(grantee[2:]) + terms)

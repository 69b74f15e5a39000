"""The arguments of every function of the matrix, for a role as its caller or as its signer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from medshare.consent.terms import Opening, request_digest
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32
from medshare.typed_data import (
    Accept,
    Confirm,
    Delegate,
    Directory,
    Erase,
    EraseAll,
    Join,
    Message,
    Recovery,
    Register,
)
from tests.contracts.chainclock import DAY, now
from tests.contracts.people import low
from tests.contracts.world import TAIWAN, Draft, World, as_tuple

ROOT, INNER, DIGEST = keccak(b"root"), keccak(b"inner"), keccak(b"digest")


@dataclass(frozen=True)
class Stage:
    """What the acts are about."""

    world: World
    people: dict[str, Any]
    consent: Draft
    opening: Opening
    answer: Draft
    joined_at: int
    state: str = "ordinary"
    _seqs: dict[str, int] = field(default_factory=dict)

    @cached_property
    def time(self) -> int:
        """The second of the state."""
        return now()

    def path(self) -> list[Any]:
        return [self.people["next_patient"]] if self.state == "moved" else []

    def seq(self, who: Any) -> int:
        if low(who) not in self._seqs:
            self._seqs[low(who)] = self.world.seq(who) + 1
        return self._seqs[low(who)]

    def signature(self, role: str, message: Message) -> bytes:
        return self.world.sign(self.people[role], message)

    def recovery_signature(self) -> bytes:
        """Of the patient's recovery address; the next address named none."""
        if self.state == "moved":
            return b""
        return self.signature("recovery", EraseAll(patient=low(self.people["patient"])))


def _own(stage: Stage, role: str) -> dict[str, Callable[[], tuple[Any, ...]]]:
    """Arguments of what a role calls itself."""
    people, who = stage.people, stage.people[role]
    time, patient, hospital = stage.time, people["patient"], people["hospital"]
    # What everyone grants and revokes is what the patient granted: each in their own name.
    draft = replace(stage.consent, patient=low(who))
    batch = replace(draft, statement="In a batch.")
    fresh = people["stranger"]
    joining = Join(institution=low(who), staff=low(fresh), roles=0, at=time)
    accept = Accept(patient=low(patient), next=low(people["next_patient"]))
    return {
        "register": lambda: (DIGEST,),
        "setDirectory": lambda: (DIGEST, stage.seq(who)),
        "setRecovery": lambda: (patient, people["insurer"], stage.seq(patient)),
        "delegate": lambda: (people["relayer"] if role != "relayer" else fresh, 1, time, time + DAY, stage.seq(who)),
        "succeed": lambda: (patient, people["next_patient"], stage.signature("next_patient", accept)),
        "publishKey": lambda: (b"key", stage.seq(who)),
        "addStaff": lambda: (fresh, 0, time, stage.signature("stranger", joining)),
        "removeStaff": lambda: (people["clinician"],),
        "accredit": lambda: (people["hospital"], 2, TAIWAN, b"record"),
        "suspend": lambda: (hospital,),
        "reinstate": lambda: (people["suspended_hospital"],),
        "grant": lambda: draft.direct,
        "grantBatch": lambda: ([batch.by(patient)],),
        "revoke": lambda: (hospital, stage.consent.terms),
        "revokeBatch": lambda: ([(patient, hospital, batch.terms, bytes(65))],),
        "lockdown": lambda: (),
        "retireAddress": lambda: (patient,),
        "open": lambda: (DIGEST, time + DAY),
        "withdraw": lambda: (request_digest(stage.opening),),
        "anchor": lambda: (ROOT, 1, []),
        "audit.anchor": lambda: (ZERO_32, ROOT, DIGEST, 1),
        "retract": lambda: (DIGEST, 1),
        "erase": lambda: (INNER,),
        "eraseInherited": lambda: (patient, stage.path(), INNER),
        "eraseAll": lambda: (patient, stage.path(), stage.recovery_signature()),
        "setQuorum": lambda: (2,),
        "setAuthority": lambda: (who,),
    }


def _signed(stage: Stage, role: str) -> dict[str, tuple[Message, Any]]:
    """For what a role signs: the message, and the arguments around the signature."""
    people, world, who = stage.people, stage.world, stage.people[role]
    time, patient, hospital = stage.time, people["patient"], people["hospital"]
    home, by, consent, answer = low(patient), low(who), stage.consent, stage.answer
    seq, path = stage.seq(patient), stage.path()
    register = Register(patient=by, directory=DIGEST)
    directory = Directory(patient=home, digest=DIGEST, seq=seq)
    insurer = people["insurer"]
    named = Recovery(patient=home, recovery=low(insurer), seq=seq)
    relayer = people["relayer"]
    delegation = Delegate(patient=home, delegate=low(relayer), powers=1, issued_at=time, not_after=time + DAY, seq=seq)
    delegated = (patient, relayer, 1, time, time + DAY, seq)
    accept = Accept(patient=home, next=low(people["next_patient"]))
    join = Join(institution=low(hospital), staff=low(people["stranger"]), roles=0, at=stage.joined_at)
    lockdown = world.lockdown(patient, time)
    approval = (as_tuple(stage.opening), answer.word.pack(), answer.statement_hash)
    erase, erase_all = Erase(patient=home, inner=INNER), EraseAll(patient=home)
    confirm = Confirm(provider=low(people["laboratory"]), root=ROOT)

    def confirmed(signature: bytes) -> tuple[Any, ...]:
        signers = [people["second_validator"], people["third_validator"], who]
        signers = sorted({low(one) for one in signers})
        own = {low(people[name]): stage.signature(name, confirm) for name in ("second_validator", "third_validator")}
        return people["laboratory"], ROOT, signers, b"".join((own | {by: signature})[one] for one in signers)

    return {
        "registerBySig": (register, lambda s: (who, DIGEST, s)),
        "registerByWallet": (register, lambda s: (who, DIGEST, s)),
        "setDirectoryBySig": (directory, lambda s: (patient, DIGEST, seq, s)),
        "setDirectoryByWallet": (directory, lambda s: (patient, DIGEST, seq, s)),
        "setRecoveryBySig": (named, lambda s: (patient, insurer, seq, s)),
        "setRecoveryByWallet": (named, lambda s: (patient, insurer, seq, s)),
        "delegateBySig": (delegation, lambda s: (*delegated, s)),
        "delegateByWallet": (delegation, lambda s: (*delegated, s)),
        "succeed": (accept, lambda s: (patient, people["next_patient"], s)),
        "addStaff": (join, lambda s: (people["stranger"], 0, stage.joined_at, s)),
        "grantBySig": (consent.message, lambda s: (patient, *consent.direct, s)),
        "grantBy": (consent.message, lambda s: (who, patient, *consent.direct, s)),
        "revokeBySig": (consent.revocation, lambda s: (patient, hospital, consent.terms, s)),
        "revokeBy": (consent.revocation, lambda s: (who, patient, hospital, consent.terms, s)),
        "lockdownBySig": (lockdown, lambda s: (patient, time, s)),
        "lockdownBy": (lockdown, lambda s: (who, patient, time, s)),
        "approve": (answer.message, lambda s: (*approval, s)),
        "approveBy": (answer.message, lambda s: (who, *approval, s)),
        "confirm": (confirm, confirmed),
        "eraseBySig": (erase, lambda s: (patient, path, INNER, s)),
        "eraseBy": (erase, lambda s: (who, patient, path, INNER, s)),
        "eraseAllBySig": (erase_all, lambda s: (patient, path, s, stage.recovery_signature())),
        "eraseAllBy": (erase_all, lambda s: (who, patient, path, s, stage.recovery_signature())),
    }


CARRIERS = {"succeed": "recovery", "addStaff": "hospital"}
"""Who carries a signature that not everyone may carry."""


def call(stage: Stage, row: Any, role: str) -> tuple[Any, tuple[Any, ...], Any]:
    """The function of a row, its arguments for this role, and the account that sends it."""
    function = getattr(getattr(stage.world, row.contract), row.function)
    if row.by == "caller":
        own = _own(stage, role)
        arguments = own.get(f"{row.contract}.{row.function}", own.get(row.function))
        return function, arguments(), stage.people[role]
    message, around = _signed(stage, role)[row.function]
    sender = stage.people[CARRIERS.get(row.function, "relayer")]
    return function, around(stage.signature(role, message)), sender

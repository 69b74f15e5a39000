"""The steps that people may take, good and bad ones alike; each is done on the contracts and on the model."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from medshare.consent.terms import Opening, request_digest
from medshare.digest import keccak
from medshare.typed_data import Accept, Erase, Join
from tests.contracts.chainclock import DAY, rpc
from tests.contracts.people import low
from tests.contracts.world import INSTITUTION, RECORD, RESEARCHER, SERVICE, TAIWAN, Draft, as_tuple
from tests.stateful.both import Both, mined

P, C, Q, R = "ParticipantRegistry", "ConsentRegistry", "AccessRequests", "RecordRegistry"
PATIENTS = ("patient", "other_patient", "next_patient")
GRANTEES = ("hospital", "other_hospital", "researcher", "service", "other_patient", "clinician", "stranger")
STAFF = ("clinician", "other_clinician")
EMPLOYERS = ("hospital", "other_hospital")
ACCESSORS = ("clinician", "other_clinician", "hospital", "stranger")
SCOPES = (0x96A5C3F00F3C5A69, 2**32 - 1, 2**33 - 1, 0)
HOW = ("self", "key", "delegate", "powerless", "forged", "other key")
"""By a transaction, her signature, a delegate's, that of one without power, a stranger's, a signature of other words."""

times = st.sampled_from((-7 * DAY - 1, -7 * DAY, -7 * DAY + 1, -DAY, -1, 0, 1, DAY))
near = st.sampled_from((-1, 0, 1))
moments = st.sampled_from((0, 1, 2, 3600, DAY, 7 * DAY, 30 * DAY))


class Steps(RuleBasedStateMachine):
    """The actors, what they have granted and asked so far, and what they may do next."""

    def __init__(self, world, people, service, snapshot):
        super().__init__()
        rpc("evm_revert", snapshot[0])
        snapshot[0] = rpc("evm_snapshot")
        self.people = dict(people) | {"service": service}
        self.world, self.both = world, Both(world)
        self.number = 0
        self.drafts: dict[bytes, Draft] = {}
        self.openings: list[Opening] = []
        self.standing: set[tuple[str, str]] = set()
        self.statuses: dict[bytes, int] = {}
        self.marks: dict[str, int] = {}
        self.erased: set[tuple[str, bytes]] = set()
        self.both.model.set_service(low(service), lambda patient, accessor: (patient, accessor) in self.standing)
        regulator = people["regulator"]
        for name, roles in (
            ("hospital", INSTITUTION),
            ("other_hospital", INSTITUTION),
            ("researcher", RESEARCHER),
            ("service", SERVICE),
        ):
            self.both.act(regulator, P, "accredit", low(self.people[name]), roles, TAIWAN, RECORD)
        for name in PATIENTS:
            self.both.act(people[name], P, "register", keccak(name.encode()))
        for name, institution in zip(STAFF, EMPLOYERS, strict=True):
            self.add_staff(name, institution, 0, 0, good=True)
        for name, powers in (("delegate", 15), ("insurer", 32)):
            self.delegate("patient", name, powers, issued=0, lasts=30 * DAY, late=0)
        self.set_recovery("patient", "patient", late=0)
        for name in PATIENTS[:2]:
            self.grant(name, "hospital", "key", lasts=20 * DAY)
        self.open("patient", "researcher", DAY)

    # How an act is done

    def seq(self, who: str) -> int:
        return self.both.model.account(low(self.people[who])).seq + 1

    def carried(self, patient: str, how: str, message, direct, by_sig, by):
        """Do one act of a patient in one of the ways. The three functions take a signature, or a signer and one."""
        people, world = self.people, self.world
        if how == "self":
            return direct(people[patient])
        if how in ("delegate", "powerless"):
            signer = people["delegate" if how == "delegate" else "insurer"]
            return by(low(signer), world.sign(signer, message))
        signer = people["stranger" if how == "forged" else patient]
        signature = world.sign(signer, message)
        return by_sig(signature[:64] + bytes([55 - signature[64]]) if how == "other key" else signature)

    # Steps

    @rule(seconds=moments)
    def wait(self, seconds):
        self.both.wait(seconds)

    @rule(
        patient=st.sampled_from(PATIENTS),
        grantee=st.sampled_from(GRANTEES),
        how=st.sampled_from(("key", "self", "delegate")),
        lasts=st.sampled_from((20 * DAY, DAY, 10)),
    )
    def grant(self, patient, grantee, how, lasts):
        draft = self.draft(patient, grantee)
        self._granted(draft.with_word(not_after=draft.word.issued_at + lasts), patient, how)

    @rule(
        patient=st.sampled_from(PATIENTS),
        grantee=st.sampled_from(GRANTEES),
        how=st.sampled_from(HOW),
        issued=times,
        begins=times,
        lasts=st.sampled_from((0, 1, DAY, 20 * DAY, 1827 * DAY)),
        scope=st.sampled_from(SCOPES),
        purposes=st.sampled_from((1 << 60, 1 << 60 | 1 << 29, (1 << 62) - 1, 0, 1 << 62)),
        actions=st.sampled_from((1, 2, 3, 31, 0, 32)),
    )
    def grant_anything(self, patient, grantee, how, issued, begins, lasts, scope, purposes, actions):
        draft = self.draft(patient, grantee)
        start = draft.word.issued_at + begins
        draft = draft.with_word(
            issued_at=draft.word.issued_at + issued,
            not_before=start,
            not_after=start + lasts,
            scope=scope,
            purposes=purposes,
            actions=actions,
        )
        self._granted(draft, patient, how)

    def draft(self, patient, grantee):
        """A good consent of this second, unlike any other."""
        self.number += 1
        statement = f"Number {self.number}."
        draft = self.world.draft(self.people[patient], self.people[grantee], statement=statement, actions=3)
        time = self.both.time + 1  # the second in which it is sent
        return draft.with_word(issued_at=time, not_before=time, not_after=time + 20 * DAY)

    def _granted(self, draft, patient, how):
        people, act = self.people, self.both.act
        relayer = people["relayer"]
        done = self.carried(
            patient,
            how,
            draft.message,
            lambda sender: act(sender, C, "grant", *draft.direct),
            lambda signature: act(relayer, C, "grantBySig", draft.patient, *draft.direct, signature),
            lambda signer, signature: act(relayer, C, "grantBy", signer, draft.patient, *draft.direct, signature),
        )
        if done:
            self.drafts[draft.id] = draft

    @rule(data=st.data(), how=st.sampled_from(HOW))
    def grant_again(self, data, how):
        draft = data.draw(st.sampled_from(list(self.drafts.values())))
        self._granted(draft, self.name_of(draft.patient), how)

    @rule(data=st.data(), how=st.sampled_from(HOW), known=st.booleans())
    def revoke(self, data, how, known):
        draft = data.draw(st.sampled_from(list(self.drafts.values())))
        if not known:
            draft = replace(draft, statement="Signed and not sent.")
        people, act = self.people, self.both.act
        relayer, message = people["relayer"], draft.revocation
        named = (draft.grantee, draft.terms)
        done = self.carried(
            self.name_of(draft.patient),
            how,
            message,
            lambda sender: act(sender, C, "revoke", *named),
            lambda signature: act(relayer, C, "revokeBySig", draft.patient, *named, signature),
            lambda signer, signature: act(relayer, C, "revokeBy", signer, draft.patient, *named, signature),
        )
        if done:
            self.drafts[draft.id] = draft

    @rule(data=st.data(), off=near)
    def wait_for_a_bound(self, data, off):
        """Until the beginning or the end of a consent, a second before or after it."""
        word = data.draw(st.sampled_from(list(self.drafts.values()))).word
        bound = data.draw(st.sampled_from((word.not_before, word.not_after)))
        self.both.wait(max(0, bound + off - self.both.time))

    @rule(data=st.data(), how=st.sampled_from(HOW), off=near, exact=st.booleans())
    def lockdown(self, data, how, off, exact):
        """Dated as a consent was, a second before or after it; or now, or a second off."""
        draft = data.draw(st.sampled_from(list(self.drafts.values())))
        patient, people, act = self.name_of(draft.patient), self.people, self.both.act
        relayer, who = people["relayer"], draft.patient
        time = max(0, (draft.word.issued_at if exact else self.both.time + 1) + off)
        message = self.world.lockdown(who, time)
        self.carried(
            patient,
            how,
            message,
            lambda sender: act(sender, C, "lockdown"),
            lambda signature: act(relayer, C, "lockdownBySig", who, time, signature),
            lambda signer, signature: act(relayer, C, "lockdownBy", signer, who, time, signature),
        )

    @rule(
        patient=st.sampled_from(PATIENTS),
        to=st.sampled_from(("delegate", "delegate", "insurer", "patient")),
        powers=st.sampled_from((63, 15, 1, 32, 0, 64)),
        issued=st.sampled_from((0, 0, 0, -5, -DAY, 2)),
        lasts=st.sampled_from((30 * DAY, DAY, 1, 0)),
        late=st.sampled_from((0, 0, 0, 1, -1)),
    )
    def delegate(self, patient, to, powers, issued, lasts, late):
        issued_at = self.both.time + issued
        number = max(0, self.seq(patient) + late)
        arguments = (low(self.people[to]), powers, issued_at, issued_at + lasts, number)
        self.both.act(self.people[patient], P, "delegate", *arguments)

    @rule(
        patient=st.sampled_from(PATIENTS),
        sender=st.sampled_from(("patient", "patient", "recovery", "stranger")),
        late=st.sampled_from((0, 0, 0, 1)),
    )
    def set_recovery(self, patient, sender, late):
        who = self.people[patient if sender == "patient" else sender]
        arguments = (low(self.people[patient]), low(self.people["recovery"]), self.seq(patient) + late)
        self.both.act(who, P, "setRecovery", *arguments)

    @rule(
        patient=st.sampled_from(PATIENTS),
        to=st.sampled_from(("next_patient", "other_patient", "patient", "hospital")),
        sender=st.sampled_from(("recovery", "recovery", "recovery", "patient")),
        signed=st.sampled_from((True, True, False)),
    )
    def succeed(self, patient, to, sender, signed):
        message = Accept(patient=low(self.people[patient]), next=low(self.people[to]))
        signature = self.world.sign(self.people[to if signed else "stranger"], message)
        arguments = (low(self.people[patient]), low(self.people[to]), signature)
        self.both.act(self.people[sender], P, "succeed", *arguments)

    @rule(
        who=st.sampled_from(("hospital", "other_hospital", "clinician", "researcher", "service", "patient")),
        act=st.sampled_from(("suspend", "reinstate")),
        sender=st.sampled_from(("regulator", "regulator", "regulator", "stranger")),
    )
    def govern(self, who, act, sender):
        self.both.act(self.people[sender], P, act, low(self.people[who]))

    @rule(
        staff=st.sampled_from((*STAFF, "patient")),
        institution=st.sampled_from((*EMPLOYERS, "stranger")),
        roles=st.sampled_from((0, 0, 1024, 2)),
        late=times,
        good=st.booleans(),
    )
    def add_staff(self, staff, institution, roles, late, good):
        at = self.both.time + 1 + (0 if good else late)
        employer, account = self.people[institution], self.people[staff]
        message = Join(institution=low(employer), staff=low(account), roles=roles, at=at)
        self.both.act(employer, P, "addStaff", low(account), roles, at, self.world.sign(account, message))

    @rule(staff=st.sampled_from(STAFF), institution=st.sampled_from((*EMPLOYERS, "stranger")))
    def remove_staff(self, staff, institution):
        self.both.act(self.people[institution], P, "removeStaff", low(self.people[staff]))

    @rule(patient=st.sampled_from(PATIENTS), accessor=st.sampled_from(ACCESSORS), yes=st.booleans())
    def stand_for(self, patient, accessor, yes):
        pair = (low(self.people[patient]), low(self.people[accessor]))
        self.both.outside(
            lambda: mined(
                rpc(
                    "eth_sendTransaction",
                    {
                        "from": self.people["relayer"].address,
                        "to": self.people["service"].address,
                        "data": self.people["service"].set.encode_input(*pair, yes),
                    },
                )
            )
        )
        (self.standing.add if yes else self.standing.discard)(pair)

    @rule(
        patient=st.sampled_from(PATIENTS),
        requester=st.sampled_from(("researcher", "hospital", "clinician", "stranger")),
        lasts=st.sampled_from((DAY, 90 * DAY, 90 * DAY, 5, 90 * DAY + 2, 0)),
    )
    def open(self, patient, requester, lasts):
        who = self.people[requester]
        opening = self.world.opening(
            self.people[patient],
            who,
            self.people["researcher"],
            not_before=self.both.time - 10,
            not_after=self.both.time + 10 * DAY,
            actions=3,
            salt=keccak(str(len(self.openings)).encode()),
        )
        if self.both.act(who, Q, "open", request_digest(opening), self.both.time + lasts):
            self.openings.append(opening)

    @rule(data=st.data(), deadline=st.sampled_from((0, DAY)))
    def open_again(self, data, deadline):
        opening = data.draw(st.sampled_from(self.openings))
        who = self.people[self.name_of(opening.requester)]
        self.both.act(who, Q, "open", request_digest(opening), self.both.time + deadline)

    @rule(data=st.data(), own=st.booleans())
    def withdraw(self, data, own):
        opening = data.draw(st.sampled_from(self.openings))
        sender = self.people[self.name_of(opening.requester) if own else "insurer"]
        self.both.act(sender, Q, "withdraw", request_digest(opening))

    @rule(
        data=st.data(),
        how=st.sampled_from(("key", "key", "key", "delegate", "powerless", "forged")),
        wider=st.sampled_from(({}, {}, {}, {}, {"actions": 7}, {"purposes": 3}, {"not_before": 1}, {"actions": 1})),
    )
    def approve(self, data, how, wider):
        opening = data.draw(st.sampled_from(self.openings))
        answer = self.world.answer(opening, issued_at=self.both.time, **wider)
        people, act = self.people, self.both.act
        relayer = people["relayer"]
        shown = (as_tuple(opening), answer.word.pack(), answer.statement_hash)
        done = self.carried(
            self.name_of(opening.patient),
            how,
            answer.message,
            None,
            lambda signature: act(relayer, Q, "approve", *shown, signature),
            lambda signer, signature: act(relayer, Q, "approveBy", signer, *shown, signature),
        )
        if done:
            self.drafts[answer.id] = answer

    @rule(
        patient=st.sampled_from(PATIENTS),
        sender=st.sampled_from((*PATIENTS, "delegate")),
        number=st.integers(0, 2),
    )
    def erase(self, patient, sender, number):
        who, leaf = low(self.people[patient]), keccak(bytes([number]))
        if sender == "delegate":
            signature = self.world.sign(self.people["delegate"], Erase(patient=who, inner=leaf))
            named = (low(self.people["delegate"]), who, (), leaf, signature)
            done = self.both.act(self.people["relayer"], R, "eraseBy", *named)
        else:
            done = self.both.act(self.people[sender], R, "eraseInherited", who, (), leaf)
        if done:
            self.erased.add((who, leaf))

    def name_of(self, address: str) -> str:
        return next(name for name, account in self.people.items() if low(account) == address)

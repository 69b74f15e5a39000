"""The index finds what the chain says: by patient, by grantee, by provider, page by page, consents with their state."""

from __future__ import annotations

import pytest

from medshare.consent.reasons import Reason
from medshare.hexadecimal import NotAnAddress
from medshare.index import Entry, Index, IndexEmpty, Progress
from medshare.index.layout import foreign_topics
from medshare.ledger.events import (
    Anchored,
    Delegated,
    Erased,
    Event,
    Granted,
    Opened,
    ReceiptsAnchored,
    Registered,
    Retracted,
    StaffAdded,
    Succeeded,
)
from tests.scenarios.scripted_node import GENESIS_TIME, SLOT, RawLog, ScriptedChain, foreign_log
from tests.unit.index.people import (
    BEGINNING,
    CLINIC,
    DAY,
    END,
    GATEWAY,
    HOSPITAL,
    OTHER_PATIENT,
    PATIENT,
    RESEARCHER,
    STAFF,
    granted,
    id_of,
    locked_down,
    revoked,
)


def events_of(entries: tuple[Entry, ...]) -> list[Event]:
    return [entry.log.event for entry in entries]


def test_entries_stand_in_the_order_of_the_chain_with_their_places(chain: ScriptedChain, index: Index) -> None:
    """[X-001]."""
    first = chain.mine(Registered(patient=PATIENT, directory=b"d" * 32), granted(1))
    chain.mine()
    second = chain.mine(granted(2))
    index.follow(chain.rpc, chain.deployment)
    entries = index.find()
    assert events_of(entries) == [Registered(patient=PATIENT, directory=b"d" * 32), granted(1), granted(2)]
    assert [entry.log.block_number for entry in entries] == [first.number, first.number, second.number]
    assert [entry.log.block_hash.hex() for entry in entries] == [first.hash[2:], first.hash[2:], second.hash[2:]]
    assert [entry.log.transaction.hex() for entry in entries] == [
        log["transactionHash"][2:] for log in (*first.logs, *second.logs)
    ]
    assert [entry.log.index for entry in entries] == [0, 1, 0]
    assert [entry.time for entry in entries] == [GENESIS_TIME + SLOT * entry.log.block_number for entry in entries]
    assert sorted(entry.position for entry in entries) == [entry.position for entry in entries]


def test_a_patients_page_has_what_names_the_patient_and_nothing_else(chain: ScriptedChain, index: Index) -> None:
    chain.mine(granted(1), granted(2, patient=OTHER_PATIENT))
    chain.mine(Anchored(provider=HOSPITAL, root=b"r" * 32, count=3), Erased(leaf=b"l" * 32))
    chain.mine(locked_down(7), Succeeded(patient=PATIENT, next=OTHER_PATIENT))
    index.follow(chain.rpc, chain.deployment)
    assert events_of(index.page(PATIENT)) == [
        granted(1),
        locked_down(7),
        Succeeded(patient=PATIENT, next=OTHER_PATIENT),
    ]
    assert events_of(index.page(OTHER_PATIENT)) == [granted(2, patient=OTHER_PATIENT)]
    assert index.page("0x" + "77" * 20) == ()


def test_pages_follow_one_another_both_ways(chain: ScriptedChain, index: Index) -> None:
    for number in range(7):
        chain.mine(granted(number), granted(number, patient=OTHER_PATIENT))
    index.follow(chain.rpc, chain.deployment)
    for newest_first in (False, True):
        seen: list[Event] = []
        after = None
        while page := index.page(PATIENT, after=after, limit=3, newest_first=newest_first):
            assert len(page) <= 3
            seen += events_of(page)
            after = page[-1].position
        expected = [granted(number) for number in range(7)]
        assert seen == (expected[::-1] if newest_first else expected)


@pytest.mark.parametrize(
    ("column", "value", "event"),
    [
        ("grantee", CLINIC, granted(1, grantee=CLINIC)),
        ("provider", CLINIC, Anchored(provider=CLINIC, root=b"r" * 32, count=3)),
        ("requester", RESEARCHER, Opened(requester=RESEARCHER, digest=b"d" * 32, deadline=9)),
        ("institution", CLINIC, StaffAdded(institution=CLINIC, staff=STAFF, roles=0)),
        ("staff", STAFF, StaffAdded(institution=CLINIC, staff=STAFF, roles=0)),
        (
            "gateway",
            GATEWAY,
            ReceiptsAnchored(
                gateway=GATEWAY, institution=CLINIC, head=b"h" * 32, receipts=b"r" * 32, heads=b"s" * 32, count=4
            ),
        ),
        (
            "delegate",
            STAFF,
            Delegated(patient=PATIENT, delegate=STAFF, powers=3, issued_at=1, not_after=2, seq=2),
        ),
        ("next", STAFF, Succeeded(patient=PATIENT, next=STAFF)),
        ("leaf", b"l" * 32, Retracted(provider=CLINIC, leaf=b"l" * 32, reason=2)),
    ],
)
def test_entries_are_found_by_every_field_that_has_an_index(
    chain: ScriptedChain, index: Index, column: str, value: object, event: Event
) -> None:
    chain.mine(granted(7), event)
    chain.mine(Retracted(provider=HOSPITAL, leaf=b"m" * 32, reason=2))
    index.follow(chain.rpc, chain.deployment)
    assert events_of(index.find(**{column: value})) == [event]  # type: ignore[arg-type]


def test_entries_are_found_by_kind_and_by_several_things_at_once(chain: ScriptedChain, index: Index) -> None:
    chain.mine(granted(1), revoked(granted(1)), granted(2, grantee=CLINIC), locked_down(3))
    index.follow(chain.rpc, chain.deployment)
    assert events_of(index.find(kinds=(Granted,))) == [granted(1), granted(2, grantee=CLINIC)]
    assert events_of(index.find(kinds=(Granted,), patient=PATIENT, grantee=CLINIC)) == [granted(2, grantee=CLINIC)]
    # Two contracts have an event of this name.
    anchored = Anchored(provider=HOSPITAL, root=b"r" * 32, count=3)
    chain.mine(anchored)
    index.follow(chain.rpc, chain.deployment)
    assert events_of(index.find(kinds=(Anchored,))) == [anchored]
    assert index.find(kinds=(ReceiptsAnchored,)) == ()


def test_a_field_without_an_index_and_a_value_that_is_no_address_are_refused(
    chain: ScriptedChain, index: Index
) -> None:
    index.follow(chain.rpc, chain.deployment)
    with pytest.raises(TypeError, match="roles"):
        index.find(roles=PATIENT)
    with pytest.raises(NotAnAddress):
        index.page("0x" + "AB" * 20)


class TestConsents:
    """A patient's consents, each with its state."""

    def test_a_consent_stands_from_its_beginning_to_its_end(self, chain: ScriptedChain, index: Index) -> None:
        block = chain.mine(granted(1))
        index.follow(chain.rpc, chain.deployment)
        (consent,) = index.consents(PATIENT)
        assert (consent.grantee, consent.terms, consent.word) == (HOSPITAL, granted(1).terms, granted(1).word)
        assert consent.consent_id == id_of(granted(1))
        assert consent.granted_at == GENESIS_TIME + SLOT * block.number
        assert consent.revoked_at is None
        assert consent.position == index.page(PATIENT)[0].position
        assert consent.standing(at=BEGINNING - 1) is Reason.EARLY
        assert consent.standing(at=BEGINNING) is Reason.PERMITTED
        assert consent.standing(at=END - 1) is Reason.PERMITTED
        assert consent.standing(at=END) is Reason.ENDED

    def test_a_revoked_consent_says_when(self, chain: ScriptedChain, index: Index) -> None:
        chain.mine(granted(1), granted(2))
        block = chain.mine(revoked(granted(1)))
        chain.mine(revoked(granted(1)))
        index.follow(chain.rpc, chain.deployment)
        first, second = index.consents(PATIENT)
        assert first.revoked_at == GENESIS_TIME + SLOT * block.number
        assert first.standing(at=BEGINNING) is Reason.REVOKED
        assert second.revoked_at is None

    def test_a_consent_that_was_never_granted_is_none_though_it_was_revoked(
        self, chain: ScriptedChain, index: Index
    ) -> None:
        chain.mine(revoked(granted(1)))
        index.follow(chain.rpc, chain.deployment)
        assert index.consents(PATIENT) == ()

    def test_a_lockdown_voids_what_was_signed_until_then(self, chain: ScriptedChain, index: Index) -> None:
        chain.mine(granted(1), granted(2, issued_at=BEGINNING + DAY))
        chain.mine(locked_down(BEGINNING), locked_down(BEGINNING - 5))
        index.follow(chain.rpc, chain.deployment)
        first, second = index.consents(PATIENT)
        assert first.mark == BEGINNING
        assert first.standing(at=BEGINNING + DAY) is Reason.LOCKED
        assert second.standing(at=BEGINNING + DAY) is Reason.PERMITTED

    def test_another_patients_revocation_and_lockdown_change_nothing(self, chain: ScriptedChain, index: Index) -> None:
        chain.mine(granted(1), locked_down(END, patient=OTHER_PATIENT), revoked(granted(1, patient=OTHER_PATIENT)))
        index.follow(chain.rpc, chain.deployment)
        (consent,) = index.consents(PATIENT)
        assert consent.standing(at=BEGINNING) is Reason.PERMITTED


class TestFollowing:
    """Where a run begins, ends and what it says on the way."""

    def test_an_index_that_read_nothing_answers_nothing(self, index: Index) -> None:
        """[X-006]."""
        for question in (lambda: index.page(PATIENT), lambda: index.consents(PATIENT), index.find, index.digest):
            with pytest.raises(IndexEmpty):
                question()
        status = index.status()
        assert (status.chain_id, status.first, status.tip, status.entries, status.alarm) == (None, None, None, 0, None)

    def test_a_run_ends_at_the_head_and_the_next_goes_on(self, chain: ScriptedChain, index: Index) -> None:
        chain.mine(granted(1))
        first = index.follow(chain.rpc, chain.deployment)
        last = chain.mine(granted(2))
        second = index.follow(chain.rpc, chain.deployment)
        assert first.tip is not None
        assert second.tip is not None
        assert (first.entries, second.entries) == (1, 2)
        assert second.tip.number == first.tip.number + 1 == last.number
        assert second.tip.hash.hex() == last.hash[2:]
        assert second.first is not None
        assert second.first.number == chain.first
        assert second.chain_id == chain.chain_id
        assert second.indexed

    def test_a_run_ends_where_it_is_told_to(self, chain: ScriptedChain, index: Index) -> None:
        stop = chain.mine(granted(1)).number
        chain.mine(granted(2))
        status = index.follow(chain.rpc, chain.deployment, until=stop)
        assert status.tip is not None
        assert status.tip.number == stop
        assert events_of(index.find()) == [granted(1)]

    def test_what_happened_before_the_deployment_is_not_looked_at(self, index: Index) -> None:
        chain = ScriptedChain(first=2)
        chain.fork(1)
        chain.mine(granted(1))
        chain.mine(granted(2))
        index.follow(chain.rpc, chain.deployment)
        assert events_of(index.find()) == [granted(2)]

    def test_a_run_tells_how_far_it_is(self, chain: ScriptedChain, index: Index) -> None:
        for number in range(450):
            chain.mine(*[granted(number)] * (number % 2))
        told: list[Progress] = []
        index.follow(chain.rpc, chain.deployment, progress=told.append)
        assert [one.first for one in told] == [chain.first + 1] * len(told)
        assert [one.goal for one in told] == [chain.first + 450] * len(told)
        assert told[-1].last == chain.first + 450
        assert told[-1].entries == 225
        shares = [one.share for one in told]
        assert len(told) > 1
        assert shares == sorted(shares)
        assert 0 < shares[0] < shares[-1] == 1.0

    def test_logs_of_other_contracts_and_inherited_events_are_passed_over(
        self, chain: ScriptedChain, index: Index
    ) -> None:
        registry = chain.deployment.addresses["ParticipantRegistry"]
        topic = min(foreign_topics("ParticipantRegistry"))
        inherited = RawLog(registry, (topic,), b"anything", chain.transaction())
        chain.mine(foreign_log(chain.transaction()), granted(1), inherited, foreign_log(chain.transaction(), topics=4))
        chain.mine(inherited)
        index.follow(chain.rpc, chain.deployment)
        assert [(entry.log.event, entry.log.index) for entry in index.find()] == [(granted(1), 1)]

    def test_rebuilding_gives_the_same_rows_also_after_they_were_damaged(
        self, chain: ScriptedChain, index: Index
    ) -> None:
        """[X-001] R10."""
        for number in range(30):
            chain.mine(granted(number), locked_down(number), foreign_log(chain.transaction()))
        index.follow(chain.rpc, chain.deployment)
        rows, digest = list(index.dump()), index.digest()
        with index._database.session(write=True) as connection:
            connection.exec_driver_sql("UPDATE entry SET mark = 7")
        assert index.digest() != digest
        index.rebuild(chain.rpc, chain.deployment)
        assert list(index.dump()) == rows
        assert index.digest() == digest

    def test_two_runs_at_once_do_no_harm(self, chain: ScriptedChain, index: Index) -> None:
        """A second run reads on while the first is between two spans."""
        for number in range(450):
            chain.mine(granted(number))
        once: list[Progress] = []

        def meanwhile(progress: Progress) -> None:
            if not once:
                once.append(progress)
                index.follow(chain.rpc, chain.deployment)

        index.follow(chain.rpc, chain.deployment, progress=meanwhile)
        assert events_of(index.find()) == [granted(number) for number in range(450)]

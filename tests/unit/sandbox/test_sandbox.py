"""The sandbox that ships for users' own tests."""

from __future__ import annotations

from medshare.ledger import Role
from medshare.sandbox import START, Sandbox


def test_a_sandbox_in_memory_makes_accredited_people_with_keys_and_doors():
    sandbox = Sandbox.in_memory()
    city = sandbox.institution({"en": "City Hospital", "zh-Hant": "市立醫院"}, roles=Role.INSTITUTION)
    researcher = sandbox.researcher("Institute of Heart Research")
    assert sandbox.clock.now() == START
    assert sandbox.ledger.account(city.address).has(Role.INSTITUTION)
    assert not sandbox.ledger.account(city.address).has(Role.VALIDATOR)
    assert sandbox.ledger.account(researcher.address).has(Role.RESEARCHER)
    assert sandbox.network.at("https://city-hospital.example") is city.gateway
    assert list(sandbox.network.doors()) == [city.gateway]
    assert sandbox.network.holder(researcher.address) is researcher


def test_a_person_holds_nothing_and_is_on_no_chain_until_she_enrols():
    sandbox = Sandbox.in_memory()
    city, anna = sandbox.institution("City Hospital"), sandbox.patient()
    assert not sandbox.ledger.account(anna.address).has(Role.PATIENT)
    sandbox.enrol(anna, city, reading_days=3)
    assert sandbox.ledger.account(anna.address).has(Role.PATIENT)
    assert len(anna.consents()) == 2


def test_the_regulator_counts_what_happened_and_reads_nothing():
    """[P-003] Accredits, suspends, reinstates, audits."""
    sandbox = Sandbox.in_memory()
    city = sandbox.institution("City Hospital")
    sandbox.regulator.suspend(city.address)
    assert not sandbox.ledger.account(city.address).active
    sandbox.regulator.reinstate(city.address)
    audit = sandbox.regulator.audit()
    assert audit.events["ParticipantRegistry.Accredited"] == 1
    assert audit.events["ParticipantRegistry.KeyPublished"] == 1
    assert audit.block == sandbox.ledger.head().number


def test_the_same_randomness_gives_the_same_people():
    def counting():
        number = iter(range(10**6))
        return lambda length: next(number).to_bytes(4, "big").rjust(length, b"\x11")

    assert (
        Sandbox.in_memory(entropy=counting()).patient().address
        == Sandbox.in_memory(entropy=counting()).patient().address
    )

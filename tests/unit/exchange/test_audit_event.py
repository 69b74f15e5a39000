"""Each receipt goes out as one AuditEvent with the six fields of a disclosure, and with no category of its own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given
from hypothesis import strategies as st

from medshare.audit.export import Export
from medshare.consent.categories import CATEGORIES, Category
from medshare.consent.names import category_name
from medshare.exchange.audit_event import AUTHORISATION, DISCLOSURE, audit_event
from medshare.exchange.codes import code_of
from medshare.exchange.exporting import accesses_of, events_of
from medshare.hexadecimal import to_hex
from tests.unit.audit import lines
from tests.unit.consent.steady import STEADY
from tests.unit.exchange.samples import CLINIC, access_of, accesses, own_look, patients_no


def agents(value, system, code):
    return [one for one in value["agent"] if {"system": system, "code": code} in one["type"]["coding"]]


DCM = "http://dicom.nema.org/resources/ontology/DCM"


def test_a_release_has_the_six_fields_of_a_disclosure():
    """[H12] IHE BALP, PrivacyDisclosure.Source: who, when, to whom, which patient, what, why."""
    (access,) = accesses(1)
    value = audit_event(access)
    AuditEvent.model_validate(value)
    assert value["meta"]["profile"] == [DISCLOSURE]
    (custodian,) = agents(value, "http://snomed.info/sct", "159541003")
    assert custodian["who"]["display"] == CLINIC.name
    assert value["recorded"] == "2027-01-15T08:00:01Z"
    (recipient,) = agents(value, DCM, "110152")
    assert recipient["who"]["display"] == "Riverside General Hospital"
    patient, consent, document = value["entity"]
    assert lines.PATIENT in patient["what"]["identifier"]["value"]
    assert consent["type"]["code"] == "Consent"
    assert document["what"]["identifier"]["value"].endswith(access.leaves[0].hex())
    assert value["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"


def test_a_release_keeps_what_the_profile_asks_of_source_and_observer():
    """IHE BALP, val-audit-source: the observer is the source agent; 1..1 of source and recipient with a network."""
    value = audit_event(accesses(1, endpoint="https://hospital.example")[0])
    (source,) = agents(value, DCM, "110153")
    (recipient,) = agents(value, DCM, "110152")
    assert source["who"] == value["source"]["observer"]
    assert source["network"]["address"] == "https://hospital.example"
    assert recipient["network"]["address"].startswith("did:pkh:")
    assert [one["requestor"] for one in value["agent"]].count(True) == 1
    assert (value["type"]["code"], value["action"], value["outcome"]) == ("110106", "R", "0")
    assert value["subtype"][0]["code"] == "disclose"


def test_a_refusal_says_why_and_follows_the_authorisation_pattern():
    """IHE BALP, AuthZconsent."""
    value = audit_event(accesses(2)[1])
    AuditEvent.model_validate(value)
    assert value["meta"]["profile"] == [AUTHORISATION]
    assert (value["type"]["code"], value["action"], value["outcome"]) == ("110113", "E", "4")
    assert value["outcomeDesc"] == "This consent does not permit that purpose"
    kinds = [one["type"]["coding"][0]["code"] for one in value["agent"]]
    assert kinds == ["110150", "IRCP", "PROV", "authserver"]
    assert value["agent"][3]["who"] == value["source"]["observer"]
    assert [one["type"]["code"] for one in value["entity"]] == ["1", "Consent"]


def test_the_patients_own_look_and_her_no_are_told_without_a_profile_that_they_do_not_meet():
    look = audit_event(own_look())
    AuditEvent.model_validate(look)
    assert "purposeOfEvent" not in look
    assert look["subtype"][1]["code"] == "search-type"
    assert {"type": "slot", "valueString": "own"} in look["entity"][0]["detail"]
    said_no = audit_event(patients_no())
    AuditEvent.model_validate(said_no)
    assert "meta" not in said_no
    assert said_no["agent"][1]["who"]["type"] == "Patient"
    assert len(said_no["entity"]) == 1


def test_without_the_agent_an_event_has_the_slot_and_no_category():
    """[Z-006]"""
    for access in accesses(2):
        text = json.dumps(audit_event(access))
        assert '"slot"' in text
        assert "securityLabel" not in text
        assert not any(f'"{code_of(one)}"' in text or category_name(one, "en") in text for one in CATEGORIES)


def test_the_patients_own_agent_says_the_category_of_what_was_released():
    value = audit_event(accesses(1, category=Category.HIV)[0])
    AuditEvent.model_validate(value)
    assert [one["code"] for one in value["entity"][2]["securityLabel"]] == ["hiv", "HIV"]
    refused = audit_event(accesses(2, category=Category.HIV)[1])
    assert "hiv" not in json.dumps(refused).lower()


@given(st.integers(1, 12))
@STEADY
def test_there_are_as_many_events_as_receipts_in_an_export(count):
    """[H12] [Z-005] count(access) = count(audit): releases and refusals alike, each with its own id."""
    rows = lines.entries(count)
    exported = Export.from_bytes(lines.export_of(rows).to_bytes())
    events = [audit_event(access) for access in accesses_of(exported)]
    assert len({one["id"] for one in events}) == len(events) == sum(line.count for line in exported.lines) == count
    assert [one["outcome"] for one in events] == ["0" if number % 2 == 0 else "4" for number in range(count)]
    assert [one["id"] for one in events] == [row.receipt.digest(lines.DOMAINS).hex() for row in rows]


@pytest.mark.parametrize("leaves", [0, 1, 3])
def test_everything_that_was_released_is_named(leaves):
    (entry,) = lines.entries(1)
    names = tuple(bytes([number]) * 32 for number in range(1, leaves + 1))
    value = audit_event(access_of(entry, leaves=names))
    text = json.dumps(value["entity"])
    assert all(to_hex(one)[2:] in text for one in names)
    assert len(value["entity"]) == 2 + leaves


def test_the_bundle_of_events_has_every_event_once_and_validates():
    bundle = events_of(accesses(3))
    Bundle.model_validate(bundle)
    assert [one["resource"]["resourceType"] for one in bundle["entry"]] == ["AuditEvent"] * 3
    assert len({one["fullUrl"] for one in bundle["entry"]}) == 3


def test_a_reason_that_there_is_none_of_is_told_as_it_stands():
    """A gateway that writes nonsense hides nothing: the event is there."""
    entry = lines.signed_anew(lines.entries(2)[1], reason=200)
    assert audit_event(access_of(entry))["outcomeDesc"] == "200"
    strange = replace(entry, asked=lines.question(2, purpose=200))
    assert "purposeOfEvent" not in audit_event(access_of(strange))

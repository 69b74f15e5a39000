"""Who sealed a document, when, under which root; and who signed a consent."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

from fhir.resources.R4B.provenance import Provenance

from medshare.exchange.consent_r4 import consent_r4
from medshare.exchange.provenance import provenance_of_consent, provenance_of_document
from tests.unit.exchange.samples import CLINIC, FIRST, REVISED, facts, given_of


def test_a_document_names_its_leaf_its_author_its_anchor_and_when():
    value = provenance_of_document(FIRST)
    Provenance.model_validate(value)
    assert value["target"][0]["identifier"]["value"].endswith(FIRST.leaf.hex())
    assert value["recorded"] == "2027-01-15T08:00:00Z"
    (author,) = value["agent"]
    assert (author["type"]["coding"][0]["code"], author["who"]["display"]) == ("author", CLINIC.name)
    (anchor,) = value["entity"]
    assert anchor["what"]["identifier"]["value"].endswith(FIRST.transaction.hex())
    assert FIRST.root.hex() in anchor["what"]["display"]
    assert value["activity"]["coding"][0]["code"] == "CREATE"
    assert not {"policy", "signature"} & value.keys()


def test_a_new_version_names_the_old_one_the_consent_and_who_confirmed_it():
    value = provenance_of_document(REVISED)
    Provenance.model_validate(value)
    assert value["activity"]["coding"][0]["code"] == "UPDATE"
    assert [one["role"] for one in value["entity"]] == ["source", "revision"]
    assert value["entity"][1]["what"]["identifier"]["value"].endswith(REVISED.replaces.hex())
    assert [one["type"]["coding"][0]["code"] for one in value["agent"]] == ["author", "verifier", "verifier"]
    (signature,) = value["signature"]  # of the two confirmations one was kept
    assert signature["type"][0]["code"] == "1.2.840.10065.1.12.1.5"
    assert base64.b64decode(signature["data"]) == REVISED.confirmations[0].signature
    assert value["policy"] == [f"urn:medshare:consent:{REVISED.consent.hex()}"]


def test_nothing_of_the_patient_stands_in_the_provenance_of_a_document():
    """Whoever has the leaf learns the author and no patient."""
    assert "Patient" not in json.dumps(provenance_of_document(FIRST))


def test_the_signature_of_a_consent_stands_beside_the_consent():
    given = given_of(facts())
    value = provenance_of_consent(given)
    Provenance.model_validate(value)
    assert value["target"][0]["identifier"] == consent_r4(given)["identifier"][0]
    (signature,) = value["signature"]
    assert signature["type"][0]["code"] == "1.2.840.10065.1.12.1.7"
    assert base64.b64decode(signature["data"]) == given.document.signature


def test_a_consent_that_nobody_signed_by_hand_has_no_signature():
    given = given_of(facts())
    unsigned = replace(given, document=replace(given.document, signature=b""))
    value = provenance_of_consent(unsigned)
    Provenance.model_validate(value)
    assert "signature" not in value

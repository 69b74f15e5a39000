"""Which codes HL7 published of its tables, out of FHIR R4's definitions."""

from __future__ import annotations

from io import BytesIO

from medshare.conversion.hl7v2.vocabulary import rows
from scripts.v2_tables import TARGET, table_of

DEFINITIONS = b"""<Bundle xmlns="http://hl7.org/fhir">
<CodeSystem><url value="http://terminology.hl7.org/CodeSystem/v2-0002"/>
 <concept><code value="S"/><concept><code value="M"/></concept></concept><concept><code value="..."/></concept></CodeSystem>
<CodeSystem><url value="http://terminology.hl7.org/CodeSystem/v2-0006|2.1"/><concept><code value="A"/></concept></CodeSystem>
<CodeSystem><url value="http://terminology.hl7.org/CodeSystem/v2-0006|2.4"/><concept><code value="ATH"/></concept></CodeSystem>
<CodeSystem><url value="http://terminology.hl7.org/CodeSystem/v2-0009"/></CodeSystem>
<CodeSystem><url value="http://terminology.hl7.org/CodeSystem/v3-NullFlavor"/><concept><code value="UNK"/></concept></CodeSystem>
<ValueSet><url value="http://terminology.hl7.org/ValueSet/v2-0002"/></ValueSet>
</Bundle>"""


def test_each_table_has_its_codes_and_editions_are_one():
    assert table_of(BytesIO(DEFINITIONS)) == "table\tcodes\n0002\tM|S\n0006\tA|ATH\n"


def test_the_table_that_stands_there_is_of_tables_that_have_codes():
    assert TARGET.name == "published.tsv"
    found = {row["table"]: row["codes"].split("|") for row in rows(TARGET.name)}
    assert "AN" in found["0203"]
    assert "ATH" in found["0006"]
    assert all(code and "..." not in code for codes in found.values() for code in codes)

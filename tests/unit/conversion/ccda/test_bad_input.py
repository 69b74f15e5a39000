"""What is hostile or broken: one clear sentence each, memory and time bounded, and the others go on."""

from __future__ import annotations

import gzip
import random
import time
import tracemalloc

import pytest
from lxml import etree

from medshare.conversion import SourceItem
from medshare.conversion.ccda import Ccda, CcdaLimits
from medshare.conversion.ccda import errors as causes
from medshare.errors import InputError
from medshare.intake.errors import GzipBrokenError, SourceExpandsTooFarError, SourceMissingError
from tests.unit.conversion.ccda.documents import (
    CORPUS,
    NAMES,
    PATIENT,
    SNOMED,
    accept,
    convert,
    convert_entry,
    document,
    issues,
    item,
    only,
    section,
    template,
)

GOOD = document(section())
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BAD = {
    "cut off": (GOOD[:-40], causes.TruncatedError),
    "cut off within a name": (GOOD[:-5], causes.TruncatedError),
    "cut off within an attribute": (GOOD[:300], causes.TruncatedError),
    "empty": (b"", causes.DocumentEmptyError),
    "white space": (b" \n\t", causes.DocumentEmptyError),
    "no XML": (b"MSH|^~\\&|", causes.NotXmlError),
    "JSON": (b'{"resourceType": "Bundle"}', causes.NotXmlError),
    "elements closed wrongly": (GOOD.replace(b"</patientRole>", b"</patient>"), causes.NotXmlError),
    "an attribute twice": (GOOD.replace(b'<id root="1.2.3"', b'<id root="1" root="2"'), causes.NotXmlError),
    "an undeclared entity": (GOOD.replace(b"<title>S", b"<title>&nbsp;"), causes.NotXmlError),
    "an undeclared prefix": (GOOD.replace(b"<title>", b"<x:title>"), causes.NotXmlError),
    "an undeclared prefix of an attribute": (
        GOOD.replace(b"<title>", b'<title x:type="ST">'),
        causes.NotXmlError,
    ),
    "a control character": (GOOD.replace(b"<title>S", b"<title>\x01"), causes.NotXmlError),
    "something after the end": (GOOD + b"<more/>", causes.NotXmlError),
    "billion laughs": (
        b'<!DOCTYPE x [<!ENTITY l0 "ha">' + LAUGHS.encode() + b"]>" + GOOD.replace(b"<title>S", b"<title>&l9;"),
        causes.DoctypeError,
    ),
    "quadratic blow-up": (
        b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 50_000 + b'">]>' + GOOD.replace(b"<title>S", b"<title>" + b"&a;" * 9_999),
        causes.DoctypeError,
    ),
    "an external entity": (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + GOOD.replace(b"<title>S", b"<title>&e;"),
        causes.DoctypeError,
    ),
    "an external DTD behind comments": (
        b'<?xml version="1.0"?><!-- a --><?b c?>\n<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">' + GOOD,
        causes.DoctypeError,
    ),
    "deep nesting": (
        document(section(text="<content>" * 150 + "</content>" * 150)),
        causes.DocumentTooDeepError,
    ),
    "very deep nesting": (b"<a>" * 100_000, causes.DocumentTooDeepError),
    "UTF-8 declared, Latin-1 written": (
        b'<?xml version="1.0" encoding="UTF-8"?>' + GOOD.replace(b">S<", ">\u00e9<".encode("latin-1")),
        causes.WrongEncodingError,
    ),
    "ASCII declared, UTF-8 written": (
        b'<?xml version="1.0" encoding="US-ASCII"?>' + GOOD.replace(b">S<", ">\u00e9<".encode()),
        causes.WrongEncodingError,
    ),
    "an unknown encoding": (b'<?xml version="1.0" encoding="EBCDIC-X"?>' + GOOD, causes.WrongEncodingError),
    "UTF-16 without its mark": (GOOD.decode().encode("utf-16-le"), causes.WrongEncodingError),
    "half of UTF-16": (b"\xff\xfe" + GOOD.decode().encode("utf-16-le")[:-1], causes.WrongEncodingError),
    "a web page": (b"<!DOCTYPE html><html><body>x</body></html>", causes.HtmlGivenError),
    "an old web page": (b"<HTML><BODY>x</BODY></HTML>", causes.HtmlGivenError),
    "XHTML under another name": (b'<div xmlns="http://www.w3.org/1999/xhtml"/>', causes.HtmlGivenError),
    "FHIR in XML": (b'<Patient xmlns="http://hl7.org/fhir"><id value="a"/></Patient>', causes.FhirGivenError),
    "another root": (f"<Message {NAMES}/>".encode(), causes.NotClinicalDocumentError),
    "no namespace": (b"<ClinicalDocument/>", causes.NotClinicalDocumentError),
    "another namespace": (b'<ClinicalDocument xmlns="urn:hl7-org:v2"/>', causes.NotClinicalDocumentError),
    "no patient": (document(section(), header=""), causes.NoPatientError),
    "a patient without a role": (document(header="<recordTarget/>"), causes.NoPatientError),
    "two patients": (document(header=PATIENT * 2), causes.SeveralPatientsError),
    "gzip cut off": (gzip.compress(GOOD)[:-9], GzipBrokenError),
    "a gzip bomb": (gzip.compress(b"<a>" + b" " * 8_000_000), SourceExpandsTooFarError),
}


@pytest.mark.parametrize("name", BAD)
def test_each_fault_has_a_sentence_of_its_own(name):
    content, cause = BAD[name]
    with pytest.raises(InputError) as raised:
        convert(content)
    assert type(raised.value) is cause
    assert "{" not in str(raised.value)


def test_a_good_document_is_not_refused():
    assert convert(GOOD).coverage.elements == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_a_document_is_read_in_the_encoding_that_it_declares(encoding):
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?>' + GOOD.decode().replace(">S<", ">\u00e9<")
    assert only(convert(text.encode(encoding)), "Composition")["title"] == "Document"


def test_an_error_never_repeats_the_content():
    secret = b"<Message>heroin</Message>"
    with pytest.raises(InputError) as raised:
        convert(secret)
    assert "heroin" not in str(raised.value)
    assert "heroin" not in str(raised.value.facts)


def test_a_file_over_the_limit_is_not_read_whole(tmp_path):
    (tmp_path / "large.xml").write_bytes(b"<a>" + b" " * 5_000)
    ccda = Ccda(limits=CcdaLimits(file_bytes=1_000))
    (read,) = ccda.items(tmp_path)
    assert len(read.content) == 1_001
    with pytest.raises(causes.DocumentTooLargeError):
        ccda.convert(read)


def test_gzip_over_the_limit_is_refused():
    packed = gzip.compress(random.Random(1).randbytes(3_000))
    with pytest.raises(causes.DocumentTooLargeError):
        Ccda(limits=CcdaLimits(file_bytes=2_000)).convert(item(packed[:1_900] + packed[1_900:]))


def test_a_document_of_too_many_parts_is_refused_before_it_is_parsed():
    many = document(section(text="<br/>" * 2_000))
    with pytest.raises(causes.TooManyPartsError):
        convert(many, Ccda(limits=CcdaLimits(parts=1_000)))
    assert convert(many, Ccda(limits=CcdaLimits(parts=10_000))).coverage.elements == 1


def test_one_bad_document_does_not_stop_the_others(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "a.xml").write_bytes(GOOD)
    (tmp_path / "b" / "broken.xml").write_bytes(GOOD[:-30])
    (tmp_path / "b" / "c.XML.gz").write_bytes(gzip.compress(GOOD))
    (tmp_path / "d.txt").write_bytes(b"no document")
    (tmp_path / "gone.xml").symlink_to(tmp_path / "nowhere.xml")
    items = list(Ccda().items(tmp_path))
    assert [read.file for read in items] == ["a.xml", "gone.xml", "b/broken.xml", "b/c.XML.gz"]
    assert [read.media_type for read in items][-1] == "application/gzip"
    outcomes = []
    for read in items:
        try:
            outcomes.append(Ccda().convert(read).coverage.mapped)
        except InputError as fault:
            outcomes.append(type(fault).__name__)
    assert outcomes == [1, "DocumentEmptyError", "TruncatedError", 1]


def test_one_file_is_one_item_whatever_its_name(tmp_path):
    (tmp_path / "export.dat").write_bytes(GOOD)
    (read,) = Ccda().items(tmp_path / "export.dat")
    assert (read.file, read.place, read.content, read.media_type) == ("export.dat", "", GOOD, "application/xml")
    with pytest.raises(SourceMissingError):
        list(Ccda().items(tmp_path / "nowhere"))


def test_the_same_id_twice_in_a_narrative_is_told_and_the_first_counts():
    entry = f'<observation classCode="OBS" moodCode="EVN"><code code="1" {SNOMED}><originalText><reference value="#a"/></originalText></code></observation>'
    text = '<content ID="a">one</content><content ID="a">two</content>'
    converted = convert_entry(entry, text=text)
    assert only(converted, "Observation")["code"]["text"] == "one"
    assert len(issues(converted, "duplicate-id")) == 1


def test_narrative_cannot_be_repeated_without_end():
    text = f'<content ID="a">{"x" * 1_000_000}</content>'
    entry = f'<observation classCode="OBS" moodCode="EVN"><code code="1" {SNOMED}><originalText><reference value="#a"/></originalText></code></observation>'
    converted = convert(document(section(*[entry] * 40, text=text)))
    assert sum(len(str(entry)) for entry in converted.entries) < 20_000_000
    assert len(issues(converted, "text-too-long")) == 40 - 16


def test_many_siblings_take_time_in_proportion():
    entry = f'<observation classCode="OBS" moodCode="EVN"><code code="1" {SNOMED}/></observation>'

    def seconds(count):
        content = document(section(*[entry] * count))
        start = time.process_time()
        convert(content)
        return time.process_time() - start

    seconds(100)
    assert seconds(1_000) < 12 * max(seconds(250), 0.05)


def test_issues_are_bounded_and_the_last_says_how_many_were_left_out():
    entry = '<observation classCode="OBS" moodCode="EVN"><code code="1"/><effectiveTime value="x"/></observation>'
    converted = convert(document(section(*[entry] * 30)), Ccda(limits=CcdaLimits(issues=10)))
    assert len(converted.issues) == 11
    assert converted.issues[-1].code == "too-many-issues"
    assert "20" in converted.issues[-1].message


def test_paths_of_issues_never_hold_names_that_the_document_made_up():
    entry = (
        '<observation classCode="OBS" moodCode="EVN"><code code="1"/><heroin xmlns="urn:x" value="1"/></observation>'
    )
    content = document(section(entry, extra="<cocaine><entry/></cocaine>"))
    converted = convert(content)
    assert "heroin" not in repr(converted.issues)
    assert "cocaine" not in repr(converted.issues)


def test_an_attachment_that_is_no_base64_is_left_out_with_an_issue():
    claims = '<nonXMLBody><text mediaType="application/pdf" representation="B64">4GB!!</text></nonXMLBody>'
    converted = convert(document(body=claims))
    assert len(issues(converted, "attachment-not-readable")) == 1
    assert converted.coverage.mapped == converted.coverage.elements - 1


def test_memory_stays_in_proportion_to_the_parts_of_a_document():
    entry = f'<observation classCode="OBS" moodCode="EVN">{template("2")}<code code="1" {SNOMED}/><value xsi:type="PQ" value="1" unit="mg"/></observation>'
    content = document(section(*[entry] * 100))
    convert(content)  # tables and grammars are loaded once
    tracemalloc.start()
    convert(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 900 * (content.count(b"<") + content.count(b"="))


JUNK = (
    "",
    "x",
    "-1",
    "1e5",
    "99999999999999999999",
    "20121301",
    "201202011230",
    "#nowhere",
    "a b",
    "  ",
    "true",
    "NaN",
)


@pytest.mark.parametrize("seed", range(8))
def test_a_document_changed_at_random_is_refused_or_valid_and_never_breaks_the_converter(seed):
    random_ = random.Random(seed)
    path = random_.choice(sorted(CORPUS.rglob("*.xml.gz")))
    root = etree.fromstring(gzip.decompress(path.read_bytes()), etree.XMLParser(remove_comments=True, remove_pis=True))
    nodes = list(root.iter(etree.Element))
    for _ in range(60):
        node = random_.choice(nodes)
        kind = random_.randrange(5)
        if kind == 0 and node.getparent() is not None:
            node.getparent().remove(node)
        elif kind == 1 and node.attrib:
            node.attrib[random_.choice(list(node.attrib))] = random_.choice(JUNK)
        elif kind == 2 and node.attrib:
            del node.attrib[random_.choice(list(node.attrib))]
        elif kind == 3:
            node.text = random_.choice(JUNK)
        else:
            node.attrib["nullFlavor"] = random_.choice(("UNK", "NI", "ZZ"))
    changed = SourceItem(file="", place="", content=etree.tostring(root), media_type="application/xml")
    try:
        converted = Ccda().convert(changed)
    except (causes.NoPatientError, causes.NotClinicalDocumentError):
        return
    accept(converted)

"""Reading one message: separators, escapes, character sets, and what is not a message."""

from __future__ import annotations

import time
from collections.abc import Callable

import hl7apy.parser
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hypothesis import given
from hypothesis import strategies as st

from medshare.conversion.hl7v2 import Hl7v2, MessageLimits
from medshare.conversion.hl7v2.charset import codec_of
from medshare.conversion.hl7v2.errors import (
    HeaderTooShortError,
    NoHeaderError,
    NoPatientError,
    NulByteError,
    SecondHeaderError,
    SeveralPatientsError,
    TooManyFieldsError,
    TruncatedMessageError,
    UnknownCharsetError,
    UnsupportedTypeError,
    WrongCharsetError,
)
from medshare.conversion.hl7v2.limits import DEFAULT_LIMITS
from medshare.conversion.hl7v2.syntax import Message, parse
from medshare.errors import InputError
from tests.unit.conversion.hl7v2.messages import CORPUS, HANDMADE, PATIENT, codes, convert, item, only

HEADER = b"MSH|^~\\&|A|B|C|D|2024||ADT^A08|1|P|2.5"


def read(*lines: str, header: str = HEADER.decode()) -> Message:
    return parse("\r".join([header, *lines]).encode(), limits=DEFAULT_LIMITS)


def test_fields_repetitions_components_and_subcomponents_are_found_by_position():
    pid = read("PID|1||A^^^H&1.2.3&ISO~B").segments[1]
    first, second = pid.values(3)
    assert (first.part(1), first.sub(4, 2), second.part(1)) == ("A", "1.2.3", "B")
    assert first.part(9) == second.sub(4, 1) == pid.text(40) == ""
    assert pid.values(2) == []


def test_the_header_counts_its_separator_as_its_first_field():
    header = read("PID|1").header
    assert (header.text(1), header.first(2).whole(), header.text(3), header.text(9, 2)) == ("|", "^~\\&", "A", "A08")


def test_a_message_declares_its_own_separators():
    segments = read("PID*1**A@B$C!x", header="MSH*@!\\$*A*B*C*D*2024**ADT@A08").segments
    assert segments[1].first(3).sub(2, 2) == "C"
    assert segments[1].values(3)[1].part(1) == "x"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", r"a|b^c&d~e\f"),
        (r"one\.br\two\.sp3\three", "one\ntwo\n\n\nthree"),
        (r"\H\bold\N\ plain", "bold plain"),
        (r"caf\XC3A9\\X0A\x", "café\nx"),
        (r"\.in+4\indented\.ce\middle\.fi\ ", "indented\nmiddle"),
        (r"\Zlocal\ stays, \Q\ stays, C:\dir\file stays", r"\Zlocal\ stays, \Q\ stays, C:\dir\file stays"),
        ("tab\tstays, bell\x07does not", "tab\tstays, belldoes not"),
        (r"\P\\.sp99\end", "#" + "\n" * 9 + "end"),
        (r"\X01\x", "x"),
    ],
)
def test_escape_sequences_become_what_they_mean(raw: str, text: str):
    assert read(f"NTE|1||{raw}").segments[1].first(3).whole() == text


def test_without_an_escape_character_nothing_is_escaped():
    assert read(r"NTE|1||a\T\b", header="MSH|^~|A|B|C|D|2024||ADT^A08").segments[1].first(3).whole() == r"a\T\b"


def test_a_null_is_not_a_value_and_is_told():
    converted = convert(patient='PID|1||MRN1||Lin^Mei||""|F')
    assert "birthDate" not in only(converted, "Patient")
    assert [issue.path for issue in converted.issues if issue.code == "null"] == ["PID[1]-7"]


def test_a_line_that_begins_no_segment_belongs_to_the_one_before():
    converted = convert("NTE|1||first\nsecond half")
    assert only(converted, "Patient")["extension"][0]["valueAnnotation"]["text"] == "first\nsecond half"
    assert "line-continued" in codes(converted)


def test_local_segments_are_told_and_not_counted():
    with_one = convert("ZPI|1|secret^thing")
    assert with_one.coverage == convert().coverage
    assert [issue.path for issue in with_one.issues if issue.code == "local-segment"] == ["ZPI[1]", "ZZZ[1]"]
    assert not any("secret" in str(issue) for issue in with_one.issues)


def test_an_unknown_version_is_read_as_the_newest_and_told():
    converted = convert(header="MSH|^~\\&|A|B|C|D|2024||ADT^A08|1|P|2.99")
    assert "version-unknown" in codes(converted)
    assert "version-unknown" not in codes(convert())


# Character sets


@pytest.mark.parametrize(
    ("file", "family"),
    [
        ("charset-big5", "林"),
        ("charset-gb18030", "王"),
        ("charset-latin1", "Müller"),
        ("charset-iso-ir87", "山田"),
        ("charset-utf8-unnamed", "陳"),
    ],
)
def test_the_character_set_of_the_message_is_read(file: str, family: str):
    converted = Hl7v2().convert(item((HANDMADE / f"{file}.hl7").read_bytes()))
    assert only(converted, "Patient")["name"][0]["family"] == family
    assert ("charset-assumed" in codes(converted)) == (file == "charset-utf8-unnamed")


def test_a_message_that_names_no_character_set_takes_that_of_the_caller():
    content = HEADER + "\rPID|1||1||Müller".encode("latin-1")
    converted = Hl7v2(charset="8859/1").convert(item(content))
    assert only(converted, "Patient")["name"][0]["family"] == "Müller"
    with pytest.raises(WrongCharsetError, match="Byte"):
        Hl7v2().convert(item(content))


def test_wrong_bytes_are_never_guessed():
    content = HEADER + b"||||||ASCII\rPID|1||1||M\xfcller"
    with pytest.raises(WrongCharsetError):
        Hl7v2().convert(item(content))


def test_an_unknown_character_set_is_told_by_no_word_of_its_own():
    with pytest.raises(UnknownCharsetError):
        Hl7v2().convert(item(HEADER + b"||||||KLINGON\rPID|1||1||x"))
    with pytest.raises(UnknownCharsetError):
        codec_of(["UNICODE UTF-16"])


def test_the_second_character_set_is_that_of_the_escapes():
    assert codec_of(["", ""]) == "utf-8"
    assert codec_of(["ASCII", "ISO IR87"]) == "iso2022_jp"
    assert codec_of(["8859/1"]) == "iso8859_1"


# What is not a message


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"PID|1||1", NoHeaderError),
        (b"\x7fELF\x02\x01\x01" + bytes(range(1, 200)), NoHeaderError),
        (b"MSH", HeaderTooShortError),
        (b"MSH|^~\\&", TruncatedMessageError),
        (b"MSH|^~\\&\rPID|1", HeaderTooShortError),
        (b"MSHABCDEFGH\rPID|1", HeaderTooShortError),
        (b"MSH|^^^^|A|B|C|D|2024||ADT^A08\rPID|1", HeaderTooShortError),
        (HEADER, TruncatedMessageError),
        (HEADER + b"\rPID|1||1||A\x00B", NulByteError),
        (HEADER + b"\rPID|1||1\rMSH|^~\\&|B\rPID|1||2", SecondHeaderError),
        (b"\x0b" + HEADER + b"\rPID|1||1", TruncatedMessageError),
        (HEADER + b"\rPID|1||1\rPID|2||2", SeveralPatientsError),
        (HEADER + b"\rPV1|1|I", NoPatientError),
        (HEADER + b"\rPID|1\rPV1|1|I", NoPatientError),
        (HEADER.replace(b"A08", b"A40") + b"\rPID|1||1", UnsupportedTypeError),
        (HEADER.replace(b"ADT^A08", b"SIU^S12") + b"\rPID|1||1", UnsupportedTypeError),
    ],
)
def test_what_is_not_a_message_about_one_patient_has_an_error_of_its_own(content: bytes, fault: type[InputError]):
    with pytest.raises(fault) as caught:
        Hl7v2().convert(item(content))
    assert type(caught.value) is fault


@pytest.mark.parametrize("mark", ["~", "^", "&", "|", "\rNTE|"])
def test_a_million_parts_are_refused_before_they_become_objects(mark: str):
    content = HEADER + f"\rPID|1||{mark * 1_000_000}1".encode()
    start = time.process_time()
    with pytest.raises(TooManyFieldsError):
        Hl7v2().convert(item(content))
    assert time.process_time() - start < 2


def test_just_within_the_limit_takes_seconds_at_most():
    many = "\r".join("OBX|1|NM|x^y^LN||1.0|mg|1-2|N|||F" for _ in range(400))
    start = time.process_time()
    converted = convert("OBR|1|||p", many, kind="ORU^R01", limits=MessageLimits(parts=10_000))
    assert converted.coverage.mapped > 2000
    assert time.process_time() - start < 5


def refusal(action: Callable[[], object]) -> str:
    """Return the code of the error that an action raises."""
    try:
        action()
    except InputError as fault:
        return fault.code
    return "converted"


@given(st.binary(max_size=120), st.sampled_from([b"", HEADER + b"\r", HEADER + b"\rPID|1||1||x\r"]))
def test_no_bytes_do_anything_but_convert_or_be_refused(tail: bytes, head: bytes):
    assert refusal(lambda: Hl7v2().convert(item(head + tail))).startswith(("hl7v2.", "intake.gzip", "converted"))


_TEXT = st.text(alphabet='|^~&\\\rAXZ109.+-"PIDOBSRNTEé', max_size=80)


@given(
    _TEXT, st.sampled_from(["OBX|1|{}", "OBX|1|SN|a||{}", "PID|1||{}", "PV1|1|{}", "RXA|0|1|{}", "ORC|{}", "OBR|1|{}"])
)
def test_no_field_does_anything_but_convert_or_be_refused(text: str, template: str):
    patient = "" if template.startswith("PID") else PATIENT
    code = refusal(lambda: convert(template.format(text), kind="ORU^R01", patient=patient))
    assert code.startswith(("hl7v2.", "converted"))


# Against another parser


def _values_of_hl7apy(text: str) -> list[tuple[str, int, int, str]] | None:
    """Return (segment, field, component, text) as hl7apy reads them, where its tree gives them a position."""
    try:
        message = hl7apy.parser.parse_message(text, find_groups=False, validation_level=VALIDATION_LEVEL.TOLERANT)
    except HL7apyException:
        return None
    found = []
    for segment in message.children:
        for field in segment.children:
            if field.name is None or field.name.startswith("MSH_1") or field.name == "MSH_2":
                continue
            components = [c for c in field.children if c.name and c.name[-1].isdigit() and "_" in c.name]
            for component in components:
                number, position = int(field.name.split("_")[1]), int(component.name.split("_")[-1])
                found.append((segment.name, number, position, component.to_er7()))
    return found


@pytest.mark.parametrize("name", ["adt-a01-v251", "vxu-v04-v251", "oml-o21-v251"])
def test_every_value_that_hl7apy_finds_at_a_position_stands_there(name: str):
    text = (HANDMADE / f"{name}.hl7").read_text(encoding="utf-8").replace("\n", "\r")
    others = _values_of_hl7apy(text)
    assert others
    ours = parse(text.encode(), limits=DEFAULT_LIMITS)
    said = {
        (segment.name, number, component, raw)
        for segment in ours.segments
        for number in range(1, len(segment.fields))
        for value in segment.values(number)
        for component, raw in enumerate(value.raw.split("^"), 1)
    }
    assert [value for value in others if value not in said] == []


def test_the_corpus_has_messages_of_many_versions_and_types():
    assert sum(1 for _ in Hl7v2().items(CORPUS)) >= 100


def test_many_repetitions_within_the_limit_take_time_in_proportion():
    start = time.process_time()
    convert("NK1|1|Lin|||" + "~".join(f"555{number}" for number in range(3000)))
    assert time.process_time() - start < 3


def test_components_without_their_first_say_nothing_that_fhir_would_refuse():
    converted = convert("PV1|1|I|^^^&&ISO" + "|" * 37 + "^x", patient="PID|1||1||Lin|||||||^x")
    assert "address" not in only(converted, "Patient")
    assert "location" not in only(converted, "Encounter")

"""Bad input: one clear sentence each, early, with memory bounded. Case A10.

given a path
when there is nothing, a folder, a device, or a file over the limit: it should refuse without reading
given gzip
when it is damaged, cut off, followed by something, or a bomb: it should refuse
given text
when it is not UTF-8, not JSON, too deep, too large, with a key twice, NaN, half a character: it should refuse
given JSON
when it is not FHIR, not a Bundle, not valid, or has references to nowhere: it should refuse
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path
from typing import Any

import pytest

from medshare.errors import MedShareError
from medshare.intake import Limits, take_in
from medshare.intake import errors as causes
from tests.unit.intake.samples import EVERYTHING, PATIENT, SUBJECT, bundle, condition, observation

SECRET = "Wang-Xiaoming-secret"
SMALL = Limits(source_bytes=100_000, plain_bytes=200_000, ratio=50, ratio_from=10_000, values=5_000, entries=50)
TWO_GIGABYTES = 2 * 2**30


def refused(source: bytes | Path, cause: type[MedShareError], limits: Limits = SMALL) -> str:
    with pytest.raises(MedShareError) as caught:
        take_in(source, limits=limits)
    assert type(caught.value) is cause
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_a_path_to_nothing(tmp_path: Path) -> None:
    refused(tmp_path / "nothing", causes.SourceMissingError)


def test_a_folder_a_device_a_pipe_and_a_path_that_is_none(tmp_path: Path) -> None:
    refused(tmp_path, causes.SourceNotAFileError)
    refused(Path("/dev/zero"), causes.SourceNotAFileError)
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", causes.SourceNotAFileError)
    refused(tmp_path / "a\0b", causes.SourceNotAFileError)


def test_a_file_over_the_limit_is_refused_by_its_size(tmp_path: Path) -> None:
    """[I-006]"""
    path = tmp_path / "large"
    path.write_bytes(b" " * 100_001)
    refused(path, causes.SourceTooLargeError)
    refused(b" " * 100_001, causes.SourceTooLargeError)
    refused(b" " * 90_000, causes.SourceTooLargeError, Limits(plain_bytes=80_000))


@pytest.mark.parametrize("fault", ["one byte less", "a third", "two bytes", "more", "check sum", "no gzip"])
def test_damaged_gzip(fault: str) -> None:
    whole = gzip.compress(bundle(PATIENT))
    damaged = {
        "one byte less": whole[:-1],
        "a third": whole[:20],
        "two bytes": whole[:2],
        "more": whole + b"more",
        "check sum": whole[:-8] + bytes(8),
        "no gzip": whole[:2] + bytes(50),
    }
    refused(damaged[fault], causes.GzipBrokenError)


def test_gzip_in_several_members_is_one_text() -> None:
    text = bundle(PATIENT)
    assert take_in(gzip.compress(text[:20]) + gzip.compress(text[20:])).report.resources == 1


def test_a_bomb_is_refused_by_its_ratio_and_by_its_size() -> None:
    refused(gzip.compress(b" " * 150_000), causes.SourceExpandsTooFarError)
    refused(gzip.compress(os.urandom(20_000) * 15), causes.SourceTooLargeError)


def test_a_small_regular_file_is_no_bomb() -> None:
    assert take_in(gzip.compress(bundle(PATIENT) + b" " * 9_000), limits=SMALL).report.resources == 1


def test_two_gigabytes_and_a_bomb_of_two_gigabytes_take_neither_memory_nor_time(tmp_path: Path) -> None:
    """[I-006] The process may have 1 GB of addresses, 350 MB of which its libraries take."""
    sparse = tmp_path / "sparse"
    with sparse.open("wb") as file:
        file.truncate(TWO_GIGABYTES)
    bomb = tmp_path / "bomb.gz"
    member = gzip.compress(bytes(2**24), 9)
    bomb.write_bytes(member * (TWO_GIGABYTES // 2**24))
    packer = zlib.compressobj(1, wbits=31)
    noise = os.urandom(2**20)
    slow_bomb = tmp_path / "slow.gz"
    slow_bomb.write_bytes(b"".join(packer.compress(noise + bytes(2**22)) for _ in range(15)) + packer.flush())
    program = textwrap.dedent("""
        import resource, sys
        from pathlib import Path
        from medshare.errors import MedShareError
        from medshare.intake import Limits, take_in
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        for path in sys.argv[1:]:
            try:
                take_in(Path(path), limits=Limits(plain_bytes=2**26) if "slow" in path else Limits())
            except MedShareError as refusal:
                print(type(refusal).__name__)
    """)
    done = subprocess.run(
        [sys.executable, "-c", program, str(sparse), str(bomb), str(slow_bomb)],
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert done.stdout.split() == ["SourceTooLargeError", "SourceExpandsTooFarError", "SourceTooLargeError"]


@pytest.mark.parametrize("data", [b"\xff\xfe{\x00}\x00", b'{"a": "\x80"}', b"PK\x03\x04\xff"])
def test_what_is_not_utf8(data: bytes) -> None:
    refused(data, causes.NotUtf8Error)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        '{"a":1,}',
        "<Bundle/>",
        "{} {}",
        "{'a': 1}",
        '{"a": 01}',
        '{"a": +1}',
        '{"a": "\t"}',
        '"\\',
        '"\\"',
    ],
)
def test_what_is_not_json(text: str) -> None:
    assert "character" in refused(text.encode(), causes.NotJsonError)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert take_in(b"\xef\xbb\xbf" + bundle(PATIENT)).report.resources == 1


def test_what_is_too_deep_is_refused_before_it_is_parsed() -> None:
    refused(b"[" * 10_000 + b"]" * 10_000, causes.TooDeepError, Limits())
    refused(b'{"a":' * 10_000, causes.TooDeepError, Limits())
    deep = {"resourceType": "Basic", "id": "d", "code": {"text": "x"}}
    for _ in range(70):
        deep = {"resourceType": "Basic", "extension": [deep]}
    refused(bundle(deep), causes.TooDeepError)


def test_brackets_inside_of_strings_are_no_levels() -> None:
    text = observation(code={"coding": [{"code": "1", "display": '[[["\\[' * 200}]})
    assert take_in(bundle(PATIENT, text)).report.resources == 2


def test_a_million_values_are_refused_before_they_are_parsed() -> None:
    refused(b"[" + b"1," * 5_000 + b"1]", causes.TooManyValuesError)
    refused(b"[" * 2_000_001, causes.TooManyValuesError, Limits())


def test_an_open_string_of_a_million_quotes_is_looked_at_once() -> None:
    refused(b'"' + b'\\"' * 1_000_000, causes.NotJsonError, Limits())


def test_more_entries_than_one_patient_has() -> None:
    refused(bundle(*[{"resourceType": "Patient"}] * 51), causes.TooManyEntriesError)


def test_a_key_twice() -> None:
    refused(b'{"resourceType":"Bundle","%s":1,"%s":2}' % (SECRET.encode(), SECRET.encode()), causes.DuplicateKeyError)
    refused(b'{"resourceType":"Bundle","type":"batch","\\u0074ype":"batch"}', causes.DuplicateKeyError)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number(number: str) -> None:
    refused(b'{"a": %s}' % number.encode(), causes.NotANumberError)


@pytest.mark.parametrize("number", ["1" * 65, "0." + "1" * 64, "1e401", "1e-401", "-1E+99999999999", "9" * 5_000])
def test_a_number_that_nobody_measured(number: str) -> None:
    refused(b'{"a": %s}' % number.encode(), causes.NumberTooLongError)


@pytest.mark.parametrize("text", ["\\ud800", "\\udc00\\ud800", "x\\uDFFF"])
def test_half_a_character(text: str) -> None:
    refused(b'{"a": ["%s"]}' % text.encode(), causes.LoneSurrogateError)
    refused(b'{"%s": 1}' % text.encode(), causes.LoneSurrogateError)


def test_a_whole_pair_is_a_character() -> None:
    assert take_in(bundle(PATIENT | {"language": "x"}).replace(b'"x"', b'"\\ud83d\\ude00"')).report.resources == 1


@pytest.mark.parametrize("value", [[], 1, None, "x", {}, {"resourceType": 3}, {"entry": []}])
def test_what_is_not_fhir(value: Any) -> None:
    refused(json.dumps(value).encode(), causes.NotFhirError)


@pytest.mark.parametrize("resource", [3, [], {}, {"resourceType": None}])
def test_an_entry_whose_resource_is_not_fhir(resource: Any) -> None:
    refused(bundle(resource), causes.NotFhirError)


def test_what_is_not_a_bundle() -> None:
    refused(json.dumps(PATIENT | {"name": [{"text": SECRET}]}).encode(), causes.NotABundleError)


def test_an_invalid_resource_is_named_by_its_path_and_nothing_else() -> None:
    faulty = observation(status=None, valueString=[SECRET]) | {SECRET: SECRET}
    faulty["code"] = {SECRET: 1}
    told = refused(bundle(PATIENT, faulty, condition(subject={"reference": [SECRET]})), causes.InvalidResourceError)
    assert "Bundle.entry[1].resource" in told
    assert "unknown element" in told


@pytest.mark.parametrize(
    "elements", [{"entry": 3}, {"entry": [3]}, {"type": None}, {"entry": {"resource": PATIENT}}, {"total": SECRET}]
)
def test_a_bundle_that_is_none(elements: dict[str, Any]) -> None:
    refused(bundle(PATIENT, **elements), causes.InvalidResourceError)


@pytest.mark.parametrize("reference", ["urn:uuid:00000000-0000-4000-8000-000000000000", "urn:oid:1.2.3", "#nothing"])
def test_references_that_lead_nowhere(reference: str) -> None:
    told = refused(
        bundle(condition(subject={"reference": reference, "display": SECRET})), causes.DanglingReferenceError
    )
    assert "Bundle.entry[0].resource..subject" in told


def test_an_empty_bundle_is_no_fault() -> None:
    intake = take_in(b'{"resourceType": "Bundle", "type": "collection"}')
    assert intake.report.resources == 0
    assert len(intake.documents) == 1


def test_every_cause_has_its_own_code_and_a_remedy() -> None:
    classes = [
        value for value in vars(causes).values() if isinstance(value, type) and value.__module__ == causes.__name__
    ]
    assert len({cause.code for cause in classes}) == len(classes) > 20
    assert all(cause.code.startswith("intake.") and cause.remedy.endswith(".") for cause in classes)


def test_a_good_file_is_taken_in_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "名前 without an ending"
    path.write_bytes(gzip.compress(EVERYTHING.read_bytes()))
    assert take_in(path).report.resources == 26
    assert SUBJECT["reference"] == "Patient/p"

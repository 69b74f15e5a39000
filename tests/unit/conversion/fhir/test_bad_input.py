"""Bad input gets one clear sentence, and what stands beside it goes on.

given something that is not good FHIR JSON
    it should be refused with a cause of its own and a remedy
    memory and time should be bounded
    the sentence should hold nothing of the content
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from medshare.conversion.fhir import Fhir
from medshare.errors import MedShareError
from medshare.intake.limits import Limits
from tests.unit.conversion.fhir.samples import PATIENT, bundle, causes, observation, read, resources, write

SMALL = Limits(source_bytes=2000, plain_bytes=2000, ratio_from=5000, values=100, depth=20)
GOOD = json.dumps(PATIENT).encode()
XML = b'<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir"/>'
BAD = {
    "empty": (b"", "fhir.empty-file"),
    "blank": (b"\xef\xbb\xbf \n", "fhir.empty-file"),
    "xml": (XML, "fhir.xml"),
    "cut off": (GOOD[:-9], "intake.not-json"),
    "utf-16": (json.dumps(PATIENT).encode("utf-16"), "intake.not-utf8"),
    "latin-1": (GOOD.replace(b"A1", b"\xe9\xe8"), "intake.not-utf8"),
    "deep": (b'{"resourceType":"Basic","x":' + b"[" * 30 + b"]" * 30 + b"}", "intake.too-deep"),
    "many": (b'{"resourceType":"Basic","x":[' + b"1," * 900 + b"1]}", "intake.too-many-values"),
    "key twice": (GOOD[:-1] + b',"id":"q"}', "intake.duplicate-key"),
    "long number": (b'{"resourceType":"Basic","x":' + b"9" * 1500 + b"}", "intake.number-too-long"),
    "NaN": (b'{"resourceType":"Basic","x":NaN}', "intake.not-a-number"),
    "half a character": (rb'{"resourceType":"Basic","x":"\ud800"}', "intake.lone-surrogate"),
    "not FHIR": (b'{"hello":"world"}', "intake.not-fhir"),
    "a list": (b"[" + GOOD + b"]", "intake.not-fhir"),
    "not valid": (GOOD[:-1] + b',"secret":1}', "intake.invalid-resource"),
    "too large": (b'{"resourceType":"Basic","x":"' + b"z" * 5000 + b'"}', "intake.source-too-large"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_has_one_cause_and_the_next_goes_on(tmp_path: Path, case: str) -> None:
    text, code = BAD[case]
    write(tmp_path, "1.json", text)
    write(tmp_path, "2.json", PATIENT)
    found = read(tmp_path, Fhir(limits=SMALL))
    assert causes(found) == [("", code)]
    assert resources(found) == [PATIENT]
    assert "secret" not in str(found[0][2])
    assert isinstance(found[0][2], MedShareError)


@pytest.mark.parametrize("case", [case for case in BAD if case not in {"empty", "blank", "cut off", "utf-16"}])
def test_a_bad_entry_has_one_cause_and_the_next_goes_on(tmp_path: Path, case: str) -> None:
    """XML inside of JSON is no JSON."""
    text, code = BAD[case]
    whole = b'{"resourceType":"Bundle","entry":[{"resource":' + text + b'},{"resource":' + GOOD + b"}]}"
    found = read(write(tmp_path, "b.json", whole), Fhir(limits=SMALL))
    assert causes(found) == [("entry 1", "intake.not-json" if case == "xml" else code)]
    assert resources(found) == [PATIENT]


@pytest.mark.parametrize("case", [case for case in BAD if case not in {"empty", "blank", "utf-16"}])
def test_a_bad_line_has_one_cause_and_the_next_goes_on(tmp_path: Path, case: str) -> None:
    text, code = BAD[case]
    found = read(write(tmp_path, "x.ndjson", GOOD + b"\n" + text + b"\n" + GOOD), Fhir(limits=SMALL))
    assert causes(found) == [("line 2", code)]
    assert resources(found) == [PATIENT, PATIENT]


@pytest.mark.parametrize("value", ["x", [], {}, {"id": "x"}, None, {"resourceType": 1}])
def test_an_entry_that_is_none_is_refused(tmp_path: Path, value: object) -> None:
    found = read(write(tmp_path, "b.json", bundle({"resource": value}, {"resource": PATIENT})))
    assert causes(found) == [("entry 1", "intake.not-fhir")]
    assert resources(found) == [PATIENT]


@pytest.mark.parametrize("entry", [[1], "x", {"a": 1}, [None]])
def test_entries_that_are_none_are_refused(tmp_path: Path, entry: object) -> None:
    found = read(write(tmp_path, "b.json", {"resourceType": "Bundle", "type": "batch", "entry": entry}))
    assert [code for _, code in causes(found)] == ["intake.not-fhir"]


def test_a_bundle_that_breaks_off_gives_what_came_before_and_one_bad_item(tmp_path: Path) -> None:
    text = json.dumps(
        bundle({"resource": PATIENT}, {"resource": observation()}, {"resource": observation("q")})
    ).encode()
    for path in (write(tmp_path, "b.json", text[:-20]), write(tmp_path, "b.json.gz", text[:-20])):
        found = read(path)
        assert resources(found) == [PATIENT, observation()]
        assert causes(found) == [("after entry 2", "intake.not-json")]


def test_gzip_that_is_cut_off_gives_what_came_before_and_one_bad_item(tmp_path: Path) -> None:
    lines = [json.dumps(observation(str(number), note=[{"text": str(hash(str(number)))}])) for number in range(1500)]
    packed = gzip.compress("\n".join(lines).encode())
    (tmp_path / "x.ndjson.gz").write_bytes(packed[: len(packed) // 2])
    found = read(tmp_path)
    assert len(resources(found)) > 100
    assert causes(found) == [("packed file", "intake.gzip-broken")]
    (tmp_path / "x.ndjson.gz").write_bytes(packed + b"tail")
    assert causes(read(tmp_path)) == [("packed file", "intake.gzip-broken")]
    (tmp_path / "x.ndjson.gz").write_bytes(packed * 2)
    assert len(list(Fhir().items(tmp_path))) == 2999  # one line stands across the two members


def test_a_bomb_is_refused_while_it_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "1.json.gz").write_bytes(gzip.compress(b'{"resourceType":"Basic","id":"' + b"0" * 2_000_000))
    write(tmp_path, "2.json", PATIENT)
    found = read(tmp_path)
    assert causes(found) == [("packed file", "intake.source-expands-too-far")]
    assert resources(found) == [PATIENT]


MEMORY = """
import json, resource, sys
from pathlib import Path
from medshare.conversion.fhir import Fhir
fhir, folder = Fhir(), Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(1 for item in fhir.items(folder))
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """20 MB of entries, of lines, and of one number without end."""
    entry = json.dumps(observation(note=[{"text": "x" * 900}]))
    write(tmp_path, "a.ndjson", "\n".join([entry] * 8000).encode())
    write(tmp_path, "b.json", f'{{"resourceType":"Bundle","entry":[{",".join([entry] * 8000)}]}}'.encode())
    write(tmp_path, "c.json", b'{"resourceType":"Bundle","entry":[' + b"9" * 20_000_000 + b"]}")
    program = MEMORY.replace("Fhir()", "Fhir(limits=Limits(plain_bytes=100_000, source_bytes=100_000))").replace(
        "import Fhir", "import Fhir\nfrom medshare.intake import Limits"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    count, grown = map(int, answer.stdout.split())
    assert count == 16_001
    assert grown < 8

"""FHIR in JSON: the parser, intake with putting together again, and the format."""

from __future__ import annotations

from medshare.conversion.fhir import Fhir
from medshare.errors import IntegrityError, MedShareError
from medshare.intake import Limits, reassemble, take_in
from medshare.intake.json_text import dumps, parse
from tests.fuzz.harness import Harness, convert_all, files

FORM = Fhir()


def play(data: bytes) -> None:
    try:
        value = parse(data, limits=Limits())
        assert dumps(parse(dumps(value), limits=Limits())) == dumps(value)
        intake = take_in(data)
        assert dumps(reassemble(intake.documents)) == dumps(value)
    except IntegrityError as fault:  # a fault of ours, whatever the input
        raise AssertionError(fault.code) from fault
    except MedShareError:
        pass
    convert_all(FORM, data, ".json")


def seeds():
    """Small Bundles, and the smallest example of each resource type in one of its own."""
    yield from files("handmade", "*.json")
    yield from files("fhir-examples", "*.json", "*.json.gz")
    by_type: dict[bytes, bytes] = {}
    for lines in files("fhir-examples", "*.ndjson.gz", largest=2**24):
        for line in sorted(lines.splitlines(), key=len):
            by_type.setdefault(line.partition(b'"resourceType"')[2].split(b'"')[1], line)
    for line in by_type.values():
        yield b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":' + line + b"}]}"


HARNESS = Harness(name="fhir", play=play, seeds=seeds)

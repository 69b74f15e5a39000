"""HL7 v2: splitting a file into messages, and each message."""

from __future__ import annotations

from datetime import timedelta, timezone

from medshare.conversion.hl7v2 import Hl7v2
from tests.fuzz.harness import Harness, convert_all, files

FORM = Hl7v2(zone=timezone(timedelta(hours=8)))


def play(data: bytes) -> None:
    convert_all(FORM, data, ".hl7")


def seeds():
    return files("hl7v2", "*.hl7", "*.txt")


HARNESS = Harness(name="hl7v2", play=play, seeds=seeds)

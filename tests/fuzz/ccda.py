"""C-CDA documents."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from lxml import etree

from medshare.conversion.ccda import Ccda
from tests.fuzz.harness import LARGEST_SEED, Harness, convert_all, files

PARSER = etree.XMLParser(remove_blank_text=True, remove_comments=True, resolve_entities=False)
FORM = Ccda(zone=ZoneInfo("America/New_York"))


def play(data: bytes) -> None:
    convert_all(FORM, data, ".xml")


def seeds():
    """Each section of each document by itself, so that an input is small."""
    for content in files("ccda", "*.xml", "*.xml.gz", largest=2**20):
        root = etree.fromstring(content, PARSER)
        for body in root.findall(".//{*}structuredBody"):
            components = list(body)
            for one in components:
                body[:] = [one]
                alone = etree.tostring(root)
                if len(alone) <= LARGEST_SEED:
                    yield alone


HARNESS = Harness(name="ccda", play=play, seeds=seeds)

"""What a year costs, and how many patients each engine bears: from the readings and the assumptions alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.scaling.assumptions import YEAR, assumed
from scripts.scaling.growth import Reading

Acts = dict[str, float]


class Readings:
    """The readings, found by engine and name; of several sizes the largest."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._largest = {one.series: one for one in sorted(readings, key=lambda one: one.n)}

    def of(self, engine: str, name: str) -> float:
        """Return the value at the largest size."""
        return self._largest[engine, name].value


@dataclass(frozen=True, slots=True)
class Act:
    """A kind of transaction: how often in a patient-year, and what one costs."""

    name: str
    often: float
    gas: float
    calldata: float
    events: float

    @property
    def gas_a_year(self) -> float:
        """Gas of a patient-year."""
        return self.often * self.gas

    @property
    def bytes_a_year(self) -> float:
        """Bytes of transactions in a patient-year."""
        return self.often * (self.calldata + assumed("bytes of a transaction besides its calldata"))


def acts_of(readings: Readings) -> list[Act]:
    """Return the transactions of a patient-year, the dearest first."""
    everybody = assumed("institutions") * YEAR / assumed("patients")
    records = everybody / assumed("seconds between anchors of records")
    often = {
        "register a patient": assumed("registrations"),
        "change the directory": assumed("new directories"),
        "grant": assumed("consents granted unasked"),
        "open a request": assumed("consents that answer a request"),
        "approve a request": assumed("consents that answer a request"),
        "revoke": assumed("revocations"),
        "lock everything": assumed("lockdowns"),
        "erase a document": assumed("erasures"),
        "anchor records": records,
        "confirm records": records,
        "anchor receipts": everybody / assumed("seconds between anchors of receipts"),
    }
    found = [
        Act(
            name,
            times,
            readings.of("contracts", f"{name} (gas)"),
            readings.of("contracts", f"{name} (calldata bytes)"),
            readings.of("contracts", f"{name} (event bytes)"),
        )
        for name, times in often.items()
    ]
    return sorted(found, key=lambda one: -one.gas_a_year)


@dataclass(frozen=True, slots=True)
class Figure:
    """One result: its value, and how it came about."""

    name: str
    value: float
    unit: str
    how: str


def year_of(readings: Readings) -> list[Figure]:
    """Return what a patient-year and a year of everybody cost."""
    acts, people = acts_of(readings), assumed("patients")
    gas, sent = sum(one.gas_a_year for one in acts), sum(one.bytes_a_year for one in acts)
    events, transactions = sum(one.often * one.events for one in acts), sum(one.often for one in acts)
    documents, copies = assumed("documents"), assumed("copies of a body")
    rows = transactions + assumed("consents that answer a request")
    body = readings.of("documents", "body of a document")
    kept = readings.of("vault on SQLite", "bytes on the disk for a document with its rows")
    entry = readings.of("index", "bytes on the disk for an event")
    rate = people / YEAR
    return [
        Figure("gas of a patient-year", gas, "gas", "each act times its gas, below"),
        Figure("transactions of a patient-year", transactions, "", "the acts, below"),
        Figure("transactions of everybody", transactions * rate, "a second", f"{transactions:.2f} * patients / year"),
        Figure("gas of everybody", gas * rate, "gas a second", f"{gas:,.0f} * patients / year"),
        Figure("transactions on the chain", sent, "bytes a patient-year", "calldata and envelope of each act"),
        Figure("events on the chain", events, "bytes a patient-year", "address, topics and data of each act"),
        Figure(
            "chain of everybody",
            (sent + events) * people / 1e12,
            "TB a year",
            f"({sent:,.0f} + {events:,.0f}) * patients",
        ),
        Figure(
            "capsules of everybody", documents * people, "rows a year", f"{documents:g} * patients, in one vault each"
        ),
        Figure(
            "vaults of everybody",
            kept * documents * people / 1e12,
            "TB a year",
            f"{kept:,.0f} bytes * {documents:g} * patients",
        ),
        Figure(
            "bodies of everybody",
            body * documents * copies * people / 1e12,
            "TB a year",
            f"{body:,.0f} bytes * {documents:g} * {copies:g} copies * patients",
        ),
        Figure("rows of an index", rows * people, "a year", f"{rows:.2f} events * patients"),
        Figure("an index", rows * entry * people / 1e12, "TB a year", f"{rows:.2f} * {entry:,.0f} bytes * patients"),
    ]


@dataclass(frozen=True, slots=True)
class Limit:
    """Where an engine stops: so many patients, why, and what to do then."""

    engine: str
    patients: float
    how: str
    then: str


def limits_of(readings: Readings) -> list[Limit]:
    """Return how many patients each engine bears, by the mean or, where people wait, in the busiest hour."""
    acts, houses, busy = acts_of(readings), assumed("institutions"), assumed("busiest hour")
    gas, sent = sum(one.gas_a_year for one in acts), sum(one.bytes_a_year for one in acts)
    rows = sum(one.often for one in acts) + assumed("consents that answer a request")
    room = assumed("gas of a block") * assumed("full share of a block in the mean") / assumed("slot")
    blobs = assumed("blobs of a block") * assumed("usable bytes of a blob") / assumed("slot")
    keep = readings.of("vault on PostgreSQL", "keep a document with its rows") / 1000
    read, grant = (readings.of("gateway", name) / 1000 for name in ("answer a read", "relay a grant"))
    event = readings.of("index", "read an event, by the clock") / 1000
    relayed = sum(one.often for one in acts if not one.name.startswith(("anchor", "confirm", "open")))
    again = assumed("documents") * assumed("copies of a body") / assumed("seconds between announcements of a body")
    return [
        Limit(
            "one geth network",
            room * YEAR / gas,
            f"{room:,.0f} gas a second / {gas:,.0f} gas a patient-year; the busiest hour needs {busy:g} times as much, "
            f"and full blocks have {1 / assumed('full share of a block in the mean'):g} times as much",
            "A larger block, if the slowest member's disk bears it; then a network for each region: "
            "nothing in the contracts spans patients, and a patient lives in one. Or a rollup.",
        ),
        Limit(
            "a rollup",
            blobs * YEAR / sent,
            f"{blobs:,.0f} bytes of blobs a second / {sent:,.0f} bytes a patient-year, "
            "uncompressed, no other rollup beside",
            "Batches (`grantBatch`), compression, a second rollup. Blobs are gone after 18 days; members keep them.",
        ),
        Limit(
            "PostgreSQL, a vault for each house",
            houses * YEAR / (busy * keep * assumed("documents")),
            f"{houses:,.0f} vaults * one writer that takes {1000 * keep:.2f} ms for a document, in the busiest hour",
            "Partitions by patient, `HASH (patient)`; what is found by leaf, CID or call needs an index over all. "
            "Then a vault for each department: the lock of the one writer is the database's.",
        ),
        Limit(
            "gateways, a process for each house",
            houses * YEAR / (busy * (read * assumed("reads") + grant * relayed)),
            f"{houses:,.0f} processors * {1000 * read:.2f} ms for each of {assumed('reads'):g} reads and "
            f"{1000 * grant:.2f} ms for each of {relayed:.2f} relayed acts, in the busiest hour",
            "More processes on the same vault, behind a proxy.",
        ),
        Limit(
            "one index over everything",
            YEAR / (rows * event),
            f"{1 / event:,.0f} events a second by the clock / {rows:.2f} events a patient-year",
            "An index reads only its own network; over several there is one for each.",
        ),
        Limit(
            "Kubo, announcing every body",
            houses * assumed("announcements") / again,
            f"{houses:,.0f} nodes * {assumed('announcements'):g} a second / {again:.2e} a second for the bodies of one "
            "patient-year; ten years of bodies are ten times as many",
            "Announce nothing (`Provide.Enabled=false`): in a private swarm the proof names the holders, gateways hand "
            "bodies over, and peers are known. Then a node stops at its disk.",
        ),
    ]

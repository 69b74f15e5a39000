"""The whole road across institutions, by the commands that people type; every step is checked as it is made.

Alice enrols at City. City uploads her chart, Hill, North and Harbour confirm it, Hill asks, she consents to a part,
Hill reads at City, she sees who looked, she revokes and Hill is refused, she erases a document.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.network.command_line import REFUSED, UNREACHABLE, CommandLine, Refusal
from scripts.network.errors import NetworkError
from scripts.network.folder import NAMES
from scripts.network.programs import ROOT

CHART = next((ROOT / "tests" / "data" / "fhir").glob("Jacob_Larson_*.json.gz"))
WRITER, READER = "city", "hill"
VALIDATORS = ("hill", "north", "harbour")
TRIES = 4
PAUSE = 10.0
"""Seconds before a command is run again because somebody did not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What came of a road. `leaves` are the documents of the upload, 0x hex; `erased` is one of them."""

    patient: str
    address: str
    leaves: tuple[str, ...]
    consent: str
    read: int
    erased: str
    seconds: float


def require(holds: object, claim: str) -> None:
    """Raise where a claim of the road does not hold.

    Raises:
        NetworkError: It does not.
    """
    if not holds:
        raise NetworkError(f"the road: it is not so that {claim}")


class Road:
    """One road with a patient of its own.

    Args:
        medshare: Runs commands on the homes.
        patient: The name of the patient's home, which is made.
        rpc, deployment: The node that the patient's agent asks, and where the contracts stand.
        tell: Gets a line for each step.
    """

    def __init__(
        self, medshare: CommandLine, patient: str, *, rpc: str, deployment: str, tell: Callable[[str], None]
    ) -> None:
        self._medshare = medshare
        self.patient = patient
        self._rpc = rpc
        self._deployment = deployment
        self._tell = tell
        self._papers = medshare.homes / f"papers-{patient}"
        self._papers.mkdir(mode=0o700)
        self.address = ""

    def walk(self) -> Walked:
        """Walk all of it.

        Raises:
            NetworkError: A claim does not hold.
            Refusal: A command fails that should not.
        """
        start = time.monotonic()
        self.make_patient()
        self.enrol()
        leaves = self.upload()
        request = self.ask()
        consent = self.consent(request)
        read = self.read(consent)
        self.look(read)
        self.revoke(consent)
        erased = self.erase()
        return Walked(
            patient=self.patient,
            address=self.address,
            leaves=tuple(leaves),
            consent=consent,
            read=len(read),
            erased=erased,
            seconds=time.monotonic() - start,
        )

    def make_patient(self) -> None:
        """Make the patient's home; she types her 24 words back."""
        words = self._papers / "words"
        words.touch(mode=0o600)
        options = ("--light", "--rpc", self._rpc, "--deployment", self._deployment, "--no-recovery")
        files = {"--show-words-fd": (words, "wb"), "--typed-words-fd": (words, "rb")}
        made = self._patients("init", "patient", *options, files=files)
        words.unlink()
        self.address = made["address"]
        self._said(f"{self.patient} has a home and no ether")

    def enrol(self, at: str = WRITER) -> None:
        """Enrol her at an institution's desk."""
        offer, answer = (str(self._papers / f"{at}-{name}.json") for name in ("offer", "answer"))
        self._run(at, "enrol", "offer", "--out", offer)
        self._patients("enrol", "answer", offer, "--out", answer)
        self._run(at, "enrol", "accept", answer, "--identity-checked", "--yes")
        self._said(f"{self.patient} is enrolled at {at}, who paid")

    def upload(self, chart: Path = CHART) -> list[str]:
        """Upload a chart and let three others confirm it; return its leaves."""
        leaves: list[str] = self._run(WRITER, "record", "upload", self.address, str(chart), "--yes")["leaves"]
        self._said(f"{WRITER} has uploaded {len(leaves)} documents")
        self.confirm()
        self._patients("sync", "--yes")
        mine = {row["leaf"] for row in self._patients("record", "list")["documents"]}
        require(set(leaves) <= mine, "every uploaded document is in the patient's list")
        return leaves

    def confirm(self) -> None:
        """Let the validators check what was uploaded, and put their words on the chain."""
        with ThreadPoolExecutor(len(VALIDATORS)) as pool:
            list(pool.map(lambda validator: self._run(validator, "record", "check"), VALIDATORS))
        periods = self._run(WRITER, "record", "confirm", "--yes")["periods"]
        require(periods and all(one["confirmed"] for one in periods), "three validators have confirmed every period")
        self._said(f"{', '.join(VALIDATORS)} have confirmed")

    def ask(self, categories: Sequence[str] = ("laboratory", "vital-signs"), *, reader: str = READER) -> str:
        """Let the reader ask; return the request's id."""
        wanted = [word for one in categories for word in ("--category", one)]
        words = ("request", "open", self.address, "--gateway", WRITER, *wanted, "--purpose", "TREAT", "--days", "90")
        answer = self._run(reader, *words, "--why", "Your visit on Monday", "--yes")
        self._said(f"{reader} has asked for {' and '.join(categories)}")
        return str(answer["request"]["id"])

    def consent(self, request: str, categories: Sequence[str] = ("vital-signs",), *, reader: str = READER) -> str:
        """Let the patient approve a part of what was asked; return the consent's id as the reader has it."""
        wanted = [word for one in categories for word in ("--category", one)]
        self._patients("consent", "approve", request, *wanted, "--yes")
        consent = str(self._run(reader, "request", "answer", request)["consent"])
        self._said(f"{self.patient} has consented to {' and '.join(categories)}")
        return consent

    def read(self, consent: str) -> list[dict[str, Any]]:
        """Let the reader read all that the consent covers."""
        found = self._run(READER, "access", "read", consent)
        documents: list[dict[str, Any]] = found["documents"]
        require(documents and found["listed"] == len(documents), "the reader opened all that was listed")
        self._said(f"{READER} has read {len(documents)} documents at {WRITER}")
        return documents

    def refused(self, consent: str, *, reader: str = READER) -> str:
        """Let the reader try, and be refused; return the error's code."""
        try:
            self._run(reader, "access", "read", consent)
        except Refusal as error:
            require(error.exit_code == REFUSED, f"a read without consent is refused, not {error}")
            return error.code
        raise NetworkError("the road: a read that must be refused was answered")

    def look(self, read: Sequence[dict[str, Any]]) -> None:
        """Let the patient see who looked."""
        self._patients("sync", "--yes")
        looks = self._patients("access", "log")["looks"]
        seen = [one for one in looks if one["institution"] == NAMES[READER] and one["category"] and one["allowed"]]
        require(len(seen) == len(read), "the patient sees every document that was opened")
        self._said(f"{self.patient} sees that {READER} looked at {len(seen)}")

    def revoke(self, consent: str, *, reader: str = READER) -> None:
        """Let the patient revoke; the reader is refused at once."""
        self._patients("consent", "revoke", consent, "--yes")
        code = self.refused(consent, reader=reader)
        self._said(f"{self.patient} has revoked, and {reader} is refused ({code})")

    def erase(self) -> str:
        """Let the patient erase a document; return its leaf."""
        leaf = str(self._patients("record", "list")["documents"][0]["leaf"])
        self._patients("record", "erase", leaf, "--yes")
        left = {row["leaf"] for row in self._patients("record", "list")["documents"]}
        require(leaf not in left, "what was erased is in nobody's list")
        self._said(f"{self.patient} has erased a document")
        return leaf

    def _patients(self, *words: str, files: dict[str, tuple[Path, str]] | None = None) -> Any:
        return self._run(self.patient, *words, files=files)

    def _run(self, home: str, *words: str, files: dict[str, tuple[Path, str]] | None = None) -> Any:
        """Run a command; when somebody does not answer now, do what the error says: wait, and run it again."""
        for _ in range(TRIES - 1):
            try:
                return self._medshare(home, *words, files=files)
            except Refusal as error:
                if error.exit_code != UNREACHABLE:
                    raise
                self._said(f"`medshare {' '.join(words[:2])}` at {home} ended with {error.code}; once more")
                time.sleep(PAUSE)
        return self._medshare(home, *words, files=files)

    def _said(self, text: str) -> None:
        self._tell(f"road: {text}")


def next_patient(number: int) -> str:
    """Return the name of the home of the patient of road `number`, counted from 1."""
    return f"alice-{number}" if number > 1 else "alice"

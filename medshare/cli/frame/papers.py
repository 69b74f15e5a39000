"""Papers: what goes from hand to hand as a file or through a pipe, between a desk and a patient.

A command prints its paper on standard output, or writes it with --out; the next one reads it from a file or from
standard input (`-`). What --json printed is read as well: the paper stands in its result.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final, Literal, Self, TypeVar

from medshare.actors.enrolment import EnrolmentAnswer, EnrolmentOffer
from medshare.cli.frame.errors import HomeUnwritable
from medshare.gateway.wire.fields import AddressText, Count, Sealed64, Seconds, UrlText, Wire, Word
from medshare.gateway.wire.letters import ConsentForm
from medshare.gateway.wire.signed import SignedOf
from medshare.typed_data import (
    Delegate,
    Directory,
    Enrol,
    Erase,
    EraseAll,
    Lockdown,
    Recovery,
    Register,
    Revoke,
)

LARGEST: Final = 4 * 2**20
"""Bytes of a paper at most."""
STANDARD_INPUT: Final = "-"
P = TypeVar("P", bound=Wire)


class OfferPaper(Wire):
    """What a desk shows."""

    paper: Literal["enrolment offer"] = "enrolment offer"
    institution: AddressText
    url: UrlText
    chain_id: Count
    registry: AddressText
    nonce: Word
    expiry: Seconds

    @classmethod
    def of(cls, offer: EnrolmentOffer) -> Self:
        """Return the paper of an offer."""
        return cls(
            institution=offer.institution,
            url=offer.url,
            chain_id=offer.chain_id,
            registry=offer.registry,
            nonce=offer.nonce,
            expiry=offer.expiry,
        )

    def value(self) -> EnrolmentOffer:
        """Return the offer."""
        return EnrolmentOffer(
            institution=self.institution,
            url=self.url,
            chain_id=self.chain_id,
            registry=self.registry,
            nonce=self.nonce,
            expiry=self.expiry,
        )


class AnswerPaper(Wire):
    """What a patient's agent answers."""

    paper: Literal["enrolment answer"] = "enrolment answer"
    enrol: SignedOf[Enrol]
    registration: SignedOf[Register] | None
    directory: Sealed64
    consents: list[ConsentForm]

    @classmethod
    def of(cls, answer: EnrolmentAnswer) -> Self:
        """Return the paper of an answer."""
        return cls(
            enrol=answer.enrol,
            registration=answer.register,
            directory=answer.directory,
            consents=[ConsentForm.of(consent) for consent in answer.consents],
        )

    def value(self) -> EnrolmentAnswer:
        """Return the answer. Raises as `ConsentDocument.from_bytes`."""
        return EnrolmentAnswer(
            enrol=self.enrol,
            register=self.registration,
            directory=self.directory,
            consents=tuple(consent.value() for consent in self.consents),
        )


class SignedPaper(Wire):
    """A signed message that a contract takes."""

    signed: (
        SignedOf[Revoke]
        | SignedOf[Lockdown]
        | SignedOf[Erase]
        | SignedOf[EraseAll]
        | SignedOf[Register]
        | SignedOf[Directory]
        | SignedOf[Recovery]
        | SignedOf[Delegate]
    )


def read_paper(kind: type[P], file: str) -> P:
    """Return the paper in a file, or on standard input for "-".

    Raises:
        HomeUnwritable: It cannot be read.
        Malformed: It is another paper, or none.
    """
    if file == STANDARD_INPUT:
        data = sys.stdin.buffer.read(LARGEST)
    else:
        try:
            with Path(file).expanduser().open("rb") as source:
                data = source.read(LARGEST)
        except OSError as error:
            raise HomeUnwritable(place=file, why=error.strerror or "it cannot be read") from error
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    if isinstance(value, dict) and isinstance(value.get("result"), dict) and "paper" in value["result"]:
        data = str(value["result"]["paper"]).encode()
    return kind.read(data)


def write_paper(paper: Wire, out: str | None) -> tuple[str, str]:
    """Write a paper to the file `out`, if one is named; return its text and the file's name, empty without one.

    Raises:
        FileKept: The file exists.
        HomeUnwritable: It cannot be written.
    """
    text = paper.write().decode()
    if out is None:
        return text, ""
    from medshare.cli.frame.home import Home

    place = Path(out).expanduser().absolute()
    Home(place.parent).write(place.name, text.encode() + b"\n")
    return text, str(place)

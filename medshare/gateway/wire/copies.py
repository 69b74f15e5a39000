"""The forms of what gateways ask each other about copies of bodies."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from medshare.gateway.holdings import MOST_PLACES
from medshare.gateway.values import Possession
from medshare.gateway.wire.fields import AddressText, UrlText, Wire, Word
from medshare.gateway.wire.letters import PlaceLetter
from medshare.gateway.wire.signed import SignedOf
from medshare.keys.directory import Place
from medshare.typed_data import Erased


class HolderForm(Wire):
    """An institution that holds a copy, and the URL of its door."""

    account: AddressText
    url: UrlText

    @classmethod
    def of(cls, place: Place) -> HolderForm:
        """Return the form of `place`."""
        return cls(account=place.account, url=place.url)

    def value(self) -> Place:
        """Return the place. Raises DocumentMalformed: The URL is none of a door."""
        return Place(account=self.account, url=self.url)


class ChallengeLetter(Wire):
    """A fresh random nonce: the answer is SHA-256 over a tag, the holder's address, the nonce and the body."""

    nonce: Word


class PossessionForm(Wire):
    """The answer to a challenge, null where no whole copy is there now; and the other holders."""

    answer: Word | None
    places: Annotated[list[HolderForm], Field(max_length=MOST_PLACES)]

    @classmethod
    def of(cls, found: Possession) -> PossessionForm:
        """Return the form of `found`."""
        return cls(answer=found.answer, places=[HolderForm.of(one) for one in found.places])

    def value(self) -> Possession:
        """Return the answer. Raises as `HolderForm.value`."""
        return Possession(answer=self.answer, places=tuple(one.value() for one in self.places))


class KeepLetter(Wire):
    """A confirmed document whose body is to be kept, and where it can be had."""

    placement: PlaceLetter
    source: HolderForm


class DestroyedForm(Wire):
    """The holder's signed word that nothing of an erased document is there, null while it gives none."""

    erased: SignedOf[Erased] | None

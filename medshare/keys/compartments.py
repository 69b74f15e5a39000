"""Compartment keys: one X-Wing seed for each category or folder and epoch (design, sections 5 and 11).

::

    x(c, 4095) = HKDF-SHA512(root, info = "medshare/v1/compartment" 00 c), 32 bytes, no salt
    x(c, e)    = HKDF-Expand-SHA512(x(c, e + 1), info = "medshare/v1/older", 32 bytes)

The chain runs from the last epoch down: whoever holds the seed of an epoch can make those of all
epochs before it and of none after it. Source of HKDF: RFC 5869.
"""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from medshare.age import HybridIdentity
from medshare.hexadecimal import Address
from medshare.keys.account import AccountKey
from medshare.keys.errors import CompartmentUnknown, EpochNewer, EpochOutOfRange
from medshare.keys.root import RootSecret
from medshare.keys.secret import Secret
from medshare.typed_data.signing import CURVE_ORDER

FIRST_EPOCH: Final = 1
LAST_EPOCH: Final = 4095
CATEGORIES: Final = 24
"""Categories are compartments 0 to 23."""
FOLDERS: Final = range(24, 32)
INBOX: Final = 254
SELF: Final = 255

_LABEL: Final = b"medshare/v1/compartment\x00"
_OLDER: Final = b"medshare/v1/older\x01"  # HKDF-Expand appends the number of its block
_AGENT: Final = b"medshare/v1/agent"


class CompartmentSeed(Secret):
    """The seed of one epoch, and through it those of all epochs before.

    `epoch` is 1 to 4095.

    Raises:
        WrongSecretLength: Not 32 bytes.
        EpochOutOfRange: No such epoch.
    """

    __slots__ = ("_epoch",)

    LENGTH = 32

    def __init__(self, data: bytes, *, epoch: int) -> None:
        super().__init__(data)
        object.__setattr__(self, "_epoch", check_epoch(epoch))

    @property
    def epoch(self) -> int:
        """The newest epoch that this seed opens."""
        epoch: int = object.__getattribute__(self, "_epoch")
        return epoch

    def at(self, epoch: int) -> CompartmentSeed:
        """Return the seed of the same or an older epoch.

        Raises:
            EpochOutOfRange: No such epoch.
            EpochNewer: It comes after this seed's own.
        """
        if check_epoch(epoch) > self.epoch:  # [K-001]
            raise EpochNewer(own=self.epoch, asked=epoch)
        seed = self.secret_bytes()
        for _ in range(self.epoch - epoch):
            seed = hmac.digest(seed, _OLDER, "sha512")[:32]
        return CompartmentSeed(seed, epoch=epoch)

    def identity(self, epoch: int | None = None) -> HybridIdentity:
        """Return the key pair of `epoch`, or of the seed's own."""
        return HybridIdentity.from_seed(self.at(self.epoch if epoch is None else epoch).secret_bytes())


class Compartments:
    """All keys that come from one root secret. Holds the root: it never leaves the agent."""

    def __init__(self, root: RootSecret) -> None:
        self._root = root
        # Rotation asks for one epoch after the other; the way down from 4095 is walked once in 64.
        self._marks: dict[int, dict[int, CompartmentSeed]] = {}
        self._identities: dict[tuple[int, int], HybridIdentity] = {}

    def seed(self, compartment: int, epoch: int) -> CompartmentSeed:
        """Return x(compartment, epoch).

        Raises:
            CompartmentUnknown: Not 0 to 31, 254 or 255.
            EpochOutOfRange: Not 1 to 4095.
        """
        check_compartment(compartment)
        check_epoch(epoch)
        marks = self._marks.setdefault(compartment, {})
        if not marks:
            top = _derive(self._root, _LABEL + bytes([compartment]), 32)
            marks[LAST_EPOCH] = CompartmentSeed(top, epoch=LAST_EPOCH)
        # The marks stand at 4095, 4031, 3967, ...: each 64 below the last.
        low = min(marks)
        while low - 64 >= epoch:
            marks[low - 64] = marks[low].at(low - 64)
            low -= 64
        return marks[epoch + (LAST_EPOCH - epoch) % 64].at(epoch)

    def identity(self, compartment: int, epoch: int) -> HybridIdentity:
        """Return the key pair of a compartment in an epoch. Raises as `seed`."""
        found = self._identities.get((compartment, epoch))
        if found is None:
            found = self._identities[compartment, epoch] = self.seed(compartment, epoch).identity()
        return found

    def inbox(self, epoch: int) -> HybridIdentity:
        """Return the key pair to which others seal what they send the agent in `epoch`."""
        return self.identity(INBOX, epoch)

    @property
    def self_identity(self) -> HybridIdentity:
        """The key pair of the agent's own backup: always that of epoch 4095.

        It is never handed out, so it need not change; and a new device that has only the words
        cannot know the epoch yet.
        """
        return self.identity(SELF, LAST_EPOCH)

    @property
    def agent_key(self) -> AccountKey:
        """The key that signs envelopes, catalogues, replacements and states."""
        return agent_key(self._root)

    @property
    def agent(self) -> Address:
        """The address of the agent key, as it stands in the directory."""
        return self.agent_key.address

    def __repr__(self) -> str:
        return "<Compartments masked>"


def agent_key(root: RootSecret) -> AccountKey:
    """Return the agent key of `root`: 48 bytes of HKDF modulo n - 1, plus 1."""
    number = int.from_bytes(_derive(root, _AGENT, 48), "big") % (CURVE_ORDER - 1) + 1
    return AccountKey(number.to_bytes(32, "big"))


def check_compartment(compartment: int) -> int:
    """Return `compartment` if there is such a one.

    Raises:
        CompartmentUnknown: There is not.
    """
    if type(compartment) is not int or not (0 <= compartment < FOLDERS.stop or compartment in {INBOX, SELF}):
        raise CompartmentUnknown(compartment=compartment)
    return compartment


def check_epoch(epoch: int) -> int:
    """Return `epoch` if it is from 1 to 4095.

    Raises:
        EpochOutOfRange: It is not.
    """
    if type(epoch) is not int or not FIRST_EPOCH <= epoch <= LAST_EPOCH:
        raise EpochOutOfRange(epoch=epoch)
    return epoch


def _derive(root: RootSecret, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA512(), length=length, salt=None, info=info).derive(root.secret_bytes())

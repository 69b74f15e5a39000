"""The root secret: 32 random bytes from which every key of a patient but the account's comes."""

from __future__ import annotations

import secrets
from typing import Final, Self

from mnemonic import Mnemonic

from medshare.age import ScryptIdentity, ScryptRecipient, decrypt, encrypt
from medshare.age.entropy import Entropy, draw
from medshare.age.passphrase import DEFAULT_WORK_FACTOR
from medshare.keys.errors import RootFileMalformed, WordsWrong
from medshare.keys.secret import Secret

WORDS: Final = 24
_ENGLISH: Final = Mnemonic("english")


class RootSecret(Secret):
    """The entropy of 24 BIP-39 words. BIP-39's own seed (with PBKDF2) is not used.

    Raises:
        WrongSecretLength: Not 32 bytes.
    """

    __slots__ = ()

    LENGTH = 32

    @classmethod
    def generate(cls, entropy: Entropy = secrets.token_bytes) -> Self:
        """Return a fresh root."""
        return cls(draw(entropy, 32))

    @classmethod
    def from_secret_words(cls, words: str) -> Self:
        """Return the root of 24 English words; case and the spaces between them do not matter.

        Raises:
            WordsWrong: Another number of words, an unknown word, or a wrong checksum.
        """
        given = words.lower().split()
        if len(given) != WORDS:
            raise WordsWrong(why=f"there are {len(given)}")
        for place, word in enumerate(given, start=1):
            if word not in _ENGLISH.wordlist:
                raise WordsWrong(why=f"word {place} is not in the list")
        if not _ENGLISH.check(" ".join(given)):  # [K-002]
            raise WordsWrong(why="the checksum does not hold, so a word is wrong or out of place")
        return cls(bytes(_ENGLISH.to_entropy(given)))

    def secret_words(self) -> str:
        """Return the 24 words, to be written down on paper."""
        return str(_ENGLISH.to_mnemonic(self.secret_bytes()))

    def seal(
        self,
        passphrase: str,
        *,
        work_factor: int = DEFAULT_WORK_FACTOR,
        entropy: Entropy = secrets.token_bytes,
    ) -> bytes:
        """Return an age file under `passphrase` that holds the words and a line feed.

        Any age program opens it. `work_factor` is the base-2 logarithm of scrypt's N.

        Raises:
            BadPassphrase, BadWorkFactor.
        """
        recipient = ScryptRecipient.from_secret_text(passphrase, work_factor=work_factor)
        return encrypt(self.secret_words().encode() + b"\n", [recipient], entropy)

    @classmethod
    def open(cls, file: bytes, passphrase: str) -> Self:
        """Return the root of a file that `seal` wrote.

        Raises:
            BadPassphrase, WrongPassphrase: The passphrase is none, or not the right one.
            HeaderError, HeaderForged, PayloadDamaged: The file is damaged.
            RootFileMalformed: It opened, and holds something else.
        """
        text = decrypt(file, [ScryptIdentity.from_secret_text(passphrase)])
        try:
            root = cls.from_secret_words(text.decode("ascii"))
        except (UnicodeDecodeError, WordsWrong):
            # Cut the chain: the foreign text is nobody's business.
            root = None
        if root is None or root.secret_words().encode() + b"\n" != text:
            raise RootFileMalformed
        return root

"""The root secret as 24 words and as a file under a passphrase. Case K15."""

from __future__ import annotations

import pytest

from medshare.age import ScryptIdentity, ScryptRecipient, decrypt, encrypt
from medshare.age.errors import BadPassphrase, PayloadDamaged, WrongPassphrase
from medshare.keys.errors import RootFileMalformed, WordsWrong
from medshare.keys.root import RootSecret
from medshare.keys.secret import WrongSecretLength

# BIP-39's own test vectors (trezor/python-mnemonic, vectors.json), those of 256 bits.
PUBLISHED = {
    "00" * 32: "abandon " * 23 + "art",
    "7f" * 32: "legal winner thank year wave sausage worth useful " * 2
    + "legal winner thank year wave sausage worth title",
    "80" * 32: "letter advice cage absurd amount doctor acoustic avoid " * 2
    + "letter advice cage absurd amount doctor acoustic bless",
    "ff" * 32: "zoo " * 23 + "vote",
}
ROOT = RootSecret(bytes(range(32)))
WORDS = ROOT.secret_words().split()
PASSPHRASE = "a long passphrase"
FILE = ROOT.seal(PASSPHRASE, work_factor=1)


@pytest.mark.parametrize("entropy", PUBLISHED)
def test_the_words_are_those_of_bip_39(entropy):
    """[K-002]."""
    root = RootSecret(bytes.fromhex(entropy))
    assert root.secret_words() == PUBLISHED[entropy]
    assert RootSecret.from_secret_words(PUBLISHED[entropy]) == root


def test_case_and_spaces_between_the_words_do_not_matter():
    assert RootSecret.from_secret_words("  " + "\n ".join(WORDS).upper()) == ROOT


@pytest.mark.parametrize("count", [0, 12, 23, 25])
def test_there_are_24_words(count):
    with pytest.raises(WordsWrong, match="there are"):
        RootSecret.from_secret_words(" ".join((WORDS * 2)[:count]))


def test_one_word_changed_is_noticed_and_the_words_are_not_repeated():
    """Case K11, adapted: words in place of shares. [K-002]"""
    with pytest.raises(WordsWrong, match="word 3 is not in the list") as got:
        RootSecret.from_secret_words(" ".join([*WORDS[:2], "medshare", *WORDS[3:]]))
    assert "medshare" not in str(got.value)
    with pytest.raises(WordsWrong, match="checksum"):
        RootSecret.from_secret_words(" ".join([*WORDS[:23], "zoo"]))
    with pytest.raises(WordsWrong, match="checksum"):
        RootSecret.from_secret_words(" ".join([WORDS[1], WORDS[0], *WORDS[2:]]))


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_root_has_32_bytes(length):
    with pytest.raises(WrongSecretLength):
        RootSecret(bytes(length))


def test_a_fresh_root_comes_from_the_given_randomness():
    assert RootSecret.generate(lambda length: b"\x07" * length) == RootSecret(b"\x07" * 32)
    assert RootSecret.generate() != RootSecret.generate()


def test_a_root_comes_back_from_its_file_and_only_under_its_passphrase():
    assert RootSecret.open(FILE, PASSPHRASE) == ROOT
    with pytest.raises(WrongPassphrase):
        RootSecret.open(FILE, "another")
    with pytest.raises(BadPassphrase):
        RootSecret.open(FILE, "")


def test_any_age_program_finds_the_words_in_the_file():
    assert decrypt(FILE, [ScryptIdentity.from_secret_text(PASSPHRASE)]) == " ".join(WORDS).encode() + b"\n"


def test_a_damaged_file_gives_nothing():
    with pytest.raises(PayloadDamaged):
        RootSecret.open(FILE[:-1] + bytes([FILE[-1] ^ 1]), PASSPHRASE)


@pytest.mark.parametrize(
    "text",
    [b"", b"hello\n", b"\xff\n", " ".join(WORDS).encode(), "  ".join(WORDS).encode() + b"\n", b"zoo " * 24],
    ids=["empty", "other", "not text", "no line feed", "two spaces", "checksum"],
)
def test_a_file_that_holds_something_else_is_refused_and_its_text_is_not_repeated(text):
    file = encrypt(text, [ScryptRecipient.from_secret_text(PASSPHRASE, work_factor=1)])
    with pytest.raises(RootFileMalformed) as got:
        RootSecret.open(file, PASSPHRASE)
    assert got.value.__context__ is None

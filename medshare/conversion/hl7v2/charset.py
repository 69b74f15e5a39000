"""From the bytes of a message to text, by the character set that MSH-18 names (HL7 table 0211)."""

from __future__ import annotations

from typing import Final

from medshare.conversion.hl7v2.errors import UnknownCharsetError, WrongCharsetError

_CODECS: Final = {
    "ASCII": "ascii",
    "US-ASCII": "ascii",
    **{f"8859/{part}": f"iso8859_{part}" for part in (*range(1, 12), 13, 14, 15, 16)},
    **{f"ISO-8859-{part}": f"iso8859_{part}" for part in (*range(1, 12), 13, 14, 15, 16)},
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "BIG-5": "big5hkscs",
    "BIG5": "big5hkscs",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "ISO IR14": "shift_jis",
    "ISO IR6": "ascii",
    "ISO IR87": "iso2022_jp",
    "ISO IR 87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_1",
    "WINDOWS-1252": "cp1252",
    "WINDOWS-1250": "cp1250",
}
"""Names of table 0211, as they are written in messages, and some that senders write instead."""

ASSUMED: Final = "utf-8"
"""Where MSH-18 is empty the standard says ASCII. UTF-8 reads the same, and what is beyond is never guessed as Latin."""


def codec_of(names: list[str], *, given: str = "") -> str:
    """Return the Python codec for the repetitions of MSH-18.

    The first is that of the message; a further one names what its escape sequences of ISO 2022 change to.

    Args:
        names: The repetitions of MSH-18, as they stand.
        given: What to take where MSH-18 is empty, a name of table 0211; empty for UTF-8.

    Raises:
        UnknownCharsetError: One of them is not in the table, or not in use here.
    """
    named = [name.strip().upper() for name in names if name.strip()] or [given.strip().upper() or "UTF-8"]
    codecs = [_CODECS.get(name, "") for name in named]
    if not all(codecs):
        raise UnknownCharsetError
    switched = [codec for codec in codecs if codec.startswith("iso2022")]
    return switched[-1] if switched else codecs[0]


def decode(content: bytes, codec: str) -> str:
    """Return the text of a message.

    Raises:
        WrongCharsetError: The bytes are not of this character set.
    """
    try:
        return content.decode(codec)
    except UnicodeDecodeError as fault:
        raise WrongCharsetError(position=fault.start, charset=codec) from None

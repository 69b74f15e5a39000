r"""Escape sequences of text fields (v2.8 chapter 2.7): \F\ \S\ \T\ \R\ \E\ \P\ \H\ \N\ \Xdd..\ \.br\ and the like.

A sequence of another kind (\Zdd\, \Cxxyy\) stays as it is: nothing is guessed away.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from medshare.conversion.hl7v2.separators import Separators

_COMMANDS_OF_A_NEW_LINE = ("br", "sp", "ce")
_LINES = 9
"""As many empty lines as one sequence may ask for, so that text cannot grow like a bomb."""
_BODY = r"(?:[FSTREPHN]|X(?:[0-9A-Fa-f]{2})+|\.[a-z]{2}[+\-]?\d{0,3})"


def unescaper(separators: Separators, codec: str) -> Callable[[str], str]:
    """Return a function that puts the characters in for the escape sequences of a message."""
    mark = separators.escape
    if not mark:
        return str
    sign = re.escape(mark)
    pattern = re.compile(f"{sign}({_BODY}){sign}")
    plain = {
        "F": separators.field,
        "S": separators.component,
        "T": separators.subcomponent,
        "R": separators.repetition,
        "E": mark,
        "P": "#",
        "H": "",
        "N": "",
    }

    def put_in(found: re.Match[str]) -> str:
        body = found[1]
        if body in plain:
            return plain[body]
        if body.startswith("X"):
            text = bytes.fromhex(body[1:]).decode(codec, errors="ignore")
            return "".join(character for character in text if character >= " " or character in "\t\r\n")
        command = body[1:3]
        if command in _COMMANDS_OF_A_NEW_LINE:
            return "\n" * min(int(re.sub(r"\D", "", body[3:]) or 1), _LINES) if command == "sp" else "\n"
        return ""

    return lambda text: pattern.sub(put_in, text) if mark in text else text

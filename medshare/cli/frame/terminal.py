"""Questions to the person at the keyboard, and passphrases.

A question is asked only at a terminal; elsewhere it is a usage error that names the option to give. A
passphrase comes from a prompt that shows nothing, or from a file descriptor: never from an argument or
the environment, where other processes could read it.
"""

from __future__ import annotations

import getpass
import os
import sys
from typing import Final, TextIO

from medshare.cli.frame.errors import AnswerNeeded, PassphraseFd, PassphrasesDiffer, SaidNo
from medshare.locale import say

LONGEST: Final = 65_536
"""Bytes that are read from a descriptor at most."""


class Terminal:
    """Where questions are asked: on standard error, so that standard output holds results only.

    Args:
        language: Of the questions.
        passphrase_fd: Where passphrases come from; None asks at the terminal.
        source, target: Standard input and error; for tests.
    """

    def __init__(
        self,
        language: str,
        *,
        passphrase_fd: int | None = None,
        source: TextIO | None = None,
        target: TextIO | None = None,
    ) -> None:
        self._language = language
        self._fd = passphrase_fd
        self._lines: list[str] | None = None
        self._taken = 0
        self._source = source or sys.stdin
        self.target = target or sys.stderr

    @property
    def interactive(self) -> bool:
        """Whether somebody can answer."""
        return self._source.isatty() and self.target.isatty()

    def tell(self, text: str, **facts: object) -> None:
        """Print a line about what is going on, on standard error."""
        print(say(text, self._language, **facts), file=self.target, flush=True)

    def show(self, text: str) -> None:
        """Print a text as it is on standard error: a statement, or words."""
        print(text, file=self.target, flush=True)

    def ask(self, question: str, *, option: str, **facts: object) -> str:
        """Return the answer to a question.

        Raises:
            AnswerNeeded: Nobody sits there; `option` is what to give instead.
            SaidNo: The input ended.
        """
        text = say(question, self._language, **facts)
        if not self.interactive:  # [M-002]
            raise AnswerNeeded(question=text, option=option)
        print(text, end=" ", file=self.target, flush=True)
        answer = self._source.readline()
        if not answer:
            raise SaidNo
        return answer.strip()

    def confirm(self, question: str, *, option: str = "--yes", **facts: object) -> None:
        """Ask for a yes.

        Raises:
            SaidNo: Anything else was answered.
            AnswerNeeded: As `ask`.
        """
        if self.ask(f"{say(question, self._language, **facts)} [y/N]", option=option).lower() not in {"y", "yes", "是"}:
            raise SaidNo

    def secret(self, what: str) -> str:
        """Return the passphrase of `what`; from the descriptor, its next line.

        Raises:
            AnswerNeeded: There is neither terminal nor descriptor.
            PassphraseFd: The descriptor gives none.
            SaidNo: The input ended.
        """
        if self._fd is not None:
            return self._next_line(self._fd)
        text = say("Passphrase of {what}:", self._language, what=what)
        if not self.interactive:  # [M-002]
            raise AnswerNeeded(question=text, option="--passphrase-fd")
        try:
            return getpass.getpass(text + " ")
        except EOFError as error:
            raise SaidNo from error

    def new_secret(self, what: str) -> str:
        """Return a new passphrase, typed twice alike. Raises as `secret`, and PassphrasesDiffer."""
        first = self.secret(what)
        if self._fd is None and self.secret(say("{what}, once more", self._language, what=what)) != first:
            raise PassphrasesDiffer
        return first

    def tries(self, what: str) -> tuple[str, ...]:
        """Return what may open `what`: every line of the descriptor, or what was typed. Raises as `secret`."""
        if self._fd is None:
            return (self.secret(what),)
        return tuple(dict.fromkeys(self._all_lines(self._fd)))

    def _next_line(self, number: int) -> str:
        """Return the next line of the descriptor, the last one again and again."""
        lines = self._all_lines(number)
        self._taken += 1
        return lines[min(self._taken, len(lines)) - 1]

    def _all_lines(self, number: int) -> list[str]:
        if self._lines is None:
            self._lines = [line for line in read_fd(number).splitlines() if line]
        if not self._lines:
            raise PassphraseFd(number=number)
        return self._lines


def read_fd(number: int) -> str:
    """Return the text that a file descriptor gives.

    Raises:
        PassphraseFd: It is not open for reading, or gives no text.
    """
    try:
        with os.fdopen(number, "rb", closefd=False) as file:
            return file.read(LONGEST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise PassphraseFd(number=number) from error

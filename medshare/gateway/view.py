"""What the chain says at one block, each thing asked once.

Whatever a contract answers is a function of the block alone, so an answer is kept as long as the view,
and a view belongs to one block: none outlives it. What is not a function of the block, such as what was
seen shut, has no place here.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final, cast

from medshare.consent.reasons import Reason
from medshare.consent.rules import Query
from medshare.hexadecimal import ZERO_ADDRESS, Address
from medshare.ledger import (
    ActsUntil,
    Answer,
    Block,
    Ledger,
    PathTooLong,
    Power,
    Question,
    RecordQuery,
    RecordState,
    SuccessorOf,
)
from medshare.ledger.finality import final_of

LONGEST_PATH: Final = 8
"""Moves that the contracts follow."""

MOST_ANSWERS: Final = 50_000
"""Some 25 MB. A chain that stands still must not fill the memory."""


class View:
    """The chain at `block`.

    Args:
        ledger: The chain, as one node shows it: whoever decides by a view asks nobody else.
        block: The one block of every answer.
    """

    def __init__(self, ledger: Ledger, block: Block) -> None:
        self.block = block
        self.ledger = ledger
        self._answers: dict[Question, Answer] = {}

    def is_of(self, ledger: Ledger, block: Block) -> bool:
        """Return whether this is what that ledger says at that block."""
        return self.ledger is ledger and self.block.hash == block.hash

    def ask(self, questions: Sequence[Question]) -> None:
        """Ask together what was not asked yet."""
        new = [question for question in dict.fromkeys(questions) if question not in self._answers]
        if not new:
            return
        answers = self.ledger.answers(new, block=self.block)
        if len(self._answers) > MOST_ANSWERS:
            self._answers = {}
        self._answers.update(zip(new, answers, strict=True))

    def why_not(self, query: Query) -> Reason:
        """Return the contract's first reason against it."""
        return cast("Reason", self._answer(query))

    def record_state(self, query: RecordQuery) -> RecordState:
        """Return where a record version stands."""
        return cast("RecordState", self._answer(query))

    def acts_until(self, patient: Address, delegate: Address, powers: Power) -> int:
        """Return until when the delegate has the powers, in seconds."""
        return cast("int", self._answer(ActsUntil(patient, delegate, powers)))

    def end_of(self, patient: Address) -> Address:
        """Return where the successors of `patient` end.

        Raises:
            PathTooLong: More than eight.
        """
        last = patient
        for _ in range(LONGEST_PATH + 1):
            following = cast("Address", self._answer(SuccessorOf(last)))
            if following == ZERO_ADDRESS:
                return last
            last = following
        raise PathTooLong(patient=patient)

    def _answer(self, question: Question) -> Answer:
        known = self._answers.get(question)
        if known is None:
            known = self.ledger.answers([question], block=self.block)[0]
            self._answers[question] = known
        return known


class HeadView(View):
    """The chain at the head; `final` is the chain at the last final block, as the head's node knew it.

    Args:
        ledger: The chain.
        block: The head.
        before: The view of the head before. Its final one stays where the final block did.
    """

    def __init__(self, ledger: Ledger, block: Block, before: HeadView | None = None) -> None:
        super().__init__(ledger, block)
        self._lock = threading.Lock()
        self._final: View | None = None
        self._earlier = before._final if before else None  # noqa: SLF001  # the same class

    @property
    def final(self) -> View | None:
        """The chain at the last final block, None while there is none. What is final stays so: asked once a head."""
        with self._lock:
            if self._final is None:
                block = final_of(self.ledger)
                if block is None:
                    return None
                earlier = self._earlier
                same = earlier is not None and earlier.is_of(self.ledger, block)
                self._final = earlier if earlier is not None and same else View(self.ledger, block)
            return self._final

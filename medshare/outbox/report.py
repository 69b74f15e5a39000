"""What became of the acts that a start found half done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """How many of one kind were completed, refused for good, and left for the next time."""

    completed: int = 0
    refused: int = 0
    waiting: int = 0

    @property
    def found(self) -> int:
        """How many there were."""
        return self.completed + self.refused + self.waiting

    def __add__(self, other: Resumed) -> Resumed:
        return Resumed(
            completed=self.completed + other.completed,
            refused=self.refused + other.refused,
            waiting=self.waiting + other.waiting,
        )

"""What can go wrong with the network, each in a sentence that says what to do."""

from __future__ import annotations


class NetworkError(Exception):
    """The network cannot do what was asked; the text is for the person who asked."""


class MissingProgramsError(NetworkError):
    """This machine lacks programs; the text names each with its remedy."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__("\n".join(missing))
        self.missing = missing


class TooSlowError(NetworkError):
    """Something did not come about in its time."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"waited {seconds:.0f} s for {what}: see the logs folder of the network.")


class LeftBehindError(NetworkError):
    """Processes of this network still run after it was stopped."""

    def __init__(self, processes: dict[int, str]) -> None:
        lines = "\n".join(f"  {pid} {command[:120]}" for pid, command in processes.items())
        super().__init__(f"these processes of the network did not end:\n{lines}")

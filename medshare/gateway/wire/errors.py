"""What HTTP adds to the errors of a gateway, one class per cause, each with its status."""

from __future__ import annotations

from medshare.errors import InputError, NotFoundError, RefusedError, UnreachableError


class NotSignedIn(RefusedError):
    """Raised for every call without a session in force, and for every sign-in that is refused: one answer for all.

    `denial` is why, for the gateway's own log; it never leaves.
    """

    code = "http.not-signed-in"
    cause = "There is no session in force."
    remedy = "Sign in with the account's key, then ask again."

    def __init__(self, denial: str = "") -> None:
        self.denial = denial
        super().__init__()


class NothingHere(NotFoundError):
    """Raised when there is no such thing, or it is not the caller's: nobody can tell which."""

    code = "http.nothing-here"
    cause = "There is nothing here for this account."
    remedy = "Check what was asked for, and sign in with the account that it is meant for."


class NoSuchPath(NotFoundError):
    """Raised when the gateway has no such path."""

    code = "http.no-such-path"
    cause = "The gateway has no such path."
    remedy = "Use a path of its OpenAPI document."


class WrongMethod(InputError):
    """Raised when a path does not take the method."""

    code = "http.wrong-method"
    cause = "This path does not take this method."
    remedy = "Use the method of its OpenAPI document."


class WrongMediaType(InputError):
    """Raised when a body is not JSON by its own word: a form of a foreign page cannot say so."""

    code = "http.wrong-media-type"
    cause = "The body is not application/json."
    remedy = "Send JSON with the header Content-Type: application/json."


class ForeignOrigin(RefusedError):
    """Raised when a page of another site asks."""

    code = "http.foreign-origin"
    cause = "The gateway answers no page of another site."
    remedy = "Ask from a program, or from a page on your own machine that calls through one."


class TooLarge(InputError):
    """Raised when a body is larger than its path takes."""

    code = "http.too-large"
    cause = "The body is larger than the {largest} bytes that this path takes."
    remedy = "Send less at once."


class TooMany(UnreachableError):
    """Raised when a caller asks too often."""

    code = "http.too-many"
    cause = "Too many requests; the next one is answered in {seconds} seconds."
    remedy = "Wait, then ask again."


class TooSlow(UnreachableError):
    """Raised when an answer takes longer than the gateway allows itself."""

    code = "http.too-slow"
    cause = "The gateway did not finish within {seconds} seconds."
    remedy = "Ask what came of it before you send it again."


class Unavailable(UnreachableError):
    """Raised when the gateway's chain, vault or store does not answer it."""

    code = "http.unavailable"
    cause = "The gateway cannot answer now: its {part} does not."
    remedy = "Try again in a minute, or go to another gateway."


class Fault(UnreachableError):
    """Raised when the gateway met a fault of its own; the trace is in its log under the id."""

    code = "http.fault"
    cause = "The gateway met a fault of its own ({request_id})."
    remedy = "Tell those who run it, with this id."


class AnswerUnknown(UnreachableError):
    """Raised when a gateway answers with a problem that this version does not know."""

    code = "http.answer-unknown"
    cause = "The gateway answered with the problem {problem}, which this MedShare does not know."
    remedy = "Use the version of MedShare that the gateway runs."


STATUS: dict[type[Exception], int] = {
    NotSignedIn: 401,
    WrongMethod: 405,
    WrongMediaType: 415,
    TooLarge: 413,
    TooMany: 429,
    TooSlow: 504,
    Fault: 500,
}
"""The statuses that the family of an error does not give."""

"""What going to another's gateway adds: what is not asked, what does not answer, what answers with something else."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, UnreachableError


class NotSecure(InputError):
    """Raised for a URL that is neither of TLS nor of this very machine."""

    code = "remote.not-secure"
    cause = "The door {url} is neither https nor http on this machine; others could listen."
    remedy = "Use the https URL of the gateway. Plain http is only for the loopback."


class NoAnswer(UnreachableError):
    """Raised when a gateway does not answer, or not in time."""

    code = "remote.no-answer"
    cause = "The gateway at {url} did not answer: {why}."
    remedy = "Check the URL and the network. What was sent may have arrived: ask what came of it before sending again."


class AnswerMalformed(IntegrityError):
    """Raised when what answers is not a MedShare gateway, or one that does not keep to its own form."""

    code = "remote.answer-malformed"
    cause = "What {url} answered is not what a gateway answers: {why}."
    remedy = "Check the URL. If it is the right one, report the gateway; nothing of the answer was used."


class AnswerTooLarge(IntegrityError):
    """Raised when an answer is larger than any honest one."""

    code = "remote.answer-too-large"
    cause = "The gateway at {url} sent more than the {largest} bytes or values that this answer may have."
    remedy = "Report the gateway; nothing of the answer was used."


class OtherDeployment(IntegrityError):
    """Raised when a gateway serves another chain or other contracts."""

    code = "remote.other-deployment"
    cause = "The gateway at {url} serves another deployment."
    remedy = "Check the URL, and that your deployment file is the consortium's."


class SignInForeign(IntegrityError):
    """Raised when a gateway asks for a signature that would be worth something elsewhere."""

    code = "remote.sign-in-foreign"
    cause = "The gateway at {url} asks to sign in with a message that is not for it."
    remedy = "Nothing was signed. Report the gateway; if it stands behind a proxy, its origin must be set to its URL."


class NotOnChain(IntegrityError):
    """Raised when a gateway says that it sent something, and the chain does not show it."""

    code = "remote.not-on-chain"
    cause = "The gateway at {url} says that a {kind} was carried out; the chain does not show it."
    remedy = "Send the same signed bytes by another gateway, or by an account of your own, and report this one."

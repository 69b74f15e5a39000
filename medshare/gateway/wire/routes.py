"""Every path of a gateway: its method, who may go there, what is sent and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import quote, urlencode

from medshare.gateway.wire import answers, audit, copies, letters
from medshare.gateway.wire.chain import TransactionForm
from medshare.gateway.wire.fields import Wire

PREFIX: Final = "/v1"
KIB: Final = 1024
MIB: Final = 1024 * KIB


class Access(Enum):
    """What a caller shows."""

    OPEN = "open"
    """Nothing."""

    SIGNED = "signed"
    """A signed message: the signature is the proof."""

    SESSION = "session"
    """A session token in the header `Authorization: Bearer`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One act.

    `letter` is the form of what is sent, `answer` that of what comes back; None is nothing, or octets
    where `octets` says so. `largest` is the most bytes that may be sent. `query` names the parameters
    after the question mark.
    """

    name: str
    method: str
    path: str
    access: Access
    letter: type[Wire] | None = None
    answer: type[Wire] | None = None
    status: int = 200
    largest: int = 16 * KIB
    query: tuple[str, ...] = ()
    octets: bool = False

    def url(self, *, query: dict[str, str] | None = None, **parts: str) -> str:
        """Return the path with its parts, and the query, filled in."""
        path = self.path.format(**{name: quote(text, safe="") for name, text in parts.items()})
        return f"{path}?{urlencode(query)}" if query else path


ROUTES: dict[str, Route] = {}
"""Every route by its name."""


def _route(name: str, method: str, path: str, access: Access, **more: object) -> Route:
    # The keywords are those of Route, checked where it is built.
    route = Route(name=name, method=method, path=PREFIX + path, access=access, **more)  # type: ignore[arg-type]
    ROUTES[name] = route
    return route


# The gateway and sessions

GATEWAY = _route("gateway", "GET", "/gateway", Access.OPEN, answer=answers.GatewayForm)
NONCE = _route("nonce", "POST", "/nonces", Access.OPEN, answer=answers.NonceForm)
SIGN_IN = _route(
    "sign_in",
    "POST",
    "/sessions",
    Access.OPEN,
    letter=letters.SignInLetter,
    answer=answers.TokenForm,
    status=201,
    largest=256 * KIB,
)
SESSION = _route("session", "GET", "/session", Access.SESSION, answer=answers.SessionForm)
SIGN_OUT = _route("sign_out", "DELETE", "/session", Access.SESSION, status=204)

# The postbox

ENROLLED = _route("enrolled", "GET", "/patients/{patient}/enrolled", Access.SESSION, answer=answers.AnswerForm)
KNOWS = _route("knows", "GET", "/patients/{patient}/known", Access.SESSION, answer=answers.AnswerForm)
DIRECTORY = _route("directory", "GET", "/patients/{patient}/directory", Access.SESSION, answer=answers.DirectoryForm)
TAKE_DIRECTORY = _route(
    "take_directory",
    "POST",
    "/directories",
    Access.SIGNED,
    letter=letters.DirectoryLetter,
    status=204,
    largest=256 * KIB,
)
TAKE_CONSENT = _route(
    "take_consent",
    "POST",
    "/consents",
    Access.SIGNED,
    letter=letters.ConsentLetter,
    status=204,
    largest=256 * KIB,
)
CONSENTS_FOR = _route(
    "consents_for", "GET", "/consents", Access.SESSION, answer=letters.ConsentsForm, query=("grantee", "patient")
)
TAKE_ENVELOPE = _route(
    "take_envelope",
    "POST",
    "/envelopes",
    Access.SIGNED,
    letter=letters.EnvelopeForm,
    status=204,
    largest=2 * MIB,
)
ENVELOPE = _route("envelope", "GET", "/envelopes/{consent_id}", Access.SESSION, answer=letters.EnvelopeForm)
LEAVE_REQUEST = _route(
    "leave_request",
    "POST",
    "/requests",
    Access.SESSION,
    letter=letters.RequestLetter,
    answer=answers.IdForm,
    largest=256 * KIB,
)
REQUESTS = _route("requests", "GET", "/patients/{patient}/requests", Access.SESSION, answer=letters.RequestsForm)
REFUSE = _route("refuse", "POST", "/refusals", Access.SIGNED, letter=letters.RefuseLetter, answer=answers.ReceiptForm)
REFUSAL = _route("refusal", "GET", "/refusals/{request}", Access.SESSION, answer=answers.RefusalForm)
TAKE_STATE = _route(
    "take_state", "POST", "/states", Access.SIGNED, letter=letters.StateForm, status=204, largest=32 * MIB
)
STATE = _route("state", "GET", "/patients/{patient}/state", Access.SESSION, answer=letters.StateForm)
TAKE_CATALOGUE = _route(
    "take_catalogue",
    "POST",
    "/catalogues",
    Access.SIGNED,
    letter=letters.CatalogueForm,
    status=204,
    largest=8 * MIB,
)
CATALOGUE = _route(
    "catalogue", "GET", "/patients/{patient}/catalogues/{category}", Access.SESSION, answer=letters.CatalogueForm
)
TAKE_DISPUTE = _route("take_dispute", "POST", "/disputes", Access.SIGNED, letter=letters.DisputeLetter, status=204)
DISPUTES = _route("disputes", "GET", "/disputes", Access.SESSION, answer=answers.DisputesForm, query=("party",))
SETTLE_DISPUTE = _route(
    "settle_dispute", "POST", "/disputes/answers", Access.SIGNED, letter=letters.SettleLetter, status=204
)
LEAVE_SUBMISSION = _route(
    "leave_submission",
    "POST",
    "/submissions",
    Access.SESSION,
    letter=letters.SubmissionLetter,
    status=202,
    largest=8 * MIB,
)
VERDICT = _route("verdict", "GET", "/verdicts/{provider}/{root}", Access.SESSION, answer=answers.VerdictForm)

# The shelf

DEPOSIT = _route(
    "deposit",
    "POST",
    "/deposits",
    Access.SIGNED,
    letter=letters.DepositLetter,
    status=204,
    largest=64 * KIB,
)
PLACE = _route("place", "POST", "/placements", Access.SESSION, letter=letters.PlaceLetter, status=204)
REPLACE = _route(
    "replace",
    "POST",
    "/replacements",
    Access.SIGNED,
    letter=letters.ReplaceLetter,
    status=204,
    largest=64 * KIB,
)
SAW_REVOKE = _route("saw_revoke", "POST", "/revocations", Access.SIGNED, letter=letters.RevokeLetter, status=204)
SAW_LOCKDOWN = _route("saw_lockdown", "POST", "/lockdowns", Access.SIGNED, letter=letters.LockdownLetter, status=204)
ERASE = _route("erase", "POST", "/erasures", Access.SIGNED, letter=letters.EraseLetter, answer=answers.ErasedForm)
ERASURES_FOR = _route(
    "erasures_for", "GET", "/erasures", Access.SESSION, answer=letters.ErasuresForm, query=("holder",)
)
ACKNOWLEDGE = _route("acknowledge", "POST", "/acknowledgements", Access.SIGNED, letter=letters.ErasedLetter, status=204)
HOLDERS = _route("holders", "GET", "/leaves/{leaf}/holders", Access.SESSION, answer=answers.AccountsForm)
ACKNOWLEDGED = _route(
    "acknowledged", "GET", "/leaves/{leaf}/acknowledgements", Access.SESSION, answer=answers.AccountsForm
)

# Copies of bodies

PROVE_COPY = _route(
    "prove_copy",
    "POST",
    "/copies/{leaf}/proofs",
    Access.SESSION,
    letter=copies.ChallengeLetter,
    answer=copies.PossessionForm,
)
KEEP_COPY = _route("keep_copy", "POST", "/copies", Access.SESSION, letter=copies.KeepLetter, status=202)
DESTROYED_COPY = _route(
    "destroyed_copy",
    "GET",
    "/copies/{leaf}/destroyed",
    Access.SESSION,
    answer=copies.DestroyedForm,
    query=("patient",),
)

# The counter

READ = _route("read", "POST", "/reads", Access.SIGNED, letter=letters.ReadLetter, answer=answers.ReleaseForm)
LISTING = _route("listing", "POST", "/lists", Access.SIGNED, letter=letters.ReadLetter, answer=answers.ListingForm)
LOG = _route("log", "POST", "/logs", Access.SIGNED, letter=letters.ReadLetter, answer=answers.LogLinesForm)
LOG_PAGE = _route(
    "log_page",
    "GET",
    "/patients/{patient}/receipts",
    Access.SESSION,
    answer=answers.LogLinesForm,
    query=("until",),
)

# The audit desk

TAG = _route("tag", "GET", "/patients/{patient}/tag", Access.SESSION, answer=audit.TagForm)
PROVE = _route("prove", "GET", "/patients/{patient}/proofs/{head}", Access.SESSION, answer=audit.LineProofForm)
RECEIPT_PROOF = _route(
    "receipt_proof",
    "GET",
    "/patients/{patient}/receipts/{number}/proof",
    Access.SESSION,
    answer=audit.ReceiptProofForm,
)
PERIODS = _route("periods", "GET", "/periods", Access.OPEN, answer=audit.PeriodsForm, query=("after",))
OBJECT = _route("object", "POST", "/objections", Access.SIGNED, letter=audit.ObjectionLetter, status=204)
HAND_OVER = _route("hand_over", "GET", "/periods/{number}", Access.SESSION, answer=audit.HandedPeriodForm)
HANDED_ERASURES = _route("handed_erasures", "GET", "/erased", Access.SESSION, answer=audit.HandedErasuresForm)

# The relay and the store

CARRY = _route("carry", "POST", "/messages", Access.SIGNED, letter=letters.CarryLetter, answer=TransactionForm)
GRANT = _route(
    "grant",
    "POST",
    "/grants",
    Access.SIGNED,
    letter=letters.ConsentLetter,
    answer=TransactionForm,
    largest=256 * KIB,
)
APPROVE = _route(
    "approve",
    "POST",
    "/approvals",
    Access.SIGNED,
    letter=letters.ApprovalLetter,
    answer=TransactionForm,
    largest=256 * KIB,
)
BODY = _route("body", "GET", "/bodies/{cid}", Access.OPEN, octets=True)

# Operations: outside the prefix, for probes

SLOW: Final = frozenset((CARRY.path, GRANT.path, APPROVE.path))
"""Paths that wait for a block."""

HEALTH: Final = "/healthz"
READY: Final = "/readyz"
METRICS: Final = "/metrics"
OPENAPI: Final = "/openapi.json"

"""The chain, as the rest of MedShare sees it: one seam, frozen types, and one error per cause.

`ChainLedger` (`medshare.ledger.chain`) speaks to a node; `MemoryLedger` (`medshare.ledger.memory`)
keeps the same rules in dictionaries, for tests.
"""

from __future__ import annotations

from medshare.consent.reasons import Reason
from medshare.consent.rules import Query
from medshare.consent.terms import Opening
from medshare.ledger.acts import AUDIT, CONSENTS, CONTRACTS, PARTICIPANTS, RECORDS, REQUESTS, Acts
from medshare.ledger.errors import (
    BlockGone,
    CodeDiffers,
    NoContract,
    NodeRefused,
    NodeUnreachable,
    NoFunds,
    NoGoodNode,
    NonceTaken,
    NothingFinal,
    NotMined,
    PathTooLong,
    Reverted,
    Underpriced,
    WrongChain,
)
from medshare.ledger.events import Event, Log
from medshare.ledger.questions import ActsUntil, Answer, Question, SuccessorOf
from medshare.ledger.seam import Ledger
from medshare.ledger.types import (
    FOR_EVER,
    AccountStatus,
    AnchorState,
    Block,
    Call,
    ConsentStatus,
    Delegation,
    DeploymentInfo,
    Estimate,
    Participant,
    Power,
    Principal,
    Quote,
    RecordQuery,
    RecordState,
    RecordStatus,
    Role,
    SignedConsent,
    SignedRevocation,
    SignedTransaction,
    Signer,
    Transaction,
    UnsignedTransaction,
)

OpeningFields = Opening
"""The preimage of a request's digest, under the name that the acts give it."""

__all__ = [
    "AUDIT",
    "CONSENTS",
    "CONTRACTS",
    "FOR_EVER",
    "PARTICIPANTS",
    "RECORDS",
    "REQUESTS",
    "AccountStatus",
    "Acts",
    "ActsUntil",
    "AnchorState",
    "Answer",
    "Block",
    "BlockGone",
    "Call",
    "CodeDiffers",
    "ConsentStatus",
    "Delegation",
    "DeploymentInfo",
    "Estimate",
    "Event",
    "Ledger",
    "Log",
    "NoContract",
    "NoFunds",
    "NoGoodNode",
    "NodeRefused",
    "NodeUnreachable",
    "NonceTaken",
    "NotMined",
    "NothingFinal",
    "Opening",
    "OpeningFields",
    "Participant",
    "PathTooLong",
    "Power",
    "Principal",
    "Query",
    "Question",
    "Quote",
    "Reason",
    "RecordQuery",
    "RecordState",
    "RecordStatus",
    "Reverted",
    "Role",
    "SignedConsent",
    "SignedRevocation",
    "SignedTransaction",
    "Signer",
    "SuccessorOf",
    "Transaction",
    "Underpriced",
    "UnsignedTransaction",
    "WrongChain",
]

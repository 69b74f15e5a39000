"""What the chain says happened, in an SQL database: quick to search, and a pure function of the chain.

`Index` follows the five contracts' events (`medshare.ledger.events`) into SQLite or PostgreSQL. Its
rows depend on the canonical blocks alone: following, with whatever reorganisations, and rebuilding
give the same bytes. It holds nothing that cannot be read again, and nothing that is not public.

The gateway's rule never asks the index: a release is decided on the chain itself.
"""

from __future__ import annotations

from medshare.index.errors import (
    ChainReplaced,
    HeaderDiffers,
    HeadTooOld,
    IndexEmpty,
    IndexMissing,
    IndexStopped,
    IndexUnreachable,
    IndexVersion,
    LogForged,
    LogsMissing,
    NodeBehind,
    NodesDisagree,
    NotAnIndex,
    OtherDeployment,
    ParentDiffers,
    ReaderEnded,
    ReceiptsDiffer,
    ReorganisationTooDeep,
)
from medshare.index.index import LIMIT, Index
from medshare.index.values import Entry, IndexedConsent, Progress, Reorganisations, Status

__all__ = [
    "LIMIT",
    "ChainReplaced",
    "Entry",
    "HeadTooOld",
    "HeaderDiffers",
    "Index",
    "IndexEmpty",
    "IndexMissing",
    "IndexStopped",
    "IndexUnreachable",
    "IndexVersion",
    "IndexedConsent",
    "LogForged",
    "LogsMissing",
    "NodeBehind",
    "NodesDisagree",
    "NotAnIndex",
    "OtherDeployment",
    "ParentDiffers",
    "Progress",
    "ReaderEnded",
    "ReceiptsDiffer",
    "ReorganisationTooDeep",
    "Reorganisations",
    "Status",
]

"""Where a custodian keeps capsules, envelopes and receipts: rows in an SQL database.

`SqlVault` (`medshare.vault.sql`) is SQLite by default and PostgreSQL by URL; `memory_vault()` is the
same thing in memory.
"""

from __future__ import annotations

from medshare.vault.dispute_rows import DisputeRow, SettledRow
from medshare.vault.door_rows import BudgetRow, CarriedRow, DoorKeyRow, SessionRow
from medshare.vault.errors import (
    NotAVault,
    ReceiptGap,
    RowConflict,
    RowForm,
    RowMissing,
    RowOutdated,
    VaultDriver,
    VaultForbidden,
    VaultMissing,
    VaultNotDurable,
    VaultUnreachable,
    VaultVersion,
)
from medshare.vault.outbox_rows import ChainTransactionRow, LeaseRow, OfferRow, OutboxRow, Stage
from medshare.vault.post import DestructionRow, HolderRow, SubmissionRow, SubmittedRow
from medshare.vault.replica_rows import DeficitRow, PinTurnRow, ReplicaRow, ReplicaState
from medshare.vault.row import Row, Rule, SignedBytes
from medshare.vault.rows import (
    ROWS,
    CapsuleRow,
    CatalogueRow,
    ConsentRow,
    DirectoryRow,
    EnrolmentRow,
    EnvelopeRow,
    ErasedRow,
    ErasureRow,
    LockdownRow,
    NonceRow,
    ProofRow,
    ReceiptRow,
    RefusalRow,
    RequestRow,
    RevocationRow,
    StateRow,
    TagRow,
    VerdictRow,
)
from medshare.vault.seam import Rows, Vault

__all__ = [
    "ROWS",
    "BudgetRow",
    "CapsuleRow",
    "CarriedRow",
    "CatalogueRow",
    "ChainTransactionRow",
    "ConsentRow",
    "DeficitRow",
    "DestructionRow",
    "DirectoryRow",
    "DisputeRow",
    "DoorKeyRow",
    "EnrolmentRow",
    "EnvelopeRow",
    "ErasedRow",
    "ErasureRow",
    "HolderRow",
    "LeaseRow",
    "LockdownRow",
    "NonceRow",
    "NotAVault",
    "OfferRow",
    "OutboxRow",
    "PinTurnRow",
    "ProofRow",
    "ReceiptGap",
    "ReceiptRow",
    "RefusalRow",
    "ReplicaRow",
    "ReplicaState",
    "RequestRow",
    "RevocationRow",
    "Row",
    "RowConflict",
    "RowForm",
    "RowMissing",
    "RowOutdated",
    "Rows",
    "Rule",
    "SessionRow",
    "SettledRow",
    "SignedBytes",
    "Stage",
    "StateRow",
    "SubmissionRow",
    "SubmittedRow",
    "TagRow",
    "Vault",
    "VaultDriver",
    "VaultForbidden",
    "VaultMissing",
    "VaultNotDurable",
    "VaultUnreachable",
    "VaultVersion",
    "VerdictRow",
]

"""The first schema of the vault."""

import sqlalchemy as sa
from alembic import op

from medshare.vault.errors import NeverOlder

revision = "0001"
down_revision = None

RISING = (
    "capsule",
    "proof",
    "envelope",
    "enrolment",
    "state",
    "catalogue",
    "lockdown",
    "dispute",
    "lease",
    "offer",
    "chain_transaction",
    "line",
    "fresh",
    "budget",
    "carried",
)
SQLITE = (
    "CREATE TRIGGER {name}_rises BEFORE UPDATE ON {name} WHEN NEW.seq <= OLD.seq "
    "BEGIN SELECT RAISE(ABORT, 'seq does not rise'); END"
)
POSTGRESQL = (
    "CREATE FUNCTION {name}_rises() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF NEW.seq <= OLD.seq THEN RAISE integrity_constraint_violation "
    "USING MESSAGE = 'seq does not rise'; END IF; RETURN NEW; END $$; "
    "CREATE TRIGGER {name}_rises BEFORE UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_rises()"
)


def upgrade() -> None:  # noqa: PLR0915  # one statement for each table
    """Make every table, index and trigger."""
    op.create_table(
        "budget",
        sa.Column("account", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("purse", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gas", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("account", "purse", "day"),
    )
    op.create_table(
        "carried",
        sa.Column("digest", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transaction", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("digest") = 32', name="carried_digest_length"),
        sa.CheckConstraint('length("transaction") = 32', name="carried_transaction_length"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "door_key",
        sa.Column("name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "session",
        sa.Column("digest", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("acts_for", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("expires", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("signature", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.CheckConstraint('length("digest") = 32', name="session_digest_length"),
        sa.CheckConstraint('length("signed") = 32', name="session_signed_length"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("session_by_owner", "session", ["owner"], unique=False)
    op.create_table(
        "capsule",
        sa.Column("leaf", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("compartment", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("capsule", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("cid", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deposit_message", sa.LargeBinary(), nullable=False),
        sa.Column("deposit_signer", sa.String(length=42), nullable=False),
        sa.Column("deposit_signature", sa.LargeBinary(), nullable=False),
        sa.Column("replacement_message", sa.LargeBinary(), nullable=True),
        sa.Column("replacement_signer", sa.String(length=42), nullable=True),
        sa.Column("replacement_signature", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint('length("leaf") = 32', name="capsule_leaf_length"),
        sa.PrimaryKeyConstraint("leaf"),
    )
    op.create_index("capsule_by_cid", "capsule", ["cid"], unique=False)
    op.create_index("capsule_by_patient", "capsule", ["patient"], unique=False)
    op.create_index("capsule_by_provider", "capsule", ["provider"], unique=False)
    op.create_table(
        "catalogue",
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("category", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("patient", "category"),
    )
    op.create_table(
        "consent",
        sa.Column("consent_id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("grantee", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("terms", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("document", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("consent_id") = 32', name="consent_consent_id_length"),
        sa.CheckConstraint('length("terms") = 32', name="consent_terms_length"),
        sa.PrimaryKeyConstraint("consent_id"),
    )
    op.create_index("consent_by_grantee", "consent", ["grantee"], unique=False)
    op.create_index("consent_by_patient", "consent", ["patient"], unique=False)
    op.create_table(
        "destruction",
        sa.Column("target", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("target") = 32', name="destruction_target_length"),
        sa.PrimaryKeyConstraint("target"),
    )
    op.create_index("destruction_by_patient", "destruction", ["patient"], unique=False)
    op.create_table(
        "directory",
        sa.Column("digest", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("document", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("digest") = 32', name="directory_digest_length"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("directory_by_owner", "directory", ["owner"], unique=False)
    op.create_table(
        "dispute",
        sa.Column("leaf", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint('length("leaf") = 32', name="dispute_leaf_length"),
        sa.PrimaryKeyConstraint("leaf"),
    )
    op.create_index("dispute_by_patient", "dispute", ["patient"], unique=False)
    op.create_index("dispute_by_provider", "dispute", ["provider"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("institution", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("institution", "patient"),
    )
    op.create_index("enrolment_by_patient", "enrolment", ["patient"], unique=False)
    op.create_table(
        "envelope",
        sa.Column("consent_id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("grantee", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("envelope", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint('length("consent_id") = 32', name="envelope_consent_id_length"),
        sa.PrimaryKeyConstraint("consent_id"),
    )
    op.create_index("envelope_by_grantee", "envelope", ["grantee"], unique=False)
    op.create_index("envelope_by_patient", "envelope", ["patient"], unique=False)
    op.create_table(
        "erased",
        sa.Column("leaf", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint('length("leaf") = 32', name="erased_leaf_length"),
        sa.PrimaryKeyConstraint("leaf", "holder"),
    )
    op.create_index("erased_by_holder", "erased", ["holder"], unique=False)
    op.create_table(
        "erasure",
        sa.Column("target", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=True),
        sa.Column("signed_signer", sa.String(length=42), nullable=True),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=True),
        sa.Column("block", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.CheckConstraint('length("block") = 32', name="erasure_block_length"),
        sa.CheckConstraint('length("target") = 32', name="erasure_target_length"),
        sa.PrimaryKeyConstraint("target"),
    )
    op.create_index("erasure_by_patient", "erasure", ["patient"], unique=False)
    op.create_table(
        "holder",
        sa.Column("leaf", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("leaf") = 32', name="holder_leaf_length"),
        sa.PrimaryKeyConstraint("leaf", "holder"),
    )
    op.create_index("holder_by_holder", "holder", ["holder"], unique=False)
    op.create_index("holder_by_patient", "holder", ["patient"], unique=False)
    op.create_table(
        "lease",
        sa.Column("account", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "lockdown",
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=True),
        sa.Column("signed_signer", sa.String(length=42), nullable=True),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=True),
        sa.Column("block", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.CheckConstraint('length("block") = 32', name="lockdown_block_length"),
        sa.PrimaryKeyConstraint("patient"),
    )
    op.create_table(
        "nonce",
        sa.Column("signer", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("nonce") = 32', name="nonce_nonce_length"),
        sa.PrimaryKeyConstraint("signer", "nonce"),
    )
    op.create_table(
        "offer",
        sa.Column("nonce", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("institution", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("expiry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=True),
        sa.CheckConstraint('length("nonce") = 32', name="offer_nonce_length"),
        sa.PrimaryKeyConstraint("nonce"),
    )
    op.create_index("offer_by_institution", "offer", ["institution"], unique=False)
    op.create_index("offer_by_patient", "offer", ["patient"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("act", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("state", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("work", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("period", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("account", sa.String(length=42), autoincrement=False, nullable=True),
        sa.Column("nonce", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.CheckConstraint('length("id") = 32', name="outbox_id_length"),
        sa.CheckConstraint('length("period") = 32', name="outbox_period_length"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_by_act", "outbox", ["act"], unique=False)
    op.create_index("outbox_by_period", "outbox", ["period", "id"], unique=False)
    op.create_index("outbox_by_state", "outbox", ["state"], unique=False)
    op.create_table(
        "proof",
        sa.Column("leaf", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("inner", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("body_digest", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("previous_leaf", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("text", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("cid", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("proof", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("body_digest") = 32', name="proof_body_digest_length"),
        sa.CheckConstraint('length("inner") = 32', name="proof_inner_length"),
        sa.CheckConstraint('length("leaf") = 32', name="proof_leaf_length"),
        sa.CheckConstraint('length("previous_leaf") = 32', name="proof_previous_leaf_length"),
        sa.CheckConstraint('length("root") = 32', name="proof_root_length"),
        sa.CheckConstraint('length("text") = 32', name="proof_text_length"),
        sa.PrimaryKeyConstraint("leaf"),
    )
    op.create_index("proof_by_cid", "proof", ["cid"], unique=False)
    op.create_index("proof_by_patient", "proof", ["patient"], unique=False)
    op.create_index("proof_by_provider", "proof", ["provider"], unique=False)
    op.create_index("proof_by_root", "proof", ["root"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("gateway", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("previous", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("accessor", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("grantee", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("decision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leaves", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("asked_message", sa.LargeBinary(), nullable=False),
        sa.Column("asked_signer", sa.String(length=42), nullable=False),
        sa.Column("asked_signature", sa.LargeBinary(), nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("previous_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(seq = 1 AND previous_seq IS NULL) OR (seq > 1 AND previous_seq = seq - 1)", name="receipt_without_gap"
        ),
        sa.CheckConstraint('length("digest") = 32', name="receipt_digest_length"),
        sa.CheckConstraint('length("leaf") = 32', name="receipt_leaf_length"),
        sa.CheckConstraint('length("previous") = 32', name="receipt_previous_length"),
        sa.ForeignKeyConstraint(
            ["gateway", "patient", "previous_seq", "previous"],
            ["receipt.gateway", "receipt.patient", "receipt.seq", "receipt.digest"],
            name="receipt_previous",
        ),
        sa.PrimaryKeyConstraint("gateway", "patient", "seq"),
        sa.UniqueConstraint("gateway", "patient", "seq", "digest", name="receipt_link"),
    )
    op.create_index("receipt_by_grantee", "receipt", ["grantee"], unique=False)
    op.create_index("receipt_by_leaf", "receipt", ["leaf"], unique=False)
    op.create_index("receipt_by_patient", "receipt", ["patient"], unique=False)
    op.create_table(
        "refusal",
        sa.Column("request", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("request") = 32', name="refusal_request_length"),
        sa.PrimaryKeyConstraint("request"),
    )
    op.create_index("refusal_by_patient", "refusal", ["patient"], unique=False)
    op.create_table(
        "request",
        sa.Column("request", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("requester", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("deadline", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("request") = 32', name="request_request_length"),
        sa.PrimaryKeyConstraint("request", "patient"),
    )
    op.create_index("request_by_patient", "request", ["patient"], unique=False)
    op.create_index("request_by_requester", "request", ["requester"], unique=False)
    op.create_table(
        "revocation",
        sa.Column("consent_id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=True),
        sa.Column("signed_signer", sa.String(length=42), nullable=True),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=True),
        sa.Column("block", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.CheckConstraint('length("block") = 32', name="revocation_block_length"),
        sa.CheckConstraint('length("consent_id") = 32', name="revocation_consent_id_length"),
        sa.PrimaryKeyConstraint("consent_id"),
    )
    op.create_index("revocation_by_patient", "revocation", ["patient"], unique=False)
    op.create_table(
        "settled",
        sa.Column("leaf", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint('length("leaf") = 32', name="settled_leaf_length"),
        sa.PrimaryKeyConstraint("leaf", "seq"),
    )
    op.create_table(
        "state",
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("patient"),
    )
    op.create_table(
        "submission",
        sa.Column("provider", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("items", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("superseded", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint('length("root") = 32', name="submission_root_length"),
        sa.PrimaryKeyConstraint("provider", "root"),
    )
    op.create_index("submission_by_root", "submission", ["root"], unique=False)
    op.create_table(
        "submitted",
        sa.Column("provider", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("validator", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("root") = 32', name="submitted_root_length"),
        sa.PrimaryKeyConstraint("provider", "root", "validator"),
    )
    op.create_index("submitted_by_root", "submitted", ["root"], unique=False)
    op.create_index("submitted_by_validator", "submitted", ["validator"], unique=False)
    op.create_table(
        "tag",
        sa.Column("gateway", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("tag", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint('length("tag") = 32', name="tag_tag_length"),
        sa.PrimaryKeyConstraint("gateway", "patient"),
    )
    op.create_index("tag_by_patient", "tag", ["patient"], unique=False)
    op.create_table(
        "chain_transaction",
        sa.Column("account", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("raw", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("transaction", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("earlier", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("call", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("work", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("block", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.CheckConstraint('length("block") = 32', name="chain_transaction_block_length"),
        sa.CheckConstraint('length("call") = 32', name="chain_transaction_call_length"),
        sa.CheckConstraint('length("transaction") = 32', name="chain_transaction_transaction_length"),
        sa.CheckConstraint('length("work") = 32', name="chain_transaction_work_length"),
        sa.PrimaryKeyConstraint("account", "nonce"),
    )
    op.create_index("chain_transaction_by_call", "chain_transaction", ["call", "account", "nonce"], unique=False)
    op.create_index("chain_transaction_by_state", "chain_transaction", ["state"], unique=False)
    op.create_table(
        "verdict",
        sa.Column("provider", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("validator", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("leaf", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint('length("leaf") = 32', name="verdict_leaf_length"),
        sa.CheckConstraint('length("root") = 32', name="verdict_root_length"),
        sa.PrimaryKeyConstraint("provider", "root", "validator"),
    )
    op.create_index("verdict_by_leaf", "verdict", ["leaf"], unique=False)
    op.create_index("verdict_by_root", "verdict", ["root"], unique=False)
    op.create_index("verdict_by_validator", "verdict", ["validator"], unique=False)
    _audit()
    dialect = op.get_bind().dialect.name
    for name in RISING:
        op.execute((SQLITE if dialect == "sqlite" else POSTGRESQL).format(name=name))


def _audit() -> None:
    """Make the tables of periods, lines, replays and objections."""
    op.create_table(
        "line",
        sa.Column("gateway", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("digest") = 32', name="line_digest_length"),
        sa.CheckConstraint('length("tag") = 32', name="line_tag_length"),
        sa.PrimaryKeyConstraint("gateway", "patient"),
    )
    op.create_index("line_by_patient", "line", ["patient"], unique=False)
    op.create_table(
        "fresh",
        sa.Column("gateway", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("gateway", "patient"),
    )
    op.create_index("fresh_by_patient", "fresh", ["patient"], unique=False)
    op.create_table(
        "line_step",
        sa.Column("gateway", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("period", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("digest") = 32', name="line_step_digest_length"),
        sa.CheckConstraint('length("tag") = 32', name="line_step_tag_length"),
        sa.PrimaryKeyConstraint("gateway", "patient", "seq"),
    )
    op.create_index("line_step_by_patient", "line_step", ["patient"], unique=False)
    op.create_index("line_step_by_period", "line_step", ["period", "gateway", "patient", "seq"], unique=False)
    op.create_table(
        "objection",
        sa.Column("gateway", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed_message", sa.LargeBinary(), nullable=False),
        sa.Column("signed_signer", sa.String(length=42), nullable=False),
        sa.Column("signed_signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "patient", "seq"),
    )
    op.create_index("objection_by_patient", "objection", ["patient"], unique=False)
    op.create_table(
        "period",
        sa.Column("gateway", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("head", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("previous", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("receipts", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("heads", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("digests", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("head") = 32', name="period_head_length"),
        sa.CheckConstraint('length("heads") = 32', name="period_heads_length"),
        sa.CheckConstraint('length("previous") = 32', name="period_previous_length"),
        sa.CheckConstraint('length("receipts") = 32', name="period_receipts_length"),
        sa.PrimaryKeyConstraint("gateway", "seq"),
    )
    op.create_index("period_by_head", "period", ["head", "gateway", "seq"], unique=False)
    op.create_table(
        "replay",
        sa.Column("gateway", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("request", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("request") = 32', name="replay_request_length"),
        sa.PrimaryKeyConstraint("gateway", "request"),
    )
    op.create_index("replay_by_patient", "replay", ["patient"], unique=False)


def downgrade() -> None:
    """Refuse: a vault is never taken back to an older form."""
    raise NeverOlder

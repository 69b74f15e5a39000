"""Every state-changing function of the contracts, as one method each.

What happens with the call is decided by `act`: the ledger sends it, its `dry_run` only estimates
it, its `prepared` only signs it. Where two contracts use one name, the later one says what it acts
on (`open_request`, `anchor_receipts`).

`sender` pays. A method that ends in `_by_sig` carries the signature of an ordinary key, one that
ends in `_by_wallet` a contract wallet's (ERC-1271), one that ends in `_signed_by` a contract
wallet's or a delegate's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from medshare.consent.terms import Opening
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger.types import Call, Power, Role, SignedConsent, SignedRevocation

PARTICIPANTS = "ParticipantRegistry"
CONSENTS = "ConsentRegistry"
REQUESTS = "AccessRequests"
RECORDS = "RecordRegistry"
AUDIT = "AuditLog"
CONTRACTS = (PARTICIPANTS, CONSENTS, REQUESTS, RECORDS, AUDIT)

By_contra = TypeVar("By_contra", contravariant=True)
Done_co = TypeVar("Done_co", covariant=True)


class ParticipantActs(Protocol[By_contra, Done_co]):
    """Acts on the ParticipantRegistry."""

    def act(self, call: Call, sender: By_contra) -> Done_co:
        """Do with `call` what this object does."""
        ...

    def register(self, *, directory: Bytes32, sender: By_contra) -> Done_co:
        """Register the sender as a patient with the digest of their directory."""
        return self.act(Call(PARTICIPANTS, "register", (directory,)), sender)

    def register_by_sig(self, *, patient: Address, directory: Bytes32, signature: bytes, sender: By_contra) -> Done_co:
        """Register `patient`, who signed `Register`."""
        return self.act(Call(PARTICIPANTS, "registerBySig", (patient, directory, signature)), sender)

    def register_by_wallet(
        self, *, patient: Address, directory: Bytes32, signature: bytes, sender: By_contra
    ) -> Done_co:
        """Register `patient`, a contract wallet that accepts the signature of `Register`."""
        return self.act(Call(PARTICIPANTS, "registerByWallet", (patient, directory, signature)), sender)

    def set_directory(self, *, digest: Bytes32, seq: int, sender: By_contra) -> Done_co:
        """Set the sender's directory; `seq` is the stored one plus one."""
        return self.act(Call(PARTICIPANTS, "setDirectory", (digest, seq)), sender)

    def set_directory_by_sig(
        self, *, patient: Address, digest: Bytes32, seq: int, signature: bytes, sender: By_contra
    ) -> Done_co:
        """Set the directory of `patient`, who signed `Directory`."""
        return self.act(Call(PARTICIPANTS, "setDirectoryBySig", (patient, digest, seq, signature)), sender)

    def set_directory_by_wallet(
        self, *, patient: Address, digest: Bytes32, seq: int, signature: bytes, sender: By_contra
    ) -> Done_co:
        """Set the directory of `patient`, a contract wallet."""
        return self.act(Call(PARTICIPANTS, "setDirectoryByWallet", (patient, digest, seq, signature)), sender)

    def publish_key(self, *, document: bytes, seq: int, sender: By_contra) -> Done_co:
        """Publish the sender's public key document (accredited accounts, at most 8 KiB)."""
        return self.act(Call(PARTICIPANTS, "publishKey", (document, seq)), sender)

    def set_recovery(self, *, patient: Address, recovery: Address, seq: int, sender: By_contra) -> Done_co:
        """Name the recovery address of `patient`: the patient while none is set, then only that address."""
        return self.act(Call(PARTICIPANTS, "setRecovery", (patient, recovery, seq)), sender)

    def set_recovery_by_sig(
        self, *, patient: Address, recovery: Address, seq: int, signature: bytes, sender: By_contra
    ) -> Done_co:
        """Name the recovery address; `Recovery` is signed by whoever may set it."""
        return self.act(Call(PARTICIPANTS, "setRecoveryBySig", (patient, recovery, seq, signature)), sender)

    def set_recovery_by_wallet(
        self, *, patient: Address, recovery: Address, seq: int, signature: bytes, sender: By_contra
    ) -> Done_co:
        """Name the recovery address by the contract wallet of whoever may set it."""
        return self.act(Call(PARTICIPANTS, "setRecoveryByWallet", (patient, recovery, seq, signature)), sender)

    def succeed(self, *, patient: Address, successor: Address, accept_signature: bytes, sender: By_contra) -> Done_co:
        """Move `patient` to `successor`, who signed `Accept`; the sender is the recovery address."""
        return self.act(Call(PARTICIPANTS, "succeed", (patient, successor, accept_signature)), sender)

    def delegate(
        self, *, to: Address, powers: Power, issued_at: int, not_after: int, seq: int, sender: By_contra
    ) -> Done_co:
        """Give `to` powers over the sender's affairs; no powers withdraws them."""
        arguments = (to, int(powers), issued_at, not_after, seq)
        return self.act(Call(PARTICIPANTS, "delegate", arguments), sender)

    def delegate_by_sig(
        self,
        *,
        patient: Address,
        to: Address,
        powers: Power,
        issued_at: int,
        not_after: int,
        seq: int,
        signature: bytes,
        sender: By_contra,
    ) -> Done_co:
        """Give `to` powers over the affairs of `patient`, who signed `Delegate`."""
        arguments = (patient, to, int(powers), issued_at, not_after, seq, signature)
        return self.act(Call(PARTICIPANTS, "delegateBySig", arguments), sender)

    def delegate_by_wallet(
        self,
        *,
        patient: Address,
        to: Address,
        powers: Power,
        issued_at: int,
        not_after: int,
        seq: int,
        signature: bytes,
        sender: By_contra,
    ) -> Done_co:
        """Give `to` powers over the affairs of `patient`, a contract wallet."""
        arguments = (patient, to, int(powers), issued_at, not_after, seq, signature)
        return self.act(Call(PARTICIPANTS, "delegateByWallet", arguments), sender)

    def accredit(
        self, *, account: Address, roles: Role, jurisdiction: int, record: bytes, sender: By_contra
    ) -> Done_co:
        """Accredit `account` (regulator only); `record` is its accreditation record, public."""
        return self.act(Call(PARTICIPANTS, "accredit", (account, int(roles), jurisdiction, record)), sender)

    def suspend(self, *, account: Address, sender: By_contra) -> Done_co:
        """Suspend a participant (regulator only); never a patient."""
        return self.act(Call(PARTICIPANTS, "suspend", (account,)), sender)

    def reinstate(self, *, account: Address, sender: By_contra) -> Done_co:
        """End a suspension (regulator only)."""
        return self.act(Call(PARTICIPANTS, "reinstate", (account,)), sender)

    def add_staff(self, *, staff: Address, roles: Role, at: int, signature: bytes, sender: By_contra) -> Done_co:
        """Take `staff`, who signed `Join`, into the sender's institution."""
        return self.act(Call(PARTICIPANTS, "addStaff", (staff, int(roles), at, signature)), sender)

    def remove_staff(self, *, staff: Address, sender: By_contra) -> Done_co:
        """Dismiss a staff account of the sender's institution."""
        return self.act(Call(PARTICIPANTS, "removeStaff", (staff,)), sender)


class ConsentActs(Protocol[By_contra, Done_co]):
    """Acts on the ConsentRegistry."""

    def act(self, call: Call, sender: By_contra) -> Done_co:
        """Do with `call` what this object does."""
        ...

    def grant(
        self, *, grantee: Address, word: int, request: Bytes32, statement_hash: Bytes32, sender: By_contra
    ) -> Done_co:
        """Grant a consent as the sender, without a signature (for programs)."""
        return self.act(Call(CONSENTS, "grant", (grantee, word, request, statement_hash)), sender)

    def grant_by_sig(
        self,
        *,
        patient: Address,
        grantee: Address,
        word: int,
        request: Bytes32,
        statement_hash: Bytes32,
        signature: bytes,
        sender: By_contra,
    ) -> Done_co:
        """Grant the consent that `patient` signed."""
        arguments = (patient, grantee, word, request, statement_hash, signature)
        return self.act(Call(CONSENTS, "grantBySig", arguments), sender)

    def grant_signed_by(
        self,
        *,
        signer: Address,
        patient: Address,
        grantee: Address,
        word: int,
        request: Bytes32,
        statement_hash: Bytes32,
        signature: bytes,
        sender: By_contra,
    ) -> Done_co:
        """Grant a consent that a delegate, or the patient's contract wallet, signed."""
        arguments = (signer, patient, grantee, word, request, statement_hash, signature)
        return self.act(Call(CONSENTS, "grantBy", arguments), sender)

    def grant_batch(self, *, items: Sequence[SignedConsent], sender: By_contra) -> Done_co:
        """Grant 1 to 100 signed consents; a bad one is skipped and reported as `GrantSkipped`."""
        rows = tuple((i.patient, i.grantee, i.word, i.request, i.statement_hash, i.signature) for i in items)
        return self.act(Call(CONSENTS, "grantBatch", (rows,)), sender)

    def revoke(self, *, grantee: Address, terms: Bytes32, sender: By_contra) -> Done_co:
        """Revoke a consent of the sender, for ever, also one never granted."""
        return self.act(Call(CONSENTS, "revoke", (grantee, terms)), sender)

    def revoke_by_sig(
        self, *, patient: Address, grantee: Address, terms: Bytes32, signature: bytes, sender: By_contra
    ) -> Done_co:
        """Revoke the consent whose `Revoke` the patient signed."""
        return self.act(Call(CONSENTS, "revokeBySig", (patient, grantee, terms, signature)), sender)

    def revoke_signed_by(
        self,
        *,
        signer: Address,
        patient: Address,
        grantee: Address,
        terms: Bytes32,
        signature: bytes,
        sender: By_contra,
    ) -> Done_co:
        """Revoke a consent by a delegate's, or the patient's contract wallet's, signature."""
        arguments = (signer, patient, grantee, terms, signature)
        return self.act(Call(CONSENTS, "revokeBy", arguments), sender)

    def revoke_batch(self, *, items: Sequence[SignedRevocation], sender: By_contra) -> Done_co:
        """Revoke 1 to 100 consents by signature; a bad item is skipped and reported."""
        rows = tuple((i.patient, i.grantee, i.terms, i.signature) for i in items)
        return self.act(Call(CONSENTS, "revokeBatch", (rows,)), sender)

    def lockdown(self, *, sender: By_contra) -> Done_co:
        """Void every consent and delegation of the sender that was signed until now."""
        return self.act(Call(CONSENTS, "lockdown"), sender)

    def lockdown_by_sig(self, *, patient: Address, time: int, signature: bytes, sender: By_contra) -> Done_co:
        """Void everything `patient`, who signed `Lockdown`, had signed until `time`."""
        return self.act(Call(CONSENTS, "lockdownBySig", (patient, time, signature)), sender)

    def lockdown_signed_by(
        self, *, signer: Address, patient: Address, time: int, signature: bytes, sender: By_contra
    ) -> Done_co:
        """Lock down by a delegate's, or the patient's contract wallet's, signature."""
        return self.act(Call(CONSENTS, "lockdownBy", (signer, patient, time, signature)), sender)


class RequestActs(Protocol[By_contra, Done_co]):
    """Acts on AccessRequests."""

    def act(self, call: Call, sender: By_contra) -> Done_co:
        """Do with `call` what this object does."""
        ...

    def open_request(self, *, digest: Bytes32, deadline: int, sender: By_contra) -> Done_co:
        """Open a request under the sender and `digest`, until `deadline` (at most 90 days)."""
        return self.act(Call(REQUESTS, "open", (digest, deadline)), sender)

    def withdraw_request(self, *, digest: Bytes32, sender: By_contra) -> Done_co:
        """Withdraw the sender's own request."""
        return self.act(Call(REQUESTS, "withdraw", (digest,)), sender)

    def approve(
        self, *, opening: Opening, word: int, statement_hash: Bytes32, signature: bytes, sender: By_contra
    ) -> Done_co:
        """Grant the consent that answers `opening`, equal or narrower, and close the request."""
        return self.act(Call(REQUESTS, "approve", (_tuple(opening), word, statement_hash, signature)), sender)

    def approve_signed_by(
        self,
        *,
        signer: Address,
        opening: Opening,
        word: int,
        statement_hash: Bytes32,
        signature: bytes,
        sender: By_contra,
    ) -> Done_co:
        """As `approve`, signed by a delegate or the patient's contract wallet."""
        arguments = (signer, _tuple(opening), word, statement_hash, signature)
        return self.act(Call(REQUESTS, "approveBy", arguments), sender)


class RecordActs(Protocol[By_contra, Done_co]):
    """Acts on the RecordRegistry."""

    def act(self, call: Call, sender: By_contra) -> Done_co:
        """Do with `call` what this object does."""
        ...

    def anchor(self, *, root: Bytes32, count: int, superseded: Sequence[Bytes32] = (), sender: By_contra) -> Done_co:
        """Anchor a tree of `count` leaves; `superseded` are own leaves that it replaces."""
        return self.act(Call(RECORDS, "anchor", (root, count, tuple(superseded))), sender)

    def retract(self, *, leaf: Bytes32, reason: int, sender: By_contra) -> Done_co:
        """Retract an own leaf with a reason from 1 to 255."""
        return self.act(Call(RECORDS, "retract", (leaf, reason)), sender)

    def erase(self, *, inner: Bytes32, sender: By_contra) -> Done_co:
        """Erase one leaf of the sender, a patient without successor."""
        return self.act(Call(RECORDS, "erase", (inner,)), sender)

    def erase_inherited(
        self, *, patient: Address, path: Sequence[Address] = (), inner: Bytes32, sender: By_contra
    ) -> Done_co:
        """Erase one leaf of `patient` as the last successor, at the end of `path`."""
        return self.act(Call(RECORDS, "eraseInherited", (patient, tuple(path), inner)), sender)

    def erase_by_sig(
        self, *, patient: Address, path: Sequence[Address] = (), inner: Bytes32, signature: bytes, sender: By_contra
    ) -> Done_co:
        """Erase one leaf; the last successor signed `Erase`."""
        return self.act(Call(RECORDS, "eraseBySig", (patient, tuple(path), inner, signature)), sender)

    def erase_signed_by(
        self,
        *,
        signer: Address,
        patient: Address,
        path: Sequence[Address] = (),
        inner: Bytes32,
        signature: bytes,
        sender: By_contra,
    ) -> Done_co:
        """Erase one leaf by a delegate's, or a contract wallet's, signature."""
        arguments = (signer, patient, tuple(path), inner, signature)
        return self.act(Call(RECORDS, "eraseBy", arguments), sender)

    def erase_all(
        self, *, patient: Address, path: Sequence[Address] = (), recovery_signature: bytes = b"", sender: By_contra
    ) -> Done_co:
        """Erase every leaf of `patient`; the recovery address, if there is one, signs `EraseAll` too."""
        return self.act(Call(RECORDS, "eraseAll", (patient, tuple(path), recovery_signature)), sender)

    def erase_all_by_sig(
        self,
        *,
        patient: Address,
        path: Sequence[Address] = (),
        signature: bytes,
        recovery_signature: bytes = b"",
        sender: By_contra,
    ) -> Done_co:
        """Erase every leaf of `patient`; the last successor signed `EraseAll`."""
        arguments = (patient, tuple(path), signature, recovery_signature)
        return self.act(Call(RECORDS, "eraseAllBySig", arguments), sender)

    def erase_all_signed_by(
        self,
        *,
        signer: Address,
        patient: Address,
        path: Sequence[Address] = (),
        signature: bytes,
        recovery_signature: bytes = b"",
        sender: By_contra,
    ) -> Done_co:
        """Erase every leaf by a delegate's, or a contract wallet's, signature."""
        arguments = (signer, patient, tuple(path), signature, recovery_signature)
        return self.act(Call(RECORDS, "eraseAllBy", arguments), sender)

    def confirm(
        self, *, provider: Address, root: Bytes32, signatures: Mapping[Address, bytes], sender: By_contra
    ) -> Done_co:
        """Confirm an anchor with the `signatures` of the validators, by signer."""
        signers = tuple(sorted(signatures))
        arguments = (provider, root, signers, b"".join(signatures[signer] for signer in signers))
        return self.act(Call(RECORDS, "confirm", arguments), sender)

    def set_quorum(self, *, quorum: int, sender: By_contra) -> Done_co:
        """Set how many validators confirm an anchor (governance only, after its delay)."""
        return self.act(Call(RECORDS, "setQuorum", (quorum,)), sender)


class AuditActs(Protocol[By_contra, Done_co]):
    """Acts on the AuditLog."""

    def act(self, call: Call, sender: By_contra) -> Done_co:
        """Do with `call` what this object does."""
        ...

    def anchor_receipts(
        self, *, previous: Bytes32, receipts: Bytes32, heads: Bytes32, count: int, sender: By_contra
    ) -> Done_co:
        """Anchor the sender gateway's receipts, chained to its `previous` anchor (`AuditLog.anchor`)."""
        return self.act(Call(AUDIT, "anchor", (previous, receipts, heads, count)), sender)


class Acts(
    ParticipantActs[By_contra, Done_co],
    ConsentActs[By_contra, Done_co],
    RequestActs[By_contra, Done_co],
    RecordActs[By_contra, Done_co],
    AuditActs[By_contra, Done_co],
    Protocol[By_contra, Done_co],
):
    """Every state-changing function of the five contracts."""


def _tuple(opening: Opening) -> tuple[object, ...]:
    return (
        opening.patient,
        opening.requester,
        opening.grantee,
        opening.purposes,
        opening.actions,
        opening.not_before,
        opening.not_after,
        opening.document_digest,
        opening.salt,
    )

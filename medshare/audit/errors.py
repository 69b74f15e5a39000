"""What can be wrong with what a gateway logged, proved or anchored: one class per cause."""

from __future__ import annotations

from medshare.errors import IntegrityError


class TagTwice(IntegrityError):
    """Raised when two patients of one gateway would have the same tag, or one has a border's."""

    code = "audit.tag-twice"
    cause = "The tag {tag} would stand in the tree of lines twice."
    remedy = "Hand out a tag that was made from a key of its own."


class TagForeign(IntegrityError):
    """Raised when a tag is not the one that its key makes for this patient at this gateway."""

    code = "audit.tag-foreign"
    cause = "The gateway {gateway} handed out a tag that its key does not make."
    remedy = "Report the gateway to the regulator: such a tag may stand for somebody else."


class LineProofForeign(IntegrityError):
    """Raised when a proof is about other tags: the asked one is not the left one, or not between the two."""

    code = "audit.line-proof-foreign"
    cause = "The proof says nothing about the tag {tag}."
    remedy = "Ask the gateway for the proof of your own tag."


class LineProofMismatch(IntegrityError):
    """Raised when a proof does not lead to the root that the gateway anchored."""

    code = "audit.line-proof-mismatch"
    cause = "The proof for the tag {tag} does not lead to the anchored root."
    remedy = "Ask the gateway again; report it to the regulator if it has no other proof."


class ReceiptProofMismatch(IntegrityError):
    """Raised when a receipt is not under the root of the period that it is said to stand in."""

    code = "audit.receipt-proof-mismatch"
    cause = "The receipt {digest} does not stand in the anchored period."
    remedy = "Ask the gateway again; report it to the regulator if it has no other proof."


class AnchorBroken(IntegrityError):
    """Raised when an anchor is not what its head says, or does not continue the one before it."""

    code = "audit.anchor-broken"
    cause = "Anchor {number} of the gateway {gateway} does not continue the one before it."
    remedy = "Take the anchors from the chain; report the gateway if it handed out this one."


class ReceiptForged(IntegrityError):
    """Raised when a receipt, or the question behind it, was not signed by whom it names."""

    code = "receipt.forged"
    cause = "Receipt {number} of the gateway {gateway} is forged: {why}."
    remedy = "Report it to the regulator: somebody wrote a receipt or a question in another's name."


class ReceiptReordered(IntegrityError):
    """Raised when receipts stand in another order than their numbers."""

    code = "receipt.reordered"
    cause = "Receipt {number} of the gateway {gateway} does not stand in its place."
    remedy = "Put the receipts in the order of their numbers, or report who moved them."


class ReceiptRepeated(IntegrityError):
    """Raised when a number comes twice in a line."""

    code = "receipt.repeated"
    cause = "Receipt {number} of the gateway {gateway} comes twice."
    remedy = "Keep the one that the next receipt names; two different ones are evidence against the gateway."


class ReceiptMissing(IntegrityError):
    """Raised when a number is missing in a line, or at its end."""

    code = "receipt.missing"
    cause = "Receipt {number} of the gateway {gateway} is missing."
    remedy = "Ask the gateway for the whole line; report it to the regulator if it does not have it."


class ReceiptAltered(IntegrityError):
    """Raised when a receipt, its question or what it released is not what was linked, signed or anchored."""

    code = "receipt.altered"
    cause = "Receipt {number} of the gateway {gateway} was altered: {why}."
    remedy = "Report the gateway to the regulator: it rewrote a receipt."


class ReceiptForeign(IntegrityError):
    """Raised when a receipt of another gateway or patient stands in a line."""

    code = "receipt.foreign"
    cause = "Receipt {number} in the line of the gateway {gateway} is of another gateway or patient."
    remedy = "Ask the gateway for the patient's own receipts."


class TagChanged(IntegrityError):
    """Raised when a gateway signed two different tags for one patient: evidence of fraud."""

    code = "audit.tag-changed"
    cause = "The gateway {gateway} handed out a second, different tag."
    remedy = "Report the gateway to the regulator with both signed tags."


class ProofWithheld(IntegrityError):
    """Raised when a gateway gives no tag, or no proof for what it anchored."""

    code = "audit.proof-withheld"
    cause = "The gateway {gateway} gave no proof of what it anchored: {why}."
    remedy = "Ask again; report the gateway to the regulator if it goes on."


class ExportDamaged(IntegrityError):
    """Raised when a byte of an audit export is not what was written."""

    code = "audit.export-damaged"
    cause = "The export was altered at {where}: {why}."
    remedy = "Take another copy of the export, or make a new one with the patient's agent."


class ExportEmpty(IntegrityError):
    """Raised when an export has no line: it proves nothing about anybody."""

    code = "audit.export-empty"
    cause = "The export names no gateway."
    remedy = "Make a new one with a patient's agent that knows her gateways."


class LineForeign(IntegrityError):
    """Raised when a line of an export is of another address than the export's patient, who did not move from it."""

    code = "audit.line-foreign"
    cause = "The line of the gateway {gateway} is of {patient}, not of the patient of the export."
    remedy = "If the patient moved from that address, verify with a chain: only the chain says so."


class NotAGateway(IntegrityError):
    """Raised when the chain knows no such gateway: the account has not the role and never anchored."""

    code = "audit.not-a-gateway"
    cause = "The chain does not know {gateway} as a gateway."
    remedy = "Take no receipt of this account for a gateway's: anybody can sign one."


class AnchorOutdated(IntegrityError):
    """Raised when a gateway had anchored more when an export was made than the export shows."""

    code = "audit.anchor-outdated"
    cause = "The gateway {gateway} had a newer anchor when the export was made."
    remedy = "Make a new export: this one may leave out what came since its anchor."


class ExportForeign(IntegrityError):
    """Raised when an export belongs to another deployment than the chain that is asked."""

    code = "audit.export-foreign"
    cause = "The export is of another deployment: its {field} differs."
    remedy = "Ask the chain that the export names."

"""What providers ask this institution, as a validator, to check; and its answers.

A provider leaves its signed `Submission` here. The institution's own command checks it with the
institution's key, which the gateway does not hold; then the provider asks for the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

from medshare.confirm import NotASubmission, SubmissionItem, items_to_bytes
from medshare.digest import keccak
from medshare.gateway.errors import NotEmpoweredHere, PlacementForeign
from medshare.gateway.office import Office
from medshare.hexadecimal import Address, Bytes32
from medshare.signed import Signed, kept
from medshare.typed_data import Confirm, Reject, Submission
from medshare.vault import SubmissionRow, VerdictRow


class Submissions:
    """Keeps submissions for one validator."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def leave(
        self,
        signed: Signed[Submission],
        items: Sequence[SubmissionItem],
        superseded: Sequence[Bytes32],
        *,
        source: str,
    ) -> None:
        """Keep a submission; the first one of a root stands.

        Args:
            signed: By the provider or its active staff.
            items: What the anchor holds, in its order.
            superseded: The leaves that the anchor replaces.
            source: The URL of the gateway that gives the bodies.

        Raises:
            NotEmpoweredHere: Somebody else signed.
            NotASubmission: The items or leaves are not the ones that were signed.
            PlacementForeign: The provider anchored no such tree; what anybody makes up is not kept.
        """
        message, office = signed.message, self._office
        signed.check(office.domains, signer=signed.signer)
        if not office.acts_for(signed.signer, message.provider):
            raise NotEmpoweredHere(signer=signed.signer, kind="Submission")
        data = items_to_bytes(items)
        if keccak(data) != message.items or keccak(b"".join(superseded)) != message.superseded:
            raise NotASubmission(why="its items are not the ones that were signed")
        if not office.ledger.anchor_of(message.provider, message.root).time:
            raise PlacementForeign(why="its provider anchored no such tree")
        with office.vault.transaction() as rows:
            if rows.get(SubmissionRow, provider=message.provider, root=message.root) is None:
                rows.put(
                    SubmissionRow(
                        provider=message.provider,
                        root=message.root,
                        items=data,
                        superseded=tuple(superseded),
                        source=source,
                        signed=signed.keep(),
                    )
                )

    def pending(self) -> tuple[SubmissionRow, ...]:
        """Return the submissions that this institution has not answered."""
        vault, validator = self._office.vault, self._office.institution
        answered = {(row.provider, row.root) for row in vault.find(VerdictRow, validator=validator)}
        return tuple(row for row in vault.find(SubmissionRow) if (row.provider, row.root) not in answered)

    def verdict(self, provider: Address, root: Bytes32) -> Signed[Confirm] | Signed[Reject] | None:
        """Return this institution's answer to a submission, if it has answered."""
        row = self._office.vault.get(VerdictRow, provider=provider, root=root, validator=self._office.institution)
        if row is None:
            return None
        return kept(Confirm, row.signed) if row.leaf is None else kept(Reject, row.signed)

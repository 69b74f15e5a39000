"""Submissions by post: a provider leaves a period at a validator's gateway and asks for the verdict there."""

from __future__ import annotations

from collections.abc import Sequence

from medshare.confirm import LARGEST_SUBMISSION, NotASubmission, SubmissionItem, items_from_bytes, items_to_bytes
from medshare.digest import keccak
from medshare.gateway.errors import NotEmpoweredHere, PlacementForeign
from medshare.gateway.office import Office
from medshare.gateway.values import LeftSubmission
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.directory import Place
from medshare.signed import Signed, kept
from medshare.typed_data import Confirm, Reject, Submission
from medshare.vault import SubmissionRow, VerdictRow


class Submissions:
    """What one gateway keeps for the validator that runs it."""

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
        """Keep a period for this institution to check; its bodies are at `source`, the URL of the provider's door.

        Left again it may name another URL, while there is no verdict. The message does not cover the
        URL: whoever leaves it acts for the provider.

        Raises:
            NotEmpoweredHere: Neither the provider nor its active staff signed, or it is this institution's own.
            NotASubmission: The items or leaves are not the ones that were signed, or there are too many.
            PlacementForeign: The provider anchored no such tree; what anybody makes up is not kept.
            DocumentMalformed: The URL is not the plain address of a door.
        """
        office, message = self._office, signed.message
        office.check(signed, signer=signed.signer)
        if not office.acts_for(signed.signer, message.provider) or message.provider == office.institution:  # [V-009]
            raise NotEmpoweredHere(signer=signed.signer, kind="Submission")
        if not 0 < len(items) <= LARGEST_SUBMISSION:
            raise NotASubmission(why=f"it does not have 1 to {LARGEST_SUBMISSION} items")
        data = items_to_bytes(items)
        if keccak(data) != message.items or keccak(b"".join(superseded)) != message.superseded:
            raise NotASubmission(why="its items are not the ones that were signed")
        if not office.ledger.anchor_of(message.provider, message.root).time:
            raise PlacementForeign(why="its provider anchored no such tree")
        place = Place(account=message.provider, url=source)
        if self.verdict(message.provider, message.root) is not None:
            return
        with office.vault.transaction() as rows:
            rows.destroy(SubmissionRow, provider=message.provider, root=message.root)
            rows.put(
                SubmissionRow(
                    provider=message.provider,
                    root=message.root,
                    items=data,
                    superseded=tuple(superseded),
                    source=place.url,
                    signed=signed.keep(),
                )
            )

    def pending(self) -> tuple[LeftSubmission, ...]:
        """Return the periods of others that this institution has not given its verdict on."""
        own = self._office.institution
        return tuple(
            left_submission(row)
            for row in self._office.vault.find(SubmissionRow)
            if row.provider != own and self.verdict(row.provider, row.root) is None
        )

    def verdict(self, provider: Address, root: Bytes32) -> Signed[Confirm] | Signed[Reject] | None:
        """Return what this institution said about a period, once it has checked it."""
        row = self._office.vault.get(VerdictRow, provider=provider, root=root, validator=self._office.institution)
        return kept_verdict(row) if row else None


def left_submission(row: SubmissionRow) -> LeftSubmission:
    """Return the submission that a row keeps."""
    return LeftSubmission(
        signed=kept(Submission, row.signed),
        items=items_from_bytes(row.items),
        superseded=row.superseded,
        source=row.source,
    )


def kept_verdict(row: VerdictRow) -> Signed[Confirm] | Signed[Reject]:
    """Return the verdict that a row keeps."""
    return kept(Confirm, row.signed) if row.leaf is None else kept(Reject, row.signed)

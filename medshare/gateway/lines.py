"""The line of a patient's receipts at this gateway: its tag, begun once, in the very transaction that needs it."""

from __future__ import annotations

from medshare.audit.tags import KEY_LENGTH, tag_of
from medshare.gateway.office import Office
from medshare.hexadecimal import ZERO_32, Address
from medshare.signed import Signed
from medshare.typed_data import Tag
from medshare.vault import Rows, TagRow
from medshare.vault.audit_rows import LineRow


def begun_line(office: Office, rows: Rows, patient: Address) -> TagRow:
    """Return the tag of the patient's line; the first time, draw its key and sign it.

    Raises:
        RowConflict: Another process began the line at this moment; ask again.
    """
    kept = rows.get(TagRow, gateway=office.address, patient=patient)
    if kept is not None:  # [B-006]
        return kept
    key = office.entropy(KEY_LENGTH)
    tag = tag_of(key=key, gateway=office.address, patient=patient)
    message = Tag(gateway=office.address, patient=patient, tag=tag, at=office.clock.now())
    signed = Signed.by(office.key, message, office.domains)
    row = TagRow(gateway=office.address, patient=patient, tag=tag, secret=key, signed=signed.keep())
    rows.put(row)
    rows.put(LineRow(gateway=office.address, patient=patient, seq=0, tag=tag, digest=ZERO_32))
    return row

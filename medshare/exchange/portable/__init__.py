"""Everything of a patient as files that need no MedShare to read: pages for people, FHIR for programs.

`record` holds what goes in, `folder` names the files, `bulk` writes the NDJSON of Bulk Data Access, `pages` writes
the pages and `markup` keeps words from becoming markup. Pure: facts in, bytes by file name out.
"""

from __future__ import annotations

from medshare.exchange.portable.bulk import bulk_files
from medshare.exchange.portable.folder import files_of
from medshare.exchange.portable.record import OwnConsent, OwnDocument, OwnLook, OwnRecord

__all__ = ["OwnConsent", "OwnDocument", "OwnLook", "OwnRecord", "bulk_files", "files_of"]

"""The release rule and the receipts: pure functions that every door goes through.

`rule` decides whether a gateway hands out a capsule. `receipts` says what it writes down first.
"""

from __future__ import annotations

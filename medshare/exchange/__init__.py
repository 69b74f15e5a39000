"""Exchange: MedShare's own facts in the standards' words. See `README.md` beside this file."""

from __future__ import annotations

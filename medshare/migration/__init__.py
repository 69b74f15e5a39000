"""Migration: whole folders of a hospital's data, taken in once each. See `README.md` beside this file."""

from __future__ import annotations

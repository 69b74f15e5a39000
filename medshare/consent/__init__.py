"""Consent: who, what, why and until when, as pure rules over frozen values."""

from __future__ import annotations

"""The International Patient Summary of a person; see `README.md` beside this file for the decisions."""

from __future__ import annotations

from medshare.exchange.ips.document import summary

__all__ = ["summary"]

"""Ports that nobody uses now."""

from __future__ import annotations

import socket

from scripts.network.folder import Ports


def free_range() -> int:
    """Return a base whose ports are all free."""
    for base in range(20_000, 30_000, 250):
        try:
            for port in Ports(base=base).all():
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise AssertionError("no free ports")

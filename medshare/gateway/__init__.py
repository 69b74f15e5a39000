"""The gateway: keeps capsules, asks the chain, writes receipts, releases, relays.

`service` is the gateway in one process; HTTP and several processes come around it and change no
rule. `values` is what goes in and out. What a gateway keeps can be opened by no key that it has.
"""

from __future__ import annotations

from medshare.gateway.errors import Refused
from medshare.gateway.service import Gateway
from medshare.gateway.values import ErasureSeen, LeftSubmission, Listed, Placement, Release

__all__ = ["ErasureSeen", "Gateway", "LeftSubmission", "Listed", "Placement", "Refused", "Release"]

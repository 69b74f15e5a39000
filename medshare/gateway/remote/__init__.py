"""The door over HTTP: what stands in the place of a `Gateway` for whoever goes to somebody else's.

`network.RemoteNetwork` finds doors by URL. `door.RemoteDoor` asks one gateway and trusts it with nothing: answers are
bounded and of one exact form, what it says was sent is looked up on the caller's own chain, and no other place is
ever asked. `line` speaks HTTP, `transport` opens connections.
"""

from __future__ import annotations

from medshare.gateway.remote.door import RemoteDoor
from medshare.gateway.remote.network import RemoteNetwork

__all__ = ["RemoteDoor", "RemoteNetwork"]

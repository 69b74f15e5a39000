"""Full URLs of what was made from a source: the same source gives the same names."""

from __future__ import annotations

import uuid
from typing import Final

_NAMESPACE: Final = uuid.UUID("6d656473-6861-5265-8000-636f6e766572")


def full_url(*parts: str) -> str:
    """Return a `urn:uuid:` made from `parts` (RFC 9562, version 5); the parts are kept apart by their lengths."""
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, ''.join(f'{len(part)}:{part}' for part in parts))}"

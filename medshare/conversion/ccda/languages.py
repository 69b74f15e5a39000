"""Language tags of CDA's languageCode."""

from __future__ import annotations

from typing import Any

from medshare.conversion.ccda.datatypes import token
from medshare.conversion.language_tags import shortest_tag


def language(node: Any) -> str | None:
    """Return the tag of a languageCode, or None."""
    tag = None if node is None else token(node.get("code"))
    return None if tag is None else shortest_tag(tag)

"""Language tags: the two-letter code where CDA gives one of three letters (BCP 47, 2.2.1; ISO 639-1 and -2)."""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.datatypes import token

_TEXT: Final = """
ara:ar ben:bn bul:bg cat:ca ces:cs chi:zh cze:cs dan:da deu:de dut:nl ell:el eng:en fas:fa fin:fi fra:fr fre:fr ger:de
gre:el guj:gu hat:ht heb:he hin:hi hrv:hr hun:hu ind:id ita:it jpn:ja khm:km kor:ko lao:lo may:ms msa:ms nep:ne nld:nl
nor:no pan:pa per:fa pol:pl por:pt pus:ps ron:ro rum:ro rus:ru slk:sk slo:sk som:so spa:es srp:sr swa:sw swe:sv tam:ta
tel:te tgl:tl tha:th tur:tr ukr:uk urd:ur vie:vi yor:yo zho:zh
"""
_SHORTER: Final = dict(pair.split(":") for pair in _TEXT.split())


def language(node: Any) -> str | None:
    """Return the tag of a languageCode, or None."""
    tag = None if node is None else token(node.get("code"))
    if tag is None:
        return None
    first, hyphen, rest = tag.partition("-")
    return _SHORTER.get(first.lower(), first) + hyphen + rest

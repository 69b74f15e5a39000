"""Languages as FHIR names them: tags of BCP 47, which take the two letters of ISO 639-1 where a language has them."""

from __future__ import annotations

import re
from typing import Final

TAGS: Final = "urn:ietf:bcp:47"
_TAG: Final = re.compile(r"([a-z]{2,3})((?:-[a-z0-9]{2,8})*)", re.IGNORECASE | re.ASCII)
_TWO_TEXT: Final = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es
et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki
kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no
nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te
tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_SHORTER_TEXT: Final = """
ara:ar ben:bn bul:bg cat:ca ces:cs chi:zh cze:cs dan:da deu:de dut:nl ell:el eng:en fas:fa fin:fi fra:fr fre:fr ger:de
gre:el guj:gu hat:ht heb:he hin:hi hrv:hr hun:hu ind:id ita:it jpn:ja khm:km kor:ko lao:lo may:ms msa:ms nep:ne nld:nl
nor:no pan:pa per:fa pol:pl por:pt pus:ps ron:ro rum:ro rus:ru slk:sk slo:sk som:so spa:es srp:sr swa:sw swe:sv tam:ta
tel:te tgl:tl tha:th tur:tr ukr:uk urd:ur vie:vi yor:yo zho:zh
"""
_TWO_LETTERS: Final = frozenset(_TWO_TEXT.split())
_SHORTER: Final = dict(pair.split(":") for pair in _SHORTER_TEXT.split())
"""ISO 639-2 to ISO 639-1."""


def shortest_tag(tag: str) -> str:
    """Return the tag with two letters for the language where it is one of three that has them (BCP 47, 2.2.1)."""
    language, hyphen, rest = tag.partition("-")
    return _SHORTER.get(language.lower(), language) + hyphen + rest


def known_tag(code: str) -> str | None:
    """Return the tag that a code without a system is, or None: a word or a number of a hospital's own is none."""
    found = _TAG.fullmatch(shortest_tag(code))
    if not found or found[1].lower() not in _TWO_LETTERS:
        return None
    return found[1].lower() + found[2]


def named_tag(code: str) -> str | None:
    """Return the tag of a code that is said to be of ISO 639, or None where it has not the form of one."""
    found = _TAG.fullmatch(shortest_tag(code))
    return found[1].lower() + found[2] if found else None

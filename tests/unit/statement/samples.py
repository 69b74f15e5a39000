"""Facts to draw and facts that stand still."""

from __future__ import annotations

import unicodedata
from datetime import date

from hypothesis import strategies as st

from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, FOLDERS, SENSITIVE, Category
from medshare.consent.purposes import CARE_BITS, MARKETING_BITS, PURPOSES, RESEARCH_BITS, closure
from medshare.consent.word import LONGEST
from medshare.digest import keccak
from medshare.statement import AccreditationRecord, Folder, Party, StatementFacts
from medshare.statement.accreditation import check_name
from medshare.statement.errors import BadName
from tests.vectors.generate_consent import HOSPITAL, NOW, PATIENT, RESEARCHER

NONCE = bytes(range(32))
RECORD = AccreditationRecord(
    account=HOSPITAL, names={"en": "Riverside General Hospital", "zh-Hant": "河岸綜合醫院"}, roles=2, jurisdiction=158
)
PROCESSOR_RECORD = AccreditationRecord(account=HOSPITAL, names={"en": "Safe Haven"}, roles=512, jurisdiction=158)
RESEARCHER_RECORD = AccreditationRecord(account=RESEARCHER, names={"zh-Hant": "心臟研究所"}, roles=16, jurisdiction=158)
CARE = StatementFacts(
    patient=PATIENT,
    grantee=Party.of(RECORD, "en"),
    categories=(Category.ALLERGIES, Category.LABORATORY),
    purposes=closure(("TREAT",)),
    actions=Action.READ,
    not_before=NOW,
    not_after=NOW + 1000,
    issued_at=NOW,
    nonce=NONCE,
)
FOLDER = Folder(
    number=Category.FOLDER_24,
    documents=3,
    first=date(2024, 2, 29),
    last=date(2024, 3, 1),
    leaves=keccak(b"leaves"),
)

bytes32 = st.binary(min_size=32, max_size=32)
addresses = st.binary(min_size=20, max_size=20).map(lambda data: "0x" + data.hex())
letters = st.characters(whitelist_categories=("Lu", "Ll", "Lo", "Nd", "Pd", "Po", "Sm"), max_codepoint=0x9FFF)


def _plain(name: str) -> bool:
    try:
        check_name(unicodedata.normalize("NFC", name))
    except BadName:
        return False
    return unicodedata.is_normalized("NFC", name)


names = st.one_of(
    st.sampled_from(
        ["Who: me", "- read", "{name}", "Until: 2030-01-01", "(sensitive, x)", "河岸綜合醫院", "%s", "0x00"]
    ),
    st.lists(st.text(letters, min_size=1, max_size=12), min_size=1, max_size=4).map(" ".join),
).filter(_plain)
parties = st.builds(Party, account=addresses, name=names, record=bytes32)


@st.composite
def folders(draw, number, *, sensitive):
    days = sorted(draw(st.lists(st.dates(), min_size=2, max_size=2)))
    return Folder(
        number=number,
        documents=draw(st.integers(1, 2**32 - 1)),
        first=days[0],
        last=days[1],
        leaves=draw(bytes32),
        sensitive=sensitive,
    )


@st.composite
def facts(draw):
    """Any facts that the renderer accepts."""
    issued_at = draw(st.integers(0, 2**32 - 1))
    not_after = draw(st.integers(2, issued_at + LONGEST))
    not_before = draw(st.integers(1, not_after - 1))
    mask = closure(draw(st.sets(st.sampled_from(PURPOSES), min_size=1)))
    if mask & CARE_BITS and mask & (RESEARCH_BITS | MARKETING_BITS):
        mask = closure(("TREAT",))
    shelved: tuple[Folder, ...] = ()
    kind = draw(st.sampled_from(["plain", "sensitive", "sensitive folder", "write"]))
    if kind == "write":
        actions, categories = Action.WRITE, CATEGORIES
    else:
        actions = Action(sum(draw(st.sets(st.sampled_from([1, 4, 8, 16]), min_size=1))))
        categories = ()
    if kind == "sensitive":
        categories = (draw(st.sampled_from(sorted(SENSITIVE))),)
    elif kind == "sensitive folder":
        shelved = (draw(folders(draw(st.sampled_from(FOLDERS)), sensitive=True)),)
    elif kind == "plain":
        plain = [category for category in Category if category not in SENSITIVE]
        chosen = sorted(draw(st.sets(st.sampled_from(plain), min_size=1)))
        categories = tuple(category for category in chosen if not category.is_folder)
        shelved = tuple(draw(folders(number, sensitive=False)) for number in chosen if number.is_folder)
    grantee = draw(parties)
    researcher = None
    if actions & (Action.DEIDENTIFIED | Action.AGGREGATE):
        researcher = draw(parties.filter(lambda party: party.account != grantee.account))
    return StatementFacts(
        patient=draw(addresses),
        grantee=grantee,
        researcher=researcher,
        categories=categories,
        folders=shelved,
        purposes=mask,
        actions=actions,
        not_before=not_before,
        not_after=not_after,
        issued_at=issued_at,
        request=draw(st.one_of(st.just(bytes(32)), bytes32)),
        nonce=draw(bytes32),
    )

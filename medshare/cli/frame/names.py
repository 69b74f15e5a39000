"""What people call things: organisations by name, categories and purposes by word, documents by the begin of an id."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from medshare.cli.frame.errors import IdAmbiguous, NoSuchId, NoSuchOrganisation, UnknownCategory
from medshare.cli.frame.session import Session
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.names import action_name, category_name, purpose_name
from medshare.consent.purposes import codes_of

if TYPE_CHECKING:
    from medshare.statement import AccreditationRecord

CATEGORY_NAMES: Final[dict[str, Category]] = {one.name.lower().replace("_", "-"): one for one in Category}
"""As they are typed: `vital-signs`, `folder-24`."""
SHORTEST: Final = 6
"""Hex digits with which an id may be named."""


def records(session: Session) -> Mapping[str, AccreditationRecord]:
    """Return the newest accreditation record of each account."""
    from medshare.ledger.events import Accredited
    from medshare.statement import AccreditationRecord

    found: dict[str, AccreditationRecord] = {}
    for log in session.ledger.events(session.deployment.block, kinds=(Accredited,)):
        if isinstance(log.event, Accredited):
            found[log.event.account] = AccreditationRecord.from_bytes(log.event.record)
    return found


def find_organisation(session: Session, named: str) -> str:
    """Return the address of an accredited account, given its address or its name in any language.

    Raises:
        NoSuchOrganisation: Nobody, or more than one, has it.
    """
    known = records(session)
    if named.lower() in known:
        return named.lower()
    found = [account for account, record in known.items() if named in record.names.values()]
    if len(found) != 1:
        raise NoSuchOrganisation(name=named)
    return found[0]


class Names:
    """The names of accounts, asked for once in a command."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._records = records(session)

    def of(self, account: str) -> str:
        """Return an accredited account's name, of staff their institution's, else the address."""
        record = self._records.get(account) or self._records.get(self._session.ledger.principal_of(account).address)
        return account if record is None else record.name_in(self._session.options.language)


def category_called(text: str) -> Category:
    """Return the category of a word.

    Raises:
        UnknownCategory: There is none.
    """
    name = text.lower().replace("_", "-")
    if name not in CATEGORY_NAMES:
        near = difflib.get_close_matches(name, CATEGORY_NAMES, n=1, cutoff=0.0)
        raise UnknownCategory(name=text, nearest=near[0])
    return CATEGORY_NAMES[name]


def word_of(category: Category) -> str:
    """Return the word by which a category is typed."""
    return category.name.lower().replace("_", "-")


def categories_in_words(categories: Iterable[Category], language: str) -> str:
    """Return the names of categories for a person."""
    return ", ".join(category_name(category, language) for category in categories)


def purposes_in_words(mask: int, language: str) -> str:
    """Return the names of the purposes of a mask; what a parent permits is left out."""
    from medshare.consent.purposes import descendants

    codes = codes_of(mask)
    below = {child for code in codes for child in descendants(code) if child != code}
    return ", ".join(purpose_name(code, language) for code in codes if code not in below)


def actions_in_words(actions: Action, language: str) -> str:
    """Return the names of actions for a person."""
    return ", ".join(action_name(action, language) for action in Action if action & actions)


def complete_category(incomplete: str) -> list[str]:
    """Return the categories that begin so, for the shell."""
    return [name for name in CATEGORY_NAMES if name.startswith(incomplete)]


def find_id(text: str, ids: Iterable[bytes], what: str) -> bytes:
    """Return the one id that begins with the hex digits `text`; `what` says of what it is.

    Raises:
        NoSuchId, IdAmbiguous: None does, or more than one.
    """
    wanted = text.lower().removeprefix("0x")
    found = sorted({one for one in ids if one.hex().startswith(wanted)})
    if len(wanted) < SHORTEST or not found:
        raise NoSuchId(what=what, id=text)
    if len(found) > 1:
        raise IdAmbiguous(what=what, id=text, count=len(found))
    return found[0]


def short(data: bytes) -> str:
    """Return the begin of an id, as people are shown it."""
    return "0x" + data.hex()[:16]

"""From a FHIR Consent of anybody to the consents that a patient would sign for it.

MedShare consents only permit, each is for one grantee, and a patient may give several: what a FHIR Consent permits is
the union of what its drafts permit. So a provision that permits beside the base becomes a draft of its own, and so
does each grantee, each sensitive category, and research beside care. A draft never permits more than the Consent:
where it permits less, a remark says so; what cannot be kept to is refused with its path and never dropped.

An exception that takes away whole purposes or whole categories is taken away; any other is refused. A Consent without
labels gives the categories of confidentiality N (IHE PCF 1.1: the Basic and Intermediate options know no labels, and
what is sensitive must be named). HL7's parent purposes give what our closure gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from medshare.consent.actions import Action
from medshare.consent.categories import SENSITIVE, Category
from medshare.consent.errors import PurposesNotClosed
from medshare.consent.purposes import (
    CARE_BITS,
    MARKETING_BITS,
    RESEARCH_BITS,
    closed,
    closure,
    codes_of,
    descendants,
    mask_of,
)
from medshare.consent.word import LONGEST
from medshare.exchange.codes import NORMAL, implied
from medshare.exchange.consent import ConsentDraft
from medshare.exchange.errors import (
    ActorMissing,
    ConsentOver,
    ElementNotKept,
    ExceptionNotKept,
    NothingPermitted,
    OtherPatient,
    PurposeMissing,
    WordsAgainstCodes,
)
from medshare.exchange.rules import Rule, ruling_of
from medshare.hexadecimal import Address
from medshare.statement.facts import StatementFacts

_SECONDARY: Final = RESEARCH_BITS | MARKETING_BITS


class Narrower(StrEnum):
    """In what a draft permits less than the Consent, or takes something for granted."""

    PATIENT_TAKEN = "patient-taken"
    """The patient is named by no account of ours: she who drafts is taken for her."""
    GRANTEE_CHOSEN = "grantee-chosen"
    """It is for everybody; the draft is for the one that was chosen."""
    SENSITIVE_NOT_NAMED = "sensitive-not-named"
    """It has no labels; the draft has no sensitive and no unlabelled category."""
    ACTION_NOT_NAMED = "action-not-named"
    """It names no action; the draft is to read."""
    PURPOSE_NOT_ADDED = "purpose-not-added"
    """HL7's parent holds purposes that ours wants named."""
    START_NOT_NAMED = "start-not-named"
    """It names no beginning; the draft begins now."""
    END_CHOSEN = "end-chosen"
    """It names no end, or one too far away; the draft has the one that was chosen."""
    ZONE_TAKEN = "zone-taken"
    """A day has no zone; it was taken in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a FHIR Consent leaves open, and who is meant by its references.

    `patient` drafts, on chain `chain_id`, at second `at`. `until` is the end where it names none within five years.
    `grantee` is to whom where it names nobody. `accounts` are the accounts of references such as `Practitioner/1`.
    """

    patient: Address
    chain_id: int
    at: int
    until: int
    grantee: Address | None = None
    accounts: Mapping[str, Address] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Remark:
    """Where a draft permits less, and in what."""

    path: str
    narrower: Narrower


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """The consents to sign, in a fixed order, and what they permit less."""

    drafts: tuple[ConsentDraft, ...]
    remarks: tuple[Remark, ...]


def drafts_from_fhir(value: Any, choices: Choices) -> Drafted:
    """Return what a patient would sign for a FHIR Consent, R4 or R5, given as its JSON value.

    Raises:
        NotAConsent, ConsentOver, ElementNotKept, ExceptionNotKept, CodeNotKnown, ActorNotKnown: As `ruling_of`.
        NothingPermitted, ActorMissing, PurposeMissing, OtherPatient: As they say.
        WordsAgainstCodes: It holds a statement of MedShare's whose numbers are others.
    """
    ruling = ruling_of(value, chain_id=choices.chain_id, accounts=choices.accounts)
    remarks: dict[Remark, None] = {}
    if ruling.patient is None:
        remarks[Remark("Consent.patient", Narrower.PATIENT_TAKEN)] = None
    elif ruling.patient != choices.patient:
        raise OtherPatient
    drafts: dict[ConsentDraft, None] = {}
    for rule, exceptions in _permitting(ruling.base):
        for draft in _compiled(rule, exceptions, choices, remarks):
            drafts[draft] = None
    found = Drafted(drafts=tuple(drafts), remarks=tuple(remarks))
    if ruling.words is not None:
        _compare(found.drafts, ruling.words)
    return found


def _permitting(base: Rule) -> Iterator[tuple[Rule, tuple[Rule, ...]]]:
    """Give each rule that permits, with what it inherits, and the exceptions to it."""
    inner = [one for one in base.exceptions if one.permits]
    if not base.permits and not inner:
        raise NothingPermitted
    denials = tuple(one for one in base.exceptions if not one.permits)
    if base.permits:
        yield base, denials
    elif denials or _names_more_than_whom_and_when(base):
        # A base that denies something only, with exceptions: what of the rest?
        raise ExceptionNotKept(path=base.path)
    for one in inner:
        yield _inheriting(one, base), (*denials, *one.exceptions)


def _names_more_than_whom_and_when(base: Rule) -> bool:
    return any(one is not None for one in (base.actions, base.categories, base.purposes, base.researcher))


def _inheriting(rule: Rule, base: Rule) -> Rule:
    """Return an inner rule with what it does not say itself; no longer than its base, to nobody beyond R5's grantees.

    IHE PCF: a restriction of the root holds throughout, and the provisions inside are exceptions to it.
    """
    taken = {
        name: getattr(base, name)
        for name in ("grantees", "actions", "categories", "purposes")
        if getattr(rule, name) is None
    }
    beyond = set(rule.grantees or ()).difference(base.grantees or rule.grantees or ())
    if beyond and not base.permits:
        raise ElementNotKept(path=f"{rule.path}.actor")
    starts = [one for one in (rule.start, base.start) if one is not None]
    ends = [one for one in (rule.end, base.end) if one is not None]
    return replace(
        rule,
        **taken,
        start=max(starts, default=None),
        end=min(ends, default=None),
        researcher=base.researcher if rule.grantees is None else rule.researcher,
        dated=rule.dated or base.dated,
    )


def _compiled(
    rule: Rule, exceptions: tuple[Rule, ...], choices: Choices, remarks: dict[Remark, None]
) -> Iterator[ConsentDraft]:
    def remark(narrower: Narrower) -> None:
        remarks[Remark(rule.path, narrower)] = None

    purposes = _purposes(rule, exceptions, remark_missing=lambda: remark(Narrower.PURPOSE_NOT_ADDED))
    if rule.categories is None:
        remark(Narrower.SENSITIVE_NOT_NAMED)
    gone = {one for exception in exceptions for one in exception.categories or ()}
    categories = tuple(one for one in rule.categories or NORMAL if one not in gone)
    if rule.actions is None:
        remark(Narrower.ACTION_NOT_NAMED)
    actions = rule.actions or Action.READ
    if rule.grantees is None:
        if choices.grantee is None:
            raise ActorMissing
        remark(Narrower.GRANTEE_CHOSEN)
    if not categories or not purposes:
        raise NothingPermitted
    not_before, not_after = _period(rule, choices, remark)
    for grantee in rule.grantees or (choices.grantee,):
        for some in _together(categories, actions):
            for mask in (purposes & ~_SECONDARY, purposes & _SECONDARY) if _mixed(purposes) else (purposes,):
                yield ConsentDraft(
                    patient=choices.patient,
                    grantee=str(grantee),
                    categories=some,
                    purposes=mask,
                    actions=actions,
                    not_before=not_before,
                    not_after=not_after,
                    researcher=rule.researcher,
                )


def _purposes(rule: Rule, exceptions: tuple[Rule, ...], *, remark_missing: Callable[[], None]) -> int:
    if rule.purposes is None:
        raise PurposeMissing(path=rule.path)
    gone = 0
    for one in exceptions:
        _check_kept(one)
        gone |= one.purposes or 0
    mask = closure(codes_of(rule.purposes))
    if gone and gone != implied(mask):  # else it is as we write it: all that a parent would add is taken away by name
        mask &= ~(gone | mask_of(child for code in codes_of(gone) for child in descendants(code)))
    if not mask:
        return 0
    if implied(mask) & ~gone:
        remark_missing()
    try:
        return closed(mask)
    except PurposesNotClosed:
        raise ExceptionNotKept(path=next(one.path for one in exceptions if one.purposes)) from None


def _check_kept(exception: Rule) -> None:
    """Check that an exception takes away whole purposes or whole categories, and nothing else."""
    others = (exception.start, exception.end, exception.grantees, exception.actions, exception.researcher)
    whole = (exception.purposes is None) != (exception.categories is None)
    if not whole or any(one is not None for one in others):
        raise ExceptionNotKept(path=exception.path)  # [Z-004]


def _period(rule: Rule, choices: Choices, remark: Callable[[Narrower], None]) -> tuple[int, int]:
    if rule.start is None:
        remark(Narrower.START_NOT_NAMED)
    if rule.dated:
        remark(Narrower.ZONE_TAKEN)
    not_before = choices.at if rule.start is None else max(rule.start, 1)
    if rule.end is not None and rule.end <= choices.at + LONGEST:
        not_after = rule.end
    else:
        remark(Narrower.END_CHOSEN)
        not_after = min(choices.until, choices.at + LONGEST)
    if not_after <= max(not_before, choices.at):
        raise ConsentOver
    return not_before, not_after


def _together(categories: tuple[Category, ...], actions: Action) -> Iterator[tuple[Category, ...]]:
    """Give the categories that one consent may have: a sensitive one stands alone, except to write."""
    if actions == Action.WRITE:
        yield categories
        return
    plain = tuple(one for one in categories if one not in SENSITIVE)
    if plain:
        yield plain
    for one in categories:
        if one in SENSITIVE:
            yield (one,)


def _mixed(purposes: int) -> bool:
    """Whether care stands with research or marketing, which one consent may not."""
    return bool(purposes & CARE_BITS and purposes & _SECONDARY)


def _compare(drafts: tuple[ConsentDraft, ...], words: StatementFacts) -> None:
    """Check that the attached words say what the elements say."""
    said = ConsentDraft(
        patient=words.patient,
        grantee=words.grantee.account,
        categories=(*words.categories, *(folder.number for folder in words.folders)),
        purposes=words.purposes,
        actions=words.actions,
        not_before=words.not_before,
        not_after=words.not_after,
        researcher=None if words.researcher is None else words.researcher.account,
    )
    if drafts != (said,):  # [Z-007]
        names = [
            name for name in ConsentDraft.__slots__ if any(getattr(d, name) != getattr(said, name) for d in drafts)
        ]
        raise WordsAgainstCodes(fields=", ".join(names) or "the number of consents")

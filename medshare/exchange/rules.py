"""What a FHIR Consent of anybody says, R4 or R5, as a tree of rules; what MedShare cannot keep to is refused by path.

After FHIR R4 Consent and IHE PCF 1.1: a rule holds where all of its elements do; one that is absent does not
restrict. A provision inside another is an exception to it. R4 says of each whether it permits; in R5 each level is the
negation of the one above (FHIR R5, Consent.decision).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.purposes import PURPOSES, mask_of
from medshare.errors import MedShareError
from medshare.exchange.codes import acted, denied, labelled
from medshare.exchange.errors import (
    ActorNotKnown,
    CodeNotKnown,
    ConsentOver,
    ElementNotKept,
    ExceptionNotKept,
    NotAConsent,
)
from medshare.exchange.moments import first_second, second_after
from medshare.exchange.systems import ACT_REASON, CONSENT_SCOPE, PARTICIPATION, account_in
from medshare.hexadecimal import Address
from medshare.statement import parse
from medshare.statement.facts import StatementFacts

_SILENT: Final = frozenset(("id", "extension"))
"""What every element may have and nobody must understand (FHIR R4, Extensibility); a modifierExtension is not one."""
_RECORDED: Final = _SILENT | {
    *("resourceType", "meta", "language", "text", "contained", "identifier", "status", "category"),
    *("policy", "policyBasis", "policyText", "regulatoryBasis", "verification", "sourceAttachment", "sourceReference"),
    *("patient", "subject", "dateTime", "date", "performer", "grantor", "organization", "manager", "controller"),
    *("scope", "provision", "decision", "period", "grantee"),
}
_RULE: Final = _SILENT | {"type", "period", "actor", "action", "securityLabel", "purpose", "provision"}
_TYPE: Final = "resourceType"
_OPEN: Final = frozenset(("active", "proposed", "draft"))
_SCOPES: Final = frozenset(("patient-privacy", "research"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One provision. What is None is not restricted by it.

    `start` is the first second and `end` the first one after it. `grantees` are recipients, `researcher` is on whose
    behalf they work. `dated` says that a time had no zone and was taken as UTC.
    """

    path: str
    permits: bool
    start: int | None = None
    end: int | None = None
    dated: bool = False
    grantees: tuple[Address, ...] | None = None
    researcher: Address | None = None
    actions: Action | None = None
    categories: tuple[Category, ...] | None = None
    purposes: int | None = None
    exceptions: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A Consent: whose (None if no account), the base rule, and the numbers of the attached words if they are ours."""

    patient: Address | None
    base: Rule
    words: StatementFacts | None


def ruling_of(value: Any, *, chain_id: int, accounts: Mapping[str, Address]) -> Ruling:
    """Return what a FHIR Consent says.

    Args:
        value: Its JSON value.
        chain_id: On which the accounts are.
        accounts: Who is meant by a reference, or by the value of an identifier, that is no DID.

    Raises:
        NotAConsent: It is none.
        ConsentOver: Its status is not active, proposed or draft.
        ElementNotKept, ExceptionNotKept, CodeNotKnown, ActorNotKnown: As they say, with the path.
    """
    later = _check_form(value)
    _only(value, _RECORDED, "Consent")
    if value["status"] not in _OPEN:
        raise ConsentOver
    reader = _Reader(chain_id=chain_id, accounts=accounts)
    if later:
        base = reader.later(value)
    else:
        scopes = {(one.get("system"), one.get("code")) for one in value["scope"].get("coding", ())}
        if not scopes & {(CONSENT_SCOPE, code) for code in _SCOPES}:
            raise ElementNotKept(path="Consent.scope")
        if "provision" not in value:
            raise ElementNotKept(path="Consent.policy")
        base = reader.rule(value["provision"], "Consent.provision", depth=0)
    named = value.get("subject" if later else "patient")
    return Ruling(patient=None if named is None else reader.account(named), base=base, words=_words(value))


def _check_form(value: Any) -> bool:
    """Return whether it is R5. Structure, types and primitive formats are checked by the models of `fhir.resources`."""
    from pydantic import ValidationError

    later = isinstance(value, dict) and "scope" not in value
    if later:
        from fhir.resources.consent import Consent
    else:
        from fhir.resources.R4B.consent import Consent  # type: ignore[assignment]
    try:
        if not isinstance(value, dict) or value.get("resourceType") != "Consent":
            raise NotAConsent(count=1, path=_TYPE)
        Consent.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise NotAConsent(count=len(faults), path=".".join(str(part) for part in faults[0]["loc"])) from None
    return later


def _only(value: Mapping[str, Any], known: frozenset[str], path: str) -> None:
    for name in value:
        if name not in known:
            raise ElementNotKept(path=f"{path}.{name}")  # [Z-004]


def _words(value: Mapping[str, Any]) -> StatementFacts | None:
    """Return the numbers in the attached words; None where they are no statement of ours."""
    attached = value.get("sourceAttachment", {})
    if isinstance(attached, list):
        attached = attached[0] if len(attached) == 1 else {}
    try:
        text = base64.b64decode(attached.get("data", ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    if not text.startswith("MEDSHARE-"):
        return None
    try:
        return parse(text)
    except MedShareError as error:
        raise ElementNotKept(path="Consent.sourceAttachment") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    chain_id: int
    accounts: Mapping[str, Address]

    def later(self, value: Mapping[str, Any]) -> Rule:
        """Return the base rule of an R5 Consent: its decision, with the provisions as what it negates."""
        if "decision" not in value:
            raise ElementNotKept(path="Consent.decision")
        permits = value["decision"] == "permit"
        start, end, dated = self._period(value.get("period", {}), "Consent.period")
        inner = tuple(
            self.rule(one, f"Consent.provision[{place}]", depth=1, permits=not permits)
            for place, one in enumerate(value.get("provision", ()))
        )
        grantees = tuple(
            self._known(one, f"Consent.grantee[{place}]") for place, one in enumerate(value.get("grantee", ()))
        )
        return Rule(
            path="Consent",
            permits=permits,
            start=start,
            end=end,
            dated=dated,
            grantees=grantees or None,
            exceptions=inner,
        )

    def rule(self, value: Mapping[str, Any], path: str, *, depth: int, permits: bool | None = None) -> Rule:
        """Return the rule of a provision; in R5 the level says whether it `permits`."""
        known = _RULE if permits is None else _RULE - {"type"}
        _only(value, known, path)
        if permits is None and "type" not in value:
            raise ElementNotKept(path=path)
        allowed = value["type"] == "permit" if permits is None else permits
        nested = value.get("provision", ())
        if nested and depth == (1 if permits is None else 2):
            raise ExceptionNotKept(path=f"{path}.provision[0]")
        start, end, dated = self._period(value.get("period", {}), f"{path}.period")
        grantees, researcher = self._actors(value.get("actor", ()), path)
        return Rule(
            path=path,
            permits=allowed,
            start=start,
            end=end,
            dated=dated,
            grantees=grantees,
            researcher=researcher,
            actions=self._actions(value.get("action"), path),
            categories=self._categories(value.get("securityLabel"), path, permits=allowed),
            purposes=self._purposes(value.get("purpose"), path),
            exceptions=tuple(
                self.rule(
                    one,
                    f"{path}.provision[{place}]",
                    depth=depth + 1,
                    permits=None if permits is None else not permits,
                )
                for place, one in enumerate(nested)
            ),
        )

    def account(self, value: Mapping[str, Any]) -> Address | None:
        """Return the account of a Reference; None if there is none on this chain."""
        identified = value.get("identifier", {}).get("value", "")
        found = account_in(identified)
        if found is not None:
            return found[1] if found[0] == self.chain_id else None
        return self.accounts.get(value.get("reference", "")) or self.accounts.get(identified)

    def _known(self, value: Mapping[str, Any], path: str) -> Address:
        account = self.account(value)
        if account is None:
            raise ActorNotKnown(path=path)
        return account

    def _period(self, value: Mapping[str, Any], path: str) -> tuple[int | None, int | None, bool]:
        _only(value, _SILENT | {"start", "end"}, path)
        start, end = value.get("start"), value.get("end")
        dated = any(one is not None and len(one) <= len("2022-12-31") for one in (start, end))
        try:
            first, after = None if start is None else first_second(start), None if end is None else second_after(end)
        except (ValueError, OverflowError):
            raise NotAConsent(count=1, path=path) from None
        return first, after, dated

    def _actors(self, values: Any, path: str) -> tuple[tuple[Address, ...] | None, Address | None]:
        grantees: list[Address] = []
        researcher = None
        for place, one in enumerate(values):
            here = f"{path}.actor[{place}]"
            _only(one, _SILENT | {"role", "reference"}, here)
            account = self._known(one.get("reference", {}), here)
            roles = {
                coded["code"]
                for coded in one.get("role", {}).get("coding", ())
                if coded.get("system") == PARTICIPATION and "code" in coded
            }
            if roles == {"IRCP"}:
                grantees.append(account)
            elif roles == {"BEN"} and researcher is None:
                researcher = account
            else:
                raise CodeNotKnown(path=f"{here}.role")
        if researcher is not None and not grantees:
            raise ElementNotKept(path=f"{path}.actor")
        return tuple(dict.fromkeys(grantees)) or None, researcher

    def _actions(self, values: Any, path: str) -> Action | None:
        if values is None:
            return None
        found = Action(0)
        for place, one in enumerate(values):
            meant = [acted(coded.get("system", ""), coded.get("code", "")) for coded in one.get("coding", ())]
            known = {action for action in meant if action is not None}
            if len(known) != 1:
                raise CodeNotKnown(path=f"{path}.action[{place}]")
            found |= known.pop()
        return found

    def _categories(self, values: Any, path: str, *, permits: bool) -> tuple[Category, ...] | None:
        if values is None:
            return None
        found: set[Category] = set()
        for place, one in enumerate(values):
            read = labelled if permits else denied
            held = read(one.get("system", ""), one.get("code", ""))
            if not held:
                raise CodeNotKnown(path=f"{path}.securityLabel[{place}]")
            found.update(held)
        return tuple(sorted(found))

    def _purposes(self, values: Any, path: str) -> int | None:
        if values is None:
            return None
        for place, one in enumerate(values):
            if one.get("system") != ACT_REASON or one.get("code") not in PURPOSES:
                raise CodeNotKnown(path=f"{path}.purpose[{place}]")
        return mask_of(one["code"] for one in values)

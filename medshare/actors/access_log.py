"""The access log as a person reads it: day by day who, in which role, what, why, allowed by which consent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from medshare import canonical_json
from medshare.actors.looking import Checked, is_read, look, looked_of
from medshare.audit.findings import Finding
from medshare.audit.forms import signed_json, signed_of
from medshare.audit.judging import is_decision
from medshare.audit.values import NOT_RECOGNISED, RECOGNISED
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.errors import NotFoundError
from medshare.gateway.values import Logged
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Ledger, Role
from medshare.public_records import NotAccredited, accreditation_of
from medshare.release.rule import OWN_SLOT, Ground
from medshare.signed import Signed
from medshare.typed_data import Objection, ReadRequest, Refuse

if TYPE_CHECKING:
    from medshare.actors.agent import Agent

OBJECTED = "objection:"
"""Notes of what the patient objected to, under the receipt's digest: the signed message."""


class NoSuchLogEntry(NotFoundError):
    """Raised when an entry's gateway is none of the patient's doors any more."""

    code = "access-log.no-such-entry"
    cause = "No gateway that the agent knows wrote this entry."
    remedy = "Take the entry from `access log`; object at the gateway that wrote it."


class Asker(StrEnum):
    """As what somebody asked."""

    PATIENT = "patient"
    """The patient herself."""
    DELEGATE = "delegate"
    """Somebody with the patient's power to read."""
    CONSENT = "consent"
    """Somebody under a consent."""


class Question(StrEnum):
    """What was asked."""

    DOCUMENT = "document"
    LIST = "list"
    REFUSAL = "refusal"
    """The patient refused a request for access."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLogEntry:
    """One line of the access log.

    `gateway_name` is that of the institution that runs the gateway, `patient` the address whose line it is
    in, `receipt` the digest of the receipt. `accessor` is the account that
    asked, `institution` whom it acts for (the zero address if nobody any more), `name` and `role`
    those of the institution, from its accreditation record. `category` is None for a list, for the
    patient's own look, and where the slot opens nothing. `consent` is the one that was named, if
    the agent has it. `why` is the ground of a refusal, `Ground.RELEASED` if it was allowed.
    `objection` is the reason for which the patient objected to it, 0 if she did not.
    """

    at: int
    gateway: Address
    gateway_name: str
    patient: Address
    number: int
    receipt: Bytes32
    question: Question
    asker: Asker
    accessor: Address
    institution: Address
    name: str
    role: Role
    category: Category | None
    purpose: str
    consent: ConsentDocument | None
    why: Ground
    count: int
    objection: int

    @property
    def allowed(self) -> bool:
        """Whether something was released."""
        return self.why is Ground.RELEASED


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLogDay:
    """The entries of one day, oldest first."""

    day: date
    entries: tuple[AccessLogEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLog:
    """The days on which somebody asked, oldest first, and what is wrong with the logs."""

    days: tuple[AccessLogDay, ...]
    findings: tuple[Finding, ...]


def access_log(agent: Agent, *, language: str = "en", timezone: tzinfo = UTC) -> AccessLog:
    """Return the patient's access log of all gateways.

    A broken log is shown as far as it goes, with the findings beside it.

    Args:
        agent: The patient's agent.
        language: Of the names; an accreditation record without it gives its English ones.
        timezone: In which a day begins.
    """
    checked = look(agent)
    entries = entries_of(agent, checked, language=language)
    by_day = groupby(entries, key=lambda entry: datetime.fromtimestamp(entry.at, timezone).date())
    return AccessLog(
        days=tuple(AccessLogDay(day=day, entries=tuple(group)) for day, group in by_day),
        findings=tuple(finding for one in checked for finding in one.findings),
    )


def entries_of(agent: Agent, checked: Iterable[Checked], *, language: str = "en") -> list[AccessLogEntry]:
    """Return the entries of logs that were looked at, oldest first."""
    consents = {consent.consent_id: consent for consent in agent.consents()}

    @cache
    def named(account: Address) -> tuple[str, Role]:
        return _name(agent.ledger, account, language)

    found = [
        _entry(agent, one, logged, consents, named)
        for one in checked
        for logged in one.log
        if is_decision(logged.receipt.message)  # [B-034] the findings name the others
    ]
    return sorted(found, key=lambda entry: (entry.at, entry.gateway, entry.number))


def object_to(agent: Agent, entry: AccessLogEntry, *, reason: int = NOT_RECOGNISED) -> Signed[Objection]:
    """Say "I do not recognise this": sign it, remember it, and leave it at the gateway that wrote the entry.

    The signed objection comes back: it can be handed to a regulator as it is. With the reason `RECOGNISED` an
    earlier one is taken back, and forgotten once the gateway has taken that in.

    Raises:
        NoSuchLogEntry: No door of the patient's wrote the entry.
        ObjectionForeign: The gateway says that it did not: evidence, with the receipt.
    """
    door = next((door for door in agent.doors if door.address == entry.gateway), None)
    if door is None:
        raise NoSuchLogEntry
    name = f"{OBJECTED}{entry.receipt.hex()}"
    said = _objection(agent, entry.receipt)
    message = Objection(
        gateway=entry.gateway,
        patient=entry.patient,
        seq=entry.number,
        receipt=entry.receipt,
        reason=reason,
        # Of two words the later one stands, also when both are said in one second.
        at=agent.clock.now() if said is None else max(agent.clock.now(), said.at + 1),
    )
    signed = Signed.by(agent.account, message, agent.domains)
    if reason != RECOGNISED:
        # Before the gateway hears of it: her own log has it even if the gateway never does.
        agent.note(name, canonical_json.dumps(signed_json(signed)).decode())  # [B-030]
    door.audit.object(signed)
    if reason == RECOGNISED:
        agent.forget_note(name)  # [B-030]
    return signed


def _entry(
    agent: Agent,
    checked: Checked,
    logged: Logged,
    consents: dict[Bytes32, ConsentDocument],
    named: Callable[[Address], tuple[str, Role]],
) -> AccessLogEntry:
    receipt, asked = logged.receipt.message, logged.asked.message
    looked = looked_of(logged, consents) if is_read(logged) else None
    accessor = looked.accessor if looked else logged.asked.signer
    own = looked is None or (isinstance(asked, ReadRequest) and asked.slot == OWN_SLOT)
    institution = ZERO_ADDRESS if own else agent.ledger.principal_of(accessor).address
    if institution == ZERO_ADDRESS and looked is not None and not own:
        institution = looked.grantee  # who acts for nobody any more acted for the one that the consent names
    name, role = named(institution)
    digest = logged.receipt.digest(agent.domains)
    said = _objection(agent, digest)
    return AccessLogEntry(  # [B-020]
        at=receipt.at,
        gateway=checked.door.address,
        gateway_name=named(checked.door.institution)[0],
        patient=checked.patient,
        number=receipt.seq,
        receipt=digest,
        question=_question(asked),
        asker=_asker(agent, accessor) if own else Asker.CONSENT,
        accessor=accessor,
        institution=institution,
        name=name,
        role=role,
        category=looked.category if looked else None,
        purpose=looked.purpose if looked else "",
        consent=consents.get(looked.consent_id) if looked else None,
        why=Ground(receipt.reason),
        count=receipt.count,
        objection=RECOGNISED if said is None else said.reason,
    )


def _objection(agent: Agent, receipt: Bytes32) -> Objection | None:
    """Return what the patient said against a receipt, None if she did not."""
    text = agent.state.notes.get(f"{OBJECTED}{receipt.hex()}")
    return None if text is None else signed_of(canonical_json.loads(text.encode()), Objection).message


def _question(asked: ReadRequest | Refuse) -> Question:
    if not isinstance(asked, ReadRequest):
        return Question.REFUSAL
    return Question.LIST if asked.leaf == ZERO_32 else Question.DOCUMENT


def _asker(agent: Agent, accessor: Address) -> Asker:
    return Asker.PATIENT if accessor in agent.addresses else Asker.DELEGATE


def _name(ledger: Ledger, account: Address, language: str) -> tuple[str, Role]:
    if account == ZERO_ADDRESS:
        return "", Role.NONE
    try:
        record = accreditation_of(ledger, account)
    except NotAccredited:
        return "", Role.NONE
    return record.name_in(language), Role(record.roles)

"""The agent's sync: open what is new, dispute, rotate, catalogue, save (design, sections 4 and 5).

The order of a rotation is fixed: envelopes of those who remain, then the directory's bytes to every
door, then the digest on the chain. At most one epoch begins at a sync, for all ends together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from medshare.actors.access_log import AccessLogEntry, Asker, entries_of
from medshare.actors.agent import ENDED
from medshare.actors.erasing import chase
from medshare.actors.looking import Checked, look_at
from medshare.actors.rewrapping import LOCKS_OWED, rewrap
from medshare.age.errors import NoIdentityMatches
from medshare.audit.chain import ChainAnchors
from medshare.audit.findings import Finding
from medshare.consent.actions import Action
from medshare.consent.categories import SENSITIVE, Category
from medshare.consent.document import ConsentDocument
from medshare.digest import keccak
from medshare.errors import InputError, IntegrityError, MedShareError, NotFoundError, UnreachableError
from medshare.gateway.values import Listed, Sealed
from medshare.hexadecimal import ZERO_32, Bytes32, to_hex
from medshare.keys.catalogue import CatalogueRow, SealedCatalogue, seal_catalogue
from medshare.keys.state import AgentState, CapsuleCopy, SealedState, check_not_overtaken, seal_state
from medshare.ledger import RecordStatus
from medshare.record.errors import OtherPatient
from medshare.record.leaf import leaf_hash
from medshare.record.opening import ExpectedRecord, VerifiedDocument, open_document
from medshare.signed import Signed, check_at
from medshare.typed_data import Deposit, Directory, Dispute

if TYPE_CHECKING:
    from medshare.actors.agent import Agent
    from medshare.gateway.door import Door

COUNTED = frozenset((RecordStatus.ANCHORED, RecordStatus.CONFIRMED, RecordStatus.SUPERSEDED))
"""Where a document must stand on the chain before the agent keeps it."""

WRONG_PATIENT = 1
"""Reason of a `Dispute`: the document is another patient's."""

DOES_NOT_OPEN = 2
"""Reason of a `Dispute`: the capsule or the body does not open, or does not fit the leaf."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What a sync found and did. `epoch` is the present one; `rotated` says whether it began now.

    `unreachable` holds the doors that did not answer, or not as a gateway does, with the code of the
    error; what could not be left there is left at the next sync. `looked` are the entries of the access
    log that are new since the last sync, the patient's own questions left out; `findings` say what is
    wrong with the logs.
    """

    new: tuple[Bytes32, ...]
    disputed: tuple[Bytes32, ...]
    ended: tuple[Bytes32, ...]
    rotated: bool
    epoch: int
    number: int
    unreachable: Mapping[str, str] = field(default_factory=dict)
    looked: tuple[AccessLogEntry, ...] = ()
    findings: tuple[Finding, ...] = ()


def synchronise(agent: Agent) -> SyncReport:
    """Synchronise an agent with every door.

    Raises:
        StateOvertaken: Another device with the same words was quicker; this one must restore first.
        Refused, and the errors of the contracts.
    """
    agent.faults.clear()
    _check_newest(agent)
    new: list[Bytes32] = []
    disputed: list[Bytes32] = []
    agent.through(agent.doors, lambda door: _take_all(agent, door, new, disputed))
    ended = _ended(agent)
    rotated = bool(ended)
    if rotated:  # [W-003]
        agent.state = replace(agent.state, epoch=agent.state.epoch + 1)
    if agent.directory().digest != agent.ledger.digest_of(agent.address):
        _publish(agent)
    _leave_again(agent)
    owed = {Category(int(number)) for number in agent.state.notes.get(LOCKS_OWED, "").split()}
    if rotated or owed:
        rewrap(agent, SENSITIVE | owed)
    chase(agent)
    looked, findings = _who_looked(agent)
    _catalogue(agent)
    number = _save(agent)
    return SyncReport(
        new=tuple(new),
        disputed=tuple(disputed),
        ended=tuple(ended),
        rotated=rotated,
        epoch=agent.state.epoch,
        number=number,
        unreachable=dict(agent.faults),
        looked=looked,
        findings=findings,
    )


def open_own(agent: Agent, door: Door, row: Listed) -> VerifiedDocument:
    """Open one of the patient's own documents.

    Raises:
        NoIdentityMatches: No key of the patient's opens the capsule.
        The errors of `open_document`.
    """
    sealed, deposit = row.sealed, row.deposit
    if sealed is None or deposit is None:
        raise NoIdentityMatches
    message, placement = deposit.message, sealed.placement
    body = door.body(sealed.cid)
    expected = ExpectedRecord(
        chain_id=agent.domains.chain_id,
        registry=agent.domains.records,
        provider=placement.provider,
        patient=placement.patient,
        category=message.compartment,
        leaf=row.leaf,
        root=placement.root,
        proof=placement.proof,
    )
    for identity in agent.identities(message.compartment, sealed.epoch, placement.patient):
        try:
            return open_document(capsule=sealed.capsule, body=body, identity=identity, expected=expected)
        except NoIdentityMatches:
            continue
    raise NoIdentityMatches


def _take_all(agent: Agent, door: Door, new: list[Bytes32], disputed: list[Bytes32]) -> None:
    for row in door.counter.listing(agent.own_request(door)).rows:
        _take(agent, door, row, new, disputed)


def _leave_again(agent: Agent) -> None:
    """Leave what was never left, or could not be left at a door that answers now."""
    answering = {door.url for door in agent.doors}
    for door in agent.serving:
        agent.through([door], lambda door: _leave_directory(agent, door))
    for consent in _readable(agent):
        left = agent.state.counter(f"envelope:{to_hex(consent.consent_id)}")
        if (not left or answering & set(agent.owed(consent))) and _granted(agent, consent):  # [W-012]
            agent.leave_envelope(consent)


def _leave_directory(agent: Agent, door: Door) -> None:
    """Leave the directory where it is missing."""
    try:
        door.postbox.directory(agent.address)
    except NotFoundError:
        directory = agent.directory()
        seq = agent.ledger.account(agent.address).seq
        message = Directory(patient=agent.address, digest=directory.digest, seq=seq)
        door.postbox.take_directory(directory.to_bytes(), Signed.by(agent.account, message, agent.domains))


def _take(agent: Agent, door: Door, row: Listed, new: list[Bytes32], disputed: list[Bytes32]) -> None:
    """Keep a copy of a new capsule, or dispute it; what cannot be fetched now waits for the next sync."""
    if row.leaf in agent.copies() or row.sealed is None or row.deposit is None:
        return
    if f"disputed:{to_hex(row.leaf)}" in agent.state.notes:
        return
    placement, message = row.sealed.placement, row.deposit.message
    if (
        placement.patient not in agent.addresses
        or leaf_hash(patient=placement.patient, inner=placement.inner) != row.leaf
    ):
        return
    if agent.ledger.record_status(placement.query).status not in COUNTED:
        return
    try:
        document = open_own(agent, door, row)
    except UnreachableError:
        return
    except (IntegrityError, NotFoundError, InputError) as error:
        if not _is_the_providers(agent, row.deposit, row.sealed):
            return
        reason = WRONG_PATIENT if isinstance(error, OtherPatient) else DOES_NOT_OPEN
        dispute = Dispute(leaf=row.leaf, reason=reason, text_digest=ZERO_32)
        door.postbox.take_dispute(Signed.by(agent.account, dispute, agent.domains))  # [W-004]
        agent.note(f"disputed:{to_hex(row.leaf)}", error.code)
        disputed.append(row.leaf)
        return
    copy = CapsuleCopy(
        leaf=row.leaf,
        inner=placement.inner,
        previous_leaf=row.previous_leaf,
        record_id=document.manifest.record_id,
        version=document.manifest.version,
        patient=placement.patient,
        provider=placement.provider,
        gateway=door.address,
        category=message.compartment,
        epoch=row.sealed.epoch,
        cid=row.sealed.cid,
        at=message.at,
        capsule=row.sealed.capsule,
    )
    agent.state = replace(agent.state, capsules=(*agent.state.capsules, copy))
    new.append(row.leaf)


def _who_looked(agent: Agent) -> tuple[tuple[AccessLogEntry, ...], tuple[Finding, ...]]:
    """Check every log, and return what others asked since the last time, and what is wrong."""
    seen = {(row.gateway, row.patient): row.seq for row in agent.state.receipts}
    checked: list[Checked] = []
    anchors = ChainAnchors.read(agent.ledger)
    agent.through(agent.doors, lambda door: checked.extend(look_at(agent, door, anchors)))
    fresh = [
        replace(one, log=tuple(logged for logged in one.log if logged.receipt.message.seq > before))
        for one in checked
        for before in (seen.get((one.door.address, one.patient), 0),)
    ]
    looked = (entry for entry in entries_of(agent, fresh) if entry.asker is not Asker.PATIENT)
    return tuple(looked), tuple(finding for one in checked for finding in one.findings)


def _is_the_providers(agent: Agent, deposit: Signed[Deposit], sealed: Sealed) -> bool:
    """Return whether the provider signed for this very capsule: a gateway that swaps it provokes no dispute."""
    message, placement = deposit.message, sealed.placement
    same = (message.patient, message.provider, message.capsule) == (
        placement.patient,
        placement.provider,
        keccak(sealed.capsule),
    )
    if not same or agent.ledger.principal_of(deposit.signer).address != placement.provider:
        return False
    try:
        check_at(deposit, agent.ledger, signer=deposit.signer)
    except MedShareError:
        return False
    return True


def _ended(agent: Agent) -> list[Bytes32]:
    """Note the consents to read that ended since the last sync, whatever ended them."""
    head = agent.ledger.head()
    found = []
    for consent in agent.consents():
        if agent.is_over(consent) or not consent.word.actions & Action.READ:
            continue
        if consent.patient != agent.address or head.time >= consent.word.not_after or _is_shut(agent, consent):
            agent.note(f"{ENDED}{to_hex(consent.consent_id)}", "ended")
            found.append(consent.consent_id)
    return found


def _is_shut(agent: Agent, consent: ConsentDocument) -> bool:
    ledger = agent.ledger
    status = ledger.consent_of(consent.patient, consent.grantee, consent.terms)
    locked = consent.word.issued_at <= ledger.mark_of(consent.patient)
    return status.revoked or locked or not ledger.account(consent.grantee).active


def _publish(agent: Agent) -> None:
    """Envelopes, then the directory's bytes to every door, then its digest."""
    for consent in _readable(agent):
        if _granted(agent, consent):
            agent.leave_envelope(consent)
    directory = agent.directory()
    seq = agent.ledger.account(agent.address).seq + 1
    message = Directory(patient=agent.address, digest=directory.digest, seq=seq)
    signed = Signed.by(agent.account, message, agent.domains)
    agent.through(agent.doors, lambda door: door.postbox.take_directory(directory.to_bytes(), signed))
    agent.door.carry(agent.sign(message))


def _readable(agent: Agent) -> Iterable[ConsentDocument]:
    for consent in agent.consents():
        if consent.word.actions & Action.READ and not agent.is_over(consent) and consent.patient == agent.address:
            yield consent


def _granted(agent: Agent, consent: ConsentDocument) -> bool:
    return agent.ledger.consent_of(consent.patient, consent.grantee, consent.terms).granted


def _catalogue(agent: Agent) -> None:
    """Sign one catalogue for each category that holds something, and leave it at every door."""
    rows: dict[int, list[CatalogueRow]] = {}
    for copy in agent.state.capsules:
        rows.setdefault(copy.category, []).append(
            CatalogueRow(
                leaf=copy.leaf,
                previous_leaf=copy.previous_leaf,
                provider=copy.provider,
                gateway=copy.gateway,
                version=copy.version,
                date=copy.at,
            )
        )
    serving = agent.serving
    for category, entries in sorted(rows.items()):
        sealed = seal_catalogue(
            entries,
            patient=agent.address,
            category=category,
            recipient=agent.keys.identity(category, agent.state.epoch).recipient,
            seq=agent.next_number(f"catalogue:{category}"),
            at=agent.clock.now(),
            domains=agent.domains,
            agent=agent.keys.agent_key,
            entropy=agent.entropy,
        )
        agent.through(serving, partial(_leave_catalogue, sealed))


def _leave_catalogue(sealed: SealedCatalogue, door: Door) -> None:
    door.postbox.take_catalogue(sealed.signed, sealed.data)


def _check_newest(agent: Agent) -> None:
    """Check that no other device has saved since, before anything is changed: an old one would turn keys back."""
    kept = agent.through(agent.serving, lambda door: door.postbox.state(agent.address))
    found = [SealedState(signed=one[0], data=one[1]) for one in kept if one is not None]
    next_state = replace(agent.state, number=agent.state.number + 1)
    check_not_overtaken(_sealed(agent, next_state), found, agent.keys, domains=agent.domains)


def _save(agent: Agent) -> int:
    """Push the agent's state to every door under the next number."""
    agent.state = replace(agent.state, number=agent.state.number + 1)
    sealed = _sealed(agent, agent.state)
    agent.through(agent.serving, lambda door: door.postbox.take_state(sealed.signed, sealed.data))  # [W-005]
    return agent.state.number


def _sealed(agent: Agent, state: AgentState) -> SealedState:
    return seal_state(state, agent.keys, at=agent.clock.now(), domains=agent.domains, entropy=agent.entropy)

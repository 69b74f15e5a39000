"""The twin of the ParticipantRegistry: the same checks in the same order as the contract."""

from __future__ import annotations

from dataclasses import replace

from medshare.consent.rules import retire
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import events
from medshare.ledger.memory.world import ACCREDITED, Turn, World, added
from medshare.ledger.reverts import manager
from medshare.ledger.reverts import participants as errors
from medshare.ledger.types import FOR_EVER, AccountStatus, Delegation, Participant, Power, Role
from medshare.typed_data import messages as signed

LARGEST_DOCUMENT = 8192
LONGEST_PATH = 8
JOIN_FRESH_FOR = 7 * 86_400
ALL_POWERS = 63
EMPLOYER = Role.INSTITUTION | Role.RESEARCHER | Role.INSURER | Role.SPONSOR | Role.SERVICE | Role.PROCESSOR


def register(world: World, turn: Turn, directory: Bytes32) -> World:
    """Register the sender."""
    return _register(world, turn, turn.sender, directory)


def register_by_sig(world: World, turn: Turn, patient: Address, directory: Bytes32, signature: bytes) -> World:
    """Register by key."""
    turn.require_key(patient, turn.digest(signed.Register(patient=patient, directory=directory)), signature)
    return _register(world, turn, patient, directory)


def register_by_wallet(world: World, turn: Turn, patient: Address, directory: Bytes32, signature: bytes) -> World:
    """Register by contract wallet."""
    turn.require_wallet(patient, turn.digest(signed.Register(patient=patient, directory=directory)), signature)
    return _register(world, turn, patient, directory)


def set_directory(world: World, turn: Turn, digest: Bytes32, seq: int) -> World:
    """Set the sender's directory."""
    return _set_directory(world, turn, turn.sender, digest, seq)


def set_directory_by_sig(
    world: World, turn: Turn, patient: Address, digest: Bytes32, seq: int, signature: bytes
) -> World:
    """Set a directory by key."""
    turn.require_key(patient, turn.digest(signed.Directory(patient=patient, digest=digest, seq=seq)), signature)
    return _set_directory(world, turn, patient, digest, seq)


def set_directory_by_wallet(
    world: World, turn: Turn, patient: Address, digest: Bytes32, seq: int, signature: bytes
) -> World:
    """Set a directory by contract wallet."""
    turn.require_wallet(patient, turn.digest(signed.Directory(patient=patient, digest=digest, seq=seq)), signature)
    return _set_directory(world, turn, patient, digest, seq)


def set_recovery(world: World, turn: Turn, patient: Address, recovery: Address, seq: int) -> World:
    """Name the recovery address, as whoever may."""
    if turn.sender != _authority_over(world, patient):
        raise errors.NotRecovery(patient=patient, caller=turn.sender)
    return _set_recovery(world, turn, patient, recovery, seq)


def set_recovery_by_sig(
    world: World, turn: Turn, patient: Address, recovery: Address, seq: int, signature: bytes
) -> World:
    """Name the recovery address by key."""
    message = signed.Recovery(patient=patient, recovery=recovery, seq=seq)
    turn.require_key(_authority_over(world, patient), turn.digest(message), signature)
    return _set_recovery(world, turn, patient, recovery, seq)


def set_recovery_by_wallet(
    world: World, turn: Turn, patient: Address, recovery: Address, seq: int, signature: bytes
) -> World:
    """Name the recovery address by contract wallet."""
    message = signed.Recovery(patient=patient, recovery=recovery, seq=seq)
    turn.require_wallet(_authority_over(world, patient), turn.digest(message), signature)
    return _set_recovery(world, turn, patient, recovery, seq)


def delegate(world: World, turn: Turn, to: Address, powers: int, issued_at: int, not_after: int, seq: int) -> World:
    """Delegate as the sender."""
    return _delegate(world, turn, turn.sender, to, powers, issued_at, not_after, seq)


def delegate_by_sig(
    world: World,
    turn: Turn,
    patient: Address,
    to: Address,
    powers: int,
    issued_at: int,
    not_after: int,
    seq: int,
    signature: bytes,
) -> World:
    """Delegate by key."""
    message = signed.Delegate(
        patient=patient, delegate=to, powers=powers, issued_at=issued_at, not_after=not_after, seq=seq
    )
    turn.require_key(patient, turn.digest(message), signature)
    return _delegate(world, turn, patient, to, powers, issued_at, not_after, seq)


def delegate_by_wallet(
    world: World,
    turn: Turn,
    patient: Address,
    to: Address,
    powers: int,
    issued_at: int,
    not_after: int,
    seq: int,
    signature: bytes,
) -> World:
    """Delegate by contract wallet."""
    message = signed.Delegate(
        patient=patient, delegate=to, powers=powers, issued_at=issued_at, not_after=not_after, seq=seq
    )
    turn.require_wallet(patient, turn.digest(message), signature)
    return _delegate(world, turn, patient, to, powers, issued_at, not_after, seq)


def succeed(world: World, turn: Turn, patient: Address, successor: Address, accept: bytes) -> World:
    """Move a patient to a new address, as the recovery address."""
    if turn.sender != world.recovery(patient):
        raise errors.NotRecovery(patient=patient, caller=turn.sender)
    if successor == patient:
        raise errors.BadSuccessor(next=successor)
    _require_patient(world, patient)
    _require_patient(world, successor)
    turn.require_either(successor, turn.digest(signed.Accept(patient=patient, next=successor)), accept)
    turn.tell(events.Succeeded(patient=patient, next=successor))
    turn.tell(events.LockedDown(patient=patient, mark=FOR_EVER))
    return replace(
        world,
        accounts=added(world.accounts, patient, replace(world.account(patient), status=AccountStatus.REMOVED)),
        successors=added(world.successors, patient, successor),
        consents=retire(world.consents, patient=patient),
    )


def publish_key(world: World, turn: Turn, document: bytes, seq: int) -> World:
    """Publish the sender's key document."""
    own = world.account(turn.sender)
    if not own.active or not own.roles & ACCREDITED:
        raise errors.NotAccredited(account=turn.sender)
    _require_size(document)
    world = _advance(world, turn.sender, seq)
    digest = keccak(document)
    turn.tell(events.KeyPublished(account=turn.sender, digest=digest, seq=seq, document=document))
    return replace(world, digests=added(world.digests, turn.sender, digest))


def add_staff(world: World, turn: Turn, staff: Address, roles: int, at: int, signature: bytes) -> World:
    """Take a staff account into the sender's institution."""
    employer = world.account(turn.sender)
    if not employer.active or not employer.roles & EMPLOYER:
        raise errors.NotAccredited(account=turn.sender)
    if roles not in {0, Role.GATEWAY}:
        raise errors.BadRoles(roles=roles)
    if at > turn.at or turn.at >= at + JOIN_FRESH_FOR:
        raise errors.BadJoinTime(at=at, time=turn.at)
    own = world.account(staff)
    if (
        own.roles & ~Role.GATEWAY
        or own.status is AccountStatus.SUSPENDED
        or own.institution not in {ZERO_ADDRESS, turn.sender}
    ):
        raise errors.NotAvailable(staff=staff)
    message = signed.Join(institution=turn.sender, staff=staff, roles=roles, at=at)
    turn.require_either(staff, turn.digest(message), signature)
    turn.tell(events.StaffAdded(institution=turn.sender, staff=staff, roles=roles))
    account = Participant(
        address=staff, roles=Role(roles), status=AccountStatus.ACTIVE, institution=turn.sender, seq=own.seq
    )
    return world.with_account(account)


def remove_staff(world: World, turn: Turn, staff: Address) -> World:
    """Dismiss a staff account."""
    own = world.account(staff)
    if own.institution != turn.sender:
        raise errors.NotStaff(institution=turn.sender, staff=staff)
    suspended = own.status is AccountStatus.SUSPENDED
    status = AccountStatus.SUSPENDED if suspended else AccountStatus.REMOVED
    turn.tell(events.StaffRemoved(institution=turn.sender, staff=staff))
    return world.with_account(Participant(address=staff, status=status, seq=own.seq))


def accredit(world: World, turn: Turn, who: Address, roles: int, jurisdiction: int, record: bytes) -> World:
    """Accredit an account, as the regulator."""
    _restricted(turn)
    if roles == 0 or roles & ~ACCREDITED:
        raise errors.BadRoles(roles=roles)
    if jurisdiction == 0:
        raise errors.ZeroJurisdiction
    _require_size(record)
    own = world.account(who)
    if own.roles & Role.PATIENT or own.institution != ZERO_ADDRESS:
        raise errors.AlreadyKnown(account=who)
    suspended = own.status is AccountStatus.SUSPENDED
    account = Participant(
        address=who,
        roles=Role(roles),
        status=AccountStatus.SUSPENDED if suspended else AccountStatus.ACTIVE,
        jurisdiction=jurisdiction,
        seq=own.seq,
    )
    digest = keccak(record)
    turn.tell(events.Accredited(account=who, roles=roles, jurisdiction=jurisdiction, digest=digest, record=record))
    return replace(world.with_account(account), records=added(world.records, who, digest))


def suspend(world: World, turn: Turn, who: Address) -> World:
    """Suspend an account, as the regulator."""
    _restricted(turn)
    own = world.account(who)
    if own.roles & Role.PATIENT:
        raise errors.NotAccredited(account=who)
    if own.status not in {AccountStatus.ACTIVE, AccountStatus.REMOVED}:
        raise errors.BadStatus(account=who, status=int(own.status))
    turn.tell(events.Suspended(account=who))
    return world.with_account(replace(own, status=AccountStatus.SUSPENDED))


def reinstate(world: World, turn: Turn, who: Address) -> World:
    """End a suspension, as the regulator."""
    _restricted(turn)
    own = world.account(who)
    if own.status is not AccountStatus.SUSPENDED:
        raise errors.BadStatus(account=who, status=int(own.status))
    # Whoever was removed from the staff meanwhile comes back as what they are: removed.
    belongs = own.roles or own.institution != ZERO_ADDRESS
    turn.tell(events.Reinstated(account=who))
    return world.with_account(replace(own, status=AccountStatus.ACTIVE if belongs else AccountStatus.REMOVED))


def head(world: World, patient: Address, path: tuple[Address, ...]) -> Address:
    """Return the last successor; the path is checked in full.

    Raises:
        BadPath: Longer than eight, broken, or ending before the last one.
    """
    if len(path) > LONGEST_PATH:
        raise errors.BadPath(patient=patient, index=len(path))
    last = patient
    for index, step in enumerate(path):
        following = world.successor(last)
        if following == ZERO_ADDRESS or following != step:
            raise errors.BadPath(patient=patient, index=index)
        last = following
    if world.successor(last) != ZERO_ADDRESS:
        raise errors.BadPath(patient=patient, index=len(path))
    return last


def _restricted(turn: Turn) -> None:
    if turn.sender != turn.regulator:
        raise manager.Restricted(caller=turn.sender)


def _register(world: World, turn: Turn, patient: Address, directory: Bytes32) -> World:
    if directory == ZERO_32:
        raise errors.ZeroDigest
    own = world.accounts.get(patient)
    if own is not None:
        if own.roles == Role.PATIENT and world.digest(patient) == directory:
            return world
        raise errors.AlreadyKnown(account=patient)
    turn.tell(events.Registered(patient=patient, directory=directory))
    account = Participant(address=patient, roles=Role.PATIENT, status=AccountStatus.ACTIVE, seq=1)
    return replace(world.with_account(account), digests=added(world.digests, patient, directory))


def _set_directory(world: World, turn: Turn, patient: Address, digest: Bytes32, seq: int) -> World:
    if digest == ZERO_32:
        raise errors.ZeroDigest
    _require_patient(world, patient)
    world = _advance(world, patient, seq)
    turn.tell(events.DirectorySet(patient=patient, digest=digest, seq=seq))
    return replace(world, digests=added(world.digests, patient, digest))


def _set_recovery(world: World, turn: Turn, patient: Address, recovery: Address, seq: int) -> World:
    if recovery in {ZERO_ADDRESS, patient}:
        raise errors.BadRecovery(recovery=recovery)
    _require_patient(world, patient)
    world = _advance(world, patient, seq)
    turn.tell(events.RecoverySet(patient=patient, recovery=recovery, seq=seq))
    return replace(world, recoveries=added(world.recoveries, patient, recovery))


def _delegate(
    world: World, turn: Turn, patient: Address, to: Address, powers: int, issued_at: int, not_after: int, seq: int
) -> World:
    if to in {ZERO_ADDRESS, patient}:
        raise errors.BadDelegate(delegate=to)
    if powers > ALL_POWERS:
        raise errors.BadPowers(powers=powers)
    if issued_at == 0 or issued_at > turn.at or not_after <= issued_at:
        raise errors.BadPeriod(issued_at=issued_at, not_after=not_after)
    _require_patient(world, patient)
    world = _advance(world, patient, seq)
    given = Delegation(powers=Power(powers), issued_at=issued_at, not_after=not_after) if powers else Delegation()
    turn.tell(
        events.Delegated(patient=patient, delegate=to, powers=powers, issued_at=issued_at, not_after=not_after, seq=seq)
    )
    return replace(world, delegations=added(world.delegations, (patient, to), given))


def _advance(world: World, who: Address, seq: int) -> World:
    own = world.account(who)
    if seq != own.seq + 1:
        raise errors.BadSeq(seq=seq, expected=own.seq + 1)
    return world.with_account(replace(own, seq=seq))


def _require_patient(world: World, patient: Address) -> None:
    if world.account(patient).roles != Role.PATIENT:
        raise errors.NotPatient(account=patient)
    following = world.successor(patient)
    if following != ZERO_ADDRESS:
        raise errors.HasSuccessor(patient=patient, next=following)


def _authority_over(world: World, patient: Address) -> Address:
    recovery = world.recovery(patient)
    return patient if recovery == ZERO_ADDRESS else recovery


def _require_size(document: bytes) -> None:
    if not 0 < len(document) <= LARGEST_DOCUMENT:
        raise errors.BadSize(size=len(document))

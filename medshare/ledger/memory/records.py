"""The twin of the RecordRegistry and the AuditLog: the same checks in the same order as the contracts."""

from __future__ import annotations

from dataclasses import replace

from medshare.consent.rules import empowered
from medshare.digest import digest_of, keccak
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32, to_hex
from medshare.ledger import events
from medshare.ledger.memory.participants import head
from medshare.ledger.memory.world import Turn, World, added
from medshare.ledger.reverts import audit, manager
from medshare.ledger.reverts import records as errors
from medshare.ledger.types import AnchorState, Power, RecordQuery, RecordState, RecordStatus, Role
from medshare.typed_data import messages as signed

GREATEST_REASON = 255
MOST_SUPERSEDED = 1000
MOST_SIGNERS = 32


def leaf_of(patient: Address, inner: Bytes32) -> Bytes32:
    """Return the leaf of (patient, inner): hashed twice."""
    return keccak(digest_of(("address", "bytes32"), patient, inner))


def anchor(world: World, turn: Turn, root: Bytes32, count: int, superseded: tuple[Bytes32, ...]) -> World:
    """Anchor a tree."""
    provider = _provider(world, turn)
    if int.from_bytes(root, "big") <= GREATEST_REASON:
        raise errors.BadRoot(root=to_hex(root))
    if count == 0:
        raise errors.ZeroCount
    if len(superseded) > MOST_SUPERSEDED:
        raise errors.TooMany(length=len(superseded), limit=MOST_SUPERSEDED)
    if (provider, root) in world.anchors:
        return world
    turn.tell(events.Anchored(provider=provider, root=root, count=count))
    world = replace(world, anchors=added(world.anchors, (provider, root), AnchorState(time=turn.at, count=count)))
    for leaf in superseded:
        closed = world.closed.get((provider, leaf), 0)
        if closed > GREATEST_REASON:
            if _confirmations(world, provider, closed):
                raise errors.AlreadySuperseded(leaf=to_hex(leaf), root=f"0x{closed:064x}")
        elif closed:
            raise errors.AlreadyRetracted(leaf=to_hex(leaf), reason=closed)
        turn.tell(events.Superseded(provider=provider, leaf=leaf, root=root))
        world = replace(world, closed=added(world.closed, (provider, leaf), int.from_bytes(root, "big")))
    return world


def retract(world: World, turn: Turn, leaf: Bytes32, reason: int) -> World:
    """Retract a leaf."""
    provider = _provider(world, turn)
    if reason == 0:
        raise errors.ZeroReason
    closed = world.closed.get((provider, leaf), 0)
    if closed == reason:
        return world
    if 0 < closed <= GREATEST_REASON:
        raise errors.AlreadyRetracted(leaf=to_hex(leaf), reason=closed)
    turn.tell(events.Retracted(provider=provider, leaf=leaf, reason=reason))
    return replace(world, closed=added(world.closed, (provider, leaf), reason))


def confirm(
    world: World,
    turn: Turn,
    provider: Address,
    root: Bytes32,
    signers: tuple[Address, ...],
    signatures: bytes,
) -> World:
    """Confirm an anchor."""
    kept = world.anchors.get((provider, root))
    if kept is None:
        raise errors.NotAnchored(provider=provider, root=to_hex(root))
    if kept.confirmations:
        return world
    if len(signers) > MOST_SIGNERS:
        raise errors.TooMany(length=len(signers), limit=MOST_SIGNERS)
    if len(signers) < world.quorum or len(signatures) != 65 * len(signers):
        raise errors.TooFewSignatures(signers=len(signers), length=len(signatures), quorum=world.quorum)
    digest = turn.digest(signed.Confirm(provider=provider, root=root))
    previous = ZERO_ADDRESS
    for signer in signers:
        if not world.account(signer).has(Role.VALIDATOR):
            raise errors.NotValidator(signer=signer)
    for place, signer in enumerate(signers):
        if signer <= previous:
            raise errors.UnsortedSigners(previous=previous, signer=signer)
        if signer == provider:
            raise errors.NotValidator(signer=signer)
        turn.require_either(signer, digest, signatures[65 * place : 65 * place + 65])
        previous = signer
    turn.tell(events.Confirmed(provider=provider, root=root, confirmations=len(signers)))
    confirmed = replace(kept, confirmations=len(signers))
    return replace(world, anchors=added(world.anchors, (provider, root), confirmed))


def erase(world: World, turn: Turn, inner: Bytes32) -> World:
    """Erase a leaf of the sender."""
    _require_stays(world, turn.sender)
    return _erase(world, turn, turn.sender, inner)


def erase_inherited(world: World, turn: Turn, patient: Address, path: tuple[Address, ...], inner: Bytes32) -> World:
    """Erase a leaf of an earlier address of the sender."""
    _require_head(world, turn, patient, path)
    return _erase(world, turn, patient, inner)


def erase_by_sig(
    world: World, turn: Turn, patient: Address, path: tuple[Address, ...], inner: Bytes32, signature: bytes
) -> World:
    """Erase a leaf by key."""
    last = _head_of(world, patient, path)
    turn.require_key(last, turn.digest(signed.Erase(patient=patient, inner=inner)), signature)
    return _erase(world, turn, patient, inner)


def erase_signed_by(
    world: World,
    turn: Turn,
    signer: Address,
    patient: Address,
    path: tuple[Address, ...],
    inner: Bytes32,
    signature: bytes,
) -> World:
    """Erase a leaf by contract wallet or delegate."""
    digest = turn.digest(signed.Erase(patient=patient, inner=inner))
    _require_signer(world, turn, signer, _head_of(world, patient, path), patient, digest, signature)
    return _erase(world, turn, patient, inner)


def erase_all(
    world: World, turn: Turn, patient: Address, path: tuple[Address, ...], recovery_signature: bytes
) -> World:
    """Erase everything as the last successor."""
    _require_head(world, turn, patient, path)
    return _erase_all(world, turn, patient, turn.sender, recovery_signature)


def erase_all_by_sig(
    world: World,
    turn: Turn,
    patient: Address,
    path: tuple[Address, ...],
    signature: bytes,
    recovery_signature: bytes,
) -> World:
    """Erase everything by key."""
    last = _head_of(world, patient, path)
    turn.require_key(last, turn.digest(signed.EraseAll(patient=patient)), signature)
    return _erase_all(world, turn, patient, last, recovery_signature)


def erase_all_signed_by(
    world: World,
    turn: Turn,
    signer: Address,
    patient: Address,
    path: tuple[Address, ...],
    signature: bytes,
    recovery_signature: bytes,
) -> World:
    """Erase everything by contract wallet or delegate."""
    last = _head_of(world, patient, path)
    digest = turn.digest(signed.EraseAll(patient=patient))
    _require_signer(world, turn, signer, last, patient, digest, signature)
    return _erase_all(world, turn, patient, last, recovery_signature)


def set_quorum(world: World, turn: Turn, quorum: int) -> World:
    """Refuse: only a scheduled operation of the access manager sets it, and the twin has none."""
    del world, quorum
    if turn.sender == turn.regulator:
        raise manager.NotScheduled(operation_id="unscheduled")
    raise manager.Restricted(caller=turn.sender)


def anchor_receipts(
    world: World, turn: Turn, previous: Bytes32, receipts: Bytes32, heads: Bytes32, count: int
) -> World:
    """Continue the sender gateway's chain."""
    own = world.account(turn.sender)
    # The institution may be suspended: what a suspended custodian still logs is evidence.
    if not own.has(Role.GATEWAY):
        raise audit.NotGateway(caller=turn.sender)
    new = digest_of(("bytes32", "bytes32", "bytes32", "uint32"), previous, receipts, heads, count)
    stored = world.heads.get(turn.sender, ZERO_32)
    if stored == new:
        return world
    if stored != previous:
        raise audit.NotContinued(previous=to_hex(previous), head=to_hex(stored))
    turn.tell(
        events.ReceiptsAnchored(
            gateway=turn.sender,
            institution=own.institution,
            head=new,
            receipts=receipts,
            heads=heads,
            count=count,
        )
    )
    return replace(world, heads=added(world.heads, turn.sender, new))


def status(world: World, query: RecordQuery) -> RecordState:
    """Return where a record version stands."""
    kept = world.anchors.get((query.provider, query.root))
    leaf = leaf_of(query.patient, query.inner)
    if kept is None or not _proves(query.root, leaf, query.proof):
        return RecordState(status=RecordStatus.UNKNOWN)
    state = RecordStatus.CONFIRMED if kept.confirmations else RecordStatus.ANCHORED
    closed = world.closed.get((query.provider, leaf), 0)
    if closed > GREATEST_REASON:
        if _confirmations(world, query.provider, closed):
            state = RecordStatus.SUPERSEDED
    elif closed:
        state = RecordStatus.RETRACTED
    if leaf in world.erased or query.patient in world.erased_all:
        state = RecordStatus.ERASED
    return RecordState(status=state, confirmations=kept.confirmations, time=kept.time)


def _proves(root: Bytes32, leaf: Bytes32, proof: tuple[Bytes32, ...]) -> bool:
    for step in proof:
        leaf = keccak(min(leaf, step) + max(leaf, step))
    return leaf == root


def _confirmations(world: World, provider: Address, root: int) -> int:
    return world.anchors.get((provider, root.to_bytes(32, "big")), AnchorState()).confirmations


def _provider(world: World, turn: Turn) -> Address:
    principal = world.principal(turn.sender)
    if not principal.roles & Role.INSTITUTION:
        raise errors.NotInstitution(caller=turn.sender)
    return principal.address


def _require_stays(world: World, patient: Address) -> None:
    following = world.successor(patient)
    if following != ZERO_ADDRESS:
        raise errors.HasSuccessor(patient=patient, next=following)


def _head_of(world: World, patient: Address, path: tuple[Address, ...]) -> Address:
    if path:
        return head(world, patient, path)
    _require_stays(world, patient)
    return patient


def _require_head(world: World, turn: Turn, patient: Address, path: tuple[Address, ...]) -> None:
    if _head_of(world, patient, path) != turn.sender:
        raise errors.NotPatient(patient=patient, signer=turn.sender)


def _require_signer(
    world: World, turn: Turn, signer: Address, last: Address, patient: Address, digest: Bytes32, signature: bytes
) -> None:
    if signer == last:
        turn.require_wallet(last, digest, signature)
        return
    powers = int(Power.ERASE)
    if not empowered(world.consents, world, patient=last, delegate=signer, powers=powers, at=turn.at):
        raise errors.NotPatient(patient=patient, signer=signer)
    turn.require_either(signer, digest, signature)


def _erase(world: World, turn: Turn, patient: Address, inner: Bytes32) -> World:
    leaf = leaf_of(patient, inner)
    if leaf in world.erased:
        return world
    turn.tell(events.Erased(leaf=leaf))
    return replace(world, erased=world.erased | {leaf})


def _erase_all(world: World, turn: Turn, patient: Address, last: Address, recovery_signature: bytes) -> World:
    recovery = world.recovery(last)
    if recovery != ZERO_ADDRESS:
        turn.require_either(recovery, turn.digest(signed.EraseAll(patient=patient)), recovery_signature)
    elif recovery_signature:
        raise errors.NoRecovery(patient=last)
    if patient in world.erased_all:
        return world
    turn.tell(events.ErasedAll(patient=patient))
    return replace(world, erased_all=world.erased_all | {patient})

"""The twin of the ConsentRegistry and AccessRequests: `medshare.consent` decides, this tells what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from medshare.consent import requests, rules
from medshare.consent.terms import Opening, consent_id, request_digest, request_id
from medshare.consent.terms import terms as terms_of
from medshare.consent.word import ConsentWord, unpack
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger import events
from medshare.ledger.memory.world import Turn, World
from medshare.ledger.reverts import selector_of
from medshare.ledger.reverts.general import BadBatch
from medshare.typed_data import Contract
from medshare.typed_data import messages as signed

LONGEST_BATCH = 100


def grant(world: World, turn: Turn, grantee: Address, word: int, request: Bytes32, statement: Bytes32) -> World:
    """Grant as the sender."""
    return _grant(world, turn, turn.sender, grantee, unpack(word), request, statement)


def grant_by_sig(
    world: World,
    turn: Turn,
    patient: Address,
    grantee: Address,
    word: int,
    request: Bytes32,
    statement: Bytes32,
    signature: bytes,
) -> World:
    """Grant by key."""
    fields = unpack(word)
    digest = consent_digest(turn, patient, grantee, fields, request, statement)
    return _grant(
        world,
        turn,
        patient,
        grantee,
        fields,
        request,
        statement,
        verify=lambda: turn.require_key(patient, digest, signature),
    )


def grant_signed_by(
    world: World,
    turn: Turn,
    signer: Address,
    patient: Address,
    grantee: Address,
    word: int,
    request: Bytes32,
    statement: Bytes32,
    signature: bytes,
) -> World:
    """Grant by contract wallet or delegate."""
    fields = unpack(word)
    digest = consent_digest(turn, patient, grantee, fields, request, statement)
    return _grant(
        world,
        turn,
        patient,
        grantee,
        fields,
        request,
        statement,
        signer=signer,
        verify=_verify_other(turn, signer, patient, digest, signature),
    )


def grant_batch(
    world: World, turn: Turn, items: tuple[tuple[Address, Address, int, Bytes32, Bytes32, bytes], ...]
) -> World:
    """Grant a batch, skipping what is refused."""
    _require_batch(items)
    for index, item in enumerate(items):
        try:
            world = grant_by_sig(world, turn, *item)
        except MedShareError as error:
            turn.tell(events.GrantSkipped(index=index, patient=item[0], reason=selector_of(type(error))))
    return world


def revoke(world: World, turn: Turn, grantee: Address, terms: Bytes32) -> World:
    """Revoke as the sender."""
    return _revoke(world, turn, turn.sender, grantee, terms)


def revoke_by_sig(
    world: World, turn: Turn, patient: Address, grantee: Address, terms: Bytes32, signature: bytes
) -> World:
    """Revoke by key."""
    message = signed.Revoke(patient=patient, grantee=grantee, terms=terms)
    turn.require_key(patient, turn.digest(message), signature)
    return _revoke(world, turn, patient, grantee, terms)


def revoke_signed_by(
    world: World, turn: Turn, signer: Address, patient: Address, grantee: Address, terms: Bytes32, signature: bytes
) -> World:
    """Revoke by contract wallet or delegate."""
    digest = turn.digest(signed.Revoke(patient=patient, grantee=grantee, terms=terms))
    verify = _verify_other(turn, signer, patient, digest, signature)
    return _revoke(world, turn, patient, grantee, terms, signer=signer, verify=verify)


def revoke_batch(world: World, turn: Turn, items: tuple[tuple[Address, Address, Bytes32, bytes], ...]) -> World:
    """Revoke a batch, skipping what is refused."""
    _require_batch(items)
    for index, item in enumerate(items):
        try:
            world = revoke_by_sig(world, turn, *item)
        except MedShareError as error:
            turn.tell(events.RevocationSkipped(index=index, patient=item[0], reason=selector_of(type(error))))
    return world


def lockdown(world: World, turn: Turn) -> World:
    """Lock down as the sender, now."""
    return _lockdown(world, turn, turn.sender, turn.at)


def lockdown_by_sig(world: World, turn: Turn, patient: Address, time: int, signature: bytes) -> World:
    """Lock down by key."""
    message = signed.Lockdown(patient=patient, time=time)
    return _lockdown(
        world, turn, patient, time, verify=lambda: turn.require_key(patient, turn.digest(message), signature)
    )


def lockdown_signed_by(
    world: World, turn: Turn, signer: Address, patient: Address, time: int, signature: bytes
) -> World:
    """Lock down by contract wallet or delegate."""
    digest = turn.digest(signed.Lockdown(patient=patient, time=time))
    verify = _verify_other(turn, signer, patient, digest, signature)
    return _lockdown(world, turn, patient, time, signer=signer, verify=verify)


def open_request(world: World, turn: Turn, digest: Bytes32, deadline: int) -> World:
    """Open a request."""
    new = requests.open_request(world.requests, requester=turn.sender, digest=digest, deadline=deadline, at=turn.at)
    if new is not world.requests:
        turn.tell(events.Opened(requester=turn.sender, digest=digest, deadline=deadline))
    return replace(world, requests=new)


def withdraw(world: World, turn: Turn, digest: Bytes32) -> World:
    """Withdraw a request."""
    new = requests.withdraw(world.requests, requester=turn.sender, digest=digest)
    turn.tell(events.Withdrawn(requester=turn.sender, digest=digest))
    return replace(world, requests=new)


def approve(
    world: World, turn: Turn, opening: tuple[object, ...], word: int, statement: Bytes32, signature: bytes
) -> World:
    """Answer a request by key."""
    return _approve(world, turn, None, opening, word, statement, signature)


def approve_signed_by(
    world: World,
    turn: Turn,
    signer: Address,
    opening: tuple[object, ...],
    word: int,
    statement: Bytes32,
    signature: bytes,
) -> World:
    """Answer a request by contract wallet or delegate."""
    return _approve(world, turn, signer, opening, word, statement, signature)


def consent_digest(
    turn: Turn, patient: Address, grantee: Address, word: ConsentWord, request: Bytes32, statement: Bytes32
) -> Bytes32:
    """Return the 32 bytes that a patient signs for a consent whose statement hashes to `statement`."""
    terms = terms_of(patient=patient, grantee=grantee, word=word, request=request, statement=statement)
    return keccak(b"\x19\x01" + turn.domains.domain(Contract.CONSENTS).separator + terms)


def _grant(
    world: World,
    turn: Turn,
    patient: Address,
    grantee: Address,
    word: ConsentWord,
    request: Bytes32,
    statement: Bytes32,
    *,
    signer: Address | None = None,
    verify: Callable[[], None] = lambda: None,
) -> World:
    new = rules.grant(
        world.consents,
        patient=patient,
        grantee=grantee,
        word=word,
        request=request,
        statement=statement,
        at=turn.at,
        participants=world,
        signer=signer,
        verify=verify,
    )
    if new is not world.consents:
        _tell_granted(turn, new, patient, grantee, word, request, statement)
    return replace(world, consents=new)


def _tell_granted(
    turn: Turn,
    state: rules.ConsentState,
    patient: Address,
    grantee: Address,
    word: ConsentWord,
    request: Bytes32,
    statement: Bytes32,
) -> None:
    terms = terms_of(patient=patient, grantee=grantee, word=word, request=request, statement=statement)
    stored = state.words[consent_id(patient=patient, grantee=grantee, terms=terms)]
    turn.tell(events.Granted(patient=patient, grantee=grantee, terms=terms, word=stored))


def _revoke(
    world: World,
    turn: Turn,
    patient: Address,
    grantee: Address,
    terms: Bytes32,
    *,
    signer: Address | None = None,
    verify: Callable[[], None] = lambda: None,
) -> World:
    new = rules.revoke(
        world.consents,
        patient=patient,
        grantee=grantee,
        terms=terms,
        at=turn.at,
        participants=world,
        signer=signer,
        verify=verify,
    )
    if new is not world.consents:
        identifier = consent_id(patient=patient, grantee=grantee, terms=terms)
        turn.tell(events.Revoked(patient=patient, consent_id=identifier))
    return replace(world, consents=new)


def _lockdown(
    world: World,
    turn: Turn,
    patient: Address,
    time: int,
    *,
    signer: Address | None = None,
    verify: Callable[[], None] = lambda: None,
) -> World:
    new = rules.lockdown(
        world.consents, patient=patient, time=time, at=turn.at, participants=world, signer=signer, verify=verify
    )
    if new is not world.consents:
        turn.tell(events.LockedDown(patient=patient, mark=time))
    return replace(world, consents=new)


def _approve(
    world: World,
    turn: Turn,
    signer: Address | None,
    fields: tuple[object, ...],
    word: int,
    statement: Bytes32,
    signature: bytes,
) -> World:
    opening = Opening(
        **dict(zip(Opening.__dataclass_fields__, fields, strict=True))  # type: ignore[arg-type]
    )
    asked = request_digest(opening)
    request = request_id(requester=opening.requester, digest=asked)
    consent = unpack(word)
    digest = consent_digest(turn, opening.patient, opening.grantee, consent, request, statement)
    verify: Callable[[], None] = lambda: turn.require_key(opening.patient, digest, signature)  # noqa: E731
    if signer is not None:
        verify = _verify_other(turn, signer, opening.patient, digest, signature)
    requested, granted = requests.approve(
        world.requests,
        world.consents,
        opening=opening,
        word=consent,
        statement=statement,
        at=turn.at,
        participants=world,
        signer=signer,
        verify=verify,
    )
    if granted is not world.consents:
        _tell_granted(turn, granted, opening.patient, opening.grantee, consent, request, statement)
    if requested is not world.requests:
        terms = terms_of(
            patient=opening.patient, grantee=opening.grantee, word=consent, request=request, statement=statement
        )
        identifier = consent_id(patient=opening.patient, grantee=opening.grantee, terms=terms)
        turn.tell(events.Approved(requester=opening.requester, digest=asked, consent_id=identifier))
    return replace(world, requests=requested, consents=granted)


def _verify_other(
    turn: Turn, signer: Address, patient: Address, digest: Bytes32, signature: bytes
) -> Callable[[], None]:
    def verify() -> None:
        if signer == patient:
            turn.require_wallet(patient, digest, signature)
        else:
            turn.require_either(signer, digest, signature)

    return verify


def _require_batch(items: tuple[object, ...]) -> None:
    if not 0 < len(items) <= LONGEST_BATCH:
        raise BadBatch(length=len(items))

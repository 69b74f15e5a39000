"""From a consent to its statement, and the check that its words say what its numbers say."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import fields

from medshare.consent.actions import BY_PROCESSOR, Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.slots import scope
from medshare.consent.word import ConsentWord, check_form
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.statement.accreditation import AccreditationRecord
from medshare.statement.errors import GranteeNotProcessor, WordsDiffer
from medshare.statement.facts import Folder, Party, StatementFacts, check_custodians
from medshare.statement.rendering import language_of, parse, render

PROCESSOR = 512
"""The role bit of an accredited processor (design, section 11, "roles")."""


def draft(
    *,
    chain_id: int,
    registry: Address,
    patient: Address,
    grantee: AccreditationRecord,
    categories: Iterable[Category],
    purposes: int,
    actions: Action,
    not_before: int,
    not_after: int,
    issued_at: int,
    language: str,
    custodians: Collection[Address],
    folders: Iterable[Folder] = (),
    researcher: AccreditationRecord | None = None,
    request: Bytes32 = ZERO_32,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
) -> ConsentDocument:
    """Return an unsigned consent with its statement in `language`; `entropy` gives nonce and decoys.

    `purposes` is a closed mask and `custodians` the accounts that keep the patient's capsules.

    Raises:
        GranteeNotProcessor: De-identified or aggregate use by one that is not a processor.
        MedShareError: What `render` and `check_form` refuse.
    """
    nonce = entropy(32)
    proper, shelved = tuple(sorted(categories)), tuple(sorted(folders, key=lambda folder: folder.number))
    facts = StatementFacts(
        patient=patient,
        grantee=Party.of(grantee, language),
        researcher=None if researcher is None else Party.of(researcher, language),
        categories=proper,
        folders=shelved,
        purposes=purposes,
        actions=actions,
        not_before=not_before,
        not_after=not_after,
        issued_at=issued_at,
        request=request,
        nonce=nonce,
    )
    _check_processor(facts, grantee)
    word = ConsentWord(
        scope=scope(nonce, (*proper, *(folder.number for folder in shelved)), entropy=entropy),
        purposes=purposes,
        not_before=not_before,
        not_after=not_after,
        issued_at=issued_at,
        actions=int(actions),
    )
    check_form(word)
    return ConsentDocument(
        chain_id=chain_id,
        registry=registry,
        patient=patient,
        grantee=grantee.account,
        word=word,
        request=request,
        statement=render(facts, language, custodians=custodians),
        signer=patient,
    )


def check(
    document: ConsentDocument,
    *,
    record: bytes,
    custodians: Collection[Address],
    researcher_record: bytes | None = None,
) -> StatementFacts:
    """Return the facts of a consent if its words, rendered again, say what its numbers say.

    Agent, gateway and grantee each do this with what they hold. `record` is the grantee's
    accreditation record, in the version that the statement names, and `researcher_record` the
    researcher's where one is named.

    Raises:
        WordsDiffer: The words say something else than numbers and records.
        GranteeNotProcessor: De-identified or aggregate use by one that is not a processor.
        MedShareError: What `document.check`, `parse` and `render` refuse.
    """
    document.check()
    said = parse(document.statement)
    language = language_of(document.statement)
    grantee = AccreditationRecord.from_bytes(record)
    researcher = None if researcher_record is None else AccreditationRecord.from_bytes(researcher_record)
    granted = document.categories
    shelved = tuple(category for category in granted if category.is_folder)
    if tuple(folder.number for folder in said.folders) != shelved:  # [S-002]
        raise WordsDiffer(fields="folders")
    meant = StatementFacts(
        patient=document.patient,
        grantee=Party(account=document.grantee, name=grantee.name_in(language), record=keccak(record)),
        researcher=None if researcher is None else Party.of(researcher, language),
        categories=tuple(category for category in granted if not category.is_folder),
        # What is in a folder is not in the numbers; whoever holds the folder's key compares it.
        folders=said.folders,
        purposes=document.word.purposes,
        actions=Action(document.word.actions),
        not_before=document.word.not_before,
        not_after=document.word.not_after,
        issued_at=document.word.issued_at,
        request=document.request,
        nonce=document.nonce,
    )
    differ = [field.name for field in fields(meant) if getattr(meant, field.name) != getattr(said, field.name)]
    if grantee.account != document.grantee:
        differ.append("record")
    if differ:  # [S-002]
        raise WordsDiffer(fields=", ".join(differ))
    _check_processor(meant, grantee)
    # Equal numbers render to the text that `parse` compared already; what is left is who keeps the capsules.
    check_custodians(document.grantee, custodians)
    return meant


def _check_processor(facts: StatementFacts, grantee: AccreditationRecord) -> None:
    if facts.actions & BY_PROCESSOR and not grantee.roles & PROCESSOR:
        raise GranteeNotProcessor(grantee=grantee.account)

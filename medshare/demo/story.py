"""The story, part one: from the desk to the first read, and every door that stays shut."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from medshare.access_request import AccessRequest
from medshare.actors.reader import Reading
from medshare.age.errors import PayloadDamaged
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.names import category_name
from medshare.consent.purposes import bit, codes_of
from medshare.consent.slots import CATEGORY_SLOTS, slot_map
from medshare.demo.checks import Checks
from medshare.demo.stage import Stage, chart
from medshare.demo.voice import Voice
from medshare.gateway import Refused
from medshare.gateway.values import Listed
from medshare.hexadecimal import ZERO_32, Bytes32, to_hex
from medshare.keys.catalogue import SealedCatalogue, open_catalogue
from medshare.ledger import RecordStatus
from medshare.ledger.events import Opened
from medshare.record.errors import CapsuleMismatch
from medshare.record.opening import ExpectedRecord, open_document
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.statement import parse, render
from medshare.store import Readable, Store, cid_of
from medshare.typed_data import ReadRequest, SigningKey

HOUR, DAY = 3600, 86_400


@dataclass(kw_only=True)
class Telling:
    """What the parts of the story hand on to each other."""

    stage: Stage
    checks: Checks
    voice: Voice
    request: AccessRequest | None = None
    consent: ConsentDocument | None = None
    rows: tuple[Listed, ...] = ()
    readings: list[Reading] = field(default_factory=list)
    looks: int = 0
    """How many requests the story sent to City Hospital's gateway about Jacob."""


def digest(telling: Telling, signed: Signed[ReadRequest]) -> str:
    """Return a request's digest as evidence."""
    return to_hex(signed.digest(telling.stage.jacob.domains))


def open_the_doors(telling: Telling) -> None:
    """Deployment, registration and enrolment; the patients pay nothing."""
    stage, checks, voice = telling.stage, telling.checks, telling.voice
    voice.chapter("A chain, five institutions, a researcher, a regulator, two patients")
    findings = stage.findings()
    checks.claim("deployer-has-no-power", findings > 0, f"{findings} settings read back and found right")
    for patient in (stage.jacob, stage.florida):
        for institution in (stage.city, stage.hill):
            stage.sandbox.enrol(patient, institution)
    registered = [stage.ledger.account(p.address).active for p in (stage.jacob, stage.florida)]
    checks.claim("patients-registered-and-enrolled", all(registered), f"{stage.jacob.address}, {stage.florida.address}")
    stage.jacob.sync()
    stage.florida.sync()


def seal_the_charts(telling: Telling) -> None:
    """Two whole charts, sealed and anchored under one root, confirmed by three validators."""
    stage, checks, voice = telling.stage, telling.checks, telling.voice
    voice.chapter("City Hospital seals two charts and anchors them under one root")
    start, sizes, leaves = time.monotonic(), [], 0
    for patient, name in ((stage.jacob, "Jacob"), (stage.florida, "Florida")):
        intake = stage.city.intake(chart(name))
        with voice.progress(f"sealing {name}'s chart", len(intake.documents)) as step:
            upload = stage.city.upload(patient.address, intake, step)
        categories = Counter(document.category for document in intake.documents)
        leaves += len(upload.written)
        sizes.append(upload.body_bytes)
        voice.say(
            f"{name}: {intake.report.resources} resources in {len(intake.documents)} documents of "
            f"{len(categories)} categories, {upload.plaintext_bytes:,} bytes, sealed to {upload.body_bytes:,}."
        )
        whole = len(upload.written) == len(intake.documents)
        checks.claim(f"whole-chart-sealed-{name.lower()}", whole, f"{leaves} leaves")
    anchoring = stage.city.anchor()
    anchored = stage.ledger.anchor_of(stage.city.address, anchoring.root)
    voice.say(f"{leaves} documents, {sum(sizes):,} bytes, one anchor, {time.monotonic() - start:.1f} s.")
    checks.claim("one-anchor-for-both-patients", anchored.count == leaves, to_hex(anchoring.transaction.hash))
    validators = (stage.laboratory, *stage.validators)
    if stage.fault == "validator-keeps-nothing":
        office = stage.validators[0].gateway.office
        office.store = Forgetful(office.store)
    done = stage.city.seek_confirmation(anchoring, validators)
    state = stage.ledger.anchor_of(stage.city.address, anchoring.root)
    checks.claim("three-validators-confirm", state.confirmations == len(validators), to_hex(done.hash))
    copies = [sum(v.gateway.office.store.has(item.cid) for item in anchoring.items) for v in validators]
    checks.claim("validators-keep-every-body", copies == [leaves] * len(validators), f"bodies kept: {copies}")
    for name, patient in (("jacob", stage.jacob), ("florida", stage.florida)):
        report = patient.sync()
        opened = not report.disputed and bool(report.new)
        checks.claim(f"agent-opens-every-document-{name}", opened, f"{len(report.new)} opened")


class Forgetful:
    """A store that forgets what it is given: the planted fault of a validator that keeps nothing."""

    def __init__(self, store: Store) -> None:
        self.get, self.has, self.list = store.get, store.has, store.list
        self.pin, self.unpin, self.delete = store.pin, store.unpin, store.delete

    def put(self, body: bytes | Readable) -> str:
        """Return the CID of `body`, and keep nothing."""
        return str(cid_of(body))

    def put_each(self, bodies: Sequence[bytes]) -> None:
        """Keep nothing."""

    def restore(self, body: bytes) -> str:
        """Return the CID of `body`, and keep nothing."""
        return self.put(body)


def ask_and_answer(telling: Telling) -> None:
    """Hill Hospital asks; Jacob narrows and signs, in words that say what the numbers say."""
    stage, checks, voice = telling.stage, telling.checks, telling.voice
    voice.chapter("Hill Hospital asks, Jacob narrows and signs")
    asked = (Category.LABORATORY, Category.MEDICATIONS, Category.VITAL_SIGNS, Category.IMMUNISATIONS)
    stage.hill.request(
        stage.jacob.address, stage.city.gateway, categories=asked, purposes=["TREAT"], days=90, why="A second opinion"
    )
    opened = [log.event for log in stage.ledger.events(kinds=(Opened,))][-1]
    shown = bytes.fromhex(stage.jacob.address[2:]) in stage.everything_on_the_chain()[-600:]
    checks.claim("request-names-nobody", isinstance(opened, Opened) and not shown, f"the chain has only {opened}")
    (request,) = stage.jacob.inbox()
    granted = (Category.LABORATORY, Category.VITAL_SIGNS, Category.IMMUNISATIONS)
    consent = stage.jacob.approve(request, categories=granted, days=30, language="zh-Hant")
    telling.request, telling.consent = request, consent
    facts = parse(consent.statement)
    english = render(facts, "en", custodians=[])
    voice.text("The very text that Jacob signed", consent.statement)
    voice.text("The same consent in English", english)
    same = replace(parse(english), grantee=facts.grantee) == facts
    checks.claim("statement-says-the-numbers-in-both-languages", same, f"consent {to_hex(consent.consent_id)}")
    narrower = set(consent.categories) < set(request.categories) and consent.word.not_after < request.not_after
    status = stage.ledger.consent_of(consent.patient, consent.grantee, consent.terms)
    evidence = f"{len(granted)} of {len(asked)} categories"
    checks.claim("consent-granted-and-narrower", narrower and status.granted, evidence)
    closed = stage.ledger.deadline_of(request.requester, request.digest) == 0
    checks.claim("request-closed-in-the-same-transaction", closed, to_hex(request.digest))
    refuse_the_researcher(telling)
    spent = [stage.money_and_transactions(p.address) for p in (stage.jacob, stage.florida)]
    checks.claim("patients-paid-no-gas", spent == [(0, 0), (0, 0)], f"balance and transactions: {spent}")


def refuse_the_researcher(telling: Telling) -> None:
    """A researcher asks Jacob too; he says no, and the chain never hears of it."""
    stage, checks = telling.stage, telling.checks
    stage.researcher.request(
        stage.jacob.address,
        stage.city.gateway,
        categories=(Category.LABORATORY,),
        purposes=["HRESCH"],
        days=30,
        why="A study",
    )
    wanted = next(r for r in stage.jacob.inbox() if r.requester == stage.researcher.address)
    before = stage.ledger.head().number
    receipt = stage.jacob.refuse(wanted)
    telling.looks += 1
    found = stage.city.gateway.postbox.refusal(wanted.request)
    untouched = not list(stage.ledger.events(before + 1, None))
    checks.claim(
        "a-no-is-receipted-and-off-the-chain", found is not None and untouched, f"receipt {receipt.message.seq}"
    )


def read_what_was_granted(telling: Telling) -> None:
    """Hill Hospital reads exactly what was granted and proves it against the chain."""
    stage, checks, voice, consent = telling.stage, telling.checks, telling.voice, telling.consent
    voice.chapter("Hill Hospital reads exactly what was granted")
    gateway = stage.city.gateway
    if consent is None:
        return
    stage.hill.check_consent(consent, gateway)
    rows = telling.rows = stage.hill.list_documents(gateway, consent, purpose="TREAT")
    telling.looks += 1
    with voice.progress("reading", len(rows)) as step:
        for row in rows:
            telling.readings.append(stage.hill.read(gateway, consent, row, purpose="TREAT"))
            telling.looks += 1
            step()
    read = Counter(reading.category for reading in telling.readings)
    for category, count in sorted(read.items()):
        voice.say(f"  {count} of {category_name(category, 'en')}")
    voice.say("Each was checked: envelope against the directory, capsule, body, manifest, leaf, proof, chain.")
    checks.claim("the-read-works", len(telling.readings) == len(rows) > 0, f"{len(rows)} documents, {dict(read)}")
    checks.claim("only-granted-categories", set(read) <= set(consent.categories), sorted(int(c) for c in read))
    proved = {reading.document.root for reading in telling.readings}
    states = [stage.ledger.anchor_of(stage.city.address, root).confirmations for root in proved]
    checks.claim("proved-against-the-chain", all(states), f"roots {[to_hex(root) for root in proved]}")
    listed = sum(len(catalogue(telling, category)) for category in consent.categories if category in read)
    checks.claim("nothing-was-kept-back", listed == len(rows), f"{listed} in the catalogue, {len(rows)} received")


def catalogue(telling: Telling, category: Category) -> tuple[object, ...]:
    """Return the rows of a category's catalogue, opened with the patient's key."""
    stage = telling.stage
    found = stage.city.gateway.postbox.catalogue(stage.jacob.address, int(category))
    if found is None:
        return ()
    return open_catalogue(
        SealedCatalogue(signed=found[0], data=found[1]),
        patient=stage.jacob.address,
        category=int(category),
        identity=stage.jacob.keys.identity(int(category), stage.jacob.state.epoch),
        agent=stage.jacob.keys.agent,
        last_seq=0,
        domains=stage.jacob.domains,
    )


def refused(telling: Telling, name: str, request: Signed[ReadRequest], *grounds: Ground) -> None:
    """Assert that the gateway refuses `request` on one of `grounds`, with a receipt."""
    telling.looks += 1
    try:
        telling.stage.city.gateway.counter.read(request)
    except Refused as refusal:
        receipt = f"{refusal.ground.name}, receipt {refusal.receipt.message.seq}"
        telling.voice.say(f"  {name.replace('-', ' ')}: {refusal.ground.name.lower().replace('_', ' ')}")
        telling.checks.claim(name, refusal.ground in grounds, receipt)
    else:
        telling.checks.claim(name, False, f"released for {digest(telling, request)}")


def ask(
    telling: Telling,
    consent: ConsentDocument,
    *,
    slot: int,
    leaf: Bytes32,
    purpose: str = "TREAT",
    accessor: SigningKey | None = None,
) -> Signed[ReadRequest]:
    """Return a signed request to City Hospital's gateway."""
    stage = telling.stage
    key = accessor or stage.hill.account
    message = ReadRequest(
        gateway=stage.city.gateway.address,
        consent_id=consent.consent_id,
        patient=consent.patient,
        accessor=key.address,
        slot=slot,
        purpose=bit(purpose),
        action=int(Action.READ),
        leaf=leaf,
        history=False,
        nonce=stage.jacob.entropy(32),
        at=stage.sandbox.clock.now(),
    )
    return Signed.by(key, message, stage.jacob.domains)


def doors_that_stay_shut(telling: Telling) -> None:
    """Outside the scope, a decoy, a wrong purpose, a stranger, too early, too late."""
    stage, checks, voice, consent = telling.stage, telling.checks, telling.voice, telling.consent
    voice.chapter("Doors that stay shut, each with its reason")
    if consent is None:
        return
    row, slots = telling.rows[0], slot_map(consent.nonce)
    outside = next(
        leaf for leaf, copy in stage.jacob.copies().items() if Category(copy.category) not in consent.categories
    )
    foreign = slots[stage.jacob.copies()[outside].category]
    refused(telling, "outside-scope-refused", ask(telling, consent, slot=foreign, leaf=outside), Ground.SLOT)
    decoy = next(slot for slot in slots[CATEGORY_SLOTS:] if consent.word.scope >> slot & 1)
    asked = ask(telling, consent, slot=decoy, leaf=outside)
    refused(telling, "a-decoy-opens-nothing", asked, Ground.SLOT_NOT_OF_CATEGORY)
    asked = ask(telling, consent, slot=row.slot, leaf=row.leaf, purpose="HMARKT")
    refused(telling, "wrong-purpose-refused", asked, Ground.PURPOSE)
    stranger = stage.sandbox.account()
    asked = ask(telling, consent, slot=row.slot, leaf=row.leaf, accessor=stranger)
    refused(telling, "stranger-refused", asked, Ground.NOT_ACCESSOR)
    later = stage.jacob.grant(
        stage.laboratory.address, categories=[Category.PROBLEMS], purposes=["TREAT"], days=1, starts_in=HOUR
    )
    problem = next(leaf for leaf, copy in stage.jacob.copies().items() if copy.category == Category.PROBLEMS)
    slot, reader = later.category_slot(Category.PROBLEMS), stage.laboratory.account

    def again() -> Signed[ReadRequest]:
        return ask(telling, later, slot=slot, leaf=problem, accessor=reader)

    refused(telling, "before-time-refused", again(), Ground.EARLY)
    stage.travel(HOUR)
    telling.looks += 1
    release = stage.city.gateway.counter.read(again())
    checks.claim("in-its-time-released", release.leaf == problem, f"receipt {release.receipt.message.seq}")
    stage.travel(DAY)
    refused(telling, "after-time-refused", again(), Ground.ENDED)


def tampering(telling: Telling) -> None:
    """One flipped byte of a body, and a capsule of another document: both are caught."""
    stage, checks, voice, consent = telling.stage, telling.checks, telling.voice, telling.consent
    voice.chapter("A flipped byte and a swapped capsule")
    if consent is None:
        return
    one, other = (stage.jacob.copies()[row.leaf] for row in telling.rows[:2])
    listing = stage.city.gateway.counter.listing(stage.jacob.own_request(stage.city.gateway))
    telling.looks += 1
    sealed = {row.leaf: row.sealed for row in listing.rows}[one.leaf]
    if sealed is None:
        return
    body = bytearray(stage.city.gateway.body(one.cid))
    expected = ExpectedRecord(
        chain_id=stage.jacob.domains.chain_id,
        registry=stage.jacob.domains.records,
        provider=sealed.placement.provider,
        patient=sealed.placement.patient,
        category=one.category,
        leaf=one.leaf,
        root=sealed.placement.root,
        proof=sealed.placement.proof,
    )
    identity = stage.jacob.keys.identity(one.category, one.epoch)
    swapped = stage.jacob.keys.identity(other.category, other.epoch)
    whole = open_document(capsule=one.capsule, body=bytes(body), identity=identity, expected=expected)
    checks.claim("untouched-it-opens", whole.leaf == one.leaf, to_hex(one.leaf))
    body[len(body) // 2] ^= 1
    checks.fails(
        "flipped-byte-caught",
        lambda: open_document(capsule=one.capsule, body=bytes(body), identity=identity, expected=expected),
        PayloadDamaged,
    )
    body[len(body) // 2] ^= 1
    checks.fails(
        "swapped-capsule-caught",
        lambda: open_document(capsule=other.capsule, body=bytes(body), identity=swapped, expected=expected),
        PayloadDamaged,
        CapsuleMismatch,
    )


def amendment(telling: Telling) -> None:
    """City Hospital corrects a document; readers see the new one, and the old one when they ask for history."""
    stage, checks, voice, consent = telling.stage, telling.checks, telling.voice, telling.consent
    voice.chapter("An amendment, with its history")
    if consent is None:
        return
    old, reading = telling.rows[0], telling.readings[0]
    text = reading.document.content.replace(b'"collection"', b'"collection" ', 1)
    stage.city.amend(old.leaf, text)
    anchoring = stage.city.anchor()
    done = stage.city.seek_confirmation(anchoring, (stage.laboratory, *stage.validators))
    (new,) = anchoring.leaves
    state = stage.ledger.record_status(
        next(
            row.sealed.placement.query
            for row in stage.city.gateway.counter.listing(stage.jacob.own_request(stage.city.gateway)).rows
            if row.leaf == old.leaf and row.sealed is not None
        )
    )
    telling.looks += 1
    checks.claim("the-old-version-is-superseded", state.status is RecordStatus.SUPERSEDED, to_hex(done.hash))
    asked = ask(telling, consent, slot=old.slot, leaf=old.leaf)
    refused(telling, "superseded-refused-without-history", asked, Ground.SUPERSEDED)
    gateway = stage.city.gateway
    rows = stage.hill.list_documents(gateway, consent, purpose="TREAT", history=True)
    before = stage.hill.read(gateway, consent, old, purpose="TREAT", history=True)
    after = stage.hill.read(gateway, consent, next(row for row in rows if row.leaf == new), purpose="TREAT")
    telling.looks += 3
    linked = after.document.manifest.previous_leaf == old.leaf and before.document.manifest.version == 1
    evidence = f"version {after.document.manifest.version} follows {to_hex(old.leaf)}"
    checks.claim("history-shows-both-versions", linked, evidence)
    telling.rows = tuple(row for row in rows if row.leaf not in {old.leaf, ZERO_32})
    voice.say(f"Purposes of this consent: {', '.join(codes_of(consent.word.purposes))}.")

"""The story, part two: who looked, the door shut, the device lost, the move, the erasure, the outsider."""

from __future__ import annotations

import gzip

from medshare.actors.moving import change_locks, move_house, restore
from medshare.consent.categories import Category
from medshare.demo.stage import chart
from medshare.demo.story import Telling, ask, refused
from medshare.digest import keccak, sha256
from medshare.errors import IntegrityError
from medshare.gateway import Refused
from medshare.gateway.counter import Counter
from medshare.gateway.values import Logged
from medshare.hexadecimal import to_hex
from medshare.keys.account import AccountKey
from medshare.keys.keystore import read_keystore, write_keystore
from medshare.keys.root import RootSecret
from medshare.ledger import Role
from medshare.ledger.events import Revoked
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.statement import AccreditationRecord
from medshare.typed_data import ReadRequest

PASSPHRASE = "only for the demo"  # noqa: S105 (the accounts of a demo are thrown away with it)
CANARY = "Jacob Larson"


def who_looked(telling: Telling) -> None:
    """Jacob reads who looked; every line is checked, and none is missing."""
    stage, checks, voice = telling.stage, telling.checks, telling.voice
    voice.chapter("Who looked at Jacob's data?")
    counter = stage.city.gateway.counter
    if stage.fault == "receipt-dropped":
        whole = counter.log

        def dropping(request: Signed[ReadRequest]) -> tuple[Logged, ...]:
            lines = whole(request)
            return lines[:-2] + lines[-1:]

        counter.log = dropping  # type: ignore[method-assign]
    try:
        lines = [line for line in stage.jacob.who_looked() if line.gateway == stage.city.gateway.address]
    except IntegrityError as error:
        checks.claim("every-look-is-in-the-log", False, f"{type(error).__name__}: {error}")
        counter.log = Counter.log.__get__(counter)  # type: ignore[method-assign]
        return
    others = [line for line in lines if line.accessor != stage.jacob.address]
    for line in others[-8:]:
        what = line.category.name.lower().replace("_", " ") if line.category is not None else "a list"
        voice.say(f"  {line.accessor[:10]} {what}, {line.purpose}: {line.ground.name.lower().replace('_', ' ')}")
    released = sum(line.ground is Ground.RELEASED for line in others)
    evidence = f"{len(lines)} lines, {released} releases to others"
    checks.claim("every-look-is-in-the-log", lines[-1].number >= telling.looks, evidence)
    checks.claim("refusals-are-in-the-log", released < len(others), f"{len(others) - released} refusals")


def revocation(telling: Telling) -> None:
    """Jacob revokes: the door is shut at once, and in the next block for everybody."""
    stage, checks, voice, consent = telling.stage, telling.checks, telling.voice, telling.consent
    voice.chapter("Jacob revokes")
    if consent is None:
        return
    other = stage.jacob.grant(stage.laboratory.address, categories=[Category.PROBLEMS], purposes=["TREAT"], days=90)
    before = stage.ledger.head().number
    done = stage.jacob.revoke(consent)
    took = done.block.number - before
    voice.say(f"Revoked {took} block{'s' if took != 1 else ''} after it was sent.")
    logged = any(isinstance(log.event, Revoked) for log in done.logs)
    checks.claim("revoked-within-two-blocks", logged and took <= 2, to_hex(done.hash))
    row = telling.rows[0]
    refused(
        telling,
        "revoked-refused",
        ask(telling, consent, slot=row.slot, leaf=row.leaf),
        Ground.REVOCATION_SEEN,
        Ground.REVOKED,
    )
    if stage.fault == "keys-not-rotated":
        for ended in stage.jacob.consents():
            stage.jacob.note(f"ended:{to_hex(ended.consent_id)}", "ended")
    epoch = stage.jacob.state.epoch
    report = stage.jacob.sync()
    new_keys = report.rotated and report.epoch == epoch + 1
    checks.claim("new-keys-after-the-end-of-a-consent", new_keys, f"epoch {report.epoch}")
    if stage.fault == "keys-not-rotated":
        return
    rows = stage.laboratory.list_documents(stage.city.gateway, other, purpose="TREAT")
    reading = stage.laboratory.read(stage.city.gateway, other, rows[0], purpose="TREAT")
    evidence = f"receipt {reading.receipt.message.seq}"
    checks.claim("who-remains-still-reads", reading.category is Category.PROBLEMS, evidence)


def research(telling: Telling) -> None:
    """Florida lets a researcher read; for anything but care the consent must be final first."""
    stage, checks, voice = telling.stage, telling.checks, telling.voice
    voice.chapter("A researcher asks Florida, and waits for a final block")
    gateway, researcher = stage.city.gateway, stage.researcher
    request = researcher.request(
        stage.florida.address,
        gateway,
        categories=(Category.LABORATORY,),
        purposes=["BIORCH"],
        days=60,
        why="A study of cholesterol",
        in_return="A summary of the results in plain words",
    )
    (found,) = [one for one in stage.florida.inbox() if one.request == request.request]
    stage.florida.approve(found)
    answer = researcher.answer_to(request, gateway)
    checks.claim("the-researcher-finds-the-answer", answer is not None, to_hex(request.request))
    if answer is None:
        return
    granted = stage.ledger.head().number
    stage.until(lambda _: stage.ledger.final().number >= granted)
    readings = researcher.fetch(answer, gateway, purpose="BIORCH")
    checks.claim("the-researcher-reads-after-finality", len(readings) > 0, f"{len(readings)} laboratory documents")


def wrong_patient(telling: Telling) -> None:
    """A document filed under the wrong person: disputed, taken back, and its readers told."""
    stage, checks, voice = telling.stage, telling.checks, telling.voice
    voice.chapter("A document filed under the wrong patient")
    leaf = next(leaf for leaf, copy in stage.florida.copies().items() if copy.category == Category.LABORATORY)
    stage.florida.dispute(leaf, reason=1)
    retracted = stage.city.settle_disputes()
    told = [copy.leaf for copy in stage.researcher.retracted()]
    checks.claim("disputed-and-retracted", leaf in retracted, to_hex(leaf))
    checks.claim("its-readers-were-told", leaf in told, f"{len(told)} notices")


def lost_device(telling: Telling) -> None:
    """The phone is gone: 24 words and the account's keystore bring everything back."""
    stage, checks, voice = telling.stage, telling.checks, telling.voice
    voice.chapter("The device is lost")
    old = stage.jacob
    recovery = stage.sandbox.account()
    old.name_recovery(recovery.address)
    old.sync()
    words = old.secret_root().secret_words()
    keystore = write_keystore(old.account, PASSPHRASE, work=4096)
    voice.say(f"{len(words.split())} words on paper, and a keystore file of {len(keystore)} bytes.")
    jacob = restore(
        account=read_keystore(keystore, PASSPHRASE),
        root=RootSecret.from_secret_words(words),
        urls=[stage.hill.url],
        network=stage.sandbox.network,
        ledger=stage.ledger,
        clock=stage.sandbox.clock,
    )
    same = jacob.copies() == old.copies() and len(jacob.consents()) == len(old.consents())
    checks.claim("everything-is-back", same, f"state {jacob.state.number}, {len(jacob.copies())} documents")
    stage.jacob = jacob
    lockdown(telling)
    move(telling, recovery)


def lockdown(telling: Telling) -> None:
    """On the new device Jacob voids everything that was signed until now."""
    stage, checks, voice = telling.stage, telling.checks, telling.voice
    voice.chapter("Lockdown")
    last = stage.jacob.consents()[-1]
    stage.until(lambda head: head.time > last.word.issued_at)
    done = stage.jacob.lock_down()
    rows = [copy for copy in stage.jacob.copies().values() if copy.category == Category.PROBLEMS]
    asked = ask(
        telling, last, slot=last.category_slot(Category.PROBLEMS), leaf=rows[0].leaf, accessor=stage.laboratory.account
    )
    refused(telling, "lockdown-voids-everything", asked, Ground.REVOCATION_SEEN, Ground.LOCKED)
    mark = stage.ledger.mark_of(stage.jacob.address)
    checks.claim("lockdown-is-on-the-chain", mark > 0, to_hex(done.hash))
    stage.jacob.sync()


def move(telling: Telling, recovery: AccountKey) -> None:
    """Jacob moves to a new address with new keys; the recovery address alone can do it."""
    stage, checks, voice = telling.stage, telling.checks, telling.voice
    voice.chapter("Moving house")
    old, new = stage.jacob, stage.sandbox.patient()
    for institution in (stage.city, stage.hill):
        stage.sandbox.enrol(new, institution)
    done = move_house(old, new, recovery=recovery)
    checks.claim("moved-house", stage.ledger.successor_of(old.address) == new.address, to_hex(done.hash))
    new.sync()
    consent = new.grant(stage.hill.address, categories=[Category.VITAL_SIGNS], purposes=["TREAT"], days=30)
    rows = stage.hill.list_documents(stage.city.gateway, consent, purpose="TREAT")
    reading = stage.hill.read(stage.city.gateway, consent, rows[0], purpose="TREAT")
    inherited = reading.document.manifest.patient == old.address
    checks.claim("old-documents-open-at-the-new-address", inherited, f"{len(rows)} listed")
    count = change_locks(new)
    new.leave_envelope(consent)
    reading = stage.hill.read(stage.city.gateway, consent, rows[0], purpose="TREAT")
    checks.claim("every-capsule-under-new-keys", count == len(new.copies()) > 0, f"{count} capsules re-wrapped")
    evidence = f"receipt {reading.receipt.message.seq}"
    checks.claim("readable-after-the-locks-were-changed", reading.category is Category.VITAL_SIGNS, evidence)
    stage.jacob, telling.consent, telling.rows = new, consent, rows


def erasure(telling: Telling) -> None:
    """Jacob erases a document: every holder destroys it, and three attempts to read it fail."""
    stage, checks, voice, consent = telling.stage, telling.checks, telling.voice, telling.consent
    voice.chapter("Erasure")
    if consent is None:
        return
    row, jacob = telling.rows[0], stage.jacob
    copy = jacob.copies()[row.leaf]
    if stage.fault == "holder-silent":
        stage.sandbox.network.leave(stage.validators[0].address)
    report = jacob.erase(row.leaf)
    answered, silent = len(report.acknowledged), len(report.unanswered)
    voice.say(f"{answered} holders signed that nothing is left; {silent} did not answer.")
    checks.claim("every-holder-says-erased", not report.unanswered, f"{list(report.acknowledged)}")
    gateway = stage.city.gateway
    attempts: dict[str, Signed[ReadRequest]] = {
        "erased-to-the-reader": ask(telling, consent, slot=row.slot, leaf=row.leaf),
        "erased-to-the-patient": jacob.own_request(gateway, leaf=row.leaf),
        "erased-to-the-provider": ask(telling, consent, slot=row.slot, leaf=row.leaf, accessor=stage.city.account),
    }
    for name, asked in attempts.items():
        try:
            gateway.counter.read(asked)
        except Refused as refusal:
            wanted = {Ground.ERASURE_SEEN, Ground.ERASED, Ground.NOT_ACCESSOR}
            checks.claim(name, refusal.ground in wanted, refusal.ground.name)
        else:
            checks.claim(name, False, "it was released")
    holders = [stage.city, stage.laboratory, *(v for v in stage.validators if v.address not in report.unanswered)]
    left = [one.url for one in holders if one.gateway.office.store.has(copy.cid)]
    checks.claim("no-body-is-left", not left, f"{len(holders)} stores looked at")
    checks.claim("tombstone-on-the-chain", stage.ledger.is_erased(row.leaf), to_hex(report.transaction.hash))


def outsider(telling: Telling) -> None:
    """What the chain shows somebody who may look at all of it."""
    stage, checks, voice = telling.stage, telling.checks, telling.voice
    voice.chapter("What the chain shows an outsider")
    if stage.fault == "name-on-chain":
        somebody = stage.sandbox.account().address
        record = AccreditationRecord(account=somebody, names={"en": CANARY}, roles=16, jurisdiction=158)
        stage.ledger.accredit(
            account=somebody,
            roles=Role.RESEARCHER,
            jurisdiction=158,
            record=record.to_bytes(),
            sender=stage.sandbox.regulator.account,
        )
    audit = stage.sandbox.regulator.audit()
    for name, count in audit.events.items():
        voice.say(f"  {count:4} {name}")
    checks.claim("the-regulator-audits-without-content", sum(audit.events.values()) > 0, f"block {audit.block}")
    seen = stage.everything_on_the_chain()
    found = [name for name, canary in canaries(telling).items() if canary in seen]
    evidence = f"{len(canaries(telling))} canaries, {len(seen):,} bytes; found: {found}"
    checks.claim("nothing-about-a-person-on-the-chain", not found, evidence)


def canaries(telling: Telling) -> dict[str, bytes]:
    """Return what must not be on the chain, in the clear, as hex and hashed."""
    plain: dict[str, bytes] = {"name": CANARY.encode(), "family name": b"Larson", "code system": b"loinc.org"}
    for copy in telling.stage.jacob.copies().values():
        plain[f"cid {copy.cid}"] = copy.cid.encode()
    for reading in telling.readings:
        plain[f"text {to_hex(reading.document.leaf)}"] = reading.document.content[:64]
        plain[f"text digest {to_hex(reading.document.leaf)}"] = reading.document.text_digest
        plain[f"keccak {to_hex(reading.document.leaf)}"] = keccak(reading.document.content)
    plain["chart digest"] = sha256(gzip.decompress(chart("Jacob").read_bytes()))
    guessable = {name: value for name, value in plain.items() if name.startswith(("name", "family", "cid"))}
    hidden = {f"sha256 of {name}": sha256(value) for name, value in guessable.items()}
    hidden |= {f"keccak of {name}": keccak(value) for name, value in guessable.items()}
    hidden |= {f"hex of {name}": value.hex().encode() for name, value in plain.items()}
    return plain | hidden

"""Everybody who may come to one door, and consents in every state: what the access matrix is made of."""

from __future__ import annotations

from dataclasses import dataclass

from medshare.audit.anchors import Period
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.keys.account import AccountKey
from medshare.ledger import Power, Role
from medshare.signed import Signed
from medshare.typed_data import Lockdown, Revoke
from tests.unit.actors.world import DAY, World, make_world, papers
from tests.unit.gateway.http.door import HttpDoor

ROLES = (
    "nobody",
    "stranger",
    "other patient",
    "patient",
    "delegate who reads",
    "delegate who refuses",
    "former delegate",
    "grantee",
    "grantee's staff",
    "grantee's former staff",
    "provider",
    "provider's staff",
    "validator",
    "researcher",
    "regulator",
    "suspended",
)

STATES = {
    "granted": Category.PROBLEMS,
    "never": Category.ALLERGIES,
    "not yet": Category.MEDICATIONS,
    "ended": Category.IMMUNISATIONS,
    "revoked": Category.LABORATORY,
    "revoked by message": Category.VITAL_SIGNS,
}
"""States of a consent of the patient to the grantee; each has a category of its own."""


@dataclass(kw_only=True)
class Town:
    """The world around City Hospital's door, with a session for everybody who can have one."""

    world: World
    door: HttpDoor
    keys: dict[str, AccountKey]
    tokens: dict[str, str | None]
    consents: dict[str, ConsentDocument]
    leaves: dict[str, bytes]
    request: bytes
    refused: bytes
    root: bytes
    erased: bytes
    locked: ConsentDocument
    letter: bytes
    period: Period
    """The newest period of receipts that the door anchored; the patient's line is in it, Ben's is not."""


def make_town() -> Town:
    """Return a town: Anna's documents at City Hospital, Hill Hospital reads, everybody else passes by."""
    world = make_world()
    anna, hill, city, sandbox = world.anna, world.hill, world.city, world.sandbox
    ben, lena = sandbox.patient(), sandbox.patient()
    for patient in (ben, lena):
        sandbox.enrol(patient, city)
    keys = {
        "stranger": sandbox.account(),
        "other patient": ben.account,
        "patient": anna.account,
        "delegate who reads": sandbox.account(),
        "delegate who refuses": sandbox.account(),
        "former delegate": sandbox.account(),
        "grantee": hill.account,
        "grantee's staff": sandbox.account(),
        "grantee's former staff": sandbox.account(),
        "provider": city.account,
        "provider's staff": sandbox.account(),
        "validator": world.clinics[0].account,
        "researcher": world.researcher.account,
        "regulator": sandbox.account(),
        "suspended": world.clinics[2].account,
    }
    sandbox.regulator.accredit(keys["regulator"].address, roles=Role.REGULATOR, names={"en": "Regulator's Office"})
    for name in ("grantee's staff", "grantee's former staff"):
        hill.add_staff(keys[name])
    city.add_staff(keys["provider's staff"])
    leaves = dict(zip(STATES, world.write(*STATES.values()), strict=True))
    (erased,) = world.write(Category.PROCEDURES)
    world.write(Category.PROBLEMS, patient=lena)
    anna.sync()
    lena.sync()
    hill.upload(anna.address, papers(Category.ENCOUNTERS))
    anchoring = hill.anchor()
    hill.seek_confirmation(anchoring, [city, *world.clinics])
    consents = {
        "granted": world.grant(STATES["granted"]),
        "ended": world.grant(STATES["ended"], days=1),
        "revoked": world.grant(STATES["revoked"]),
        "revoked by message": world.grant(STATES["revoked by message"]),
    }
    world.grant(Category.PROCEDURES, grantee=world.clinics[2])
    gone = world.grant(Category.PROCEDURES)
    world.read(world.ask(gone, erased))
    sandbox.network.leave(hill.address)  # it hears of the erasure when it asks
    anna.erase(erased)
    sandbox.network.join(hill)
    locked = lena.grant(hill.address, categories=[Category.PROBLEMS], purposes=["TREAT"], days=30)
    world.wait(1)
    lockdown = Lockdown(patient=lena.address, time=world.ledger.head().time)
    lena.door.shelf.saw_lockdown(Signed.by(lena.account, lockdown, lena.domains))
    world.wait(DAY)
    consents["not yet"] = world.grant(STATES["not yet"], starts_in=DAY)
    consents["never"] = consents["granted"]
    anna.revoke(consents["revoked"])
    spoken = consents["revoked by message"]
    message = Revoke(patient=anna.address, grantee=spoken.grantee, terms=spoken.terms)
    world.gateway.shelf.saw_revoke(Signed.by(anna.account, message, anna.domains))
    for name, power in (
        ("delegate who reads", Power.READ),
        ("delegate who refuses", Power.REFUSE),
        ("former delegate", Power.READ | Power.REFUSE | Power.GRANT),
    ):
        anna.delegate(keys[name].address, power, days=30)
    anna.delegate(keys["former delegate"].address, Power.NONE, days=30)
    asked = [
        hill.request(
            anna.address, world.gateway, categories=[Category.NOTES], purposes=["TREAT"], days=9, why="a check-up"
        )
        for _ in range(2)
    ]
    anna.refuse(asked[1])
    anna.dispute(leaves["granted"], reason=3)
    door = HttpDoor(world.gateway)
    tokens: dict[str, str | None] = {name: None if name == "nobody" else door.sign_in(keys[name]) for name in ROLES[1:]}
    tokens["nobody"] = None
    sandbox.regulator.suspend(keys["suspended"].address)
    hill.remove_staff(keys["grantee's former staff"].address)
    world.gateway.anchoring.keep_up()
    rows = world.gateway.postbox.requests(anna.address)
    return Town(
        world=world,
        door=door,
        keys=keys,
        tokens=tokens,
        consents=consents,
        leaves=leaves,
        request=asked[0].digest,
        refused=asked[1].request,
        root=anchoring.root,
        erased=erased,
        locked=locked,
        period=world.gateway.audit.periods()[-1],
        letter=next(row.sealed for row in rows if row.request == asked[0].request),
    )

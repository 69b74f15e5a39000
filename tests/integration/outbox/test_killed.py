"""Killed by SIGKILL after every single step of an upload, a grant and an erasure; a fresh process completes it.

The chain is a real node, the vault and the store are files, and every process is a process.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest

from medshare.actors import Patient
from medshare.actors.consenting import sign_consent
from medshare.actors.requester import DAY
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import closure
from medshare.deployment import file
from medshare.deployment.anvil import Anvil
from medshare.deployment.deploy import deploy
from medshare.deployment.file import Settings
from medshare.keys.account import AccountKey
from medshare.ledger import events
from medshare.outbox import steps
from medshare.outbox.report import Resumed
from medshare.signed import Signed
from medshare.typed_data import Erase
from medshare.vault import CapsuleRow, ConsentRow, ErasedRow, OutboxRow, ProofRow, Stage
from tests.integration.outbox import child
from tests.integration.outbox.house import ETHER, House, found_house, open_house

ROOT = Path(__file__).parents[3]
KILLED = -9
LONGEST = 120  # seconds, on a machine that is busy with other tests

UPLOAD_STEPS = [
    steps.DRAFTED,
    steps.SEALED,
    steps.BODIES_STORED,
    steps.DEPOSITED,
    steps.QUOTED,
    steps.SAVED,
    steps.HANDED_OVER,
    steps.SENT,
    steps.MINED,
    steps.PLACED,
]
GRANT_STEPS = [
    steps.QUOTED,
    steps.SAVED,
    steps.HANDED_OVER,
    steps.SENT,
    steps.MINED,
    steps.CONSENT_KEPT,
    steps.CLOSED,
]
ERASURE_STEPS = [
    steps.ERASURE_KEPT,
    steps.DESTROYED,
    steps.QUOTED,
    steps.SAVED,
    steps.HANDED_OVER,
    steps.SENT,
    steps.MINED,
    steps.CLOSED,
]


@dataclass
class Scene:
    """The chain, the folder, and processes to start and to kill."""

    node: str
    folder: Path
    house: House
    anna: Patient
    reader: str
    processes: ForkServerContext
    counted: int = field(default=0)

    def run(self, target: Callable[..., None], *arguments: Any) -> Any:
        """Run `target` in a process of its own; return what it tells, or None if it was killed."""
        ours, theirs = multiprocessing.Pipe(duplex=False)
        process = self.processes.Process(target=target, args=(self.folder, self.node, *arguments, theirs))
        process.start()
        theirs.close()
        process.join(LONGEST)
        killed = process.exitcode == KILLED
        assert killed or process.exitcode == 0
        told = None if killed else ours.recv()
        ours.close()
        process.close()
        return told

    def play(self, act: str, *arguments: Any, at: str | None = None) -> list[str] | None:
        """Carry out an act in another process, which dies at moment `at`."""
        told = self.run(child.play, act, arguments, at)
        assert (told is None) is (at is not None)
        return told

    def resume(self) -> dict[str, Resumed]:
        """Start the hospital anew in another process."""
        return self.run(child.resume)

    def sent(self) -> int:
        """How many transactions the hospital and its gateway have on the chain."""
        accounts = (self.house.hospital.address, self.house.gateway.address)
        return sum(self.house.ledger.mined_nonce(account) for account in accounts)

    def words(self) -> str:
        """A sentence that stands in no other document."""
        self.counted += 1
        return f"a very private sentence, number {self.counted:04}"

    def happened(self, kind: Any, **fields: Any) -> int:
        told = (log.event for log in self.house.ledger.events(kinds=(kind,)))
        return sum(all(getattr(event, name) == value for name, value in fields.items()) for event in told)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("hospital")
    with (
        Anvil(block_time=0, options=("--block-time", "0.2")) as anvil,
        pytest.MonkeyPatch.context() as patch,
    ):
        deployer, regulator = AccountKey.generate(), AccountKey.generate()

        def fund(account: str) -> None:
            anvil.rpc.request("anvil_setBalance", account, hex(1000 * ETHER))

        fund(deployer.address)
        fund(regulator.address)
        file.save(folder / "chain.json", deploy(anvil.rpc, deployer, regulator.address, Settings(slot_seconds=1)))
        house, anna, reader = found_house(folder, anvil.url, regulator, fund)
        processes = multiprocessing.get_context("forkserver")
        processes.set_forkserver_preload(["tests.integration.outbox.child"])
        # The server of processes looks for the modules by this path alone, and says nothing when it finds none.
        patch.setenv("PYTHONPATH", str(ROOT))
        yield Scene(node=anvil.url, folder=folder, house=house, anna=anna, reader=reader, processes=processes)
        house.close()


def test_these_are_all_the_steps(scene: Scene) -> None:
    """What is killed below is killed everywhere."""
    assert scene.play("upload", scene.anna.address, scene.words()) == UPLOAD_STEPS
    assert scene.play("grant", consent(scene).to_bytes()) == GRANT_STEPS
    assert scene.play("erase", erasure(scene)[0]) == ERASURE_STEPS


# Uploads


@pytest.mark.parametrize("at", [*UPLOAD_STEPS, child.ANSWER])
def test_an_upload_is_completed(scene: Scene, at: str) -> None:
    """[U-011, U-013, U-014] R01: one anchor, every document once, no plaintext on the disk, no second transaction."""
    vault, words = scene.house.gateway.office.vault, scene.words()
    capsules, proofs, sent = vault.count(CapsuleRow), vault.count(ProofRow), scene.sent()
    anchors = scene.happened(events.Anchored)
    scene.play("upload", scene.anna.address, words, at=at)
    found = scene.resume()
    sealing, anchoring = at in UPLOAD_STEPS[:3], at in UPLOAD_STEPS[5:9] or at == child.ANSWER
    assert found["uploads"] == Resumed(completed=2 if sealing else 0)
    assert found["periods"] == Resumed(completed=1 if anchoring else 0)
    if at in UPLOAD_STEPS[:5]:
        # The upload was promised, the anchor was not: the period is closed as usual.
        scene.house.hospital.anchor()
    assert scene.happened(events.Anchored) == anchors + 1
    assert scene.sent() == sent + 1
    assert vault.count(CapsuleRow) == capsules + 2
    assert vault.count(ProofRow) == proofs + 2
    assert vault.count(OutboxRow, act="draft") == vault.count(OutboxRow, state=Stage.SEALED) == 0
    assert scene.run(child.search, words) == []
    assert len(scene.anna.sync().new) == 2
    assert scene.resume() == dict.fromkeys(("grants", "erasures", "uploads", "periods"), Resumed())


# Grants


def consent(scene: Scene) -> ConsentDocument:
    """A consent that Anna signed; each is another one, by its nonce."""
    return sign_consent(
        scene.anna,
        grantee=scene.reader,
        categories=(Category.PROBLEMS,),
        purposes=closure(["TREAT"]),
        actions=Action.READ,
        seconds=30 * DAY,
        language="en",
    )


@pytest.mark.parametrize("at", [*GRANT_STEPS, child.ANSWER])
def test_a_grant_is_completed(scene: Scene, at: str) -> None:
    """[U-009] R01: granted once, the document kept, no second transaction though the patient asks again."""
    document, sent, vault = consent(scene), scene.sent(), scene.house.gateway.office.vault
    scene.play("grant", document.to_bytes(), at=at)
    found = scene.resume()
    assert found["grants"] == Resumed(completed=0 if at in {steps.QUOTED, steps.CLOSED} else 1)
    if at != steps.QUOTED:
        assert vault.get(ConsentRow, consent_id=document.consent_id) is not None
    scene.house.gateway.grant(document)
    scene.house.gateway.postbox.take_consent(document)
    scene.anna.leave_envelope(document)
    assert scene.house.gateway.postbox.envelope(document.consent_id)[0].message.consent_id == document.consent_id
    assert scene.happened(events.Granted, terms=document.terms) == 1
    assert scene.sent() == sent + 1
    assert scene.resume()["grants"] == Resumed()


# Erasures


def erasure(scene: Scene) -> tuple[Signed[Erase], bytes, str]:
    """A signed erasure of a fresh document, its leaf, and the CID of its body."""
    child.upload(scene.house, scene.anna.address, scene.words())
    scene.anna.sync()
    copy = scene.anna.state.capsules[-1]
    signed = Signed.by(scene.anna.account, Erase(patient=copy.patient, inner=copy.inner), scene.anna.domains)
    return signed, copy.leaf, copy.cid


@pytest.mark.parametrize("at", [*ERASURE_STEPS, child.ANSWER])
def test_an_erasure_is_completed(scene: Scene, at: str) -> None:
    """[U-010] R01: destroyed, one tombstone, signed for."""
    signed, leaf, cid = erasure(scene)
    sent, vault = scene.sent(), scene.house.gateway.office.vault
    scene.play("erase", signed, at=at)
    found = scene.resume()
    assert found["erasures"] == Resumed(completed=0 if at == steps.CLOSED else 1)
    assert vault.get(CapsuleRow, leaf=leaf) is None
    assert vault.get(ProofRow, leaf=leaf) is None
    assert vault.get(OutboxRow, id=leaf) is None
    assert not scene.house.gateway.office.store.has(cid)
    assert vault.get(ErasedRow, leaf=leaf, holder=scene.house.hospital.address) is not None
    assert scene.happened(events.Erased, leaf=leaf) == 1
    assert scene.sent() == sent + 1
    assert scene.resume()["erasures"] == Resumed()


def test_nothing_was_lost_on_the_way(scene: Scene) -> None:
    """After all these deaths another process reads the same vault: every document but the erased ones opens."""
    house = open_house(scene.folder, scene.node)
    vault = house.gateway.office.vault
    assert vault.count(CapsuleRow) == vault.count(ProofRow) == len(scene.anna.state.capsules) - erased(scene)
    house.close()


def erased(scene: Scene) -> int:
    vault = scene.house.gateway.office.vault
    return sum(vault.get(CapsuleRow, leaf=copy.leaf) is None for copy in scene.anna.state.capsules)

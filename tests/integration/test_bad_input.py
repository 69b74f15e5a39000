"""Bad input of every kind: its own exception, one clear sentence with a remedy, nothing half-written."""

from __future__ import annotations

import gzip
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from medshare.age.errors import NoIdentityMatches
from medshare.consent.categories import Category
from medshare.deployment.anvil import Anvil
from medshare.deployment.deploy import deploy
from medshare.deployment.file import Settings
from medshare.errors import MedShareError
from medshare.intake import errors as intake
from medshare.keys.account import AccountKey
from medshare.keys.errors import KeystorePassphrase
from medshare.keys.keystore import read_keystore, write_keystore
from medshare.keys.root import RootSecret
from medshare.ledger import CONSENTS
from medshare.ledger.chain import ChainLedger
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.errors import CodeDiffers, NoContract, NodeUnreachable, WrongChain
from medshare.record.opening import ExpectedRecord, open_document
from medshare.vault.errors import NotAVault, VaultMissing, VaultVersion
from medshare.vault.rows import ROWS
from medshare.vault.sql import SqlVault
from tests.unit.actors.world import make_world

TWO_GIGABYTES = 2 * 2**30


@pytest.fixture(scope="module")
def world():
    return make_world()


def told(error: MedShareError) -> None:
    """One sentence that says what is wrong, one that says what to do, no trace of the data."""
    cause, remedy = type(error).cause.format(**error.facts), type(error).remedy.format(**error.facts)
    assert cause.endswith(".")
    assert remedy.endswith(".")
    assert "\n" not in str(error)
    assert "Wang" not in str(error)


def everything(world) -> tuple:
    """All that the hospital holds: rows of every kind, bodies, what waits for the next anchor, the chain."""
    office = world.city.gateway.office
    return (
        [office.vault.count(row) for row in ROWS],
        list(office.store.list()),
        len(world.city._writer.waiting),
        world.ledger.head().number,
    )


def patient_bundle(**more) -> bytes:
    url = "urn:uuid:1f6f5c9e-0000-4000-8000-000000000001"
    resource = {"resourceType": "Patient", "id": url[9:], "name": [{"family": "Wang"}]} | more
    return json.dumps(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": url, "resource": resource}]}
    ).encode()


DANGLING = patient_bundle(managingOrganization={"reference": "urn:uuid:00000000-0000-4000-8000-00000000dead"})


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (b'{"not":"FHIR"}', intake.NotFhirError),
        (b'{"resourceType":"Patient"}', intake.NotABundleError),
        (patient_bundle()[:-20], intake.NotJsonError),
        (b"\xff\xfe" + patient_bundle(), intake.NotUtf8Error),
        (b"[" * 10_000, MedShareError),
        (gzip.compress(b" " * 200_000_000), intake.SourceExpandsTooFarError),
        (gzip.compress(patient_bundle())[:-6], intake.GzipBrokenError),
        (DANGLING, intake.DanglingReferenceError),
        (patient_bundle(birthDate="not a date"), intake.InvalidResourceError),
    ],
)
def test_what_is_no_good_bundle_is_refused_and_nothing_of_it_is_kept(world, source, error):
    """[I-006] A10: not FHIR, broken JSON, too deep, a bomb, references to nowhere."""
    before = everything(world)
    with pytest.raises(error) as caught:
        world.city.upload(world.anna.address, world.city.intake(source))
    told(caught.value)
    assert everything(world) == before


def test_a_file_of_two_gigabytes_is_refused_by_its_size(world, tmp_path: Path):
    """[I-006] A10: before a byte of it is read."""
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(TWO_GIGABYTES)
    before = everything(world)
    with pytest.raises(intake.SourceTooLargeError) as caught:
        world.city.intake(path)
    told(caught.value)
    assert everything(world) == before


@pytest.fixture(scope="module")
def chain():
    """A fresh chain with the contracts on it: the node and where they stand."""
    with Anvil() as anvil:
        deployer, regulator = AccountKey.generate(), AccountKey.generate()
        anvil.rpc.request("anvil_setBalance", deployer.address, hex(10**20))
        yield anvil.rpc, deploy(anvil.rpc, deployer, regulator.address, Settings(slot_seconds=1))


def test_a_good_deployment_opens(chain):
    """[G-002] Positive."""
    rpc, deployment = chain
    assert ChainLedger(rpc, deployment.info).head().number > 0


def test_a_wrong_chain_id_is_named(chain):
    """[G-002] E02."""
    rpc, deployment = chain
    with pytest.raises(WrongChain) as caught:
        ChainLedger(rpc, replace(deployment.info, chain_id=1))
    told(caught.value)


def test_an_address_without_a_contract_or_with_another_is_named(chain):
    """[G-002] C12."""
    rpc, deployment = chain
    addresses = dict(deployment.info.addresses)
    for at, error in (("0x" + "9" * 40, NoContract), (next(iter(addresses.values())), CodeDiffers)):
        wrong = {**addresses, CONSENTS: at}
        if at == addresses[CONSENTS]:
            wrong[CONSENTS] = list(addresses.values())[-1]
        with pytest.raises(error) as caught:
            ChainLedger(rpc, replace(deployment.info, addresses=wrong))
        told(caught.value)


def test_a_node_that_is_down_is_named(chain):
    """[G-002] R04: and the name holds no key of a node service."""
    _, deployment = chain
    with pytest.raises(NodeUnreachable) as caught:
        ChainLedger(Rpc.http("http://user:secret@127.0.0.1:9/v3/secret", timeout=1), deployment.info)
    told(caught.value)
    assert "secret" not in str(caught.value)


def test_a_vault_from_another_version_is_left_as_it_is(tmp_path: Path):
    """R17: neither read nor changed."""
    path = tmp_path / "vault.db"
    SqlVault(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
    database.close()
    before = path.read_bytes()
    with pytest.raises(VaultVersion) as caught:
        SqlVault(f"sqlite:///{path}")
    told(caught.value)
    assert path.read_bytes() == before


def test_a_file_that_is_no_vault_is_left_as_it_is(tmp_path: Path):
    path = tmp_path / "notes.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE notes (text TEXT)")
    database.close()
    with pytest.raises((NotAVault, VaultMissing)) as caught:
        SqlVault(f"sqlite:///{path}")
    told(caught.value)
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("notes",)]
    database.close()


def test_a_wrong_passphrase_opens_neither_account_nor_root():
    """[E-001] K11: one sentence, and no hint how near it was."""
    keystore = write_keystore(AccountKey.generate(), "right", work=4096)
    with pytest.raises(KeystorePassphrase) as caught:
        read_keystore(keystore, "wrong")
    told(caught.value)
    sealed = RootSecret.generate().seal("right", work_factor=10)
    with pytest.raises(MedShareError) as second:
        RootSecret.open(sealed, "wrong")
    told(second.value)


@pytest.fixture(scope="module")
def released(world):
    """Two documents as their owner's agent holds them: all that opening needs."""
    world.write(Category.PROBLEMS, Category.LABORATORY)
    world.anna.sync()
    found = {}
    for row in world.gateway.counter.listing(world.ask_own()).rows:
        placement, compartment = row.sealed.placement, row.deposit.message.compartment
        found[Category(compartment)] = {
            "capsule": row.sealed.capsule,
            "body": world.gateway.body(row.sealed.cid),
            "identity": world.anna.keys.identity(compartment, row.sealed.epoch),
            "expected": ExpectedRecord(
                chain_id=world.anna.domains.chain_id,
                registry=world.anna.domains.records,
                provider=placement.provider,
                patient=placement.patient,
                category=compartment,
                leaf=row.leaf,
                root=placement.root,
                proof=placement.proof,
            ),
        }
    return found


@pytest.mark.parametrize("cut", [1, 16, 17, 1000])
def test_a_truncated_body_gives_no_document(released, cut):
    """[E-003, O-001] S04."""
    whole = released[Category.PROBLEMS]
    assert open_document(**whole).content
    with pytest.raises(MedShareError) as caught:
        open_document(**{**whole, "body": whole["body"][:-cut]})
    told(caught.value)


def test_a_capsule_for_another_key_gives_no_document(released):
    """[E-001, O-002] K04."""
    problems, laboratory = released[Category.PROBLEMS], released[Category.LABORATORY]
    with pytest.raises(NoIdentityMatches) as caught:
        open_document(**{**problems, "identity": laboratory["identity"]})
    told(caught.value)
    with pytest.raises(MedShareError) as second:
        open_document(**{**problems, "capsule": laboratory["capsule"]})
    told(second.value)

"""A patient with an agent, a clinic with a key, a stranger; and a consent between the first two."""

from __future__ import annotations

import dataclasses

from medshare.age import HybridIdentity
from medshare.consent.actions import Action
from medshare.consent.document import ConsentDocument
from medshare.consent.slots import scope
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32
from medshare.keys.account import AccountKey
from medshare.keys.compartments import Compartments
from medshare.keys.directory import KeyDirectory, Place
from medshare.keys.envelope import AddressSeeds
from medshare.keys.root import RootSecret
from tests.vectors.generate_consent import NOW, good_word, stream
from tests.vectors.generate_typed_data import DOMAINS

PATIENT_ACCOUNT = AccountKey(keccak(b"the patient's account"))
PATIENT = PATIENT_ACCOUNT.address
ROOT = RootSecret(keccak(b"the patient's root"))
KEYS = Compartments(ROOT)
OTHER_KEYS = Compartments(RootSecret(keccak(b"another root")))
CLINIC_ACCOUNT = AccountKey(keccak(b"the clinic's account"))
CLINIC = CLINIC_ACCOUNT.address
CLINIC_KEY = HybridIdentity.from_seed(keccak(b"the clinic's key"))
STRANGER_ACCOUNT = AccountKey(keccak(b"a stranger's account"))
STRANGER = STRANGER_ACCOUNT.address
STRANGER_KEY = HybridIdentity.from_seed(keccak(b"a stranger's key"))
OLD_ADDRESS = "0x" + "0d" * 20
OTHER_DOMAINS = dataclasses.replace(DOMAINS, chain_id=1)
EPOCH = 5
LABORATORY, MEDICATIONS = 7, 5
CUSTODIAN = Place(account=CLINIC, url="https://clinic.example/medshare")

__all__ = ["DOMAINS", "NOW"]


def consent(categories=(MEDICATIONS, LABORATORY), actions=Action.READ, text="words", grantee=CLINIC) -> ConsentDocument:
    nonce = keccak(text.encode())
    return ConsentDocument(
        chain_id=DOMAINS.chain_id,
        registry=DOMAINS.consents,
        patient=PATIENT,
        grantee=grantee,
        word=good_word(scope=scope(nonce, categories, entropy=stream(text)), actions=int(actions)),
        request=ZERO_32,
        statement=f"S1-en {text}\n{nonce.hex()}",
        signer=PATIENT,
    )


def seeds(categories=(MEDICATIONS, LABORATORY), *, keys=KEYS, epoch=EPOCH, patient=PATIENT) -> AddressSeeds:
    return AddressSeeds(patient=patient, epoch=epoch, seeds={c: keys.seed(c, epoch) for c in categories})


DIRECTORY = KeyDirectory.of(
    KEYS, domains=DOMAINS, patient=PATIENT, epoch=EPOCH, custodians=[CUSTODIAN], postboxes=[CUSTODIAN]
)

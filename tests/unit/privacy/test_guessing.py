"""What 200 consents and 200 revocations tell somebody who has the chain, all directories and all row sizes."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from medshare.age import HybridIdentity
from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, SENSITIVE, Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import closure
from medshare.consent.terms import consent_id
from medshare.gateway.postbox import CONSENT_SIZE, padded_consent
from medshare.keys.compartments import Compartments
from medshare.keys.directory import KeyDirectory
from medshare.keys.envelope import AddressSeeds, seal_envelope
from medshare.keys.root import RootSecret
from medshare.statement import AccreditationRecord, draft
from medshare.typed_data import Domains
from tests.unit.privacy.guesser import Row, advantage, chance_of_that

CONSENTS, SEED, NOW = 200, 20_261_123, 1_800_000_000
EVERYDAY = tuple(category for category in CATEGORIES if category not in SENSITIVE)
RATES = {category: 0.5 / (place + 1) for place, category in enumerate(EVERYDAY)}
"""How common a category is among consents: from one in two down to one in forty."""

COMMON = EVERYDAY[:6]
"""The categories that are common enough for a guesser to learn anything in 100 consents."""

DOMAINS = Domains(
    chain_id=31337,
    participants="0x" + "01" * 20,
    consents="0x" + "02" * 20,
    requests="0x" + "03" * 20,
    records="0x" + "04" * 20,
    audit="0x" + "05" * 20,
)
CLINIC = AccreditationRecord(account="0x" + "0c" * 20, names={"en": "The Clinic"}, roles=2, jurisdiction=158)


@dataclass(frozen=True)
class Story:
    """One consent, granted and revoked: what was granted, and what is seen of it."""

    categories: frozenset[Category]
    consent: ConsentDocument
    envelope: int
    directory: int
    next_directory: int


def bits(number: int, length: int) -> list[float]:
    return [float(number >> index & 1) for index in range(length)]


def seen(story: Story) -> Row:
    """The chain's word, ids and revocation, the sizes of directories before and after, the sizes of rows."""
    word, document = story.consent.word, story.consent
    terms = int.from_bytes(document.terms, "big")
    identifier = consent_id(patient=document.patient, grantee=document.grantee, terms=document.terms)
    return [
        *bits(word.scope, 64),
        float(word.scope.bit_count()),
        float(word.actions),
        float(word.not_after - word.not_before),
        *bits(terms, 16),
        *bits(int.from_bytes(identifier, "big"), 16),
        float(len(padded_consent(document))),
        float(story.envelope),
        float(story.directory),
        float(story.next_directory),
    ]


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    generator = random.Random(SEED)
    patients = [Compartments(RootSecret.generate(generator.randbytes)) for _ in range(3)]
    addresses = ["0x" + generator.randbytes(20).hex() for _ in patients]
    clinic = HybridIdentity.generate(generator.randbytes)

    def size_of_directory(number: int, epoch: int) -> int:
        return len(
            KeyDirectory.of(
                patients[number], domains=DOMAINS, patient=addresses[number], epoch=epoch, custodians=[], postboxes=[]
            ).to_bytes()
        )

    sizes = [(size_of_directory(number, 1), size_of_directory(number, 2)) for number in range(len(patients))]
    seeds = [{int(c): keys.seed(int(c), 1) for c in EVERYDAY} for keys in patients]
    told = []
    for index in range(CONSENTS):
        number = index % len(patients)
        chosen = [category for category in EVERYDAY if generator.random() < RATES[category]] or [EVERYDAY[0]]
        consent = draft(
            chain_id=DOMAINS.chain_id,
            registry=DOMAINS.consents,
            patient=addresses[number],
            grantee=CLINIC,
            categories=chosen,
            purposes=closure(["TREAT"]),
            actions=Action.READ,
            not_before=NOW + index,
            not_after=NOW + index + 30 * 86_400,
            issued_at=NOW + index,
            language=generator.choice(["en"]),
            custodians=[],
            entropy=generator.randbytes,
        )
        envelope = seal_envelope(
            consent,
            [AddressSeeds(patient=addresses[number], epoch=1, seeds={int(c): seeds[number][int(c)] for c in chosen})],
            grantee=clinic.recipient,
            seq=1,
            at=NOW + index,
            domains=DOMAINS,
            agent=patients[number].agent_key,
            entropy=generator.randbytes,
        )
        told.append(
            Story(
                categories=frozenset(chosen),
                consent=consent,
                envelope=len(envelope.data),
                directory=sizes[number][0],
                next_directory=sizes[number][1],
            )
        )
    return told


def labels(stories):
    return [frozenset(int(category) for category in story.categories) for story in stories]


def test_nobody_guesses_a_revoked_readers_categories_better_than_from_the_rates(stories):
    """[N-002] P02, P03, P07: chain, directories and row sizes of 200 consents and 200 revocations."""
    rows = [seen(story) for story in stories]
    assert chance_of_that(rows, labels(stories), COMMON, seed=SEED) > 0.01
    assert advantage(rows, labels(stories), COMMON) < 0.01


def test_sizes_are_the_same_whatever_was_granted(stories):
    """[N-002] P07: one size of envelope, of kept consent and of directory."""
    assert len({len(story.categories) for story in stories}) > 3
    assert len({len(padded_consent(story.consent)) for story in stories}) == 1
    assert len({story.envelope for story in stories}) == 1
    assert len({size for story in stories for size in (story.directory, story.next_directory)}) == 1


def in_the_open(story: Story) -> Row:
    """A scope without the shuffle: slot c is category c."""
    return [float(Category(number) in story.categories) for number in range(24)]


def length_of_the_words(story: Story) -> Row:
    """The consent document as it is, without the pad."""
    return [float(len(story.consent.to_bytes()))]


def size_by_seed(story: Story) -> Row:
    """An envelope that is as long as what it holds."""
    return [float(300 + 40 * len(story.categories))]


@pytest.mark.parametrize("leak", [in_the_open, length_of_the_words, size_by_seed])
def test_the_guesser_sees_a_planted_leak(stories, leak):
    """[N-002] Else its silence would mean nothing."""
    rows = [[*seen(story), *leak(story)] for story in stories]
    assert chance_of_that(rows, labels(stories), COMMON, seed=SEED) < 0.02
    assert advantage(rows, labels(stories), COMMON) > advantage([seen(s) for s in stories], labels(stories), COMMON)


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
@pytest.mark.parametrize("chosen", [EVERYDAY[:1], EVERYDAY])
def test_a_kept_consent_has_one_size_in_every_language(language, chosen):
    """[N-002]"""
    record = AccreditationRecord(
        account=CLINIC.account, names={"en": "The Clinic", "zh-Hant": "診所"}, roles=2, jurisdiction=158
    )
    document = draft(
        chain_id=1,
        registry=DOMAINS.consents,
        patient="0x" + "0a" * 20,
        grantee=record,
        categories=chosen,
        purposes=closure(["TREAT"]),
        actions=Action.READ,
        not_before=NOW,
        not_after=NOW + 99,
        issued_at=NOW,
        language=language,
        custodians=[],
    )
    assert len(padded_consent(document)) == CONSENT_SIZE

"""A persona shares nothing with the person. Case K15."""

from __future__ import annotations

from medshare.keys.account import AccountKey
from medshare.keys.compartments import CATEGORIES
from medshare.keys.persona import Persona
from medshare.keys.root import RootSecret
from tests.unit.keys.actors import KEYS, PATIENT
from tests.vectors.generate_consent import stream


def test_a_persona_has_an_address_a_root_and_keys_of_its_own():
    """Case P04."""
    persona = Persona.generate("quiet", stream("persona"))
    again = Persona.generate("quiet", stream("persona"))
    other = Persona.generate("quiet")
    assert persona.address == persona.account.address == again.address
    assert persona.address not in {PATIENT, other.address}
    assert persona.keys.agent != KEYS.agent
    for category in range(CATEGORIES):
        assert persona.keys.identity(category, 1).recipient != KEYS.identity(category, 1).recipient


def test_a_persona_comes_back_from_its_row():
    persona = Persona.generate("quiet")
    again = Persona.from_json(persona.to_json())
    assert again.root == persona.root
    assert again.account == persona.account
    assert again.label == "quiet"


def test_a_persona_is_masked():
    persona = Persona(label="quiet", root=RootSecret(b"\xc0" * 32), account=AccountKey(b"\xc1" * 32))
    assert repr(persona) == "Persona(label='quiet', root=<RootSecret masked>, account=<AccountKey masked>)"

"""Patients of one sandbox after the other have the same roots, so that their keys are derived once.

A directory holds the keys of 27 compartments, each 4,094 hashes from its root: half a second for each of
the hundreds of patients that the tests make. Accounts are fresh, and patients of one sandbox differ.
"""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Iterator

import pytest

from medshare.actors import Patient
from medshare.age import HybridIdentity
from medshare.keys.compartments import Compartments, CompartmentSeed
from medshare.keys.root import RootSecret
from medshare.sandbox import Sandbox


@pytest.fixture(autouse=True, scope="session")
def _roots() -> Iterator[None]:
    roots: list[RootSecret] = []
    made: weakref.WeakKeyDictionary[Sandbox, int] = weakref.WeakKeyDictionary()
    marks: defaultdict[bytes, dict[int, dict[int, CompartmentSeed]]] = defaultdict(dict)
    identities: defaultdict[bytes, dict[tuple[int, int], HybridIdentity]] = defaultdict(dict)
    initialise, patient, generate = Compartments.__init__, Sandbox.patient, RootSecret.generate

    def initialised(self: Compartments, root: RootSecret) -> None:
        initialise(self, root)
        self._marks, self._identities = marks[root.secret_bytes()], identities[root.secret_bytes()]

    def with_a_known_root(self: Sandbox) -> Patient:
        number = made[self] = made.get(self, 0) + 1
        if number > len(roots):
            roots.append(generate())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RootSecret, "generate", lambda entropy: roots[number - 1])
            return patient(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Compartments, "__init__", initialised)
        patch.setattr(Sandbox, "patient", with_a_known_root)
        yield

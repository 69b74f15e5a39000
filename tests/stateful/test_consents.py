"""Random steps on the contracts and on the model: the same decision, the same reason, the same events.

The invariants are numbered in README.md of this folder. `MEDSHARE_EXAMPLES` and `MEDSHARE_STEPS` make it longer.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from brownie import TestService
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from medshare.consent.reasons import Reason
from medshare.consent.rules import FOR_EVER, Query
from medshare.consent.terms import consent_id, request_digest
from medshare.record.leaf import leaf_hash
from tests.contracts.chainclock import rpc
from tests.contracts.people import low
from tests.stateful.steps import ACCESSORS, EMPLOYERS, PATIENTS, STAFF, C, P, Q, R, Steps

EXAMPLES = int(os.environ.get("MEDSHARE_EXAMPLES", "30"))
STEPS = int(os.environ.get("MEDSHARE_STEPS", "30"))


class Machine(Steps):
    """What holds after every step, by the numbers in README.md."""

    def queries(self):
        for draft in list(self.drafts.values())[-6:]:
            asked = Query(
                patient=draft.patient,
                grantee=draft.grantee,
                terms=draft.terms,
                accessor=draft.grantee,
                slot=0,
                purpose=60,
                action=1,
            )
            yield asked
            for name in ACCESSORS:
                yield replace(asked, accessor=low(self.people[name]))
            yield replace(asked, slot=1)
            yield replace(asked, slot=64)
            yield replace(asked, purpose=29)
            yield replace(asked, purpose=62)
            yield replace(asked, action=4)
            yield replace(asked, action=0)

    @invariant()
    def one_decision_and_one_reason(self):
        """1, 2."""
        self.both.settle()
        self.both.same_reasons(list(self.queries()))

    @invariant()
    def one_state(self):
        """3."""
        self.both.settle()
        model, people = self.both.model, self.people
        accounts = [low(people[name]) for name in (*PATIENTS, *STAFF, *EMPLOYERS, "researcher", "service")]
        delegates = [low(people[name]) for name in ("delegate", "insurer")]
        patients = accounts[:3]
        asked = [(P, "account", (who,)) for who in accounts]
        asked += [(C, "lockedAt", (who,)) for who in patients]
        asked += [(P, "movedTo", (who,)) for who in patients]
        asked += [(P, "recoveryOf", (who,)) for who in patients]
        asked += [(P, "delegationOf", (who, to)) for who in patients for to in delegates]
        asked += [(C, "actsUntil", (who, to, 1)) for who in patients for to in delegates]
        drafts = list(self.drafts.values())
        asked += [(C, "consentOf", (one.patient, one.grantee, one.terms)) for one in drafts]
        digests = [(one.requester, request_digest(one)) for one in self.openings]
        asked += [(Q, "deadlineOf", one) for one in digests]
        found = self.both.views(asked)
        expected = [(word_of(model.account(who)),) for who in accounts]
        expected += [(model.mark_of(who),) for who in patients]
        expected += [(model.successor_of(who),) for who in patients]
        expected += [(model.recovery_of(who),) for who in patients]
        expected += [delegation(model.delegation_of(who, to)) for who in patients for to in delegates]
        expected += [(model.empowered(who, to, 1),) for who in patients for to in delegates]
        expected += [(model.consent_of(one.patient, one.grantee, one.terms).word,) for one in drafts]
        expected += [(model.deadline_of(*one),) for one in digests]
        assert list(zip(asked, found, strict=True)) == list(zip(asked, expected, strict=True))
        self._rises(found, asked)

    def _rises(self, found, asked):
        """4, 5: what the contracts say never goes back."""
        for (_, name, arguments), answer in zip(asked, found, strict=True):
            if name == "consentOf":
                identifier = consent_id(patient=arguments[0], grantee=arguments[1], terms=arguments[2])
                status = answer[0] & 0xFF
                assert status >= self.statuses.get(identifier, 0)
                self.statuses[identifier] = status
            elif name == "lockedAt":
                assert answer[0] >= self.marks.get(arguments[0], 0)
                assert answer[0] <= self.both.time or answer[0] == FOR_EVER
                self.marks[arguments[0]] = answer[0]

    @invariant()
    def nothing_erased_comes_back(self):
        """6."""
        asked = [(R, "isErased", (leaf_hash(patient=who, inner=inner),)) for who, inner in sorted(self.erased)]
        assert all(answer[0] for answer in self.both.views(asked))

    @invariant()
    def who_moved_permits_nothing(self):
        """7."""
        moved = {who for who in PATIENTS if self.marks.get(low(self.people[who])) == FOR_EVER}
        addresses = {low(self.people[who]) for who in moved}
        queries = [one for one in self.queries() if one.patient in addresses]
        expected = {Reason.NEVER, Reason.REVOKED, Reason.LOCKED}
        assert set(self.both.same_reasons(queries)) <= expected


def word_of(account):
    """An account packed as AccountWord.sol packs it."""
    institution = int(account.institution, 16)
    return (
        int(account.roles) << 224
        | int(account.status) << 216
        | account.jurisdiction << 200
        | institution << 40
        | account.seq
    )


def delegation(value):
    return int(value.powers), value.issued_at, value.not_after


@pytest.fixture(scope="module")
def machine(empty, people):
    """A machine on fresh contracts."""
    service = people["deployer"].deploy(TestService)
    snapshot = [rpc("evm_snapshot")]
    return lambda: Machine(empty, people, service, snapshot)


def test_contract_and_model_decide_alike(machine):
    """[C-023] [C-012] [C-015] [C-016] [C-017] [C-018] [C-020] [C-021] [C-022] [Q-004] C02: step by step."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="MEDSHARE_EXAMPLES" not in os.environ,
            suppress_health_check=HealthCheck.all(),
            print_blob=True,
        ),
    )

"""One seed is one run; what fails is made small; the quick vault keeps the rules of the real one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.vault import NonceRow, OutboxRow, RowConflict, RowMissing, RowOutdated, Stage
from medshare.vault.sql import memory_vault
from tests.simulation import many
from tests.simulation.faults import Fault
from tests.simulation.invariants import Violation
from tests.simulation.run import Plan, Result, plan_of, play
from tests.simulation.shrink import shrink
from tests.simulation.vault import MemoryVault


def test_the_same_seed_gives_the_same_run() -> None:
    first, second = play(plan_of(7)), play(plan_of(7))
    assert first.trace == second.trace
    assert first.faults == second.faults
    assert first.violation is None


def test_another_seed_gives_another_run() -> None:
    assert play(plan_of(7)).trace != play(plan_of(8)).trace


def test_a_failure_is_shrunk_to_what_it_needs() -> None:
    """Everything is left out but one act and one fault that fail together."""
    plan = plan_of(2)
    act, fault = plan.acts[2], plan.faults[0]

    def again(tried: Plan) -> Result:
        fails = act in tried.acts and fault in tried.faults
        return replace(failed, plan=tried, violation=Violation("I1", "", 0) if fails else None)

    failed = replace(play(replace(plan, acts=(), faults=())), plan=plan, violation=Violation("I1", "", 0))
    assert shrink(failed, again).plan == replace(plan, acts=(act,), faults=(fault,))


def test_every_kind_of_fault_is_planned_in_more_than_a_fifth_of_the_seeds() -> None:
    plans = [plan_of(seed) for seed in range(1, 401)]
    for kind in Fault:
        assert sum(any(fault.kind is kind for fault in plan.faults) for plan in plans) > 80


@pytest.fixture(params=["quick", "real"])
def vault(request):
    return MemoryVault() if request.param == "quick" else memory_vault()


ROW = OutboxRow(id=b"\x01" * 32, act="draft", state=Stage.SEALED, work=b"{}")
NONCE = NonceRow(signer="0x" + "aa" * 20, nonce=b"\x02" * 32, at=7)


def test_a_row_goes_forward_and_not_back(vault) -> None:
    vault.put(ROW)
    vault.put(replace(ROW, state=Stage.STORED))
    with pytest.raises(RowOutdated):
        vault.put(ROW)
    assert vault.require(OutboxRow, id=ROW.id).state is Stage.STORED


def test_a_row_that_never_changes_is_refused_under_the_same_key(vault) -> None:
    vault.put(NONCE)
    vault.put(NONCE)
    with pytest.raises(RowConflict):
        vault.put(replace(NONCE, at=8))
    with pytest.raises(RowConflict):
        vault.add(NONCE)


def test_a_transaction_that_fails_leaves_nothing(vault) -> None:
    def fail() -> None:
        with vault.transaction() as rows:
            rows.put(NONCE)
            rows.require(OutboxRow, id=ROW.id)

    with pytest.raises(RowMissing):
        fail()
    assert vault.count(NonceRow) == 0


@pytest.mark.parametrize("words", [["--seeds", "0"], ["--seeds", "-1"], ["--workers", "x"]])
def test_no_seed_at_all_is_not_taken_for_success(words, capsys):
    with pytest.raises(SystemExit) as ended:
        many.main(words)
    assert ended.value.code == 2
    assert "is not a whole number above 0" in capsys.readouterr().err

"""Planted faults change one thing, keep the lines, and have keys that survive moved lines."""

from __future__ import annotations

import ast

from scripts import python_mutants, solidity_mutants
from scripts.mutate_contracts import report
from scripts.solidity_mutants import mutants

SOLIDITY = """pragma solidity 0.8.37;
import {A} from "./A.sol";
// a < b
contract C {
    uint256 constant MOST = 100;
    function f(uint256 x) external returns (bool) {
        if (x >= MOST && !_known[x]) revert C_Bad("x < y");
        _known[x] = true;
        emit Known(x);
        return x + 1 > 2;
    }
}
"""


def shown(text):
    return {(one.kind, one.old, one.new) for one in mutants(text, "contracts/C.sol")}


def test_every_kind_of_fault_is_planted_in_code():
    found = shown(SOLIDITY)
    assert {kind for kind, _, _ in found} == {
        "comparison",
        "logic",
        "arithmetic",
        "constant",
        "truth",
        "negation",
        "deleted condition",
        "deleted statement",
    }
    assert ("comparison", ">=", ">") in found
    assert ("constant", "100", "101") in found
    assert ("deleted statement", "emit Known(x);", "{}") in found


def test_comments_strings_imports_and_types_are_left_alone():
    for one in mutants(SOLIDITY, "contracts/C.sol"):
        assert one.line not in {1, 2, 3}
        assert "256" not in one.old or one.kind.startswith("deleted")


def test_a_fault_keeps_the_number_of_lines():
    for one in mutants(SOLIDITY, "contracts/C.sol"):
        changed = one.apply(SOLIDITY)
        assert changed != SOLIDITY
        assert changed.count("\n") == SOLIDITY.count("\n")


def test_keys_are_unique_and_survive_a_moved_line():
    keys = [one.key for one in mutants(SOLIDITY, "contracts/C.sol")]
    moved = [one.key for one in mutants(SOLIDITY.replace("contract C", "\n\ncontract C"), "contracts/C.sol")]
    assert len(keys) == len(set(keys))
    assert keys == moved


def test_an_equivalent_fault_does_not_count_and_a_killed_one_in_the_list_is_named(capsys):
    first, second, third, *_ = mutants(SOLIDITY, "contracts/C.sol")
    results = {first: "killed", second: "survived", third: "survived"}
    share = report(results, {first.key, second.key}, [first.key], whole=True)
    said = capsys.readouterr().out
    assert share == 50
    assert f"lists {first.key}, which is killed" in said
    assert f"lists {second.key}, which is no fault any more" in said
    assert f"survived {third}" in said


PYTHON = '''
def f(x: int = 3, *, y: "int | None" = None) -> bool:
    """Less than <."""
    if x < 3 and not y:
        raise ValueError(f"{x + 1} < 2")
    g(x)
    return x + 1 in (1, 2) or True
'''


def test_python_faults_parse_and_differ():
    found = python_mutants.mutants(PYTHON, "medshare/a.py")
    kinds = {one.kind for one in found}
    assert kinds == {
        "comparison",
        "logic",
        "negation",
        "arithmetic",
        "constant",
        "truth",
        "condition",
        "deleted raise",
        "deleted call",
    }
    for one in found:
        assert ast.dump(ast.parse(one.apply(PYTHON))) != ast.dump(ast.parse(PYTHON))


def test_solidity_and_python_show_where_a_fault_stands():
    assert str(solidity_mutants.mutants(SOLIDITY, "contracts/C.sol")[0]).split()[1].startswith("contracts/C.sol:")

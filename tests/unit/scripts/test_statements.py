"""Deleting a marked statement leaves a source that still parses and has as many lines."""

from __future__ import annotations

import ast

import pytest

from scripts.statements import NoStatementError, masked, without_python, without_solidity

PYTHON = '''def f(x):
    if x:  # one
        raise ValueError(
            x
        )
    # two

    y = (1,
         2)  # three
    if y:
        return 1
    elif x:  # four
        return "é"
    return y


def g():  # five
    """Says."""
    return 1
'''


@pytest.mark.parametrize(
    ("mark", "gone", "kept"),
    [
        ("one", "raise ValueError", "elif x"),
        ("two", "y = (1", "raise ValueError"),
        ("three", "y = (1", "elif x"),
        ("four", "elif x", 'return "é"'),
        ("five", "Says", "elif x"),
    ],
)
def test_the_marked_python_statement_goes_and_the_rest_stays(mark, gone, kept):
    line = next(number for number, row in enumerate(PYTHON.splitlines(), 1) if row.endswith(f"# {mark}"))
    text = without_python(PYTHON, {line})
    ast.parse(text)
    assert text.count("\n") == PYTHON.count("\n")
    assert gone in PYTHON
    assert gone not in text
    assert kept in text


def test_several_marks_go_together():
    text = without_python(PYTHON, {2, 6})
    assert "raise" not in text
    assert "y = (1" not in text


def test_a_mark_after_the_last_statement_stands_beside_nothing():
    with pytest.raises(NoStatementError):
        without_python("x = 1\n# nothing below\n", {2})


SOLIDITY = """contract A {
    function f(uint256 x) external { // body
        if (x > 1) revert A_Bad(x); // short
        // below
        if (x == 0) {
            y = 1;
        } else if (x == 2) {
            y = 2;
        }
        require(
            x > 4, "a // b; c }"
        ); // long
        return a(x)
            && b; // middle
    }
}
"""


@pytest.mark.parametrize(
    ("mark", "gone", "kept"),
    [
        ("body", "return a(x)", "function f(uint256 x) external {}"),
        ("short", "revert A_Bad", "if (x == 0)"),
        ("below", "y = 2;", "require("),
        ("long", "x > 4", "return a(x)"),
        ("middle", "return a(x)", "require("),
    ],
)
def test_the_marked_solidity_statement_goes_and_the_rest_stays(mark, gone, kept):
    line = next(number for number, row in enumerate(SOLIDITY.splitlines(), 1) if row.endswith(f"// {mark}"))
    text = without_solidity(SOLIDITY, {line})
    assert text.count("\n") == SOLIDITY.count("\n")
    assert gone not in text
    assert kept in text


def test_comments_and_strings_are_masked_in_place():
    code = 'a; // b;\nc("d;"); /* e;\n */ f;'
    assert len(masked(code)) == len(code)
    assert masked(code).count(";") == 3

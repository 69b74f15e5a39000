"""A sentence without a test, one without code, and a number without a sentence are found."""

from __future__ import annotations

import pytest

from scripts.specification import Place, marks, problems, python_tests, read, solidity_tests

PYTHON = '''
"""[A-009] speaks of the whole file."""

@given(x=1)
def test_one(x):
    """One [A-001, A-002]."""

class TestGroup:
    def test_two(self):
        """[A-003]"""
        def inner():
            pass
'''

SOLIDITY = """
contract T {
    /// [A-001] a stranger may not
    function test_one() external {
        x(); // [A-002]
    }

    function helper() external {}

    // [A-003]
    // and more
    function invariant_two() external {}
}
"""


def test_a_python_number_belongs_to_the_test_that_holds_it():
    found = {number: place.test for number, place in python_tests(PYTHON, "t.py")}
    assert found == {"A-009": "", "A-001": "test_one", "A-002": "test_one", "A-003": "TestGroup::test_two"}


def test_a_solidity_number_belongs_to_the_test_around_or_below():
    found = {number: place.test for number, place in solidity_tests(SOLIDITY, "t.t.sol")}
    assert found == {"A-001": "test_one", "A-002": "test_one", "A-003": "invariant_two"}


def test_only_a_comment_marks_code():
    text = 'x = "[A-001]"\nif y:  # late [A-002]\n    pass\n'
    assert list(marks(text, "a.py")) == [("A-002", Place("a.py", 2))]
    assert list(marks("f(); // [A-003, A-004]", "a.sol")) == [
        ("A-003", Place("a.sol", 1)),
        ("A-004", Place("a.sol", 1)),
    ]


@pytest.fixture
def tree(tmp_path):
    def make(*, page, test="", code=""):
        for folder in ("docs", "tests/unit/a", "medshare", "contracts"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / "specification.md").write_text(page)
        (tmp_path / "tests" / "unit" / "a" / "test_a.py").write_text(f'def test_a():\n    """{test}"""\n')
        (tmp_path / "medshare" / "a.py").write_text(f"x = 1  # {code}\n")
        return problems(read(tmp_path))

    return make


def test_a_sentence_with_a_test_and_code_is_well(tree):
    assert tree(page="- **A-001** Nobody may.\n", test="[A-001]", code="[A-001]") == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"page": "- **A-001** Nobody may.\n", "code": "[A-001]"}, "named by no test"),
        ({"page": "- **A-001** Nobody may.\n", "test": "[A-001]"}, "marks no line of code"),
        ({"page": "", "test": "[A-007]"}, "no sentence A-007"),
        ({"page": "", "code": "[A-007]"}, "no sentence A-007"),
        ({"page": "- **A-001** X.\n- **A-001** Y.\n", "test": "[A-001]", "code": "[A-001]"}, "more than once"),
    ],
)
def test_what_stands_alone_is_named(tree, given, words):
    assert any(words in line for line in tree(**given))

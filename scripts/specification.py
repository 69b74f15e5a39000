"""Tie the numbered sentences of docs/specification.md to the tests and the code that carry their numbers.

    python3 scripts/specification.py            the table: sentence, tests, lines of code
    python3 scripts/specification.py --check    what `make lint` and CI call

A sentence is a line `- **C-012** ...`. A test names it as `[C-012]` in its docstring (Python) or in the comment
before or inside it (Solidity). The statement that makes it true carries a comment `# [C-012]` or `// [C-012]`.
The check fails for a sentence without a test, for one without code, and for a number that no sentence has.
Standard library only.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/specification.md"
SENTENCE = re.compile(r"^(?:- )?\*\*([A-Z]+-\d{3})\*\* (\S.*)$", re.MULTILINE)
NUMBER = re.compile(r"\[([A-Z]+-\d{3}(?:, ?[A-Z]+-\d{3})*)\]")
PYTHON_MARK = re.compile(r"#.*?" + NUMBER.pattern)
SOLIDITY_MARK = re.compile(r"//.*?" + NUMBER.pattern)
SOLIDITY_FUNCTION = re.compile(r"^\s*function\s+((?:test|invariant|statefulFuzz)\w*)\s*\(", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a number stands: a file below the root and a line from 1; `test` names the test, if it is in one."""

    path: str
    line: int
    test: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" + (f" {self.test}" if self.test else "")


@dataclass(frozen=True, slots=True)
class Specification:
    """The sentences, and the places of tests and code that carry each number."""

    sentences: Mapping[str, str]
    tests: Mapping[str, Sequence[Place]]
    code: Mapping[str, Sequence[Place]]
    repeated: Sequence[str] = ()


def numbers_of(text: str) -> Iterator[tuple[int, str]]:
    """Each number in brackets, with the line it stands on."""
    for line, content in enumerate(text.splitlines(), 1):
        for match in NUMBER.finditer(content):
            for number in re.split(r", ?", match[1]):
                yield line, number


def python_tests(text: str, path: str) -> Iterator[tuple[str, Place]]:
    """Numbers of a Python file of tests, each with the test that holds it (`Class::test`), or none."""
    spans = list(spans_of_tests(ast.parse(text).body, ""))
    for line, number in numbers_of(text):
        around = [name for start, end, name in spans if start <= line <= end]
        yield number, Place(path, line, around[0] if around else "")


def spans_of_tests(body: Sequence[ast.stmt], prefix: str) -> Iterator[tuple[int, int, str]]:
    """First and last line of each test, decorators included, with its name as pytest gives it."""
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from spans_of_tests(node.body, f"{prefix}{node.name}::")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
            start = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            yield start, node.end_lineno or node.lineno, prefix + node.name


def solidity_tests(text: str, path: str) -> Iterator[tuple[str, Place]]:
    """Numbers of a Solidity file of tests, each with the test it stands in or before."""
    starts = [(text.count("\n", 0, match.start(1)) + 1, match[1]) for match in SOLIDITY_FUNCTION.finditer(text)]
    lines = text.splitlines()
    for line, number in numbers_of(text):
        comment = re.match(r"\s*(///|//|\*|/\*)", lines[line - 1]) is not None
        before = [name for start, name in starts if start <= line]
        after = [(start, name) for start, name in starts if start > line]
        # A comment line belongs to the function below it, unless code stands between them.
        between = lines[line : after[0][0] - 1] if after else [";"]
        heads = comment and not any(re.search(r"[;{}]", re.sub(r"//.*|^\s*\*.*", "", one)) for one in between)
        yield number, Place(path, line, after[0][1] if heads and after else before[-1] if before else "")


def marks(text: str, path: str) -> Iterator[tuple[str, Place]]:
    """Numbers in comments of code."""
    mark = SOLIDITY_MARK if path.endswith(".sol") else PYTHON_MARK
    for line, content in enumerate(text.splitlines(), 1):
        for match in mark.finditer(content):
            for number in re.split(r", ?", match[1]):
                yield number, Place(path, line)


def sources(root: Path, *folders: str) -> Iterator[tuple[str, str]]:
    """Python and Solidity files below the folders, in order: path below the root, and text."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".py", ".sol"} and path.is_file():
                yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def read(root: Path = ROOT) -> Specification:
    """Read the page, the tests and the code."""
    page = (root / PAGE).read_text(encoding="utf-8")
    found = SENTENCE.findall(page)
    sentences = dict(found)
    repeated = sorted({number for number, _ in found if sum(1 for one, _ in found if one == number) > 1})
    tests: dict[str, list[Place]] = defaultdict(list)
    code: dict[str, list[Place]] = defaultdict(list)
    for path, text in sources(root, "tests"):
        if path.startswith("tests/unit/scripts/"):
            continue  # those speak of invented sentences
        for number, place in (solidity_tests if path.endswith(".sol") else python_tests)(text, path):
            tests[number].append(place)
    for path, text in sources(root, "medshare", "contracts"):
        if not path.startswith("contracts/test/"):
            for number, place in marks(text, path):
                code[number].append(place)
    return Specification(sentences, tests, code, repeated)


def problems(specification: Specification) -> list[str]:
    """One line for each sentence or number that is alone."""
    found = [f"{number} stands in {PAGE} more than once" for number in specification.repeated]
    for number, sentence in specification.sentences.items():
        if not specification.tests.get(number):
            found.append(f"{number} is named by no test: {sentence}")
        if not specification.code.get(number):
            found.append(f"{number} marks no line of code: {sentence}")
    for kind in (specification.tests, specification.code):
        for number, places in sorted(kind.items()):
            if number not in specification.sentences:
                found += [f"{place}: {PAGE} has no sentence {number}" for place in places]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or check."""
    parser = argparse.ArgumentParser(description="Tie the sentences of the specification to tests and code.")
    parser.add_argument("--check", action="store_true", help="print only what is wrong; fail when anything is")
    check = parser.parse_args(arguments).check
    specification = read()
    if not specification.sentences:
        print(f"{PAGE} has no numbered sentence", file=sys.stderr)
        return 1
    if not check:
        for number, sentence in specification.sentences.items():
            print(f"{number} {sentence}")
            for name, places in (("test", specification.tests), ("code", specification.code)):
                for place in places.get(number, ()):
                    print(f"    {name} {place}")
    found = problems(specification)
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    named = sum(1 for number in specification.sentences if specification.tests.get(number))
    print(f"{len(specification.sentences)} sentences, {named} named by a test, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""Small faults planted in Solidity, one at a time: the mutator of scripts/mutate_contracts.py.

Pure functions over source text; comments, strings, imports and the declarations of types are left alone.
Standard library only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from scripts.statements import NoStatementError, masked, solidity_statement

SWAPS: dict[str, dict[str, tuple[str, ...]]] = {
    "comparison": {
        "<": ("<=", ">="),
        "<=": ("<", ">"),
        ">": (">=", "<="),
        ">=": (">", "<"),
        "==": ("!=",),
        "!=": ("==",),
    },
    "logic": {"&&": ("||",), "||": ("&&",)},
    "arithmetic": {"+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("*",)},
    "bits": {"&": ("|",), "|": ("&",), "^": ("&",), "<<": (">>",), ">>": ("<<",)},
    "assignment": {"+=": ("-=",), "-=": ("+=",), "|=": ("&=",), "&=": ("|=",)},
}
OPERATORS = {sign: (kind, others) for kind, table in SWAPS.items() for sign, others in table.items()}
SIGN = re.compile(r"(?<= )(<<|>>|<=|>=|==|!=|&&|\|\||\+=|-=|\|=|&=|[<>+\-*/%&|^])(?= |\n)")
CONDITION = re.compile(r"\bif\s*\(")
NUMBER = re.compile(r"(?<![\w.])(0x[0-9a-fA-F]+|\d[\d_]*)(?![\w.])(\s+(?:days|hours|minutes|seconds)\b)?")
TRUTH = re.compile(r"\b(true|false)\b")
NEGATION = re.compile(r"!(?!=)")
DELETED = re.compile(r"^[ \t]*(revert\b|emit\b|delete\b|_\w+\(|\w[\w.]*(\[[^\]\n]*\])* (?:[|&+-]?=) )", re.MULTILINE)
UNTOUCHED = re.compile(r"^\s*(pragma|import|using|assembly)\b[^;]*;", re.MULTILINE)
UNIT = re.compile(r"\b(?:uint|int|bytes)\d*$")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted fault: replace `old`, at offset `start`, by `new`. `key` stays the same when lines move."""

    path: str
    line: int
    kind: str
    start: int
    old: str
    new: str
    key: str

    def apply(self, text: str) -> str:
        """The source with the fault; as many lines as before."""
        lines = "\n" * (self.old.count("\n") - self.new.count("\n"))
        return text[: self.start] + self.new + lines + text[self.start + len(self.old) :]

    def __str__(self) -> str:
        shown = " ".join(self.old.split())
        return f"{self.key} {self.path}:{self.line} {self.kind}: {shown[:70]} -> {self.new.strip() or 'nothing'}"


def _edits(text: str, code: str) -> Iterator[tuple[int, str, str, str]]:
    """Offset, kind, old and new text of each fault."""
    for match in SIGN.finditer(code):
        kind, others = OPERATORS[match[1]]
        for new in others:
            yield match.start(1), kind, match[1], new
    for match in CONDITION.finditer(code):
        try:
            end = solidity_statement(code, match.start())
        except NoStatementError:
            continue
        yield match.start(), "deleted condition", text[match.start() : end], "{}"
    for match in DELETED.finditer(code):
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        before = code[:start].rstrip()
        if before and before[-1] not in ";{}":
            continue  # the branch of a condition, or the middle of an expression
        end = solidity_statement(code, start)
        yield start, "deleted statement", text[start:end], "{}"
    for match in NUMBER.finditer(code):
        if not UNIT.search(code[: match.start()]):
            value = int(match[1].replace("_", ""), 0)
            yield match.start(1), "constant", match[1], str(value + 1)
            if value > 1:
                yield match.start(1), "constant", match[1], str(value - 1)
    for match in TRUTH.finditer(code):
        yield match.start(), "truth", match[0], "false" if match[0] == "true" else "true"
    for match in NEGATION.finditer(code):
        yield match.start(), "negation", "!", ""


def mutants(text: str, path: str) -> list[Mutant]:
    """All faults of one file, in order of place.

    The key is made from the file's name, the text of the line, the change, and its count among the same ones, so
    that docs/equivalent-mutants.md stays right when other lines move.
    """
    code = UNTOUCHED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), masked(text))
    rows = text.splitlines()
    seen: dict[str, int] = {}
    found = []
    for start, kind, old, new in sorted(set(_edits(text, code))):
        line = text.count("\n", 0, start) + 1
        name = f"{path.rpartition('/')[2]}|{rows[line - 1].strip()}|{kind}|{old}|{new}"
        seen[name] = seen.get(name, 0) + 1
        key = hashlib.sha256(f"{name}|{seen[name]}".encode()).hexdigest()[:8]
        found.append(Mutant(path, line, kind, start, old, new, key))
    return found

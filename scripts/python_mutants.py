"""Small faults planted in Python, one at a time: the mutator of scripts/mutate_package.py.

Pure functions over source text, by `ast`; annotations, docstrings and the texts of errors are left alone.
Standard library only.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
}
ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "//",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.BitAnd: "|",
    ast.BitOr: "&",
    ast.BitXor: "&",
    ast.LShift: ">>",
    ast.RShift: "<<",
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted fault: replace the bytes from `start` to `end` by `new`."""

    path: str
    line: int
    kind: str
    start: int
    end: int
    new: str
    key: str

    def apply(self, text: str) -> str:
        """The source with the fault."""
        raw = text.encode()
        return (raw[: self.start] + self.new.encode() + raw[self.end :]).decode()

    def __str__(self) -> str:
        return f"{self.key} {self.path}:{self.line} {self.kind}: -> {self.new}"


class _Planter(ast.NodeVisitor):
    """Collects (start, end, kind, new) while it walks; offsets in bytes."""

    def __init__(self, text: str) -> None:
        self.raw = text.encode()
        self.starts = [0]
        for row in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(row.encode()))
        self.found: list[tuple[int, int, str, str]] = []

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column

    def ends(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        end = self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return self.offset(node.lineno, node.col_offset), end

    def source(self, node: ast.expr) -> str:
        start, end = self.ends(node)
        return self.raw[start:end].decode()

    def visit_Compare(self, node: ast.Compare) -> None:
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            for new in COMPARISONS.get(type(operator), ()):
                self.found.append((self.ends(left)[1], self.ends(right)[0], "comparison", f" {new} "))
            left = right
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        joined = isinstance(node.left, ast.Constant) and isinstance(node.left.value, (str, bytes))
        new = ARITHMETIC.get(type(node.op))
        if new and not joined and b")" not in self.raw[self.ends(node.left)[1] : self.ends(node.right)[0]]:
            self.found.append((self.ends(node.left)[1], self.ends(node.right)[0], "arithmetic", f" {new} "))
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        parts = [f"({self.source(value)})" for value in node.values]
        word = " or " if isinstance(node.op, ast.And) else " and "
        self.found.append((*self.ends(node), "logic", f"({word.join(parts)})"))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.found.append((*self.ends(node), "negation", f"bool({self.source(node.operand)})"))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self.found.append((*self.ends(node), "truth", str(not node.value)))
        elif isinstance(node.value, int):
            self.found.append((*self.ends(node), "constant", str(node.value + 1)))

    def visit_Raise(self, node: ast.Raise) -> None:
        self.found.append((*self.ends(node), "deleted raise", "pass"))

    def visit_If(self, node: ast.If) -> None:
        self.found.append((*self.ends(node.test), "condition", "False"))
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self.found.append((*self.ends(node), "deleted call", "pass"))
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """Annotations are not run."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in [*node.args.defaults, *(one for one in node.args.kw_defaults if one), *node.body]:
            self.visit(part)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Positions inside an f-string are not exact before Python 3.12."""


def _edits(text: str) -> Iterator[tuple[int, int, str, str]]:
    planter = _Planter(text)
    planter.visit(ast.parse(text))
    yield from sorted(set(planter.found))


def mutants(text: str, path: str) -> list[Mutant]:
    """All faults of one file that still parse, in order of place."""
    rows = text.splitlines()
    raw = text.encode()
    seen: dict[str, int] = {}
    found = []
    for start, end, kind, new in _edits(text):
        line = raw.count(b"\n", 0, start) + 1
        name = f"{path}|{rows[line - 1].strip()}|{kind}|{raw[start:end].decode()}|{new}"
        seen[name] = seen.get(name, 0) + 1
        key = hashlib.sha256(f"{name}|{seen[name]}".encode()).hexdigest()[:8]
        mutant = Mutant(path, line, kind, start, end, new, key)
        try:
            ast.parse(mutant.apply(text))
        except SyntaxError:
            continue
        found.append(mutant)
    return found

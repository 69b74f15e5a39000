"""Find the statement behind a line, and neutralise it: the edits of scripts/mutate_sentences.py.

Pure functions over source text. Python is read with `ast`; Solidity by a scanner that knows comments,
strings and brackets. The result has as many lines as the input, so that other marks keep their lines.
Standard library only.
"""

from __future__ import annotations

import ast
import re


class NoStatementError(Exception):
    """No statement begins on the marked line or below the marked comment."""


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", "", text)


def without_python(text: str, lines: set[int]) -> str:
    """The source without the statements marked on these lines (from 1).

    A mark beside code means the outermost statement that begins there, else the innermost one that spans it; a
    mark on a line of its own means the statement below. A statement becomes `pass`; a condition that has an
    `else`, and an `elif`, becomes `False`; of a function or class the body becomes `pass`.

    Raises:
        NoStatementError: a mark stands beside nothing.
    """
    for line in sorted(lines, reverse=True):  # from the end: edits above do not move those below
        text = _without_one(text, line)
    return text


def _without_one(text: str, line: int) -> str:
    rows = text.splitlines(keepends=True)
    code = line
    while code <= len(rows) and (not rows[code - 1].strip() or rows[code - 1].lstrip().startswith("#")):
        code += 1
    statements = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
    begin = [node for node in statements if node.lineno == code]
    span = [node for node in statements if node.lineno <= code <= (node.end_lineno or node.lineno)]
    if not span:
        message = f"no statement at line {line}"
        raise NoStatementError(message)
    if begin:
        node = max(begin, key=lambda one: (one.end_lineno or 0, one.end_col_offset or 0))
    else:
        node = max(span, key=lambda one: (one.lineno, one.col_offset))
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row.encode()))
    raw = text.encode()

    def cut(first: ast.stmt | ast.expr, last: ast.stmt | ast.expr, instead: str) -> str:
        start = starts[first.lineno - 1] + first.col_offset
        end = starts[(last.end_lineno or last.lineno) - 1] + (last.end_col_offset or 0)
        return (raw[:start] + (instead + _blank(raw[start:end].decode())).encode() + raw[end:]).decode()

    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return cut(node.body[0], node.body[-1], "pass")
    if isinstance(node, ast.If):
        start = starts[node.lineno - 1] + node.col_offset
        if node.orelse or raw[start : start + 4] == b"elif":
            return cut(node.test, node.test, "False")
    return cut(node, node, "pass")


def masked(text: str) -> str:
    """Solidity with comments and strings replaced by spaces, of the same length."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _closing(code: str, start: int) -> int:
    """The index after the bracket that closes the one at `start`."""
    depth = 0
    for index in range(start, len(code)):
        depth += (code[index] in "([{") - (code[index] in ")]}")
        if depth == 0:
            return index + 1
    message = "a bracket is never closed"
    raise NoStatementError(message)


def solidity_statement(code: str, start: int) -> int:
    """The index after the statement that begins at `start` in masked Solidity: `if`s with their branches."""
    word = re.compile(r"(if|for|while)\s*\(").match(code, start)
    if word:
        after = _closing(code, word.end() - 1)
        end = solidity_statement(code, _skip(code, after))
        otherwise = re.compile(r"\s*else\b\s*").match(code, end)
        return solidity_statement(code, otherwise.end()) if word[1] == "if" and otherwise else end
    if code[start] == "{":
        return _closing(code, start)
    index = start
    while index < len(code):
        if code[index] in "([{":
            index = _closing(code, index)
        elif code[index] == ";":
            return index + 1
        else:
            index += 1
    message = "a statement is never ended"
    raise NoStatementError(message)


def _skip(code: str, index: int) -> int:
    while index < len(code) and code[index].isspace():
        index += 1
    return index


def without_solidity(text: str, lines: set[int]) -> str:
    """The source without the statements marked on these lines (from 1), each replaced by `{}` and blank lines.

    A mark inside a statement of several lines means the whole of it; one beside the head of a function means its body.

    Raises:
        NoStatementError: a mark stands beside nothing.
    """
    for line in sorted(lines, reverse=True):
        code = masked(text)
        rows = code.splitlines(keepends=True)
        row = line
        while row <= len(rows) and not rows[row - 1].strip():
            row += 1
        if row > len(rows):
            message = f"no statement at line {line}"
            raise NoStatementError(message)
        start = _skip(code, sum(map(len, rows[: row - 1])))
        head = re.compile(r"(function|constructor|modifier)\b").match(code, start)
        if head:
            brace = code.index("{", start)
            end = _closing(code, brace)
            return text[:brace] + "{}" + _blank(text[brace:end]) + text[end:]
        start = _beginning(code, start)
        end = solidity_statement(code, start)
        text = text[:start] + "{}" + _blank(text[start:end]) + text[end:]
    return text


def _beginning(code: str, index: int) -> int:
    """Go back to where the statement at `index` begins: after the last `;`, brace, or closed condition."""
    depth = 0
    position = index - 1
    while position >= 0:
        sign = code[position]
        if sign in ")]":
            depth += 1
        elif sign in "([":
            depth -= 1  # below zero: we stood inside a call that spans lines
        elif sign in ";{}" and depth <= 0:
            break
        position -= 1
    return _skip(code, position + 1)

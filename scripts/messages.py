"""Collect every text for people, and keep the Traditional Chinese catalogue in step.

    .venv/bin/python scripts/messages.py            bring medshare/locale/zh_Hant/LC_MESSAGES/medshare.po up to date
    .venv/bin/python scripts/messages.py --check    what `make lint` calls: nothing missing, fuzzy, left over or broken
    .venv/bin/python scripts/messages.py --missing  print the texts that have no translation

Texts are: cause and remedy of every error class; facts that an error is raised with, where they are written out
(`why="it is not JSON"`); what the command line says (`say`, `tell`, `ask`, `confirm`, `word`, `secret`, the columns
of `table`); `mark(...)` and the values of a table whose name ends in `_TEXTS`; help of options and arguments,
docstrings of commands, the lines of the nouns.
A translation has the same {facts} as its text.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import string
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from babel.messages.catalog import Catalog, Message  # noqa: E402
from babel.messages.pofile import read_po, write_po  # noqa: E402

from scripts.error_codes import abstract, causes, import_everything  # noqa: E402

PO = ROOT / "medshare" / "locale" / "zh_Hant" / "LC_MESSAGES" / "medshare.po"
PACKAGE = ROOT / "medshare"
SPEAKING = frozenset(("say", "tell", "ask", "confirm", "word", "secret", "new_secret", "mark"))
HEADER = """# Traditional Chinese texts of MedShare, as used in Taiwan's health care.
# Kept in step by scripts/messages.py; the words of statements stand in medshare/statement."""


def collect() -> dict[str, str]:
    """Every text with where it comes from, each once."""
    import_everything()
    found: dict[str, str] = {}
    for one in causes():
        if not abstract(one):
            for text in (one.cause, one.remedy):
                found.setdefault(text, one.code)
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        for text in texts_of(ast.parse(path.read_text(encoding="utf-8")), cli="cli" in path.relative_to(PACKAGE).parts):
            found.setdefault(text, place)
    for text, place in commands():
        found.setdefault(text, place)
    return {text: place for text, place in found.items() if any(letter.isalpha() for letter in text)}


def texts_of(tree: ast.AST, *, cli: bool) -> Iterator[str]:
    """Texts that stand in the code of one module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from _constants(
                keyword.value for keyword in node.exc.keywords if keyword.arg not in {"code", "place"}
            )
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id.endswith("_TEXTS"):
            yield from _constants(getattr(node.value, "values", ()))
        if isinstance(node, ast.Call) and cli:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in SPEAKING:
                yield from _constants(node.args if name == "mark" else node.args[:1])
            if name == "table" and node.args and isinstance(node.args[0], ast.Tuple):
                yield from _constants(node.args[0].elts)
            if name in {"Option", "Argument"}:
                yield from _constants(
                    keyword.value for keyword in node.keywords if keyword.arg in {"help", "rich_help_panel"}
                )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "mark" and not cli:
            yield from _constants(node.args)


def _constants(nodes: Any) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.IfExp):
            yield from _constants((node.body, node.orelse))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.strip()
            # One word that is no word of a language (a file name, an option) needs no translation.
            if " " in text or text.isalpha():
                yield node.value


def commands() -> Iterator[tuple[str, str]]:
    """The help of every noun and verb, paragraph by paragraph."""
    from medshare.cli.frame.command import PANEL
    from medshare.cli.tree import HELP, NOUNS, load

    yield PANEL, "medshare"
    yield HELP, "medshare"
    for noun, line in NOUNS.items():
        yield line, noun
        stack = [load(noun)]
        while stack:
            command = stack.pop()
            for part in inspect.cleandoc(command.help or "").split("\n\n"):
                yield " ".join(part.split()), noun
            stack += getattr(command, "commands", {}).values()


def read() -> dict[str, Message]:
    """The messages of the catalogue, by their text."""
    with PO.open("rb") as file:
        return {str(message.id): message for message in read_po(file, locale="zh_Hant") if message.id}


def facts_of(text: str) -> set[str]:
    """The names in braces of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def problems(texts: dict[str, str], messages: dict[str, Message]) -> list[str]:
    """One line for each text that is not translated well."""
    found = [f"not translated: {text!r} ({place})" for text, place in texts.items() if not _translation(text, messages)]
    found += [f"fuzzy: {text!r}" for text, message in messages.items() if message.fuzzy]
    found += [f"left over: {text!r}" for text in messages if text not in texts]
    for text in texts:
        translation = _translation(text, messages)
        if translation and facts_of(text) != facts_of(translation):
            found.append(f"other facts in the translation of {text!r}")
    return found


def _translation(text: str, messages: dict[str, Message]) -> str:
    return str(messages[text].string) if text in messages else ""


def write(texts: dict[str, str], messages: dict[str, Message]) -> None:
    """Write the catalogue again: every text, in the order of where it comes from."""
    catalog = Catalog(locale="zh_Hant", header_comment=HEADER, project="medshare", fuzzy=False)
    for text, place in sorted(texts.items(), key=lambda item: (item[1], item[0])):
        catalog.add(text, _translation(text, messages), auto_comments=[place])
    with PO.open("wb") as file:
        write_po(file, catalog, width=0, omit_header=False, sort_output=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write, check or list."""
    parser = argparse.ArgumentParser(description="Keep the catalogue of texts in step.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail when something is not translated")
    parser.add_argument("--missing", action="store_true", help="print the texts without a translation")
    options = parser.parse_args(arguments)
    texts, messages = collect(), read() if PO.is_file() else {}
    if options.missing:
        print("\n".join(text for text in texts if not _translation(text, messages)))
        return 0
    if options.check:
        found = problems(texts, messages)
        print("\n".join(found) or f"{len(texts)} texts, all translated", file=sys.stderr if found else sys.stdout)
        return 1 if found else 0
    write(texts, messages)
    missing = sum(not _translation(text, messages) for text in texts)
    print(f"{PO.relative_to(ROOT)}: {len(texts)} texts, {missing} without a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())

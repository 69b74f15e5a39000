"""Write docs/error-codes.md from the exception classes of the package, or check that it is current.

    .venv/bin/python scripts/error_codes.py [--check]

Every module of medshare is imported, so that no error is missed. A code that two classes share, a class
without its own code, cause or remedy, and a text that is not a sentence are faults, and nothing is written.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import medshare  # noqa: E402 - the tree this program stands in, also where another is installed
from medshare.errors import MedShareError  # noqa: E402

PAGE = ROOT / "docs" / "error-codes.md"
FIELD = re.compile(r"(?<!\{)\{(\w+)[^{}]*\}")
HEAD = """# Error codes

Generated from the exception classes by `make docs`; do not edit.
Every error that MedShare raises on purpose has a stable code, a cause and a remedy.
A word in *italics* stands for a fact that the message fills in. No fact is ever a secret, a plaintext,
or a category that the reader may not know.
The number of a family is the exit code of the command line.
"""


def import_everything() -> None:
    """Import every module of the package, so that every error class exists."""
    for module in pkgutil.walk_packages(medshare.__path__, "medshare."):
        if not module.name.endswith(".__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)


def descendants(base: type[MedShareError]) -> Iterator[type[MedShareError]]:
    """All subclasses, at any depth."""
    for child in base.__subclasses__():
        yield child
        yield from descendants(child)


def families() -> list[type[MedShareError]]:
    """The classes of medshare.errors itself: they decide the exit code and are not raised."""
    return [child for child in MedShareError.__subclasses__() if child.__module__ == MedShareError.__module__]


def causes() -> list[type[MedShareError]]:
    """The classes that the package raises, in order of code, each once."""
    found = {one for one in descendants(MedShareError) if one.__module__.startswith("medshare.")}
    return sorted(found - set(families()), key=lambda one: (one.code, one.__module__, one.__qualname__))


def abstract(one: type[MedShareError]) -> bool:
    """Whether a class is a base that its causes share: it has subclasses and no sentence of its own."""
    return bool(one.__subclasses__()) and "cause" not in one.__dict__


def faults(classes: Sequence[type[MedShareError]]) -> list[str]:
    """What is wrong with the classes, one sentence each."""
    found = []
    owners: dict[str, list[str]] = defaultdict(list)
    for one in classes:
        name = f"{one.__module__}.{one.__qualname__}"
        if abstract(one):
            continue
        owners[one.code].append(name)
        found += [f"{name} has no {key} of its own" for key in ("code", "cause", "remedy") if key not in one.__dict__]
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+", one.code):
            found.append(f"{name} has the code {one.code!r}, which is not of the form noun.cause")
        found += [
            f"{name}: its {key} is not a sentence: {text!r}"
            for key, text in (("cause", one.cause), ("remedy", one.remedy))
            if not text.endswith((".", "!", "?")) or not (text[0].isupper() or text[0] in "{'\"`")
        ]
    found += [f"the code {code} is shared by {' and '.join(names)}" for code, names in owners.items() if len(names) > 1]
    return found


def readable(text: str) -> str:
    """A message as a table cell: facts in italics, no cell breaks."""
    return FIELD.sub(lambda match: f"*{match[1]}*", text).replace("{{", "{").replace("}}", "}").replace("|", "\\|")


def page(classes: Sequence[type[MedShareError]]) -> str:
    """The whole page, one table for each family."""
    parts = [HEAD]
    for family in families():
        members = [one for one in classes if issubclass(one, family) and not abstract(one)]
        parts.append(
            f"\n## {family.__name__}: exit code {family.exit_code}\n\n{(family.__doc__ or '').splitlines()[0]}\n"
        )
        if members:
            parts.append("\n| code | class | cause | remedy |\n|---|---|---|---|\n")
        for one in members:
            where = f"`{one.__module__}.{one.__qualname__}`"
            parts.append(f"| `{one.code}` | {where} | {readable(one.cause)} | {readable(one.remedy)} |\n")
    return "".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description="Write docs/error-codes.md, or check that it is current.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail when the page is not current")
    check = parser.parse_args(arguments).check
    import_everything()
    classes = causes()
    if found := faults(classes):
        print("\n".join(found), file=sys.stderr)
        return 1
    text = page(classes)
    if not check:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(text)
        print(f"{PAGE.relative_to(ROOT)}: {len(classes)} errors")
        return 0
    if not PAGE.is_file() or PAGE.read_text() != text:
        print("docs/error-codes.md is not current: run make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

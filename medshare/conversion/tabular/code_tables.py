"""Tables of local codes: inside the mapping, or in a CSV file of their own beside it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

from medshare.conversion.tabular.mapping import Code, CodeTable
from medshare.conversion.tabular.sections import Section

_COLUMNS: Final = ("local", "system", "code", "display")
_UNKNOWN: Final = ("refuse", "leave")


def read_code_tables(section: Section, folder: Path, *, limit: int) -> dict[str, CodeTable]:
    """Return the code tables of a mapping by their names; a file is looked for in `folder`."""
    return {name: _table(name, section.section(name), folder, limit) for name in section.keys()}  # noqa: SIM118


def _table(name: str, section: Section, folder: Path, limit: int) -> CodeTable:
    system = section.text("system")
    if section.has("map") == section.has("file"):
        message = "a table of codes has either a map or a file."
        section.faults.add(section.place, "codes-unclear", message, 'Write map = { LOCAL = "code" }.')
    codes = _mapped(section, system)
    file = section.text("file")
    if file:
        codes |= _filed(section, folder / file, system, limit)
    leave = section.text("unknown", "refuse", among=_UNKNOWN) == "leave"
    section.close()
    return CodeTable(name=name, codes=codes, leave_unknown=leave)


def _mapped(section: Section, system: str) -> dict[str, Code]:
    entries = section.section("map")
    found: dict[str, Code] = {}
    for local in entries.keys():  # noqa: SIM118 - a Section is no dict
        if isinstance(entries.raw(local), dict):
            entry = entries.section(local)
            code = entry.text("code", required=True)
            found[local] = Code(entry.text("system", system), code, entry.text("display"))
            entry.close()
        else:
            found[local] = Code(system, entries.text(local), "")
    return found


def _filed(section: Section, path: Path, system: str, limit: int) -> dict[str, Code]:
    """Return the codes of a CSV file in UTF-8 with the columns local, code, and maybe system and display."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
        text = data.decode("utf-8-sig") if len(data) <= limit else '"'  # too much of it is as bad as a broken file
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = list(reader)
    except (OSError, ValueError, csv.Error):
        message = f"this is not a CSV file in UTF-8 of at most {limit} bytes."
        section.faults.add(section.at("file"), "codes-unreadable", message, "Name a file beside the mapping.")
        return {}
    names = set(reader.fieldnames or ())
    if not {"local", "code"} <= names <= set(_COLUMNS):
        message = f"a file of codes has the columns {', '.join(_COLUMNS)}; local and code are needed."
        section.faults.add(section.at("file"), "codes-columns", message, "Rename its columns.")
        return {}
    found: dict[str, Code] = {}
    for number, row in enumerate(rows, 2):
        local, code = row.get("local") or "", row.get("code") or ""
        if not local or not code or local in found or None in row:
            message = f"row {number} has no local code, no code, too many cells, or a local code that was there before."
            section.faults.add(section.at("file"), "codes-row", message, "Correct the row.")
            continue
        found[local] = Code(row.get("system") or system, code, row.get("display") or "")
    return found

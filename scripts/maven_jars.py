"""Bring jars of Maven Central onto this machine, each by its pinned digest, without Maven.

A lock file names the jars, one a line, as sha256sum would: a digest, two spaces, and the jar's path in a Maven
repository. A jar is taken from the local repository of Maven if it is there, else fetched from MEDSHARE_MAVEN_URL,
from the mirror of Central that ~/.m2/settings.xml names, or from Maven Central. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scripts.environments import MissingError, say

CENTRAL = "https://repo.maven.apache.org/maven2"
AT_ONCE = 6
SECONDS = 120
"""Of waiting for one jar."""
OLDEST_JAVA = 17


@dataclass(frozen=True, slots=True)
class Jar:
    """A jar: its SHA-256 and its path in a Maven repository."""

    digest: str
    path: str

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.path.rpartition("/")[2]


def read_lock(text: str) -> list[Jar]:
    """Return the jars of a lock file."""
    return [Jar(*line.split("  ", 1)) for line in text.splitlines() if line]


def source_of(environment: Mapping[str, str], home: Path) -> str:
    """Return the URL of the Maven repository that jars are fetched from."""
    if named := environment.get("MEDSHARE_MAVEN_URL"):
        return named.rstrip("/")
    settings = home / ".m2" / "settings.xml"
    if settings.is_file():
        for mirror in ET.parse(settings).iter():  # noqa: S314 (the person's own settings)
            parts = {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in mirror}
            if mirror.tag.endswith("mirror") and parts.get("mirrorOf") in {"*", "central", "external:*"}:
                return parts["url"].rstrip("/")
    return CENTRAL


def ensure_jars(lock: Path, folder: Path, environment: Mapping[str, str], home: Path) -> list[Path]:
    """Return the jars of a lock file in `folder`; those that are not there yet are brought.

    Raises:
        MissingError: One cannot be fetched, or is not the one that the lock names.
    """
    jars = read_lock(lock.read_text())
    wanted = [jar for jar in jars if not _is(folder / jar.name, jar.digest)]
    if wanted:
        folder.mkdir(parents=True, exist_ok=True)
        source = source_of(environment, home)
        say(f"bringing {len(wanted)} jars for the FHIR validator")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda jar: _bring(jar, folder, source, home / ".m2" / "repository"), wanted))
    for stray in set(folder.glob("*.jar")) - {folder / jar.name for jar in jars}:
        stray.unlink()  # of an older lock; two versions on one class path would be neither
    return [folder / jar.name for jar in jars]


def java_program(environment: Mapping[str, str]) -> str:
    """Return the Java that runs the validator: a development kit, 17 or later, since it runs from source.

    Raises:
        MissingError: There is none.
    """
    home = environment.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java", path=environment.get("PATH"))
    remedy = "install a Java development kit, 17 or later, for example apt install openjdk-17-jdk-headless."
    if program is None:
        text = f"The FHIR validator needs Java and `java` is not on PATH: {remedy}"
        raise MissingError(text)
    try:
        done = subprocess.run([program, "--list-modules"], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        text = f"`{program}` does not run: {remedy}"
        raise MissingError(text) from error
    modules = dict(line.split("@", 1) for line in done.stdout.split() if "@" in line)
    version = modules.get("jdk.compiler", "0").split(".")[0]
    if not version.isdigit() or int(version) < OLDEST_JAVA:
        text = f"The FHIR validator needs a Java development kit of version 17 and `{program}` is none: {remedy}"
        raise MissingError(text)
    return program


def _is(place: Path, digest: str) -> bool:
    return place.is_file() and hashlib.sha256(place.read_bytes()).hexdigest() == digest


def _bring(jar: Jar, folder: Path, source: str, repository: Path) -> None:
    """Put one jar into `folder`, by rename; another jar than the locked one is never put there."""
    kept = repository / jar.path
    if _is(kept, jar.digest):
        data = kept.read_bytes()
    else:
        url = f"{source}/{jar.path}"
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 (the person's own registry)
                data = answer.read()
        except (OSError, urllib.error.URLError) as error:
            text = f"{url} cannot be fetched ({error}): check that Maven Central or a mirror of it is reachable."
            raise MissingError(text) from error
    if hashlib.sha256(data).hexdigest() != jar.digest:
        text = f"{source}/{jar.path} is not the jar that jars.lock names: nothing of it was kept; tell the maintainers."
        raise MissingError(text)
    temporary = folder / f".{jar.name}.{os.getpid()}"
    temporary.write_bytes(data)
    temporary.replace(folder / jar.name)

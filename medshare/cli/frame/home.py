"""A home: the folder where one patient, institution, researcher or regulator keeps config, keys and state.

::

    ~/.medshare/
        config.toml         what stands where; no secret
        accounts/main.json  account keys, Ethereum keystores of version 3
        root.age            a patient's root secret under a passphrase
        encryption.age      an institution's or researcher's encryption identity under a passphrase
        state.age           what a patient's agent remembers, sealed to her own self key
        deployments/        where the contracts stand, by chain id
        vault.db bodies/    an institution's capsules, receipts and bodies
        chain/              the local chain that `medshare chain up` runs

The folder is its owner's alone (0700), so is each file (0600). Files appear by rename, whole or not at
all; a file that holds a key is never overwritten. One command at a time works in a home.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from medshare.cli.frame import config as configs
from medshare.cli.frame.config import Config
from medshare.cli.frame.errors import (
    BadAccountName,
    FileKept,
    FileOpen,
    HomeBusy,
    HomeExists,
    HomeUnwritable,
    NoHome,
    NoSuchAccount,
)

ACCOUNT_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
CONFIG: Final = "config.toml"
LARGEST: Final = 128 * 2**20
"""Bytes of a file of the home that is read whole."""


def place_of(environment: Mapping[str, str]) -> Path:
    """Return where the home is when none is named: MEDSHARE_HOME, else ~/.medshare."""
    named = environment.get("MEDSHARE_HOME")
    return Path(named) if named else Path.home() / ".medshare"


class Home:
    """One home. Nothing is read before it is asked for."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @property
    def exists(self) -> bool:
        """Whether there is a home here."""
        return (self.place / CONFIG).is_file()

    def make(self, config: Config) -> None:
        """Make the folder and its config.

        Raises:
            HomeExists: There is one.
            HomeUnwritable: The folder cannot be made.
        """
        if self.exists:
            raise HomeExists(place=self.place)
        with self._translated(self.place):
            self.place.mkdir(parents=True, exist_ok=True)
            self.place.chmod(0o700)
        self.write_config(config)

    # Config

    def config(self) -> Config:
        """Return the config.

        Raises:
            NoHome: There is no home here.
            BadConfig, UnknownSetting: It is not of the form.
        """
        if not self.exists:
            raise NoHome(place=self.place)
        return configs.parse(self.read(CONFIG), self.place / CONFIG)

    def write_config(self, config: Config) -> None:
        """Put `config` in the place of the one before."""
        self.write(CONFIG, configs.dump(config).encode(), again=True)

    def path(self, name: str) -> Path:
        """Return a path of the config, seen from the home."""
        return self.place / Path(name).expanduser()

    def database(self, url: str) -> str:
        """Return a database URL whose relative SQLite path is seen from the home."""
        head, mark, rest = url.partition("sqlite:///")
        if head or not mark or rest.startswith("/"):
            return url
        return f"sqlite:///{self.place.resolve() / rest}"

    # Files

    def has(self, name: str) -> bool:
        """Whether there is a file `name`."""
        return (self.place / name).is_file()

    def read(self, name: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            HomeUnwritable: It cannot be read.
        """
        place = self.place / name
        with self._translated(place), place.open("rb") as file:
            return file.read(LARGEST)

    def read_key_file(self, name: str) -> bytes:
        """Return the bytes of a file that holds a key.

        Raises:
            FileOpen: Others may read it.
            HomeUnwritable: It cannot be read.
        """
        place = self.place / name
        with self._translated(place):
            if stat.S_IMODE(place.stat().st_mode) & 0o077:  # [M-003]
                raise FileOpen(place=place)
        return self.read(name)

    def write(self, name: str, data: bytes, *, again: bool = False) -> Path:
        """Write a file by rename, readable by its owner alone.

        Args:
            name: Below the home.
            data: All of it.
            again: Whether it may take the place of one before.

        Raises:
            FileKept: It exists, and is not written again.
            HomeUnwritable: It cannot be written.
        """
        target = self.place / name
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
        with self._translated(target):
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # [M-003]
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                if again:
                    temporary.replace(target)
                else:
                    # A link fails where a rename would silently take the place of a key.
                    os.link(temporary, target)  # [M-003]
            except FileExistsError as error:
                raise FileKept(place=target) from error
            finally:
                temporary.unlink(missing_ok=True)
        return target

    # Accounts

    def accounts(self) -> tuple[str, ...]:
        """Return the names of the keystores, in order."""
        return tuple(sorted(path.stem for path in (self.place / "accounts").glob("*.json")))

    @staticmethod
    def account_file(name: str) -> str:
        """Return the file of an account.

        Raises:
            BadAccountName: It is no good file name.
        """
        if not ACCOUNT_NAME.fullmatch(name):
            raise BadAccountName(name=name)
        return f"accounts/{name}.json"

    def check_account(self, name: str) -> str:
        """Return the file of an account that exists.

        Raises:
            NoSuchAccount: It does not.
        """
        file = self.account_file(name)
        if not self.has(file):
            raise NoSuchAccount(name=name)
        return file

    # One at a time

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other commands that change the home away.

        Raises:
            HomeBusy: One is at work.
        """
        place = self.place / ".lock"
        with self._translated(place):
            handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise HomeBusy(place=self.place) from error
            yield
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def _translated(self, place: Path) -> Iterator[None]:
        try:
            yield
        except FileExistsError:
            raise
        except OSError as error:
            raise HomeUnwritable(place=place, why=error.strerror or "it does not answer") from error

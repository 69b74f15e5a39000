"""The config of a home: TOML, exact and checked.

::

    role = "institution"
    language = "zh-Hant"
    network = "local"

    [networks.local]
    rpc = "http://127.0.0.1:8545"
    deployment = "deployments/31337.json"

`rpc` takes one URL, or a list of several nodes of the same chain: when one cannot be used, the next one is.
An unknown name is refused together with the nearest one that exists. A path is seen from the home.
Secrets have no place here: keys lie in keystores, passphrases nowhere.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from medshare.cli.frame.errors import BadConfig, NoSuchNetwork, UnknownSetting
from medshare.locale import LANGUAGES

LARGEST: Final = 65_536
"""Bytes of a config file at most."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")


class HomeRole(StrEnum):
    """Whose home it is."""

    PATIENT = "patient"
    INSTITUTION = "institution"
    RESEARCHER = "researcher"
    REGULATOR = "regulator"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """One chain: the JSON-RPC URL of a node, or a list of several, and the deployment file, seen from the home."""

    rpc: str | tuple[str, ...] = "http://127.0.0.1:8545"
    deployment: str = "deployments/31337.json"

    @property
    def urls(self) -> tuple[str, ...]:
        """The URL of each node, the first one preferred."""
        return (self.rpc,) if isinstance(self.rpc, str) else tuple(dict.fromkeys(self.rpc))


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultConfig:
    """Where an institution keeps capsules and receipts: SQLite in the home by default, PostgreSQL by URL."""

    url: str = "sqlite:///vault.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig:
    """Where bodies lie: in a folder of the home, or on the Kubo node at a multiaddress."""

    folder: str = "bodies"
    kubo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """An institution's own gateway: where others reach it, where it listens, and whose key it signs with.

    `url` is what goes into offers and directories; `listen` is host and port; `account` names a keystore.
    `proxies` are the network addresses of reverse proxies in front of it: only their `X-Forwarded-For` is
    believed. Without it, everyone behind a proxy shares the proxy's rates.
    """

    url: str = "http://127.0.0.1:8440"
    listen: str = "127.0.0.1:8440"
    account: str = "gateway"
    proxies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiesConfig:
    """How an institution's gateway audits the bodies that it keeps: `sample` of them every `seconds`."""

    sample: int = 32
    seconds: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexConfig:
    """Where the index of the chain's events is kept."""

    url: str = "sqlite:///index.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientConfig:
    """What a patient decided when the home was made.

    `words` tells whether the 24 words were typed back. `recovery` is an address, or "declined".
    """

    words: bool = False
    recovery: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything in config.toml. `gateways` are the URLs of others' gateways, by a name or an address."""

    role: HomeRole
    language: str = ""
    network: str = "local"
    account: str = "main"
    networks: Mapping[str, NetworkConfig] = field(default_factory=lambda: {"local": NetworkConfig()})
    gateways: Mapping[str, str] = field(default_factory=dict)
    vault: VaultConfig = field(default_factory=VaultConfig)
    store: StoreConfig = field(default_factory=StoreConfig)
    gateway: GatewayConfig = field(default_factory=GatewayConfig)
    copies: CopiesConfig = field(default_factory=CopiesConfig)
    index: IndexConfig = field(default_factory=IndexConfig)
    patient: PatientConfig = field(default_factory=PatientConfig)

    def network_called(self, name: str) -> NetworkConfig:
        """Return the network called `name`.

        Raises:
            NoSuchNetwork: There is none.
        """
        if name not in self.networks:
            raise NoSuchNetwork(name=name, known=", ".join(sorted(self.networks)))
        return self.networks[name]

    def with_environment(self, environment: Mapping[str, str]) -> Config:
        """Return the config with what MEDSHARE_RPC_URL (one URL) and MEDSHARE_IPFS_URL say instead."""
        changed = self
        if rpc := environment.get("MEDSHARE_RPC_URL"):
            networks = {name: replace(network, rpc=rpc) for name, network in self.networks.items()}
            changed = replace(changed, networks=networks)
        if kubo := environment.get("MEDSHARE_IPFS_URL"):
            changed = replace(changed, store=replace(self.store, kubo=kubo))
        return changed


def parse(data: bytes, place: Path) -> Config:
    """Return the config in `data`, which was read from `place`.

    Raises:
        BadConfig: It is not TOML, or a value is not of its form.
        UnknownSetting: It has a name that does not exist.
    """
    if len(data) > LARGEST:
        raise BadConfig(place=place, why="it is too large")
    try:
        value = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfig(place=place, why=f"it is not TOML: {error}") from error
    config: Config = _read(Config, value, place, "")
    if config.language not in {"", *LANGUAGES}:
        raise BadConfig(place=place, why="language is neither en nor zh-Hant")
    if config.network not in config.networks:
        raise BadConfig(place=place, why=f"network is {config.network!r}, which [networks] does not have")
    recovery = config.patient.recovery
    if recovery not in {"", "declined"} and not _ADDRESS.fullmatch(recovery):
        raise BadConfig(place=place, why="patient.recovery is neither an address nor declined")
    return config


def dump(config: Config) -> str:
    """Return the config as TOML that `parse` reads again; what stands at its default is written too."""
    lines, tables = [], []
    for one in fields(config):
        value = getattr(config, one.name)
        if isinstance(value, Mapping):
            plain = {name: text for name, text in value.items() if isinstance(text, str)}
            tables += [f"\n[{one.name}]", *_pairs(plain)] if plain else []
            for name, inner in value.items():
                if not isinstance(inner, str):
                    tables += [f"\n[{one.name}.{name}]", *_pairs(_values(inner))]
        elif isinstance(value, str):
            lines.append(f"{one.name} = {json.dumps(str(value), ensure_ascii=False)}")
        else:
            tables += [f"\n[{one.name}]", *_pairs(_values(value))]
    return "\n".join([*lines, *tables]) + "\n"


def _values(value: Any) -> dict[str, Any]:
    return {one.name: getattr(value, one.name) for one in fields(value)}


def _pairs(values: Mapping[str, Any]) -> list[str]:
    # TOML's basic strings and booleans are JSON's.
    return [f"{_key(name)} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else json.dumps(name)


def _read(kind: type[Any], value: object, place: Path, path: str) -> Any:
    """Return `value` as the dataclass `kind`; `path` is where it stands, for the error."""
    if not isinstance(value, dict):
        raise BadConfig(place=place, why=f"{path.rstrip('.') or 'it'} is not a table")
    hints = get_type_hints(kind)
    for name in value:
        if name not in hints:
            nearest = difflib.get_close_matches(name, hints, n=1, cutoff=0.0)
            raise UnknownSetting(place=place, name=f"{path}{name}", nearest=f"{path}{nearest[0]}")  # [M-005]
    if "role" in hints and "role" not in value:
        raise BadConfig(place=place, why="role is missing")
    return kind(**{name: _value(hints[name], inner, place, f"{path}{name}") for name, inner in value.items()})


def _value(kind: Any, value: object, place: Path, path: str) -> Any:
    if isinstance(kind, UnionType):
        if type(value) is str:
            return value
        return _texts(value or None, place, f"{path} is neither a text nor a list of texts")
    if get_origin(kind) is tuple:
        return _texts(value, place, f"{path} is not a list of texts")
    if get_origin(kind) is not None:
        inner = get_args(kind)[1]
        if not isinstance(value, dict):
            raise BadConfig(place=place, why=f"{path} is not a table")
        for name in value:
            if not (_NAME.fullmatch(name) or _ADDRESS.fullmatch(name)):
                raise BadConfig(place=place, why=f"{path} has the name {name!r}, which is not lower-case")
        return {name: _value(inner, one, place, f"{path}.{name}") for name, one in value.items()}
    if kind is HomeRole:
        if value not in set(HomeRole):
            raise BadConfig(place=place, why=f"{path} is none of {', '.join(HomeRole)}")
        return HomeRole(str(value))
    if kind is int:
        if type(value) is not int or value < 1:
            raise BadConfig(place=place, why=f"{path} is not a whole number above 0")
        return value
    if kind in {str, bool}:
        if type(value) is not kind:
            raise BadConfig(place=place, why=f"{path} is not {'a text' if kind is str else 'true or false'}")
        return value
    return _read(kind, value, place, f"{path}.")


def _texts(value: object, place: Path, fault: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(type(one) is str for one in value):
        raise BadConfig(place=place, why=fault)
    return tuple(value)

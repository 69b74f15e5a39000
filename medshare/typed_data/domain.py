"""For whom a signature is meant: this application, chain and contract (EIP-712, "domainSeparator")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from medshare.canonical_json import LARGEST_INTEGER
from medshare.digest import keccak
from medshare.errors import InputError
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32, address
from medshare.typed_data.errors import DomainField

NAME: Final = "MedShare"
VERSION: Final = "1"
DOMAIN_TYPE: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
DOMAIN_FIELDS: Final = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)
LARGEST_CHAIN_ID: Final = LARGEST_INTEGER
"""A page in JavaScript must be able to hold it as a number."""

_HEAD: Final = keccak(DOMAIN_TYPE.encode()) + keccak(NAME.encode()) + keccak(VERSION.encode())


class Contract(StrEnum):
    """The five contracts, by their names in Solidity."""

    PARTICIPANTS = "ParticipantRegistry"
    CONSENTS = "ConsentRegistry"
    REQUESTS = "AccessRequests"
    RECORDS = "RecordRegistry"
    AUDIT = "AuditLog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The four fields of a domain; name and version are always ours.

    Raises:
        DomainField: A chain id that is no number from 1 to 2^53 - 1, or no contract.
    """

    chain_id: int
    verifying_contract: Address

    def __post_init__(self) -> None:
        if type(self.chain_id) is not int or not 0 < self.chain_id <= LARGEST_CHAIN_ID:
            raise DomainField(why="chainId is not a number from 1 to 2^53 - 1")
        try:
            contract = address(self.verifying_contract)
        except InputError as error:
            raise DomainField(why="verifyingContract is not an address") from error
        if contract == ZERO_ADDRESS:
            raise DomainField(why="verifyingContract is zero")

    @property
    def separator(self) -> Bytes32:
        """The domain separator."""
        return _separator(self.chain_id, self.verifying_contract)

    def to_json(self) -> dict[str, int | str]:
        """Return the domain as a wallet takes it."""
        return {
            "name": NAME,
            "version": VERSION,
            "chainId": self.chain_id,
            "verifyingContract": self.verifying_contract,
        }

    @classmethod
    def parse(cls, value: object) -> Domain:
        """Return the domain that `to_json` wrote.

        Raises:
            DomainField: A field is missing, unknown, or not ours.
        """
        names = {name for name, _ in DOMAIN_FIELDS}
        if not isinstance(value, Mapping):
            raise DomainField(why="it is not an object")
        for name in sorted(names - set(value)):  # [T-006]
            raise DomainField(why=f"{name} is missing")
        for name in sorted(set(value) - names, key=str):
            raise DomainField(why=f"{name!r} is not one of its fields")
        if value["name"] != NAME or value["version"] != VERSION:
            raise DomainField(why=f"it is not of {NAME} version {VERSION}")
        return cls(chain_id=value["chainId"], verifying_contract=value["verifyingContract"])


@lru_cache(maxsize=64)
def _separator(chain_id: int, verifying_contract: Address) -> Bytes32:
    return keccak(_HEAD + chain_id.to_bytes(32, "big") + bytes(12) + bytes.fromhex(verifying_contract[2:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Domains:
    """The chain and the addresses of the five contracts of one deployment."""

    chain_id: int
    participants: Address
    consents: Address
    requests: Address
    records: Address
    audit: Address

    def __post_init__(self) -> None:
        # Building each domain once checks the chain id and every address.
        for contract in Contract:
            self.domain(contract)

    def domain(self, contract: Contract) -> Domain:
        """Return the domain of messages that `contract` checks."""
        addresses = {
            Contract.PARTICIPANTS: self.participants,
            Contract.CONSENTS: self.consents,
            Contract.REQUESTS: self.requests,
            Contract.RECORDS: self.records,
            Contract.AUDIT: self.audit,
        }
        return Domain(chain_id=self.chain_id, verifying_contract=addresses[contract])

    def of(self, message: HasContract | type[HasContract]) -> Domain:
        """Return the domain of a message or of a type of message."""
        return _domain(self, message.checked_by)


@lru_cache(maxsize=64)
def _domain(domains: Domains, contract: Contract) -> Domain:
    """Build and check each domain once: every digest asks for one."""
    return domains.domain(contract)


class HasContract:
    """Something that one of the contracts checks."""

    __slots__ = ()
    checked_by: Contract

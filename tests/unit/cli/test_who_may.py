"""Every command in the home of every role: whose it is not, is told so before a file, a key or a node is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from medshare.cli.frame.command import RESULTS
from medshare.cli.tree import NOUNS, load
from tests.unit.cli.running import PASSPHRASE, Runner

ROLES = ("patient", "institution", "researcher", "regulator")
PATIENT, HOUSE, RESEARCHER, REGULATOR = ({role} for role in ROLES)
REQUESTER = HOUSE | RESEARCHER
ANYBODY = set(ROLES)
WORD, ACCOUNT, FILE = "0x" + "11" * 32, "0x" + "22" * 20, "nothing.json"
TERMS = ("--category", "vital-signs", "--purpose", "TREAT", "--days", "9")

MATRIX: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "access list": ((WORD,), REQUESTER),
    "access log": ((), PATIENT),
    "access question": ((WORD,), PATIENT),
    "access read": ((WORD,), REQUESTER),
    "access recognise": ((WORD,), PATIENT),
    "account recovery": ((ACCOUNT,), PATIENT),
    "audit anomalies": ((), REGULATOR),
    "audit disclosures": ((), REGULATOR),
    "audit export": ((FILE,), PATIENT | HOUSE),
    "audit events": ((FILE,), PATIENT),
    "deploy": ((), REGULATOR),
    "consent approve": ((WORD,), PATIENT),
    "consent check": ((WORD,), ANYBODY),
    "consent draft": ((FILE,), PATIENT),
    "consent export": ((WORD,), ANYBODY - REGULATOR),
    "consent grant": ((ACCOUNT, *TERMS), PATIENT),
    "consent list": ((), ANYBODY - REGULATOR),
    "consent lockdown": ((), PATIENT),
    "consent receipt": ((WORD,), ANYBODY - REGULATOR),
    "consent refuse": ((WORD,), PATIENT),
    "consent renew": ((WORD,), PATIENT),
    "consent revoke": ((WORD,), PATIENT),
    "consent show": ((WORD,), ANYBODY - REGULATOR),
    "enrol accept": ((FILE, "--identity-checked"), HOUSE),
    "enrol answer": ((FILE,), PATIENT),
    "enrol offer": ((), HOUSE),
    "export all": ((FILE,), PATIENT),
    "export ips": ((FILE,), PATIENT),
    "export ndjson": ((FILE,), PATIENT),
    "import ccda": ((FILE, "--patient", ACCOUNT), HOUSE),
    "import csv": ((FILE, "--mapping", FILE, "--patient", ACCOUNT), HOUSE),
    "import dicom": ((FILE, "--patient", ACCOUNT), HOUSE),
    "import discard": ((WORD,), HOUSE),
    "import fhir": ((FILE, "--patient", ACCOUNT), HOUSE),
    "import hl7v2": ((FILE, "--patient", ACCOUNT), HOUSE),
    "import quarantine": ((), HOUSE),
    "import replay": ((WORD, "--patient", ACCOUNT), HOUSE),
    "import report": ((), HOUSE),
    "leave": (("kept",), PATIENT),
    "org add-staff": ((ACCOUNT,), HOUSE),
    "org publish-key": ((), REQUESTER),
    "org register": ((ACCOUNT, "--name", "Name", "--role", "institution"), REGULATOR),
    "org reinstate": ((ACCOUNT,), REGULATOR),
    "org remove-staff": ((ACCOUNT,), HOUSE),
    "org suspend": ((ACCOUNT,), REGULATOR),
    "record amend": ((WORD, FILE), HOUSE),
    "record answer": ((WORD, "--outcome", "stands"), HOUSE),
    "record check": ((), HOUSE),
    "record confirm": ((), HOUSE),
    "record copies": ((), HOUSE),
    "record dispute": ((WORD, "--reason", "unreadable"), PATIENT),
    "record disputes": ((), PATIENT | HOUSE),
    "record erase": ((WORD,), PATIENT),
    "record get": ((WORD, "--out", FILE), PATIENT),
    "record list": ((), PATIENT | HOUSE),
    "record resume": ((), HOUSE),
    "record retract": ((WORD, "--reason", "1"), HOUSE),
    "record show": ((WORD,), PATIENT),
    "record upload": ((ACCOUNT, FILE), HOUSE),
    "relay reconcile": ((), HOUSE),
    "relay sign": (("lockdown",), PATIENT),
    "relay status": ((), HOUSE),
    "request answer": ((WORD,), REQUESTER),
    "request list": ((), ANYBODY - REGULATOR),
    "request open": ((ACCOUNT, "--gateway", ACCOUNT, *TERMS, "--why", "A visit"), REQUESTER),
    "request show": ((WORD,), ANYBODY - REGULATOR),
    "request status": ((WORD,), REQUESTER),
    "request withdraw": ((WORD,), REQUESTER),
    "serve": ((), HOUSE),
    "status": ((), HOUSE),
}
"""A command, words that it takes, and whose it is."""

NOBODYS = {
    *("account backup", "account import", "account list", "account new", "account show"),
    *("chain addresses", "chain down", "chain fund", "chain reset", "chain status", "chain up", "chain verify"),
    *("index rebuild", "index run", "index status", "org join", "org know", "org list", "org show"),
    *("audit verify", "demo", "doctor", "init", "relay submit", "sync"),
}
"""Commands that ask for no role: keys and chains are everybody's, and the contracts answer the rest."""


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("homes")
    for role in ROLES:
        done = Runner(place).init(role, "--rpc", "http://127.0.0.1:9", home=role)
        assert done.code == 0, done.err
    return place


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("command", MATRIX)
def test_a_command_is_refused_in_a_home_whose_role_has_no_use_for_it(command: str, role: str, homes: Path):
    words, may = MATRIX[command]
    done = Runner(homes)(*command.split(), *words, "--json", home=role, passphrases=(PASSPHRASE,))
    error = done.document.get("error", {"code": ""})  # what asks no node succeeds
    assert (error["code"] == "home.wrong-role") is (role not in may), error
    if role not in may:
        assert done.code == 2


def test_the_matrix_has_every_command():
    for noun in NOUNS:
        load(noun)
    assert set(MATRIX) | NOBODYS == set(RESULTS)
    assert not set(MATRIX) & NOBODYS

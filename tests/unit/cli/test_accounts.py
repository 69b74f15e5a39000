"""Account keys: listed, made, taken in, shown, copied; never overwritten, never printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from medshare.keys.account import AccountKey
from medshare.keys.keystore import read_keystore, write_keystore
from tests.unit.cli.running import PASSPHRASE, Runner


@pytest.fixture
def city(medshare: Runner) -> Runner:
    assert medshare.init("institution").code == 0
    return medshare


def test_accounts_are_listed_without_a_passphrase(city: Runner):
    rows = city("account", "list", "--json").result["accounts"]
    assert [(row["name"], row["acts"]) for row in rows] == [("main", True)]
    assert rows[0]["address"] in city("account", "list").out


def test_a_new_account_has_a_passphrase_of_its_own(city: Runner):
    done = city("account", "new", "gateway", "--light", "--json", passphrases=["another one"])
    assert done.code == 0, done.err
    data = Path(done.result["file"]).read_bytes()
    assert read_keystore(data, "another one").address == done.result["address"]
    assert city("account", "new", "gateway", passphrases=["again"]).code == 2
    assert Path(done.result["file"]).read_bytes() == data


@pytest.mark.parametrize("name", ["Gateway", "../main", "-x", "a" * 41, ""])
def test_a_name_that_is_no_good_file_name_is_refused(name: str, city: Runner):
    assert city("account", "new", "--", name, passphrases=["x"]).code == 2


def test_a_wallets_keystore_is_taken_in_under_a_new_passphrase(city: Runner, tmp_path: Path):
    key = AccountKey.generate()
    wallet = tmp_path / "wallet.json"
    wallet.write_bytes(write_keystore(key, "old", work=4096))
    done = city("account", "import", "old", str(wallet), "--light", "--json", passphrases=["old", "new"])
    assert done.code == 0, done.err
    assert done.result["address"] == key.address
    assert read_keystore(Path(done.result["file"]).read_bytes(), "new").address == key.address
    assert city("account", "import", "older", str(tmp_path / "none.json"), passphrases=["x"]).code == 5
    assert city("account", "import", "older", str(wallet), passphrases=["wrong"]).code != 0


def test_a_copy_is_proved_before_it_is_made(city: Runner, tmp_path: Path):
    copy = tmp_path / "copy.json"
    assert city("account", "backup", "main", str(copy), passphrases=["wrong"]).code != 0
    assert not copy.exists()
    assert city("account", "backup", "main", str(copy), passphrases=[PASSPHRASE]).code == 0
    assert read_keystore(copy.read_bytes(), PASSPHRASE)
    assert city("account", "backup", "main", str(copy), passphrases=[PASSPHRASE]).code == 2


def test_an_account_is_shown_without_a_chain(city: Runner):
    done = city("account", "show", "--offline", "--json")
    assert (done.code, done.result["status"]) == (0, None)
    assert city("account", "show", "nobody", "--offline").code == 4


def test_a_passphrase_never_comes_from_an_argument_or_the_environment(city: Runner, monkeypatch: pytest.MonkeyPatch):
    """[M-002]"""
    monkeypatch.setenv("MEDSHARE_PASSPHRASE", PASSPHRASE)
    done = city("account", "backup", "main", str(city.place / "copy.json"))
    assert (done.code, "--passphrase-fd" in done.err) == (2, True)
    assert city("account", "backup", "main", "x", "--passphrase", PASSPHRASE).code == 2


def test_a_descriptor_that_gives_nothing_is_named(city: Runner):
    done = city("account", "backup", "main", str(city.place / "copy.json"), "--passphrase-fd", "97")
    assert (done.code, "97" in done.err) == (2, True)

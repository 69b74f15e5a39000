"""Homes: made once, private, exact."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from medshare.cli.frame.errors import FileKept, HomeBusy
from medshare.cli.frame.home import Home
from tests.unit.cli.running import PASSPHRASE, Runner


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("role", ["patient", "institution", "researcher", "regulator"])
def test_a_home_is_its_owners_alone(role: str, medshare: Runner):
    """[M-003]"""
    done = medshare.init(role, "--json")
    assert done.code == 0, done.err
    home = medshare.place / "home"
    assert mode(home) == 0o700
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {mode(path) for path in files} == {0o600}
    names = {path.relative_to(home).as_posix() for path in files}
    assert {"config.toml", "accounts/main.json"} <= names
    assert ("root.age" in names) is (role == "patient")
    assert ("encryption.age" in names) is (role in {"institution", "researcher"})


def test_no_secret_is_printed_or_kept_in_the_clear(medshare: Runner):
    """The words stand on the descriptor that asked for them and nowhere else."""
    done = medshare.init("patient", "--json")
    words = (medshare.place / "home.words").read_text().split()
    assert len(words) == 24
    assert " ".join(words[:3]) not in done.out + done.err
    for path in (medshare.place / "home").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert words[0].encode() not in data or words[1].encode() not in data
            assert PASSPHRASE.encode() not in data


def test_a_home_is_never_overwritten(medshare: Runner):
    """[M-003]"""
    medshare.init("institution")
    before = (medshare.place / "home" / "accounts" / "main.json").read_bytes()
    done = medshare.init("institution")
    assert (done.code, "is a MedShare home" in done.err) == (2, True)
    assert (medshare.place / "home" / "accounts" / "main.json").read_bytes() == before


def test_a_key_file_is_never_written_twice(tmp_path: Path):
    home = Home(tmp_path)
    home.write("accounts/main.json", b"one")
    with pytest.raises(FileKept):
        home.write("accounts/main.json", b"two")
    assert home.read("accounts/main.json") == b"one"
    assert [path.name for path in (tmp_path / "accounts").iterdir()] == ["main.json"]


def test_a_key_file_that_others_may_read_is_not_opened(medshare: Runner):
    """[M-003]"""
    medshare.init("institution")
    (medshare.place / "home" / "accounts" / "main.json").chmod(0o644)
    done = medshare("account", "backup", "main", str(medshare.place / "copy.json"), passphrases=[PASSPHRASE])
    assert (done.code, "chmod 600" in done.err) == (2, True)
    assert not (medshare.place / "copy.json").exists()


def test_one_command_at_a_time_works_in_a_home(tmp_path: Path):
    home = Home(tmp_path)
    with home.held(), pytest.raises(HomeBusy), Home(tmp_path).held():
        pass
    with Home(tmp_path).held():
        pass


def test_a_patients_home_is_not_finished_before_the_words_were_typed_back(medshare: Runner):
    """[M-004]"""
    wrong = medshare.place / "wrong"
    wrong.write_text("abandon " * 23 + "art")
    shown = os.open(medshare.place / "shown", os.O_WRONLY | os.O_CREAT)
    typed = os.open(wrong, os.O_RDONLY)
    options = ["--show-words-fd", str(shown), "--typed-words-fd", str(typed), "--no-recovery", "--light"]
    done = medshare("init", "patient", *options, passphrases=[PASSPHRASE])
    assert (done.code, "are not the ones" in done.err) == (2, True)
    assert not Home(medshare.place / "home").config().patient.words
    first = (medshare.place / "shown").read_text()
    # It goes on where it stopped: the same words.
    done = medshare.init("patient")
    assert done.code == 0, done.err
    assert (medshare.place / "home.words").read_text() == first
    assert Home(medshare.place / "home").config().patient.words
    assert medshare.init("patient").code == 2


def test_without_a_terminal_a_patient_must_say_where_the_words_go(medshare: Runner):
    """[M-002]"""
    done = medshare("init", "patient", "--light", "--no-recovery", passphrases=[PASSPHRASE])
    assert (done.code, "--show-words-fd" in done.err) == (2, True)


def test_a_recovery_address_is_named_or_declined(medshare: Runner):
    """[M-004]"""
    address = "0x" + "ab" * 20
    assert medshare.init("patient", "--recovery", address, "--json").result["recovery"] == address
    assert medshare.init("patient", "--no-recovery", "--json", home="other").result["recovery"] == "declined"
    shown = medshare.place / "third.words"
    fds = [os.open(shown, os.O_WRONLY | os.O_CREAT), os.open(shown, os.O_RDONLY)]
    options = ["--show-words-fd", str(fds[0]), "--typed-words-fd", str(fds[1]), "--light"]
    done = medshare("init", "patient", *options, home="third", passphrases=[PASSPHRASE])
    assert (done.code, "--no-recovery" in done.err) == (2, True)
    assert medshare.init("patient", "--recovery", "0x12", home="fourth").code == 2


def test_words_that_a_person_has_need_not_be_shown_again(medshare: Runner):
    words = medshare.place / "known"
    words.write_text("abandon " * 23 + "art")
    fd = os.open(words, os.O_RDONLY)
    done = medshare.init("patient", "--words-fd", str(fd), "--no-recovery")
    os.close(fd)
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('langauge = "en"', "Did you mean language?"),
        ('language = "fr"', "neither en nor zh-Hant"),
        ("account = 3", "account is not a text"),
        ('network = "mars"', "[networks] does not have"),
        ("[networks.local]\nurl = 'x'", "Did you mean networks.local.rpc?"),
        ("[vault]\nurl = true", "vault.url is not a text"),
        ('[patient]\nwords = "yes"', "patient.words is not true or false"),
        ('[patient]\nrecovery = "0x12"', "neither an address nor declined"),
        ("vault = 3", "vault is not a table"),
        ("[gateway]\nproxies = '10.0.0.1'", "gateway.proxies is not a list of texts"),
        ("[networks.local]\nrpc = []", "networks.local.rpc is neither a text nor a list of texts"),
        ("[networks.local]\nrpc = [1]", "networks.local.rpc is neither a text nor a list of texts"),
        ("[gateway]\nproxies = [1]", "gateway.proxies is not a list of texts"),
        ('role = "king"', "is not TOML"),
        ("= =", "is not TOML"),
    ],
)
def test_a_config_is_exact(line: str, sentence: str, medshare: Runner):
    """[M-005]"""
    medshare.init("institution")
    place = medshare.place / "home" / "config.toml"
    place.write_text(f'role = "institution"\n{line}\n')
    done = medshare("account", "list")
    assert done.code == 2
    assert sentence in done.err


def test_a_home_without_a_role_or_with_another_is_refused(medshare: Runner):
    medshare.init("institution")
    place = medshare.place / "home" / "config.toml"
    for text, sentence in (("", "role is missing"), ('role = "king"', "none of patient, institution")):
        place.write_text(text)
        done = medshare("account", "list")
        assert (done.code, sentence in done.err) == (2, True)


def test_what_was_written_is_read_again(medshare: Runner):
    medshare.init("institution", "--rpc", "http://127.0.0.1:1", "--gateway-url", "https://city.example")
    config = Home(medshare.place / "home").config()
    assert config.networks["local"].rpc == "http://127.0.0.1:1"
    assert config.gateway.url == "https://city.example"
    config = replace(config, gateway=replace(config.gateway, proxies=("10.0.0.1", "::1")))
    Home(medshare.place / "home").write_config(config)
    assert Home(medshare.place / "home").config() == config


def test_the_environment_speaks_before_the_config(medshare: Runner, monkeypatch: pytest.MonkeyPatch):
    medshare.init("institution", home="city")
    monkeypatch.setenv("MEDSHARE_RPC_URL", "http://127.0.0.1:9")
    done = medshare("chain", "status", home="city")
    assert (done.code, "127.0.0.1:9 does not answer" in done.err) == (5, True)

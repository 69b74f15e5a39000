"""The scripts that a person runs: they say everything, ask, and can be run twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from medshare.deployment import file
from medshare.deployment.anvil import MNEMONIC, Anvil
from medshare.errors import NotFoundError
from medshare.keys.account import AccountKey
from medshare.keys.keystore import write_keystore
from scripts import check_deployment
from scripts import deploy as script

Account.enable_unaudited_hdwallet_features()
KEYS = [
    AccountKey(bytes(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{place}").key)) for place in (0, 1)
]


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil(block_time=0) as running:
        yield running


def test_nothing_is_sent_without_a_yes_and_nothing_twice(anvil: Anvil, tmp_path: Path) -> None:
    path, told = tmp_path / "31337.json", []
    regulator = KEYS[1].address
    with pytest.raises(script.NotSent):
        script.run(anvil.rpc, KEYS[0], regulator, path=path, ask=lambda _: "no", tell=told.append)
    assert not path.exists()
    assert anvil.rpc.block("latest").number == 0
    assert any("About" in line and "gas" in line for line in told)
    done = script.run(anvil.rpc, KEYS[0], regulator, path=path, ask=lambda _: "yes", tell=told.append)
    assert file.load(path) == done
    height = anvil.rpc.block("latest")
    again = script.run(anvil.rpc, KEYS[0], regulator, path=path, ask=lambda _: pytest.fail("asked"), tell=told.append)
    assert again == done
    assert anvil.rpc.block("latest") == height
    found = check_deployment.run(anvil.rpc, path=path, tell=told.append)
    assert len(found) > 20
    with pytest.raises(NotFoundError):
        check_deployment.run(anvil.rpc, path=tmp_path / "no.json", tell=told.append)


def test_the_command_lines_end_with_a_code(
    anvil: Anvil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, keystore = tmp_path / "31337.json", tmp_path / "key.json"
    keystore.write_bytes(write_keystore(KEYS[0], "a passphrase", work=1 << 12))
    monkeypatch.setattr("getpass.getpass", lambda _: "a passphrase")
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    common = ["--node", anvil.url, "--file", str(path)]
    arguments = [*common, "--keystore", str(keystore), "--regulator", KEYS[1].address, "--finality", "latest"]
    # `input` was bound when the function was defined.
    monkeypatch.setitem(script.run.__kwdefaults__ or {}, "ask", lambda _: "yes")
    assert script.command_line(arguments) == 0
    assert check_deployment.command_line(common) == 0
    assert "The deployer holds no power" in capsys.readouterr().out
    assert check_deployment.command_line(["--node", anvil.url, "--file", str(tmp_path / "no.json")]) == 4
    assert script.command_line([*arguments[:4], "--keystore", str(tmp_path / "none"), "--regulator", "0x"]) == 2
    monkeypatch.setattr("getpass.getpass", lambda _: "wrong")
    assert script.command_line(arguments) != 0


def test_a_key_of_a_development_account_is_found() -> None:
    class Unlocked:
        address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

    class Local:
        private_key = "0x" + "01" * 32

    class Strange:
        address = "0x" + "99" * 20

    assert script.brownie_key(Unlocked()).address == KEYS[0].address
    assert script.brownie_key(Local()).address == AccountKey(b"\x01" * 32).address
    with pytest.raises(script.NotSent):
        script.brownie_key(Strange(), most=2)

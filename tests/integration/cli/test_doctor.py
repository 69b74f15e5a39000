"""`medshare doctor`: every broken set-up is found, named, and has a remedy."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from medshare.clock import SystemClock
from medshare.deployment.anvil import Anvil, free_port
from tests.integration.cli.consortium import Consortium
from tests.unit.cli.running import PASSPHRASE, Runner

CITY = "city"


def diagnosis(run: Any, home: str, *more: str, passphrases: tuple[str, ...] = ()) -> dict[str, dict[str, str]]:
    done = run("doctor", "--json", *more, home=home, passphrases=passphrases)
    return {line["name"]: line for line in done.result["checks"]}


def faults(found: dict[str, dict[str, str]]) -> dict[str, str]:
    """The codes of what is wrong, by check."""
    return {name: line["code"] for name, line in found.items() if line["outcome"] == "fault"}


def setting(consortium: Consortium, name: str, value: str, *, home: str = CITY) -> None:
    """Change one line of a config."""
    place = consortium.run.place / home / "config.toml"
    lines = place.read_text().splitlines()
    place.write_text("\n".join(f'{name} = "{value}"' if line.startswith(f"{name} =") else line for line in lines))


def test_a_whole_set_up_has_one_fault_the_gateway_that_does_not_run(consortium: Consortium):
    found = diagnosis(consortium, CITY, "--unlock", passphrases=(PASSPHRASE,))
    assert faults(found) == {"gateway-url": "doctor.gateway-silent"}
    assert {name for name, line in found.items() if line["outcome"] == "right"} == set(found) - {
        "gateway-url",
        "light-keys",
    }
    assert found["light-keys"]["code"] == "doctor.light-key"
    done = consortium.run("doctor", home=CITY)
    assert done.code == 5
    assert "✗ gateway-url: No gateway answers at http://127.0.0.1:8440." in done.out
    assert "medshare serve" in done.out


def test_no_home(medshare: Runner):
    assert faults(diagnosis(medshare, "nowhere")) == {"home": "home.none"}
    assert medshare("doctor", home="nowhere").code == 4


def test_a_home_that_others_may_enter(medshare: Runner):
    medshare.init("regulator")
    (medshare.place / "home").chmod(0o755)
    assert faults(diagnosis(medshare, "home"))["home"] == "doctor.home-open"


def test_a_home_that_cannot_be_written(medshare: Runner):
    medshare.init("regulator")
    # Rights stop nobody who is root; a folder in the way of the file that doctor writes stops everyone.
    (medshare.place / "home" / ".doctor").mkdir()
    assert faults(diagnosis(medshare, "home"))["home"] == "home.unwritable"


def test_a_config_with_a_mistake(medshare: Runner):
    medshare.init("regulator")
    (medshare.place / "home" / "config.toml").write_text('role = "regulator"\nnetwrok = "local"\n')
    assert faults(diagnosis(medshare, "home")) == {"config": "config.unknown-setting"}


def test_a_key_that_is_missing(medshare: Runner):
    medshare.init("institution")
    assert faults(diagnosis(medshare, "home"))["keys"] == "account.none"  # no gateway account yet
    medshare.init("researcher", home="lab")
    (medshare.place / "lab" / "encryption.age").unlink()
    assert faults(diagnosis(medshare, "lab"))["keys"] == "home.key-missing"


def test_a_key_that_others_may_read(medshare: Runner):
    medshare.init("researcher")
    (medshare.place / "home" / "accounts" / "main.json").chmod(0o640)
    assert faults(diagnosis(medshare, "home"))["keys"] == "home.file-open"


def test_words_that_nobody_typed_back(medshare: Runner):
    medshare.init("patient")
    place = medshare.place / "home" / "config.toml"
    place.write_text(place.read_text().replace("words = true", "words = false"))
    assert faults(diagnosis(medshare, "home"))["words"] == "home.unfinished"


def test_a_disk_that_is_almost_full(medshare: Runner, monkeypatch: pytest.MonkeyPatch):
    medshare.init("regulator")
    usage = type(shutil.disk_usage("/"))(10**12, 10**12 - 2**20, 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert faults(diagnosis(medshare, "home"))["disk"] == "doctor.disk-almost-full"


def test_a_node_far_away_in_the_clear(medshare: Runner):
    medshare.init("regulator", "--rpc", "http://192.0.2.1:8545")
    config = medshare.place / "home" / "config.toml"
    found = diagnosis(medshare, "home")["transport"]
    assert (found["outcome"], found["code"]) == ("nag", "doctor.rpc-in-the-clear")
    config.write_text(config.read_text().replace("192.0.2.1", "localhost"))
    assert diagnosis(medshare, "home")["transport"]["outcome"] == "right"


def test_no_node(medshare: Runner):
    medshare.init("regulator", "--rpc", f"http://127.0.0.1:{free_port()}")
    found = diagnosis(medshare, "home")
    assert faults(found)["node"] == "ledger.node-unreachable"
    assert found["contracts"]["outcome"] == "skipped"


def test_no_deployment_file_or_a_wrong_one(consortium: Consortium):
    place = consortium.deployment
    good = place.read_text()
    place.unlink()
    assert faults(diagnosis(consortium, CITY))["deployment"] == "deployment.none"
    place.write_text("{}")
    assert faults(diagnosis(consortium, CITY))["deployment"] == "deployment.bad-file"
    value = json.loads(good)
    value["contracts"]["AuditLog"]["abiHash"] = "0x" + "00" * 32
    place.write_text(json.dumps(value))
    assert faults(diagnosis(consortium, CITY))["deployment"] == "deployment.other-version"


def test_a_wrong_chain(consortium: Consortium):
    value = json.loads(consortium.deployment.read_text())
    consortium.deployment.write_text(json.dumps(value | {"chainId": 1}))
    assert faults(diagnosis(consortium, CITY))["contracts"] == "ledger.wrong-chain"


def test_a_fresh_chain_under_old_addresses(consortium: Consortium):
    with Anvil(block_time=0) as fresh:
        setting(consortium, "rpc", fresh.url)
        done = consortium("org", "list", "--json", home=CITY)
        assert (done.code, done.document["error"]["code"]) == (4, "ledger.no-contract")
        assert "not deployed on this chain" in done.document["error"]["cause"]
        assert faults(diagnosis(consortium, CITY))["contracts"] == "ledger.no-contract"


def test_other_code_at_an_address(consortium: Consortium):
    place = json.loads(consortium.deployment.read_text())["contracts"]["AuditLog"]["address"]
    consortium.anvil.rpc.request("anvil_setCode", place, "0x6001")
    assert faults(diagnosis(consortium, CITY))["contracts"] == "ledger.code-differs"


@pytest.mark.parametrize(("seconds", "name", "code"), [(7200, "head", "head-stale"), (-60, "clock", "clock-behind")])
def test_a_stale_head_and_a_clock_that_is_behind(
    seconds: int, name: str, code: str, consortium: Consortium, monkeypatch: pytest.MonkeyPatch
):
    consortium.anvil.rpc.request("anvil_mine", "0x1")
    monkeypatch.setattr(SystemClock, "now", lambda _: int(time.time()) + seconds)
    assert faults(diagnosis(consortium, CITY))[name] == f"doctor.{code}"


def test_too_few_validators(consortium: Consortium):
    for name in ("north", "harbour"):
        consortium.sent("org", "suspend", name, home="regulator")
    assert faults(diagnosis(consortium, CITY))["validators"] == "doctor.too-few-validators"


def test_an_account_that_nobody_accredited_or_that_is_suspended(consortium: Consortium):
    consortium.home("researcher", "lab")
    assert faults(diagnosis(consortium, "lab"))["accredited"] == "participant.not-accredited"
    consortium.sent("org", "suspend", CITY, home="regulator")
    assert faults(diagnosis(consortium, CITY))["accredited"] == "doctor.participant-inactive"
    consortium.sent("org", "reinstate", CITY, home="regulator")
    assert "accredited" not in faults(diagnosis(consortium, CITY))


def test_a_key_that_is_not_published_or_is_another_one(consortium: Consortium):
    lab = consortium.home("researcher", "lab")
    consortium.fund(lab)
    consortium.sent("org", "register", lab, "--name", "Lab", "--role", "researcher", home="regulator")
    assert faults(diagnosis(consortium, "lab"))["key"] == "participant.no-key"
    consortium.sent("org", "publish-key", home="lab")
    assert not faults(diagnosis(consortium, "lab", "--unlock", passphrases=(PASSPHRASE,)))
    other = consortium.run.place / "city" / "encryption.age"
    shutil.copy(other, consortium.run.place / "lab" / "encryption.age")
    found = faults(diagnosis(consortium, "lab", "--unlock", passphrases=(PASSPHRASE,)))
    assert found == {"own-key": "doctor.published-key-differs"}


def test_a_gateway_account_that_is_no_active_staff(consortium: Consortium):
    rows = consortium("account", "list", "--json", home=CITY).result["accounts"]
    gateway = next(row["address"] for row in rows if row["name"] == "gateway")
    consortium.sent("org", "remove-staff", gateway, home=CITY)
    assert faults(diagnosis(consortium, CITY))["gateway-account"] == "doctor.gateway-not-staff"


def test_an_account_without_money(consortium: Consortium):
    rows = consortium("account", "list", "--json", home=CITY).result["accounts"]
    consortium.anvil.rpc.request("anvil_setBalance", rows[0]["address"], "0x0")
    assert faults(diagnosis(consortium, CITY))["money"] == "doctor.account-empty"


def broken_version(place: Path) -> None:
    with sqlite3.connect(place) as database:
        database.execute("UPDATE alembic_version SET version_num = 'ffff'")


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda place: place.write_bytes(b"not a database" * 100), "vault.not-a-vault"),
        (broken_version, "vault.version"),
    ],
)
def test_a_vault_that_is_damaged_or_of_another_version(harm: Callable[[Path], None], code: str, consortium: Consortium):
    assert "vault" not in faults(diagnosis(consortium, CITY))
    harm(consortium.run.place / CITY / "vault.db")
    assert faults(diagnosis(consortium, CITY))["vault"] == code


def test_a_vault_whose_server_does_not_answer(consortium: Consortium):
    setting(consortium, "url", f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    assert faults(diagnosis(consortium, CITY))["vault"] == "vault.unreachable"


@pytest.fixture
def old_kubo() -> Iterator[int]:
    """A port where something answers as a Kubo of another version."""

    class Old(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = b'{"Version": "0.1.0"}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Old)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.filterwarnings("ignore:The 'strict' parameter:FutureWarning")
def test_a_kubo_of_another_version(consortium: Consortium, old_kubo: int):
    setting(consortium, "kubo", f"/ip4/127.0.0.1/tcp/{old_kubo}")
    assert faults(diagnosis(consortium, CITY))["store"] == "store.node-untested"


@pytest.mark.filterwarnings("ignore:The 'strict' parameter:FutureWarning")
def test_a_store_that_cannot_be_written_or_a_node_that_does_not_answer(consortium: Consortium):
    (consortium.run.place / CITY / "file").write_text("")
    setting(consortium, "folder", "file")
    assert faults(diagnosis(consortium, CITY))["store"] == "store.unreadable"
    setting(consortium, "kubo", f"/ip4/127.0.0.1/tcp/{free_port()}")
    assert faults(diagnosis(consortium, CITY))["store"] == "store.node-unreachable"


def test_a_regulator_that_the_deployment_does_not_name(consortium: Consortium):
    assert "regulator" not in faults(diagnosis(consortium, "regulator"))
    consortium.home("regulator", "other")
    assert faults(diagnosis(consortium, "other"))["regulator"] == "governance.restricted"


def test_a_patient_is_nagged_until_she_is_registered_and_has_a_recovery_address(consortium: Consortium):
    consortium.home("patient", "alice")
    found = diagnosis(consortium, "alice")
    assert not faults(found)
    assert (found["registered"]["outcome"], found["registered"]["code"]) == ("nag", "doctor.not-registered")

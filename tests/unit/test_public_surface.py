"""What `medshare` offers, on purpose; and that asking for little loads little."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import medshare

PUBLIC = [
    "AccountKey",
    "Action",
    "Category",
    "Gateway",
    "Institution",
    "MedShareError",
    "Network",
    "Patient",
    "Refused",
    "Regulator",
    "Researcher",
    "RootSecret",
    "Sandbox",
    "__version__",
]


def loaded_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after `code`."""
    program = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    return set(done.stdout.split())


def test_the_public_names_are_these():
    assert medshare.__all__ == PUBLIC
    assert dir(medshare) == sorted(PUBLIC)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name != "__version__"])
def test_every_public_name_is_the_class_of_its_module(name: str):
    found = getattr(medshare, name)
    assert found.__name__ == name
    home = importlib.import_module(medshare._HOMES[name])
    assert getattr(home, name) is found


def test_homes_and_names_agree():
    assert {*medshare._HOMES, "__version__"} == set(medshare.__all__)


def test_a_star_import_gives_the_public_names():
    names: dict[str, object] = {}
    exec("from medshare import *", names)  # noqa: S102 (the statement is the test)
    assert set(PUBLIC) - {"__version__"} <= set(names)


def test_another_name_is_no_attribute():
    with pytest.raises(AttributeError, match="module 'medshare' has no attribute 'Bank'"):
        medshare.Bank  # noqa: B018
    with pytest.raises(ImportError):
        exec("from medshare import Bank", {})  # noqa: S102


def test_the_version_is_that_of_the_installed_package():
    assert medshare.__version__ == version("medshare")


def test_the_package_says_that_it_is_typed():
    assert (Path(medshare.__file__).parent / "py.typed").is_file()


def test_importing_medshare_alone_loads_no_chain_no_fhir_and_no_database():
    loaded = {name.partition(".")[0] for name in loaded_after("import medshare")}
    assert not loaded & {"brownie", "fhir", "web3", "sqlalchemy", "eth_account", "pydantic", "ipfshttpclient", "rich"}


def test_the_rules_and_the_keys_need_no_node_and_no_database():
    loaded = {
        name.partition(".")[0]
        for name in loaded_after("import medshare.consent.rules, medshare.statement, medshare.age, medshare.record")
    }
    assert not loaded & {"brownie", "fhir", "web3", "sqlalchemy", "ipfshttpclient", "rich"}


def test_no_part_of_the_package_loads_brownie():
    """Brownie compiles, deploys and tests; who uses the package needs neither it nor Node.js."""
    everything = "import importlib; from tests.unit.error_classes import modules; [importlib.import_module(m) for m in modules()]"
    root = Path(__file__).parents[2]
    loaded = loaded_after(f"import sys; sys.path.insert(0, {str(root)!r}); {everything}")
    assert "medshare.cli" in loaded
    assert not {name for name in loaded if name.partition(".")[0] == "brownie"}

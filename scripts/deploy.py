"""Deploy the contracts: prints everything and asks before it sends.

    brownie run deploy main REGULATOR [ACCOUNT] --network NAME
    python scripts/deploy.py --node URL --keystore FILE --regulator ADDRESS

With Brownie, ACCOUNT is the name of one of its accounts (`brownie accounts list`); on a development
network the first account pays. The deployment file goes to `medshare/deployments/<chain id>.json`, or
to `--file`. Running it again sends only what is missing: nothing, when the deployment is whole.
"""

from __future__ import annotations

import argparse
import functools
import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from medshare.deployment import file
from medshare.deployment.anvil import MNEMONIC
from medshare.deployment.artefact import DEPLOYED
from medshare.deployment.deploy import creation_data, deploy, propose
from medshare.deployment.errors import NoDeployment
from medshare.deployment.file import Deployment, Settings
from medshare.errors import CancelledError, MedShareError
from medshare.hexadecimal import Address
from medshare.keys.account import AccountKey
from medshare.keys.keystore import read_keystore
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.types import Signer

P = ParamSpec("P")
R = TypeVar("R")

GAS = 14_000_000
"""More than the whole deployment takes; for the question only."""


class NotSent(CancelledError):
    """Raised when the person at the keyboard says no."""

    code = "deployment.not-sent"
    cause = "Nothing was sent."
    remedy = "Run it again when you want to deploy."


def run(
    rpc: Rpc,
    deployer: Signer,
    regulator: Address,
    *,
    settings: Settings | None = None,
    path: Path | None = None,
    ask: Callable[[str], str] = input,
    tell: Callable[[str], None] = print,
) -> Deployment:
    """Say what would be deployed, ask, deploy, check, and write the deployment file.

    Raises:
        NotSent: The answer was not yes.
        MedShareError: Whatever keeps it from being done.
    """
    path = path or file.default_path(rpc.chain_id())
    try:
        known: Deployment | None = file.load(path)
    except NoDeployment:
        known = None
    planned = known or propose(rpc, deployer=deployer.address, regulator=regulator, settings=settings or Settings())
    missing = [name for name in DEPLOYED if not rpc.code(planned.addresses[name])]
    tell(f"Chain {planned.chain_id} at {rpc.place}, block {rpc.block('latest').number}.")
    tell(f"Deployer {planned.deployer}, who keeps no power. Regulator {planned.regulator}.")
    for name in DEPLOYED:
        size = len(creation_data(planned, name))
        tell(
            f"  {name:20} {planned.addresses[name]}  {'to be created' if name in missing else 'stands'}, {size:,} bytes"
        )
    tell(f"Deployment file {path}{'' if known else ' (new)'}.")
    if missing:
        price = rpc.number(rpc.request("eth_gasPrice"))
        tell(f"About {GAS:,} gas, {GAS * price / 10**18:.6f} ether at the present price.")
        if ask("Send these transactions? Type yes: ").strip().lower() != "yes":
            raise NotSent
    done = deploy(
        rpc,
        deployer,
        planned.regulator,
        known=known,
        settings=planned.settings,
        save=lambda it: file.save(path, it),
        tell=tell,
    )
    tell("Everything stands and was checked.")
    return done


def brownie_key(account: Any, *, most: int = 32) -> AccountKey:
    """Return the key of one of Brownie's accounts.

    An unlocked development account has no key in Brownie: it is one of Anvil's well-known ones.

    Raises:
        NotSent: It is neither.
    """
    private = getattr(account, "private_key", None)
    if private is not None:
        return AccountKey(bytes.fromhex(private.removeprefix("0x")))
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    for place in range(most):
        wallet = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{place}")
        if wallet.address.lower() == str(account.address).lower():
            return AccountKey(bytes(wallet.key))
    raise NotSent


def brownie_rpc() -> Rpc:
    """Return the node that Brownie is connected to."""
    from brownie import web3

    return Rpc(web3.provider, "Brownie's network")


def brownie_account(place: int) -> AccountKey:
    """Return the key of one of the accounts that Brownie has at hand, from 0."""
    from brownie import accounts

    return brownie_key(accounts[place])


def said_plainly(script: Callable[P, R]) -> Callable[P, R]:
    """Let `brownie run` say an error of MedShare in its sentence, without a trace, and end with its exit code.

    In Brownie's console, and for who calls a script from Python, the error is raised as it is.
    """

    @functools.wraps(script)
    def wrapped(*args: P.args, **named: P.kwargs) -> R:
        try:
            return script(*args, **named)
        except MedShareError as error:
            brownie = sys.modules.get("brownie._config")
            if brownie is None or brownie.CONFIG.argv.get("cli") != "run":
                raise
            print(error, file=sys.stderr)
            raise SystemExit(error.exit_code) from None

    return wrapped


@said_plainly
def main(regulator: str | None = None, account: str | None = None) -> Deployment:
    """Deploy from `brownie run` or the Brownie console; on a development network both have defaults."""
    from brownie import accounts

    deployer = accounts.load(account) if account else accounts[0]
    return run(brownie_rpc(), brownie_key(deployer), str(regulator or accounts[1].address).lower())


def command_line(arguments: list[str]) -> int:
    """Deploy without Brownie; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--node", required=True, help="the node's JSON-RPC address")
    parser.add_argument("--keystore", required=True, type=Path, help="the deployer's keystore file")
    parser.add_argument("--regulator", required=True, help="the address that accredits")
    parser.add_argument("--file", type=Path, help="where the deployment file goes")
    parser.add_argument("--slot-seconds", type=int, default=12)
    parser.add_argument("--head-max-age", type=int, default=36)
    parser.add_argument("--finality", choices=file.TAGS, default="finalized")
    options = parser.parse_args(arguments)
    settings = Settings(slot_seconds=options.slot_seconds, head_max_age=options.head_max_age, finality=options.finality)
    try:
        key = read_keystore(options.keystore.read_bytes(), getpass.getpass("Passphrase of the keystore: "))
        run(Rpc.http(options.node), key, options.regulator, settings=settings, path=options.file)
    except (MedShareError, OSError) as error:
        print(error, file=sys.stderr)
        return error.exit_code if isinstance(error, MedShareError) else 2
    return 0


if __name__ == "__main__":
    sys.exit(command_line(sys.argv[1:]))

"""What the doctor looks at, in order. A check returns what it found right, or raises what is wrong.

A check that builds on another (`needs`) is passed over when that one found a fault. A `nag` is no fault:
it works today and will hurt later.
"""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from medshare.cli.doctor import errors, kubo
from medshare.cli.frame import keystores
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.errors import InitUnfinished, KeyMissing, NoHome
from medshare.cli.frame.session import Session

if TYPE_CHECKING:
    from medshare.ledger.chain.nodes import NodeReport

FREE_MIB: Final = 512
"""Below this the disk is called almost full."""
AHEAD_SECONDS: Final = 5
"""Seconds that a head may be ahead of this machine's clock."""
PATIENT, INSTITUTION = (HomeRole.PATIENT,), (HomeRole.INSTITUTION,)
ACCREDITED = (HomeRole.INSTITUTION, HomeRole.RESEARCHER)
EVERYBODY = tuple(HomeRole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing to look at: its name, what does it, for whom, after which others; `kubo` where bodies lie in Kubo."""

    name: str
    look: Callable[[Session], str]
    roles: tuple[HomeRole, ...] = EVERYBODY
    needs: tuple[str, ...] = ()
    nag: bool = False
    unlocks: bool = False
    kubo: bool = False


def home(session: Session) -> str:
    """Look at the folder: that it exists, is private and can be written."""
    place = session.home.place
    if not session.home.exists:
        raise NoHome(place=place)
    if stat.S_IMODE(place.stat().st_mode) & 0o077:
        raise errors.HomeOpen(place=place)
    session.home.write(".doctor", b"", again=True).unlink()
    return str(place)


def config(session: Session) -> str:
    """Read the config."""
    return session.config.role.value


def keys(session: Session) -> str:
    """Look for the key files of the role, and that they are their owner's alone."""
    names = [session.home.check_account(session.config.account)]
    role = session.config.role
    if role is HomeRole.PATIENT:
        names.append(keystores.ROOT)
    if role in ACCREDITED:
        names.append(keystores.ENCRYPTION)
    if role is HomeRole.INSTITUTION:
        names.append(session.home.check_account(session.config.gateway.account))
    for name in names:
        if not session.home.has(name):
            raise KeyMissing(what=name.partition(".")[0], place=session.home.place / name)
    names += [session.home.account_file(account) for account in session.home.accounts()]
    for name in dict.fromkeys(names):
        session.home.read_key_file(name)
    return f"{len(dict.fromkeys(names))}"


def light(session: Session) -> str:
    """Look whether a keystore is derived too quickly."""
    from medshare.keys.keystore import SCRYPT_WORK

    for account in session.home.accounts():
        file = session.home.account_file(account)
        parameters = json.loads(session.home.read(file)).get("crypto", {}).get("kdfparams", {})
        if 0 < int(parameters.get("n", 0)) < SCRYPT_WORK // 4:
            raise errors.LightKey(place=session.home.place / file)
    return "scrypt"


def words(session: Session) -> str:
    """Look whether the 24 words were typed back."""
    if not session.config.patient.words:
        raise InitUnfinished
    return "24"


def disk(session: Session) -> str:
    """Look how much room there is."""
    free = shutil.disk_usage(session.home.place).free // 2**20
    if free < FREE_MIB:
        raise errors.DiskAlmostFull(free=free, place=session.home.place)
    return f"{free} MiB"


def transport(session: Session) -> str:
    """Look whether a node that is far away is reached in the clear."""
    from medshare.ledger.chain.rpc import place_of

    urls = session.network_config.urls
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            raise errors.RpcInTheClear(node=place_of(url))
    return ", ".join(dict.fromkeys(urlsplit(url).scheme for url in urls))


def node(session: Session) -> str:
    """Ask the node for its chain."""
    return str(session.rpc.chain_id())


def nodes(session: Session) -> str:
    """Look whether every node shows this chain."""
    reports = _survey(session)
    if any(report.fitness.wrong for report in reports):
        raise errors.NodeOfAnotherChain(nodes=_named(reports))
    return _named(reports)


def spare_nodes(session: Session) -> str:
    """Look whether every node could be used now."""
    reports = _survey(session)
    fit = sum(report.fitness.usable for report in reports)
    if fit < len(reports):
        raise errors.NodesUnfit(fit=fit, count=len(reports), nodes=_named(reports))
    return _named(reports)


def _survey(session: Session) -> tuple[NodeReport, ...]:
    from medshare.ledger.chain.nodes import Nodes

    return session.rpc.survey() if isinstance(session.rpc, Nodes) else ()


def _named(reports: tuple[NodeReport, ...]) -> str:
    return "; ".join(f"{one.place} {one.fitness}{' (used)' if one.used else ''}" for one in reports) or "1"


def deployment(session: Session) -> str:
    """Read the deployment file."""
    return str(len(session.deployment.addresses))


def contracts(session: Session) -> str:
    """Compare chain id and code with the deployment file: wrong chain, nothing there, other code."""
    return str(len(session.ledger.deployment.addresses))


def head(session: Session) -> str:
    """Look how old the newest block is."""
    from medshare.health.errors import HeadStale

    age, most = session.clock.now() - session.ledger.head().time, session.deployment.settings.head_max_age
    if age > most:
        raise HeadStale(age=age, most=most)
    return f"{age} s"


def clock(session: Session) -> str:
    """Look whether the newest block is from the future of this machine."""
    ahead = session.ledger.head().time - session.clock.now()
    if ahead > AHEAD_SECONDS:
        raise errors.ClockBehind(seconds=ahead)
    return f"{max(ahead, 0)} s"


def accredited(session: Session) -> str:
    """Look whether the account is accredited and active."""
    from medshare.ledger.types import AccountStatus
    from medshare.public_records import NotAccredited

    address = session.address()
    found = session.ledger.account(address)
    if found.status is AccountStatus.NONE:
        raise NotAccredited(account=address)
    if not found.active:
        raise errors.ParticipantInactive(account=address, status=found.status.name.lower())
    return address


def regulates(session: Session) -> str:
    """Look whether the account of the regulator is the deployment's."""
    from medshare.ledger.reverts.manager import Restricted

    if session.deployment.regulator != session.address():
        raise Restricted(caller=session.address())
    return session.address()


def published(session: Session) -> str:
    """Look whether the encryption key is published."""
    from medshare.hexadecimal import to_hex
    from medshare.public_records import key_document_of

    key_document_of(session.ledger, session.address())
    return to_hex(session.ledger.digest_of(session.address()))


def own_key(session: Session) -> str:
    """Compare the published key with the one of the home."""
    from medshare.public_records import key_document_of

    if key_document_of(session.ledger, session.address()).key != session.encryption().recipient:
        raise errors.PublishedKeyDiffers
    return "the same"


def validators(session: Session) -> str:
    """Count who may confirm this institution's documents."""
    from medshare.ledger import Role
    from medshare.ledger.events import Accredited

    ledger, me = session.ledger, session.address()
    seen = {log.event.account for log in ledger.events(kinds=(Accredited,)) if isinstance(log.event, Accredited)}
    found = sum(ledger.account(account).has(Role.VALIDATOR) for account in seen - {me})
    if found < (needed := ledger.quorum()):
        raise errors.TooFewValidators(found=found, needed=needed)
    return f"{found}"


def gateway_account(session: Session) -> str:
    """Look whether the gateway's account is active staff with the gateway bit."""
    from medshare.ledger import Role

    account, institution = session.address(session.config.gateway.account), session.address()
    principal = session.ledger.principal_of(account)
    if principal.address != institution or not principal.staff_roles & Role.GATEWAY:
        raise errors.GatewayNotStaff(account=account, institution=institution)
    return account


def money(session: Session) -> str:
    """Look whether the accounts that pay hold ether."""
    names = [session.account_name]
    if session.config.role is HomeRole.INSTITUTION:
        names.append(session.config.gateway.account)
    for name in names:
        address = session.address(name)
        if not session.rpc.number(session.rpc.request("eth_getBalance", address, "latest")):
            raise errors.AccountEmpty(account=address)
    return f"{len(names)}"


def vault(session: Session) -> str:
    """Open the vault: that it answers, and is of this version."""
    from medshare.cli.frame.places import open_vault

    opened = open_vault(session)
    opened.close()
    return opened.place


def store(session: Session) -> str:
    """Write a body, read it back, and remove it."""
    from medshare.cli.frame.places import open_store

    opened, body = open_store(session), os.urandom(64)
    cid = opened.put(body)
    with opened.get(cid) as back:
        back.read()
    opened.unpin(cid)
    opened.delete(cid)
    return cid


def copies(session: Session) -> str:
    """Look for bodies with too few copies, and for holders that have not signed that an erased one is destroyed."""
    from medshare.cli.frame.people import gateway
    from medshare.replication.standing import standing

    found = standing(gateway(session).office)
    if found.below:
        raise errors.CopiesMissing(below=found.below, lost=found.lost, needed=found.needed)
    if found.unanswered:
        raise errors.ErasureUnanswered(count=found.unanswered)
    return f"{found.kept}"


def gateway_url(session: Session) -> str:
    """Ask the gateway at the institution's URL who it is."""
    import httpx

    url, expected = session.config.gateway.url, session.address(session.config.gateway.account)
    try:
        answer = httpx.get(f"{url.rstrip('/')}/v1/gateway", timeout=5)
        found = answer.raise_for_status().json()["address"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise errors.GatewaySilent(url=url) from error
    if found != expected:
        raise errors.GatewayOther(url=url, found=found, expected=expected)
    return url


def registered(session: Session) -> str:
    """Look whether the patient's address is on the chain."""
    from medshare.ledger import Role

    if not session.ledger.account(session.address()).roles & Role.PATIENT:
        raise errors.NotRegistered(address=session.address())
    return session.address()


def recovery(session: Session) -> str:
    """Look whether a recovery address is named on the chain."""
    from medshare.hexadecimal import ZERO_ADDRESS

    found = session.ledger.recovery_of(session.address())
    if found == ZERO_ADDRESS:
        raise errors.RecoveryMissing
    return found


CHECKS: Final = (
    Check(name="home", look=home),
    Check(name="config", look=config, needs=("home",)),
    Check(name="keys", look=keys, needs=("config",)),
    Check(name="light-keys", look=light, needs=("keys",), nag=True),
    Check(name="words", look=words, needs=("config",), roles=PATIENT),
    Check(name="disk", look=disk, needs=("home",)),
    Check(name="transport", look=transport, needs=("config",), nag=True),
    Check(name="node", look=node, needs=("config",)),
    Check(name="nodes", look=nodes, needs=("config",)),
    Check(name="spare-nodes", look=spare_nodes, needs=("nodes",), nag=True),
    Check(name="deployment", look=deployment, needs=("config",)),
    Check(name="contracts", look=contracts, needs=("node", "deployment")),
    Check(name="head", look=head, needs=("contracts",)),
    Check(name="clock", look=clock, needs=("contracts",)),
    Check(name="accredited", look=accredited, needs=("contracts", "keys"), roles=ACCREDITED),
    Check(name="regulator", look=regulates, needs=("contracts", "keys"), roles=(HomeRole.REGULATOR,)),
    Check(name="key", look=published, needs=("accredited",), roles=ACCREDITED),
    Check(name="own-key", look=own_key, needs=("key",), roles=ACCREDITED, unlocks=True),
    Check(name="validators", look=validators, needs=("accredited",), roles=INSTITUTION),
    Check(name="gateway-account", look=gateway_account, needs=("accredited",), roles=INSTITUTION),
    Check(
        name="money",
        look=money,
        needs=("contracts", "keys"),
        roles=(HomeRole.INSTITUTION, HomeRole.RESEARCHER, HomeRole.REGULATOR),
    ),
    Check(name="vault", look=vault, needs=("config",), roles=INSTITUTION),
    Check(name="store", look=store, needs=("config",), roles=INSTITUTION),
    Check(name="kubo-hashes", look=kubo.hashing, needs=("store",), roles=INSTITUTION, kubo=True),
    Check(name="kubo-no-fetch", look=kubo.no_fetch, needs=("store",), roles=INSTITUTION, kubo=True),
    Check(name="kubo-gateway", look=kubo.gateway, needs=("store",), roles=INSTITUTION, kubo=True),
    Check(name="kubo-rpc", look=kubo.rpc, needs=("store",), roles=INSTITUTION, kubo=True),
    Check(name="kubo-watermark", look=kubo.watermark, needs=("store",), roles=INSTITUTION, kubo=True),
    Check(name="kubo-room", look=kubo.room, needs=("kubo-watermark",), roles=INSTITUTION, nag=True, kubo=True),
    Check(name="kubo-private", look=kubo.private, needs=("store",), roles=INSTITUTION, kubo=True),
    Check(name="kubo-bootstrap", look=kubo.bootstrap, needs=("store",), roles=INSTITUTION, kubo=True),
    Check(name="kubo-from-afar", look=kubo.from_afar, needs=("store",), roles=INSTITUTION, kubo=True),
    Check(name="kubo-routing", look=kubo.routing, needs=("store",), roles=INSTITUTION, kubo=True),
    Check(name="copies", look=copies, needs=("vault", "contracts"), roles=INSTITUTION),
    Check(name="gateway-url", look=gateway_url, needs=("keys",), roles=INSTITUTION),
    Check(name="registered", look=registered, needs=("contracts", "keys"), roles=PATIENT, nag=True),
    Check(name="recovery", look=recovery, needs=("registered",), roles=PATIENT, nag=True),
)


def for_role(role: HomeRole | None, *, unlock: bool, kubo: bool = False) -> Iterator[Check]:
    """Yield the checks for a home of `role`; None while the config cannot be read."""
    for check in CHECKS:
        wanted = (unlock or not check.unlocks) and (kubo or not check.kubo)
        if wanted and (role is None or role in check.roles):
            yield check


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

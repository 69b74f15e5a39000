"""From a home to the person or institution that acts: `medshare.actors` with the keys and places of the home."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from medshare.actors import Institution, Patient, Regulator, Researcher
from medshare.actors.copies import FolderCopies
from medshare.actors.requester import Requester
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.errors import SealedMalformed
from medshare.cli.frame.places import open_store, open_vault
from medshare.cli.frame.session import Session
from medshare.gateway import Gateway
from medshare.gateway.office import Office
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.compartments import Compartments
from medshare.keys.errors import DocumentMalformed
from medshare.keys.form import open_json, seal_json
from medshare.keys.state import LARGEST_STATE, AgentState
from medshare.typed_data import SigningKey

if TYPE_CHECKING:
    from medshare.consent.document import ConsentDocument
    from medshare.gateway.remote import RemoteNetwork
    from medshare.replication.auditor import Doors, PinAuditor

STATE: Final = "state.age"
"""What a patient's agent remembers, sealed to her own self key."""
COPIES: Final = "copies"
"""The folder of documents that an institution or researcher read."""


class HomePatient(Patient):
    """A patient's agent whose consents are on disk before they leave it."""

    def __init__(self, session: Session, **parts: Any) -> None:
        self._session = session
        super().__init__(**parts)

    def keep_consent(self, consent: ConsentDocument) -> None:
        """Remember a consent, on disk when this returns."""
        super().keep_consent(consent)
        save_state(self._session, self.state, self.keys)


class LockedKey:
    """An account that is unlocked when it first signs: whoever only reads is asked for no passphrase."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name

    @property
    def address(self) -> Address:
        """The account, as its keystore names it."""
        return self._session.address(self._name)

    def sign_digest(self, digest: Bytes32) -> bytes:
        """Sign as `AccountKey.sign_digest`. Raises as `Session.account`."""
        return self._session.account(self._name).sign_digest(digest)


@contextlib.contextmanager
def patient(session: Session) -> Iterator[Patient]:
    """Give the patient's agent of the home; what it remembers is saved at the end, also after an error.

    Raises:
        WrongRole, InitUnfinished, HomeBusy, and the errors of keys and chain.
    """
    session.require_role(HomeRole.PATIENT)
    with session.working():
        account, root = session.account(), session.root()
        agent = HomePatient(
            session,
            account=account,
            root=root,
            network=network(session, account),
            ledger=session.ledger,
            clock=session.clock,
            entropy=session.entropy,
            state=load_state(session, Compartments(root)),
        )
        before = agent.state
        try:
            yield agent
        finally:
            if agent.state is not before:
                save_state(session, agent.state, agent.keys)


def load_state(session: Session, keys: Compartments) -> AgentState | None:
    """Return what the agent remembers, None in a new home.

    Raises:
        SealedMalformed: The file holds something else, or another deployment's state.
        The errors of `medshare.age`: It is damaged.
    """
    if not session.home.has(STATE):
        return None
    place = session.home.place / STATE
    try:
        state = AgentState.from_secret_json(
            open_json("state", session.home.read(STATE), keys.self_identity, limit=LARGEST_STATE)
        )
    except DocumentMalformed as error:
        raise SealedMalformed(place=place, what="an agent's memory") from error
    deployment = session.deployment
    if (state.chain_id, state.registry) != (deployment.chain_id, deployment.addresses["ParticipantRegistry"]):
        raise SealedMalformed(place=place, what="an agent's memory of this deployment")
    return state


def save_state(session: Session, state: AgentState, keys: Compartments) -> None:
    """Put what the agent remembers in the place of what it remembered."""
    data = seal_json(state.to_secret_json(), keys.self_identity.recipient, entropy=session.entropy)
    session.home.write(STATE, data, again=True)


def gateway(session: Session) -> Gateway:
    """Return the institution's own gateway in this process: over the vault and store that `medshare serve` uses.

    Raises:
        WrongRole, NoSuchAccount, and the errors of vault, store and chain.
    """
    config = session.require_role(HomeRole.INSTITUTION)
    office = Office(
        institution=session.address(),
        key=LockedKey(session, config.gateway.account),
        ledger=session.ledger,
        vault=open_vault(session),
        store=open_store(session),
        clock=session.clock,
        entropy=session.entropy,
    )
    return Gateway(office, url=config.gateway.url)


def serving_gateway(session: Session) -> Gateway:
    """Return the gateway that `medshare serve` runs: its own account is unlocked, and it asks nobody before it pays.

    Raises:
        As `gateway`, and the errors of keystores.
    """
    from medshare.ledger.chain import ChainLedger

    config = session.require_role(HomeRole.INSTITUTION)
    office = Office(
        institution=session.address(config.account),
        key=session.account(config.gateway.account),
        ledger=ChainLedger(session.rpc, session.deployment.info),
        vault=open_vault(session),
        store=open_store(session),
        clock=session.clock,
        entropy=session.entropy,
    )
    return Gateway(office, url=config.gateway.url)


def institution(session: Session) -> Institution:
    """Return the institution of the home. Raises as `gateway`."""
    own, account = gateway(session), session.account()
    return Institution(
        account=account,
        identity=session.encryption(),
        gateway=own,
        url=session.config.gateway.url,
        network=network(session, account, own),
        ledger=session.ledger,
        clock=session.clock,
        entropy=session.entropy,
        copies=FolderCopies(session.home.path(COPIES)),
    )


def researcher(session: Session) -> Researcher:
    """Return the researcher of the home. Raises WrongRole, and the errors of keys and chain."""
    config = session.require_role(HomeRole.RESEARCHER)
    account = session.account()
    return Researcher(
        account=account,
        identity=session.encryption(),
        url=config.gateway.url,
        network=network(session, account),
        ledger=session.ledger,
        clock=session.clock,
        entropy=session.entropy,
        copies=FolderCopies(session.home.path(COPIES)),
    )


def requester(session: Session) -> Requester:
    """Return the institution or the researcher of the home: whoever asks and reads."""
    config = session.require_role(HomeRole.INSTITUTION, HomeRole.RESEARCHER)
    return institution(session) if config.role is HomeRole.INSTITUTION else researcher(session)


def regulator(session: Session) -> Regulator:
    """Return the regulator of the home."""
    session.require_role(HomeRole.REGULATOR)
    return Regulator(session.account(), session.ledger)


def network(session: Session, key: SigningKey | None = None, own: Gateway | None = None) -> RemoteNetwork:
    """Return the way to gateways, in the name of `key` or of the account that acts; `own` is in this process."""
    from medshare.gateway.remote import RemoteNetwork

    found = RemoteNetwork(
        key or LockedKey(session, session.account_name),
        ledger=session.ledger,
        clock=session.clock,
        own={} if own is None else {own.url: own},
    )
    session.at_end.callback(found.close)
    return found


def pin_auditor(session: Session, own: Gateway, doors: Doors) -> PinAuditor:
    """Return what audits the bodies that the institution's gateway keeps; the config's gateways may be asked too."""
    from medshare.replication.auditor import PinAuditor

    others = [url for url in session.config.gateways.values() if url != own.url]
    return PinAuditor(own, doors, sample=session.config.copies.sample, neighbours=others)

"""`medshare relay`: sign without a node, send signed bytes by any gateway or by oneself; see what a relay did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.page import Page
from medshare.cli.frame.reconciling import FindingLine
from medshare.cli.frame.session import Session
from medshare.hexadecimal import to_hex

if TYPE_CHECKING:
    from medshare.signed import Signed
    from medshare.typed_data import Erase, Lockdown, Revoke

app = typer.Typer(name="relay", no_args_is_help=True, add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """A signed message that is on the chain, and who paid for it."""

    kind: str
    signer: str
    payer: str
    transaction: bytes
    block: int

    def show(self, page: Page) -> None:
        """Say so."""
        page.say(
            "The {kind} is on the chain: block {block}, paid by {payer}.",
            kind=self.kind,
            block=self.block,
            payer=self.payer,
        )
        page.say("Transaction {hash}, block {block}.", hash=to_hex(self.transaction), block=self.block)


class Signable(StrEnum):
    """What a patient signs away from every node: what shuts a door."""

    LOCKDOWN = "lockdown"
    REVOKE = "revoke"
    ERASE = "erase"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHere:
    """A message that was signed and not sent; its paper is for `relay submit`, on any machine."""

    kind: str
    signer: str
    file: str
    paper: str

    def show(self, page: Page) -> None:
        """Print the paper, or say where it is."""
        if self.file:
            page.say("Signed and not sent: {file}. Send it from any machine: medshare relay submit", file=self.file)
        else:
            page.write(self.paper)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayStatus:
    """What the gateway's account holds, and its transactions by state."""

    account: str
    balance_wei: int
    waiting: int
    mined: int
    final: int

    def show(self, page: Page) -> None:
        """Say it."""
        page.say(
            "The relay pays from {account}: {ether} ether.",
            account=self.account,
            ether=f"{self.balance_wei / 10**18:.6f}",
        )
        page.say(
            "Transactions: {waiting} wait, {mined} are mined, {final} are final.",
            waiting=self.waiting,
            mined=self.mined,
            final=self.final,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """Everything that chain, vault and store told differently. `dry_run` says that nothing was repaired."""

    dry_run: bool
    findings: tuple[FindingLine, ...]

    def show(self, page: Page) -> None:
        """Write a line for each, and what to do about it."""
        if not self.findings:
            page.say("Chain, vault and store agree.")
        for line in self.findings:
            line.show(page)


@command(
    app,
    sends=True,
    examples=(
        "medshare relay submit revoke.json --gateway hill --yes",
        "medshare relay submit revoke.json --own --yes",
    ),
)
def submit(
    session: Session,
    message: Annotated[str, typer.Argument(help="The signed message's file; - reads standard input.")],
    gateway: Annotated[
        str | None, typer.Option("--gateway", help="A name of the config or a URL: this one pays.")
    ] = None,
    own: Annotated[bool, typer.Option("--own", help="The acting account pays.")] = False,  # noqa: FBT002 (a flag)
) -> Relayed:
    """Send a signed revocation, lockdown, erasure or change by any gateway, or pay for it yourself.

    Who pays can delay and never forge: the same bytes may be sent by anybody.
    """
    from medshare.cli.frame.doors import url_of
    from medshare.cli.frame.errors import NoGatewayKnown
    from medshare.cli.frame.papers import SignedPaper, read_paper
    from medshare.cli.frame.people import network
    from medshare.cli.frame.rehearsal import own_relay, what_a_relay_sends

    signed = read_paper(SignedPaper, message).signed
    path = session.ledger.path_of(getattr(signed.message, "patient"))  # noqa: B009 (every one of them has it)
    if own:
        done = own_relay(session).carry(signed, path=path)
    elif gateway is None:
        raise NoGatewayKnown
    else:
        door = network(session).at(url_of(session, gateway))
        session.consider(what_a_relay_sends(session, door, lambda relay: relay.carry(signed, path=path)))
        done = door.carry(signed, path=path)
    return Relayed(
        kind=type(signed.message).__name__,
        signer=signed.signer,
        payer=done.sender,
        transaction=done.hash,
        block=done.block.number,
    )


@command(
    app,
    examples=(
        "medshare relay sign lockdown --out lockdown.json",
        "medshare relay sign revoke 0x9c2e… --out revoke.json",
    ),
)
def sign(
    session: Session,
    what: Annotated[Signable, typer.Argument(help="What to sign.")],
    which: Annotated[
        str | None, typer.Argument(help="The begin of the consent's id, or of the document's leaf.")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", help="Write the paper to this file instead of printing it.")
    ] = None,
) -> SignedHere:
    """Sign a lockdown, a revocation or an erasure and send nothing: no node and no gateway is asked.

    Another machine submits the file. Whoever has it can send it, and can do nothing else with it.
    """
    from medshare.cli.frame.papers import SignedPaper, write_paper

    session.require_role(HomeRole.PATIENT)
    with session.working():
        signed = _signed(session, what, which)
        text, file = write_paper(SignedPaper(signed=signed), out)
    return SignedHere(kind=type(signed.message).__name__, signer=signed.signer, file=file, paper=text)


def _signed(session: Session, what: Signable, which: str | None) -> Signed[Lockdown] | Signed[Revoke] | Signed[Erase]:
    """Sign the message, from the clock and from what the agent remembers alone."""
    from medshare.cli.frame.errors import Usage
    from medshare.cli.frame.names import find_id
    from medshare.cli.frame.people import load_state
    from medshare.consent.document import ConsentDocument
    from medshare.keys.compartments import Compartments
    from medshare.signed import Signed
    from medshare.typed_data import Erase, Lockdown, Revoke

    key, domains = session.account(), session.deployment.info.domains
    if (which is None) is not (what is Signable.LOCKDOWN):
        raise Usage(message="name a consent to revoke or a document to erase", command="medshare relay sign")
    if which is None:
        return Signed.by(key, Lockdown(patient=key.address, time=session.clock.now()), domains)
    state = load_state(session, Compartments(session.root()))
    if what is Signable.REVOKE:
        copies = state.consents if state is not None else ()
        consents = {one.consent_id: one for one in (ConsentDocument.from_bytes(copy.document) for copy in copies)}
        consent = consents[find_id(which, consents, "consent")]
        message = Revoke(patient=key.address, grantee=consent.grantee, terms=consent.terms)
        return Signed.by(key, message, domains)
    capsules = {one.leaf: one for one in (state.capsules if state is not None else ())}
    copy = capsules[find_id(which, capsules, "document")]
    return Signed.by(key, Erase(patient=copy.patient, inner=copy.inner), domains)


@command(app, examples=("medshare relay status",))
def status(session: Session) -> RelayStatus:
    """Say what this institution's relay holds, and how far its transactions are."""
    from medshare.cli.frame.places import open_vault
    from medshare.vault import ChainTransactionRow, Stage

    config = session.require_role(HomeRole.INSTITUTION)
    account = session.address(config.gateway.account)
    rows = [row for row in open_vault(session).find(ChainTransactionRow) if row.account == account]

    def count(*states: Stage) -> int:
        return sum(row.state in states for row in rows)

    return RelayStatus(
        account=account,
        balance_wei=session.ledger.balance_of(account),
        waiting=count(Stage.SIGNED, Stage.SENT),
        mined=count(Stage.MINED),
        final=count(Stage.FINAL),
    )


@command(
    app,
    examples=("medshare relay reconcile --dry-run", "medshare relay reconcile --from hill"),
)
def reconcile(
    session: Session,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is wrong; repair nothing.")] = False,  # noqa: FBT002 (a flag)
    source: Annotated[
        str | None,
        typer.Option(
            "--from", help="A validator's gateway, a name of the config or a URL: lost bodies are fetched there."
        ),
    ] = None,
) -> Reconciled:
    """Compare chain, vault and store, repair what can be repaired, and say everything that was wrong.

    `medshare serve` does the same when it starts and every hour. Nothing is sent to the chain.
    """
    from medshare.cli.frame.doors import url_of
    from medshare.cli.frame.people import gateway, network
    from medshare.cli.frame.reconciling import body_from, grace_of
    from medshare.outbox.reconciler import no_replica
    from medshare.outbox.reconciler import reconcile as compare

    session.require_role(HomeRole.INSTITUTION)
    with session.working():
        replica = body_from(network(session).at(url_of(session, source))) if source else no_replica
        found = compare(gateway(session), repair=not dry_run, grace=grace_of(session), replica=replica)
    lines = tuple(FindingLine.of(one, session.options.language) for one in found)
    return Reconciled(dry_run=dry_run, findings=lines)

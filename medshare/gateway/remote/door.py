"""A gateway over HTTP, as whoever goes there sees it: the seam `Door`."""

from __future__ import annotations

from collections.abc import Sequence

from medshare.consent.document import ConsentDocument
from medshare.consent.terms import Opening
from medshare.gateway.remote.audit import RemoteAudit
from medshare.gateway.remote.carried import check_carried, check_granted
from medshare.gateway.remote.copies import RemoteReplicas
from medshare.gateway.remote.errors import AnswerMalformed
from medshare.gateway.remote.letters import RemotePostbox, RemoteSubmissions
from medshare.gateway.remote.line import Line
from medshare.gateway.values import ErasureSeen, Listing, Logged, Release
from medshare.gateway.wire import answers, letters, routes
from medshare.gateway.wire.chain import TransactionForm
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.ledger import Ledger, Transaction
from medshare.signed import Signed
from medshare.typed_data import (
    Deposit,
    Erased,
    Lockdown,
    Message,
    ReadRequest,
    Receipt,
    Refuse,
    Replace,
    Revoke,
)
from medshare.vault import ProofRow


class RemoteShelf:
    """Capsules of a gateway over HTTP. `medshare.gateway.shelf.Shelf` says what each raises."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def deposit(self, signed: Signed[Deposit], *, capsule: bytes, cid: str) -> None:
        """Keep the capsule of a document that is about to be anchored."""
        self._line.send(routes.DEPOSIT, letters.DepositLetter(signed=signed, capsule=capsule, cid=cid))

    def place(self, row: ProofRow) -> None:
        """Keep where a deposited leaf stands, after its root was anchored."""
        self._line.send(routes.PLACE, letters.PlaceLetter.of(row))

    def replace(self, signed: Signed[Replace], *, capsule: bytes, epoch: int) -> None:
        """Put a re-wrapped capsule in the place of the old one."""
        self._line.send(routes.REPLACE, letters.ReplaceLetter(signed=signed, capsule=capsule, epoch=epoch))

    def saw_revoke(self, signed: Signed[Revoke]) -> None:
        """Remember a signed revocation."""
        self._line.send(routes.SAW_REVOKE, letters.RevokeLetter(signed=signed))

    def saw_lockdown(self, signed: Signed[Lockdown]) -> None:
        """Remember a signed lockdown."""
        self._line.send(routes.SAW_LOCKDOWN, letters.LockdownLetter(signed=signed))

    def erasures_for(self, holder: Address) -> tuple[ErasureSeen, ...]:
        """Return what `holder` got here and must destroy."""
        form = self._line.ask(routes.ERASURES_FOR, letters.ErasuresForm, holder=holder)
        return tuple(one.value() for one in form.erasures)

    def acknowledge(self, signed: Signed[Erased]) -> None:
        """Keep a holder's word that it destroyed its copies."""
        self._line.send(routes.ACKNOWLEDGE, letters.ErasedLetter(signed=signed))

    def holders(self, leaf: Bytes32) -> tuple[Address, ...]:
        """Return who may hold copies of a document."""
        return tuple(self._line.ask(routes.HOLDERS, answers.AccountsForm, leaf=to_hex(leaf)).accounts)

    def acknowledged(self, leaf: Bytes32) -> Sequence[Address]:
        """Return the holders that said that they destroyed `leaf`."""
        return tuple(self._line.ask(routes.ACKNOWLEDGED, answers.AccountsForm, leaf=to_hex(leaf)).accounts)


class RemoteCounter:
    """Answers of a gateway over HTTP. `medshare.gateway.counter.Counter` says what each raises."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def read(self, request: Signed[ReadRequest]) -> Release:
        """Release one document."""
        return self._line.ask(routes.READ, answers.ReleaseForm, letters.ReadLetter(signed=request)).value()

    def listing(self, request: Signed[ReadRequest]) -> Listing:
        """Answer a request without a leaf."""
        return self._line.ask(routes.LISTING, answers.ListingForm, letters.ReadLetter(signed=request)).value()

    def log(self, request: Signed[ReadRequest]) -> tuple[Logged, ...]:
        """Return the newest page of the patient's line of receipts with what was asked."""
        form = self._line.ask(routes.LOG, answers.LogLinesForm, letters.ReadLetter(signed=request))
        return tuple(line.value() for line in form.lines)

    def lines(self, patient: Address, *, until: int) -> tuple[Logged, ...]:
        """Return the page of the patient's line that ends with number `until`."""
        form = self._line.ask(routes.LOG_PAGE, answers.LogLinesForm, patient=patient, until=str(until))
        return tuple(line.value() for line in form.lines)


class RemoteDoor:
    """One gateway over HTTP.

    Args:
        line: The line to it.
        ledger: The caller's own chain: what the gateway says that it sent is looked up there.

    Raises:
        NoAnswer: It does not answer.
        OtherDeployment: It serves another chain or other contracts.
    """

    def __init__(self, line: Line, ledger: Ledger) -> None:
        form = line.gateway()
        self._line = line
        self._ledger = ledger
        self._address: Address = form.address
        self._institution: Address = form.institution
        self.postbox = RemotePostbox(line, ledger)
        self.shelf = RemoteShelf(line)
        self.submissions = RemoteSubmissions(line)
        self.counter = RemoteCounter(line)
        self.audit = RemoteAudit(line)
        self.replicas = RemoteReplicas(line)

    @property
    def url(self) -> str:
        """Where others find this door."""
        return self._line.url

    @property
    def address(self) -> Address:
        """The gateway's account, by its own word: what it signs proves it."""
        return self._address

    @property
    def institution(self) -> Address:
        """The accredited account that runs the gateway, by its own word."""
        return self._institution

    def close(self) -> None:
        """Let go of every connection."""
        self._line.close()

    def carry(
        self, signed: Signed[Message], *, path: Sequence[Address] = (), recovery_signature: bytes = b""
    ) -> Transaction:
        """Have a message taken in and relayed, and look on the chain that it was.

        Raises:
            NotOnChain, NotMined: The chain does not show it.
            Whatever `Gateway.carry` raises.
        """
        letter = letters.CarryLetter.model_validate(
            {"signed": signed, "path": list(path), "recovery_signature": recovery_signature}
        )
        form = self._line.ask(routes.CARRY, TransactionForm, letter)
        return check_carried(self._ledger, signed.message, form.hash, url=self.url)

    def erase(self, signed: Signed[Message], *, recovery_signature: bytes = b"") -> tuple[Signed[Erased], ...]:
        """Have destroyed what a signed `Erase` or `EraseAll` names; return the signed words that it is gone."""
        letter = letters.EraseLetter.model_validate({"signed": signed, "recovery_signature": recovery_signature})
        return tuple(self._line.ask(routes.ERASE, answers.ErasedForm, letter).erased)

    def body(self, cid: str) -> bytes:
        """Return a body of a document that is kept there. Whoever asks checks its digest."""
        return self._line.send(routes.BODY, cid=cid)

    def grant(self, document: ConsentDocument) -> Transaction:
        """Have a consent relayed and its document kept. Raises as `carry` and `Gateway.grant`."""
        letter = letters.ConsentLetter(consent=letters.ConsentForm.of(document))
        form = self._line.ask(routes.GRANT, TransactionForm, letter)
        return check_granted(self._ledger, document, form.hash, url=self.url)

    def approve(self, opening: Opening, document: ConsentDocument) -> Transaction:
        """Have a consent that answers a request relayed, and its document kept. Raises as `grant`."""
        letter = letters.ApprovalLetter(
            opening=letters.OpeningForm.of(opening), consent=letters.ConsentForm.of(document)
        )
        form = self._line.ask(routes.APPROVE, TransactionForm, letter)
        return check_granted(self._ledger, document, form.hash, url=self.url)

    def refuse(self, signed: Signed[Refuse]) -> Signed[Receipt]:
        """Have a patient's no kept, with a receipt in her line.

        Raises:
            AnswerMalformed: The receipt is of another gateway.
        """
        form = self._line.ask(routes.REFUSE, answers.ReceiptForm, letters.RefuseLetter(signed=signed))
        if form.receipt.message.gateway != self.address:
            raise AnswerMalformed(url=self.url, why="a receipt of another gateway")
        return form.receipt

"""The gateway of one institution, in one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from medshare.consent.document import ConsentDocument
from medshare.consent.terms import Opening
from medshare.gateway.anchoring import Anchoring
from medshare.gateway.audit_desk import AuditDesk
from medshare.gateway.counter import Counter
from medshare.gateway.office import Office
from medshare.gateway.postbox import Postbox
from medshare.gateway.replicas import Replicas
from medshare.gateway.shelf import Shelf
from medshare.gateway.submissions import Submissions
from medshare.hexadecimal import ZERO_ADDRESS, Address
from medshare.ledger import Transaction
from medshare.outbox.relaying import Relaying
from medshare.outbox.report import Resumed
from medshare.outbox.tending import tend
from medshare.relay import Relay
from medshare.relay_budget import Budget
from medshare.release.rule import Facts, Ground, decide
from medshare.signed import Signed, narrow
from medshare.store.errors import BodyNotFound
from medshare.typed_data import Erase, EraseAll, Erased, Lockdown, Message, Receipt, Refuse, Revoke
from medshare.vault import CapsuleRow, ProofRow


class Gateway:
    """A custodian's door: postbox, shelf, submissions, counter, audit desk, copies and a relay over one office.

    What shuts a door is taken in before it is sent on: from the moment that the gateway holds a
    signed revocation, lockdown or erasure, it refuses.

    Args:
        office: What every part works with.
        rule: The release rule; only a drill gives another.
        budget: The relay's; the standard one if left out.
        url: Where others find this door; empty for one that nobody goes to.
    """

    def __init__(
        self,
        office: Office,
        rule: Callable[[Facts], Ground] = decide,
        *,
        budget: Budget | None = None,
        url: str = "",
    ) -> None:
        self.office = office
        self.url = url
        self.postbox = Postbox(office)
        self.shelf = Shelf(office, self.postbox)
        self.submissions = Submissions(office)
        self.replicas = Replicas(office, self.shelf)
        self.counter = Counter(office, rule)
        self.anchoring = Anchoring(office)
        self.audit = AuditDesk(office, self.anchoring)
        budget = budget or Budget(office.vault, office.clock)
        self.relay = Relay(office.ledger, office.key, self.postbox.knows, budget, office.outbox.once)
        self.relaying = Relaying(office, self.postbox, self.shelf, self.relay)

    @property
    def address(self) -> Address:
        """The gateway's account."""
        return self.office.address

    @property
    def institution(self) -> Address:
        """The accredited account that runs the gateway."""
        return self.office.institution

    def carry(
        self, signed: Signed[Message], *, path: Sequence[Address] = (), recovery_signature: bytes = b""
    ) -> Transaction:
        """Take in what shuts a door, then relay. Raises as `Relay.carry`."""
        match signed.message:
            case Revoke():
                self.shelf.saw_revoke(narrow(signed, Revoke))
            case Lockdown():
                self.shelf.saw_lockdown(narrow(signed, Lockdown))
            case Erase():
                erasure = narrow(signed, Erase)
                return self.relaying.erase(erasure, path=path, recovery_signature=recovery_signature)
            case EraseAll():
                whole = narrow(signed, EraseAll)
                return self.relaying.erase(whole, path=path, recovery_signature=recovery_signature)
        return self.relay.carry(signed, path=path, recovery_signature=recovery_signature)

    def erase(self, signed: Signed[Message], *, recovery_signature: bytes = b"") -> tuple[Signed[Erased], ...]:
        """Destroy what a signed `Erase` or `EraseAll` names; return the signed words that it is gone.

        Raises as `Shelf.erase` and `Shelf.erase_all`.
        """
        match signed.message:
            case Erase():
                erased = self.shelf.erase(narrow(signed, Erase))
                return (erased,) if erased else ()
            case EraseAll():
                return self.shelf.erase_all(narrow(signed, EraseAll), recovery_signature=recovery_signature)
        return ()

    def body(self, cid: str) -> bytes:
        """Return a body, so that a fetch need not tell the swarm who reads. Ciphertext: anyone may ask.

        Only bodies of documents that are kept here: a gateway fetches nothing from a swarm for strangers.

        Raises:
            BodyNotFound, BodyTooLarge: As the store.
        """
        vault = self.office.vault
        if not vault.count(CapsuleRow, cid=cid) and not vault.count(ProofRow, cid=cid):
            raise BodyNotFound(cid=cid)
        with self.office.store.get(cid) as body:
            return body.read()

    def grant(self, document: ConsentDocument) -> Transaction:
        """Check a consent's words, relay it, and keep its document.

        Raises:
            NotCarried, and the errors of the contract: Nothing was kept.
            The errors of `Postbox.check_consent`.
        """
        return self.relaying.grant(document)

    def approve(self, opening: Opening, document: ConsentDocument) -> Transaction:
        """Check the words of a consent that answers a request, relay the approval, and keep the document.

        Raises:
            As `grant`.
        """
        return self.relaying.grant(document, opening)

    def resume(self) -> tuple[Resumed, Resumed]:
        """Complete what an earlier process of this gateway began; count the grants, then the erasures.

        Every start calls it. What nobody waits for any more is sent again, and what is certainly erased destroyed.
        """
        found = self.relaying.resume()
        tend(self.office.outbox, [self.office.key])
        self.shelf.sweep()
        return found

    def refuse(self, signed: Signed[Refuse]) -> Signed[Receipt]:
        """Keep a patient's no, with a receipt in her line; it never reaches the chain.

        Raises:
            RequestClosed, NotEmpoweredHere: As `Postbox.take_refusal`.
        """
        row = self.postbox.take_refusal(signed)  # [W-008]
        return self.counter.write_receipt(
            asked=signed,
            patient=row.patient,
            grantee=ZERO_ADDRESS,
            ground=Ground.REFUSED_BY_PATIENT,
            leaves=[],
            head=self.office.ledger.head(),
            nonce=None,
        )

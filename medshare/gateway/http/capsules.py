"""The paths of the shelf, the counter, the relay and the store."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from medshare.gateway.errors import NotEmpoweredHere
from medshare.gateway.http.paths import AddressPart, AddressQuery, CidPart, Paths, WordPart, word
from medshare.gateway.http.sessions import Caller
from medshare.gateway.wire import answers, letters, routes
from medshare.gateway.wire.chain import TransactionForm
from medshare.gateway.wire.errors import NothingHere
from medshare.vault.errors import RowMissing

UntilQuery = Annotated[int, Query(ge=1, le=2**53 - 1)]


def enter_capsules(paths: Paths) -> None:
    """Enter every path of capsules, answers and messages for the chain."""
    _enter_deposits(paths)
    _enter_shutting(paths)
    _enter_counter(paths)
    _enter_relay(paths)


def _enter_deposits(paths: Paths) -> None:
    desk, shelf = paths.desk, paths.desk.gateway.shelf

    @paths.at(routes.DEPOSIT)
    def deposit(letter: letters.DepositLetter) -> None:
        """Keep the capsule of a document that is about to be anchored."""
        shelf.deposit(letter.signed, capsule=letter.capsule, cid=letter.cid)

    @paths.at(routes.PLACE)
    def place(letter: letters.PlaceLetter, caller: Caller) -> None:
        """Keep where a deposited leaf stands; its provider says so, the chain proves it."""
        if not desk.entitled.acts_for(caller, letter.provider):  # [H-006]
            raise RowMissing(kind="capsule")
        shelf.place(letter.value())

    @paths.at(routes.REPLACE)
    def replace(letter: letters.ReplaceLetter) -> None:
        """Put a re-wrapped capsule in the place of the old one."""
        try:
            shelf.replace(letter.signed, capsule=letter.capsule, epoch=letter.epoch)
        except NotEmpoweredHere as error:  # [H-006]
            raise RowMissing(kind="capsule") from error


def _enter_shutting(paths: Paths) -> None:
    desk, shelf = paths.desk, paths.desk.gateway.shelf

    @paths.at(routes.SAW_REVOKE)
    def saw_revoke(letter: letters.RevokeLetter) -> None:
        """Remember a signed revocation: from now on the consent opens nothing here."""
        shelf.saw_revoke(letter.signed)

    @paths.at(routes.SAW_LOCKDOWN)
    def saw_lockdown(letter: letters.LockdownLetter) -> None:
        """Remember a signed lockdown: what was signed until then opens nothing here."""
        shelf.saw_lockdown(letter.signed)

    @paths.at(routes.ERASE)
    def erase(letter: letters.EraseLetter) -> answers.ErasedForm:
        """Destroy what a signed erasure names; return the signed words that it is gone."""
        gone = desk.gateway.erase(letter.signed, recovery_signature=letter.recovery_signature)
        return answers.ErasedForm(erased=list(gone))

    @paths.at(routes.ERASURES_FOR)
    def erasures_for(holder: AddressQuery, caller: Caller) -> letters.ErasuresForm:
        """Return what a holder got here and must destroy: to it."""
        found = shelf.erasures_for(holder) if desk.entitled.acts_for(caller, holder) else ()  # [H-006, H-007]
        return letters.ErasuresForm(erasures=[letters.ErasureForm.of(one) for one in found])

    @paths.at(routes.ACKNOWLEDGE)
    def acknowledge(letter: letters.ErasedLetter) -> None:
        """Keep a holder's word that it destroyed its copies."""
        shelf.acknowledge(letter.signed)

    @paths.at(routes.HOLDERS)
    def holders(leaf: WordPart, caller: Caller) -> answers.AccountsForm:
        """Return who may hold copies of a document: to its patient."""
        own = desk.entitled.owns_leaf(caller, word(leaf))  # [H-006, H-007]
        return answers.AccountsForm(accounts=list(shelf.holders(word(leaf))) if own else [])

    @paths.at(routes.ACKNOWLEDGED)
    def acknowledged(leaf: WordPart, caller: Caller) -> answers.AccountsForm:
        """Return the holders that said that they destroyed a document: to its patient."""
        own = desk.entitled.owns_leaf(caller, word(leaf))  # [H-006, H-007]
        return answers.AccountsForm(accounts=list(shelf.acknowledged(word(leaf))) if own else [])


def _enter_counter(paths: Paths) -> None:
    desk, counter = paths.desk, paths.desk.gateway.counter

    @paths.at(routes.READ)
    def read(letter: letters.ReadLetter) -> answers.ReleaseForm:
        """Release one document by the release rule, with a receipt."""
        with desk.opening(letter.signed):
            return answers.ReleaseForm.of(counter.read(letter.signed))

    @paths.at(routes.LISTING)
    def listing(letter: letters.ReadLetter) -> answers.ListingForm:
        """Return what a consent covers, or everything of the patient, with a receipt."""
        with desk.opening(letter.signed):
            return answers.ListingForm.of(counter.listing(letter.signed))

    @paths.at(routes.LOG)
    def log(letter: letters.ReadLetter) -> answers.LogLinesForm:
        """Return the newest page of the patient's line of receipts, this very request last."""
        with desk.opening(letter.signed):
            lines = counter.log(letter.signed)
        return answers.LogLinesForm(lines=[answers.LoggedForm.of(line) for line in lines])

    @paths.at(routes.LOG_PAGE)
    def log_page(patient: AddressPart, until: UntilQuery, caller: Caller) -> answers.LogLinesForm:
        """Return the page of a patient's line of receipts that ends with number `until`: to her."""
        if not desk.entitled.speaks_for(caller, patient):  # [H-006, H-007]
            raise NothingHere
        lines = counter.lines(patient, until=until)
        return answers.LogLinesForm(lines=[answers.LoggedForm.of(line) for line in lines])


def _enter_relay(paths: Paths) -> None:
    gateway = paths.desk.gateway

    @paths.at(routes.CARRY)
    def carry(letter: letters.CarryLetter) -> TransactionForm:
        """Take in what shuts a door, then send a signed message to the chain and pay for it."""
        done = gateway.carry(letter.signed, path=letter.path, recovery_signature=letter.recovery_signature)
        return TransactionForm.of(done)

    @paths.at(routes.GRANT)
    def grant(letter: letters.ConsentLetter) -> TransactionForm:
        """Send a consent to the chain, and keep its document."""
        return TransactionForm.of(gateway.grant(letter.consent.value()))

    @paths.at(routes.APPROVE)
    def approve(letter: letters.ApprovalLetter) -> TransactionForm:
        """Send a consent that answers a request to the chain, and keep its document."""
        return TransactionForm.of(gateway.approve(letter.opening.value(), letter.consent.value()))

    @paths.at(routes.BODY)
    def body(cid: CidPart) -> bytes:
        """Return a body that is kept here. Ciphertext: anyone may ask."""
        return gateway.body(cid)

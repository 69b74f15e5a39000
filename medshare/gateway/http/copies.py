"""The paths of copies of bodies: what gateways ask each other."""

from __future__ import annotations

from medshare.gateway.http.paths import AddressQuery, Paths, WordPart, word
from medshare.gateway.http.sessions import Caller
from medshare.gateway.wire import copies, routes
from medshare.gateway.wire.errors import NothingHere


def enter_copies(paths: Paths) -> None:
    """Enter every path of copies."""
    replicas, entitled = paths.desk.gateway.replicas, paths.desk.entitled

    @paths.at(routes.PROVE_COPY)
    def prove_copy(leaf: WordPart, letter: copies.ChallengeLetter, caller: Caller) -> copies.PossessionForm:
        """Prove that a body lies here: to an institution that names its document."""
        if not entitled.checks_copies(caller):  # [H-006]
            raise NothingHere
        return copies.PossessionForm.of(replicas.prove(word(leaf), letter.nonce))

    @paths.at(routes.KEEP_COPY)
    def keep_copy(letter: copies.KeepLetter, caller: Caller) -> None:
        """Keep a copy of one more confirmed body; a holder asks, and the chain proves the document."""
        source = letter.source.value()
        if not entitled.checks_copies(caller) or not entitled.acts_for(caller, source.account):  # [H-006]
            raise NothingHere
        replicas.keep(letter.placement.value(), source)

    @paths.at(routes.DESTROYED_COPY)
    def destroyed_copy(leaf: WordPart, patient: AddressQuery, caller: Caller) -> copies.DestroyedForm:
        """Return the word that nothing of an erased document is here: to an institution that names it."""
        if not entitled.checks_copies(caller):  # [H-006]
            raise NothingHere
        return copies.DestroyedForm(erased=replicas.destroyed(word(leaf), patient))

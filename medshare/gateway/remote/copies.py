"""Copies of bodies at a gateway over HTTP."""

from __future__ import annotations

from medshare.errors import InputError
from medshare.gateway.remote.errors import AnswerMalformed
from medshare.gateway.remote.line import Line
from medshare.gateway.values import Possession
from medshare.gateway.wire import copies, letters, routes
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.keys.directory import Place
from medshare.signed import Signed
from medshare.typed_data import Erased
from medshare.vault import ProofRow


class RemoteReplicas:
    """Copies at a gateway over HTTP. `medshare.gateway.replicas.Replicas` says what each raises."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def prove(self, leaf: Bytes32, nonce: Bytes32) -> Possession:
        """Return the proof that a body lies there. Whoever asks checks it."""
        letter = copies.ChallengeLetter(nonce=nonce)
        form = self._line.ask(routes.PROVE_COPY, copies.PossessionForm, letter, leaf=to_hex(leaf))
        try:
            return form.value()
        except InputError as error:
            raise AnswerMalformed(url=self._line.url, why=error.code) from error

    def keep(self, row: ProofRow, source: Place) -> None:
        """Have a copy kept of one more confirmed body, to be had from `source`."""
        letter = copies.KeepLetter(placement=letters.PlaceLetter.of(row), source=copies.HolderForm.of(source))
        self._line.send(routes.KEEP_COPY, letter)

    def destroyed(self, leaf: Bytes32, patient: Address) -> Signed[Erased] | None:
        """Return the institution's word that nothing of an erased document is there. Whoever asks checks it."""
        form = self._line.ask(routes.DESTROYED_COPY, copies.DestroyedForm, leaf=to_hex(leaf), patient=patient)
        return form.erased

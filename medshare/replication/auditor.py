"""The pin auditor: it challenges every holder of a body, mends what is lost, and raises the alarm below the rule.

Each gateway audits the bodies that it keeps itself: whoever challenges must have the bytes, or know answers that
were computed earlier. A round looks at a sample, and once more at everything below the rule; what it costs does not
depend on how many bodies there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from medshare.errors import MedShareError, UnreachableError
from medshare.gateway import Gateway
from medshare.gateway.door import Door
from medshare.gateway.holdings import MOST_PLACES, is_closing, keeps, places_of, remember_place
from medshare.gateway.values import Possession
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.directory import Place
from medshare.ledger import Role
from medshare.replication import turns
from medshare.replication.own_copy import answers_from
from medshare.replication.possession import Challenge
from medshare.store import cid_of
from medshare.vault import DeficitRow, ProofRow, ReplicaRow, ReplicaState, SubmittedRow

SAMPLE: Final = 32
"""Bodies that a round looks at."""

PATIENCE: Final = 900
"""Seconds for which a body stays below the rule before one more holder is sought: a node may be restarting."""

T = TypeVar("T")
Doors = Callable[[str], Door]
"""The door at a URL. Raises as `Network.at`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What one look at a body found.

    Attributes:
        leaf: Of which document.
        confirmed: Whether the rule applies yet.
        found: Copies that were proven, the own one among them; `needed` is the rule.
        holders: What each other holder did.
        restored: Whether the own copy was lost or damaged and was had from another holder.
        added: The holders that were asked to keep one more copy; it counts once it is proven.
    """

    leaf: Bytes32
    confirmed: bool
    found: int
    needed: int
    holders: Mapping[Address, ReplicaState]
    restored: bool = False
    added: tuple[Address, ...] = ()

    @property
    def below(self) -> bool:
        """Whether there are too few."""
        return self.confirmed and self.found < self.needed


class PinAuditor:
    """Audits the bodies that one gateway keeps.

    Args:
        gateway: Whose.
        doors: The way to other gateways, in the name of this one.
        sample: Bodies in a round.
        patience: Seconds for which a body stays below the rule before one more holder is sought.
        neighbours: URLs of gateways that may be asked for one more copy, besides those that confirm for this one.
    """

    def __init__(
        self,
        gateway: Gateway,
        doors: Doors,
        *,
        sample: int = SAMPLE,
        patience: int = PATIENCE,
        neighbours: Sequence[str] = (),
    ) -> None:
        self._gateway = gateway
        self._office = gateway.office
        self._doors = doors
        self._sample = sample
        self._patience = patience
        self._neighbours = tuple(neighbours)

    def round(self) -> tuple[Examined, ...]:
        """Look at the next bodies, and again at those below the rule; return what was found.

        Raises:
            NodeUnreachable, VaultUnreachable, StoreUnreadable: Chain, vault or own store do not answer.
        """
        office = self._office
        office.watch()
        with office.vault.reading() as rows:
            due = turns.due(rows, self._sample)
            alarms = rows.find(DeficitRow, limit=self._sample)
        leaves = dict.fromkeys([*(row.leaf for row in alarms), *(turn.leaf for turn in due)])
        asking = Asking(self._doors)
        looked = {leaf: self._examine(leaf, asking) for leaf in leaves}
        with office.vault.transaction() as rows:
            turns.pass_on(rows, due, lambda leaf: looked[leaf] is not None, office.entropy)
        return tuple(one for one in looked.values() if one is not None)

    def examine(self, leaf: Bytes32) -> Examined | None:
        """Look at one body now; None where it is not kept here. Raises as `round`."""
        self._office.watch()
        return self._examine(leaf, Asking(self._doors))

    def _examine(self, leaf: Bytes32, asking: Asking) -> Examined | None:
        office = self._office
        row = office.vault.get(ProofRow, leaf=leaf)
        if row is None or not keeps(office, row) or is_closing(office, row):
            if office.vault.get(DeficitRow, leaf=leaf) is not None:
                office.vault.destroy(DeficitRow, leaf=leaf)
            return None
        places, given = places_of(office, row), dict[Challenge, Possession | None]()
        self._challenge(row, {holder: url for holder, url in places.items() if holder == row.provider}, given, asking)
        places = self._learn(row, places, [one for one in given.values() if one is not None])
        rest = {holder: url for holder, url in places.items() if holder != row.provider}
        self._challenge(row, rest, given, asking)
        answers = answers_from(office.store, row, tuple(given))
        restored = answers is None and self._restore(row, places, asking)
        if restored:
            answers = answers_from(office.store, row, tuple(given))
        holders = _states(given, answers)
        confirmed = office.ledger.anchor_of(row.provider, row.root).confirmations > 0
        # Without the own bytes nothing that others say can be checked: such a body counts as lost.
        found = 0 if answers is None else 1 + sum(state is ReplicaState.PROVEN for state in holders.values())
        looked = Examined(
            leaf=leaf,
            confirmed=confirmed,
            found=found,
            needed=office.ledger.deployment.copies,
            holders=holders,
            restored=restored and answers is not None,
        )
        self._write(row, looked, places)
        if not looked.below or answers is None:
            return looked
        return replace(looked, added=self._add_holder(row, asking))

    def _challenge(
        self,
        row: ProofRow,
        places: Mapping[Address, str],
        given: dict[Challenge, Possession | None],
        asking: Asking,
    ) -> None:
        for holder, url in places.items():
            challenge = Challenge(holder, self._office.entropy(32))
            given[challenge] = asking.prove(url, row.leaf, challenge)

    def _learn(self, row: ProofRow, places: dict[Address, str], told: Sequence[Possession]) -> dict[Address, str]:
        """Return the places together with those that the provider named.

        Nobody else is believed: a holder could name doors of its own as if they were many holders.
        """
        named = [place for one in told for place in one.places if place.account != self._office.institution]
        found = dict(places)
        if row.provider != self._office.institution:  # [ST-005]
            for place in named[: MOST_PLACES - len(found)]:
                found.setdefault(place.account, place.url)
        return found

    def _restore(self, row: ProofRow, places: Mapping[Address, str], asking: Asking) -> bool:
        """Bring the own copy back from another holder: the very bytes that the document names, and no others."""
        for url in places.values():
            body = asking.body(url, row.cid)
            if body is not None and hashlib.sha256(body).digest() == row.body_digest and str(cid_of(body)) == row.cid:
                self._office.store.restore(body)  # [U-018]
                return True
        return False

    def _write(self, row: ProofRow, looked: Examined, places: Mapping[Address, str]) -> None:
        office, now = self._office, self._office.clock.now()
        with office.vault.transaction() as rows:
            if rows.get(ProofRow, leaf=row.leaf) is None:
                return  # erased meanwhile
            for holder, state in looked.holders.items():
                before = rows.get(ReplicaRow, leaf=row.leaf, holder=holder)
                proven = now if state is ReplicaState.PROVEN else before.proven if before else 0
                rows.put(
                    ReplicaRow(
                        leaf=row.leaf,
                        holder=holder,
                        url=places[holder],
                        state=state,
                        proven=proven,
                        at=now,
                        seq=before.seq + 1 if before else 0,
                    )
                )
            alarm = rows.get(DeficitRow, leaf=row.leaf)
            if looked.below:  # [ST-003]
                rows.put(
                    DeficitRow(
                        leaf=row.leaf,
                        cid=row.cid,
                        found=looked.found,
                        needed=looked.needed,
                        at=alarm.at if alarm else now,
                        seq=alarm.seq + 1 if alarm else 0,
                    )
                )
            elif alarm is not None:
                rows.destroy(DeficitRow, leaf=row.leaf)  # [ST-004]

    def _add_holder(self, row: ProofRow, asking: Asking) -> tuple[Address, ...]:
        """Ask one more institution to keep a copy, once the body was below the rule for a while."""
        office = self._office
        alarm = office.vault.get(DeficitRow, leaf=row.leaf)
        if alarm is None or office.clock.now() < alarm.at + self._patience:
            return ()
        known = {office.institution, row.provider, *places_of(office, row)}
        own = Place(account=office.institution, url=self._gateway.url)
        for url in self._candidates():
            holder = asking.institution(url)
            if holder is None or holder in known or not office.ledger.account(holder).has(Role.VALIDATOR):
                continue
            if asking.keep(url, row, own):
                with office.vault.transaction() as rows:
                    place = Place(account=holder, url=url)
                    remember_place(rows, row.leaf, place, at=office.clock.now())
                return (holder,)
        return ()

    def _candidates(self) -> list[str]:
        submitted = self._office.vault.pick(SubmittedRow, ("url",), provider=self._office.institution)
        return list(dict.fromkeys([*self._neighbours, *(url for (url,) in submitted)]))


class Asking:
    """The questions of one round: a door that does not answer is not asked again in it."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._silent: set[str] = set()

    def prove(self, url: str, leaf: Bytes32, challenge: Challenge) -> Possession | None:
        """Return a holder's answer to a challenge; None where none came."""

        def ask(door: Door) -> Possession | None:
            return door.replicas.prove(leaf, challenge.nonce) if door.institution == challenge.holder else None

        return self._ask(url, ask)

    def body(self, url: str, cid: str) -> bytes | None:
        """Return a body from another holder; None where it cannot be had there."""
        return self._ask(url, lambda door: door.body(cid))

    def institution(self, url: str) -> Address | None:
        """Return whose door it is; None where nobody answers."""
        return self._ask(url, lambda door: door.institution)

    def keep(self, url: str, row: ProofRow, source: Place) -> bool:
        """Ask a gateway to keep one more copy; return whether it will."""

        def ask(door: Door) -> bool:
            door.replicas.keep(row, source)
            return True

        return bool(self._ask(url, ask))

    def _ask(self, url: str, question: Callable[[Door], T]) -> T | None:
        if url in self._silent:
            return None
        try:
            return question(self._doors(url))
        except UnreachableError:
            self._silent.add(url)
        except MedShareError:
            pass  # whatever it says, it is no proof; what counts is what is written down of it
        return None


def _states(
    given: Mapping[Challenge, Possession | None], answers: Sequence[Bytes32] | None
) -> dict[Address, ReplicaState]:
    right = [None] * len(given) if answers is None else answers
    pairs = zip(given.items(), right, strict=True)
    return {challenge.holder: _state(possession, expected) for (challenge, possession), expected in pairs}


def _state(possession: Possession | None, right: Bytes32 | None) -> ReplicaState:
    if possession is None or (possession.answer is not None and right is None):
        return ReplicaState.SILENT  # nothing was learnt of it
    if possession.answer is None:
        return ReplicaState.MISSING
    return ReplicaState.PROVEN if possession.answer == right else ReplicaState.WRONG

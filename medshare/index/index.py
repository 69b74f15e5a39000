"""The index: what the chain says happened, found quickly; see `medshare.index`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Final, Self

from medshare.clock import Clock
from medshare.consent.terms import consent_id
from medshare.deployment.file import Deployment
from medshare.errors import IntegrityError
from medshare.hexadecimal import Address, Bytes32, address
from medshare.index.database import Database, indexed, state_of, tip_of
from medshare.index.following import Follower
from medshare.index.questions import check_answering, entries, lines
from medshare.index.tables import FOUND_BY
from medshare.index.values import Entry, IndexedConsent, Progress, Reorganisations, Status
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.events import Event, Granted, LockedDown, Revoked
from medshare.ledger.types import Block

LIMIT: Final = 128
"""Blocks that a reorganisation may take back: four epochs, twice what a finalising chain can lose."""

PAGE: Final = 50
"""Entries on one page."""


def _say_nothing(progress: Progress) -> None:
    del progress


class Index:
    """The events of the five contracts in an SQL database.

    Every question raises `IndexEmpty` before the first run, and `IndexStopped` while an alarm stands:
    a wrong answer would be worse than none. Pages come in the order of the chain.
    """

    def __init__(self, database: Database, *, limit: int = LIMIT) -> None:
        self._database = database
        self._limit = limit

    @classmethod
    def open(cls, url: str, *, create: bool = True, limit: int = LIMIT) -> Self:
        """Return the index at `url`, such as `sqlite:////var/lib/medshare/index.db` or `postgresql+psycopg://…`.

        Args:
            url: Where it is; `sqlite://` is in memory.
            create: Whether to make it where there is none.
            limit: The deepest reorganisation that is rolled back, in blocks; a deeper one stops the index.

        Raises:
            IndexMissing: There is none, and none is to be made.
            IndexVersion: It was made by another version; see `medshare.index.migrate.upgrade`.
            NotAnIndex: The database is something else, or damaged.
            IndexUnreachable: The database does not answer, or the place cannot be written.
        """
        return cls(Database(url, create=create), limit=limit)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Reading the chain

    def follow(
        self,
        rpc: Rpc,
        deployment: Deployment,
        *,
        until: int | None = None,
        progress: Callable[[Progress], None] = _say_nothing,
        clock: Clock | None = None,
        witness: Rpc | None = None,
        prove: bool = False,
    ) -> Status:
        """Read what is new on the chain, and return where the index stands then.

        It may be stopped or killed at any moment; the next run goes on. Two runs at once do no harm.

        Args:
            rpc: The node.
            deployment: Where the contracts stand.
            until: The last block to read; the head if it is not given.
            progress: Called after every span of blocks that was written.
            clock: If given, a head older than the deployment's `head_max_age` is an error.
            witness: Another node, which must show the same chain.
            prove: Whether the logs of every block are proven by its receipts, not only those of the newest
                blocks and of doubtful ones. That takes several times as long.

        Raises:
            WrongChain, NoContract, CodeDiffers, OtherDeployment: It is not what the index is of.
            NodeUnreachable, NodeRefused, NodeBehind, HeadTooOld: The node cannot serve now; nothing is lost.
            IndexUnreachable, ReaderEnded: The same, for the database and the second process.
            IntegrityError: The node and the chain do not agree, or the chain broke its finality; the class
                says how. This is the alarm: it is kept, and questions raise `IndexStopped` from then on.
        """
        follower = Follower(self._database, rpc.pinned(), deployment, limit=self._limit, prove=prove)
        try:
            follower.begin()
            follower.run(until, clock, progress)
            if witness is not None:
                follower.compare(witness)
        except IntegrityError as error:
            self._database.ring(error.code)
            raise
        self._database.make_indices()
        self._database.ring(None)
        return self.status()

    def rebuild(
        self,
        rpc: Rpc,
        deployment: Deployment,
        *,
        progress: Callable[[Progress], None] = _say_nothing,
        clock: Clock | None = None,
        witness: Rpc | None = None,
        prove: bool = False,
    ) -> Status:
        """Drop every row and read the chain again from the deployment on. Takes and raises what `follow` does."""
        self._database.empty()
        return self.follow(rpc, deployment, progress=progress, clock=clock, witness=witness, prove=prove)

    def status(self) -> Status:
        """Return where the index stands; never refused."""
        with self._database.session() as connection:
            state, tip = state_of(connection), tip_of(connection)
            quick = indexed(connection)
        return Status(
            place=self._database.place,
            chain_id=state["chain_id"] if state else None,
            first=Block(state["first_number"], state["first_hash"], state["first_time"]) if state else None,
            tip=tip,
            entries=state["entries"] if state else 0,
            indexed=quick,
            reorganisations=Reorganisations(
                count=state["reorganisations"], deepest=state["deepest"], last=state["last_depth"]
            )
            if state
            else Reorganisations(),
            alarm=state["alarm"] if state else None,
        )

    # Questions

    def page(
        self, patient: Address, *, after: int | None = None, limit: int = PAGE, newest_first: bool = False
    ) -> tuple[Entry, ...]:
        """Return one page of what happened to a patient's address: its account, consents, and erasures.

        Args:
            patient: The address.
            after: The position of the last entry of the page before.
            limit: Entries at most.
            newest_first: Whether the order is turned round; `after` then goes back in time.
        """
        return self.find(patient=patient, after=after, limit=limit, newest_first=newest_first)

    def find(
        self,
        *,
        kinds: Sequence[type[Event]] = (),
        after: int | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        leaf: Bytes32 | None = None,
        **addresses: Address,
    ) -> tuple[Entry, ...]:
        """Return the entries of these kinds (none: of all) whose fields are these.

        Args:
            kinds: Classes of `medshare.ledger.events`.
            after: The position behind which to begin.
            limit: Entries at most; all if it is not given.
            newest_first: Whether the order is turned round.
            leaf: The leaf that the entry is about.
            addresses: By field: patient, grantee, provider, requester, account, institution, staff,
                gateway, delegate or next.

        Raises:
            NotAnAddress: One is not an address in the one accepted form.
            IndexEmpty, IndexStopped: See the class.
        """
        unknown = addresses.keys() - set(FOUND_BY)
        if unknown:
            raise TypeError(f"entries are not found by {', '.join(sorted(unknown))}")
        equal = {name: bytes.fromhex(address(value)[2:]) for name, value in addresses.items()}
        if leaf is not None:
            equal["leaf"] = leaf
        with self._database.session() as connection:
            check_answering(connection)
            return tuple(
                entries(connection, equal=equal, kinds=kinds, after=after, limit=limit, newest_first=newest_first)
            )

    def consents(self, patient: Address) -> tuple[IndexedConsent, ...]:
        """Return every consent that was granted by a patient's address, in the order of the grants."""
        granted: dict[Bytes32, Entry] = {}
        revoked: dict[Bytes32, int] = {}
        mark = 0
        for entry in self.find(patient=patient, kinds=(Granted, Revoked, LockedDown)):
            event = entry.log.event
            if isinstance(event, Granted):
                identifier = consent_id(patient=event.patient, grantee=event.grantee, terms=event.terms)
                granted.setdefault(identifier, entry)
            elif isinstance(event, Revoked):
                revoked.setdefault(event.consent_id, entry.time)
            elif isinstance(event, LockedDown):
                mark = max(mark, event.mark)
        return tuple(
            _consent(entry, identifier, revoked.get(identifier), mark) for identifier, entry in granted.items()
        )

    def dump(self) -> Iterator[str]:
        """Yield the rows in one form that no database changes, in the order of the chain, then the last block.

        Two indexes of the same chain up to the same block yield the same lines.
        """
        with self._database.session() as connection:
            check_answering(connection)
            yield from lines(connection)
            tip = tip_of(connection)
        if tip is not None:
            yield f"tip={tip.number} hash={tip.hash.hex()} time={tip.time}"

    def digest(self) -> Bytes32:
        """Return SHA-256 of the lines of `dump`, each with a line feed behind it."""
        whole = hashlib.sha256()
        for line in self.dump():
            whole.update(line.encode() + b"\n")
        return whole.digest()


def _consent(entry: Entry, identifier: Bytes32, revoked_at: int | None, mark: int) -> IndexedConsent:
    granted = entry.log.event
    assert isinstance(granted, Granted)  # noqa: S101 - that is how it was chosen
    return IndexedConsent(
        patient=granted.patient,
        grantee=granted.grantee,
        terms=granted.terms,
        consent_id=identifier,
        word=granted.word,
        position=entry.position,
        granted_at=entry.time,
        revoked_at=revoked_at,
        mark=mark,
    )

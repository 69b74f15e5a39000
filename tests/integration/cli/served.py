"""Gateways of homes, answering in threads of the test, as `medshare serve` would in processes of their own."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from medshare.cli.frame.people import serving_gateway
from medshare.cli.frame.session import Options, Session
from medshare.cli.frame.terminal import Terminal
from medshare.gateway import Gateway
from medshare.gateway.http.serve import server
from medshare.gateway.http.settings import Rate, Settings
from medshare.gateway.receipt_book import Decision, ReceiptBook
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import ReadRequest
from tests.integration.cli.consortium import Consortium
from tests.unit.cli.running import PASSPHRASE

WIDE = Rate(10_000, 10_000)


class Silent:
    """A log that nobody reads."""

    def info(self, *_: object, **__: object) -> None: ...

    warning = error = info


class Typed(Terminal):
    """A terminal at which the passphrase is always typed."""

    def tries(self, what: str) -> tuple[str, ...]:  # noqa: ARG002 (the terminal's signature)
        return (PASSPHRASE,)


@contextlib.contextmanager
def served(consortium: Consortium, *homes: str) -> Iterator[None]:
    """Let the gateways of these homes answer within the block."""
    running = []
    for home in homes:
        options = Options(home=consortium.run.place / home, language="en")
        session = Session(options, terminal=Typed("en"))
        gateway, config = serving_gateway(session), session.config
        host, _, port = config.gateway.listen.rpartition(":")
        settings = Settings(origin=config.gateway.url, address_rate=WIDE, account_rate=WIDE)
        one = server(gateway, host, int(port), settings, log=Silent())
        thread = threading.Thread(target=one.run, daemon=True)
        thread.start()
        while not one.started:
            time.sleep(0.02)
        running.append((one, thread, session))
    try:
        yield
    finally:
        for one, thread, session in running:
            one.should_exit = True
            thread.join(timeout=20)
            session.at_end.close()


@contextlib.contextmanager
def beside(consortium: Consortium, home: str) -> Iterator[Gateway]:
    """Give a home's gateway a second time, over the same vault: for what `medshare serve` does unasked."""
    session = Session(Options(home=consortium.run.place / home, language="en"), terminal=Typed("en"))
    with session.at_end:
        yield serving_gateway(session)


def anchor(consortium: Consortium, home: str) -> None:
    """Let a gateway anchor its receipts now."""
    with beside(consortium, home) as gateway:
        gateway.anchoring.keep_up()
        gateway.anchoring.close()
        gateway.anchoring.keep_up()


def release_anyhow(consortium: Consortium, home: str, *, reader: str, patient: str) -> None:
    """Let a dishonest gateway write that it released to `reader`, who named a consent that nobody gave."""
    session = Session(Options(home=consortium.run.place / reader, language="en"), terminal=Typed("en"))
    key = session.account()
    with beside(consortium, home) as gateway:
        office = gateway.office
        asked = ReadRequest(
            gateway=gateway.address,
            consent_id=b"\x01" * 32,
            patient=patient,
            accessor=key.address,
            slot=7,
            purpose=60,
            action=1,
            leaf=b"\x02" * 32,
            history=False,
            nonce=office.entropy(32),
            at=office.clock.now(),
        )
        decision = Decision(
            asked=Signed.by(key, asked, office.domains),
            patient=patient,
            grantee=key.address,
            ground=Ground.RELEASED,
            leaves=(asked.leaf,),
            block=office.ledger.head().hash,
            at=asked.at,
            nonce=None,
        )
        ReceiptBook(office).write(lambda _: decision)

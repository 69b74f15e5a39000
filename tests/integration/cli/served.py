"""Gateways of homes, answering in threads of the test, as `medshare serve` would in processes of their own."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from medshare.cli.frame.people import serving_gateway
from medshare.cli.frame.session import Options, Session
from medshare.cli.frame.terminal import Terminal
from medshare.gateway.http.serve import server
from medshare.gateway.http.settings import Rate, Settings
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


def anchor(consortium: Consortium, home: str) -> None:
    """Do what a running gateway does every few seconds: anchor its receipts, here at once."""
    session = Session(Options(home=consortium.run.place / home, language="en"), terminal=Typed("en"))
    with session.at_end:
        anchoring = serving_gateway(session).anchoring
        anchoring.keep_up()
        anchoring.close()
        anchoring.keep_up()

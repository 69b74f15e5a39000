"""The paths of the entrance: who the gateway is, and sessions."""

from __future__ import annotations

from medshare import __version__
from medshare.gateway.http.paths import Paths
from medshare.gateway.http.sessions import Caller
from medshare.gateway.wire import answers, letters, routes


def enter_entrance(paths: Paths) -> None:
    """Enter the paths."""
    desk = paths.desk

    @paths.at(routes.GATEWAY)
    def gateway() -> answers.GatewayForm:
        """Say whose gateway this is, and for which deployment."""
        domains = desk.office.domains
        return answers.GatewayForm(
            address=desk.gateway.address,
            institution=desk.gateway.institution,
            chain_id=domains.chain_id,
            participants=domains.participants,
            version=__version__,
        )

    @paths.at(routes.NONCE)
    def nonce() -> answers.NonceForm:
        """Give out what to sign in with."""
        return desk.sign_in.nonce()

    @paths.at(routes.SIGN_IN)
    def sign_in(letter: letters.SignInLetter) -> answers.TokenForm:
        """Open a session for whoever signed the message."""
        token, caller = desk.sessions.open(desk.sign_in.prove(letter))
        return answers.TokenForm(token=token, account=caller.account, acts_for=caller.acts_for, expires=caller.expires)

    @paths.at(routes.SESSION)
    def session(caller: Caller) -> answers.SessionForm:
        """Say whose session this is."""
        return answers.SessionForm(account=caller.account, acts_for=caller.acts_for, expires=caller.expires)

    @paths.at(routes.SIGN_OUT)
    def sign_out(token: str | None) -> None:
        """End the session."""
        desk.sessions.close(token)

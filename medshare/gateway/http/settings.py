"""How a gateway's door behaves. `medshare serve` sets origin and proxies; the rest is for Python alone."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from medshare.errors import InputError


class NotAnOrigin(InputError):
    """Raised when the public address of a gateway is not a plain origin."""

    code = "http.not-an-origin"
    cause = "The public address of the gateway is not of the form https://host or http://host:port."
    remedy = "Give scheme, host and, where it is not the usual one, port; no path, user or query."


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: `per_second` in the long run, `burst` at once."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the door behaves.

    Args:
        origin: Its public address: what a sign-in message must name.
        session_seconds: How long a session lasts at most.
        nonce_seconds: How long a nonce can be signed in with.
        address_rate: For one network address.
        account_rate: For one account.
        patients_per_hour: How many patients' documents one account may open in an hour.
        seconds: What a request may take.
        relay_seconds: What a request may take that waits for a block.
        operators: Network addresses that see `/metrics`.
        proxies: Network addresses whose `X-Forwarded-For` is believed.

    Raises:
        NotAnOrigin: `origin` is none.
    """

    origin: str = "http://127.0.0.1:8440"
    session_seconds: int = 900
    nonce_seconds: int = 300
    address_rate: Rate = Rate(100, 400)
    account_rate: Rate = Rate(50, 300)
    patients_per_hour: int = 300
    seconds: float = 30
    relay_seconds: float = 180
    operators: frozenset[str] = frozenset(("127.0.0.1", "::1"))
    proxies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        parts = urlsplit(self.origin)
        plain = f"{parts.scheme}://{parts.netloc}" == self.origin and "@" not in parts.netloc
        if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
            raise NotAnOrigin

    @property
    def domain(self) -> str:
        """Host and port, as a sign-in message names them."""
        return urlsplit(self.origin).netloc

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return urlsplit(self.origin).scheme

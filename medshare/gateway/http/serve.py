"""Running the door: one process, on the loopback unless told otherwise, stopped gracefully."""

from __future__ import annotations

from typing import Any

import uvicorn

from medshare.gateway.http.app import create_app
from medshare.gateway.http.settings import Settings
from medshare.gateway.service import Gateway

PATIENCE = 30
"""Seconds for requests that are under way when the process is told to stop."""


class Server(uvicorn.Server):
    """A server that can be asked where it listens."""

    @property
    def port(self) -> int:
        """The port it listens on, once `started` is true."""
        return int(self.servers[0].sockets[0].getsockname()[1])


def server(gateway: Gateway, host: str, port: int, settings: Settings, *, log: Any = None) -> Server:
    """Return a server for `gateway` at `host` and `port` (0: a free one); `run` runs it, `should_exit` stops it."""
    config = uvicorn.Config(
        create_app(gateway, settings, log=log),
        host=host,
        port=port,
        log_config=None,  # its own log would name paths with their parts, and callers
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        h11_max_incomplete_event_size=32_768,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=PATIENCE,
        limit_concurrency=1_000,
        lifespan="off",
        ws="none",
    )
    return Server(config)


def serve(
    gateway: Gateway, host: str = "127.0.0.1", port: int = 8440, settings: Settings | None = None, *, log: Any = None
) -> None:
    """Answer at `host` and `port` until the process is told to stop (SIGINT or SIGTERM).

    Args:
        gateway: The gateway in process.
        host, port: Where to listen. Another host than the loopback belongs behind a proxy with TLS.
        settings: What the operator set; without it, the origin is this host and port.
        log: A structlog logger; without one, JSON lines on stderr.
    """
    server(gateway, host, port, settings or Settings(origin=f"http://{host}:{port}"), log=log).run()

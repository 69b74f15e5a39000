"""Connections to one named host, each request with one deadline for all of it; nothing else is ever connected to."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import httpcore
import httpx

KEPT_FOR: Final = 5.0
"""Seconds for which an idle connection is used again; a gateway keeps it for 15."""


class ForeignHost(httpcore.ConnectError):
    """Raised within the transport when a connection would go, or went, where it must not."""


class Deadline:
    """Until when the calling thread waits, by a clock that only goes forward."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._local = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Bound everything in the block together."""
        self._local.at = self._monotonic() + seconds
        yield

    def left(self, most: float | None) -> float:
        """Return how many seconds are left, `most` at most.

        Raises:
            httpcore.ReadTimeout: None.
        """
        at: float = self._local.at
        rest = at - self._monotonic()
        if rest <= 0:
            raise httpcore.ReadTimeout("deadline")
        return rest if most is None else min(rest, most)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose reads and writes end with the deadline, however slowly bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        # A handshake reads many times: whoever drips it is cut off as a whole. Wrapping takes the socket
        # away from its first owner, so the watchdog holds a second handle.
        handle: socket.socket = self._stream.get_extra_info("socket").dup()
        watchdog = threading.Timer(left, _cut, (handle,))
        watchdog.daemon = True
        watchdog.start()
        try:
            return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)
        finally:
            watchdog.cancel()
            handle.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _cut(handle: socket.socket) -> None:
    with suppress(OSError):  # the other side was quicker
        handle.shutdown(socket.SHUT_RDWR)


class _OneHost(httpcore.NetworkBackend):
    """Connects to one host and port, and over plain http only on this machine."""

    def __init__(self, host: str, port: int, deadline: Deadline, *, loopback: bool) -> None:
        self._place = (host, port)
        self._deadline = deadline
        self._loopback = loopback
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if (host, port) != self._place:
            raise ForeignHost("another host")
        left = self._deadline.left(timeout)
        stream = self._backend.connect_tcp(host, port, left, local_address, socket_options)
        if self._loopback and not ip_address(stream.get_extra_info("server_addr")[0]).is_loopback:
            stream.close()
            raise ForeignHost("not this machine")
        return _TimedStream(stream, self._deadline)


class _Body(httpx.SyncByteStream):
    def __init__(self, parts: Any) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts

    def close(self) -> None:
        self._parts.close()


class OneHostTransport(httpx.BaseTransport):
    """Sends requests to one host. It follows nothing, keeps no cookie and reads nothing from the environment.

    Args:
        host, port: The only place that is connected to.
        loopback: Whether the place must be this machine.
        certificates: A PEM file of the authorities to trust, instead of the system's.
        monotonic: A clock that only goes forward, in seconds.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        loopback: bool,
        certificates: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.deadline = Deadline(monotonic)
        self._pool = httpcore.ConnectionPool(
            ssl_context=None if loopback else ssl.create_default_context(cafile=certificates),
            max_connections=16,
            keepalive_expiry=KEPT_FOR,
            network_backend=_OneHost(host, port, self.deadline, loopback=loopback),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return the beginning of its answer.

        Raises:
            httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError: It did not work.
        """
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        answer = self._pool.handle_request(sent)
        return httpx.Response(status_code=answer.status, headers=answer.headers, stream=_Body(answer.stream))

    def close(self) -> None:
        """Let go of every connection."""
        self._pool.close()

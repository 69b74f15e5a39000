"""Metrics and logs. Neither ever holds an address, a name, a code of a category, a token or a path with its parts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from medshare.release.rule import Ground

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The metrics of one process. `head_age()` gives the seconds since the newest block."""

    def __init__(self, head_age: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "medshare_requests", "Requests by route and status.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "medshare_request_seconds", "Seconds of a request.", ("route",), buckets=SECONDS, registry=self.registry
        )
        self._decisions = Counter(
            "medshare_decisions", "Releases and refusals by ground.", ("ground",), registry=self.registry
        )
        self._denials = Counter(
            "medshare_denials", "Sign-ins and sessions denied, by inner reason.", ("reason",), registry=self.registry
        )
        self._alerts = Counter("medshare_alerts", "What somebody should look at.", ("kind",), registry=self.registry)
        self._receipts = Histogram(
            "medshare_receipt_seconds",
            "Seconds until a receipt was on disk.",
            buckets=SECONDS,
            registry=self.registry,
        )
        age = Gauge("medshare_head_age_seconds", "Seconds since the newest block.", registry=self.registry)
        age.set_function(head_age)

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def decision(self, ground: Ground) -> None:
        """Count one release or refusal."""
        self._decisions.labels(ground.name.lower()).inc()

    def denial(self, reason: str) -> None:
        """Count one sign-in or session denied."""
        self._denials.labels(reason).inc()

    def alert(self, kind: str) -> None:
        """Count something that somebody should look at."""
        self._alerts.labels(kind).inc()

    def receipt(self, seconds: float) -> None:
        """Note how long a receipt took."""
        self._receipts.observe(seconds)

    def text(self) -> bytes:
        """Return everything in the text format of Prometheus."""
        return generate_latest(self.registry)


def json_log(stream: TextIO = sys.stderr) -> Any:
    """Return a log that writes one JSON object a line to `stream`."""
    return structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        cache_logger_on_first_use=True,
    )


def where(error: BaseException) -> list[str]:
    """Return the lines of a trace as module and number: no message, for it may name a patient."""
    found, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}.{code.co_qualname}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found[-12:]

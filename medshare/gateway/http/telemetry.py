"""Metrics and logs. Neither ever holds an address, a name, a code of a category, a token or a path with its parts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from medshare.health.figures import Health
from medshare.health.judging import Point, reserve
from medshare.release.rule import Ground

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


Looked = tuple[Health, Sequence[Point]]
"""The figures of now, and what they mean."""

FIGURES: Final = (
    ("medshare_head_age_seconds", "Seconds since the newest block.", "head_age"),
    ("medshare_unfinalised_blocks", "Blocks above the last final one.", "unfinalised"),
    ("medshare_outbox_waiting", "Transactions not mined and documents not anchored.", "outbox_waiting"),
    ("medshare_outbox_age_seconds", "Seconds since the oldest of these was begun.", "outbox_age"),
    ("medshare_receipts_unanchored", "Receipts that are in no anchor yet.", "receipts_unanchored"),
    ("medshare_receipts_unanchored_age_seconds", "Seconds since the oldest of them.", "receipts_unanchored_age"),
    ("medshare_reads_without_consent", "Releases that the chain did not allow: must be 0.", "reads_without_consent"),
    ("medshare_reads_break_glass", "Releases in an emergency.", "reads_break_glass"),
    ("medshare_reads_unjudged", "Receipts that are not compared with consents yet.", "reads_unjudged"),
    ("medshare_relay_balance_wei", "What the gateway's account holds.", "relay_balance"),
    ("medshare_erasures_unanswered", "Answers to erasures that are missing.", "erasures_unanswered"),
    ("medshare_erasures_unanswered_age_seconds", "Seconds since the oldest of these.", "erasures_unanswered_age"),
)
"""Name and help of the metric of each figure of `Health`."""


class HealthCollector(Collector):
    """The figures of `Health` as gauges, asked for when somebody scrapes. What is unknown is left out."""

    def __init__(self, look: Callable[[], Looked]) -> None:
        self._look = look

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Yield the names, so that nothing is asked when the collector is registered."""
        for name, text, _ in FIGURES:
            yield GaugeMetricFamily(name, text)
        yield GaugeMetricFamily("medshare_relay_reserve_wei", "What the gateway's account should hold at the least.")
        yield GaugeMetricFamily(
            "medshare_status", "What each point of `medshare status` is: 0 right, 1 nag, 2 fault, 3 unknown."
        )
        yield GaugeMetricFamily("medshare_health_fault", "Why figures are missing, by the code of the error.")

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the figures of now."""
        health, points = self._look()
        families = {family.name: family for family in self.describe()}
        for name, _, field in FIGURES:
            figure = getattr(health, field)
            if figure is not None:
                families[name].add_metric((), figure)
        least = reserve(health)
        if least is not None:
            families["medshare_relay_reserve_wei"].add_metric((), least)
        status = families["medshare_status"] = _labelled(families["medshare_status"], "point")
        for point in points:
            status.add_metric((point.name,), int(point.state))
        faults = families["medshare_health_fault"] = _labelled(families["medshare_health_fault"], "code")
        for fault in health.faults:
            faults.add_metric((fault.code,), 1)
        yield from families.values()


def _labelled(family: GaugeMetricFamily, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(family.name, family.documentation, labels=(label,))


class Metrics:
    """The metrics of one process. `look()` gives the figures of now and what they mean."""

    def __init__(self, look: Callable[[], Looked]) -> None:
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
        self.registry.register(HealthCollector(look))

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

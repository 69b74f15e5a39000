"""The application: every path around one gateway."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from anyio.to_thread import run_sync
from fastapi import FastAPI, Request, Response

from medshare import __version__
from medshare.gateway.http.audit import enter_audit
from medshare.gateway.http.capsules import enter_capsules
from medshare.gateway.http.copies import enter_copies
from medshare.gateway.http.desk import Desk
from medshare.gateway.http.doorway import Doorway, enter_problems, problem
from medshare.gateway.http.entrance import enter_entrance
from medshare.gateway.http.letters import enter_letters
from medshare.gateway.http.openapi import document
from medshare.gateway.http.paths import Paths
from medshare.gateway.http.settings import Settings
from medshare.gateway.http.telemetry import json_log
from medshare.gateway.service import Gateway
from medshare.gateway.wire import routes
from medshare.gateway.wire.answers import HealthForm
from medshare.gateway.wire.errors import NoSuchPath

FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What proxies add to a request."""


def create_app(
    gateway: Gateway,
    settings: Settings,
    *,
    log: Any = None,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
    monotonic: Callable[[], float] = time.monotonic,
) -> FastAPI:
    """Return the application of `gateway`.

    Args:
        gateway: The gateway in process; it holds the gateway's own key and no other.
        settings: What its operator set.
        log: A structlog logger; without one, JSON lines on stderr.
        entropy: Randomness of tokens and nonces.
        monotonic: A clock that only goes forward, in seconds.
    """
    desk = Desk(gateway, settings, log=log or json_log(), entropy=entropy, monotonic=monotonic)
    app = FastAPI(
        title="MedShare gateway",
        version=__version__,
        openapi_url=routes.OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    paths = Paths(desk, app.router)
    enter_entrance(paths)
    enter_letters(paths)
    enter_capsules(paths)
    enter_audit(paths)
    enter_copies(paths)
    _enter_probes(app, desk)
    enter_problems(app, desk)
    app.add_middleware(Doorway, desk=desk)
    app.state.desk = desk
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    return app


def _is_operators(request: Request, settings: Settings) -> bool:
    """Whether a request comes from an operator's address, and not through a proxy that nobody named.

    Through a named one the address is the caller's own; through another, everybody has the proxy's.
    """
    unnamed = not settings.proxies and any(name in request.headers for name in FORWARDED)
    return request.client is not None and request.client.host in settings.operators and not unnamed


def _enter_probes(app: FastAPI, desk: Desk) -> None:
    def json(form: HealthForm) -> Response:
        return Response(form.write(), status_code=200 if form.ready else 503, media_type="application/json")

    @app.get(routes.HEALTH, include_in_schema=False)
    async def health() -> Response:
        return json(HealthForm(ready=True))

    @app.get(routes.READY, include_in_schema=False)
    async def ready() -> Response:
        reasons = (await run_sync(desk.readiness)).reasons
        return json(HealthForm(ready=not reasons, reasons=list(reasons)))

    @app.get(routes.METRICS, include_in_schema=False)
    async def metrics(request: Request) -> Response:
        # Volumes are the operator's affair.
        if not _is_operators(request, desk.settings):
            return problem(NoSuchPath(), str(request.state.request_id))
        return Response(await run_sync(desk.metrics.text), media_type="text/plain; version=0.0.4; charset=utf-8")

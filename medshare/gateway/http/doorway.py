"""What every request passes before and after its path: rates, origins, times, errors, counts, one log line."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from medshare.errors import MedShareError
from medshare.gateway.http.outward import outward
from medshare.gateway.http.telemetry import where
from medshare.gateway.wire import routes
from medshare.gateway.wire.errors import (
    Fault,
    ForeignOrigin,
    NoSuchPath,
    NotSignedIn,
    TooSlow,
    Unavailable,
    WrongMethod,
)
from medshare.gateway.wire.fields import Malformed, first_fault
from medshare.gateway.wire.problems import MEDIA_TYPE, to_problem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from medshare.gateway.http.desk import Desk

PROBES: Final = frozenset((routes.HEALTH, routes.READY, routes.METRICS))
HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Doorway:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        desk, begin, request_id = self._desk, self._desk.monotonic(), secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *HEADERS, (b"x-request-id", request_id.encode())]
            await send(message)

        limit = desk.settings.relay_seconds if scope["path"] in routes.SLOW else desk.settings.seconds
        try:
            self._check(scope)
            async with asyncio.timeout(limit):
                await self._app(scope, receive, tell)
        except TimeoutError:
            if not status:
                await problem(TooSlow(seconds=int(limit)), request_id)(scope, receive, tell)
        except MedShareError as error:
            if not status:
                await problem(error, request_id)(scope, receive, tell)
        except Exception as error:  # noqa: BLE001  # whatever it is, no trace and no message may leave
            name = type(error).__name__
            desk.log.error("fault", request_id=request_id, error=name, where=where(error))  # noqa: TRY400
            if not status:
                await problem(Fault(request_id=request_id), request_id)(scope, receive, tell)
        finally:
            self._note(scope, status, desk.monotonic() - begin, request_id)

    def _check(self, scope: Scope) -> None:
        headers = dict(scope["headers"])
        origin, site = headers.get(b"origin"), headers.get(b"sec-fetch-site", b"none")
        own = self._desk.settings.origin.encode()
        if (origin is not None and origin != own) or site not in {b"none", b"same-origin"}:  # [H-016]
            raise ForeignOrigin
        if scope["path"] not in PROBES:
            client = scope.get("client")
            self._desk.addresses.take(client[0] if client else "")

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        path = getattr(scope.get("route"), "path", None)
        if path is None:
            path = scope["path"] if scope["path"] in PROBES or scope["path"] == routes.OPENAPI else "unmatched"
        method = scope["method"] if scope["method"] in {"GET", "POST", "DELETE", "HEAD", "OPTIONS"} else "OTHER"
        self._desk.metrics.request(method=method, route=path, status=status, seconds=seconds)
        if path not in PROBES:
            milliseconds = round(seconds * 1000, 1)
            self._desk.log.info(
                "request", method=method, route=path, status=status, ms=milliseconds, request_id=request_id
            )  # [H-011]


def problem(error: MedShareError, request_id: str) -> Response:
    """Return the answer for `error`."""
    leaving = outward(error, request_id)
    form = to_problem(leaving)
    headers = {}
    wait = leaving.facts.get("seconds") if form.status == 429 else 30 if isinstance(leaving, Unavailable) else None
    if wait is not None:
        headers["retry-after"] = str(wait)
    if form.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(form.write(), status_code=form.status, media_type=MEDIA_TYPE, headers=headers)


def enter_problems(app: Any, desk: Desk) -> None:
    """Let the application answer its errors with problem details."""

    def ours(request: Request, error: Exception) -> Response:
        if not isinstance(error, MedShareError):
            raise error
        if isinstance(error, NotSignedIn) and error.denial:
            desk.metrics.denial(error.denial)
            desk.log.info("denied", reason=error.denial, request_id=_id(request))
        leaving = outward(error, _id(request))
        if leaving is not error:
            desk.log.error("inside", code=error.code, request_id=_id(request))
        return problem(leaving, _id(request))

    def malformed(request: Request, error: Exception) -> Response:
        why = first_fault(error.errors()) if isinstance(error, RequestValidationError) else "form"
        return problem(Malformed(why=why), _id(request))

    def starlette(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 405:
            answer = problem(WrongMethod(), _id(request))
            headers = error.headers if isinstance(error, HTTPException) else None
            answer.headers.update(headers or {})
            return answer
        return problem(NoSuchPath() if status == 404 else Malformed(why="the request"), _id(request))

    app.add_exception_handler(MedShareError, ours)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, starlette)


def _id(request: Request) -> str:
    return str(request.state.request_id)

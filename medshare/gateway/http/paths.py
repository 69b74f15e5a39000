"""How a function becomes a path: strict reading, who asks, one answer form, every problem documented."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, Any, Final, TypeVar

import anyio
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.routing import APIRoute

from medshare.gateway.http.desk import Desk
from medshare.gateway.http.strict_json import read_json
from medshare.gateway.wire.answers import ProblemForm
from medshare.gateway.wire.errors import TooLarge, WrongMediaType
from medshare.gateway.wire.fields import Wire
from medshare.gateway.wire.problems import MEDIA_TYPE
from medshare.gateway.wire.routes import LISTING, LOG, READ, ROUTES, SLOW, Access, Route
from medshare.hexadecimal import from_hex

AddressPart = Annotated[str, Path(pattern=r"^0x[0-9a-f]{40}$")]
WordPart = Annotated[str, Path(pattern=r"^0x[0-9a-f]{64}$")]
CidPart = Annotated[str, Path(pattern=r"^[a-z2-7]{1,128}$")]
CategoryPart = Annotated[int, Path(ge=0, le=31)]
AddressQuery = Annotated[str, Query(pattern=r"^0x[0-9a-f]{40}$")]
OptionalAddressQuery = Annotated[str | None, Query(pattern=r"^0x[0-9a-f]{40}$")]

PROBLEMS: Final = {
    401: "There is no session in force",
    403: "Refused",
    404: "There is nothing here for the caller",
    409: "What was sent does not agree with what is kept or with the chain",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "What was sent has not the form of this path",
    429: "Too many requests",
    500: "A fault of the gateway",
    503: "Chain, vault or store does not answer",
    504: "The gateway did not finish in time",
}

PROBLEM: Final = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemForm.__name__}"}}}
"""The answer of every problem. Given as FastAPI's `model` it would be made anew for each status of each path."""

BY_VIEW: Final = (READ, LISTING, LOG)
"""What is decided by a view of the chain, which is of one node already."""

F = TypeVar("F", bound=Callable[..., Any])


def word(text: str) -> bytes:
    """Return the 32 bytes of a path's part, whose pattern was checked."""
    return from_hex(text, 32)


def bearer(request: Request) -> str | None:
    """Return the token of the header `Authorization: Bearer`; no other place holds one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else None


class StrictRequest(Request):
    """A request whose body is read up to a limit, and whose JSON is read strictly."""

    largest: int = 0

    async def body(self) -> bytes:
        """Return the body.

        Raises:
            TooLarge: It is larger than the path takes; the rest is not read.
        """
        if not hasattr(self, "_body"):
            told = self.headers.get("content-length", "")
            if told.isascii() and told.isdigit() and int(told) > self.largest:  # [H-009]
                raise TooLarge(largest=self.largest)
            parts, size = [], 0
            async for part in self.stream():
                size += len(part)
                if size > self.largest:  # [H-009]
                    raise TooLarge(largest=self.largest)
                parts.append(part)
            self._body = b"".join(parts)
        return self._body

    async def json(self) -> Any:
        """Return the JSON of the body. Raises as `read_json`."""
        if not hasattr(self, "_json"):
            data = await self.body()
            self._json = await anyio.to_thread.run_sync(read_json, data) if len(data) > 65_536 else read_json(data)
        return self._json


class StrictRoute(APIRoute):
    """A path that reads with `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler."""
        handle = super().get_route_handler()
        route = ROUTES[self.name]

        async def strict(request: Request) -> Response:
            own = StrictRequest(request.scope, request.receive)
            own.largest = route.largest
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if route.letter is not None and kind != "application/json":  # [H-016]
                raise WrongMediaType
            if route.access is Access.SESSION:  # before anything is read of a stranger's body
                desk: Desk = request.app.state.desk
                own.state.caller = await anyio.to_thread.run_sync(desk.session, bearer(request))
            if route.letter is not None:
                await own.json()  # here, since FastAPI makes one error of all that this raises
            return await handle(own)

        return strict


class Paths:
    """Enters functions into an application's router by their `Route`."""

    def __init__(self, desk: Desk, router: APIRouter) -> None:
        self.desk = desk
        self.router = router

    def at(self, route: Route) -> Callable[[F], F]:
        """Return a decorator that lets a function answer at `route`.

        The function takes the parts of the path and of the query by name, the `letter` where the route has
        one, the `caller` where it needs a session, the `token` where it asks for it. It returns the form
        of the answer, octets, or nothing.
        """

        def enter(function: F) -> F:
            signature = inspect.signature(function, eval_str=True)
            wanted = set(signature.parameters)

            async def endpoint(http_request: Request, **given: Any) -> Response:
                if "caller" in wanted:
                    given["caller"] = http_request.state.caller
                if "token" in wanted:
                    given["token"] = bearer(http_request)
                work = partial(self._work, route, function, given)
                answer = await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
                return _respond(route, answer)

            own = [p for name, p in signature.parameters.items() if name not in {"caller", "token"}]
            asked = inspect.Parameter("http_request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
            # FastAPI reads the signature: what it shall not see is left out.
            endpoint.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
                [asked, *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own)]
            )
            self.router.add_api_route(
                route.path,
                endpoint,
                route_class_override=StrictRoute,
                methods=[route.method],
                name=route.name,
                operation_id=route.name,
                status_code=route.status,
                response_model=None,
                response_class=Response,
                responses=_documented(route),
                summary=(function.__doc__ or route.name).splitlines()[0].rstrip("."),
                openapi_extra={"security": [{"session": []}]} if route.access is Access.SESSION else None,
            )
            return function

        return enter

    def _work(self, route: Route, function: Callable[..., Any], given: dict[str, Any]) -> Any:
        signed = getattr(given.get("letter"), "signed", None)
        if route.access is Access.SIGNED and signed is not None:
            self.desk.check_signed(signed)
        if route in BY_VIEW or route.path in SLOW:
            return function(**given)
        with self.desk.office.ledger.decision():  # [G-004]
            return function(**given)


def _respond(route: Route, answer: Wire | bytes | None) -> Response:
    if isinstance(answer, bytes):
        return Response(answer, status_code=route.status, media_type="application/octet-stream")
    if answer is None:
        return Response(status_code=route.status)
    return Response(answer.write(), status_code=route.status, media_type="application/json")


def _documented(route: Route) -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": text, "content": PROBLEM}
        for status, text in PROBLEMS.items()
        if status != 401 or route.access is Access.SESSION or route.name == "sign_in"
    }
    if route.answer is not None:
        found[route.status] = {"description": "The answer", "model": route.answer}
    elif route.octets:
        found[route.status] = {
            "description": "The body",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    else:
        found[route.status] = {"description": "Done"}
    return found

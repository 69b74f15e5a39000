"""The OpenAPI document: what FastAPI makes of the paths, with sessions and problem details said."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from medshare.gateway.wire.answers import ProblemForm


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of `app`, made once."""
    if app.openapi_schema:
        return app.openapi_schema
    made = get_openapi(
        title=app.title,
        version=app.version,
        routes=app.routes,
        separate_input_output_schemas=False,
        description=(
            "Names and forms are those of the signed messages. Paths that take a signed message need nothing else; "
            "the others need a session, opened with an EIP-4361 message. What is not the caller's looks exactly "
            "like what is not there."
        ),
    )
    made["components"]["securitySchemes"] = {
        "session": {"type": "http", "scheme": "bearer", "description": "The token that opening a session gives."}
    }
    schemas = made["components"]["schemas"]
    problem = ProblemForm.model_json_schema(ref_template="#/components/schemas/{model}")
    within = problem.pop("$defs", {})
    made["components"]["schemas"] = dict(sorted({**within, **schemas, ProblemForm.__name__: problem}.items()))
    app.openapi_schema = made
    return made

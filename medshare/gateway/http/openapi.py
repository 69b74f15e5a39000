"""The OpenAPI document: what FastAPI makes of the paths, with sessions and problem details said."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from medshare.gateway.wire.problems import MEDIA_TYPE


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
    for path in made["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if int(status) >= 400 and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
    app.openapi_schema = made
    return made

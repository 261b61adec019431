"""The API's description (OpenAPI): what FastAPI derives, with our problems in place of its errors."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from court_link.api.problems import MEDIA_TYPE, SCHEMA

ADDRESS = "/api/openapi.json"

_ABOUT = """\
Book, run and count video hearings.

Send `Authorization: Bearer clt_...` with a token that an administrator of your organisation made. What is
not yours to see answers 404 exactly as what does not exist. Refusals are problem details (RFC 9457). Lists
answer `next`, which goes into `after` for the next page. What can be edited has an `ETag`; send it back as
`If-Match`, and a change made meanwhile answers 412. Writes take an `Idempotency-Key` where they say so.
"""


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of every route in the schema, made once."""
    if app.openapi_schema is None:
        spec = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
        schemas = spec.setdefault("components", {}).setdefault("schemas", {})
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        schemas["Problem"] = SCHEMA
        spec["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "An API token"}
        }
        spec["security"] = [{"token": []}]
        for operation in (each for path in spec["paths"].values() for each in path.values()):
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {
                "description": "Refused",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        app.openapi_schema = spec
    return app.openapi_schema

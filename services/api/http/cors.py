"""CORS: which pages of other origins may ask the API, by an exact list: with tokens, never with cookies."""

from litestar.config.cors import CORSConfig

from infra.listening import parts_of
from infra.settings import Settings
from services.api.http.openapi_parts import (
    CONSISTENCY_HEADER,
    CORRELATION_HEADER,
    KEY_HEADER,
    POSITION_HEADER,
)


def cors_of(settings: Settings) -> CORSConfig | None:
    """What Litestar answers preflight requests with; None where no other origin is allowed."""
    origins = sorted(parts_of(settings.cors_origins))
    if not origins:
        return None
    return CORSConfig(
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "If-None-Match",
            KEY_HEADER,
            "traceparent",
            CORRELATION_HEADER,
            CONSISTENCY_HEADER,
        ],
        expose_headers=[
            POSITION_HEADER,
            CONSISTENCY_HEADER,
            CORRELATION_HEADER,
            "ETag",
            "Location",
            "Retry-After",
        ],
        # A page elsewhere has a token of its own, or nothing.
        allow_credentials=False,
    )

"""The edge: the only place where personal data is decrypted, each text for a reader who may see it.

Responses are documents in which names, notes and the like are encrypted. Those of one response are decrypted
with keys that are fetched for it and dropped with it: somebody who was erased a moment ago has no name in the
next one.
"""

from typing import TypeVar

import msgspec
from litestar import Response

from infra.postgres import retried
from services.api.http.route_handlers import json_bytes
from services.api.reading_state import ReadingState

T = TypeVar("T")


async def decrypted_response(app: ReadingState, content: T, *, position: int) -> Response[T]:
    """A JSON response with the encrypted texts of `content` decrypted; those of people who were erased are
    null.
    """
    document = msgspec.json.encode(content)
    body = await retried(app.tables.pool, lambda: app.keys.decrypt_document(document))
    return json_bytes(body, position=position)

"""What a client is told when a command is refused."""

from typing import Any

import httpx

from tests.services.api.sending import send


async def refused(client: httpx.AsyncClient, command: str, **fields: Any) -> tuple[int, str, str]:
    """Status, code and field of a refusal; it has a sentence that people can read."""
    response = await send(client, command, **fields)
    problem = response.json()
    assert response.status_code in (404, 422), response.text
    assert problem["detail"].endswith(".")
    return response.status_code, problem["code"], problem["errors"][0]["field"]

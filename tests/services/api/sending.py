"""Sending commands as a client does."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

_numbers = itertools.count(1)

PLAN: dict[str, Any] = {"currency": "USD", "base_rate_minor": 800, "rate_bp": 675}


async def send(
    client: httpx.AsyncClient, command: str, *, key: str | None = None, **fields: Any
) -> httpx.Response:
    """The answer to a command, sent with the key given or one of its own."""
    headers = {"Idempotency-Key": key or f"test-{next(_numbers)}"}
    return await client.post(f"/v1/commands/{command}", json=fields, headers=headers)


async def answered(client: httpx.AsyncClient, command: str, **fields: Any) -> dict[str, Any]:
    """The body of the answer to a command that is done."""
    response = await send(client, command, **fields)
    assert response.status_code in (200, 201), response.text
    return response.json()


async def hire(client: httpx.AsyncClient, **fields: Any) -> str:
    """A new associate at 6.75 % and $8.00 an hour."""
    given = {"store_id": "downtown", "plan": PLAN, "hired_on": "2024-01-01", **fields}
    return (await answered(client, "hire-associate", **given))["ids"]["associate_id"]


async def register(client: httpx.AsyncClient, **fields: Any) -> str:
    """A new customer."""
    return (await answered(client, "register-customer", **fields))["ids"]["customer_id"]


def sale_of(
    associate_id: str, *, price_minor: int = 10_000, quantity: int = 1, **fields: Any
) -> dict[str, Any]:
    """A sale of one line that one associate sold."""
    line = {
        "sku": "SHOE-1",
        "quantity": quantity,
        "unit_price_minor": price_minor,
        "attribution": [{"associate_id": associate_id}],
    }
    return {"store_id": "downtown", "currency": "USD", "lines": [line], **fields}


async def until(holds: Callable[[], Awaitable[bool]], *, within_seconds: float = 30) -> None:
    """Asks again and again until something holds; fails the test when that takes too long."""
    async with asyncio.timeout(within_seconds):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.02)


async def read(client: httpx.AsyncClient, path: str, **parameters: Any) -> dict[str, Any]:
    """The body of an answer that was found."""
    response = await client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


async def read_pages(
    client: httpx.AsyncClient, path: str, of: str, *, pages_max: int = 20, **parameters: Any
) -> list[Any]:
    """What is under `of` on all pages of a list, each page asked for by the `next` of the one before."""
    found: list[Any] = []
    for _ in range(pages_max):
        page = await read(client, path, **parameters)
        found += page[of]
        if page["next"] is None:
            return found
        parameters["after"] = page["next"]
    raise AssertionError(f"{path} has no last page")

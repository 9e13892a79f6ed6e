"""Pay periods, work and sales as a shop enters them, for tests that read what is paid."""

from typing import Any

import httpx

from tests.services.api.conftest import Project
from tests.services.api.sending import PLAN, answered, hire, read, sale_of

PERIODS = {
    "P1": ("2025-01-01", "2025-01-31"),
    "P2": ("2025-02-01", "2025-02-28"),
    "P3": ("2025-03-01", "2025-03-31"),
    "P4": ("2025-04-01", "2025-04-30"),
}


async def open_period(client: httpx.AsyncClient, scope: str, period_id: str) -> None:
    starts_on, ends_on = PERIODS[period_id]
    await answered(
        client, "open-pay-period", scope=scope, period_id=period_id, starts_on=starts_on, ends_on=ends_on
    )


async def work(client: httpx.AsyncClient, associate_id: str, period_id: str, hours: int) -> None:
    """So many hours on the first days of a period, ten a day."""
    for day in range(1, hours // 10 + 1):
        await answered(
            client,
            "record-hours",
            associate_id=associate_id,
            worked_on=f"{PERIODS[period_id][0][:8]}{day:02d}",
            selling_minutes=600,
        )


async def sell(
    client: httpx.AsyncClient, associate_id: str, period_id: str, price_minor: int, **fields: Any
) -> str:
    sold_at = f"{PERIODS[period_id][0][:8]}10T12:00:00Z"
    body = sale_of(associate_id, price_minor=price_minor, occurred_at=sold_at, **fields)
    return (await answered(client, "record-sale", **body))["ids"]["sale_id"]


async def take_back(client: httpx.AsyncClient, sale_id: str, period_id: str) -> None:
    returned_at = f"{PERIODS[period_id][0][:8]}20T12:00:00Z"
    lines = [{"line_no": 1, "quantity": 1}]
    await answered(
        client,
        "accept-return",
        sale_id=sale_id,
        store_id="downtown",
        lines=lines,
        occurred_at=returned_at,
    )


async def close(
    client: httpx.AsyncClient, project: Project, scope: str, associate_id: str, period_id: str
) -> dict[str, Any]:
    """The statement of a period, as it is read."""
    await answered(client, "close-pay-period", scope=scope, period_id=period_id)
    await answered(client, "issue-statement", associate_id=associate_id, scope=scope, period_id=period_id)
    await project()
    return await read(client, f"/v1/associates/{associate_id}/statements/{period_id}")


async def shop_of(client: httpx.AsyncClient, store_id: str, *periods: str, **plan: Any) -> str:
    """An associate in a store that keeps a calendar of its own."""
    for period_id in periods:
        await open_period(client, store_id, period_id)
    return await hire(client, store_id=store_id, plan={**PLAN, **plan})

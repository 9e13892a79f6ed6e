"""A book as a shop works with it: customers who are met, the list of the day, and their pages."""

from typing import Any

import httpx

from tests.services.api.conftest import Project
from tests.services.api.sending import answered, read, register

#: The clock of the API stands at noon of this day.
DAY = "2026-03-02"


async def met(client: httpx.AsyncClient, anna: str, *channels: str, **fields: Any) -> str:
    """A customer of Anna's who agrees to these channels."""
    clara = await register(client, **fields)
    await answered(client, "assign-owner", customer_id=clara, associate_id=anna)
    for channel in channels:
        await answered(client, "set-contact-preference", customer_id=clara, channel=channel, allowed=True)
    return clara


async def listed(client: httpx.AsyncClient, project: Project, anna: str, **of: str) -> dict[str, list[str]]:
    """Today: for each customer the reasons to reach out."""
    await project()
    calls = (await read(client, f"/v1/associates/{anna}/book/today", **of))["calls"]
    return {call["customer_id"]: [reason["kind"] for reason in call["reasons"]] for call in calls}


async def page(client: httpx.AsyncClient, project: Project, anna: str, clara: str) -> dict[str, Any]:
    await project()
    return await read(client, f"/v1/associates/{anna}/book/{clara}")


async def read_today(client: httpx.AsyncClient, project: Project, anna: str) -> dict[str, Any]:
    await project()
    return await read(client, f"/v1/associates/{anna}/book/today")

"""An operation that will be no more says so in every answer, until when, and what to use instead."""

from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

import httpx
import pytest

from services.api.http.deprecations import DEPRECATED, DeprecatedOperation
from services.api.http.openapi import openapi_document
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.services.api.sending import send

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARKED = DeprecatedOperation(date(2026, 1, 2), date(2027, 1, 2), "/v2/associates")
NAMES = ("Deprecation", "Sunset", "Link")


async def test_every_answer_of_a_marked_operation_says_so(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for operation in ("associates", "register-customer"):
        monkeypatch.setitem(DEPRECATED, operation, MARKED)
    found = await client.get("/v1/associates")
    tag = {"If-None-Match": found.headers.get("ETag", "x")}
    for response in (
        found,
        await client.get("/v1/associates", headers=tag),
        await client.get("/v1/associates", params={"limit": 0}),
        await send(client, "register-customer"),
        await send(client, "register-customer", nonsense=1),
    ):
        assert response.headers["Deprecation"] == f"@{int(datetime(2026, 1, 2, tzinfo=UTC).timestamp())}"
        assert parsedate_to_datetime(response.headers["Sunset"]) == datetime(2027, 1, 2, tzinfo=UTC)
        assert '</v2/associates>; rel="successor-version"' in response.headers["Link"]
    for response in (await client.get("/v1/pay-periods"), await client.get("/v1/nothing")):
        assert not {*NAMES} & {name.title() for name in response.headers}


async def test_the_document_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DEPRECATED, "associates", MARKED)
    paths = openapi_document(ROUTE_HANDLERS)["paths"]
    assert paths["/v1/associates"]["get"]["deprecated"] is True
    assert "gone after 2027-01-02. Use `/v2/associates`." in paths["/v1/associates"]["get"]["description"]
    others = [one for path in paths.values() for one in path.values() if one["operationId"] != "associates"]
    assert not any(one.get("deprecated") for one in others)


async def test_what_is_marked_is_there() -> None:
    assert {*DEPRECATED} <= {str(handler.name) for handler in ROUTE_HANDLERS}

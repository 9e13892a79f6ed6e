"""Whoever reads personal data is recorded before they see it: who, whose, by which operation and trace."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from benchmarks.history import project
from infra.clock import SYSTEM_CLOCK
from infra.openings import OpeningsQuestion, RecordedOpening, openings_found
from infra.settings import Settings
from projections.registry import ALL
from services.api.auth.own_keys import sign_token
from services.api.main import create_app
from tests.services.api.conftest import client_of, running, servers_of
from tests.services.api.sending import answered, hire, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@dataclasses.dataclass
class Shop:
    """An application that authenticates, with a customer in Anna's book and another in Ben's."""

    settings: Settings
    client: httpx.AsyncClient
    anna: str
    clara: str
    sale: str

    def openings(self, customer: str | None = None) -> list[RecordedOpening]:
        with psycopg.connect(self.settings.database_url or "") as connection:
            return openings_found(connection, OpeningsQuestion(customer=customer), 1_000)

    def headers(self, role: Any = "associate", associate: str | None = None) -> dict[str, str]:
        token = sign_token(
            self.settings, role=role, associate_id=associate or self.anna, stores=["downtown"], hours=1
        )
        return {
            "Authorization": f"Bearer {token}",
            "X-Correlation-Id": "screen-7",
            "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
        }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(api_settings: Settings) -> AsyncIterator[Shop]:
    open_app = create_app(api_settings, servers_of(api_settings), clock=SYSTEM_CLOCK)
    async with running(open_app), client_of(open_app) as client:
        anna, clara = await hire(client), await register(client, name="Clara Fontaine")
        sold = await answered(client, "record-sale", **sale_of(anna, customer_id=clara))
        ben, dora = await hire(client), await register(client)
        await answered(client, "record-sale", **sale_of(ben, customer_id=dora))
    await project(api_settings, ALL)
    settings = dataclasses.replace(api_settings, auth="on")
    guarded = create_app(settings, servers_of(settings), clock=SYSTEM_CLOCK)
    async with running(guarded), client_of(guarded) as client:
        yield Shop(settings, client, anna, clara, sold["ids"]["sale_id"])


async def test_a_read_is_recorded_with_who_whose_how_and_in_which_trace(shop: Shop) -> None:
    before = len(shop.openings())
    page = await shop.client.get(f"/v1/associates/{shop.anna}/book", headers=shop.headers())
    assert "Clara Fontaine" in page.text
    [opened] = shop.openings()[before:]
    assert (opened.actor, opened.role, opened.operation) == (shop.anna, "associate", "book")
    assert (opened.customers, opened.correlation_id) == ([shop.clara], "screen-7")
    assert (opened.traceparent or "").split("-")[1] == TRACE
    assert shop.openings(shop.clara)[-1] == opened
    assert shop.openings("cus_" + "0" * 32) == []


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("customer", "/v1/associates/{anna}/book/{clara}"),
        ("today", "/v1/associates/{anna}/book/today"),
        ("book", "/v1/associates/{anna}/book?sort=-score&scores=true"),
        ("book", "/v1/associates/{anna}/book?q=clara"),
        ("book", "/v1/associates/{anna}/book?as_of_position=1000000000"),
        ("score", "/v1/customers/{clara}/score"),
        ("sale", "/v1/sales/{sale}"),
    ],
)
async def test_every_answer_that_tells_of_a_customer_is_recorded(
    shop: Shop, operation: str, path: str
) -> None:
    before = len(shop.openings())
    path = path.format(anna=shop.anna, clara=shop.clara, sale=shop.sale)
    if "1000000000" in path:
        end = await shop.client.get(f"/v1/associates/{shop.anna}/book", headers=shop.headers())
        path, before = path.replace("1000000000", end.headers["Clienteling-Position"]), before + 1
    answer = await shop.client.get(path, headers=shop.headers())
    assert answer.status_code == 200, answer.text
    recorded = [(one.operation, one.customers) for one in shop.openings()[before:]]
    assert recorded == ([(operation, [shop.clara])] if shop.clara in answer.text else [])
    assert recorded or operation == "today"


async def test_a_read_in_a_session_is_recorded_as_one_with_a_token(shop: Shop) -> None:
    before = len(shop.openings())
    token = shop.headers()["Authorization"].removeprefix("Bearer ")
    await shop.client.post("/auth/sign-in", json={"token": token})
    page = await shop.client.get(f"/v1/associates/{shop.anna}/book")
    shop.client.cookies.clear()
    assert "Clara Fontaine" in page.text
    [opened] = shop.openings()[before:]
    assert (opened.actor, opened.role, opened.customers) == (shop.anna, "associate", [shop.clara])


async def test_nothing_is_recorded_where_nothing_is_shown(shop: Shop) -> None:
    before = len(shop.openings())
    ben = shop.headers(associate="ass_" + "b" * 32)
    refused = await shop.client.get(f"/v1/associates/{shop.anna}/book", headers=ben)
    assert refused.status_code == 403
    await shop.client.get("/v1/score-parameters", headers=shop.headers("ops"))
    assert len(shop.openings()) == before


async def test_what_cannot_be_recorded_is_not_shown(shop: Shop) -> None:
    path = f"/v1/associates/{shop.anna}/book"
    with psycopg.connect(shop.settings.database_url or "", autocommit=True) as connection:
        connection.execute("ALTER TABLE openings.openings RENAME TO gone")
        try:
            refused = await shop.client.get(path, headers=shop.headers())
        finally:
            connection.execute("ALTER TABLE openings.gone RENAME TO openings")
    assert refused.status_code >= 500
    assert "Clara" not in refused.text
    assert (await shop.client.get(path, headers=shop.headers())).status_code == 200


async def test_readers_at_once_are_each_recorded(shop: Shop) -> None:
    before = len(shop.openings())
    path = f"/v1/associates/{shop.anna}/book"
    await asyncio.gather(*(shop.client.get(path, headers=shop.headers()) for _ in range(40)))
    assert len(shop.openings()) == before + 40


async def test_what_a_reader_has_already_is_opened_again_all_the_same(shop: Shop) -> None:
    path, headers = f"/v1/associates/{shop.anna}/book", shop.headers()
    tag = (await shop.client.get(path, headers=headers)).headers["ETag"]
    before = len(shop.openings(shop.clara))
    again = await shop.client.get(path, headers={**headers, "If-None-Match": tag})
    assert again.status_code == 304
    assert len(shop.openings(shop.clara)) == before + 1

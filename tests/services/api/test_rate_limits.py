"""How many requests are answered in a minute: of one address, of one subject, and whom it concerns."""

import dataclasses
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest

from infra.clock import SYSTEM_CLOCK
from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.main import create_app
from tests.services.api.conftest import running, servers_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/customers/cus_0123456789abcdef0123456789abcdef/score"


@asynccontextmanager
async def limited(settings: Settings, **given: int) -> AsyncGenerator[list[httpx.AsyncClient]]:
    """Clients at two addresses of an application with these limits."""
    application = create_app(dataclasses.replace(settings, **given), servers_of(settings), clock=SYSTEM_CLOCK)
    async with running(application):
        transports = [httpx.ASGITransport(application, client=(host, 1)) for host in ("10.0.0.1", "10.0.0.2")]
        clients = [httpx.AsyncClient(transport=each, base_url="http://localhost") for each in transports]
        yield clients
        for client in clients:
            await client.aclose()


def bearer(settings: Settings, associate: str) -> dict[str, str]:
    token = sign_token(settings, role="associate", associate_id=f"ass_{associate * 32}", hours=1)
    return {"Authorization": f"Bearer {token}"}


async def test_an_address_is_turned_away_for_the_rest_of_its_minute(api_settings: Settings) -> None:
    async with limited(api_settings, api_address_requests_per_minute=3) as (one, other):
        answered = [(await one.get(PATH)).status_code for _ in range(3)]
        refused = await one.get(PATH)
        assert 429 not in answered
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert (await one.get("/healthz")).status_code == 200
        assert (await other.get(PATH)).status_code != 429


async def test_tokens_that_are_refused_count_for_their_address(api_settings: Settings) -> None:
    given = dataclasses.replace(api_settings, auth="on")
    async with limited(given, api_address_requests_per_minute=3) as (one, _):
        junk = {"Authorization": "Bearer x.y.z"}
        statuses = [(await one.get(PATH, headers=junk)).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]


async def test_a_subject_is_turned_away_wherever_they_are(api_settings: Settings) -> None:
    given = dataclasses.replace(api_settings, auth="on")
    async with limited(given, api_subject_requests_per_minute=3) as clients:
        anna, ben = bearer(given, "a"), bearer(given, "b")
        statuses = [(await clients[n % 2].get(PATH, headers=anna)).status_code for n in range(5)]
        assert statuses[3:] == [429, 429]
        assert 429 not in statuses[:3]
        assert (await clients[0].get(PATH, headers=ben)).status_code != 429


async def test_tills_that_share_a_token_are_limited_by_their_address_alone(api_settings: Settings) -> None:
    given = dataclasses.replace(api_settings, auth="on")
    limits = {"api_subject_requests_per_minute": 3, "api_address_requests_per_minute": 8}
    async with limited(given, **limits) as (one, _):
        token = sign_token(given, role="point_of_sale", stores=("downtown",), hours=1)
        tills = {"Authorization": f"Bearer {token}"}
        statuses = [(await one.get(PATH, headers=tills)).status_code for _ in range(9)]
        assert 429 not in statuses[:8]
        assert statuses[8] == 429


async def test_a_session_counts_for_its_subject(api_settings: Settings) -> None:
    given = dataclasses.replace(api_settings, auth="on")
    async with limited(given, api_subject_requests_per_minute=3) as (one, other):
        anna = bearer(given, "a")
        await one.post("/auth/sign-in", json={"token": anna["Authorization"].removeprefix("Bearer ")})
        assert (await one.get("/v1/session")).status_code == 200
        assert (await other.get("/v1/session", headers=anna)).status_code == 200
        statuses = [(await one.get("/v1/session")).status_code for _ in range(3)]
        assert statuses == [200, 429, 429]


async def test_nothing_is_counted_where_the_settings_say_so(api_settings: Settings) -> None:
    async with limited(api_settings, api_address_requests_per_minute=0) as (one, _):
        assert 429 not in {(await one.get(PATH)).status_code for _ in range(20)}


async def test_whoever_comes_by_a_proxy_is_counted_for_themselves(api_settings: Settings) -> None:
    given = dataclasses.replace(api_settings, auth="on", api_proxies="10.0.0.1, 10.0.0.9")
    async with limited(given, api_address_requests_per_minute=2) as (proxy, _):

        async def statuses(*forwarded: str) -> list[int]:
            return [
                (await proxy.get(PATH, headers={"X-Forwarded-For": each})).status_code for each in forwarded
            ]

        # The last is another proxy of ours; what a client says of itself stands in front.
        assert await statuses("192.0.2.1", "6.6.6.6, 192.0.2.1", "7.7.7.7, 192.0.2.1, 10.0.0.9") == [
            401,
            401,
            429,
        ]
        assert await statuses("192.0.2.2") == [401]


async def test_nobody_but_a_proxy_is_believed_whom_they_ask_for(api_settings: Settings) -> None:
    async with limited(api_settings, api_address_requests_per_minute=2) as (one, _):
        answers = [await one.get(PATH, headers={"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(3)]
        assert [answer.status_code for answer in answers][2] == 429

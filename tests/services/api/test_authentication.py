"""Authentication at the HTTP API: everything but the process itself needs a token."""

import dataclasses
from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest
import pytest_asyncio

from infra.clock import SYSTEM_CLOCK
from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.auth.principal import Role
from services.api.main import create_app
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.services.api.conftest import client_of, running, servers_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASSOCIATE_ID = "ass_0123456789abcdef0123456789abcdef"
PUBLIC = {
    "/docs", "/openapi.json", "/healthz", "/readyz", "/v1/health", "/metrics",
    "/auth/sign-in", "/auth/callback", "/auth/methods", "/auth/back-channel-logout",
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(api_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that authenticates."""
    settings = dataclasses.replace(api_settings, auth="on")
    application = create_app(settings, servers_of(settings), clock=SYSTEM_CLOCK)
    async with running(application), client_of(application) as connected:
        yield connected


async def test_every_route_but_the_public_ones_needs_a_token(guarded: httpx.AsyncClient) -> None:
    answered: set[str] = set()
    for handler in ROUTE_HANDLERS:
        (path,), (method, *_) = handler.paths, sorted(handler.http_methods)
        address = path.replace(":str}", "").replace("{", "")
        response = await guarded.request(method, address)
        if response.status_code != 401:
            answered.add(path)
        else:
            assert response.json()["code"] == "token_missing"
            assert response.headers["WWW-Authenticate"] == "Bearer"
    assert answered == PUBLIC


async def test_a_token_lets_a_command_pass(guarded: httpx.AsyncClient, api_settings: Settings) -> None:
    token = sign_token(api_settings, role="manager", hours=1)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "auth-1"}
    taken = await guarded.post("/v1/commands/register-customer", json={}, headers=headers)
    assert taken.status_code == 201, taken.text


@pytest.mark.parametrize(
    ("role", "associate_id", "actor"),
    [
        ("associate", ASSOCIATE_ID, ASSOCIATE_ID),
        ("manager", None, "usr:manager"),
        ("service", None, "service:service"),
    ],
)
async def test_the_log_says_who_gave_a_command(
    guarded: httpx.AsyncClient, api_settings: Settings, role: Role, associate_id: str | None, actor: str
) -> None:
    scopes = "customers.write"
    token = sign_token(api_settings, role=role, associate_id=associate_id, scopes=scopes, hours=1)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"who-{role}"}
    headers["X-Correlation-Id"] = f"req-{role}"
    taken = await guarded.post("/v1/commands/register-customer", json={}, headers=headers)
    query = "SELECT actor, role, correlation_id, causation_id FROM stored_events WHERE notification_id = %s"
    with psycopg.connect(api_settings.database_url or "") as connection:
        row = connection.execute(query, (taken.json()["position"],)).fetchone()
    assert row == (actor, role, f"req-{role}", f"who-{role}")
    assert taken.headers["X-Correlation-Id"] == f"req-{role}"


async def test_a_command_without_a_correlation_id_is_told_the_one_that_is_made(
    guarded: httpx.AsyncClient, api_settings: Settings
) -> None:
    token = sign_token(api_settings, role="manager", hours=1)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "made-1"}
    taken = await guarded.post("/v1/commands/register-customer", json={}, headers=headers)
    query = "SELECT correlation_id FROM stored_events WHERE notification_id = %s"
    with psycopg.connect(api_settings.database_url or "") as connection:
        row = connection.execute(query, (taken.json()["position"],)).fetchone()
    assert row == (taken.headers["X-Correlation-Id"],)


async def test_a_junk_token_is_refused_in_the_words_for_any_other(guarded: httpx.AsyncClient) -> None:
    for given in ("Bearer x", "Bearer ", "Basic YTpi", "Bearer " + "x" * 20_000):
        refused = await guarded.get("/v1/associates", headers={"Authorization": given})
        assert refused.status_code == 401


async def test_where_authentication_is_off_nobody_signs_in(client: httpx.AsyncClient) -> None:
    told = (await client.get("/v1/session")).json()
    assert (told["role"], told["csrf_token"]) == (None, None)
    for path in ("/auth/sign-in", "/auth/sign-out", "/auth/sign-out-everywhere"):
        answer = await client.post(path, json={"token": "x"})
        assert (answer.status_code, answer.json()["code"]) == (404, "sign_in_unavailable")

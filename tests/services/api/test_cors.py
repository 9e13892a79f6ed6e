"""CORS: pages of the origins in the settings may ask with a token, and no others."""

import dataclasses
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from infra.clock import SYSTEM_CLOCK
from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.main import create_app
from tests.services.api.browsing import Browser, browser_of
from tests.services.api.conftest import running, servers_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP, OTHER_APP = "https://app.example", "http://localhost:3000"
PATH = "/v1/commands/register-customer"


@pytest.fixture(scope="module")
def settings(api_settings: Settings) -> Settings:
    return dataclasses.replace(
        api_settings, auth="on", public_url="https://shop.example", cors_origins=f"{APP}, {OTHER_APP}"
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(settings: Settings) -> AsyncIterator[Browser]:
    async with (
        running(create_app(settings, servers_of(settings), clock=SYSTEM_CLOCK)) as api,
        browser_of(api) as one,
    ):
        yield one


async def preflight(browser: Browser, origin: str, headers: str, method: str = "POST") -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return await browser.app.options(PATH, headers={**asked, "Access-Control-Request-Headers": headers})


async def test_a_preflight_of_an_allowed_origin_is_answered_without_a_token(browser: Browser) -> None:
    for origin in (APP, OTHER_APP):
        answer = await preflight(browser, origin, "authorization,content-type,idempotency-key,traceparent")
        assert answer.status_code == 204, answer.text
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        allowed = answer.headers["Access-Control-Allow-Methods"].split(", ")
        assert set(allowed) == {"GET", "POST"}


@pytest.mark.parametrize(
    ("origin", "headers", "method"),
    [
        ("https://evil.example", "authorization", "POST"),
        ("https://app.example.evil.example", "authorization", "POST"),
        ("https://appXexample", "authorization", "POST"),
        ("http://app.example", "authorization", "POST"),
        ("null", "authorization", "POST"),
        (APP, "x-csrf-token", "POST"),
        (APP, "authorization", "DELETE"),
    ],
)
async def test_any_other_preflight_is_refused(
    browser: Browser, origin: str, headers: str, method: str
) -> None:
    answer = await preflight(browser, origin, headers, method)
    assert answer.status_code == 400
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_an_allowed_page_reads_answers_and_refusals(browser: Browser, settings: Settings) -> None:
    token = sign_token(settings, role="manager", hours=1)
    bearer = {"Authorization": f"Bearer {token}"}
    for origin, allowed in ((APP, APP), ("https://evil.example", None)):
        for headers, status in ((bearer, 200), ({}, 401)):
            answer = await browser.get("/v1/session", Origin=origin, **headers)
            assert answer.status_code == status, answer.text
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed
            assert "Access-Control-Allow-Credentials" not in answer.headers
    exposed = (await browser.get("/v1/session", Origin=APP, **bearer)).headers[
        "Access-Control-Expose-Headers"
    ]
    assert "Clienteling-Position" in exposed


async def test_an_allowed_page_is_not_given_a_session(browser: Browser, settings: Settings) -> None:
    await browser.sign_in_with(settings)
    csrf = await browser.csrf()
    answers = [
        await browser.get("/v1/session", Origin=APP),
        await browser.register(csrf, "cors", Origin=APP),
        await browser.post("/auth/sign-out", csrf=csrf, Origin=APP),
    ]
    assert [answer.json()["code"] for answer in answers] == ["origin_not_ours"] * 3
    assert (await browser.get("/v1/session")).status_code == 200


async def test_without_a_list_no_origin_is_allowed(api_settings: Settings) -> None:
    async with (
        running(create_app(api_settings, servers_of(api_settings), clock=SYSTEM_CLOCK)) as api,
        browser_of(api, "http://localhost") as browser,
    ):
        answer = await preflight(browser, APP, "authorization")
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        answer = await browser.get("/healthz", Origin=APP)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]

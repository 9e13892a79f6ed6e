"""Signing in with a browser at a real OpenID provider: the whole way there and back, and every wrong turn."""

import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
import pytest_asyncio

from infra.clock import SYSTEM_CLOCK
from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.http.application import Api
from services.api.main import create_app
from tests.ports import free_port
from tests.services.api.browsing import ATTEMPT_COOKIE, ORIGIN, SESSION_COOKIE, Browser, browser_of, code_of
from tests.services.api.conftest import running, servers_of
from tests.services.api.openid_provider import provider_at, rsa_key

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLBACK = f"{ORIGIN}/auth/callback"
SHOP = {"id": "shop", "redirect_uri": CALLBACK, "logout_uri": f"{ORIGIN}/"}
#: What has no secret: a client that anybody can read.
PUBLIC = {"id": "open", "redirect_uri": CALLBACK, "public": True}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider_at(free_port(), rsa_key("first"), browsers=[SHOP, PUBLIC]) as url:
        yield url


@pytest.fixture(scope="module")
def settings(api_settings: Settings, issuer: str) -> Settings:
    return dataclasses.replace(
        api_settings,
        auth="on",
        public_url=ORIGIN,
        oidc_issuer=issuer,
        oidc_client_id="shop",
        oidc_client_secret="shop",
        oidc_scope="openid sales",
        oidc_resource="urn:clienteling",
    )


@asynccontextmanager
async def api_of(settings: Settings, **given: Any) -> AsyncGenerator[Api]:
    changed = dataclasses.replace(settings, **given)
    async with running(create_app(changed, servers_of(changed), clock=SYSTEM_CLOCK)) as api:
        yield api


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def application(settings: Settings) -> AsyncIterator[Api]:
    async with api_of(settings) as api:
        yield api


@pytest_asyncio.fixture(loop_scope="module")
async def browser(application: Api) -> AsyncIterator[Browser]:
    async with browser_of(application) as one:
        yield one


def changed(address: str, **given: str | None) -> str:
    """An address with other parameters; None takes one away."""
    parts = urlsplit(address)
    parameters = {**dict(parse_qsl(parts.query)), **given}
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    return parts._replace(query=query).geturl()


async def refused(browser: Browser, address: str) -> None:
    answer = await browser.app.get(address)
    assert code_of(answer) == (403, "sign_in_refused")
    assert browser.session_id is None


async def test_somebody_signs_in_at_the_provider_and_is_known_here(browser: Browser) -> None:
    begun = await browser.app.get("/auth/sign-in?return_to=/docs")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(begun.headers["Location"]).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == CALLBACK
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) == 43
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    back = await browser.app.get(await browser.through_pages(begun.headers["Location"], "mona"))
    assert (back.status_code, back.headers["Location"]) == (303, "/docs")
    assert back.headers["Referrer-Policy"] == "no-referrer"
    assert browser.app.cookies.get(ATTEMPT_COOKIE) is None
    told = (await browser.get("/v1/session")).json()
    assert (told["actor"], told["role"], told["stores"]) == ("usr:mona", "manager", ["downtown"])
    assert (await browser.register(told["csrf_token"], "by-mona")).status_code == 201


async def test_a_public_client_signs_people_in_as_well(settings: Settings) -> None:
    async with (
        api_of(settings, oidc_client_id="open", oidc_client_secret=None) as api,
        browser_of(api) as browser,
    ):
        assert (await browser.sign_in()).status_code == 303
        assert (await browser.get("/v1/session")).status_code == 200


async def test_an_answer_that_this_browser_did_not_ask_for_is_refused(
    browser: Browser, application: Api
) -> None:
    address = await browser.at_provider("mona")
    async with browser_of(application) as victim:
        await refused(victim, address)
        await victim.app.get("/auth/sign-in")
        await refused(victim, address)
    for wrong in ("x", "", None, "é"):
        await refused(browser, changed(address, state=wrong))
    assert (await browser.app.get(address)).status_code == 303


async def test_an_answer_of_another_issuer_is_refused(browser: Browser) -> None:
    address = await browser.at_provider("mona")
    await refused(browser, changed(address, iss="https://other.example"))
    await refused(browser, changed(address, iss=None))
    assert (await browser.app.get(address)).status_code == 303


async def test_a_code_is_redeemed_once(browser: Browser) -> None:
    address = await browser.at_provider("mona")
    attempt = browser.app.cookies[ATTEMPT_COOKIE]
    assert (await browser.app.get(address)).status_code == 303
    browser.app.cookies.clear()
    answer = await browser.get(address, Cookie=f"{ATTEMPT_COOKIE}={attempt}")
    assert code_of(answer) == (403, "sign_in_refused")


async def test_a_code_without_its_verifier_is_worth_nothing(
    browser: Browser, application: Api, issuer: str
) -> None:
    # Somebody who has seen the code brings it into an attempt of their own, or knows the client's secret.
    stolen = dict(parse_qsl(urlsplit(await browser.at_provider("mona")).query))["code"]
    form = {"grant_type": "authorization_code", "code": stolen, "redirect_uri": CALLBACK}
    answer = await browser.provider.post(f"{issuer}/token", data=form, auth=("shop", "shop"))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    stolen = dict(parse_qsl(urlsplit(await browser.at_provider("mona")).query))["code"]
    async with browser_of(application) as thief:
        address = changed(await thief.at_provider("stranger"), code=stolen)
        await refused(thief, address)


async def test_an_id_token_of_another_attempt_is_refused(browser: Browser) -> None:
    begun = await browser.app.get("/auth/sign-in")
    address = changed(begun.headers["Location"], nonce="somebody-elses")
    await refused(browser, await browser.through_pages(address, "mona"))


async def test_who_has_no_role_or_turns_back_is_not_signed_in(browser: Browser) -> None:
    answer = await browser.sign_in("stranger")
    assert code_of(answer) == (403, "role_missing")
    begun = await browser.app.get("/auth/sign-in")
    state = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))["state"]
    issuer = urlsplit(begun.headers["Location"])._replace(path="", query="").geturl()
    denied = urlencode({"error": "access_denied", "state": state, "iss": issuer})
    await refused(browser, f"{CALLBACK}?{denied}")


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example", "/\\evil.example", "docs", "/a\r\nX: y", "/" + "x" * 600],
)
async def test_a_sign_in_returns_to_this_house_alone(browser: Browser, elsewhere: str) -> None:
    back = await browser.app.get(await browser.at_provider("mona", elsewhere))
    assert (back.status_code, back.headers["Location"]) == (303, "/")


async def test_an_old_session_ends_when_its_browser_signs_in(browser: Browser) -> None:
    browser.app.cookies.set(SESSION_COOKIE, "fixed-by-somebody", domain="shop.example")
    await browser.sign_in()
    first = browser.session_id
    assert first != "fixed-by-somebody"
    await browser.sign_in()
    assert browser.session_id != first
    browser.app.cookies.clear()
    assert code_of(await browser.get("/v1/session", Cookie=f"{SESSION_COOKIE}={first}")) == (
        401,
        "session_ended",
    )


async def test_signing_out_leads_on_to_the_provider(browser: Browser, issuer: str) -> None:
    await browser.sign_in()
    answer = await browser.post("/auth/sign-out", csrf=await browser.csrf())
    address = answer.json()["end_session_url"]
    assert address.startswith(f"{issuer}/session/end?")
    asked = dict(parse_qsl(urlsplit(address).query))
    assert asked["post_logout_redirect_uri"] == f"{ORIGIN}/"
    assert asked["id_token_hint"].count(".") == 2
    page = await browser.provider.get(address)
    assert page.status_code == 200, page.text


async def test_with_a_provider_no_token_signs_in(
    browser: Browser, settings: Settings, api_settings: Settings
) -> None:
    token = sign_token(api_settings, role="manager", hours=1)
    assert code_of(await browser.post("/auth/sign-in", {"token": token})) == (403, "sign_in_by_provider")


async def test_without_a_client_at_a_provider_nobody_is_sent_there(settings: Settings) -> None:
    async with (
        api_of(settings, oidc_client_id=None, oidc_client_secret=None) as api,
        browser_of(api) as browser,
    ):
        for path in ("/auth/sign-in", "/auth/callback?code=x&state=y"):
            assert code_of(await browser.get(path)) == (404, "sign_in_unavailable")


async def test_while_the_provider_is_away_sessions_go_on(api_settings: Settings, settings: Settings) -> None:
    port = free_port()
    away = dataclasses.replace(settings, oidc_issuer=f"http://127.0.0.1:{port}", oidc_refetch_seconds=0)
    async with api_of(away) as api, browser_of(api) as browser:
        with provider_at(port, rsa_key("first"), browsers=[SHOP]):
            address = await browser.at_provider("mona")
            async with browser_of(api) as known:
                await known.sign_in()
                known_id = known.session_id
        assert code_of(await browser.app.get(address)) == (503, "issuer_unavailable")
        cookie = f"{SESSION_COOKIE}={known_id}"
        assert (await browser.get("/v1/session", Cookie=cookie)).status_code == 200

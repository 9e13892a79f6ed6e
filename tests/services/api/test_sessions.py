"""Browser sessions that begin with a token for development: cookies, CSRF, how they last and end."""

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest
import pytest_asyncio

from infra.clock import SYSTEM_CLOCK, FixedClock
from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.http.application import Api
from services.api.main import create_app
from tests.services.api.browsing import SESSION_COOKIE, Browser, browser_of, code_of
from tests.services.api.conftest import running, servers_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANNA = "ass_" + "a" * 32
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def settings(api_settings: Settings) -> Settings:
    return dataclasses.replace(
        api_settings,
        auth="on",
        public_url="https://shop.example",
        session_idle_seconds=600,
        session_seconds=3_600,
    )


@pytest.fixture
def at() -> FixedClock:
    """The clock of an application of a test's own: it stands at the time of day that tokens are signed by."""
    return FixedClock(SYSTEM_CLOCK.now())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def application(settings: Settings) -> AsyncIterator[Api]:
    async with running(create_app(settings, servers_of(settings), clock=SYSTEM_CLOCK)) as api:
        yield api


@pytest_asyncio.fixture(loop_scope="module")
async def browser(application: Api) -> AsyncIterator[Browser]:
    async with browser_of(application) as one:
        yield one


async def test_a_cookie_is_for_this_host_by_tls_and_no_script(browser: Browser, settings: Settings) -> None:
    signed_in = await browser.sign_in_with(settings, stores=["downtown"])
    assert signed_in.status_code == 200, signed_in.text
    name, _, attributes = signed_in.headers["Set-Cookie"].partition("=")
    assert name == SESSION_COOKIE
    flags = {part.strip().lower() for part in attributes.split(";")[1:]}
    assert flags == {"httponly", "secure", "samesite=lax", "path=/"}
    assert signed_in.headers["Cache-Control"] == "no-store"


async def test_without_tls_a_cookie_has_neither_prefix_nor_secure(settings: Settings) -> None:
    plain = dataclasses.replace(settings, public_url=None)
    async with (
        running(create_app(plain, servers_of(plain), clock=SYSTEM_CLOCK)) as api,
        browser_of(api, "http://localhost:8000") as browser,
    ):
        for origin, status in (("http://localhost:9999", 403), ("http://localhost:8000", 200)):
            token = sign_token(plain, role="manager", hours=1)
            answer = await browser.post("/auth/sign-in", {"token": token}, Origin=origin)
            assert answer.status_code == status, answer.text
        cookie = answer.headers["Set-Cookie"].lower()
        assert cookie.startswith("clienteling_session=")
        assert "secure" not in cookie
        assert "httponly" in cookie


async def test_the_session_says_who_is_signed_in(browser: Browser, settings: Settings) -> None:
    assert code_of(await browser.get("/v1/session")) == (401, "token_missing")
    begun = await browser.sign_in_with(settings, "associate", associate_id=ANNA, stores=["downtown"])
    told = (await browser.get("/v1/session")).json()
    assert told == begun.json()
    csrf = told.pop("csrf_token")
    assert len(csrf) >= 43
    assert told == {
        "actor": ANNA, "subject": ANNA, "role": "associate", "associate_id": ANNA,
        "stores": ["downtown"], "scopes": [],
    }  # fmt: skip


async def test_the_database_holds_no_id_of_a_session(browser: Browser, settings: Settings) -> None:
    await browser.sign_in_with(settings)
    with psycopg.connect(settings.database_url or "") as connection:
        rows = str(connection.execute("SELECT * FROM sessions.sessions").fetchall())
    assert browser.session_id is not None
    assert browser.session_id not in rows
    assert await browser.csrf() not in rows


async def test_a_session_may_do_what_its_role_may_and_the_log_says_who(
    browser: Browser, settings: Settings
) -> None:
    await browser.sign_in_with(settings, "associate", associate_id=ANNA, stores=["downtown"])
    assert code_of(await browser.get("/v1/associates")) == (403, "not_permitted")
    taken = await browser.register(await browser.csrf(), "session-who")
    assert taken.status_code == 201, taken.text
    query = "SELECT actor, role FROM stored_events WHERE notification_id = %s"
    with psycopg.connect(settings.database_url or "") as connection:
        row = connection.execute(query, (taken.json()["position"],)).fetchone()
    assert row == (ANNA, "associate")


async def test_a_sign_in_begins_a_session_of_its_own(browser: Browser, settings: Settings) -> None:
    browser.app.cookies.set(SESSION_COOKIE, "chosen-by-somebody-else", domain="shop.example")
    await browser.sign_in_with(settings)
    first = browser.session_id
    assert first not in (None, "chosen-by-somebody-else")
    await browser.sign_in_with(settings)
    assert browser.session_id not in (None, first)
    assert (await browser.get("/v1/session")).status_code == 200
    browser.app.cookies.clear()
    replayed = await browser.get("/v1/session", Cookie=f"{SESSION_COOKIE}={first}")
    assert code_of(replayed) == (401, "session_ended")


async def test_what_changes_anything_needs_the_sessions_own_csrf_token(
    browser: Browser, application: Api, settings: Settings
) -> None:
    await browser.sign_in_with(settings)
    csrf = await browser.csrf()
    async with browser_of(application) as other:
        await other.sign_in_with(settings)
        foreign = await other.csrf()
    for wrong in (None, "x", "", foreign, csrf[:-1], csrf + "a", browser.session_id):
        assert code_of(await browser.register(wrong, "csrf-wrong")) == (403, "csrf_token_refused"), wrong
        for path in ("/auth/sign-out", "/auth/sign-out-everywhere"):
            given = {} if wrong is None else {"csrf": wrong}
            assert code_of(await browser.post(path, **given)) == (403, "csrf_token_refused"), wrong
    assert (await browser.register(csrf, "csrf-right")).status_code == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": EVIL}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://shop.example"}, 403),
        ({"Origin": "https://shop.example:8443"}, 403),
        ({"Origin": "", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "", "Sec-Fetch-Site": ""}, 201),
        ({}, 201),
    ],
)
async def test_a_foreign_page_changes_nothing_even_with_the_token(
    browser: Browser, settings: Settings, headers: dict[str, str], status: int
) -> None:
    await browser.sign_in_with(settings)
    answer = await browser.register(await browser.csrf(), "foreign-page", **headers)
    assert answer.status_code in (status, 200 if status == 201 else status), answer.text
    assert answer.json().get("code") == ("origin_not_ours" if status == 403 else None)


@pytest.mark.parametrize(
    ("site", "mode", "dest", "status"),
    [
        ("same-origin", "cors", "empty", 200),
        ("none", "navigate", "document", 200),
        ("cross-site", "navigate", "document", 200),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "no-cors", "image", 403),
        ("same-site", "cors", "empty", 403),
    ],
)
async def test_a_foreign_page_may_link_to_us_and_read_nothing(
    browser: Browser, settings: Settings, site: str, mode: str, dest: str, status: int
) -> None:
    await browser.sign_in_with(settings)
    metadata = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    assert (await browser.get("/v1/session", **metadata)).status_code == status


async def test_a_foreign_page_signs_nobody_in(browser: Browser, settings: Settings) -> None:
    token = sign_token(settings, role="manager", hours=1)
    answer = await browser.post("/auth/sign-in", {"token": token}, Origin=EVIL)
    assert code_of(answer) == (403, "origin_not_ours")
    form = {"Content-Type": "text/plain"}
    assert code_of(await browser.post("/auth/sign-in", {"token": token}, **form)) == (415, "not_json")
    for body, status in (({}, 422), ({"token": "x.y.z"}, 401), ({"token": 1}, 422), ([], 422)):
        assert (await browser.post("/auth/sign-in", body)).status_code == status, body
    assert browser.session_id is None


async def test_where_a_token_is_sent_the_cookie_does_not_count(browser: Browser, settings: Settings) -> None:
    await browser.sign_in_with(settings)
    junk = {"Authorization": "Bearer x.y.z"}
    assert code_of(await browser.get("/v1/session", **junk)) == (401, "token_refused")
    token = sign_token(settings, role="auditor", hours=1)
    told = (await browser.get("/v1/session", Authorization=f"Bearer {token}", Origin=EVIL)).json()
    assert (told["role"], told["csrf_token"]) == ("auditor", None)


async def test_who_signed_out_is_out_also_with_the_old_cookie(browser: Browser, settings: Settings) -> None:
    await browser.sign_in_with(settings)
    kept, csrf = browser.session_id, await browser.csrf()
    answer = await browser.post("/auth/sign-out", csrf=csrf)
    assert (answer.status_code, answer.json()) == (200, {"end_session_url": None})
    assert browser.session_id is None
    replay = {"Cookie": f"{SESSION_COOKIE}={kept}"}
    assert code_of(await browser.get("/v1/session", **replay)) == (401, "session_ended")
    assert code_of(await browser.register(csrf, "after", **replay)) == (401, "session_ended")


async def test_a_session_that_rests_ends(settings: Settings, at: FixedClock) -> None:
    async with (
        running(create_app(settings, servers_of(settings), clock=at)) as api,
        browser_of(api) as browser,
    ):
        await browser.sign_in_with(settings)
        for _ in range(4):
            at.advance(timedelta(seconds=590))
            assert (await browser.get("/v1/session")).status_code == 200
        at.advance(timedelta(seconds=601))
        assert code_of(await browser.get("/v1/session")) == (401, "session_ended")


@pytest.mark.parametrize(("hours", "lasts"), [(8, 3_600), (0.5, 1_830)])
async def test_a_session_that_is_used_ends_as_well(
    settings: Settings, at: FixedClock, hours: float, lasts: int
) -> None:
    async with (
        running(create_app(settings, servers_of(settings), clock=at)) as api,
        browser_of(api) as browser,
    ):
        await browser.sign_in_with(settings, hours=hours)
        for _ in range(lasts // 300):
            assert (await browser.get("/v1/session")).status_code == 200
            at.advance(timedelta(seconds=300))
        at.advance(timedelta(seconds=60))
        assert code_of(await browser.get("/v1/session")) == (401, "session_ended")

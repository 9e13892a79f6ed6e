"""Signing out at a real OpenID provider ends the sessions here that began with it (back-channel logout)."""

import dataclasses
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from infra.settings import Settings
from tests.ports import free_port
from tests.services.api.browsing import FORM
from tests.services.api.openid_provider import provider_at, rsa_key
from tests.services.api.sending import until
from tests.services.api.serving import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

XSRF = re.compile(r'name="xsrf" value="(\w+)"')


@pytest_asyncio.fixture(loop_scope="module")
async def house(api_settings: Settings, tmp_path: Path) -> AsyncIterator[Server]:
    """A process of the API that the provider can reach, and the provider."""
    port, issuer_port = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    client = {
        "id": "shop",
        "redirect_uri": f"{url}/auth/callback",
        "logout_uri": f"{url}/",
        "back_channel_uri": f"{url}/auth/back-channel-logout",
    }
    settings = dataclasses.replace(api_settings, auth="on")
    with (
        provider_at(issuer_port, rsa_key("first"), browsers=[client]) as issuer,
        Server(
            settings,
            tmp_path / "api.log",
            port,
            public_url=url,
            oidc_issuer=issuer,
            oidc_client_id="shop",
            oidc_client_secret="shop",
            oidc_resource="urn:clienteling",
            oidc_scope="openid sales",
        ) as server,
    ):
        await server.answers()
        yield server


async def signed_in(server: Server, login: str) -> httpx.AsyncClient:
    """A browser whose jar has the cookies of both, as they are of one name."""
    browser = httpx.AsyncClient(base_url=server.url, timeout=30, follow_redirects=True)
    page = await browser.get("/auth/sign-in?return_to=/v1/session")
    while (form := FORM.search(page.text)) is not None:
        page = await browser.post(form[1], data={"prompt": form[2], "login": login, "password": "x"})
    assert page.json()["subject"] == login, page.text
    return browser


async def test_signing_out_at_the_provider_ends_the_session_here(house: Server) -> None:
    mona, again = await signed_in(house, "mona"), await signed_in(house, "mona")
    for browser in (mona, again):
        assert (await browser.get("/v1/session")).status_code == 200
    csrf = (await mona.get("/v1/session")).json()["csrf_token"]
    kept = {"Cookie": f"clienteling_session={mona.cookies['clienteling_session']}"}
    # Only at the provider: its page is asked as somebody does who has it open.
    begun = await mona.get("/auth/sign-in", follow_redirects=False)
    issuer = begun.headers["Location"].partition("/auth")[0]
    page = await mona.get(f"{issuer}/session/end")
    xsrf = XSRF.search(page.text)
    assert xsrf is not None, page.text
    await mona.post(f"{issuer}/session/end/confirm", data={"xsrf": xsrf[1], "logout": "yes"})

    async def over() -> bool:
        return (await mona.get("/v1/session")).status_code == 401

    await until(over, within_seconds=10)
    replayed = await again.post("/auth/sign-out", headers={**kept, "X-CSRF-Token": csrf})
    assert replayed.status_code in (401, 403)
    assert (await again.get("/v1/session")).status_code == 200
    for client in (mona, again):
        await client.aclose()


async def test_a_forged_logout_token_ends_nothing(house: Server) -> None:
    mona = await signed_in(house, "mona")
    for form in ({"logout_token": "x.y.z"}, {}):
        answer = await mona.post("/auth/back-channel-logout", data=form)
        assert answer.status_code == 400, answer.text
    assert (await mona.get("/v1/session")).status_code == 200
    await mona.aclose()

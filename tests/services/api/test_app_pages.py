"""The app at `/`: what browsers are told of it, and how people sign in."""

import re
from pathlib import Path

import httpx
import pytest

from infra.settings import Settings, SettingsError
from services.web.files import app_files, version
from tests.ports import free_port
from tests.services.api.role_world import World
from tests.services.api.serving import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("path", ["/", "/app", "/app/customer/cus_1", "/app/sell/return?sale=1"])
async def test_every_address_of_the_app_is_its_page(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f'src="/assets/{version()}/js/main.js"' in page.text
    assert "{" not in page.text


async def test_scripts_of_the_page_run_by_a_nonce_that_is_never_the_same(client: httpx.AsyncClient) -> None:
    nonces: set[str] = set()
    for page in [await client.get("/app") for _ in range(3)]:
        [nonce] = re.findall(
            r"script-src 'nonce-([\w-]{40,})' 'strict-dynamic';", page.headers["Content-Security-Policy"]
        )
        assert set(re.findall(r'nonce="([^"]+)"', page.text)) == {nonce}
        nonces.add(nonce)
        policy = page.headers["Content-Security-Policy"]
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        assert "<script>" not in page.text
    assert len(nonces) == 3


async def test_files_are_kept_for_ever_under_their_version(client: httpx.AsyncClient) -> None:
    address = f"/assets/{version()}/js/main.js"
    plain = await client.get(address, headers={"Accept-Encoding": "identity"})
    assert plain.content == app_files()["js/main.js"].content
    assert "Content-Encoding" not in plain.headers
    assert "immutable" in plain.headers["Cache-Control"]
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    small = await client.get(address, headers={"Accept-Encoding": "br, gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.content == plain.content
    refused = await client.get(address, headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in refused.headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/0000000000000000/js/main.js",
        "/assets/{version}/js/nothing.js",
        "/assets/{version}/../files.py",
        "/assets/{version}/%2e%2e/%2e%2e/files.py",
        "/assets/{version}/index.html",
    ],
)
async def test_what_is_no_file_of_this_version_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path.format(version=version()))).status_code == 404


async def test_the_service_worker_is_for_all_addresses_and_names_every_file(
    client: httpx.AsyncClient,
) -> None:
    script = await client.get("/service-worker.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Cache-Control"] == "no-cache"
    for path in app_files():
        assert path.endswith((".LICENSE", ".md")) or f'"/assets/{version()}/{path}"' in script.text, path


async def test_outside_the_demo_nobody_is_offered_to_sign_in_as(
    house_client: httpx.AsyncClient, world: World
) -> None:
    assert (await house_client.get("/auth/methods")).json() == {
        "provider": False,
        "token": True,
        "people": [],
    }


async def test_without_authentication_there_is_no_way_to_sign_in(client: httpx.AsyncClient) -> None:
    assert (await client.get("/auth/methods")).json() == {"provider": False, "token": False, "people": []}


async def test_in_the_demo_everybody_can_be_signed_in_as(
    world: World, api_settings: Settings, tmp_path: Path
) -> None:
    with Server(api_settings, tmp_path / "log", free_port(), auth="on", demo_sign_in="on") as server:
        await server.answers()
        async with server.client() as client:
            people = (await client.get("/auth/methods")).json()["people"]
            assert {one["role"] for one in people} == {
                "associate",
                "manager",
                "point_of_sale",
                "payroll",
                "ops",
                "auditor",
            }
            for one in people:
                signed_in = await client.post("/auth/sign-in", json={"token": one["token"]})
                session = signed_in.json()
                assert signed_in.status_code == 200
                assert [session[name] for name in ("role", "associate_id", "stores")] == [
                    one[name] for name in ("role", "associate_id", "stores")
                ]
                client.cookies.clear()


@pytest.mark.parametrize(
    "given",
    [
        {"api_host": "0.0.0.0", "api_proxies": "10.0.0.1"},
        {"oidc_issuer": "https://login.example"},
        {"public_url": "https://shop.example"},
    ],
)
async def test_signing_in_as_anybody_is_for_this_machine_alone(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="CLIENTELING_DEMO_SIGN_IN"):
        Settings(demo_sign_in="on", **given)  # pyright: ignore[reportArgumentType]

"""What a client has already is not sent again; the rest is compressed where that gives nothing away."""

import gzip
from typing import Any

import httpx
import pytest

from infra.clock import FixedClock
from services.api.http.representations import COMPRESSED_BYTES_MIN
from tests.services.api.conftest import Project
from tests.services.api.role_world import World
from tests.services.api.sending import answered, hire, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAIN = {"Accept-Encoding": "identity"}


async def asked(
    client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None, **params: Any
) -> httpx.Response:
    response = await client.get(path, params=params, headers={**PLAIN, **(headers or {})})
    assert response.status_code in (200, 304), response.text
    return response


async def test_what_a_client_has_is_not_sent_again(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client)
    clara = await register(client)
    await answered(client, "record-sale", **sale_of(anna, customer_id=clara))
    await project()
    for path in ("book", "book/today", "ledger", "statements"):
        first = await asked(client, f"/v1/associates/{anna}/{path}")
        tag = first.headers["ETag"]
        assert tag.startswith('W/"')
        for given in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
            again = await asked(client, f"/v1/associates/{anna}/{path}", {"If-None-Match": given})
            assert (again.status_code, again.content) == (304, b"")
            for name in ("ETag", "Clienteling-Position", "Cache-Control", "Vary"):
                assert again.headers[name] == first.headers[name]
            assert "Content-Type" not in again.headers
        other = await asked(client, f"/v1/associates/{anna}/{path}", {"If-None-Match": tag[:-3] + 'x"'})
        assert (other.status_code, other.content) == (200, first.content)


async def test_another_position_with_the_same_content_has_the_same_tag(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    await project()
    first = await asked(client, f"/v1/associates/{anna}/book")
    # Events of somebody else's move the position of every answer.
    await register(client)
    await project()
    again = await asked(client, f"/v1/associates/{anna}/book", {"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["Clienteling-Position"] > first.headers["Clienteling-Position"]


async def test_other_content_has_another_tag_whatever_the_position(
    client: httpx.AsyncClient, project: Project, clock: FixedClock
) -> None:
    anna = await hire(client)
    clara = await register(client)
    await answered(client, "record-sale", **sale_of(anna, customer_id=clara))
    await answered(client, "plan-follow-up", customer_id=clara, due_on="2026-03-04", reason="Shoes")
    await project()
    path, noon = f"/v1/associates/{anna}/book/today", clock.now()
    first = await asked(client, path)
    try:
        # A minute later the day says the same, at another moment.
        clock.set(noon.replace(minute=1))
        later = await asked(client, path, {"If-None-Match": first.headers["ETag"]})
        assert later.status_code == 304
        clock.set(noon.replace(day=4))
        # No event came: what is due moved with the clock.
        moved = await asked(client, path, {"If-None-Match": first.headers["ETag"]})
        assert moved.status_code == 200
        assert moved.headers["ETag"] != first.headers["ETag"]
    finally:
        clock.set(noon)


async def test_answers_are_compressed_for_who_takes_it(client: httpx.AsyncClient) -> None:
    plain = await asked(client, "/openapi.json")
    assert "Content-Encoding" not in plain.headers
    for accepted in ("gzip", "br, gzip;q=0.5", "GZIP ; q=1"):
        async with client.stream("GET", "/openapi.json", headers={"Accept-Encoding": accepted}) as response:
            sent = b"".join([chunk async for chunk in response.aiter_raw()])
        assert response.headers["Content-Encoding"] == "gzip"
        assert int(response.headers["Content-Length"]) == len(sent) < len(plain.content) // 4
        assert gzip.decompress(sent) == plain.content
        assert response.headers["ETag"] == plain.headers["ETag"]
        assert "Accept-Encoding" in response.headers["Vary"]
    for refused in ("br", "gzip;q=0", "gzip;q=0.000", "notgzip"):
        response = await client.get("/openapi.json", headers={"Accept-Encoding": refused})
        assert "Content-Encoding" not in response.headers


async def test_small_answers_are_not_compressed(client: httpx.AsyncClient) -> None:
    response = await client.get("/readyz", headers={"Accept-Encoding": "gzip"})
    assert len(response.content) < COMPRESSED_BYTES_MIN
    assert "Content-Encoding" not in response.headers


async def test_what_a_strangers_page_asks_for_is_not_compressed(client: httpx.AsyncClient) -> None:
    given = {"Accept-Encoding": "gzip", "Cookie": "clienteling_session=x"}
    for site, encoding in (("cross-site", None), ("same-origin", "gzip"), ("none", "gzip")):
        response = await client.get("/openapi.json", headers={**given, "Sec-Fetch-Site": site})
        assert response.headers.get("Content-Encoding") == encoding


async def test_who_is_signed_in_is_told_uncompressed(
    house_client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.http.representations.COMPRESSED_BYTES_MIN", 1)
    headers = {**world.headers("associate"), "Accept-Encoding": "gzip"}
    assert "Content-Encoding" not in (await house_client.get("/v1/session", headers=headers)).headers
    book = await house_client.get(f"/v1/associates/{world.id_of('own')}/book", headers=headers)
    assert book.headers["Content-Encoding"] == "gzip"

"""What goes over the wire when a command is sent: every header of its answer, and which of several mistakes
is told.
"""

import dataclasses
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest

from infra.clock import SYSTEM_CLOCK
from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.http.application import Api
from services.api.main import create_app
from tests.services.api.conftest import client_of, running, servers_of
from tests.services.api.sending import hire, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

REGISTER = "/v1/commands/register-customer"
JSON = {"Content-Type": "application/json"}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
METADATA = "SELECT correlation_id, traceparent FROM stored_events WHERE notification_id = %s"

Request = tuple[str, dict[str, str], bytes]


def keyed(key: str, **headers: str) -> dict[str, str]:
    return {**JSON, "Idempotency-Key": key, **headers}


async def test_an_answer_has_these_headers_and_no_others(client: httpx.AsyncClient) -> None:
    sale = json.dumps(sale_of(await hire(client))).encode()
    for status, own in ((201, ["location"]), (200, [])):
        sent = keyed("headers", **{"X-Correlation-Id": "till-7"})
        answer = await client.post("/v1/commands/record-sale", content=sale, headers=sent)
        body = answer.json()
        assert answer.status_code == status
        assert list(answer.headers) == [
            "cache-control", "x-correlation-id", *own, "clienteling-position",
            "clienteling-consistency-token", "content-type", "content-length",
        ]  # fmt: skip
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-length"] == str(len(answer.content))
        assert answer.headers["clienteling-position"] == str(body["position"])
        assert answer.headers["x-correlation-id"] == "till-7"
        if own:
            assert answer.headers["location"] == f"/v1/sales/{body['ids']['sale_id']}"


async def test_a_refusal_has_these_headers_and_no_others(client: httpx.AsyncClient) -> None:
    answer = await client.post(REGISTER, content=b"{", headers=keyed("refused"))
    assert list(answer.headers) == ["cache-control", "content-type", "content-length"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert list(answer.json()) == ["type", "title", "status", "detail", "instance", "code", "errors"]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ((REGISTER, {"Content-Type": "text/plain"}, b"{"), 400, "idempotency_key_missing"),
        (
            (REGISTER, {"Content-Type": "text/plain", "Idempotency-Key": " k"}, b"{"),
            422,
            "idempotency_key_invalid",
        ),
        ((REGISTER, keyed("k" * 201), b"{"), 422, "idempotency_key_invalid"),
        ((REGISTER, keyed(""), b"{"), 422, "idempotency_key_invalid"),
        ((REGISTER, {"Content-Type": "", "Idempotency-Key": "k"}, b"{}"), 415, "not_json"),
        ((REGISTER, {"Content-Type": "text/plain", "Idempotency-Key": "k"}, b" " * 2**21), 415, "not_json"),
        ((REGISTER, keyed("k"), b" " * 2**21), 413, "body_too_large"),
        ((REGISTER, keyed("k", Host="localhost:a b"), b"{}"), 400, "bad_request"),
        ((REGISTER, keyed("k", Host="evil.example"), b"{}"), 421, "host_not_ours"),
        (("/v1/commands/sing-a-song", keyed("k"), b"{}"), 404, "unknown_address"),
        (("/v1/commands", keyed("k"), b"{}"), 404, "unknown_address"),
        ((f"{REGISTER}/more", keyed("k"), b"{}"), 404, "unknown_address"),
        ((REGISTER, keyed("k"), b'{"name":' + b"[" * 9_999), 422, "invalid"),
        ((REGISTER, keyed("k"), b"null"), 422, "invalid"),
    ],
)
async def test_of_several_mistakes_the_first_is_told(
    client: httpx.AsyncClient, sent: Request, status: int, code: str
) -> None:
    path, headers, body = sent
    answer = await client.post(path, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_a_body_in_pieces_is_measured_as_a_whole(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 2**16

    answer = await client.post(REGISTER, content=pieces(), headers=keyed("pieces"))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_body_without_a_kind_is_taken_for_json(client: httpx.AsyncClient) -> None:
    answer = await client.post(REGISTER, content=b"{}", headers={"Idempotency-Key": "no kind"})
    assert answer.status_code == 201, answer.text


async def test_a_command_with_two_keys_is_refused(client: httpx.AsyncClient) -> None:
    twice = [("Idempotency-Key", "first"), ("Idempotency-Key", "second"), *JSON.items()]
    answer = await client.post(REGISTER, content=b"{}", headers=twice)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_invalid")
    assert not (await client.post(REGISTER, content=b"{}", headers=keyed("first"))).json()["replayed"]


async def test_an_address_with_more_slashes_is_the_same(client: httpx.AsyncClient) -> None:
    for number, path in enumerate((f"{REGISTER}/", "/v1//commands/register-customer", f"{REGISTER}?x=1")):
        answer = await client.post(path, content=b"{}", headers=keyed(f"slash {number}"))
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE"])
async def test_a_command_is_posted_and_nothing_else(api: Api, method: str) -> None:
    # Of an answer to HEAD there is nothing to compare with the document.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://localhost") as client:
        answer = await client.request(method, REGISTER)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")


async def test_what_a_route_takes_is_told_without_a_token(house_client: httpx.AsyncClient) -> None:
    answer = await house_client.options(REGISTER)
    assert (answer.status_code, answer.headers["Allow"]) == (204, "OPTIONS, POST")


@pytest.mark.parametrize(
    ("traceparent", "correlation_id", "kept"),
    [(TRACE, "abc", True), ("junk", "a b", False), (TRACE.upper(), "x" * 129, False)],
)
async def test_the_chain_of_causes_is_kept_where_it_can_be(
    client: httpx.AsyncClient, api_settings: Settings, traceparent: str, correlation_id: str, kept: bool
) -> None:
    headers = keyed(f"chain {correlation_id}", traceparent=traceparent)
    # Also under the name without X-.
    answer = await client.post(REGISTER, content=b"{}", headers={**headers, "Correlation-Id": correlation_id})
    with psycopg.connect(api_settings.database_url or "") as connection:
        row = connection.execute(METADATA, (answer.json()["position"],)).fetchone()
    assert row is not None
    assert (row[0] == correlation_id, row[1] == traceparent) == (kept, kept)
    assert answer.headers["X-Correlation-Id"] == row[0]


async def test_a_command_of_nobody_is_not_read(house_client: httpx.AsyncClient) -> None:
    answer = await house_client.post(REGISTER, content=b" " * 2**21, headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    twice = [("Authorization", "Bearer a.b.c")] * 2
    answer = await house_client.post(REGISTER, content=b"{}", headers=[*keyed("k").items(), *twice])
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")


async def test_commands_of_other_origins_and_of_many_are_answered_as_reads_are(
    api_settings: Settings,
) -> None:
    settings = dataclasses.replace(
        api_settings, auth="on", cors_origins="https://app.example", api_subject_requests_per_minute=2
    )
    bearer = {"Authorization": f"Bearer {sign_token(settings, role='manager', hours=1)}"}
    async with running(_api(settings)) as api, client_of(api) as client:
        told: list[tuple[int, Any]] = []
        for number in range(3):
            headers = keyed(f"cors {number}", Origin="https://app.example", **bearer)
            answer = await client.post(REGISTER, content=b"{}", headers=headers)
            told.append((answer.status_code, answer.headers.get("Access-Control-Allow-Origin")))
            assert "clienteling-position" in answer.headers["Access-Control-Expose-Headers"].lower()
        metrics = (await client.get("/metrics")).text
    assert told == [(status, "https://app.example") for status in (201, 201, 429)]
    for status, count in ((201, 2), (429, 1)):
        labels = f'method="POST",operation="register-customer",status="{status}"'
        assert f"clienteling_http_requests_total{{{labels}}} {count}.0" in metrics


def _api(settings: Settings) -> Api:
    return create_app(settings, servers_of(settings), clock=SYSTEM_CLOCK)

"""What no client library sends by itself, as bytes over a socket: other protocols, headers that come twice,
bodies in other codings, and keys that come twice.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from infra.clock import FixedClock
from infra.settings import Settings
from services.api.main import create_app
from tests.services.api.conftest import servers_of
from tests.services.api.listening import Serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = "Content-Type: application/json"
H2C = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
PROBE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body)


def command(
    body: bytes,
    *headers: str,
    name: str = "register-customer",
    key: str = "k",
    host: str = "Host: localhost",
    chunked: bool = False,
) -> bytes:
    """A command as it goes over the wire."""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    lines = [host, f"Idempotency-Key: {key}", JSON, length, *headers]
    head = "\r\n".join([f"POST /v1/commands/{name} HTTP/1.1", *filter(None, lines), "", ""]).encode()
    return head + (b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body)


async def answers_to(serving: Serving, *pieces: bytes) -> list[Answer]:
    """What is answered to these bytes, sent piece by piece, until the server ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
    received = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    answers: list[Answer] = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers.get("content-length", 0))
        answers.append(Answer(int(first.split()[1]), headers, received[:length]))
        received = received[length:]
    return answers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def serving(api_settings: Settings, clock: FixedClock) -> AsyncIterator[Serving]:
    begun = Serving(create_app(api_settings, servers_of(api_settings), clock=clock))
    await begun.answers()
    yield begun
    await begun.stop()


def registered(serving: Serving) -> list[dict[str, Any]]:
    log = serving.application.app.log
    return [json.loads(event.state) for event in log.read(0, 10_000) if "registered" in event.topic]


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunks"])
@pytest.mark.parametrize("protocol", [H2C, ("Connection: upgrade", "Upgrade: websocket"), ("Upgrade: h2c",)])
async def test_another_protocol_is_passed_over_and_the_body_is_read(
    serving: Serving, protocol: tuple[str, ...], chunked: bool
) -> None:
    before = len(registered(serving))
    name = f"{protocol[-1]} {chunked}"
    body = json.dumps({"reference": name}).encode()
    whole = command(body, *protocol, key=name, chunked=chunked)
    half = len(whole) - len(body) // 2
    done, again, health = await answers_to(serving, whole[:40], whole[40:half], whole[half:] + whole + PROBE)
    assert (done.status, again.status, health.status) == (201, 200, 200)
    assert "upgrade" not in done.headers
    assert [one["reference"] for one in registered(serving)[before:]] == [name]


async def test_a_tunnel_is_refused_and_nothing_behind_it_is_read(serving: Serving) -> None:
    [answer] = await answers_to(
        serving, b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n" + command(b"{}", key="tunnel")
    )
    assert 400 <= answer.status < 500
    assert answer.document["code"] in ("unknown_address", "method_not_allowed", "bad_request")


@pytest.mark.parametrize(
    "header", ["Host: localhost", "Host: evil.example", JSON, "Content-Type: text/plain"]
)
async def test_what_may_come_once_is_refused_when_it_comes_twice(serving: Serving, header: str) -> None:
    answer, *_ = await answers_to(serving, command(b"{}", header, key="twice"), PROBE)
    assert (answer.status, answer.document["code"]) == (400, "bad_request")
    assert answer.document["errors"][0]["field"] == header.partition(":")[0]


async def test_a_request_without_a_host_is_refused_unless_it_is_old(serving: Serving) -> None:
    answer, *_ = await answers_to(serving, command(b"{}", host="", key="nowhere"), PROBE)
    assert (answer.status, answer.document["errors"][0]["field"]) == (400, "Host")
    [old] = await answers_to(serving, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert old.status == 200


@pytest.mark.parametrize("coding", ["br", "gzip", "identity, x-own", "zstd"])
async def test_a_body_in_a_coding_is_refused_with_what_is_taken(serving: Serving, coding: str) -> None:
    answer, *_ = await answers_to(serving, command(b"{}", f"Content-Encoding: {coding}", key="coded"), PROBE)
    assert (answer.status, answer.document["code"]) == (415, "coding_not_taken")
    assert answer.headers["accept-encoding"] == "identity"
    assert answer.document["errors"][0]["field"] == "Content-Encoding"


async def test_a_body_that_is_said_to_be_as_it_is_is_taken(serving: Serving) -> None:
    sent = command(b'{"reference":"as it is"}', "Content-Encoding: Identity", key="as it is")
    done, _ = await answers_to(serving, sent, PROBE)
    assert done.status == 201, done.body


LINE = '{"sku":"A","quantity":1,"unit_price_minor":100,"attribution":[]}'
TWICE = LINE.replace('"quantity":1', '"quantity":1,"quantity":2')


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("register-customer", '{"reference":"a","reference":"b"}', "reference"),
        ("register-customer", '{"reference":"a", "name" : "Clara",\n"ref\\u0065rence":"a"}', "reference"),
        ("record-sale", f'{{"store_id":"s","currency":"USD","lines":[{LINE},{TWICE}]}}', "lines[1].quantity"),
        (
            "hire-associate",
            '{"store_id":"s","plan":{"currency":"USD","base_rate_minor":1,"rate_bp":1,"rate_bp":2}}',
            "plan.rate_bp",
        ),
        (
            "hire-associate",
            '{"store_id":"s","plan":{"currency":"USD","base_rate_minor":1,"rate_bp":1,'
            '"department_rates_bp":{"Clara Miller":1,"Clara Miller":2}}}',
            "?",
        ),
    ],
)
async def test_a_key_that_comes_twice_is_refused_by_name(
    serving: Serving, name: str, body: str, field: str
) -> None:
    answer, *_ = await answers_to(serving, command(body.encode(), name=name, key=f"key {field}"), PROBE)
    assert (answer.status, answer.document["code"]) == (422, "invalid"), answer.body
    assert answer.document["errors"] == [{"field": field, "message": "This key comes twice."}]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/event-stream", "text/event-stream"),
        ("Text/Event-Stream; q=0.5, */*;q=0.1", "text/event-stream"),
        ("application/x-ndjson;q=0.5, text/event-stream", "text/event-stream"),
        ("text/event-stream;q=0", "application/x-ndjson"),
        ("text/event-stream; charset=utf-8; Q=0.000, */*", "application/x-ndjson"),
        ("application/x-ndjson, text/event-stream;q=0.9", "application/x-ndjson"),
        ("x-text/event-stream-more", "application/x-ndjson"),
        ("text/*", "application/x-ndjson"),
    ],
)
async def test_events_come_in_the_form_that_is_wanted_most(serving: Serving, accept: str, kind: str) -> None:
    headers = {"Accept": accept}
    async with serving.client() as client, client.stream("GET", "/v1/events", headers=headers) as response:
        assert response.headers["content-type"].partition(";")[0] == kind

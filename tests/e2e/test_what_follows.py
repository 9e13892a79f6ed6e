"""What follows by itself, over processes: goods come in over NATS, she is called, she comes, and the wish
is no more.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from infra.embedded import ensure_servers
from infra.messaging.connection import connect
from infra.nats import NatsRole
from infra.settings import Settings
from tests.e2e.house import UP_SECONDS, House


def publish(house: House, messages: Sequence[tuple[bytes, dict[str, str]]]) -> None:
    """As the inventory service does."""
    settings = Settings(data_dir=house.folder)

    async def tell(nats_url: str) -> None:
        client = await connect(settings, nats_url, name="inventory", role=NatsRole.INVENTORY)
        for body, headers in messages:
            await client.publish("inventory.stock.arrived", body, headers=headers)
        await client.flush()
        await client.close()

    with ensure_servers(settings) as servers:
        asyncio.run(tell(servers.nats_url))


def until(found: Any) -> Any:
    """What is found in the end."""
    deadline = time.monotonic() + UP_SECONDS
    while not (what := found()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return what


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_wish_comes_true_and_what_cannot_be_read_is_put_aside(house: House) -> None:
    house.serve("api", "relay", "projector", "reactions")
    house.until_up()
    plan = {"currency": "USD", "base_rate_minor": 800, "rate_bp": 675}
    anna = house.post("hire-associate", "anna", name="Anna Lindqvist", store_id="downtown", plan=plan)["ids"][
        "associate_id"
    ]
    clara = house.post("register-customer", "clara", name="Clara Fontaine")["ids"]["customer_id"]
    house.post("assign-owner", "hers", customer_id=clara, associate_id=anna)
    house.post("set-contact-preference", "may", customer_id=clara, channel="text", allowed=True)
    house.post("record-wish", "wish", customer_id=clara, label="Calzari", size="9")
    until(lambda: house.run("projections", "status")[0] == 0)

    arrived = b'{"store_id": "downtown", "items": [{"sku": "SH1", "label": "Calzari", "size": "9"}]}'
    headers = {"ce-id": "a-1", "ce-source": "/inventory"}
    garbled = arrived[:-1]
    publish(house, [(arrived, headers), (garbled, {"ce-id": "a-2"}), (arrived, headers)])

    def calls() -> Any:
        today = house.client.get(f"/v1/associates/{anna}/book/today").json()
        return [call for call in today["calls"] if call["reasons"][0]["kind"] == "stock_arrived"]

    [call] = until(calls)
    assert (call["name"], call["channels"]) == ("Clara Fontaine", ["text"])
    [reason] = call["reasons"]
    assert reason["text"] == "Arrived at downtown: Calzari, size 9"

    house.post("complete-follow-up", "called", customer_id=clara, follow_up_id=reason["follow_up_id"])
    last = house.post("fulfil-wish", "true", customer_id=clara, wish_id=1, fulfilled_by=anna)["position"]
    page = house.get(f"/v1/associates/{anna}/book/{clara}", last)
    assert page["wishes"][0]["fulfilled_at"] is not None
    assert calls() == []

    code, [letter] = house.run("dead-letters", "list")
    assert (code, letter["projection"], letter["reason"]) == (1, "inventory", "it is no JSON")
    assert house.run("projections", "status")[0] == 1
    code, shown = house.run("dead-letters", "show", "inventory", letter["key"])
    assert (code, shown["content"], shown["headers"]) == (0, garbled.decode(), {"ce-id": "a-2"})
    assert house.run("dead-letters", "retry", "inventory", letter["key"])[0] == 1
    assert house.run("dead-letters", "discard", "inventory", letter["key"])[0] == 0
    assert house.run("dead-letters", "list") == (0, [])
    assert house.run("projections", "status")[0] == 0
    house.kill("reactions")
    until(lambda: house.run("projections", "status")[0] == 1)

"""What one sale leads to, found again by the id that its request came with: in the log, the ledger and on the
stream.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.embedded import ensure_servers
from infra.settings import Settings
from tests.e2e.house import House
from tests.services.relay.builders import stream_of

TILL = {"X-Correlation-Id": "till-17"}
TRACE = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}


def messages_of(house: House) -> dict[int, dict[str, str]]:
    """The headers of every message on the stream, by the position of its event."""
    settings = Settings(data_dir=house.folder)
    with ensure_servers(settings) as servers:
        read = asyncio.run(stream_of(settings, servers.nats_url, servers.database_url))
    return {message.metadata.position: dict(message.headers) for message in read}


@pytest.mark.timeout(300)
def test_one_id_leads_from_the_request_to_the_ledger_and_the_stream(house: House) -> None:
    house.serve("api", "relay", "projector", "reactions")
    house.until_up()
    plan = {"currency": "USD", "base_rate_minor": 800, "rate_bp": 675}
    hired = house.post("hire-associate", "anna", name="Anna Lindqvist", store_id="downtown", plan=plan)
    anna = hired["ids"]["associate_id"]
    clara = house.post("register-customer", "clara", name="Clara Fontaine")["ids"]["customer_id"]
    today, day = datetime.now(UTC).date(), timedelta(days=1)
    around = {"starts_on": str(today - day), "ends_on": str(today + day)}
    house.post("open-pay-period", "open", period_id="P1", **around)
    line = {"sku": "S1", "quantity": 1, "unit_price_minor": 10_000, "attribution": [{"associate_id": anna}]}
    house.client.headers.update({**TILL, **TRACE})
    sale = {"customer_id": clara, "store_id": "downtown", "currency": "USD", "lines": [line]}
    house.post("record-sale", "sale", **sale)
    house.post("close-pay-period", "close", period_id="P1", early=True)
    for name in (*TILL, *TRACE):
        del house.client.headers[name]
    last = house.post("add-note", "note", customer_id=clara, text="likes blue")["position"]
    house.get(f"/v1/associates/{anna}/ledger", last)
    house.until_healthy()

    code, audited = house.run("audit", "--correlation", "till-17")
    assert code == 0
    by_position: dict[int, dict[str, Any]] = {entry["position"]: entry for entry in audited}
    acting = [(entry["topic"], entry["actor"].split(":")[0]) for entry in audited]
    assert acting == [
        ("sale.recorded.v1", "service"),
        ("customer.owner_assigned.v1", "service"),
        ("commission_account.earned.v1", "service"),
        ("pay_period.closed.v1", "service"),
        ("commission_account.statement_issued.v1", "reaction"),
        ("pay_period.statements_begun.v1", "reaction"),
    ]
    closed, issued = audited[3:5]
    assert issued["causation_id"] == closed["event_id"]

    ledger = house.client.get(f"/v1/associates/{anna}/ledger").json()
    positions = {entry["position"] for entry in ledger["entries"]}
    assert positions
    assert positions <= set(by_position)
    [statement] = house.client.get(f"/v1/associates/{anna}/statements").json()["statements"]
    assert statement["position"] == issued["position"]

    told = messages_of(house)
    traced = {position for position, headers in told.items() if headers.get("ce-correlationid") == "till-17"}
    assert traced == set(by_position)
    assert {told[position]["ce-traceparent"] for position in traced} == set(TRACE.values())

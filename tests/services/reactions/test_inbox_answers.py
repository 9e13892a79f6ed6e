"""What the inbox refuses is answered; both forms of CloudEvents are taken; stores and dates are looked at."""

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from domain.associate.commands import TransferAssociate
from domain.stock_arrival.events import StockArrived
from infra.messaging.subjects import STOCK_ARRIVED
from infra.settings import Settings
from services.reactions.answers import ARRIVAL_REFUSED
from services.reactions.cloud_events import Malformed
from services.reactions.context import ReactionContext, Stopping
from services.reactions.messages import Message, arrival_of
from services.reactions.recording import record_arrivals
from services.reactions.stores import StoresNotKnownYet
from tests.infra.messaging.builders import until
from tests.services.reactions.builders import (
    NOON,
    answered,
    associate,
    facts,
    hired,
    kept,
    opened,
    project,
    publish,
    reacting,
    send,
)

STRUCTURED = "application/cloudevents+json"
ONE_BY_ONE = f"CloudEvents are taken one by one, as {STRUCTURED}"
GOODS: dict[str, Any] = {"store_id": "downtown", "items": [{"sku": "SH1", "size": "9"}]}


def goods(**changes: Any) -> bytes:
    return json.dumps({**GOODS, **changes}).encode()


TWICE = goods().replace(b'"sku":', b'"sku": "SH2", "sku":')


def event(**changes: Any) -> dict[str, Any]:
    given = {"specversion": "1.0", "id": "e1", "source": "/inventory", "type": "arrived", "data": GOODS}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def structured(content_type: str = STRUCTURED, **changes: Any) -> Message:
    return Message({"Content-Type": content_type}, json.dumps(event(**changes)).encode())


async def test_what_is_refused_is_answered_also_to_a_sender_who_was_away(
    settings: Settings, context: ReactionContext
):
    send(context, *opened("downtown"))
    await project(settings)
    long_ago = (NOON - timedelta(days=settings.inbox_past_days_max, seconds=1)).isoformat()
    refused: list[tuple[str, bytes, dict[str, str]]] = [
        ("malformed", b"{Clara", {"ce-id": "m 1", "ce-source": "/inventory", "ce-correlationid": "delivery"}),
        ("store_unknown", goods(store_id="Clara"), {"Nats-Msg-Id": "m2"}),
        ("too_long_ago", goods(occurred_at=long_ago), {"ce-id": "m3"}),
        ("too_long_ago", goods(occurred_at="0001-01-01T00:00:00+14:00"), {"ce-id": "m4"}),
        ("in_the_future", goods(occurred_at="9999-12-31T23:59:59-14:00"), {"ce-id": "m5"}),
        ("time_zone_missing", goods(occurred_at="2026-03-02T10:00:00"), {}),
    ]
    async with reacting(settings, context):
        await publish(settings, [(body, headers) for _, body, headers in refused] + [(goods(), {})])
        await until(lambda: facts(settings, StockArrived) and len(kept(settings)) == 6, within_seconds=30)
    answers = await answered(settings, 6)
    assert [(said["code"], said["message_id"]) for _, said in answers] == [
        (code, headers.get("Nats-Msg-Id") or headers.get("ce-id")) for code, _, headers in refused
    ]
    reasons = {key: reason for _, key, reason in kept(settings)}
    assert [said["reason"] for _, said in answers] == [reasons[said["dead_letter"]] for _, said in answers]
    assert "Clara" not in json.dumps(answers)
    headers, first = answers[0]
    assert (first["source"], first["correlation_id"]) == ("/inventory", "delivery")
    assert (first["subject"], first["sequence"]) == (STOCK_ARRIVED, 1)
    assert first["content_sha256"] == hashlib.sha256(b"{Clara").hexdigest()
    assert (headers["ce-type"], headers["ce-causationid"]) == (ARRIVAL_REFUSED, "m%201")
    assert headers["ce-correlationid"] == "delivery"


async def test_a_structured_event_is_the_same_arrival_as_a_binary_one(
    settings: Settings, context: ReactionContext
):
    send(context, *opened("downtown"))
    at = "2026-03-01T09:00:00Z"
    told = json.dumps(event(time=at, correlationid="delivery")).encode()
    async with reacting(settings, context) as reactions:
        await publish(settings, [(told, {"content-type": f"{STRUCTURED}; charset=utf-8"})])
        await publish(settings, [(goods(), {"ce-id": "e1", "ce-source": "/inventory", "ce-time": at})])
        await until(lambda: reactions.health()[0].followed == 2, within_seconds=30)
    [arrived] = facts(settings, StockArrived)
    assert (arrived.store_id, arrived.items[0].sku) == ("downtown", "SH1")
    assert arrived.occurred_at.isoformat() == "2026-03-01T09:00:00+00:00"
    assert kept(settings) == []


def test_what_a_structured_event_says_of_itself_is_read_as_from_headers() -> None:
    encoded = structured(data=None, data_base64=base64.b64encode(goods()).decode(), correlationid="c")
    assert arrival_of(encoded) == arrival_of(Message({"ce-id": "e1", "ce-source": "/inventory"}, goods()))
    assert encoded.name == ("event", "/inventory", "e1")
    assert encoded.context.correlation_id == "c"
    assert Message({"Nats-Msg-Id": "n"}, b"").name == ("message", "n")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (structured(id=""), "it is no CloudEvent: Expected `str` of length >= 1 - at `$.id`"),
        (structured(source=None), "it is no CloudEvent: Object missing required field `source`"),
        (structured(specversion="Clara"), "it is no CloudEvent: specversion is not 1.0"),
        (structured(data=None), "the event has no data"),
        (structured(data=None, data_base64="#"), "the member data_base64 is no base64"),
        (structured(datacontenttype="text/plain"), "the attribute datacontenttype is not application/json"),
        (
            structured("application/cloudevents-batch+json"),
            ONE_BY_ONE,
        ),
        (structured("application/cloudevents+avro"), ONE_BY_ONE),
        (Message({"content-type": STRUCTURED}, b"{Clara"), "it is no JSON"),
        (Message({"content-type": STRUCTURED}, b'{"x":' * 100_000), "it is no JSON"),
        (
            Message({"content-type": STRUCTURED}, structured().body[:-1] + b',"id":"another"}'),
            "it is no CloudEvent: a key comes twice",
        ),
        (
            structured(data=None, data_base64=base64.b64encode(TWICE).decode()),
            "items[0].sku: this key comes twice",
        ),
        (structured(time="soon"), "the header ce-time is no time of RFC 3339"),
    ],
)
def test_what_is_no_structured_event_is_refused_with_the_reason(message: Message, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        arrival_of(message)
    assert str(refused.value) == reason


async def test_a_store_is_known_by_who_works_there_once_the_directory_has_come_so_far(
    settings: Settings, context: ReactionContext, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("services.reactions.stores.WAIT_SECONDS", 0.0)
    message = Message({"ce-id": "1"}, goods())
    send(context, hired(1, "uptown"))
    await project(settings)
    assert [refusal.code for refusal in record_arrivals(context, [message]).values()] == ["store_unknown"]
    move = TransferAssociate(associate_id=associate(1), store_id="downtown", occurred_at=NOON)
    send(context, move)
    with pytest.raises(StoresNotKnownYet):
        record_arrivals(context, [message])
    monkeypatch.setattr("services.reactions.stores.WAIT_SECONDS", 30.0)
    context.stopping.set()
    with pytest.raises(Stopping):
        record_arrivals(context, [message])
    context.stopping.clear()
    await project(settings)
    assert record_arrivals(context, [message, Message({"ce-id": "2"}, goods(store_id="uptown"))]) == {}
    assert [arrived.store_id for arrived in facts(settings, StockArrived)] == ["downtown", "uptown"]

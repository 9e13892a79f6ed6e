"""`clienteling webhooks`: endpoints are managed, each change with who made it and why."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from standardwebhooks.webhooks import Webhook

from infra.settings import Settings
from tests.services.cli.calling import Call, small_shop
from tests.services.webhooks.builders import Receiver, Reply, Request, rows


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTELING_WEBHOOKS_PRIVATE_ADDRESSES", "allowed")


@contextmanager
def receiving(status: int) -> Generator[Receiver]:
    """A receiver in a thread of its own: command lines run in this one."""

    async def answer(_: Request) -> Reply:
        return Reply(status, body=b"said so")

    receiver = Receiver(answer)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(receiver.start(), loop).result(10)
        yield receiver
    finally:
        asyncio.run_coroutine_threadsafe(receiver.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def test_an_endpoint_is_added_listed_shown_and_removed(settings: Settings, call: Call) -> None:
    small_shop(settings)
    address = "https://billing.example/hooks"
    added = call("webhooks", "add", address, "--type", "sale", "--from", "beginning", "--json")
    assert added.document["name"] == "billing.example"
    assert added.document["secret"].startswith("whsec_")
    listed = call("webhooks", "list", "--json")
    (line,) = listed.document
    # Nothing sends: somebody has to look.
    assert (listed.code, line["doing"], line["position"], line["types"]) == (1, "stopped", 0, ["sale"])
    assert line["lag_events"] > 0
    shown = call("webhooks", "show", "billing.example")
    assert address in shown.out
    assert added.document["secret"] not in shown.out
    assert call("webhooks", "remove", "billing.example", "--reason", "moved away").code == 0
    assert call("webhooks", "list", "--json").document == []
    assert rows(settings, "SELECT * FROM vault.webhook_secrets") == []
    changes = call("webhooks", "changes", "--json").document
    assert [(one["change"], one["reason"]) for one in changes] == [
        (f"added {address} behind position 0", None),
        ("removed", "moved away"),
    ]
    assert all(one["actor"].startswith("cli:") for one in changes)


def test_where_it_begins(settings: Settings, call: Call) -> None:
    small_shop(settings)
    (end,) = [int(row[0]) for row in rows(settings, "SELECT max(notification_id) FROM stored_events")]
    for name, begin, position in (("a", "now", end), ("b", "beginning", 0), ("c", "2", 2)):
        assert call("webhooks", "add", "https://x.example/", "--name", name, "--from", begin).code == 0
        assert call("webhooks", "show", name, "--json").document["position"] == position
    assert call("webhooks", "add", "https://x.example/", "--name", "d", "--from", str(end + 1)).code == 1
    assert call("webhooks", "add", "https://x.example/", "--name", "d", "--from", "noon").code == 2


def test_what_no_endpoint_can_be(settings: Settings, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("webhooks", "add", "https://x.example/", "--name", "one").code == 0
    assert "called one already" in call("webhooks", "add", "https://y.example/", "--name", "one").said
    assert call("webhooks", "add", "https://x.example/", "--name", "Two").code == 2
    assert call("webhooks", "add", "https://x.example/", "--partition", 64).code == 2
    assert call("webhooks", "add", "https://x.example/", "--type", "sale.").code == 2
    monkeypatch.setenv("CLIENTELING_WEBHOOKS_PRIVATE_ADDRESSES", "refused")
    called = call("webhooks", "add", "http://10.0.0.1/")
    assert (called.code, "only https" in called.said) == (2, True)
    assert call("webhooks", "rotate", "nobody").code == 1


def test_a_test_event_is_signed_and_its_answer_is_told(settings: Settings, call: Call) -> None:
    with receiving(200) as receiver:
        secret = call("webhooks", "add", receiver.url, "--name", "one", "--json").document["secret"]
        tested = call("webhooks", "test", "one", "--json")
    assert (tested.code, tested.document["taken"]) == (0, True)
    (request,) = receiver.got
    assert Webhook(secret).verify(request.body, request.headers)["type"] == "webhook.test.v1"
    with receiving(401) as receiver:
        call("webhooks", "add", receiver.url, "--name", "two")
        tested = call("webhooks", "test", "two", "--json")
    assert (tested.code, tested.document["reason"]) == (1, "it answered 401: said so")


def test_status_tells_of_endpoints_that_nobody_sends_to(settings: Settings, call: Call) -> None:
    small_shop(settings)
    call("webhooks", "add", "https://x.example/", "--name", "one")
    document = call("projections", "status", "--json").document
    assert [(one["name"], one["doing"]) for one in document["webhooks"]] == [("one", "stopped")]
    assert not document["healthy"]
    assert "one" in call("projections", "status").out

"""A command on what is remembered is decided without a question to the log. Whatever has changed meanwhile,
it comes to the same as if the log had been asked first.
"""

from collections.abc import Callable
from datetime import date

import pytest

from domain.associate.commands import HireAssociate, PayPlan
from domain.customer.commands import ForgetCustomer, RegisterCustomer, SetContactPreference
from domain.messages import Refused
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod
from domain.sale.commands import LineToSell, RecordSale, Share
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.event_store.quarantine import EVERY_READER, leave_out


def register(handler: CommandHandler, key: str) -> str:
    return str(handler.handle(RegisterCustomer(reference=key), key).ids["customer_id"])


def hire(handler: CommandHandler) -> str:
    plan = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)
    command = HireAssociate(name="Anna", store_id="downtown", plan=plan, hired_on=date(2020, 1, 1))
    return str(handler.handle(command, "hire").ids["associate_id"])


def sell(handler: CommandHandler, customer_id: str | None, key: str, associate: str | None = None) -> str:
    shares = () if associate is None else (Share(associate_id=associate),)
    line = LineToSell(sku="shoe", quantity=1, unit_price_minor=1_000, attribution=shares)
    command = RecordSale(store_id="downtown", currency="USD", lines=(line,), customer_id=customer_id)
    return str(handler.handle(command, key).ids["sale_id"])


@pytest.fixture
def customer_id(handler: CommandHandler) -> str:
    """A customer whom the handler remembers; nobody else was seen to write."""
    customer_id = register(handler, "register")
    for key in ("first", "second"):
        sell(handler, customer_id, key)
    return customer_id


def test_the_log_is_asked_for_nothing_that_is_remembered(
    handler: CommandHandler, log: EventLog, customer_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        for asked in ("read_from", "read_histories", "last_position", "left_out"):
            without.setattr(log, asked, None)
        sell(handler, customer_id, "third")
    assert len(log.read_customer(customer_id)) == 4


def test_a_key_that_another_process_has_answered_is_answered_alike(
    handler: CommandHandler, another_handler: Callable[[], CommandHandler], log: EventLog, customer_id: str
) -> None:
    sold = sell(another_handler(), customer_id, "third")
    end = log.last_position()
    assert sell(handler, customer_id, "third") == sold
    assert log.last_position() == end


def test_what_is_refused_is_refused_on_what_is_true(
    handler: CommandHandler, another_handler: Callable[[], CommandHandler], customer_id: str
) -> None:
    close = ClosePayPeriod(period_id="P1")
    with pytest.raises(Refused):
        handler.handle(close, "too early")
    sell(handler, customer_id, "third")
    opened = OpenPayPeriod(period_id="P1", starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 15))
    another_handler().handle(opened, "open")
    # Nobody has told this handler of it.
    assert handler.handle(close, "close").events


def test_a_stream_that_is_only_read_is_read_as_it_is(
    handler: CommandHandler, another_handler: Callable[[], CommandHandler], customer_id: str
) -> None:
    forgetting = another_handler()
    forgetting.handle(ForgetCustomer(customer_id=customer_id), "forget")
    with pytest.raises(Refused) as refusal:
        sell(handler, customer_id, "third")
    assert "forgotten" in refusal.value.code


def test_what_every_reader_leaves_out_by_now_is_not_decided_on(
    handler: CommandHandler, log: EventLog, customer_id: str
) -> None:
    associate = hire(handler)
    sell(handler, customer_id, "third", associate)
    hired = log.read_stream(associate)[0]
    with log.connection() as connection:
        leave_out(connection, EVERY_READER, associate, hired.position, hired.topic, associate, "by mistake")
    with pytest.raises(Refused):
        sell(handler, customer_id, "fourth", associate)


def test_a_log_that_was_set_back_is_not_decided_on(
    handler: CommandHandler, another_handler: Callable[[], CommandHandler], log: EventLog, customer_id: str
) -> None:
    allowed = SetContactPreference(customer_id=customer_id, channel="call", allowed=True)
    handler.handle(allowed, "allow")
    sell(handler, customer_id, "third")
    end = log.last_position()
    with log.connection() as connection:
        connection.execute("DELETE FROM stored_events WHERE notification_id > 1")
        connection.execute("TRUNCATE idempotency_keys")
        connection.execute("SELECT setval(pg_get_serial_sequence('stored_events', 'notification_id'), 1)")
    other = another_handler()
    # The customer's history is as long as it was, and another one.
    other.handle(ForgetCustomer(customer_id=customer_id), "forget")
    for position in range(log.last_position(), end + 2):
        register(other, f"other {position}")
    with pytest.raises(Refused) as refusal:
        sell(handler, customer_id, "fourth")
    assert refusal.value.code == "customer_forgotten"


def test_no_data_key_is_made_for_who_was_registered_before(
    handler: CommandHandler,
    another_handler: Callable[[], CommandHandler],
    log: EventLog,
    customer_id: str,
) -> None:
    command = RegisterCustomer(name="Ada Lovelace")
    another_handler().handle(command, "ada")
    with log.connection() as connection:
        before = connection.execute("SELECT count(*) FROM vault.keys").fetchone()
        assert handler.handle(command, "ada").replayed
        assert connection.execute("SELECT count(*) FROM vault.keys").fetchone() == before

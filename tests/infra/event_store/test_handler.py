"""The only writer, on a real log."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.associate.commands import HireAssociate, PayPlan
from domain.commission_account.events import CommissionEarned
from domain.customer.commands import (
    AddNote,
    ForgetCustomer,
    LearnName,
    RegisterCustomer,
    SetContactPreference,
)
from domain.messages import NotFound, Refused
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod
from domain.return_.commands import AcceptReturn, LineToReturn
from domain.sale.commands import LineToSell, RecordSale, Share
from infra.event_store.codec import decode
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.vault import Vault

NOBODY = "cus_" + "0" * 32


def registered(handler: CommandHandler, key: str = "register") -> str:
    return str(handler.handle(RegisterCustomer(reference="17"), key).ids["customer_id"])


def sold(handler: CommandHandler, quantity: int, key: str = "sell") -> str:
    line = LineToSell(sku="shoe", quantity=quantity, unit_price_minor=1_000)
    command = RecordSale(store_id="downtown", currency="USD", lines=(line,))
    return str(handler.handle(command, key).ids["sale_id"])


def test_a_command_is_answered_with_ids_topics_and_where_its_last_fact_stands(
    handler: CommandHandler, log: EventLog
) -> None:
    answer = handler.handle(RegisterCustomer(reference="17"), "k")
    assert answer.ids["customer_id"] == log.read(0, 10)[0].stream_id
    assert (answer.events, answer.position, answer.replayed) == (
        ("customer.registered.v1",),
        log.last_position(),
        False,
    )


def test_the_same_key_and_content_is_answered_as_the_first_time(
    handler: CommandHandler, log: EventLog
) -> None:
    first = handler.handle(RegisterCustomer(name="Ada Lovelace"), "k")
    again = handler.handle(RegisterCustomer(name="Ada Lovelace"), "k")
    assert (again.ids, again.events, again.position, again.replayed) == (
        first.ids,
        first.events,
        first.position,
        True,
    )
    assert log.last_position() == first.position


def test_the_same_key_with_other_content_is_refused_also_when_only_a_name_differs(
    handler: CommandHandler,
) -> None:
    handler.handle(RegisterCustomer(name="Ada Lovelace"), "k")
    with pytest.raises(Refused) as refusal:
        handler.handle(RegisterCustomer(name="Ada Byron"), "k")
    assert refusal.value.code == "idempotency_key_reused"


def test_a_key_is_answered_again_by_another_process(
    handler: CommandHandler, another_handler: Callable[[], CommandHandler]
) -> None:
    first = handler.handle(RegisterCustomer(name="Ada Lovelace"), "k")
    assert another_handler().handle(RegisterCustomer(name="Ada Lovelace"), "k").position == first.position


def test_a_key_twice_in_one_commit_counts_once(handler: CommandHandler, log: EventLog) -> None:
    customer_id = registered(handler)
    note = AddNote(customer_id=customer_id, text="likes blue")
    first, again, other = handler.handle_many(
        [(note, "n"), (note, "n"), (AddNote(customer_id=customer_id, text="likes red"), "n")]
    )
    assert not isinstance(first, Refused)
    assert not isinstance(again, Refused)
    assert (again.position, again.ids, again.replayed) == (first.position, first.ids, True)
    assert isinstance(other, Refused)
    assert [e.topic for e in log.read_customer(customer_id)].count("customer.note_added.v1") == 1


def test_a_refusal_concerns_its_own_command_only(handler: CommandHandler) -> None:
    customer_id = registered(handler)
    outcomes = handler.handle_many(
        [
            (AddNote(customer_id=customer_id, text="a"), "a"),
            (AddNote(customer_id=NOBODY, text="b"), "b"),
            (AddNote(customer_id=customer_id, text="c"), "c"),
        ]
    )
    assert isinstance(outcomes[1], NotFound)
    assert [not isinstance(o, Refused) and o.ids["note_id"] for o in outcomes] == [1, False, 2]


def test_a_command_sees_what_the_one_before_it_in_the_commit_led_to(handler: CommandHandler) -> None:
    new = "cus_" + "7" * 32
    outcomes = handler.handle_many(
        [
            (RegisterCustomer(customer_id=new), "r"),
            (SetContactPreference(customer_id=new, channel="call", allowed=True), "p"),
        ]
    )
    assert not any(isinstance(outcome, Refused) for outcome in outcomes)


def test_no_name_reaches_the_log_in_the_clear(handler: CommandHandler, log: EventLog, vault: Vault) -> None:
    handler.handle(RegisterCustomer(name="Ada Lovelace", address_as="Countess"), "k")
    state = log.read(0, 1)[0].state
    assert b"Lovelace" not in state
    assert b"Countess" not in state
    assert b"Ada Lovelace" in vault.decrypt_document(state)


def test_forgetting_destroys_the_key_in_the_same_commit(
    handler: CommandHandler, log: EventLog, vault: Vault
) -> None:
    customer_id = str(handler.handle(RegisterCustomer(name="Ada Lovelace"), "k").ids["customer_id"])
    handler.handle(ForgetCustomer(customer_id=customer_id), "forget")
    assert b"Ada Lovelace" not in vault.decrypt_document(log.read(0, 1)[0].state)
    with pytest.raises(Refused) as refusal:
        handler.handle(LearnName(customer_id=customer_id, name="Ada"), "learn")
    assert refusal.value.code == "customer_forgotten"


def test_a_commit_makes_all_its_data_keys_at_once(handler: CommandHandler, log: EventLog) -> None:
    customer_id = registered(handler)
    handler.handle_many(
        [
            *((RegisterCustomer(name=f"Ada {number}"), f"r{number}") for number in range(20)),
            (AddNote(customer_id=customer_id, text="a"), "n"),
            (RegisterCustomer(name="Ada 0"), "r0"),
        ]
    )
    with log.connection() as connection:
        query = "SELECT count(*) AS keys, count(DISTINCT xmin::text) AS transactions FROM vault.keys"
        assert connection.execute(query).fetchone() == {"keys": 21, "transactions": 1}


def test_somebody_forgotten_is_refused_without_her_neighbours_in_the_commit(
    handler: CommandHandler, vault: Vault
) -> None:
    forgotten, other = registered(handler, "one"), registered(handler, "two")
    vault.destroy(forgotten)
    outcomes = handler.handle_many(
        [
            (AddNote(customer_id=forgotten, text="a"), "a"),
            (AddNote(customer_id=other, text="b"), "b"),
        ]
    )
    assert isinstance(outcomes[0], Refused)
    assert outcomes[0].code == "customer_forgotten"
    assert not isinstance(outcomes[1], Refused)


def test_blank_personal_data_is_refused_by_its_field(handler: CommandHandler) -> None:
    with pytest.raises(Refused) as refusal:
        handler.handle(RegisterCustomer(name="  "), "k")
    assert (refusal.value.code, refusal.value.field) == ("blank", "name")


def test_a_command_that_changes_nothing_is_answered_with_the_end_of_the_log(
    handler: CommandHandler, log: EventLog
) -> None:
    customer_id = registered(handler)
    yes = SetContactPreference(customer_id=customer_id, channel="call", allowed=True)
    handler.handle(yes, "first")
    answer = handler.handle(yes, "second")
    assert (answer.events, answer.position) == ((), log.last_position())
    assert handler.handle(yes, "second").replayed


def test_writers_in_several_processes_lose_and_double_nothing(
    handler: CommandHandler, another_handler: Callable[[], CommandHandler], log: EventLog
) -> None:
    customer_id = registered(handler)
    handlers = [another_handler() for _ in range(4)]

    def write(writer: int) -> None:
        for number in range(15):
            handlers[writer].handle(AddNote(customer_id=customer_id, text="note"), f"{writer}-{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    history = log.read_stream(customer_id)
    assert [event.version for event in history] == list(range(1, 62))
    positions = [event.position for event in log.read(0, 1_000)]
    assert positions == sorted(set(positions))


def test_a_quantity_never_comes_back_twice_however_many_clerks_try_at_once(
    handler: CommandHandler, another_handler: Callable[[], CommandHandler], log: EventLog
) -> None:
    sale_id = sold(handler, quantity=3)
    clerks = [another_handler() for _ in range(6)]
    together = threading.Barrier(len(clerks))

    def take_back(clerk: int) -> int:
        together.wait()
        accepted = 0
        for attempt in range(2):
            command = AcceptReturn(
                sale_id=sale_id, store_id="downtown", lines=(LineToReturn(line_no=1, quantity=1),)
            )
            try:
                clerks[clerk].handle(command, f"{clerk}-{attempt}")
            except Refused:
                continue
            accepted += 1
        return accepted

    with ThreadPoolExecutor(len(clerks)) as pool:
        assert sum(pool.map(take_back, range(len(clerks)))) == 3
    topics = [event.topic for event in log.read_stream(sale_id)]
    assert topics.count("sale.units_returned.v1") == 3


def test_a_decision_sees_what_another_process_wrote_to_a_stream_it_only_reads(
    handler: CommandHandler, another_handler: Callable[[], CommandHandler]
) -> None:
    other = another_handler()
    customer_id = registered(other)
    note = AddNote(customer_id=customer_id, text="x")
    handler.handle(note, "warms the memory")
    other.handle(ForgetCustomer(customer_id=customer_id), "forget")
    with pytest.raises(Refused) as refusal:
        handler.handle(note, "too late")
    assert refusal.value.code == "customer_forgotten"


def test_each_fact_knows_the_place_of_the_one_before_it(handler: CommandHandler, log: EventLog) -> None:
    customer_id = registered(handler)
    handler.handle_many([(AddNote(customer_id=customer_id, text="x"), str(n)) for n in range(5)])
    whole = log.read(0, 100)
    assert [event.previous_position for event in whole] == [0, *(event.position for event in whole[:-1])]
    tail = log.read(whole[2].position, 2)
    assert [(e.previous_position, e.position) for e in tail] == [
        (whole[2].position, whole[3].position),
        (whole[3].position, whole[4].position),
    ]


@pytest.mark.timeout(60)
def test_a_commit_of_many_megabytes_is_answered(handler: CommandHandler, log: EventLog) -> None:
    # In pipeline mode psycopg waited for ever for the answer to a statement of this size.
    line = LineToSell(sku="shoe", description="x" * 500, quantity=1, unit_price_minor=1_000)
    command = RecordSale(store_id="downtown", currency="USD", lines=(line,) * 400)
    outcomes = handler.handle_many([(command, f"s{n}") for n in range(50)])
    assert not any(isinstance(outcome, Refused) for outcome in outcomes)
    assert sum(len(event.state) for event in log.read(0, 100)) > 10_000_000


def test_a_seal_pasted_into_a_text_that_is_not_personal_is_refused(
    handler: CommandHandler, log: EventLog
) -> None:
    handler.handle(RegisterCustomer(name="Ada Lovelace"), "k")
    stored = log.read(0, 1)[0].state.decode()
    token = stored[stored.index("sealed:v1:") :].partition('"')[0]
    line = LineToSell(sku="shoe", description=token, quantity=1, unit_price_minor=1_000)
    with pytest.raises(Refused) as refusal:
        handler.handle(RecordSale(store_id="downtown", currency="USD", lines=(line,)), "sell")
    assert refusal.value.code == "already_sealed"


def test_a_decision_is_made_anew_when_what_it_only_looked_at_has_moved_on(
    handler: CommandHandler,
    another_handler: Callable[[], CommandHandler],
    log: EventLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)
    hired_on = date(2026, 3, 2)
    hired = handler.handle(
        HireAssociate(name="Anna", store_id="downtown", plan=plan, hired_on=hired_on), "hire"
    )
    for number, starts_on in enumerate((hired_on, hired_on + timedelta(days=14)), start=1):
        period = OpenPayPeriod(
            period_id=f"P{number}", starts_on=starts_on, ends_on=starts_on + timedelta(days=13)
        )
        handler.handle(period, f"open {number}")
    append, office = log.append, another_handler()
    closings: list[str] = []

    def append_after_a_closing(*arguments: Any) -> list[int]:
        if not closings:
            closings.append("P1")
            office.handle(ClosePayPeriod(period_id="P1"), "close")
        return append(*arguments)

    monkeypatch.setattr(log, "append", append_after_a_closing)
    line = LineToSell(
        sku="shoe", quantity=1, unit_price_minor=10_000, attribution=(Share(str(hired.ids["associate_id"])),)
    )
    at = datetime(2026, 3, 3, 12, tzinfo=UTC)
    handler.handle(RecordSale(store_id="downtown", currency="USD", lines=(line,), occurred_at=at), "sell")
    facts = [decode(event.topic, event.state) for event in log.read(0, 100)]
    assert [fact.period_id for fact in facts if isinstance(fact, CommissionEarned)] == ["P2"]

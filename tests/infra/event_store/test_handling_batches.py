"""Batch after batch: while one is being written the next is decided, and what comes of it is what one by one
would give.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError

from domain.associate.commands import HireAssociate, PayPlan
from domain.customer.commands import AddNote, ForgetCustomer, RegisterCustomer
from domain.heroic_act.commands import ReportHeroicAct
from domain.messages import Command, Refused
from domain.return_.commands import AcceptReturn, LineToReturn
from domain.sale.commands import LineToSell, RecordSale
from infra.event_store.command_results import CommandResult
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog

ADA = "cus_" + "a" * 32
TOM = "ass_" + "d" * 32
BEA = "cus_" + "b" * 32
SALE = "sal_" + "c" * 32
PATIENCE_SECONDS = 20

Batch = list[tuple[Command, str]]


def registered(customer_id: str) -> tuple[Command, str]:
    return RegisterCustomer(customer_id=customer_id, reference=customer_id), f"register {customer_id}"


def sold(key: str, quantity: int = 2, to: str | None = None) -> tuple[Command, str]:
    line = LineToSell(sku="shoe", quantity=quantity, unit_price_minor=1_000)
    return RecordSale(sale_id=SALE, store_id="downtown", currency="USD", lines=(line,), customer_id=to), key


def returned(key: str, quantity: int = 1) -> tuple[Command, str]:
    return AcceptReturn(
        sale_id=SALE, store_id="downtown", lines=(LineToReturn(line_no=1, quantity=quantity),)
    ), key


def facts(log: EventLog) -> list[tuple[str, int, str]]:
    return [(each.stream_id, each.version, each.topic) for each in log.read(0, 1_000)]


def test_a_batch_sees_what_the_one_before_led_to(handler: CommandHandler, log: EventLog) -> None:
    batches: list[Batch] = [
        [registered(ADA), sold("s")],
        [returned("r1")],
        [returned("r2")],
        [returned("r3")],
    ]
    answers = list(handler.handle_batches(batches))
    assert [len(each) for each in answers] == [2, 1, 1, 1]
    refused = answers[3][0]
    assert isinstance(refused, Refused)
    assert refused.code == "more_than_left"
    positions = [
        outcome.position for each in answers[:3] for outcome in each if isinstance(outcome, CommandResult)
    ]
    assert positions == sorted(positions)
    assert positions[-1] == log.last_position()


def test_the_next_is_decided_while_one_is_being_written(
    handler: CommandHandler, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_taken = threading.Event()
    append = log.append

    def waiting(*arguments: Any) -> list[int]:
        assert second_taken.wait(PATIENCE_SECONDS), (
            "the second batch was not taken while the first was written"
        )
        return append(*arguments)

    def batches() -> Iterator[Batch]:
        yield [registered(ADA)]
        second_taken.set()
        yield [(AddNote(customer_id=ADA, text="likes blue"), "note")]

    monkeypatch.setattr(log, "append", waiting)
    outcomes = [outcome for each in handler.handle_batches(batches()) for outcome in each]
    assert [type(outcome) for outcome in outcomes] == [CommandResult, CommandResult]


def test_a_batch_that_meets_another_writer_is_decided_anew_with_the_one_behind_it(
    handler: CommandHandler,
    another_handler: Callable[[], CommandHandler],
    log: EventLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handler.handle(*sold("s"))
    other, append, overtaken = another_handler(), log.append, threading.Event()

    def overtake(*arguments: Any) -> list[int]:
        if not overtaken.is_set():
            overtaken.set()
            other.handle(*returned("theirs"))
        return append(*arguments)

    monkeypatch.setattr(log, "append", overtake)
    ours, behind = handler.handle_batches([[returned("ours")], [returned("behind")]])
    assert isinstance(ours[0], CommandResult)
    assert isinstance(behind[0], Refused)
    assert [topic for _, _, topic in facts(log)].count("sale.units_returned.v1") == 2


def test_what_is_known_is_told_in_one_look_and_what_begins_after_it_is_still_noticed(
    handler: CommandHandler, another_handler: Callable[[], CommandHandler], log: EventLog
) -> None:
    handler.handle(*registered(ADA))
    other = another_handler()

    def batches() -> Iterator[Batch]:
        keys, begun = handler.known([registered(ADA)[1], "s"], [ADA, SALE])
        assert (keys, begun) == ({registered(ADA)[1]}, {ADA})
        yield [registered(BEA)]
        handler.known(["ours"], [SALE])
        # The till is faster, with the sale that was not there a moment ago.
        other.handle(*sold("theirs"))
        yield [sold("ours"), returned("r")]

    _, (ours, came_back) = handler.handle_batches(batches())
    assert isinstance(ours, Refused)
    assert ours.code == "already_exists"
    assert isinstance(came_back, CommandResult)
    assert [fact for fact in facts(log) if fact[0] == SALE] == [
        (SALE, 1, "sale.recorded.v1"),
        (SALE, 2, "sale.units_returned.v1"),
    ]


def test_what_is_being_written_at_the_look_is_not_taken_for_new(
    handler: CommandHandler, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, append = threading.Event(), log.append

    def waiting(*arguments: Any) -> list[int]:
        assert looked.wait(PATIENCE_SECONDS), "nobody looked while the first batch was written"
        return append(*arguments)

    def batches() -> Iterator[Batch]:
        yield [registered(ADA), sold("s")]
        # The log does not have the sale yet; whoever decides knows of it.
        assert handler.known(["r"], [SALE])[1] == set()
        looked.set()
        yield [returned("r")]
        yield [returned("r2")]
        assert handler.known(["r2"], [SALE])[1] == {SALE}

    monkeypatch.setattr(log, "append", waiting)
    outcomes = [outcome for each in handler.handle_batches(batches()) for outcome in each]
    assert [type(outcome) for outcome in outcomes] == [CommandResult] * 4
    assert len([fact for fact in facts(log) if fact[0] == SALE]) == 3


def test_a_read_set_is_read_again_when_the_batch_before_was_decided_anew(
    handler: CommandHandler,
    another_handler: Callable[[], CommandHandler],
    log: EventLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handler.handle_many([registered(ADA), registered(BEA)])
    other, append, overtaken = another_handler(), log.append, threading.Event()

    def overtake(*arguments: Any) -> list[int]:
        if not overtaken.is_set():
            overtaken.set()
            other.handle(AddNote(customer_id=BEA, text="theirs"), "theirs")
            other.handle(ForgetCustomer(customer_id=ADA), "forget")
        return append(*arguments)

    monkeypatch.setattr(log, "append", overtake)
    (note,), (sale,) = handler.handle_batches(
        [[(AddNote(customer_id=BEA, text="ours"), "ours")], [sold("s", to=ADA)]]
    )
    assert isinstance(note, CommandResult)
    assert isinstance(sale, Refused)
    assert sale.code == "customer_forgotten"


def test_a_key_that_comes_again_in_the_next_batch_is_answered_as_the_first_time(
    handler: CommandHandler,
) -> None:
    (first,), (again,) = handler.handle_batches([[registered(ADA)], [registered(ADA)]])
    assert isinstance(first, CommandResult)
    assert isinstance(again, CommandResult)
    assert (again.replayed, again.position, again.ids) == (True, first.position, first.ids)


def test_what_was_answered_long_ago_is_answered_so_in_whatever_batch_it_comes(
    handler: CommandHandler, log: EventLog
) -> None:
    note = AddNote(customer_id=ADA, text="likes blue"), "note"
    before = handler.handle_many([registered(ADA), note, registered(BEA)])
    end = log.last_position()
    new = RegisterCustomer(customer_id="cus_" + "e" * 32), "new"
    batches: list[Batch] = [[new], [registered(ADA)], [note], [registered(BEA), note]]
    outcomes = flat(handler.handle_batches(batches))
    assert [outcome.replayed for outcome in outcomes if isinstance(outcome, CommandResult)] == [
        False,
        *[True] * 4,
    ]
    again = [
        outcome.position for outcome in outcomes if isinstance(outcome, CommandResult) and outcome.replayed
    ]
    first = [answer.position for answer in before if isinstance(answer, CommandResult)]
    assert again == [first[0], first[1], first[2], first[1]]
    assert log.last_position() == end + 1


def test_whoever_stops_at_an_answer_leaves_the_next_batch_unwritten(
    handler: CommandHandler, log: EventLog
) -> None:
    answers = handler.handle_batches([[registered(ADA)], [registered(BEA)]])
    assert isinstance(next(answers)[0], CommandResult)
    answers.close()  # type: ignore[attr-defined]
    assert {stream_id for stream_id, _, _ in facts(log)} == {ADA}
    assert isinstance(handler.handle(*registered(BEA)), CommandResult)


def test_nothing_is_sealed_for_somebody_who_is_being_forgotten(
    handler: CommandHandler, log: EventLog
) -> None:
    ada = RegisterCustomer(customer_id=ADA, name="Ada Lovelace")
    plan = PayPlan(currency="USD", base_rate_minor=0, rate_bp=500, deficit_policy="carry")
    hired = HireAssociate(associate_id=TOM, store_id="downtown", plan=plan)
    handler.handle_many([(ada, "register"), sold("s", to=ADA), (hired, "hire")])
    story = ReportHeroicAct(
        heroes=(TOM,), kind="delivery", sale_id=SALE, story="Drove her shoes to the airport."
    )
    (forgotten,), (reported,) = handler.handle_batches(
        [[(ForgetCustomer(customer_id=ADA), "f")], [(story, "r")]]
    )
    assert isinstance(forgotten, CommandResult)
    assert isinstance(reported, Refused)
    assert reported.code == "customer_forgotten"
    assert facts(log)[-1][2] == "customer.forgotten.v1"


def test_an_append_that_always_loses_is_told(
    handler: CommandHandler, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*arguments: Any) -> list[int]:
        raise IntegrityError

    monkeypatch.setattr(log, "append", lost)
    with pytest.raises(Exception, match="met other writers 20 times"):
        list(handler.handle_batches([[registered(ADA)], [registered(BEA)]]))


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_batches_of_any_size_come_to_the_same(handler: CommandHandler, log: EventLog, size: int) -> None:
    customers = [f"cus_{number:032x}" for number in range(6)]
    commands: Batch = [registered(customer) for customer in customers]
    commands += [(AddNote(customer_id=customer, text=customer), f"n {customer}") for customer in customers]
    commands += [sold("s", quantity=5), *(returned(f"r{number}") for number in range(7))]
    outcomes = flat(handler.handle_batches(commands[n : n + size] for n in range(0, len(commands), size)))
    assert [isinstance(outcome, Refused) for outcome in outcomes] == [False] * 18 + [True] * 2
    assert [topic for _, _, topic in facts(log)].count("sale.units_returned.v1") == 5


def flat(answers: Iterator[Sequence[CommandResult | Refused]]) -> list[CommandResult | Refused]:
    return [outcome for each in answers for outcome in each]

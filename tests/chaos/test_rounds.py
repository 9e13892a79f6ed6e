"""A few rounds of chaos, and the check shown what it has to find. `make chaos` plays as many as you like."""

import asyncio
import dataclasses
import os
from collections.abc import Iterator

import pytest

from tests.chaos.rounds.client import get, post
from tests.chaos.rounds.faults import ALL_FAULTS
from tests.chaos.rounds.house import House
from tests.chaos.rounds.loads import OWN_PREFIX
from tests.chaos.rounds.oracle.acknowledged import (
    doubled_marks,
    read_recorded,
    unlike_the_answers,
    unlike_the_log,
)
from tests.chaos.rounds.oracle.log import broken_histories, read_log
from tests.chaos.rounds.oracle.money import Get, unlike_the_money
from tests.chaos.rounds.oracle.settling import connected, settle
from tests.chaos.rounds.oracle.stream import Message, StreamRead, read_stream, unlike_the_stream
from tests.chaos.rounds.oracle.tables import unlike_the_tables
from tests.chaos.rounds.playing import play_rounds
from tests.chaos.rounds.round import Shop, play
from tests.chaos.rounds.schedule import Schedule, schedule_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SEED = int(os.environ.get("CHAOS_SEED", "3"))
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "2"))


def test_a_few_rounds_of_chaos_leave_log_stream_and_tables_the_same():
    lines: list[str] = []
    played = play_rounds(SEED, ROUNDS, ALL_FAULTS.keys(), per_house=ROUNDS, say=lines.append)
    assert not played.problems, "\n".join(lines)
    assert sum(one["acknowledged"] for one in played.rounds) > 0


def test_a_seed_means_the_same_schedule_every_time():
    first, again = (schedule_of(7, list(ALL_FAULTS), small_disk=True) for _ in range(2))
    assert first == again
    assert {planned.fault for seed in range(300) for planned in _schedule(seed).faults} == set(ALL_FAULTS)


def _schedule(seed: int) -> Schedule:
    return schedule_of(seed, list(ALL_FAULTS), small_disk=True)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A shop of one process of each service, after a round without faults."""
    shop = Shop(House("small_batches", doubles=1, small_disk=False))
    try:
        shop.open(1)
        assert play(shop, Schedule(1, "mixed", 3, 2.0, ())).problems == []
        yield shop
    finally:
        shop.house.end(keep=False)


#: What is planted, the words that it must be found with, and how it is taken back.
PLANTED = {
    "a balance": (
        "UPDATE projections.commission_ledger SET balance_minor = balance_minor + 1",
        "balance of ass_",
        "UPDATE projections.commission_ledger SET balance_minor = balance_minor - 1",
    ),
    "an owner": (
        "UPDATE projections.clientele_book SET primary_owner = 'x' || primary_owner",
        "owner cus_",
        "UPDATE projections.clientele_book SET primary_owner = substr(primary_owner, 2)",
    ),
    "spend": (
        "UPDATE projections.clientele_book SET net_spend_minor = net_spend_minor + 1",
        "spend cus_",
        "UPDATE projections.clientele_book SET net_spend_minor = net_spend_minor - 1",
    ),
    "acts": (
        "UPDATE projections.heroics_wall SET status = status || '!'",
        "act act_",
        "UPDATE projections.heroics_wall SET status = rtrim(status, '!')",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_row_that_is_planted_in_a_table_is_found(shop: Shop, what: str):
    planted, words, back = PLANTED[what]
    with connected(shop.house) as connection:
        log = read_log(connection)
        assert connection.execute(planted.encode()).rowcount
        found = [*unlike_the_money(log, connection, _get(shop)), *unlike_the_tables(log, connection)]
        connection.execute(back.encode())
        assert [*unlike_the_money(log, connection, _get(shop)), *unlike_the_tables(log, connection)] == []
    assert any(words in one for one in found), found


def _get(shop: Shop) -> Get:
    port = next(iter(shop.house.api_ports.values()))
    return lambda path: get(port, path)


def test_what_is_planted_in_the_log_or_lost_from_it_is_found(shop: Shop):
    with connected(shop.house) as connection:
        log = read_log(connection)
        recorded = read_recorded(connection, log)
    sale = next(fact for fact in log if fact.topic == "sale.recorded.v1")
    stray = dataclasses.replace(sale, position=log[-1].position + 1, version=2)
    assert any("belongs to no command" in one for one in unlike_the_log([*log, stray], recorded))
    assert any("stands at" in one for one in doubled_marks([*log, stray]))
    lost = next(one for one in shop.sent if one.answer is not None and one.command == "record-sale")
    without = {key: one for key, one in recorded.items() if key != lost.key}
    assert f"record-sale {lost.key} was acknowledged and is not recorded" in list(
        unlike_the_answers(shop.sent, log, without, OWN_PREFIX)
    )
    assert list(broken_histories([fact for fact in log if fact.version != 1]))


def test_a_message_that_is_missing_foreign_or_out_of_order_is_found(shop: Shop):
    with connected(shop.house) as connection:
        log = read_log(connection)
    messages = asyncio.run(read_stream(shop.house.servers.nats.url, shop.house.servers.nats.keys)).messages
    forged = dataclasses.replace(messages[3], body=b"{}")

    def found(*read: Message, planted: tuple[bytes, ...] = ()) -> str:
        return "; ".join(unlike_the_stream(log, StreamRead(list(read)), list(planted)))

    assert found(*messages) == ""
    assert "missing [" in found(*messages[:5], *messages[6:])
    assert "out of order" in found(messages[1], messages[0], *messages[2:])
    assert "facts twice" in found(*messages, messages[0])
    assert "nobody planted" in found(*messages, forged)
    assert found(*messages, forged, planted=(b"{}",)) == ""


def test_a_house_that_cannot_come_to_the_end_of_the_log_does_not_settle(shop: Shop):
    for name, service in shop.house.services.items():
        if name.startswith("projector"):
            service.kill()
    status, _ = post(next(iter(shop.house.api_ports.values())), "register-customer", "one-more", {})
    assert status == 201
    wrong, _ = settle(shop.house, within_seconds=1)
    assert len(wrong) == 1
    assert "not settled" in wrong[0]
    shop.house.heal()
    assert settle(shop.house, within_seconds=60)[0] == []

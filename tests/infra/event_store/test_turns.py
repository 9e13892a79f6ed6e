"""Writers that meet take turns, and do not wait for ever for one that hangs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date

import pytest

from domain.associate.commands import HireAssociate, PayPlan
from domain.messages import Refused
from domain.sale.commands import LineToSell, RecordSale, Share
from infra.clock import SYSTEM_CLOCK
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.settings import Settings
from infra.vault import Vault

WRITERS, COMMITS, SALES = 4, 6, 5


@pytest.fixture
def writers(settings: Settings, vault: Vault) -> Iterator[list[CommandHandler]]:
    """Handlers of as many processes. None tries more than four times."""
    with ExitStack() as opened:
        logs = [opened.enter_context(EventLog(settings.database_url or "")) for _ in range(WRITERS)]
        yield [CommandHandler(log, vault, SYSTEM_CLOCK, conflict_retries_max=4) for log in logs]


def sale_of(associate: str) -> RecordSale:
    shares = (Share(associate_id=associate),)
    line = LineToSell(sku="shoe", quantity=1, unit_price_minor=1_000, attribution=shares)
    return RecordSale(store_id="downtown", currency="USD", lines=(line,))


def hired(handler: CommandHandler) -> str:
    plan = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)
    command = HireAssociate(name="Anna", store_id="downtown", plan=plan, hired_on=date(2020, 1, 1))
    return str(handler.handle(command, "hire").ids["associate_id"])


def test_processes_that_sell_for_one_associate_do_not_decide_in_vain(
    writers: list[CommandHandler], log: EventLog
) -> None:
    associate = hired(writers[0])

    def sell(number: int) -> None:
        for commit in range(COMMITS):
            keyed = [(sale_of(associate), f"{number}/{commit}/{each}") for each in range(SALES)]
            assert not any(isinstance(one, Refused) for one in writers[number].handle_many(keyed))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(sell, range(WRITERS)))
    topics = [event.topic for event in log.read(0, 10_000)]
    assert topics.count("sale.recorded.v1") == WRITERS * COMMITS * SALES
    assert topics.count("commission_account.earned.v1") == WRITERS * COMMITS * SALES


def test_a_writer_that_hangs_in_its_turn_holds_nobody_up_for_long(
    writers: list[CommandHandler], log: EventLog
) -> None:
    associate = hired(writers[0])
    with log.turn():
        for number in (0, 1, 0, 1):
            assert writers[number].handle(sale_of(associate), f"sale {log.last_position()}").events

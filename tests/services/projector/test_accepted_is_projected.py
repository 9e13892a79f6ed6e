"""Whatever command is accepted, every projection can fold its events and PostgreSQL can store the rows."""

import asyncio
import datetime
import itertools
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from domain.customer.commands import PlanFollowUp, RecordWish, RegisterCustomer
from domain.decide import DECISIONS
from domain.heroic_act.commands import ReportHeroicAct
from domain.messages import Refused
from domain.pay_period.commands import OpenPayPeriod
from domain.return_.commands import AcceptReturn, LineToReturn
from infra.event_store.handler import CommandHandler
from infra.event_store.session import open_session
from infra.postgres import sync_pool
from infra.settings import Settings
from projections.registry import ALL
from services.projector.engine import LiveEngine
from tests.domain.any_commands import KnownIds, commands
from tests.services.cli.calling import hire, said, sale
from tests.services.projector.builders import prepared

COMMANDS_EACH = 40
FIRST, LAST = datetime.date(2025, 1, 1), datetime.date(2027, 1, 1)
_keys = itertools.count()


@pytest.fixture
def known(settings: Settings) -> KnownIds:
    """A shop in which commands find what they name."""
    prepared(settings)
    associates = [one["associate_id"] for one in said(settings, [hire() for _ in range(4)])]
    customers = [one["customer_id"] for one in said(settings, [RegisterCustomer() for _ in range(8)])]
    told = [RecordWish(customer_id=customer, sku="S1") for customer in customers]
    told += [PlanFollowUp(customer_id=customer, due_on=LAST, reason="fitting") for customer in customers]
    told += [OpenPayPeriod(period_id="P01", starts_on=FIRST, ends_on=LAST)]
    told += [ReportHeroicAct(heroes=(associates[0],), kind="other", story="Once") for _ in customers]
    told += [sale(associate, customer) for associate in associates for customer in customers]
    made = said(settings, told)
    by_prefix = {"ass": associates, "cus": customers}
    for prefix, name in (("sal", "sale_id"), ("act", "act_id")):
        by_prefix[prefix] = [ids[name] for ids in made if name in ids]
    back = [
        AcceptReturn(sale_id=by_prefix["sal"][0], store_id="s", lines=(LineToReturn(line_no=1),)),
        AcceptReturn(store_id="s", currency="USD", lines=(LineToReturn(sku="S1", refund_minor=5),)),
    ]
    return {**by_prefix, "ret": [ids["return_id"] for ids in said(settings, back)]}


@contextmanager
def writing(settings: Settings) -> Generator[CommandHandler]:
    url = str(settings.database_url)
    with sync_pool(settings, url, name="test") as pool, open_session(settings, url, pool) as opened:
        yield opened.handler


async def fold(settings: Settings, position: int) -> None:
    for projection in ALL:
        engine = LiveEngine(projection, settings, str(settings.database_url))
        await engine.catch_up(position)
        await engine.close()


def test_nothing_that_is_accepted_is_parked(settings: Settings, known: KnownIds) -> None:
    accepted: set[str] = set()
    any_command = st.one_of([commands(each, known) for each in DECISIONS])
    with writing(settings) as handler, psycopg.connect(str(settings.database_url)) as connection:

        @examples(
            max_examples=25,
            deadline=None,
            suppress_health_check=[
                HealthCheck.too_slow,
                HealthCheck.function_scoped_fixture,
                HealthCheck.data_too_large,
                HealthCheck.large_base_example,
            ],
            phases=[Phase.generate],
        )
        @given(some=st.lists(any_command, min_size=COMMANDS_EACH, max_size=COMMANDS_EACH))
        def holds(some: list[Any]) -> None:
            outcomes = handler.handle_many([(command, f"any {next(_keys)}") for command in some])
            for command, outcome in zip(some, outcomes, strict=True):
                if not isinstance(outcome, Refused):
                    accepted.add(type(command).__name__)
            asyncio.run(fold(settings, handler._log.last_position()))
            parked = connection.execute(
                "SELECT projection, key, position, topic, reason FROM projections.parked"
            ).fetchall()
            assert parked == []

        holds()
    # Much of what can be taken back is not there to be: a third of all commands is enough to prove something.
    assert len(accepted) > len(DECISIONS) // 3, accepted

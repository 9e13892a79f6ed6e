"""Any history of a shop's money that its decisions allow: what is refused has not happened."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from domain.messages import Command, Event, Refused
from domain.sale.commands import Share
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CARL,
    accept_return,
    accept_return_without_receipt,
    associate_leaves,
    change_pay_plan,
    close_pay_period,
    correct_attribution,
    issue_statement,
    line_to_return,
    line_to_sell,
    match_return,
    open_pay_period,
    pay_plan,
    record_hours,
    record_sale,
    unmatch_return,
)
from tests.domain.builders.money_events import associate_hired
from tests.domain.given import Given, given

PERIODS = {"2024-03": (3, 31), "2024-04": (4, 30), "2024-05": (5, 31)}
FIRST_DAY = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
POLICIES = {ANNA: "carry", BEN: "recoverable_draw", CARL: "forgive"}

_associates = st.sampled_from([ANNA, BEN, CARL])
_amounts = st.integers(0, 3) | st.integers(1, 500_000)
_sale_ids = st.integers(0, 3).map("sal_{:032x}".format)
_return_ids = st.integers(0, 5).map("ret_{:032x}".format)
_splits = st.sampled_from(
    [
        (Share(ANNA),),
        (Share(BEN),),
        (Share(ANNA, 6_000), Share(BEN, 4_000)),
        (Share(CARL, 3_333), Share(ANNA, 3_333), Share(BEN, 3_334)),
    ]
)
_few = st.integers(1, 2)


def _of(build: Callable[..., Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(fields).map(lambda given_fields: build(**given_fields))


_lines = _of(
    line_to_sell, attribution=_splits | st.just(()), quantity=st.integers(1, 4), unit_price_minor=_amounts
)
_sold = st.builds(
    lambda lines, sale_id: record_sale(*lines, sale_id=sale_id),
    st.lists(_lines, min_size=1, max_size=3),
    _sale_ids,
)
_returned = st.builds(
    accept_return,
    _of(line_to_return, line_no=_few, quantity=_few),
    sale_id=_sale_ids,
    return_id=_return_ids,
)
_EFFECTIVE_DAYS = st.dates(date(2024, 3, 1), date(2024, 5, 31))
_worked = _of(
    record_hours,
    associate_id=_associates,
    worked_on=st.dates(date(2024, 3, 1), date(2024, 3, 3)),
    selling_minutes=st.integers(0, 600),
)
_single: st.SearchStrategy[Command] = st.one_of(
    _sold,
    _returned,
    _returned,
    _of(accept_return_without_receipt, return_id=_return_ids),
    _of(match_return, return_id=_return_ids, sale_id=_sale_ids),
    _of(unmatch_return, return_id=_return_ids, sale_id=_sale_ids),
    _of(correct_attribution, sale_id=_sale_ids, line_no=_few, attribution=_splits),
    _worked,
    _of(change_pay_plan, associate_id=_associates, effective_on=_EFFECTIVE_DAYS),
)  # fmt: skip


def _settling(period_id: str) -> list[Command]:
    """A period is closed and everybody's statement issued."""
    issued: list[Command] = [issue_statement(associate_id=who, period_id=period_id) for who in POLICIES]
    return [close_pay_period(period_id=period_id), *issued]


#: What happens on a day: mostly one thing; sometimes a period is settled, rarely somebody leaves.
_steps: st.SearchStrategy[list[Command]] = st.one_of(
    *[_single.map(lambda command: [command])] * 5,
    st.sampled_from(list(PERIODS)).map(_settling),
    st.just([associate_leaves(associate_id=BEN, left_on=date(2024, 5, 31), successors=())]),
)


def shop() -> Given:
    """Three associates, each under another deficit policy, and three periods."""
    hired = [
        associate_hired(associate_id=associate_id, plan=pay_plan(deficit_policy=policy))
        for associate_id, policy in POLICIES.items()
    ]
    return given(*hired).after(
        *(
            open_pay_period(
                period_id=period_id, starts_on=date(2024, month, 1), ends_on=date(2024, month, last)
            )
            for period_id, (month, last) in PERIODS.items()
        )
    )


def history_of(days: list[list[Command]]) -> list[Event]:
    """What happens when these commands are sent, every other day a few."""
    story = shop()
    for number, asked in enumerate(days):
        for command in asked:
            try:
                story = story.after(replace(command, occurred_at=FIRST_DAY + number * timedelta(days=2)))
            except Refused:
                continue
    return list(story.events)


#: Two sales that can come back, then anything.
_two_sales: list[list[Command]] = [
    [record_sale(line_to_sell(attribution=(Share(ANNA), ), quantity=3), sale_id=f"sal_{0:032x}")],
    [
        record_sale(
            line_to_sell(attribution=(Share(BEN, 6_000), Share(CARL, 4_000)), quantity=3),
            sale_id=f"sal_{1:032x}",
        )
    ],
]  # fmt: skip
_days = st.lists(_steps, min_size=12, max_size=40).map(lambda days: [*_two_sales, *days])
_settled = [_settling(period_id) for period_id in PERIODS]

histories = _days.map(history_of)
settled_histories = _days.map(lambda days: history_of([*days, *_settled]))

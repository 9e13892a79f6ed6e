"""Every commission entry says under which plan and at which rates it was earned: those frozen on the sale."""

from datetime import date, timedelta

from domain.associate.commands import Tier
from projections.commission_ledger.fold import PROJECTION
from services.analysis.statement_trace import describe_rates, frozen_rates_of, trace_entry
from tests.domain.builders.money_commands import (
    OTHER_RETURN,
    SALE,
    SOLD_AT,
    accept_return,
    change_pay_plan,
    correct_attribution,
    line_to_sell,
    pay_plan,
    record_sale,
)
from tests.domain.builders.money_events import associate_hired
from tests.domain.given import Given, given
from tests.projections.commission_ledger.reading import entries
from tests.projections.folding import folded

ANNAS_LINE = line_to_sell(unit_price_minor=10_000)
LATER_SALE = "sal_" + "c" * 32


def traced_amounts(story: Given) -> list[tuple[str, int | None, tuple[int, ...]]]:
    """Kind, plan and rates of the associate's entries of a story's first account."""
    frozen = frozen_rates_of(enumerate(story.events, start=1))
    found = [trace_entry(entry, frozen) for entry in entries(folded(PROJECTION, *story.events))]
    return [(e.kind, e.plan_no, e.rates_bp) for e in found if e.account.startswith("associate:ass_a")]


def test_what_comes_back_is_told_with_the_rate_it_was_sold_at() -> None:
    story = given(associate_hired()).after(
        record_sale(ANNAS_LINE),
        change_pay_plan(plan=pay_plan(rate_bp=700), effective_on=date(2024, 3, 6)),
        record_sale(ANNAS_LINE, sale_id=LATER_SALE, occurred_at=SOLD_AT + timedelta(days=1)),
        accept_return(),
        accept_return(sale_id=LATER_SALE, return_id=OTHER_RETURN),
    )
    assert traced_amounts(story) == [
        ("earned", 0, (675,)),
        ("earned", 1, (700,)),
        ("clawed_back", 0, (675,)),
        ("clawed_back", 1, (700,)),
    ]


def test_a_line_that_was_computed_anew_is_told_with_the_rates_of_its_time() -> None:
    anew = change_pay_plan(plan=pay_plan(rate_bp=1_000), effective_on=date(2024, 3, 5), recompute=True)
    story = given(associate_hired()).after(record_sale(ANNAS_LINE), anew, accept_return())
    assert traced_amounts(story) == [
        ("earned", 0, (675,)),
        ("recomputed", 1, (1_000,)),
        ("clawed_back", 1, (1_000,)),
    ]


def test_a_line_that_crossed_a_tier_is_told_with_both_rates() -> None:
    plan = pay_plan(tiers=(Tier(4_000, 900),))
    story = given(associate_hired(plan=plan)).after(record_sale(ANNAS_LINE))
    ((_, plan_no, rates_bp),) = traced_amounts(story)
    assert (plan_no, rates_bp, describe_rates(rates_bp)) == (0, (675, 900), "6.75, 9.00 %")


def test_what_a_correction_moved_has_no_rate_of_its_own() -> None:
    story = given(associate_hired(), associate_hired(associate_id="ass_" + "b" * 32)).after(
        record_sale(ANNAS_LINE), correct_attribution(sale_id=SALE)
    )
    assert traced_amounts(story) == [("earned", 0, (675,)), ("moved", None, ())]
    assert describe_rates(()) == ""

"""Tiers: the rate grows with what the period has seen, and a line that crosses a threshold is cut there."""

from datetime import date

from domain.associate.commands import PayPlan, Tier
from domain.commission_account.events import CommissionClawedBack, CommissionEarned
from domain.commission_account.rates import bands_of, rescaled
from domain.sale.commands import RecordSale
from domain.sale.events import Band
from tests.domain.builders.money_commands import (
    ANNA,
    SOLD_AT,
    accept_return,
    line_to_sell,
    pay_plan,
    record_sale,
)
from tests.domain.builders.money_events import associate_hired, pay_period_closed, pay_period_opened
from tests.domain.given import Given, given

#: 5 % up to $1,000.00 of net sales in the period, 6 % from there, 8 % from $2,000.00.
TIERED: PayPlan = pay_plan(rate_bp=500, tiers=(Tier(100_000, 600), Tier(200_000, 800)))


def shop() -> Given:
    return given(associate_hired(plan=TIERED), pay_period_opened())


def sale(number: int, *amounts_minor: int) -> RecordSale:
    lines = [line_to_sell(unit_price_minor=amount) for amount in amounts_minor]
    return record_sale(*lines, sale_id=f"sal_{number:032x}")


def test_a_line_is_cut_where_it_crosses_a_threshold() -> None:
    assert bands_of(TIERED, None, 2_500_000_000, 0) == (
        Band(1_000_000_000, 500),
        Band(1_000_000_000, 600),
        Band(500_000_000, 800),
    )


def test_whoever_has_reached_a_threshold_earns_its_rate() -> None:
    assert bands_of(TIERED, None, 10_000, 99_999) == (Band(10_000, 500),)
    assert bands_of(TIERED, None, 10_000, 100_000) == (Band(10_000, 600),)
    assert bands_of(TIERED, None, 20_000, 99_999) == (Band(10_000, 500), Band(10_000, 600))


def test_nothing_has_a_rate_as_well() -> None:
    assert bands_of(TIERED, None, 0, 100_000) == (Band(0, 600),)


def test_net_sales_below_zero_have_reached_no_tier() -> None:
    from_zero = pay_plan(rate_bp=400, tiers=(Tier(0, 500),))
    assert bands_of(from_zero, None, 30_000, -1) == (Band(10_000, 400), Band(20_000, 500))


def test_each_sale_and_each_line_counts_towards_the_next() -> None:
    story = shop().after(sale(1, 90_000), sale(2, 20_000, 100_000))
    earned = story.all(CommissionEarned)
    assert earned[0].amount_minor == 4_500
    assert [line.bands for line in earned[1].lines] == [
        (Band(100_000_000, 500), Band(100_000_000, 600)),
        (Band(900_000_000, 600), Band(100_000_000, 800)),
    ]
    assert [line.commission_minor for line in earned[1].lines] == [500 + 600, 5_400 + 800]


def test_a_department_with_a_rate_of_its_own_still_counts_towards_the_tiers() -> None:
    plan = pay_plan(rate_bp=500, tiers=(Tier(100_000, 600),), department_rates_bp={"shoes": 100})
    story = given(associate_hired(plan=plan), pay_period_opened()).after(
        record_sale(
            line_to_sell(unit_price_minor=100_000), line_to_sell(department="gifts", unit_price_minor=100)
        )
    )
    assert [line.bands for line in story.last(CommissionEarned).lines] == [
        (Band(1_000_000_000, 100),),
        (Band(1_000_000, 600),),
    ]


def test_a_clawback_reverses_the_marginal_rates_that_were_earned() -> None:
    story = shop().after(sale(1, 90_000), sale(2, 20_000))
    story = story.after(accept_return(sale_id=f"sal_{2:032x}"))
    assert story.last(CommissionClawedBack).amount_minor == 500 + 600


def test_what_comes_back_lowers_what_the_period_has_reached() -> None:
    story = shop().after(sale(1, 100_000), accept_return(sale_id=f"sal_{1:032x}"), sale(2, 100_000))
    assert story.last(CommissionEarned).amount_minor == 5_000


def test_every_period_starts_again_from_nothing() -> None:
    april = pay_period_opened(period_id="2024-04", starts_on=date(2024, 4, 1), ends_on=date(2024, 4, 30))
    story = shop().after(sale(1, 150_000)).with_events(april, pay_period_closed())
    earned = story.after(sale(2, 100_000)).last(CommissionEarned)
    assert (earned.period_id, earned.amount_minor) == ("2024-04", 5_000)
    assert earned.occurred_at == SOLD_AT


def test_a_share_of_another_size_keeps_the_frozen_rates_in_their_proportions() -> None:
    bands = (Band(1_000, 500), Band(3_000, 600))
    assert rescaled(bands, 2_000) == (Band(500, 500), Band(1_500, 600))
    assert rescaled(bands, 4_000) == bands
    assert rescaled((Band(0, 600),), 0) == (Band(0, 600),)
    odd = rescaled((Band(3, 500), Band(4, 600)), 5)
    assert sum(band.base_e4 for band in odd) == 5


def test_tiers_are_the_accounts_own() -> None:
    story = shop().after(sale(1, 150_000))
    account = story.states.account(ANNA)
    assert account is not None
    assert account.in_period("2024-03").sales_minor == 150_000

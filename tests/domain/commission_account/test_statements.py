"""Statements: what they take in, in which order they come, and what is written off with the last one."""

from datetime import date
from typing import Any

import pytest

from domain.commission_account.events import DeficitWrittenOff, StatementIssued
from domain.commission_account.settlement import combined, work_information
from domain.commission_account.settling import settle
from domain.commission_account.state import AccountState, Unsettled, WorkedDay
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CLOSED_AT,
    OTHER_SALE,
    STORE,
    accept_return,
    associate_leaves,
    change_pay_plan,
    close_pay_period,
    issue_statement,
    line_to_sell,
    open_pay_period,
    pay_plan,
    record_hours,
    record_sale,
    transfer_associate,
)
from tests.domain.builders.money_events import (
    associate_hired,
    associate_left,
    commission_clawed_back,
    commission_restored,
    commission_topped_up,
    deficit_threatening,
    deficit_written_off,
    pay_period_opened,
    statement_issued,
    statements_begun,
)
from tests.domain.given import Given, given

SHOP = given(associate_hired(), pay_period_opened())
APRIL: dict[str, Any] = {
    "period_id": "2024-04",
    "starts_on": date(2024, 4, 1),
    "ends_on": date(2024, 4, 30),
}
MAY_1 = CLOSED_AT.replace(month=5)
CLOSE_APRIL = close_pay_period(period_id="2024-04", occurred_at=MAY_1)
STATE_APRIL = issue_statement(period_id="2024-04", occurred_at=MAY_1)


def account_of(story: Given, associate_id: str = ANNA) -> AccountState:
    account = story.states.account(associate_id)
    assert account is not None
    return account


def leaves(**changes: Any) -> Any:
    """On 31 March, and nobody takes over."""
    return associate_leaves(successors=(), **changes)


def thirty_hours() -> list[Any]:
    return [record_hours(worked_on=date(2024, 3, day)) for day in (4, 5, 6)] + [
        record_hours(worked_on=date(2024, 3, 7), selling_minutes=360, non_selling_minutes=0)
    ]


# --- what a statement says ----------------------------------------------------------------------------------


def test_a_statement_is_issued_with_every_step_that_moved_money() -> None:
    story = SHOP.after(
        record_sale(line_to_sell(unit_price_minor=200_000)), *thirty_hours(), close_pay_period()
    )
    assert story.when(issue_statement()) == [commission_topped_up(), statement_issued(), statements_begun()]


def test_a_second_statement_changes_nothing() -> None:
    story = SHOP.after(record_sale(), close_pay_period(), issue_statement())
    assert story.when(issue_statement()) == []


def test_after_a_statement_nothing_is_left_in_its_period() -> None:
    story = SHOP.after(record_sale(), *thirty_hours(), close_pay_period(), issue_statement())
    account = account_of(story)
    assert account.unsettled == {}
    assert list(account.stated) == ["2024-03"]
    assert account.stated_through == date(2024, 3, 31)


def test_what_found_no_period_is_taken_in_by_the_next_statement() -> None:
    story = given(associate_hired()).after(
        record_sale(), record_hours(), open_pay_period(), close_pay_period()
    )
    issued = story.after(issue_statement()).last(StatementIssued)
    assert (issued.earned_minor, issued.minutes, issued.pay_minor) == (675, 480, 6_400)


def test_what_was_taken_in_is_not_taken_in_again() -> None:
    story = given(associate_hired()).after(
        record_sale(), record_hours(), open_pay_period(), close_pay_period()
    )
    story = story.after(issue_statement(), open_pay_period(**APRIL), CLOSE_APRIL, STATE_APRIL)
    assert [(event.net_minor, event.minutes) for event in story.all(StatementIssued)] == [(675, 480), (0, 0)]
    assert story.when(record_hours()) == []


def test_the_plan_of_the_periods_last_day_says_what_becomes_of_a_deficit() -> None:
    """Carry until the 16th, forgive from then on."""
    forgiving = change_pay_plan(plan=pay_plan(deficit_policy="forgive"))
    story = SHOP.after(record_sale(), forgiving).with_events(
        commission_clawed_back(amount_minor=1_000, sale_id=OTHER_SALE)
    )
    issued = story.after(close_pay_period(), issue_statement()).last(StatementIssued)
    assert (issued.plan_no, issued.policy) == (1, "forgive")
    assert (issued.forgiven_minor, issued.carried_minor, issued.owed_after_minor) == (325, 0, 0)


def test_a_leavers_last_day_comes_before_the_periods() -> None:
    forgiving = change_pay_plan(plan=pay_plan(deficit_policy="forgive"))
    story = SHOP.after(record_sale(), forgiving, leaves(left_on=date(2024, 3, 15)))
    issued = story.after(close_pay_period(), issue_statement()).last(StatementIssued)
    assert (issued.plan_no, issued.policy) == (0, "carry")


# --- which statements there are -----------------------------------------------------------------------------


def test_an_open_period_has_no_statement_yet() -> None:
    refusal = SHOP.refuses(issue_statement())
    assert (refusal.code, refusal.field) == ("pay_period_open", "period_id")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"period_id": "2024-04"}, "pay_period_unknown", "period_id"),
        ({"scope": STORE}, "pay_period_unknown", "period_id"),
        ({"associate_id": BEN}, "associate_unknown", "associate_id"),
    ],
)
def test_a_statement_names_what_exists(changes: Any, code: str, field: str) -> None:
    refusal = SHOP.after(close_pay_period()).refuses(issue_statement(**changes))
    assert (refusal.code, refusal.field) == (code, field)


def test_everybody_who_worked_in_a_period_gets_one_and_nobody_else() -> None:
    closed = SHOP.after(close_pay_period())
    assert closed.when(issue_statement())[0].pay_minor == 0
    later = closed.with_events(associate_hired(associate_id=BEN, hired_on=date(2024, 4, 1)))
    assert later.refuses(issue_statement(associate_id=BEN)).code == "not_in_this_period"
    gone = closed.with_events(associate_left(left_on=date(2024, 2, 29)))
    assert gone.refuses(issue_statement()).code == "not_in_this_period"


def test_whoever_has_left_gets_one_for_what_comes_late() -> None:
    story = SHOP.after(record_sale(), leaves(), close_pay_period(), issue_statement())
    story = story.after(open_pay_period(**APRIL), accept_return(occurred_at=CLOSED_AT), CLOSE_APRIL)
    issued = story.after(STATE_APRIL).last(StatementIssued)
    assert (issued.net_minor, issued.carried_minor, issued.written_off_minor) == (-675, 675, 675)
    assert (issued.pay_minor, issued.owed_after_minor) == (0, 0)


def test_whoever_has_left_gets_one_also_for_what_found_no_period() -> None:
    story = SHOP.after(record_sale(), leaves(), close_pay_period(), issue_statement())
    story = story.after(accept_return(occurred_at=CLOSED_AT), open_pay_period(**APRIL), CLOSE_APRIL)
    assert story.after(STATE_APRIL).last(StatementIssued).net_minor == -675


def test_a_store_with_its_own_calendar_has_nothing_to_do_with_the_companys() -> None:
    """Both call the month the same; the account's is the store's."""
    story = SHOP.after(
        open_pay_period(scope=STORE), record_sale(), close_pay_period(), close_pay_period(scope=STORE)
    )
    assert story.refuses(issue_statement()).code == "not_in_this_period"
    assert story.after(issue_statement(scope=STORE)).last(StatementIssued).scope == STORE


def test_of_two_stores_that_use_the_same_word_the_last_one_counts() -> None:
    story = SHOP.after(open_pay_period(scope=STORE), open_pay_period(scope="uptown"), record_sale())
    story = story.after(transfer_associate(), close_pay_period(scope=STORE), close_pay_period(scope="uptown"))
    assert story.refuses(issue_statement(scope=STORE)).code == "not_in_this_period"
    assert story.after(issue_statement(scope="uptown")).last(StatementIssued).pay_minor == 675


def test_what_was_earned_before_a_change_of_stores_is_paid_by_the_old_ones_calendar() -> None:
    own: dict[str, Any] = {"scope": "uptown", "period_id": "U-3"}
    story = SHOP.after(open_pay_period(**own), record_sale(), transfer_associate())
    story = story.after(record_sale(sale_id=OTHER_SALE), close_pay_period(), close_pay_period(**own))
    story = story.after(issue_statement(), issue_statement(**own))
    paid = [(event.scope, event.period_id, event.pay_minor) for event in story.all(StatementIssued)]
    assert paid == [("company", "2024-03", 675), ("uptown", "U-3", 675)]


def test_earlier_periods_are_settled_first() -> None:
    story = SHOP.after(open_pay_period(**APRIL), record_sale(), close_pay_period(), CLOSE_APRIL)
    refusal = story.refuses(STATE_APRIL)
    assert (refusal.code, refusal.field) == ("earlier_statement_missing", "period_id")
    assert "2024-03" in refusal.message
    assert len(story.after(issue_statement(), STATE_APRIL).all(StatementIssued)) == 2


# --- the last statement -------------------------------------------------------------------------------------


SHOP_THAT_DRAWS = given(
    associate_hired(plan=pay_plan(deficit_policy="recoverable_draw")), pay_period_opened()
)


def draws(*commands: Any) -> Given:
    """Under policy C, March ends with an open draw of $64.00 for one day without a sale."""
    return SHOP_THAT_DRAWS.after(record_hours(), *commands, close_pay_period(), issue_statement())


def test_what_a_leaver_still_owes_is_written_off_with_the_final_statement() -> None:
    story = draws(leaves())
    issued = story.last(StatementIssued)
    assert (issued.pay_minor, issued.written_off_minor, issued.owed_after_minor) == (6_400, 6_400, 0)
    assert story.last(DeficitWrittenOff) == deficit_written_off(amount_minor=6_400)
    assert account_of(story).owed_minor == 0


def test_nothing_is_written_off_while_somebody_stays_or_more_is_to_come() -> None:
    assert draws().last(StatementIssued).written_off_minor == 0
    until_april = leaves(left_on=date(2024, 4, 1), occurred_at=CLOSED_AT)
    with_april = draws(until_april, open_pay_period(**APRIL))
    assert with_april.last(StatementIssued).owed_after_minor == 6_400
    final = with_april.after(CLOSE_APRIL, STATE_APRIL).last(StatementIssued)
    assert (final.owed_before_minor, final.written_off_minor, final.owed_after_minor) == (6_400, 6_400, 0)
    notice = draws(leaves(left_on=date(2024, 4, 2)))
    assert notice.last(StatementIssued).written_off_minor == 0
    gone_meanwhile = draws(until_april)
    assert gone_meanwhile.last(StatementIssued).written_off_minor == 6_400


def test_a_period_that_begins_after_the_last_day_holds_nothing_up() -> None:
    assert draws(leaves(), open_pay_period(**APRIL)).last(StatementIssued).written_off_minor == 6_400


def test_a_statement_issued_before_the_last_day_of_its_period_is_the_last_too() -> None:
    day_before = CLOSED_AT.replace(month=3, day=30)
    story = SHOP_THAT_DRAWS.after(
        record_hours(), leaves(), close_pay_period(occurred_at=day_before, early=True)
    )
    issued = story.after(issue_statement(occurred_at=day_before)).last(StatementIssued)
    assert issued.written_off_minor == 6_400


def test_nothing_is_written_off_while_another_period_holds_something() -> None:
    story = SHOP.after(open_pay_period(**APRIL), record_hours(worked_on=date(2024, 4, 2)))
    owing = story.with_events(commission_clawed_back(amount_minor=500), associate_left())
    issued = owing.after(close_pay_period(), issue_statement()).last(StatementIssued)
    assert (issued.carried_minor, issued.written_off_minor) == (500, 0)


def test_a_warning_that_came_to_nothing_keeps_no_period_open() -> None:
    """A return of April is matched to March's sale, which warns of a deficit, and that match is taken back:
    nothing of April is left, and March's statement is the last.
    """
    story = SHOP_THAT_DRAWS.after(record_hours(), leaves(), open_pay_period(**APRIL)).with_events(
        commission_clawed_back(period_id="2024-04", sales_minor=7_407, amount_minor=500),
        deficit_threatening(period_id="2024-04"),
        commission_restored(period_id="2024-04", sales_minor=7_407, amount_minor=500),
    )
    account = story.states.account(ANNA)
    assert account is not None
    assert list(account.unsettled) == ["2024-03"]
    issued = story.after(close_pay_period(), issue_statement()).last(StatementIssued)
    assert (issued.written_off_minor, issued.owed_after_minor) == (6_400, 0)


# --- the sums -----------------------------------------------------------------------------------------------


def test_what_was_owed_is_recouped_under_any_later_policy_above_the_guarantee_only() -> None:
    for policy in ("forgive", "carry", "recoverable_draw"):
        settled = settle(policy, 10_000, 9_000, 5_000, is_final=False)
        assert (settled.recouped_minor, settled.owed_after_minor, settled.pay_minor) == (1_000, 4_000, 9_000)


def test_a_negative_net_under_a_draw_is_a_part_of_the_draw() -> None:
    settled = settle("recoverable_draw", -8_775, 32_000, 19_850, is_final=False)
    assert (settled.topped_up_minor, settled.carried_minor, settled.owed_after_minor) == (40_775, 0, 60_625)


@pytest.mark.parametrize(
    ("net_minor", "minutes", "information"),
    [
        (13_500, 1_800, (800, 5_625)),
        (27_000, 1_800, (900, 10_000)),
        (-500, 1_800, (800, 0)),
        (100, 0, (None, None)),
    ],
)
def test_overtime_events_are_reported_where_hours_allow_it(
    net_minor: int, minutes: int, information: tuple[int | None, int | None]
) -> None:
    settled = settle("recoverable_draw", net_minor, minutes * 800 // 60, 0, is_final=False)
    reported = work_information(settled, net_minor, minutes)
    assert (reported.regular_rate_minor, reported.commission_share_bp) == information


def test_what_was_recouped_is_no_commission_that_was_paid() -> None:
    # The worked number B of the domain page: 540.00 less 87.75 is 452.25, and all of that is commission.
    settled = settle("carry", 54_000, 32_000, 8_775, is_final=False)
    assert settled.pay_minor == 45_225
    assert work_information(settled, 54_000, 2_400).commission_share_bp == 10_000


def test_a_deficit_is_either_carried_or_forgiven() -> None:
    carried = settle("carry", -8_775, 32_000, 0, is_final=False)
    forgiven = settle("forgive", -8_775, 32_000, 0, is_final=False)
    assert (carried.carried_minor, carried.forgiven_minor) == (8_775, 0)
    assert (forgiven.carried_minor, forgiven.forgiven_minor) == (0, 8_775)


def test_two_buckets_hold_together_what_each_of_them_does() -> None:
    march, april = (
        Unsettled(
            sales_minor=10 * n,
            earned_minor=20 * n,
            clawed_back_minor=30 * n,
            moved_minor=40 * n,
            days={date(2024, 2 + n, 1): WorkedDay(60, 800)},
        )
        for n in (1, 2)
    )
    assert combined(march, april) == Unsettled(
        sales_minor=30,
        earned_minor=60,
        clawed_back_minor=90,
        moved_minor=120,
        days={date(2024, 3, 1): WorkedDay(60, 800), date(2024, 4, 1): WorkedDay(60, 800)},
    )


def test_a_share_of_no_pay_is_not_reported() -> None:
    reported = work_information(settle("carry", 0, 0, 0, is_final=False), 0, 60)
    assert (reported.regular_rate_minor, reported.commission_share_bp) == (0, None)

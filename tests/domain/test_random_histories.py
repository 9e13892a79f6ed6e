"""Random histories of a shop, played by the system and by the second, independent pay rules: they agree on
every cent.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec.structs import replace

from domain.associate.commands import PayPlan, Tier
from domain.commission_account.auditing import Audit
from domain.commission_account.events import (
    AllowanceClawedBack,
    CommissionClawedBack,
    CommissionEarned,
    CommissionMoved,
    CommissionRestored,
    CommissionToppedUp,
    DeficitCarried,
    DeficitForgiven,
    DeficitRecouped,
    DeficitWrittenOff,
    HoursRecorded,
    LateHoursRecorded,
    LateToppedUp,
    StatementIssued,
)
from domain.messages import Command, Event
from domain.return_.commands import LineToReturn
from domain.return_.events import ReturnAccepted, ReturnMatched, ReturnUnmatched
from domain.sale.commands import LineToSell, Share
from domain.sale.events import PriceAllowed, SaleRecorded
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CARL,
    accept_return,
    accept_return_without_receipt,
    allow_price,
    associate_leaves,
    cancel_leaving,
    change_pay_plan,
    close_pay_period,
    correct_attribution,
    hire_associate,
    issue_statement,
    leave_as_announced,
    match_return,
    open_pay_period,
    pay_plan,
    record_hours,
    record_sale,
    rehire_associate,
    reopen_pay_period,
    transfer_associate,
    unmatch_return,
)
from tests.domain.given import Given, given
from tests.domain.pay_from_events import Reckoning
from tests.domain.pay_oracle import PayOracle

STAFF = (ANNA, BEN, CARL)
STORES = ("downtown", "uptown")
OPENING = datetime(2024, 1, 1, 8, 0, tzinfo=UTC)
SKUS = ("6001", "7001")

rates = st.sampled_from((675, 400, 999, 333, 10_000, 1, 0))


@st.composite
def plans(draw: st.DrawFn) -> PayPlan:
    thresholds = draw(st.sets(st.sampled_from((0, 1, 5_001, 10_000, 33_333, 50_000)), max_size=3))
    return pay_plan(
        base_rate_minor=draw(st.sampled_from((800, 799, 1_501, 0))),
        rate_bp=draw(rates),
        department_rates_bp=draw(st.dictionaries(st.sampled_from(("shoes", "gifts")), rates, max_size=1)),
        tiers=tuple(Tier(from_minor, draw(rates)) for from_minor in sorted(thresholds)),
        deficit_policy=draw(st.sampled_from(("carry", "recoverable_draw", "forgive"))),
    )


@st.composite
def splits(draw: st.DrawFn, among: list[str]) -> tuple[Share, ...]:
    who = draw(st.permutations(among))[: draw(st.integers(1, len(among)))]
    cuts = sorted(draw(st.sets(st.integers(1, 9_999), min_size=len(who) - 1, max_size=len(who) - 1)))
    shares = [upper - lower for lower, upper in zip((0, *cuts), (*cuts, 10_000), strict=True)]
    return tuple(Share(name, share) for name, share in zip(who, shares, strict=True))


def money_in(events: list[Event]) -> list[tuple[Any, ...]]:
    """The money events among some events, as the second rules tell them."""
    kinds = {
        CommissionEarned: "earned",
        CommissionClawedBack: "clawed",
        AllowanceClawedBack: "clawed",
        CommissionRestored: "restored",
        CommissionMoved: "moved",
    }
    return [
        (
            event.associate_id,
            kinds[type(event)],
            event.period_id or event.waits_for,
            event.sales_minor,
            event.amount_minor,
        )
        for event in events
        if isinstance(event, tuple(kinds))
    ]


def told(events: list[Event]) -> dict[str, Any]:
    """What some events say in cents, under the names of the second rules."""
    said: dict[str, Any] = {"money": money_in(events)}
    for event in events:
        match event:
            case SaleRecorded():
                said["nets"] = [line.net_minor for line in event.lines]
            case ReturnAccepted():
                said |= {"sold": event.refund_minor, "tax": event.tax_minor}
            case ReturnMatched() | ReturnUnmatched():
                said |= {"sold": event.sold_minor, "goodwill": event.goodwill_minor}
                if isinstance(event, ReturnUnmatched):
                    # In which order its lines were traced is nobody's money.
                    said["money"].sort()
            case PriceAllowed():
                said["left"] = (event.line.quantity, event.line.net_minor, event.line.tax_minor)
            case HoursRecorded():
                said |= {"period": event.period_id or event.waits_for, "rate": event.base_rate_minor}
            case LateHoursRecorded():
                said |= {"period": event.period_id, "rate": event.base_rate_minor}
            case LateToppedUp():
                said["late"] = said.get("late", 0) + event.amount_minor
                said["late_owed"] = said.get("late_owed", 0) + event.owed_minor
            case DeficitWrittenOff():
                said["written_off"] = event.amount_minor
            case StatementIssued():
                said |= {
                    name: getattr(
                        event, name if name in ("plan_no", "policy", "minutes") else f"{name}_minor"
                    )
                    for name in STATEMENT
                }
                said["clawed"] = event.clawed_back_minor
            case _:
                pass
    return said


STATEMENT = (
    *("plan_no", "policy", "minutes", "sales", "earned", "moved", "net", "guarantee"),
    *("late_topped_up", "owed_before", "recouped", "written_off", "owed_after", "pay", "regular_rate"),
)


class Shop(RuleBasedStateMachine):
    """A shop whose staff, calendar, sales and returns are up to chance."""

    def __init__(self) -> None:
        super().__init__()
        self.story: Given = given()
        self.oracle = PayOracle()
        self.clock = OPENING
        self.numbers = 0
        self.opened: dict[str, date] = {}
        self.zone = "UTC"
        self.same_words = True

    # --- how commands are sent ------------------------------------------------------------------------------

    def send(self, command: Command, refused: str | None = None) -> None:
        """Both decide; both must say the same."""
        if refused is not None:
            assert self.story.refuses(command, now=self.clock).code == refused
            return
        events = self.story.when(command, now=self.clock)
        expected = self.oracle.apply(command)
        said = told(events)
        assert {name: said.get(name, 0) for name in expected} == expected
        assert said["money"] == expected.get("money", [])
        self.story = self.story.with_events(*events)
        if any(isinstance(event, StatementIssued) for event in events):
            every_cent_is_accounted_for(self.story)

    def new_id(self, prefix: str) -> str:
        self.numbers += 1
        return f"{prefix}_{self.numbers:032x}"

    def some_time_ago(self, data: st.DataObject, days: int) -> datetime:
        return max(OPENING, self.clock - timedelta(minutes=data.draw(st.integers(0, days * 24 * 60))))

    # --- the staff and the calendar -------------------------------------------------------------------------

    @initialize(data=st.data())
    def open_the_shop(self, data: st.DataObject) -> None:
        self.zone = data.draw(st.sampled_from(("UTC", "America/New_York", "Pacific/Auckland")))
        for who in STAFF:
            store = data.draw(st.sampled_from(STORES))
            hired = hire_associate(
                associate_id=who, store_id=store, plan=data.draw(plans()), hired_on=OPENING.date()
            )
            self.send(replace(hired, occurred_at=OPENING))
        self.same_words = data.draw(st.booleans())
        for scope in data.draw(st.lists(st.sampled_from(("company", "uptown")), max_size=3)):
            self.open_period(data, scope)
        self.sell(data)

    @rule(days=st.integers(0, 9), minutes=st.integers(0, 24 * 60))
    def time_passes(self, days: int, minutes: int) -> None:
        self.clock += timedelta(days=days, minutes=minutes)

    @precondition(lambda self: sum(not period.closed for period in self.oracle.periods) < 4)
    @rule(data=st.data(), scope=st.sampled_from(("company", "company", "company", "uptown")))
    def open_period(self, data: st.DataObject, scope: str) -> None:
        """Periods follow each other, sometimes with days between; two calendars may use the same words."""
        starts_on = self.opened.get(scope, OPENING.date()) + timedelta(
            days=data.draw(st.sampled_from((0, 0, 0, 2)))
        )
        ends_on = starts_on + timedelta(days=data.draw(st.integers(0, 20)))
        self.opened[scope] = ends_on + timedelta(days=1)
        number = sum(period.scope == scope for period in self.oracle.periods)
        word = f"P{number}" if self.same_words else f"{scope}-{number}"
        self.send(
            open_pay_period(
                scope=scope,
                period_id=word,
                starts_on=starts_on,
                ends_on=ends_on,
                time_zone=self.zone,
                occurred_at=self.clock,
            )
        )

    @precondition(lambda self: self.oracle.periods and self.something_is_unsettled())
    @rule(data=st.data())
    def close_period(self, data: st.DataObject) -> None:
        """In any order; closing one again changes nothing."""
        period = data.draw(st.sampled_from(self.oracle.periods))
        command = close_pay_period(
            scope=period.scope, period_id=period.word, early=True, occurred_at=self.clock
        )
        self.send(command)

    @precondition(lambda self: self.oracle.periods)
    @rule(data=st.data())
    def reopen_period(self, data: st.DataObject) -> None:
        """While no statement of it is issued; opening an open one changes nothing."""
        period = data.draw(st.sampled_from(self.oracle.periods))
        command = reopen_pay_period(scope=period.scope, period_id=period.word, occurred_at=self.clock)
        self.send(command, "statement_issued" if period.closed and period.begun else None)

    @precondition(lambda self: self.oracle.periods and self.something_is_unsettled())
    @rule(data=st.data())
    def issue_statements(self, data: st.DataObject) -> None:
        """For everybody, whether the period concerns them or not."""
        period = data.draw(st.sampled_from(self.oracle.periods))
        for who in STAFF:
            command = issue_statement(
                associate_id=who, scope=period.scope, period_id=period.word, occurred_at=self.clock
            )
            self.send(command, self.oracle.refuses_statement(command))

    @precondition(lambda self: self.something_is_unsettled())
    @rule()
    def close_and_settle_the_oldest(self) -> None:
        """What a shop usually does."""
        still_open = [period for period in self.oracle.periods if not period.closed]
        for period in still_open[:1]:
            self.send(
                close_pay_period(
                    scope=period.scope, period_id=period.word, early=True, occurred_at=self.clock
                )
            )
        closed = [period for period in self.oracle.periods if period.closed]
        for period in sorted(closed, key=lambda period: period.first):
            for who in STAFF:
                command = issue_statement(
                    associate_id=who, scope=period.scope, period_id=period.word, occurred_at=self.clock
                )
                self.send(command, self.oracle.refuses_statement(command))

    @rule(data=st.data(), who=st.sampled_from(STAFF), good=st.booleans())
    def a_period_goes_by(self, data: st.DataObject, who: str, good: bool) -> None:
        """Somebody works; a lot is sold, or older goods come back; the period is closed and paid, the next
        one begins.
        """
        self.work(who, 0, 480, 3)
        if good:
            self.sell(data)
            self.sell(data)
        else:
            self.take_everything_back(data)
        self.close_and_settle_the_oldest()
        self.open_period(data, "company")
        self.time_passes(9, 0)

    def something_is_unsettled(self) -> bool:
        return any(not entry.settled for entry in self.oracle.entries)

    @rule(data=st.data(), who=st.sampled_from(STAFF), plan=plans(), days=st.integers(-20, 20))
    def change_plan(self, data: st.DataObject, who: str, plan: PayPlan, days: int) -> None:
        effective_on = max(self.clock.date() + timedelta(days=days), OPENING.date())
        command = change_pay_plan(
            associate_id=who,
            plan=plan,
            effective_on=effective_on,
            occurred_at=self.clock,
            recompute=data.draw(st.booleans()),
        )
        self.send(command, self.oracle.refuses_plan(command))

    @rule(who=st.sampled_from(STAFF))
    def take_a_plan_back(self, who: str) -> None:
        """The plan before the latest holds again, from the day on which the latest began."""
        plans = self.oracle.staff[who].plans if who in self.oracle.staff else []
        if len(plans) > 1:
            command = change_pay_plan(
                associate_id=who,
                plan=plans[-2][1],
                effective_on=plans[-1][0],
                occurred_at=self.clock,
                recompute=True,
            )
            self.send(command, self.oracle.refuses_plan(command))

    @rule(who=st.sampled_from(STAFF), store=st.sampled_from(STORES), sure=st.integers(0, 2))
    def transfer(self, who: str, store: str, sure: int) -> None:
        someone = self.oracle.staff[who]
        if someone.left is not None or someone.stores[-1][1] == store or sure:
            return
        self.send(
            transfer_associate(associate_id=who, store_id=store, department="shoes", occurred_at=self.clock)
        )

    @rule(who=st.sampled_from(STAFF), days=st.integers(-5, 10), sure=st.integers(0, 3))
    def leave(self, who: str, days: int, sure: int) -> None:
        someone = self.oracle.staff[who]
        first = max([OPENING.date(), *(back for _, back in someone.away)])
        left_on = max(self.clock.date() + timedelta(days=days), first)
        if someone.left is None and sure == 0:
            self.send(
                associate_leaves(associate_id=who, left_on=left_on, successors=(), occurred_at=self.clock)
            )

    @rule(who=st.sampled_from(STAFF))
    def the_announced_day_comes(self, who: str) -> None:
        """Or it has not come yet, or none is announced."""
        left_on = self.oracle.staff[who].announced or self.clock.date()
        command = leave_as_announced(associate_id=who, left_on=left_on, occurred_at=self.clock)
        self.send(command, self.oracle.refuses_leaving(command))

    @rule(who=st.sampled_from(STAFF), sure=st.integers(0, 2))
    def stay_after_all(self, who: str, sure: int) -> None:
        if self.oracle.staff[who].announced is not None and sure == 0:
            self.send(cancel_leaving(associate_id=who, occurred_at=self.clock))

    @rule(who=st.sampled_from(STAFF), days=st.integers(0, 3), store=st.sampled_from((None, *STORES)))
    def come_back(self, who: str, days: int, store: str | None) -> None:
        left = self.oracle.staff[who].left
        if left is not None:
            today = self.oracle.day(who, self.clock)
            rehired_on = max(left, today) + timedelta(days=days)
            self.send(
                rehire_associate(
                    associate_id=who, rehired_on=rehired_on, store_id=store, occurred_at=self.clock
                )
            )

    @rule(
        who=st.sampled_from(STAFF),
        days=st.integers(0, 15),
        minutes=st.integers(0, 720),
        row=st.integers(1, 4),
    )
    def work(self, who: str, days: int, minutes: int, row: int) -> None:
        """Some days in a row, a little less on each."""
        first = self.clock.date() - timedelta(days=days)
        for day in range(row):
            command = record_hours(
                associate_id=who,
                worked_on=min(max(first + timedelta(days=day), OPENING.date()), self.clock.date()),
                selling_minutes=minutes // (day + 1),
                non_selling_minutes=30,
                occurred_at=self.clock,
            )
            self.send(command, self.oracle.refuses_hours(command))

    # --- sales and returns ----------------------------------------------------------------------------------

    @rule(data=st.data())
    def sell(self, data: st.DataObject) -> None:
        sold_at = self.some_time_ago(data, 10)
        among = [who for who in STAFF if self.oracle.may_have_sold(who, sold_at)]
        lines = [self.line(data, among) for _ in range(data.draw(st.integers(1, 4)))]
        order_minor = sum(line.quantity * line.unit_price_minor - line.discount_minor for line in lines)
        off_order = data.draw(st.sampled_from((0, 0, 1, order_minor // 3, order_minor)))
        command = record_sale(
            *lines,
            sale_id=self.new_id("sal"),
            occurred_at=sold_at,
            order_discount_minor=min(off_order, order_minor),
        )
        self.send(command)

    def line(self, data: st.DataObject, among: list[str]) -> LineToSell:
        quantity, price = (
            data.draw(st.integers(1, 5)),
            data.draw(st.sampled_from((9_999, 3_333, 30_001, 1, 0))),
        )
        nobody = not among or data.draw(st.integers(0, 19)) == 19
        return LineToSell(
            sku=data.draw(st.sampled_from(SKUS)),
            department=data.draw(st.sampled_from((None, "shoes", "gifts"))),
            quantity=quantity,
            unit_price_minor=price,
            discount_minor=data.draw(st.sampled_from((0, 0, 0, price // 3, quantity * price))),
            tax_minor=data.draw(st.sampled_from((0, 88, 99))),
            attribution=() if nobody else data.draw(splits(among)),
        )

    def some_sale(self, data: st.DataObject, units_left: int = 0) -> str | None:
        sale_ids = [
            sale_id
            for sale_id, (_, lines) in self.oracle.sales.items()
            if sum(line.quantity - line.returned for line in lines) >= units_left
        ]
        return data.draw(st.sampled_from(sale_ids)) if sale_ids else None

    @precondition(lambda self: self.oracle.sales)
    @rule(data=st.data())
    def take_everything_back(self, data: st.DataObject) -> None:
        sale_id = self.some_sale(data, units_left=1)
        if sale_id is None:
            return
        _, sold = self.oracle.sales[sale_id]
        lines = [
            LineToReturn(line_no=index + 1, quantity=line.quantity - line.returned)
            for index, line in enumerate(sold)
            if line.quantity > line.returned
        ]
        command = accept_return(*lines, sale_id=sale_id, return_id=self.new_id("ret"), occurred_at=self.clock)
        self.send(command)

    @precondition(lambda self: self.oracle.sales)
    @rule(data=st.data(), by_sku=st.booleans())
    def take_back(self, data: st.DataObject, by_sku: bool) -> None:
        sale_id = self.some_sale(data, units_left=1)
        if sale_id is None:
            return
        lines: list[LineToReturn] = []
        _, sold = self.oracle.sales[sale_id]
        if by_sku:
            sku = data.draw(st.sampled_from([line.sku for line in sold if line.returned < line.quantity]))
            left = sum(line.quantity - line.returned for line in sold if line.sku == sku)
            lines.append(LineToReturn(sku=sku, quantity=data.draw(st.integers(1, left))))
        else:
            for index, line in enumerate(sold):
                quantity = data.draw(st.integers(0, line.quantity - line.returned))
                if quantity:
                    lines.append(LineToReturn(line_no=index + 1, quantity=quantity))
        if lines:
            self.send(
                accept_return(
                    *data.draw(st.permutations(lines)),
                    sale_id=sale_id,
                    return_id=self.new_id("ret"),
                    occurred_at=self.some_time_ago(data, 5),
                )
            )

    @rule(data=st.data())
    def take_back_without_receipt(self, data: st.DataObject) -> None:
        lines = tuple(
            LineToReturn(
                sku=data.draw(st.sampled_from(SKUS)),
                quantity=data.draw(st.integers(1, 5)),
                refund_minor=data.draw(st.integers(0, 9_999)),
            )
            for _ in range(data.draw(st.integers(1, 2)))
        )
        self.send(
            accept_return_without_receipt(
                return_id=self.new_id("ret"), lines=lines, occurred_at=self.some_time_ago(data, 5)
            )
        )

    @precondition(lambda self: self.oracle.returns and self.oracle.sales)
    @rule(data=st.data(), by_hand=st.booleans())
    def trace_a_return(self, data: st.DataObject, by_hand: bool) -> None:
        """By SKU or by hand, as far as its units are still untraced and the sale has some left."""
        return_id = data.draw(st.sampled_from(sorted(self.oracle.returns)))
        sale_id = data.draw(st.sampled_from(sorted(self.oracle.sales)))
        line_no = st.none() | st.integers(1, len(self.oracle.sales[sale_id][1]))
        lines = tuple(data.draw(line_no) for _ in self.oracle.returns[return_id] if by_hand)
        command = match_return(return_id=return_id, sale_id=sale_id, lines=lines, occurred_at=self.clock)
        self.send(command, self.oracle.refuses_match(command))

    @precondition(lambda self: self.oracle.returns)
    @rule(data=st.data())
    def take_a_match_back(self, data: st.DataObject) -> None:
        return_id = data.draw(st.sampled_from(sorted(self.oracle.returns)))
        matches = [match for line in self.oracle.returns[return_id] for match in line.traced]
        sale_ids = sorted({sale_id for sale_id, *_ in matches}) or sorted(self.oracle.sales)
        sale_id = data.draw(st.sampled_from(sale_ids))
        command = unmatch_return(return_id=return_id, sale_id=sale_id, occurred_at=self.clock)
        self.send(command, self.oracle.refuses_unmatch(command))

    @precondition(lambda self: self.oracle.sales)
    @rule(data=st.data(), tax_minor=st.sampled_from((0, 0, 0, 1)))
    def allow(self, data: st.DataObject, tax_minor: int) -> None:
        """Money back on goods that are kept: a little, a part, all that was paid for them, or more."""
        sale_id = self.some_sale(data)
        assert sale_id is not None
        _, lines = self.oracle.sales[sale_id]
        line_no = data.draw(st.integers(1, len(lines)))
        paid_minor, _ = self.oracle.paid_for(lines[line_no - 1])
        command = allow_price(
            sale_id=sale_id,
            line_no=line_no,
            amount_minor=data.draw(st.sampled_from((1, paid_minor // 3 + 1, max(paid_minor, 1)))),
            tax_minor=tax_minor,
            occurred_at=self.clock,
        )
        self.send(command, self.oracle.refuses_allowance(command))

    @precondition(lambda self: self.oracle.sales)
    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        sale_id = self.some_sale(data)
        assert sale_id is not None
        sold_at, lines = self.oracle.sales[sale_id]
        among = [who for who in STAFF if self.oracle.may_have_sold(who, sold_at)]
        if among:
            self.send(
                correct_attribution(
                    sale_id=sale_id,
                    line_no=data.draw(st.integers(1, len(lines))),
                    attribution=data.draw(splits(among)),
                    occurred_at=self.clock,
                )
            )

    def teardown(self) -> None:
        every_cent_is_accounted_for(self.story)
        every_statement_is_what_an_audit_expects(self.story)
        assert Reckoning(self.story.events, self.zone).differences() == []


def every_statement_is_what_an_audit_expects(story: Given) -> None:
    """The third reckoning, the one that operators have: nothing that was issued is wrong."""
    audit = Audit()
    for position, event in enumerate(story.events, start=1):
        assert audit.take(event, position) == []
    assert audit.statements == len(story.all(StatementIssued))


def every_cent_is_accounted_for(story: Given) -> None:
    """What went into an account came out as pay, or is still to be settled; and what is owed is what was lent
    less what was taken back and written off.
    """
    for who in STAFF:
        balance_minor = owed_minor = 0
        for event in story.events:
            if getattr(event, "associate_id", None) != who:
                continue
            match event:
                case CommissionEarned() | CommissionRestored() | CommissionMoved() | DeficitForgiven():
                    balance_minor += event.amount_minor
                case CommissionClawedBack() | AllowanceClawedBack():
                    balance_minor -= event.amount_minor
                case CommissionToppedUp():
                    balance_minor += event.amount_minor
                    owed_minor += event.amount_minor if event.recoverable else 0
                case LateToppedUp():
                    balance_minor += event.amount_minor
                    owed_minor += event.owed_minor
                case DeficitCarried():
                    balance_minor += event.amount_minor
                    owed_minor += event.amount_minor
                case DeficitRecouped():
                    balance_minor -= event.amount_minor
                    owed_minor -= event.amount_minor
                case DeficitWrittenOff():
                    owed_minor -= event.amount_minor
                case StatementIssued():
                    balance_minor -= event.pay_minor
                    assert event.owed_after_minor == owed_minor
                    assert event.pay_minor >= event.guarantee_minor
                case _:
                    pass
        account = story.states.account(who)
        unsettled = account.unsettled.values() if account else ()
        waiting = sum(
            each.earned_minor - each.clawed_back_minor + each.moved_minor + each.late_minor
            for each in unsettled
        )
        assert balance_minor == waiting
        assert owed_minor == (account.owed_minor if account else 0)
        assert owed_minor >= 0


Shop.TestCase.settings = settings(
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestRandomHistories = Shop.TestCase

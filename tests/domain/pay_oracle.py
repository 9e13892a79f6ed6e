"""The pay rules a second time: plain, slow, in fractions, written from the domain page and its decision
records alone.

Nothing of the rooms is used but the plain data of their commands. Every money event is kept for ever in one
list, and every question goes through the whole list again. `apply` takes an accepted command and answers with
all the cents that must follow from it; `refuses_statement` and the like say what must be refused.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from tests.domain.pay_oracle_anew import computed_anew, is_closed
from tests.domain.pay_oracle_sums import Credit, Line, half_up, hamilton

#: A period, a day that waits for its period, or what found none.
Word = str | date | None


@dataclass
class Entry:
    """A money event in somebody's account; `kind` is earned, clawed, restored, moved or late.

    Amounts as the event says them. `period` is a period's word, or the day that waits for its period;
    `paid_in` the word of the statement that settled it, when there were `before` entries. `about` is the
    period that a late one is for.
    """

    who: str
    kind: str
    period: Word
    sales: int
    amount: int
    settled: bool = False
    paid_in: str | None = None
    before: int = 0
    about: str | None = None


@dataclass
class Hours:
    who: str
    day: date
    minutes: int
    rate: int
    period: Word
    settled: bool = False
    paid_in: str | None = None


@dataclass
class Period:
    scope: str
    word: str
    first: date
    last: date
    zone: str
    closed: bool = False
    begun: bool = False

    def has(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass
class Paid:
    """What a statement settled: policy, net, the exact guarantee, and what was owed before; `anew` is what
    plans computed anew are worth to it, beside the commission that is posted elsewhere.
    """

    policy: str
    net: int
    guarantee: Fraction
    owed: int
    anew: int = 0

    def with_more(self, late: Fraction) -> tuple[int, int]:
        """Pay and debt, had there been so much more of a guarantee."""
        guarantee = half_up(self.guarantee + late)
        recouped = min(self.owed, max(self.net - guarantee, 0))
        owed = self.owed - recouped
        if self.policy == "carry":
            owed += max(-self.net, 0)
        if self.policy == "recoverable_draw":
            owed += max(guarantee - self.net, 0)
        return max(self.net, guarantee) - recouped, owed


@dataclass
class Returned:
    """A line of a return without a receipt.

    `traced` has what every match so far found: the sale, the index of its line, units, refund and price.
    """

    sku: str | None
    quantity: int
    refund: int
    traced: list[tuple[str, int, int, int, int]] = field(default_factory=list[tuple[str, int, int, int, int]])

    @property
    def untraced(self) -> int:
        return self.quantity - sum(units for _, _, units, _, _ in self.traced)

    def refund_of_next(self, units: int) -> int:
        """Of the whole refund, rounded for all units that are traced then, what no match has had yet."""
        had = sum(refund for _, _, _, refund, _ in self.traced)
        traced = self.quantity - self.untraced + units
        return max(half_up(Fraction(self.refund * traced, self.quantity)) - had, 0)


@dataclass
class Employment:
    hired: date
    stores: list[tuple[date, str]]
    plans: list[tuple[date, Any]]
    left: date | None = None
    announced: date | None = None
    away: list[tuple[date, date]] = field(default_factory=list[tuple[date, date]])
    owed: int = 0
    stated: list[Period] = field(default_factory=list[Period])
    paid: dict[str, Paid] = field(default_factory=dict[str, Paid])
    late: dict[str, Fraction] = field(default_factory=dict[str, Fraction])
    #: Of periods without a statement: what late hours were paid, and how much of that was lent.
    ahead: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])

    @property
    def owed_by_statements(self) -> int:
        return self.owed - sum(lent for _, lent in self.ahead.values())

    def gone_before(self, day: date) -> date | None:
        """The last day before a day on which they did not work here any more, or not yet again."""
        for last, back in self.away:
            if last < day < back:
                return last
        return self.left if self.left is not None and self.left < day else None

    def plan_on(self, day: date) -> tuple[int, Any]:
        """Of the plans in effect by then the one that took effect last; agreed later wins a tie."""
        best = 0
        for number, (effective, _) in enumerate(self.plans):
            if effective <= day and (effective >= self.plans[best][0] or self.plans[best][0] > day):
                best = number
        return best, self.plans[best][1]


class PayOracle:
    def __init__(self) -> None:
        self.staff: dict[str, Employment] = {}
        self.periods: list[Period] = []
        self.sales: dict[str, tuple[datetime, list[Line]]] = {}
        self.returns: dict[str, list[Returned]] = {}
        self.settled: set[tuple[str, str]] = set()
        self.entries: list[Entry] = []
        self.hours: list[Hours] = []
        #: When somebody was first credited with a line: the entry, and what earlier lines of it came to.
        self.credited: dict[tuple[str, str, int], tuple[int, Fraction]] = {}

    # --- the calendar ---------------------------------------------------------------------------------------

    def calendar(self, store: str) -> list[Period]:
        own = [period for period in self.periods if period.scope == store]
        return own or [period for period in self.periods if period.scope == "company"]

    def day(self, who: str, at: datetime) -> date:
        calendar = self.calendar(self.staff[who].stores[-1][1])
        zone = calendar[-1].zone if calendar else "UTC"
        return at.astimezone(ZoneInfo(zone)).date()

    def closed_on(self, who: str, day: date) -> Period | None:
        """The period of a day, when it takes nothing more."""
        someone = self.staff[who]
        for period in self.calendar(someone.stores[-1][1]):
            if period.has(day) and (period.closed or period.word in {one.word for one in someone.stated}):
                return period
        return None

    def posted_to(self, who: str, day: date) -> Word:
        """Rule 4, in the words of the page: the period of the day; where there is none yet, the day waits;
        where it is closed, the next, else the latest that is open.
        """
        someone = self.staff[who]
        calendar = self.calendar(someone.stores[-1][1])
        if calendar and not any(period.has(day) for period in calendar):
            return day
        stated = {period.word for period in someone.stated}
        open_ones = [period for period in calendar if not period.closed and period.word not in stated]
        open_ones.sort(key=lambda period: period.first)
        for period in open_ones:
            if day <= period.last:
                return period.word
        return open_ones[-1].word if open_ones else None

    def own_period(self, who: str, word: str) -> Period | None:
        """The period an account means by a word: the last store's that uses it, else the company's."""
        scopes = [store for _, store in reversed(self.staff[who].stores)]
        for scope in (*scopes, "company"):
            for period in self.periods:
                if (period.scope, period.word) == (scope, word):
                    return period
        return None

    # --- what an account holds ------------------------------------------------------------------------------

    def waiting(self, who: str) -> set[date]:
        return {word for word in self.holding(who) if isinstance(word, date)}

    def settled_by(self, who: str, period: Period) -> list[Word]:
        """What a statement of a period includes."""
        return [period.word, None, *(day for day in self.waiting(who) if day <= period.last)]

    def reached(self, who: str, word: Word) -> int:
        """The net sales of a period so far, with what waits for it; before it is opened, of all that wait."""
        if word is None:
            return self.unsettled(who, None)["sales"]
        calendar = self.calendar(self.staff[who].stores[-1][1])
        if isinstance(word, date):
            days = [day for day in self.waiting(who) if not any(period.has(day) for period in calendar)]
            return sum(self.unsettled(who, day)["sales"] for day in days)
        [period] = [period for period in calendar if period.word == word]
        days = [day for day in self.waiting(who) if period.has(day)]
        return sum(self.unsettled(who, each)["sales"] for each in [word, *days])

    def unsettled(self, who: str, word: Word) -> dict[str, int]:
        sums = {"sales": 0, "earned": 0, "clawed": 0, "moved": 0, "late": 0}
        for entry in self.entries:
            if (entry.who, entry.period, entry.settled) == (who, word, False) and entry.kind == "restored":
                sums["clawed"] -= entry.amount
                sums["sales"] += entry.sales
            elif (entry.who, entry.period, entry.settled) == (who, word, False):
                sums[entry.kind] += entry.amount
                sums["sales"] += -entry.sales if entry.kind == "clawed" else entry.sales
        return sums

    def sums_settled_by(self, who: str, period: Period) -> tuple[dict[str, int], list[Hours]]:
        """The money and the hours that a statement of a period includes."""
        words = self.settled_by(who, period)
        parts = [self.unsettled(who, word) for word in words]
        sums = {key: sum(part[key] for part in parts) for key in parts[0]}
        return sums, [day for word in words for day in self.days(who, word)]

    def days(self, who: str, word: Word) -> list[Hours]:
        return [hour for hour in self.hours if (hour.who, hour.period, hour.settled) == (who, word, False)]

    def holds(self, who: str, word: Word) -> bool:
        return any(self.unsettled(who, word).values()) or bool(self.days(who, word))

    def period_holds(self, who: str, period: Period) -> bool:
        return self.holds(who, period.word) or any(map(period.has, self.waiting(who)))

    def holding(self, who: str) -> set[Word]:
        words = {entry.period for entry in self.entries} | {hour.period for hour in self.hours}
        return {word for word in words if self.holds(who, word)}

    # --- commission -----------------------------------------------------------------------------------------

    def bands(
        self, plan: Any, department: str | None, base: Fraction, reached: int
    ) -> list[tuple[Fraction, Fraction]]:
        """Cut the amount at every threshold it crosses; each piece earns the rate reached where it begins."""
        if department is not None and department in plan.department_rates_bp:
            return [(base, Fraction(plan.department_rates_bp[department], 10_000))]
        points = [tier.from_minor for tier in plan.tiers if reached < tier.from_minor < reached + base]
        edges = [Fraction(reached), *map(Fraction, points), reached + base]
        pieces: list[tuple[Fraction, Fraction]] = []
        for begin, end in pairwise(edges):
            rate = plan.rate_bp
            for tier in plan.tiers:
                if tier.from_minor <= begin:
                    rate = tier.rate_bp
            pieces.append((end - begin, Fraction(rate, 10_000)))
        return pieces

    def write(self, who: str, kind: str, at: datetime, sales: int, amount: int) -> tuple[Any, ...]:
        entry = Entry(who, kind, self.posted_to(who, self.day(who, at)), sales, amount)
        self.entries.append(entry)
        return (who, kind, entry.period, sales, amount)

    def take_back(self, line_units: dict[int, int], lines: list[Line], at: datetime) -> dict[str, Any]:
        """Use up units and take back what they earned; also what they were sold for."""
        sold = tax = 0
        per_person: dict[str, list[int]] = {}
        for index, units in line_units.items():
            line = lines[index]
            before, after = line.cumulative_share(line.returned), line.cumulative_share(line.returned + units)
            sold += after[0] - before[0]
            tax += after[1] - before[1]
            for who, (sales, commission) in line.between(line.returned, line.returned + units).items():
                sums = per_person.setdefault(who, [0, 0])
                sums[0] += sales
                sums[1] += commission
            line.returned += units
        money = [self.write(who, "clawed", at, *sums) for who, sums in per_person.items()]
        return {"sold": sold, "tax": tax, "money": money}

    # --- commands -------------------------------------------------------------------------------------------

    def apply(self, command: Any) -> dict[str, Any]:
        """What must follow from an accepted command, in cents."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(command).__name__).lower()
        return getattr(self, name)(command)

    def hire_associate(self, command: Any) -> dict[str, Any]:
        hired = command.hired_on
        self.staff[command.associate_id] = Employment(
            hired, [(date.min, command.store_id)], [(hired, command.plan)]
        )
        return {}

    def change_pay_plan(self, command: Any) -> dict[str, Any]:
        who, someone = command.associate_id, self.staff[command.associate_id]
        lines, days = computed_anew(self, command)
        someone.plans.append((command.effective_on, command.plan))
        number, money = len(someone.plans) - 1, list[tuple[Any, ...]]()
        more: dict[str, tuple[int, Fraction]] = {}
        for sale_id, index, bands, paid_in in lines:
            sold_at, sold = self.sales[sale_id]
            line = sold[index]
            before = line.between(line.returned, line.quantity)
            line.credits = [
                Credit(who, credit.share, bands, number) if credit.who == who else credit
                for credit in line.credits
            ]
            after = line.between(line.returned, line.quantity)
            for each in after:
                if each == who or after[each] != before[each]:
                    change = tuple(new - old for new, old in zip(after[each], before[each], strict=True))
                    money.append(self.write(each, "moved", sold_at, *change))
            if paid_in is not None:
                net, guarantee = more.get(paid_in, (0, Fraction(0)))
                more[paid_in] = (net + after[who][1] - before[who][1], guarantee)
        for day in days:
            if day.paid_in is not None:
                net, guarantee = more.get(day.paid_in, (0, Fraction(0)))
                difference = Fraction(day.minutes * (command.plan.base_rate_minor - day.rate), 60)
                more[day.paid_in] = (net, guarantee + difference)
            day.rate = command.plan.base_rate_minor
        late = [self.paid_anew(who, word, *difference) for word, difference in more.items()]
        written_off = 0
        if someone.left is not None and (lines or days):
            written_off = self.written_off_at_last(who, someone.left, command)
        paid, lent = (sum(each) for each in zip(*late, strict=True)) if late else (0, 0)
        return {"money": money, "late": paid, "late_owed": lent, "written_off": written_off}

    def paid_anew(self, who: str, word: str, net: int, guarantee: Fraction) -> tuple[int, int]:
        """What a period with a statement would have paid more, beside the commission that is posted
        elsewhere; and what is owed of it.
        """
        someone = self.staff[who]
        paid, late = someone.paid[word], someone.late.get(word, Fraction(0))
        before, owed_before = paid.with_more(late)
        paid.net += net
        someone.late[word] = late + guarantee
        after, owed_after = paid.with_more(late + guarantee)
        given = max(paid.anew, 0)
        paid.anew += after - before - net
        amount, lent = max(paid.anew, 0) - given, owed_after - owed_before
        lent = min(max(lent, 0), amount) if amount > 0 else max(min(lent, 0), amount)
        [period] = [each for each in someone.stated if each.word == word]
        amount, lent = self.not_paid_yet(who, word, self.posted_to(who, period.last), amount, lent)
        if amount:
            self.entries.append(Entry(who, "late", self.posted_to(who, period.last), 0, amount, about=word))
        someone.owed += lent
        return amount, lent

    def not_paid_yet(self, who: str, word: str, posted: Word, due: int, lent: int) -> tuple[int, int]:
        """What comes off what no statement has paid yet of the top-ups for a period; the rest was paid, and
        is owed.
        """
        if due >= 0:
            return due, lent
        unpaid = sum(
            entry.amount
            for entry in self.entries
            if (entry.who, entry.about, entry.period, entry.settled) == (who, word, posted, False)
        )
        paid_already = max(-due - max(unpaid, 0), 0)
        forgiven = max(-(self.staff[who].owed + lent + paid_already), 0)
        return due + paid_already + forgiven, lent + paid_already + forgiven

    def transfer_associate(self, command: Any) -> dict[str, Any]:
        since = command.occurred_at.astimezone(UTC).date()
        self.staff[command.associate_id].stores.append((since, command.store_id))
        return {}

    def open_pay_period(self, command: Any) -> dict[str, Any]:
        opened = Period(
            command.scope, command.period_id, command.starts_on, command.ends_on, command.time_zone
        )
        self.periods.append(opened)
        return {}

    def close_pay_period(self, command: Any) -> dict[str, Any]:
        for period in self.periods:
            if (period.scope, period.word) == (command.scope, command.period_id):
                period.closed = True
        return {}

    def reopen_pay_period(self, command: Any) -> dict[str, Any]:
        for period in self.periods:
            if (period.scope, period.word) == (command.scope, command.period_id):
                period.closed = False
        return {}

    def record_hours(self, command: Any) -> dict[str, Any]:
        who, day = command.associate_id, command.worked_on
        earlier = [hour for hour in self.hours if (hour.who, hour.day) == (who, day)]
        if earlier and earlier[0].settled:
            return self.put_right(who, earlier[0], command)
        _, plan = self.staff[who].plan_on(day)
        minutes = command.selling_minutes + command.non_selling_minutes
        held = earlier[0].period if earlier else None
        closed = self.closed_on(who, day)
        if closed is not None and not isinstance(held, str):
            self.hours = [hour for hour in self.hours if hour not in earlier]
            self.hours.append(
                Hours(who, day, minutes, plan.base_rate_minor, closed.word, settled=True, paid_in=closed.word)
            )
            late = self.late_top_up(who, closed, Fraction(minutes * plan.base_rate_minor, 60), command)
            return {"period": closed.word, "rate": plan.base_rate_minor, "late": late}
        word = held if isinstance(held, str) else self.posted_to(who, day)
        self.hours = [hour for hour in self.hours if hour not in earlier]
        self.hours.append(Hours(who, day, minutes, plan.base_rate_minor, word))
        return {"period": word, "rate": plan.base_rate_minor}

    def late_top_up(self, who: str, closed: Period, more: Fraction, command: Any) -> int:
        """What a closed period would have paid more; it is written to the period open now."""
        someone = self.staff[who]
        paid = someone.paid.get(closed.word)
        if paid is None:
            sums, days = self.sums_settled_by(who, closed)
            guarantee = sum((Fraction(day.minutes * day.rate, 60) for day in days), Fraction(0))
            last_day = someone.gone_before(closed.last) or closed.last
            policy = someone.plan_on(last_day)[1].deficit_policy
            paid = Paid(
                policy, sums["earned"] - sums["clawed"] + sums["moved"], guarantee, someone.owed_by_statements
            )
        late = someone.late.get(closed.word, Fraction(0))
        before, owed_before = paid.with_more(late)
        after, owed_after = paid.with_more(late + more)
        someone.late[closed.word] = late + more
        if after > before:
            posted = self.posted_to(who, command.worked_on)
            self.entries.append(Entry(who, "late", posted, 0, after - before, about=closed.word))
            someone.owed += owed_after - owed_before
            if closed.word not in someone.paid:
                amount, lent = someone.ahead.get(closed.word, (0, 0))
                lent += owed_after - owed_before
                someone.ahead[closed.word] = (amount + after - before, lent)
        return after - before

    def put_right(self, who: str, hour: Hours, command: Any) -> dict[str, Any]:
        """A day that a statement counts is another one. What its period would have paid more is paid now.
        What it would have paid less comes off what has not been paid yet of that; the rest was paid, and is
        owed.
        """
        minutes = command.selling_minutes + command.non_selling_minutes
        if minutes == hour.minutes:
            return {}
        someone, word = self.staff[who], hour.paid_in
        assert word is not None
        late = someone.late.get(word, Fraction(0))
        someone.late[word] = late + Fraction((minutes - hour.minutes) * hour.rate, 60)
        hour.minutes = minutes
        pay_before, owed_before = someone.paid[word].with_more(late)
        pay, owed = someone.paid[word].with_more(someone.late[word])
        [period] = [each for each in someone.stated if each.word == word]
        posted = self.posted_to(who, period.last)
        due, lent = pay - pay_before, owed - owed_before
        due, lent = self.not_paid_yet(who, word, posted, due, lent)
        if due:
            self.entries.append(Entry(who, "late", posted, 0, due, about=word))
        someone.owed += lent
        written_off = 0
        if someone.left is not None:
            written_off = self.written_off_at_last(who, someone.left, command)
        return {
            "period": word, "rate": hour.rate, "late": due, "late_owed": lent, "written_off": written_off,
        }  # fmt: skip

    def record_sale(self, command: Any) -> dict[str, Any]:
        at = command.occurred_at
        nets = [line.quantity * line.unit_price_minor - line.discount_minor for line in command.lines]
        off = hamilton(command.order_discount_minor, [Fraction(net) for net in nets])
        named = list(
            dict.fromkeys(share.associate_id for line in command.lines for share in line.attribution)
        )
        reached = {who: self.reached(who, self.posted_to(who, self.day(who, at))) for who in named}
        lines: list[Line] = []
        for asked, net, discount in zip(command.lines, nets, off, strict=True):
            line = Line(asked.sku, asked.department, asked.quantity, net - discount, asked.tax_minor, [])
            for share in asked.attribution:
                who, part = share.associate_id, Fraction(share.share_bp, 10_000)
                number, plan = self.staff[who].plan_on(self.day(who, at))
                bands = self.bands(plan, line.department, line.net * part, reached[who])
                line.credits.append(Credit(who, part, bands, number))
            for who, (sales, _) in line.between(0, line.quantity).items():
                reached[who] += sales
            lines.append(line)
        self.sales[command.sale_id] = (at, lines)
        money: list[tuple[Any, ...]] = []
        for who in named:
            parts = [line.between(0, line.quantity).get(who, (0, 0)) for line in lines]
            sums = (sum(sales for sales, _ in parts), sum(amount for _, amount in parts))
            money.append(self.write(who, "earned", at, *sums))
            earlier = Fraction(0)
            for index, line in enumerate(lines):
                for credit in line.credits:
                    if credit.who == who:
                        self.credited[who, command.sale_id, index] = (len(self.entries) - 1, earlier)
                        earlier += line.net * credit.share
        return {"nets": [line.net for line in lines], "money": money}

    def accept_return(self, command: Any) -> dict[str, Any]:
        if command.sale_id is None:
            self.returns[command.return_id] = [
                Returned(line.sku, line.quantity, line.refund_minor) for line in command.lines
            ]
            return {"sold": sum(line.refund_minor for line in command.lines), "tax": 0, "money": []}
        sold_at, lines = self.sales[command.sale_id]
        units: dict[int, int] = {}
        for asked in command.lines:
            self.find(units, lines, asked.line_no, asked.sku, asked.quantity)
        # Nothing comes back before it is sold.
        return self.take_back(units, lines, max(command.occurred_at, sold_at))

    def match_return(self, command: Any) -> dict[str, Any]:
        _, lines = self.sales[command.sale_id]
        units, refunds = dict[int, int](), 0
        for returned, found in zip(self.returns[command.return_id], self.traced_by(command), strict=True):
            for index, count in found.items():
                line = lines[index]
                first = line.returned + units.get(index, 0)
                price = line.cumulative_share(first + count)[0] - line.cumulative_share(first)[0]
                refund = returned.refund_of_next(count)
                returned.traced.append((command.sale_id, index, count, refund, price))
                units[index] = units.get(index, 0) + count
                refunds += refund
        taken = self.take_back(units, lines, command.occurred_at)
        return {"sold": taken["sold"], "goodwill": refunds - taken["sold"], "money": taken["money"]}

    def traced_by(self, command: Any) -> list[dict[int, int]]:
        """For each line of a return the units of the sale, by the index of its line, as many as are left."""
        _, lines = self.sales[command.sale_id]
        so_far: dict[int, int] = {}
        traced: list[dict[int, int]] = []
        for place, returned in enumerate(self.returns[command.return_id]):
            line_no = command.lines[place] if command.lines else None
            before = dict(so_far)
            if line_no is not None or not command.lines:
                self.find(so_far, lines, line_no, returned.sku, returned.untraced)
            found = {index: units - before.get(index, 0) for index, units in so_far.items()}
            traced.append({index: found[index] for index in sorted(found) if found[index]})
        return traced

    def unmatch_return(self, command: Any) -> dict[str, Any]:
        """The match is gone with its refund and price; of each line as many units as it had used are the
        customer's again, the latest that came back, with what they earn those credited now.
        """
        _, lines = self.sales[command.sale_id]
        units: dict[int, int] = {}
        refunds = sold = 0
        for returned in self.returns[command.return_id]:
            for sale_id, index, count, refund, price in returned.traced:
                if sale_id == command.sale_id:
                    units[index] = units.get(index, 0) + count
                    refunds += refund
                    sold += price
            returned.traced = [match for match in returned.traced if match[0] != command.sale_id]
        per_person: dict[str, list[int]] = {}
        for index, count in units.items():
            line = lines[index]
            for who, parts in line.between(line.returned - count, line.returned).items():
                sums = per_person.setdefault(who, [0, 0])
                sums[0] += parts[0]
                sums[1] += parts[1]
            line.returned -= count
        at = command.occurred_at
        money = sorted(self.write(who, "restored", at, *sums) for who, sums in per_person.items())
        return {"sold": sold, "goodwill": refunds - sold, "money": money}

    def find(
        self, units: dict[int, int], lines: list[Line], line_no: int | None, sku: Any, quantity: int
    ) -> None:
        """Unit by unit: the line that was named, else the first line of that item with units left."""
        for _ in range(quantity):
            for index, line in enumerate(lines):
                wanted = index + 1 == line_no if line_no is not None else line.sku == sku
                if wanted and line.returned + units.get(index, 0) < line.quantity:
                    units[index] = units.get(index, 0) + 1
                    break

    def correct_attribution(self, command: Any) -> dict[str, Any]:
        sold_at, lines = self.sales[command.sale_id]
        line = lines[command.line_no - 1]
        former = {credit.who: credit for credit in line.credits}
        before = line.between(line.returned, line.quantity)
        after_credits: list[Credit] = []
        for share in command.attribution:
            who, part = share.associate_id, Fraction(share.share_bp, 10_000)
            if who in former and former[who].share == part:
                after_credits.append(former[who])
                continue
            if who in former:
                number = former[who].plan
                bands = self.same_rates(former[who].bands, line.net * part)
            else:
                posted = self.posted_to(who, self.day(who, command.occurred_at))
                number, plan = self.staff[who].plan_on(self.day(who, sold_at))
                bands = self.bands(plan, line.department, line.net * part, self.reached(who, posted))
            after_credits.append(Credit(who, part, bands, number))
        if after_credits == line.credits:
            return {"money": []}
        line.credits = after_credits
        after = line.between(line.returned, line.quantity)
        latter = {credit.who: credit for credit in after_credits}
        money: list[tuple[Any, ...]] = []
        for who in dict.fromkeys((*before, *after)):
            minus, plus = before.get(who, (0, 0)), after.get(who, (0, 0))
            if minus != plus or former.get(who) != latter.get(who):
                change = (plus[0] - minus[0], plus[1] - minus[1])
                money.append(self.write(who, "moved", command.occurred_at, *change))
                first = (len(self.entries) - 1, Fraction(0))
                self.credited.setdefault((who, command.sale_id, command.line_no - 1), first)
        return {"money": money}

    def allow_price(self, command: Any) -> dict[str, Any]:
        """The units that are left become a line of their own; the money comes off the rate reached last."""
        _, lines = self.sales[command.sale_id]
        line = lines[command.line_no - 1]
        paid, tax = self.paid_for(line)
        before = line.between(line.returned, line.quantity)
        line.credits = [
            Credit(
                credit.who,
                credit.share,
                self.without_last(
                    self.same_rates(credit.bands, paid * credit.share), command.amount_minor * credit.share
                ),
                credit.plan,
            )
            for credit in line.credits
        ]
        self.settled |= {
            (return_id, sale_id)
            for return_id, bag in self.returns.items()
            for returned in bag
            for sale_id, index, *_ in returned.traced
            if (sale_id, index) == (command.sale_id, command.line_no - 1)
        }
        line.net, line.tax = paid - command.amount_minor, tax - command.tax_minor
        line.quantity, line.returned = line.quantity - line.returned, 0
        line.let_nobody_have_more_than(before)
        after = line.between(0, line.quantity)
        money = [
            self.write(
                who, "clawed", command.occurred_at, before[who][0] - parts[0], before[who][1] - parts[1]
            )
            for who, parts in after.items()
            if before[who] != parts
        ]
        return {"left": (line.quantity, line.net, line.tax), "money": money}

    def paid_for(self, line: Line) -> tuple[int, int]:
        """Money and tax of the units that the customer still has."""
        net, tax = line.cumulative_share(line.returned)
        return line.net - net, line.tax - tax

    def without_last(
        self, bands: list[tuple[Fraction, Fraction]], off: Fraction
    ) -> list[tuple[Fraction, Fraction]]:
        left: list[tuple[Fraction, Fraction]] = []
        for base, rate in reversed(bands):
            left.insert(0, (base - min(base, off), rate))
            off -= min(base, off)
        return left

    def same_rates(
        self, bands: list[tuple[Fraction, Fraction]], base: Fraction
    ) -> list[tuple[Fraction, Fraction]]:
        """Another amount in the proportions of the former one, cut down to ten-thousandths of a cent."""
        former = sum((part for part, _ in bands), Fraction(0))
        if not former:
            return bands
        edges = [Fraction(0)]
        for part, _ in bands:
            edges.append(edges[-1] + part)
        edges = [Fraction(floor(edge * base / former * 10_000), 10_000) for edge in edges]
        return [(end - begin, rate) for (begin, end), (_, rate) in zip(pairwise(edges), bands, strict=True)]

    # --- what must be refused -------------------------------------------------------------------------------

    def refuses_allowance(self, command: Any) -> str | None:
        paid, tax = self.paid_for(self.sales[command.sale_id][1][command.line_no - 1])
        too_much = command.amount_minor > paid or command.tax_minor > tax
        return "allowance_exceeds_price" if too_much else None

    def refuses_match(self, command: Any) -> str | None:
        returned = self.returns[command.return_id]
        if not any(line.untraced for line in returned):
            return "already_matched"
        if command.lines and not any(command.lines):
            return "lines_do_not_match"
        traced = self.traced_by(command)
        if command.lines:
            asked = [
                found
                for line, line_no, found in zip(returned, command.lines, traced, strict=True)
                if line_no is not None and line.untraced
            ]
            return "already_matched" if not asked else None if all(asked) else "more_than_left"
        if any(traced):
            return None
        _, sold = self.sales[command.sale_id]
        wanted = {line.sku for line in returned if line.untraced}
        return "more_than_left" if any(line.sku in wanted for line in sold) else "not_on_receipt"

    def refuses_unmatch(self, command: Any) -> str | None:
        matches = [match for line in self.returns[command.return_id] for match in line.traced]
        if all(sale_id != command.sale_id for sale_id, *_ in matches):
            return "not_matched"
        # What is left of the line stands at another price since then.
        return "price_allowed_since" if (command.return_id, command.sale_id) in self.settled else None

    def may_have_sold(self, who: str, at: datetime) -> bool:
        return self.staff[who].gone_before(self.day(who, at)) is None

    def refuses_hours(self, command: Any) -> str | None:
        who, day = command.associate_id, command.worked_on
        if self.staff[who].gone_before(day) is not None:
            return "associate_has_left"
        for hour in self.hours:
            if (hour.who, hour.day) == (who, day):
                if hour.settled:
                    return None if hour.paid_in in self.staff[who].paid else "statement_to_come"
                if isinstance(hour.period, date) and self.closed_on(who, day):
                    return "pay_period_closed"
                period = self.own_period(who, hour.period) if isinstance(hour.period, str) else None
                if period is not None and period.closed:
                    return "pay_period_closed"
        return None

    def refuses_plan(self, command: Any) -> str | None:
        someone = self.staff[command.associate_id]
        if someone.left is not None and command.effective_on > someone.left:
            return "associate_has_left"
        lines, days = computed_anew(self, command)
        homes = [
            self.entries[self.credited[command.associate_id, sale, index][0]] for sale, index, *_ in lines
        ]
        if any(is_closed(self, command.associate_id, home) for home in (*homes, *days)):
            return "statement_to_come"
        return "changes_what_was_earned" if (lines or days) and not command.recompute else None

    # --- statements -----------------------------------------------------------------------------------------

    def refuses_statement(self, command: Any) -> str | None:
        """The code by which a statement must be refused, or None."""
        who, someone = command.associate_id, self.staff[command.associate_id]
        period = next(
            each for each in self.periods if (each.scope, each.word) == (command.scope, command.period_id)
        )
        if command.period_id in {stated.word for stated in someone.stated}:
            return None
        if not period.closed:
            return "pay_period_open"
        stores = {store for day in self.days_of(period) if (store := self.store_on(who, day)) is not None}
        if any(self.holds(who, word) for word in self.settled_by(who, period)):
            stores.add(someone.stores[-1][1])
        goes_by = any(period in self.calendar(store) for store in stores)
        if self.own_period(who, period.word) is not period or not (self.period_holds(who, period) or goes_by):
            return "not_in_this_period"
        for other in self.periods:
            if other.scope == period.scope and other.first < period.first and self.period_holds(who, other):
                return "earlier_statement_missing"
        return None

    def days_of(self, period: Period) -> list[date]:
        return [date.fromordinal(day) for day in range(period.first.toordinal(), period.last.toordinal() + 1)]

    def store_on(self, who: str, day: date) -> str | None:
        someone = self.staff[who]
        if day < someone.hired or someone.gone_before(day) is not None:
            return None
        return [store for since, store in someone.stores if since <= day][-1]

    def more_to_come(self, who: str, after: date, besides: set[Word]) -> bool:
        someone = self.staff[who]
        if (self.holding(who) | set(someone.ahead)) - besides:
            return True
        stated = {period.word for period in someone.stated}
        return any(
            period.word not in stated | besides
            and period.last > after
            and period.first <= (someone.left or date.max)
            for period in self.calendar(someone.stores[-1][1])
        )

    def issue_statement(self, command: Any) -> dict[str, Any]:
        who, someone = command.associate_id, self.staff[command.associate_id]
        word = command.period_id
        if word in {stated.word for stated in someone.stated}:
            return {}
        period = next(each for each in self.periods if (each.scope, each.word) == (command.scope, word))
        words = self.settled_by(who, period)
        sums, days = self.sums_settled_by(who, period)
        net = sums["earned"] - sums["clawed"] + sums["moved"]
        exact = sum((Fraction(day.minutes * day.rate, 60) for day in days), Fraction(0))
        guarantee = half_up(exact)
        last_day = someone.gone_before(period.last) or period.last
        number, plan = someone.plan_on(last_day)
        policy = plan.deficit_policy
        amount, lent = someone.ahead.get(word, (0, 0))
        paid = Paid(policy, net, exact, someone.owed_by_statements)
        guarantee_of_all = half_up(exact + someone.late.get(word, Fraction(0)))
        all_pay, all_owed = paid.with_more(someone.late.get(word, Fraction(0)))
        regular, owed = all_pay - amount, all_owed + someone.owed - someone.owed_by_statements - lent
        # What was paid ahead as a gift, and is none now, goes back, but never out of the guarantee of timely
        # hours.
        gift = 0 if policy == "recoverable_draw" else guarantee_of_all - max(net, 0)
        too_much = max(amount - lent - max(gift, 0), 0)
        regular += too_much
        back = min(too_much, max(regular - guarantee, 0))
        recouped = max(someone.owed - owed, 0) if policy != "carry" else someone.owed + max(-net, 0) - owed
        gone = someone.left is not None and someone.left <= max(
            self.day(who, command.occurred_at), period.last
        )
        written_off = owed if gone and not self.more_to_come(who, period.last, set(words)) else 0
        minutes = sum(day.minutes for day in days)
        expected: dict[str, Any] = {
            "plan_no": number,
            "policy": policy,
            "minutes": minutes,
            "sales": sums["sales"],
            "earned": sums["earned"],
            "clawed": sums["clawed"],
            "moved": sums["moved"],
            "net": net,
            "guarantee": guarantee,
            "owed_before": someone.owed,
            "recouped": recouped,
            "written_off": written_off,
            "owed_after": owed - written_off,
            "pay": regular + sums["late"] - back,
            "late_topped_up": sums["late"] - back,
            "regular_rate": half_up(Fraction(regular * 60, minutes)) if minutes else None,
        }
        for entry in self.entries:
            if entry.who == who and entry.period in words and not entry.settled:
                entry.settled, entry.paid_in, entry.before = True, word, len(self.entries)
        for day in days:
            day.settled, day.paid_in = True, word
        someone.paid[word] = paid
        someone.ahead.pop(word, None)
        someone.owed = owed - written_off
        someone.stated.append(period)
        period.begun = True
        return expected

    def associate_leaves(self, command: Any) -> dict[str, Any]:
        someone = self.staff[command.associate_id]
        if command.left_on > self.day(command.associate_id, command.occurred_at):
            someone.announced = command.left_on
            return {"written_off": 0}
        return self.leave_as_announced(command)

    def refuses_leaving(self, command: Any) -> str | None:
        someone, today = self.staff[command.associate_id], self.day(command.associate_id, command.occurred_at)
        if someone.left is not None:
            return "associate_has_left"
        if someone.announced != command.left_on:
            return "no_leaving_announced"
        return "leaving_not_yet" if today < command.left_on else None

    def cancel_leaving(self, command: Any) -> dict[str, Any]:
        self.staff[command.associate_id].announced = None
        return {}

    def rehire_associate(self, command: Any) -> dict[str, Any]:
        someone = self.staff[command.associate_id]
        if someone.left is not None and someone.left < command.rehired_on:
            someone.away.append((someone.left, command.rehired_on))
        someone.left = None
        if command.store_id not in (None, someone.stores[-1][1]):
            someone.stores.append((command.rehired_on, command.store_id))
        return {}

    def leave_as_announced(self, command: Any) -> dict[str, Any]:
        who, someone = command.associate_id, self.staff[command.associate_id]
        someone.left, someone.announced = command.left_on, None
        return {"written_off": self.written_off_at_last(who, command.left_on, command)}

    def written_off_at_last(self, who: str, left_on: date, command: Any) -> int:
        """All that a leaver owes, when no statement is to come."""
        someone, today = self.staff[who], self.day(who, command.occurred_at)
        paid_through = max((period.last for period in someone.stated), default=date.min)
        to_come = left_on > today or self.more_to_come(who, paid_through, set())
        written_off = 0 if to_come else someone.owed
        someone.owed -= written_off
        return written_off

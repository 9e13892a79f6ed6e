"""The commission ledger: every money event of an associate as entries, two for each posting.

A posting moves an amount from one account to another: the one it reaches gets a positive entry, the one it
leaves a negative one. So every event's entries, and with them the ledger at every position, sum to zero in
each currency.

| account | holds |
| --- | --- |
| `associate:<id>` | what the associate has earned and has not been paid |
| `payable:<id>` | what statements say is to be paid |
| `expense:…` | cost of the house: commission, top_up, goodwill, forgiven, written_off (negative) |
| `house:deficits`, `house:draws` | carried deficits, recoverable top-ups (negative while open) |
| `house:refunds` | the part of refunds that was goodwill |
| `house:moved` | commission on its way from one associate to another |

A correction without another associate (from or to the house, or by another pay plan) is between the associate
and `expense:commission`.
"""

from typing import Any, Final

import msgspec

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
from domain.messages import Event
from domain.return_.events import ReturnAccepted, ReturnMatched, ReturnUnmatched
from projections.commission_ledger.account import (
    NO_PERIOD,
    Account,
    CurrencyBalance,
    PeriodTotals,
    Statement,
    WorkedDay,
)
from projections.commission_ledger.deficits import is_in_deficit
from projections.commission_ledger.missing_hours import sold_without_hours
from projections.commission_ledger.postings import COLUMNS, Posting, no_line, post
from projections.kernel import Journal, Projection, table_ddl

CommissionEvent = (
    CommissionEarned | CommissionClawedBack | CommissionRestored | CommissionMoved | AllowanceClawedBack
)
_OF_ONE_LINE: Final = (CommissionMoved, AllowanceClawedBack)


def commission_earned(account: Account, event: CommissionEarned, position: int) -> tuple[Posting, ...]:
    balance = _in_currency(account, event)
    totals = _totals(balance, event)
    totals.sales_minor += event.sales_minor
    totals.earned_minor += event.amount_minor
    return _by_line(balance, event, "earned", "expense:commission", "associate")


def clawed_back(
    account: Account, event: CommissionClawedBack | AllowanceClawedBack, position: int
) -> tuple[Posting, ...]:
    balance = _in_currency(account, event)
    totals = _totals(balance, event)
    totals.sales_minor -= event.sales_minor
    totals.clawed_back_minor += event.amount_minor
    return _by_line(balance, event, "clawed_back", "associate", "expense:commission")


def commission_restored(account: Account, event: CommissionRestored, position: int) -> tuple[Posting, ...]:
    """A clawback that was wrong is undone: it counts as that much less clawed back."""
    balance = _in_currency(account, event)
    totals = _totals(balance, event)
    totals.sales_minor += event.sales_minor
    totals.clawed_back_minor -= event.amount_minor
    return _by_line(balance, event, "restored", "expense:commission", "associate")


def commission_moved(account: Account, event: CommissionMoved, position: int) -> tuple[Posting, ...]:
    balance = _in_currency(account, event)
    totals = _totals(balance, event)
    totals.sales_minor += event.sales_minor
    totals.moved_minor += event.amount_minor
    kind = "recomputed" if event.reason and not event.counterparties else "moved"
    source = "house:moved" if event.counterparties else "expense:commission"
    return _by_line(balance, event, kind, source, "associate")


def _by_line(
    balance: CurrencyBalance, event: CommissionEvent, kind: str, source: str, target: str
) -> tuple[Posting, ...]:
    """Commission of the lines of a sale, those without any left out."""
    if isinstance(event, _OF_ONE_LINE):
        amounts = [(event.line_no, event.amount_minor)]
    else:
        amounts = [(line.line_no, line.commission_minor) for line in event.lines]
    lines = [(line_no, amount_minor) for line_no, amount_minor in amounts if amount_minor]
    return_id = getattr(event, "return_id", None)
    return post(balance, event, kind, source, target, lines, event.period_id, event.sale_id, return_id)


def late_topped_up(account: Account, event: LateToppedUp, position: int) -> tuple[Posting, ...]:
    """What a closed period would have paid more; what is owed of it comes from the house's advances."""
    balance = _in_currency(account, event)
    _totals(balance, event).late_topped_up_minor += event.amount_minor
    kind, paid = "late_topped_up", no_line(event.amount_minor - event.owed_minor)
    gift = post(balance, event, kind, "expense:top_up", "associate", paid, event.period_id)
    if event.owed_minor < 0:
        return (*gift, *_settle_advances(balance, event, kind, "associate", -event.owed_minor))
    lender = "house:draws" if event.recoverable else "house:deficits"
    lent = no_line(event.owed_minor)
    return (*gift, *post(balance, event, kind, lender, "associate", lent, event.period_id))


def hours_recorded(account: Account, event: HoursRecorded, position: int) -> tuple[()]:
    """A day recorded again replaces the one before. Hours move no money."""
    _in_currency(account, event).days[event.worked_on.isoformat()] = WorkedDay(
        event.selling_minutes,
        event.non_selling_minutes,
        event.base_rate_minor,
        event.period_id or NO_PERIOD,
        event.waits_for is not None,
    )
    return ()


def late_hours_recorded(account: Account, event: LateHoursRecorded, position: int) -> tuple[()]:
    """They count for a closed period alone, wherever the day stood before; what corrects a day that counted
    changes nothing that is open.
    """
    balance = _in_currency(account, event)
    balance.days.pop(event.worked_on.isoformat(), None)
    if event.minutes_before is None:
        balance.late.append(event.worked_on.isoformat())
    return ()


def topped_up(account: Account, event: CommissionToppedUp, position: int) -> tuple[Posting, ...]:
    return _advance(account, event, "topped_up", "house:draws" if event.recoverable else "expense:top_up")


def deficit_carried(account: Account, event: DeficitCarried, position: int) -> tuple[Posting, ...]:
    return _advance(account, event, "carried", "house:deficits")


def deficit_forgiven(account: Account, event: DeficitForgiven, position: int) -> tuple[Posting, ...]:
    return _advance(account, event, "forgiven", "expense:forgiven")


def _advance(
    account: Account, event: CommissionToppedUp | DeficitCarried | DeficitForgiven, kind: str, source: str
) -> tuple[Posting, ...]:
    lines = no_line(event.amount_minor)
    return post(_in_currency(account, event), event, kind, source, "associate", lines, event.period_id)


def deficit_recouped(account: Account, event: DeficitRecouped, position: int) -> tuple[Posting, ...]:
    return _settle_advances(_in_currency(account, event), event, "recouped", "associate", event.amount_minor)


def deficit_written_off(account: Account, event: DeficitWrittenOff, position: int) -> tuple[Posting, ...]:
    source = "expense:written_off"
    return _settle_advances(_in_currency(account, event), event, "written_off", source, event.amount_minor)


def _settle_advances(
    balance: CurrencyBalance,
    event: DeficitRecouped | DeficitWrittenOff | LateToppedUp,
    kind: str,
    source: str,
    amount_minor: int,
) -> tuple[Posting, ...]:
    """The advances of the house are settled, carried deficits before draws: after a change of policy there
    may be both.
    """
    from_deficits = min(amount_minor, max(balance.deficits_minor, 0))
    from_draws = amount_minor - from_deficits
    period_id = event.period_id
    return (
        *post(balance, event, kind, source, "house:deficits", no_line(from_deficits), period_id),
        *post(balance, event, kind, source, "house:draws", no_line(from_draws), period_id),
    )


def statement_issued(account: Account, event: StatementIssued, position: int) -> tuple[Posting, ...]:
    """The period is settled, and with it what had found no period and what waited for a day up to its last; a
    statement of nothing has its entries, too.
    """
    balance = _in_currency(account, event)
    ends_on = event.ends_on.isoformat()
    settled = {
        on: day
        for on, day in balance.days.items()
        if day.period_id in (event.period_id, NO_PERIOD) and not (day.waits and on > ends_on)
    }
    counted = _settled_totals(balance, event.period_id, ends_on)
    statement = _statement(account, event, position, list(settled.values()), counted)
    balance.days = {on: day for on, day in balance.days.items() if on not in settled}
    balance.late = [on for on in balance.late if on > ends_on]
    account.statements += 1
    account.stated_at = position
    return post(
        balance,
        event,
        "paid",
        "associate",
        "payable",
        [(None, event.pay_minor)],
        period_id=event.period_id,
        document=_encode(statement).decode(),
    )


def _settled_totals(balance: CurrencyBalance, period_id: str, ends_on: str) -> PeriodTotals:
    counted = PeriodTotals()
    for named in (period_id, NO_PERIOD):
        counted.add(balance.open.pop(named, PeriodTotals()))
    for day in [day for day in balance.waiting if day <= ends_on]:
        counted.add(balance.waiting.pop(day))
    return counted


def _statement(
    account: Account, event: StatementIssued, position: int, days: list[WorkedDay], counted: PeriodTotals
) -> Statement:
    return Statement(
        position=position,
        previous_position=account.stated_at,
        issued_at=event.occurred_at,
        selling_minutes=sum(day.selling_minutes for day in days),
        non_selling_minutes=sum(day.non_selling_minutes for day in days),
        counted=counted,
        **{field: getattr(event, field) for field in _COPIED},
    )


def goodwill_given(
    account: Account, event: ReturnAccepted | ReturnMatched | ReturnUnmatched, position: int
) -> tuple[Posting, ...]:
    """More was refunded than the goods were sold for (or less): the house bears the difference, by line.

    What was refunded too little on a receipt stays open, and is nobody's goodwill. A match that holds no
    longer takes its goodwill back.
    """
    if isinstance(event, ReturnAccepted):
        differing = [(line, line.sold_minor) for line in event.lines if line.sold_minor is not None]
        given = [(line.line_no, max(0, line.refund_minor - sold)) for line, sold in differing]
    else:
        sign = 1 if isinstance(event, ReturnMatched) else -1
        given = [(line.line_no, sign * (line.refund_minor - line.sold_minor)) for line in event.lines]
    lines = [line for line in given if line[1]]
    if not lines:
        return ()
    return post(
        _in_currency(account, event),
        event,
        "goodwill",
        "expense:goodwill",
        "house:refunds",
        lines,
        sale_id=event.sale_id,
        return_id=event.return_id,
    )


def _in_currency(account: Account, event: Any) -> CurrencyBalance:
    balance = account.currencies.get(event.currency)
    if balance is None:
        balance = account.currencies[event.currency] = CurrencyBalance()
        account.associate_id = getattr(event, "associate_id", None)
    return balance


def _totals(balance: CurrencyBalance, event: Any) -> PeriodTotals:
    if event.waits_for is None:
        periods, named = balance.open, event.period_id or NO_PERIOD
    else:
        periods, named = balance.waiting, event.waits_for.isoformat()
    totals = periods.get(named)
    if totals is None:
        totals = periods[named] = PeriodTotals()
    return totals


_encode = msgspec.json.Encoder(order="deterministic").encode
_COPIED = sorted(set(Statement.__struct_fields__) & set(StatementIssued.__struct_fields__))

_FOLDS: dict[type[Event], Any] = {
    CommissionEarned: commission_earned,
    CommissionClawedBack: clawed_back,
    CommissionRestored: commission_restored,
    CommissionMoved: commission_moved,
    AllowanceClawedBack: clawed_back,
    LateToppedUp: late_topped_up,
    HoursRecorded: hours_recorded,
    LateHoursRecorded: late_hours_recorded,
    CommissionToppedUp: topped_up,
    DeficitCarried: deficit_carried,
    DeficitForgiven: deficit_forgiven,
    DeficitRecouped: deficit_recouped,
    DeficitWrittenOff: deficit_written_off,
    StatementIssued: statement_issued,
    ReturnAccepted: goodwill_given,
    ReturnMatched: goodwill_given,
    ReturnUnmatched: goodwill_given,
}


def empty(stream_id: str) -> Account:
    """An account without entries."""
    return Account()


def fold(account: Account, event: Event, position: int) -> Any:
    """Folds a money event into the account; its entries."""
    return _FOLDS[type(event)](account, event, position)


def query_values(account: Account) -> tuple[Any, ...]:
    """The query columns of an account's row, in the order of table.sql."""
    balance = account.currencies[account.currency] if account.currency is not None else CurrencyBalance()
    owed_minor = balance.deficits_minor + balance.draws_minor
    in_deficit = any(map(is_in_deficit, account.currencies.values()))
    without_hours = sold_without_hours(account.currencies.values())
    return (
        account.associate_id,
        account.currency,
        balance.balance_minor,
        owed_minor,
        in_deficit,
        without_hours,
    )


PROJECTION: Final = Projection(
    name="commission_ledger",
    keyed_by="stream",
    consumes=tuple(_FOLDS),
    state_type=Account,
    empty=empty,
    fold=fold,
    columns=("associate_id", "currency", "balance_minor", "owed_minor", "in_deficit", "sold_without_hours"),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
    journal=Journal("postings", COLUMNS),
)

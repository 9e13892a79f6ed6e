"""The commission ledger: every money fact of an associate as entries, two for each posting.

A posting moves an amount from one account to another: the one it reaches gets a positive entry, the one it leaves a
negative one. So every event's entries, and with them the ledger at every position, sum to zero in each currency.

| account | holds |
| --- | --- |
| `associate:<id>` | what the associate has earned and has not been paid |
| `payable:<id>` | what statements say is to be paid |
| `expense:commission`, `expense:top_up`, `expense:goodwill`, `expense:forgiven`, `expense:written_off` | what it cost the house (negative) |
| `house:deficits`, `house:draws` | carried deficits and recoverable top-ups the house has advanced (negative while open) |
| `house:refunds` | the part of refunds that was goodwill |
| `house:moved` | commission on its way from one associate to another |
"""

from typing import Any, Final

import msgspec

from domain.commission_account.events import (
    CommissionClawedBack,
    CommissionEarned,
    CommissionMoved,
    CommissionToppedUp,
    DeficitCarried,
    DeficitForgiven,
    DeficitRecouped,
    DeficitWrittenOff,
    HoursRecorded,
    StatementIssued,
)
from domain.messages import Event
from domain.return_.events import ReturnMatched
from projections.commission_ledger.account import (
    NO_PERIOD,
    Account,
    PeriodTotals,
    Purse,
    Statement,
    WorkedDay,
)
from projections.commission_ledger.entries import COLUMNS, Entry, Postings
from projections.kernel import Journal, Projection, table_ddl


def commission_earned(account: Account, event: CommissionEarned, position: int) -> list[Entry]:
    purse = _purse(account, event)
    totals = _totals(purse, event.period_id)
    totals.sales_minor += event.sales_minor
    totals.earned_minor += event.amount_minor
    postings = Postings(purse, event, "earned", sale_id=event.sale_id)
    earned = [(line.line_no, line.commission_minor) for line in event.lines]
    postings.move_lines("expense:commission", "associate", earned)
    return postings.entries


def commission_clawed_back(account: Account, event: CommissionClawedBack, position: int) -> list[Entry]:
    purse = _purse(account, event)
    totals = _totals(purse, event.period_id)
    totals.sales_minor -= event.sales_minor
    totals.clawed_back_minor += event.amount_minor
    postings = Postings(purse, event, "clawed_back", sale_id=event.sale_id, return_id=event.return_id)
    taken_back = [(line.line_no, line.commission_minor) for line in event.lines]
    postings.move_lines("associate", "expense:commission", taken_back)
    return postings.entries


def commission_moved(account: Account, event: CommissionMoved, position: int) -> list[Entry]:
    purse = _purse(account, event)
    totals = _totals(purse, event.period_id)
    totals.sales_minor += event.sales_minor
    totals.moved_minor += event.amount_minor
    postings = Postings(purse, event, "moved", sale_id=event.sale_id)
    postings.move("house:moved", "associate", event.amount_minor, event.line_no)
    return postings.entries


def hours_recorded(account: Account, event: HoursRecorded, position: int) -> tuple[()]:
    """A day recorded again stands for the one before. Hours move no money."""
    _purse(account, event).days[event.worked_on.isoformat()] = WorkedDay(
        event.selling_minutes, event.non_selling_minutes, event.base_rate_minor, event.period_id or NO_PERIOD
    )
    return ()


def topped_up(account: Account, event: CommissionToppedUp, position: int) -> list[Entry]:
    postings = Postings(_purse(account, event), event, "topped_up")
    postings.move("house:draws" if event.recoverable else "expense:top_up", "associate", event.amount_minor)
    return postings.entries


def deficit_carried(account: Account, event: DeficitCarried, position: int) -> list[Entry]:
    postings = Postings(_purse(account, event), event, "carried")
    postings.move("house:deficits", "associate", event.amount_minor)
    return postings.entries


def deficit_forgiven(account: Account, event: DeficitForgiven, position: int) -> list[Entry]:
    postings = Postings(_purse(account, event), event, "forgiven")
    postings.move("expense:forgiven", "associate", event.amount_minor)
    return postings.entries


def deficit_recouped(account: Account, event: DeficitRecouped, position: int) -> list[Entry]:
    return _settle_advances(_purse(account, event), event, "recouped", "associate")


def deficit_written_off(account: Account, event: DeficitWrittenOff, position: int) -> list[Entry]:
    return _settle_advances(_purse(account, event), event, "written_off", "expense:written_off")


def _settle_advances(
    purse: Purse, event: DeficitRecouped | DeficitWrittenOff, kind: str, source: str
) -> list[Entry]:
    """What the house advanced is settled, carried deficits before draws: an associate who changed policy may have both."""
    postings = Postings(purse, event, kind)
    from_deficits = min(event.amount_minor, max(purse.deficits_minor, 0))
    postings.move(source, "house:deficits", from_deficits)
    postings.move(source, "house:draws", event.amount_minor - from_deficits)
    return postings.entries


def statement_issued(account: Account, event: StatementIssued, position: int) -> list[Entry]:
    """The period is settled, and with it what had found no period; a statement of nothing has its entries, too."""
    purse = _purse(account, event)
    settled = (event.period_id, NO_PERIOD)
    days = [day for day in purse.days.values() if day.period_id in settled]
    statement = _statement(account, event, position, days, _settled_totals(purse, settled))
    purse.days = {on: day for on, day in purse.days.items() if day.period_id not in settled}
    account.statements += 1
    account.stated_at = position
    postings = Postings(purse, event, "paid")
    postings.move("associate", "payable", event.pay_minor, document=_encode(statement).decode())
    return postings.entries


def _settled_totals(purse: Purse, settled: tuple[str, ...]) -> PeriodTotals:
    counted = PeriodTotals()
    for period_id in settled:
        totals = purse.open.pop(period_id, PeriodTotals())
        counted.sales_minor += totals.sales_minor
        counted.earned_minor += totals.earned_minor
        counted.clawed_back_minor += totals.clawed_back_minor
        counted.moved_minor += totals.moved_minor
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


def goodwill_given(account: Account, event: ReturnMatched, position: int) -> list[Entry]:
    """More was refunded than the goods were sold for (or less): the difference is the house's, line by line."""
    postings = Postings(
        _purse(account, event), event, "goodwill", sale_id=event.sale_id, return_id=event.return_id
    )
    given = [(line.line_no, line.refund_minor - line.sold_minor) for line in event.lines]
    postings.move_lines("expense:goodwill", "house:refunds", given)
    return postings.entries


def _purse(account: Account, event: Any) -> Purse:
    purse = account.purses.get(event.currency)
    if purse is None:
        purse = account.purses[event.currency] = Purse()
        account.associate_id = getattr(event, "associate_id", None)
    return purse


def _totals(purse: Purse, period_id: str | None) -> PeriodTotals:
    totals = purse.open.get(period_id or NO_PERIOD)
    if totals is None:
        totals = purse.open[period_id or NO_PERIOD] = PeriodTotals()
    return totals


_encode = msgspec.json.Encoder(order="deterministic").encode
_COPIED = sorted(set(Statement.__struct_fields__) & set(StatementIssued.__struct_fields__))

_FOLDS: dict[type[Event], Any] = {
    CommissionEarned: commission_earned,
    CommissionClawedBack: commission_clawed_back,
    CommissionMoved: commission_moved,
    HoursRecorded: hours_recorded,
    CommissionToppedUp: topped_up,
    DeficitCarried: deficit_carried,
    DeficitForgiven: deficit_forgiven,
    DeficitRecouped: deficit_recouped,
    DeficitWrittenOff: deficit_written_off,
    StatementIssued: statement_issued,
    ReturnMatched: goodwill_given,
}


def empty(stream_id: str) -> Account:
    """An account without entries."""
    return Account()


def fold(account: Account, event: Event, position: int) -> Any:
    """Takes a money fact into the account; its entries."""
    return _FOLDS[type(event)](account, event, position)


def query_values(account: Account) -> tuple[Any, ...]:
    """The query columns of an account's row, in the order of table.sql."""
    purse = account.purses[account.currency] if account.currency is not None else Purse()
    owed_minor = purse.deficits_minor + purse.draws_minor
    return (account.associate_id, account.currency, purse.balance_minor, owed_minor)


PROJECTION: Final = Projection(
    name="commission_ledger",
    keyed_by="stream",
    consumes=tuple(_FOLDS),
    state_type=Account,
    empty=empty,
    fold=fold,
    columns=("associate_id", "currency", "balance_minor", "owed_minor"),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
    journal=Journal("entries", COLUMNS),
)

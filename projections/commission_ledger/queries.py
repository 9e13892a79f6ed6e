"""Queries of the commission ledger: the SQL, and how rows become documents.

Parameters are psycopg's named ones.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from domain.commission_account.settling import MINUTES_PER_HOUR
from domain.ids import account_id_of
from domain.money import half_up
from projections.commission_ledger.account import NO_PERIOD, Account, CurrencyBalance, PeriodTotals, Statement
from projections.commission_ledger.postings import entries_in

#: Rows of the journal without statements' documents; `entries_of` makes entries of them.
_POSTINGS: Final = """
    SELECT key, position, n, source, target, lines::text, currency, kind, period_id, sale_id, return_id,
        occurred_at, waits_for, NULL AS document
    FROM projections.commission_ledger_postings AS posting
"""

#: The account's row: key, position, state. Parameter: account_id (domain.ids.account_id_of).
ACCOUNT: Final = """
    SELECT key, position, state::text AS state FROM projections.commission_ledger WHERE key = %(account_id)s
"""

#: Postings of one associate in the order of the log; of one period where period_id is not null (then also
#: those that had found no period and were taken in by its statement, or will be by the next one when it has
#: none yet). Keyset pagination (a cursor): at least `limit` entries after (after_position, after_n), as far
#: as there are; (0, 0) is the beginning. `entries_of` with the same `after` leaves out the others.
#: Parameters: account_id, period_id, after_position, after_n, limit.
LEDGER: Final = f"""
    WITH statement AS (
        SELECT position, period_id, (document->>'ends_on')::date AS ends_on
        FROM projections.commission_ledger_postings
        WHERE key = %(account_id)s AND document IS NOT NULL
    )
    {_POSTINGS}
    WHERE key = %(account_id)s AND position >= %(after_position)s
    AND (
        %(period_id)s::text IS NULL
        OR period_id = %(period_id)s::text
        OR period_id IS NULL AND coalesce(
            (
                SELECT statement.period_id FROM statement
                WHERE statement.position > posting.position
                AND (posting.waits_for IS NULL OR posting.waits_for <= statement.ends_on)
                ORDER BY statement.position LIMIT 1
            ),
            CASE WHEN waits_for IS NULL AND NOT EXISTS (
                SELECT FROM statement WHERE statement.period_id = %(period_id)s::text
            ) THEN %(period_id)s::text END
        ) = %(period_id)s::text
    )
    ORDER BY position, n LIMIT %(limit)s::bigint + %(after_n)s::bigint / 2 + 1
"""

#: The statement of an account and a period as issued (document: JSON of Statement). Parameters: account_id,
#: period_id.
STATEMENT: Final = """
    SELECT document::text AS document FROM projections.commission_ledger_postings
    WHERE key = %(account_id)s AND period_id = %(period_id)s AND document IS NOT NULL
"""

#: The statement whose event is at a position of the log. Parameter: position.
STATEMENT_AT: Final = """
    SELECT document::text AS document FROM projections.commission_ledger_postings
    WHERE position = %(position)s AND document IS NOT NULL
"""

#: The statements of an associate that were issued before a position, the latest first. Parameters:
#: account_id, before, limit, offset.
STATEMENTS: Final = """
    SELECT document::text AS document FROM projections.commission_ledger_postings
    WHERE key = %(account_id)s AND position < %(before)s AND document IS NOT NULL
    ORDER BY position DESC LIMIT %(limit)s OFFSET %(offset)s
"""


def statements_in_period(scope: str | None = None) -> str:
    """Everybody's statements of a period, by associate; of one calendar, or of all that have it.

    Parameters: period_id, after_account_id (paging; '' begins), limit (null: all); scope, where it is given.
    """
    in_calendar = "" if scope is None else "AND document->>'scope' = %(scope)s"
    return f"""
        SELECT document::text AS document FROM projections.commission_ledger_postings
        WHERE period_id = %(period_id)s AND key > %(after_account_id)s AND document IS NOT NULL {in_calendar}
        ORDER BY key LIMIT %(limit)s
    """


#: Every posting in the order of the log, for exports. Parameters:
#: after_position, up_to_position.
JOURNAL: Final = f"""
    {_POSTINGS}
    WHERE position > %(after_position)s AND position <= %(up_to_position)s ORDER BY position, n
"""


class LedgerEntry(msgspec.Struct, frozen=True):
    """One side of a posting: `amount_minor` reached `account` (negative: left it).

    `position` names the event it came from.
    """

    position: int
    n: int
    account: str
    amount_minor: int
    currency: str
    kind: str
    associate_id: str | None
    period_id: str | None
    sale_id: str | None
    return_id: str | None
    line_no: int | None
    occurred_at: datetime
    waits_for: date | None = None


class OpenPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A period without a statement; `period_id` None: what found no period open and waits for the next
    statement, or for one that reaches the day `waits_for`.
    """

    period_id: str | None
    waits_for: date | None = None
    currency: str
    sales_minor: int
    earned_minor: int
    clawed_back_minor: int
    moved_minor: int
    net_minor: int
    minutes: int
    hours_on: list[date]


class AccountDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An associate's account.

    Per currency, `balances` is earned and not paid, `owed` carried deficit and open draw.
    """

    associate_id: str | None
    balances: dict[str, int]
    owed: dict[str, int]
    open_periods: list[OpenPeriod]
    statements: int


def ledger_parameters(
    associate_id: str, *, period_id: str | None = None, after: tuple[int, int] = (0, 0), limit: int = 100
) -> dict[str, Any]:
    """The parameters of LEDGER; `after` is (position, n) of the last entry that was read."""
    return {
        "account_id": account_id_of(associate_id),
        "period_id": period_id,
        "after_position": after[0],
        "after_n": after[1],
        "limit": limit,
    }


def statement_of(document: str | bytes) -> Statement:
    """A statement back from its document."""
    return _statement_decoder.decode(document)


def account_document(account: Account) -> AccountDocument:
    """What the row of an account says, for readers."""
    return AccountDocument(
        associate_id=account.associate_id,
        balances={currency: balance.balance_minor for currency, balance in account.currencies.items()},
        owed={
            currency: balance.deficits_minor + balance.draws_minor
            for currency, balance in account.currencies.items()
        },
        open_periods=[
            period
            for currency in sorted(account.currencies)
            for period in _open_periods(currency, account.currencies[currency])
        ],
        statements=account.statements,
    )


def _open_periods(currency: str, balance: CurrencyBalance) -> list[OpenPeriod]:
    worked = {(day.period_id, on if day.waits else None) for on, day in balance.days.items()}
    waiting = {(NO_PERIOD, day) for day in balance.waiting}
    named = worked | waiting | {(period_id, None) for period_id in balance.open}
    ordered = sorted(named, key=lambda period: (period[0], period[1] or ""))
    return [_open_period(currency, balance, *period) for period in ordered]


def _open_period(
    currency: str, balance: CurrencyBalance, period_id: str, waits_for: str | None
) -> OpenPeriod:
    periods, named = (balance.open, period_id) if waits_for is None else (balance.waiting, waits_for)
    totals = periods.get(named, PeriodTotals())
    worked = {
        on: day
        for on, day in balance.days.items()
        if day.period_id == period_id and (on if day.waits else None) == waits_for
    }
    return OpenPeriod(
        period_id=None if period_id == NO_PERIOD else period_id,
        waits_for=None if waits_for is None else date.fromisoformat(waits_for),
        currency=currency,
        sales_minor=totals.sales_minor,
        earned_minor=totals.earned_minor,
        clawed_back_minor=totals.clawed_back_minor,
        moved_minor=totals.moved_minor,
        net_minor=totals.net_minor,
        minutes=sum(day.selling_minutes + day.non_selling_minutes for day in worked.values()),
        hours_on=[date.fromisoformat(on) for on in sorted(worked)],
    )


def guarantee_of(account: Account, period: OpenPeriod) -> int:
    """What is paid at least for the hours of an open period told so far (minor units), rounded once."""
    balance = account.currencies.get(period.currency)
    worked = set(period.hours_on)
    return half_up(
        sum(
            (day.selling_minutes + day.non_selling_minutes) * day.base_rate_minor
            for on, day in (balance.days.items() if balance else ())
            if date.fromisoformat(on) in worked
        ),
        MINUTES_PER_HOUR,
    )


def entries_of(postings: Iterable[Sequence[Any]], after: tuple[int, int] = (0, -1)) -> Iterator[LedgerEntry]:
    """The entries in postings (rows of LEDGER, JOURNAL or the fold's journal) that follow (position, n)."""
    for row in entries_in(postings):
        if row[:2] > after:
            yield LedgerEntry(*row)


def entries_in_period(
    entries: Iterable[LedgerEntry], statements: Sequence[Statement], period_id: str
) -> list[LedgerEntry]:
    """Of the entries of one account those that LEDGER gives for a period, where the account's statements are
    these.
    """
    in_order = sorted(statements, key=lambda statement: statement.position)
    has_statement = any(statement.period_id == period_id for statement in statements)

    def is_of_period(entry: LedgerEntry) -> bool:
        if entry.period_id is not None:
            return entry.period_id == period_id
        for statement in in_order:
            reached = entry.waits_for is None or entry.waits_for <= statement.ends_on
            if statement.position > entry.position and reached:
                return statement.period_id == period_id
        return entry.waits_for is None and not has_statement

    return [entry for entry in entries if is_of_period(entry)]


_statement_decoder = msgspec.json.Decoder(Statement)

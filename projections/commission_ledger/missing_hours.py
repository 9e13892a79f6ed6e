"""Who has sales in a pay period and no hours: their guarantee of it would be nothing.

The SQL, and its rows as documents. Parameters are psycopg's named ones.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from domain.pay_period.commands import COMPANY
from projections.commission_ledger.account import NO_PERIOD, CurrencyBalance

#: A limit for who wants all of them.
EVERYBODY: Final = 10**6
_MISSING_HOURS: Final = """
    SELECT ledger.associate_id, directory.store_id, calendar.scope, sold.sales_minor
    FROM projections.pay_calendar AS calendar
    CROSS JOIN LATERAL json_to_recordset(calendar.state->'periods')
        AS period (period_id text, starts_on date, ends_on date)
    JOIN projections.associate_directory AS directory ON calendar.scope = coalesce(
        (SELECT own.scope FROM projections.pay_calendar AS own WHERE own.scope = directory.store_id),
        'company'
    )
    JOIN projections.commission_ledger AS ledger ON ledger.associate_id = directory.key
        AND cardinality(ledger.sold_without_hours) > 0 AND EXISTS (
            SELECT FROM unnest(ledger.sold_without_hours) AS period_or_day
            WHERE period_or_day = period.period_id
            OR period_or_day BETWEEN period.starts_on::text AND period.ends_on::text
        )
    CROSS JOIN LATERAL (
        SELECT json_object_agg(of_currency.currency, of_currency.minor) AS sales_minor
        FROM (
            SELECT purse.key AS currency, (
                SELECT sum((totals.value->>'sales_minor')::bigint) FROM (
                    SELECT value FROM json_each(purse.value->'open') WHERE key = period.period_id
                    UNION ALL
                    SELECT value FROM json_each(purse.value->'waiting')
                    WHERE key::date BETWEEN period.starts_on AND period.ends_on
                ) AS totals
            ) AS minor
            FROM json_each(ledger.state->'purses') AS purse
        ) AS of_currency
        WHERE of_currency.minor <> 0
    ) AS sold
    WHERE period.period_id = %(period_id)s AND (%(scope)s::text IS NULL OR calendar.scope = %(scope)s)
    AND ledger.associate_id > %(after_key)s {in_store} AND sold.sales_minor IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM json_each(ledger.state->'purses') AS purse, json_each(purse.value->'days') AS day
        WHERE day.value->>'period_id' = period.period_id
        OR day.key::date BETWEEN period.starts_on AND period.ends_on
    )
    AND NOT EXISTS (
        SELECT FROM json_each(ledger.state->'purses') AS purse,
            json_array_elements_text(purse.value->'late') AS day
        WHERE day::date BETWEEN period.starts_on AND period.ends_on
    )
    ORDER BY ledger.associate_id LIMIT %(limit)s
"""


def sales_without_hours(scope: str | None) -> str:
    """Associates of a period's calendar with sales in it (also such as wait for it), without hours on a day
    of it, and without its statement yet; of one scope, or (None) of every calendar.

    Rows by associate_id: associate_id, store_id, scope, sales_minor (by currency). Parameters:
    missing_hours_parameters.
    """
    in_store = "" if scope in (None, COMPANY) else "AND directory.store_id = %(scope)s"
    return _MISSING_HOURS.format(in_store=in_store)


class MissingHours(msgspec.Struct, frozen=True, kw_only=True):
    """An associate with sales in a period and no hours; `scope` is the calendar that the period is in."""

    associate_id: str
    store_id: str | None
    scope: str
    sales_minor: dict[str, int]


def missing_hours_parameters(
    period_id: str, *, scope: str | None, after: str = "", limit: int
) -> dict[str, Any]:
    """The parameters of `sales_without_hours`; `after` is the associate that was read last."""
    return {"period_id": period_id, "scope": scope, "after_key": after, "limit": limit}


def missing_hours_of(row: tuple[Any, ...]) -> MissingHours:
    """A row of `sales_without_hours` as a document."""
    associate_id, store_id, scope, sales_minor = row
    return MissingHours(associate_id=associate_id, store_id=store_id, scope=scope, sales_minor=sales_minor)


def sold_without_hours(balances: Iterable[CurrencyBalance]) -> list[str]:
    """The periods, and the days that lie in none yet (YYYY-MM-DD), in which an account has sales and no
    hours: where `sales_without_hours` looks more closely.
    """
    held = list(balances)
    worked = {day.period_id for balance in held for day in balance.days.values()}
    sold = {
        named
        for balance in held
        for totals in (balance.open, balance.waiting)
        for named, of_it in totals.items()
        if of_it.sales_minor
    }
    return sorted(sold - worked - {NO_PERIOD})

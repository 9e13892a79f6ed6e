"""Deficits while they build up: whose net commission of a period is below zero, since when, and why.

The SQL, and how rows become documents. Parameters are psycopg's named ones.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from domain.commission_account.settlement import MINUTES_PER_HOUR
from domain.money import half_up
from projections.commission_ledger.account import Account, CurrencyBalance
from projections.commission_ledger.queries import OpenPeriod, account_document

#: Accounts with a period below zero, by key: associate_id, store_id, state. Parameters: store_id, after_key
#: (paging; '' begins), limit.
ACCOUNTS_IN_DEFICIT: Final = """
    SELECT ledger.associate_id, directory.store_id, ledger.state::text AS state
    FROM projections.commission_ledger AS ledger
    LEFT JOIN projections.associate_directory AS directory ON directory.key = ledger.associate_id
    WHERE ledger.in_deficit AND ledger.associate_id > %(after_key)s
    AND (%(store_id)s::text IS NULL OR directory.store_id = %(store_id)s)
    ORDER BY ledger.associate_id LIMIT %(limit)s
"""

#: What has changed the net commission of these accounts since their latest statement, in the order of the
#: log: associate_id, period_id, waits_for, currency, kind, sale_id, return_id, occurred_at, amount_minor.
#: Parameter: account_ids.
CHANGES: Final = """
    SELECT 'ass_' || substr(posting.key, 5) AS associate_id, period_id, waits_for, posting.currency, kind,
        sale_id, return_id, occurred_at,
        (CASE WHEN target = 'associate' THEN 1 ELSE -1 END)
            * (SELECT sum((line->>1)::bigint) FROM json_array_elements(lines) AS line)::bigint AS amount_minor
    FROM projections.commission_ledger_postings AS posting
    JOIN projections.commission_ledger AS ledger USING (key)
    WHERE posting.key = ANY(%(account_ids)s)
    AND posting.kind IN ('earned', 'clawed_back', 'restored', 'moved', 'recomputed')
    AND posting.position > (ledger.state->>'stated_at')::bigint
    ORDER BY posting.key, posting.position, posting.n
"""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """A return, an allowance or a correction that took commission back: how much (minor units), and when."""

    kind: str
    sale_id: str | None
    return_id: str | None
    occurred_at: datetime
    amount_minor: int


class Deficit(msgspec.Struct, frozen=True, kw_only=True):
    """A period in which an associate has lost more commission than earned: `since` when, and why.

    `guarantee_minor` is what they are paid for the hours told so far.
    """

    associate_id: str
    store_id: str | None
    period_id: str | None
    currency: str
    net_minor: int
    guarantee_minor: int
    earned_minor: int
    clawed_back_minor: int
    since: datetime | None
    because: list[Cause]


def is_in_deficit(balance: CurrencyBalance) -> bool:
    """Whether any open period, or day that waits for one, is below zero."""
    return any(totals.net_minor < 0 for totals in (*balance.open.values(), *balance.waiting.values()))


def deficits_of(
    associate_id: str, store_id: str | None, account: Account, changes: Iterable[Sequence[Any]]
) -> list[Deficit]:
    """The deficits of one account, the latest changes of which are given as rows of CHANGES."""
    found = {
        (period.period_id, period.waits_for, period.currency): period
        for period in account_document(account).open_periods
        if period.net_minor < 0
    }
    rows = [row for row in changes if row[0] == associate_id]
    return [
        _deficit(associate_id, store_id, account, period, [row for row in rows if tuple(row[1:4]) == named])
        for named, period in found.items()
    ]


def _deficit(
    associate_id: str,
    store_id: str | None,
    account: Account,
    period: OpenPeriod,
    rows: Sequence[Sequence[Any]],
) -> Deficit:
    net_minor, since = 0, None
    for row in rows:
        net_minor += row[8]
        if net_minor >= 0:
            since = None
        elif since is None:
            since = row[7]
    days = account.currencies[period.currency].days
    rate_minutes = sum(
        (day.selling_minutes + day.non_selling_minutes) * day.base_rate_minor
        for on, day in days.items()
        if date.fromisoformat(on) in period.hours_on
    )
    return Deficit(
        associate_id=associate_id,
        store_id=store_id,
        period_id=period.period_id,
        currency=period.currency,
        net_minor=period.net_minor,
        guarantee_minor=half_up(rate_minutes, MINUTES_PER_HOUR),
        earned_minor=period.earned_minor,
        clawed_back_minor=period.clawed_back_minor,
        since=since,
        because=[
            Cause(kind=row[4], sale_id=row[5], return_id=row[6], occurred_at=row[7], amount_minor=-row[8])
            for row in rows
            if row[8] < 0
        ],
    )

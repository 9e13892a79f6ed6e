"""Deficits while they build up: whose net commission of a period is below zero, since when, and why.

The SQL, and how rows become documents. Parameters are psycopg's named ones.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from projections.commission_ledger.account import Account, CurrencyBalance
from projections.commission_ledger.queries import OpenPeriod, account_document, guarantee_of

#: Accounts with a period below zero, by key: associate_id, store_id, state, changes (JSON of Change: what has
#: changed their net commission since their latest statement, in the order of the log). Parameters: store_id,
#: after_key (paging; '' begins), limit.
DEFICITS: Final = """
    SELECT ledger.associate_id, directory.store_id, ledger.state::text AS state, (
        SELECT coalesce(json_agg(json_build_array(
            period_id, waits_for, posting.currency, kind, sale_id, return_id, occurred_at,
            (CASE WHEN target = 'associate' THEN 1 ELSE -1 END)
                * (SELECT sum((line->>1)::bigint) FROM json_array_elements(lines) AS line)::bigint
        ) ORDER BY posting.position, posting.n), '[]')::text
        FROM projections.commission_ledger_postings AS posting
        WHERE posting.key = ledger.key
        AND posting.kind IN ('earned', 'clawed_back', 'restored', 'moved', 'recomputed')
        AND posting.position > coalesce((ledger.state->>'stated_at')::bigint, 0)
    ) AS changes
    FROM projections.commission_ledger AS ledger
    LEFT JOIN projections.associate_directory AS directory ON directory.key = ledger.associate_id
    WHERE ledger.in_deficit AND ledger.associate_id > %(after_key)s
    AND (%(store_id)s::text IS NULL OR directory.store_id = %(store_id)s)
    ORDER BY ledger.associate_id LIMIT %(limit)s
"""


class Change(msgspec.Struct, frozen=True, array_like=True):
    """What a posting has changed of an account's net commission (minor units)."""

    period_id: str | None
    waits_for: date | None
    currency: str
    kind: str
    sale_id: str | None
    return_id: str | None
    occurred_at: datetime
    amount_minor: int


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


def deficits_of(associate_id: str, store_id: str | None, account: Account, changes: str) -> list[Deficit]:
    """The deficits of one account, given its latest changes as DEFICITS has them."""
    found = {
        (period.period_id, period.waits_for, period.currency): period
        for period in account_document(account).open_periods
        if period.net_minor < 0
    }
    made = _changes_decoder.decode(changes)
    return [
        _deficit(
            associate_id,
            store_id,
            account,
            period,
            [each for each in made if (each.period_id, each.waits_for, each.currency) == named],
        )
        for named, period in found.items()
    ]


def _deficit(
    associate_id: str,
    store_id: str | None,
    account: Account,
    period: OpenPeriod,
    changes: Sequence[Change],
) -> Deficit:
    net_minor, since = 0, None
    for change in changes:
        net_minor += change.amount_minor
        if net_minor >= 0:
            since = None
        elif since is None:
            since = change.occurred_at
    return Deficit(
        associate_id=associate_id,
        store_id=store_id,
        period_id=period.period_id,
        currency=period.currency,
        net_minor=period.net_minor,
        guarantee_minor=guarantee_of(account, period),
        earned_minor=period.earned_minor,
        clawed_back_minor=period.clawed_back_minor,
        since=since,
        because=[
            Cause(
                kind=change.kind,
                sale_id=change.sale_id,
                return_id=change.return_id,
                occurred_at=change.occurred_at,
                amount_minor=-change.amount_minor,
            )
            for change in changes
            if change.amount_minor < 0
        ],
    )


_changes_decoder = msgspec.json.Decoder(list[Change])

"""Postings as the ledger's journal keeps them, and the entries that readers see in them: two for each line.

A row holds all lines of an event that move between the same two accounts. One amount serves both sides: what
reaches the target has left the source. So no row is out of balance.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from domain.ids import COMMISSION_ACCOUNT, associate_id_of
from projections.commission_ledger.account import CurrencyBalance

#: What a row holds after its key, position and number. `lines` is JSON: [number, minor units] for each line
#: of the sale or return that moved from `source` to `target` (negative: the other way), the number null where
#: no line is concerned. An associate's own accounts go without the identifier: the key says whose they are.
#: `document` is the statement, where one is paid.
COLUMNS: Final = (
    "source",
    "target",
    "lines",
    "currency",
    "kind",
    "period_id",
    "sale_id",
    "return_id",
    "occurred_at",
    "waits_for",
    "document",
)
Posting = tuple[
    str,
    str,
    str,
    str,
    str,
    str | None,
    str | None,
    str | None,
    datetime,
    date | None,
    str | None,
]
#: (number, minor units)
Line = tuple[int | None, int]
#: Accounts that everybody has one of.
_OWN: Final = frozenset({"associate", "payable"})


def post(
    balance: CurrencyBalance,
    event: Any,
    kind: str,
    source: str,
    target: str,
    lines: Sequence[Line],
    period_id: str | None = None,
    sale_id: str | None = None,
    return_id: str | None = None,
    document: str | None = None,
) -> tuple[Posting, ...]:
    """What an event moves from one account to another by these lines: a row, or none without lines."""
    if not lines:
        return ()
    minor = 0
    for line in lines:
        minor += line[1]
    # The balances follow what is posted, so they are the sums of the entries by construction.
    balances = balance.balances
    balances[source] = balances.get(source, 0) - minor
    balances[target] = balances.get(target, 0) + minor
    written, at = _encode(lines).decode(), event.occurred_at
    waits_for = getattr(event, "waits_for", None)
    row = (
        source,
        target,
        written,
        event.currency,
        kind,
        period_id,
        sale_id,
        return_id,
        at,
        waits_for,
        document,
    )
    return (row,)


def no_line(minor: int) -> Sequence[Line]:
    """An amount (minor units) that concerns no line; zero is no entry."""
    return [(None, minor)] if minor else []


def entries_in(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """The entries in rows of the journal (key, position, n, then COLUMNS): the one place that expands them.

    n counts the rows of an event. Where an event has several, all but the last are of one line: so a row
    begins at 2 n.
    """
    for key, position, n, source, target, lines, *rest in rows:
        currency, kind, period_id, sale_id, return_id, at, waits_for, _ = rest
        associate_id = associate_id_of(key) if key.startswith(COMMISSION_ACCOUNT) else None
        for place, (line_no, minor) in enumerate(_decode(lines), start=n):
            for side, account, amount_minor in ((0, source, -minor), (1, target, minor)):
                named = f"{account}:{associate_id}" if account in _OWN else account
                yield (
                    position, 2 * place + side, named, amount_minor, currency, kind, associate_id, period_id,
                    sale_id, return_id, line_no, at, waits_for,
                )  # fmt: skip


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Line]).decode

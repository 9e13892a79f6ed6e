"""The two entries of a posting, as rows of the ledger's journal."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from projections.commission_ledger.account import Purse

#: What an entry holds after its key, position and number within the event. `document` is the statement, on the entry that pays it.
COLUMNS: Final = (
    "account",
    "amount_minor",
    "currency",
    "kind",
    "associate_id",
    "period_id",
    "sale_id",
    "return_id",
    "line_no",
    "occurred_at",
    "document",
)
Entry = tuple[
    str,
    int,
    str,
    str,
    str | None,
    str | None,
    str | None,
    str | None,
    int | None,
    datetime,
    str | None,
]
_OWN: Final = frozenset({"associate", "payable"})


class Postings:
    """The postings of one event. Balances follow what is posted, so they are the sum of the entries by construction."""

    def __init__(
        self, purse: Purse, event: Any, kind: str, *, sale_id: str | None = None, return_id: str | None = None
    ) -> None:
        self.entries: list[Entry] = []
        self._balances = purse.balances
        self._associate_id: str | None = getattr(event, "associate_id", None)
        period_id: str | None = getattr(event, "period_id", None)
        at: datetime = event.occurred_at
        self._shared = (event.currency, kind, self._associate_id, period_id, sale_id, return_id, at)

    def move(
        self,
        source: str,
        target: str,
        amount_minor: int,
        line_no: int | None = None,
        document: str | None = None,
    ) -> None:
        """Posts an amount (minor units; negative: the other way) from one account to another. Nothing moved is no entry.

        A `document` (JSON) is put on the entry of the target, and then nothing is an amount as well.
        """
        if amount_minor or document is not None:
            self.move_lines(source, target, ((line_no, amount_minor),), also_nothing=True)
        if document is not None:
            self.entries[-1] = (*self.entries[-1][:-1], document)

    def move_lines(
        self,
        source: str,
        target: str,
        lines: Iterable[tuple[int | None, int]],
        *,
        also_nothing: bool = False,
    ) -> None:
        """One posting for each (line number, amount). Lines of nothing are no entries."""
        # A sale may have hundreds of lines: what they share is looked up once.
        loses, gains, append = self._name(source), self._name(target), self.entries.append
        currency, kind, who, period_id, sale_id, return_id, at = self._shared
        posted_before, total_minor = len(self.entries), 0
        for line_no, minor in lines:
            if minor or also_nothing:
                append((loses, -minor, currency, kind, who, period_id, sale_id, return_id, line_no, at, None))
                append((gains, minor, currency, kind, who, period_id, sale_id, return_id, line_no, at, None))
                total_minor += minor
        if len(self.entries) > posted_before:
            self._balances[source] = self._balances.get(source, 0) - total_minor
            self._balances[target] = self._balances.get(target, 0) + total_minor

    def _name(self, account: str) -> str:
        return f"{account}:{self._associate_id}" if account in _OWN else account

"""The two entries of a posting, as rows of the ledger's journal."""

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
        # Everything an entry has besides account, amount, line and document is the same for the whole event.
        self._before = (event.currency, kind, self._associate_id, getattr(event, "period_id", None))
        self._after = (sale_id, return_id)
        self._occurred_at: datetime = event.occurred_at

    def move(
        self,
        source: str,
        target: str,
        amount_minor: int,
        line_no: int | None = None,
        *,
        also_nothing: bool = False,
    ) -> None:
        """Posts an amount (minor units; negative: the other way) from one account to another. Nothing moved is no entry."""
        if not amount_minor and not also_nothing:
            return
        balances = self._balances
        balances[source] = balances.get(source, 0) - amount_minor
        balances[target] = balances.get(target, 0) + amount_minor
        rest = (*self._before, *self._after, line_no, self._occurred_at, None)
        self.entries.append((self._name(source), -amount_minor, *rest))
        self.entries.append((self._name(target), amount_minor, *rest))

    def attach(self, document: str) -> None:
        """Puts a document (JSON) on the last entry."""
        self.entries[-1] = (*self.entries[-1][:-1], document)

    def _name(self, account: str) -> str:
        return f"{account}:{self._associate_id}" if account in _OWN else account

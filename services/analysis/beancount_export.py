"""The ledger as a beancount journal, whose double entry another program checks.

https://beancount.github.io/docs/beancount_language_syntax.html
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from domain.money import in_major_units
from projections.commission_ledger.queries import LedgerEntry

#: The first word of our accounts, and the family it belongs to there.
FAMILIES = {"associate": "Liabilities", "payable": "Liabilities", "expense": "Expenses", "house": "Assets"}


def beancount(entries: Iterable[LedgerEntry]) -> Iterator[str]:
    """A journal: a transaction for each event, its postings, and the accounts opened before their first
    use.
    """
    yield 'option "title" "clienteling commission ledger"\n'
    declared: set[str] = set()
    for position, postings in groupby(entries, key=lambda entry: entry.position):
        legs = list(postings)
        day = legs[0].occurred_at.date().isoformat()
        for leg in legs:
            account = account_of(leg.account)
            if account not in declared:
                declared.add(account)
                # Entries are in the order of the log, which is not the order of their days.
                yield f"1900-01-01 open {account}\n"
        yield f'\n{day} * "{legs[0].kind}"\n  position: {position}\n'
        for leg in legs:
            # Here positive is what an account receives; there an expense is positive and what is owed to
            # people negative.
            amount = in_major_units(-leg.amount_minor, leg.currency)
            yield f"  {account_of(leg.account)}  {amount} {leg.currency}\n"
            for name in ("sale_id", "return_id", "line_no", "period_id"):
                value = getattr(leg, name)
                if value is not None:
                    yield f'    {name.replace("_", "-")}: "{value}"\n'


def account_of(account: str) -> str:
    """`expense:top_up` as `Expenses:Top-up`; `associate:ass_12...` as `Liabilities:Associate:A12...`."""
    first, _, second = account.partition(":")
    if first in ("associate", "payable"):
        return f"{FAMILIES[first]}:{first.capitalize()}:A{second[4:]}"
    return f"{FAMILIES[first]}:{second.replace('_', '-').capitalize()}"

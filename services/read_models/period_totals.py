"""What the statements of a pay period come to: paid already, or to be paid by closing it."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from domain.commission_account.events import StatementIssued
from projections.pay_questions.queries import QUESTIONS_ABOUT


class CurrencyTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Statements in one currency: how many, and the sums of what they say (money in minor units)."""

    currency: str
    statements: int
    minutes: int
    sales_minor: int
    earned_minor: int
    clawed_back_minor: int
    moved_minor: int
    net_minor: int
    guarantee_minor: int
    owed_before_minor: int
    recouped_minor: int
    topped_up_minor: int
    late_topped_up_minor: int
    carried_minor: int
    forgiven_minor: int
    written_off_minor: int
    owed_after_minor: int
    pay_minor: int


#: What is added up, by the names that statements have it under.
ADDED: Final = tuple(
    name for name in CurrencyTotals.__struct_fields__ if name not in ("currency", "statements")
)

#: The statements of a period by currency: currency, statements, the sums, unsigned, questioned (how many).
#: Parameters: period_id, scope (null: every calendar).
TOTALS_OF_PERIOD: Final = f"""
    WITH stated AS (
        SELECT key, document AS said FROM projections.commission_ledger_postings
        WHERE period_id = %(period_id)s AND document IS NOT NULL
        AND (%(scope)s::text IS NULL OR document->>'scope' = %(scope)s)
    )
    SELECT said->>'currency' AS currency, count(*) AS statements,
        {", ".join(f"coalesce(sum((said->>'{name}')::bigint), 0)::bigint AS {name}" for name in ADDED)},
        count(*) FILTER (WHERE signature.key IS NULL) AS unsigned,
        count(*) FILTER (WHERE EXISTS (SELECT {QUESTIONS_ABOUT})) AS questioned
    FROM stated
    LEFT JOIN projections.pay_questions_signatures AS signature
        ON signature.key = stated.key AND signature.period_id = %(period_id)s
    LEFT JOIN projections.pay_questions AS account ON account.key = stated.key
    GROUP BY said->>'currency' ORDER BY said->>'currency'
"""


def currency_totals_of(row: tuple[Any, ...]) -> CurrencyTotals:
    """What a row of TOTALS_OF_PERIOD says of a currency."""
    return CurrencyTotals(**dict(zip(CurrencyTotals.__struct_fields__, row, strict=False)))


def added_up(statements: Iterable[StatementIssued]) -> list[CurrencyTotals]:
    """The same of statements, by currency."""
    sums: dict[str, dict[str, int]] = {}
    for statement in statements:
        of_currency = sums.setdefault(statement.currency, dict.fromkeys(("statements", *ADDED), 0))
        of_currency["statements"] += 1
        for name in ADDED:
            of_currency[name] += getattr(statement, name)
    return [CurrencyTotals(currency=currency, **sums[currency]) for currency in sorted(sums)]

"""`clienteling ledger statements`, `missing-hours` and `deficits`: what managers and payroll read of
everybody.
"""

from typing import Annotated

from cyclopts import Parameter

from infra.runtime import open_runtime
from projections.commission_ledger.account import Statement
from projections.commission_ledger.deficits import DEFICITS, Deficit
from projections.commission_ledger.missing_hours import (
    MissingHours,
    missing_hours_of,
    missing_hours_parameters,
    sales_without_hours,
)
from projections.commission_ledger.queries import statement_of, statements_in_period
from services.cli.output import Output, money
from services.cli.tables import table
from services.read_models.deficits import deficits_in, deficits_parameters

EVERYBODY = 10**9


def statements(
    period: Annotated[str, Parameter(help="The pay period.")], *, output: Output = Output()
) -> int:
    """List everybody's statements of a pay period."""
    parameters = {"period_id": period, "after_account_id": "", "limit": EVERYBODY}
    with open_runtime() as runtime:
        found = [statement_of(row[0]) for row in runtime.rows(statements_in_period(), parameters)]
    output.show({"period_id": period, "statements": found}, lambda _: _draw_statements(period, found))
    return 0


def missing_hours(
    period: Annotated[str, Parameter(help="The pay period.")],
    *,
    scope: Annotated[str | None, Parameter(help="Only its calendar: company, or a store.")] = None,
    output: Output = Output(),
) -> int:
    """List who has sales in a pay period and no hours."""
    parameters = missing_hours_parameters(period, scope=scope, limit=EVERYBODY)
    with open_runtime() as runtime:
        found = [missing_hours_of(row) for row in runtime.rows(sales_without_hours(scope), parameters)]
    output.show({"period_id": period, "missing": found}, lambda _: _draw_missing_hours(period, found))
    return 0


def deficits(
    *,
    store: Annotated[str | None, Parameter(help="Only who works in this store.")] = None,
    output: Output = Output(),
) -> int:
    """List deficits while they build up: whose, since when, and by which returns."""
    with open_runtime() as runtime:
        parameters = deficits_parameters(store_id=store, after="", limit=EVERYBODY)
        found = deficits_in(runtime.rows(DEFICITS, parameters))
    output.show({"deficits": found}, lambda _: _draw_deficits(found))
    return 0


def _draw_statements(period: str, found: list[Statement]) -> None:
    columns = ("net commission", "guarantee", "topped up", "owed afterwards", "pay")
    table(
        f"Statements of {period}",
        ("associate", *((heading, "right") for heading in columns)),
        (
            (
                one.associate_id,
                *(
                    money(amount, one.currency)
                    for amount in (
                        one.net_minor,
                        one.guarantee_minor,
                        one.topped_up_minor + one.late_topped_up_minor,
                        one.owed_after_minor,
                        one.pay_minor,
                    )
                ),
            )
            for one in found
        ),
    )


def _draw_missing_hours(period: str, found: list[MissingHours]) -> None:
    table(
        f"Sales without hours in {period}",
        ("associate", "store", "calendar", ("net sales", "right")),
        (
            (
                one.associate_id,
                one.store_id or "",
                one.scope,
                "\n".join(money(minor, currency) for currency, minor in sorted(one.sales_minor.items())),
            )
            for one in found
        ),
    )


def _draw_deficits(found: list[Deficit]) -> None:
    table(
        "Deficits that build up",
        ("associate", "store", "period", ("net commission", "right"), "since", "because of"),
        (
            (
                one.associate_id,
                one.store_id,
                one.period_id or "none opened yet",
                money(one.net_minor, one.currency),
                one.since.date() if one.since else "",
                "\n".join(
                    f"{cause.occurred_at:%Y-%m-%d} {cause.return_id or cause.sale_id} "
                    f"{money(-cause.amount_minor, one.currency)}"
                    for cause in one.because
                ),
            )
            for one in found
        ),
    )

"""`clienteling ledger account`: where an associate stands, now or as of any past date or position,
straight from the log.
"""

from infra.runtime import open_runtime
from projections.commission_ledger.account import Account
from projections.commission_ledger.queries import AccountDocument, account_document
from services.cli.as_of_options import AsOf
from services.cli.associate_argument import Associate, associate_id_of
from services.cli.output import Output, money
from services.cli.tables import table
from services.read_models.rows_as_of import LedgerAsOf, ledger_as_of


def account(
    associate: Associate,
    *,
    as_of: AsOf = AsOf(),
    output: Output = Output(),
) -> int:
    """Show an associate's commission account: balance, what is owed, open periods, statements."""
    with open_runtime() as runtime:
        associate_id = associate_id_of(runtime, associate)
        past = as_of.cutoff(runtime.log)
        found = ledger_as_of(runtime.log, associate_id, past)
    stood = account_document(found.account or Account(associate_id))
    document = {
        "position": past.position,
        "as_of": past.instant,
        "account": stood,
        "entries": found.entries,
        "statements": found.statements,
    }
    output.show(document, lambda _: _draw(stood, found, f"{associate_id}, {as_of.heading(past)}"))
    return 0


def _draw(stood: AccountDocument, found: LedgerAsOf, title: str) -> None:
    table(
        title,
        ("currency", ("earned, not paid", "right"), ("owed", "right"), ("entries", "right")),
        (
            (
                currency,
                money(balance, currency),
                money(stood.owed[currency], currency),
                f"{sum(entry.currency == currency for entry in found.entries):,}",
            )
            for currency, balance in sorted(stood.balances.items())
        ),
    )
    table(
        "\nPeriods without a statement",
        (
            "period",
            ("sold", "right"),
            ("earned", "right"),
            ("clawed back", "right"),
            ("moved", "right"),
            ("net", "right"),
            ("hours", "right"),
        ),
        (
            (
                period.period_id or "none found yet",
                money(period.sales_minor, period.currency),
                money(period.earned_minor, period.currency),
                money(-period.clawed_back_minor, period.currency),
                money(period.moved_minor, period.currency),
                money(period.net_minor, period.currency),
                f"{period.minutes / 60:.2f}",
            )
            for period in stood.open_periods
        ),
    )
    table(
        "\nStatements",
        ("period", "issued", ("net commission", "right"), ("guarantee", "right"), ("pay", "right")),
        (
            (
                issued.period_id,
                issued.issued_at.date(),
                money(issued.net_minor, issued.currency),
                money(issued.guarantee_minor, issued.currency),
                money(issued.pay_minor, issued.currency),
            )
            for issued in reversed(found.statements)
        ),
    )

"""`clienteling import`: history from files."""

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, validators

from domain.money import minor_digits_of
from infra.clock import SYSTEM_CLOCK
from infra.runtime import Runtime
from services.cli.import_check import check_import
from services.cli.import_session import PayPeriodsAsked, opened, run_import, wrong_usage
from services.cli.output import Output, flag
from services.importing.pipeline.made_up_associates import ASSOCIATES_MAX
from services.importing.pipeline.pay_periods import PeriodLength

app = App(name="import", help_format="plaintext")

Count = validators.Number(gte=1, lte=ASSOCIATES_MAX)
Check = Annotated[bool, flag("Read without writing and say what an import would do; 1 when a row is wrong.")]
PayPeriods = Annotated[
    PeriodLength | None,
    Parameter(help="Open pay periods over the history and close them, each with its statements."),
]
SPREAD = "Made-up associates over whom the customers are spread."


@app.command(name="online-retail")
def online_retail(
    file: Annotated[Path, Parameter(help="CSV, plain or gzipped, of Online Retail or Online Retail II.")],
    /,
    *more: Annotated[Path, Parameter(help="More of them, such as the other sheet: they are read as one.")],
    associates: Annotated[int, Parameter(help=SPREAD, validator=Count)] = 10,
    pay_periods: PayPeriods = None,
    check: Check = False,
    output: Output = Output(),
) -> int:
    """Import UCI Online Retail or Online Retail II.

    Cancellations are matched to earlier sales of the same customer and stock code,
    oldest first; what matches nothing is a return without a receipt. The files
    name no salespeople: customers are spread over made-up associates, who are
    labelled as such.

    For example:

        clienteling import online-retail online_retail.csv.gz --associates 40
        clienteling import online-retail 2009-2010.csv 2010-2011.csv
    """
    from services.importing.formats.online_retail.reader import OnlineRetail

    job = opened(partial(OnlineRetail, (file, *more), associates), currency="GBP")
    if check:
        return check_import(job, output, readings=job.source.readings, time_zone="Europe/London")
    return run_import(
        job, output, associates=associates, pay_periods=PayPeriodsAsked(pay_periods, "Europe/London")
    )


@app.command
def northwind(
    folder: Annotated[
        Path, Parameter(help="Folder with orders.csv, order_details.csv, customers.csv and so on.")
    ],
    *,
    pay_periods: PayPeriods = None,
    check: Check = False,
    output: Output = Output(),
) -> int:
    """Import Northwind, sold by its own employees. A customer belongs to whoever sold them most by money.

    For example:

        clienteling import northwind data/northwind
    """
    from services.importing.formats.northwind import Northwind

    job = opened(partial(Northwind, folder), currency="USD")
    if check:
        return check_import(job, output, readings=job.source.readings, time_zone="UTC")
    return run_import(job, output, pay_periods=PayPeriodsAsked(pay_periods, "UTC"))


@app.command
def adventureworks(
    folder: Annotated[
        Path,
        Parameter(help="Folder with SalesOrderHeader.csv, SalesOrderDetail.csv, SalesPerson.csv and so on."),
    ],
    *,
    pay_periods: PayPeriods = None,
    check: Check = False,
    output: Output = Output(),
) -> int:
    """Import AdventureWorks (OLTP): orders, salespeople with their commission, hand-overs.

    The files may be those of Microsoft's install script, without headers, or
    exports with headers.

    For example:

        clienteling import adventureworks data/adventureworks
    """
    from services.importing.formats.adventureworks.reader import AdventureWorks

    job = opened(partial(AdventureWorks, folder), currency="USD")
    if check:
        return check_import(job, output, readings=job.source.readings, time_zone="UTC")
    return run_import(job, output, pay_periods=PayPeriodsAsked(pay_periods, "UTC"))


@app.command(name="csv")
def csv_(
    file: Annotated[Path, Parameter(help="CSV with a header, plain or gzipped.")],
    /,
    *more: Annotated[Path, Parameter(help="More of them: they are read as one.")],
    mapping: Annotated[
        Path, Parameter(help="TOML file that says what the columns are; see docs/examples/import.toml.")
    ],
    associates: Annotated[int | None, Parameter(help=SPREAD, validator=Count)] = None,
    pay_periods: PayPeriods = None,
    check: Check = False,
    output: Output = Output(),
) -> int:
    """Import your own sales and returns from CSV files whose columns a small TOML file maps.

    Returns are matched to earlier sales of the same customer and item, oldest
    first. A customer belongs to whoever sold them most by money.

    For example:

        clienteling import csv sales.csv --mapping import.toml --check
        clienteling import csv sales.csv --mapping import.toml
    """
    from services.importing.formats.mapped_csv.mapping import mapping_of
    from services.importing.formats.mapped_csv.reader import MappedCsv

    with wrong_usage():
        meaning = mapping_of(mapping)
    reader = partial(MappedCsv, (file, *more), meaning, now=SYSTEM_CLOCK.now(), associates=associates or 0)
    job = opened(reader, currency=meaning.currency, minor_digits=minor_digits_of(meaning.currency))
    source = job.source
    if check:
        return check_import(
            job, output, readings=source.readings, time_zone=meaning.time_zone, kinds=source.kinds
        )

    def prepare(runtime: Runtime) -> None:
        source.key_hashes(
            runtime.vault.blind_digest(f"import:{source.source}", b"customers without a number")
        )

    return run_import(
        job,
        output,
        associates=associates or 0,
        pay_periods=PayPeriodsAsked(pay_periods, meaning.time_zone),
        prepare=prepare,
    )

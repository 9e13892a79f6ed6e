"""`clienteling import`: history from files."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, validators

from domain.money import minor_digits_of
from infra.clock import SYSTEM_CLOCK
from services.ops.importing.account import Account
from services.ops.importing.files import UnusableFile
from services.ops.importing.made_up import ASSOCIATES_MAX, refuse_other_number_of_associates
from services.ops.output import Json, WrongUsage
from services.ops.shop import opened_shop

app = App(name="import", help_format="plaintext")


Count = validators.Number(gte=1, lte=ASSOCIATES_MAX)
SPREAD = "Made-up associates over whom the customers are spread."


@app.command(name="online-retail")
def online_retail(
    file: Annotated[Path, Parameter(help="CSV, plain or gzipped, of Online Retail or Online Retail II.")],
    /,
    *more: Annotated[Path, Parameter(help="More of them, such as the other sheet: they are read as one.")],
    associates: Annotated[int, Parameter(help=SPREAD, validator=Count)] = 10,
    json: Json = False,
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
    from services.ops.importing.online_retail import OnlineRetail
    from services.ops.importing.session import imported

    account = Account()
    try:
        source = OnlineRetail((file, *more), associates, account)
    except UnusableFile as error:
        raise WrongUsage(str(error)) from error
    with opened_shop() as shop:
        refuse_other_number_of_associates(shop.handler.known_keys, source.source, associates)
        return imported(shop, source, account, json=json, currency="GBP")


@app.command
def northwind(
    folder: Annotated[
        Path, Parameter(help="Folder with orders.csv, order_details.csv, customers.csv and so on.")
    ],
    *,
    json: Json = False,
) -> int:
    """Import Northwind, sold by its own employees. The owner of a customer is who sold her most by money.

    For example:

        clienteling import northwind data/northwind
    """
    from services.ops.importing.northwind import Northwind
    from services.ops.importing.session import imported

    account = Account()
    try:
        source = Northwind(folder, account)
    except UnusableFile as error:
        raise WrongUsage(str(error)) from error
    with opened_shop() as shop:
        return imported(shop, source, account, json=json, currency="USD")


@app.command
def adventureworks(
    folder: Annotated[
        Path,
        Parameter(help="Folder with SalesOrderHeader.csv, SalesOrderDetail.csv, SalesPerson.csv and so on."),
    ],
    *,
    json: Json = False,
) -> int:
    """Import AdventureWorks (OLTP): reseller and internet orders, salespeople with their commissions, hand-overs between them.

    The files may be those of Microsoft's install script, without headers, or
    exports with headers.

    For example:

        clienteling import adventureworks data/adventureworks
    """
    from services.ops.importing.adventureworks import AdventureWorks
    from services.ops.importing.session import imported

    account = Account()
    try:
        source = AdventureWorks(folder, account)
    except UnusableFile as error:
        raise WrongUsage(str(error)) from error
    with opened_shop() as shop:
        return imported(shop, source, account, json=json, currency="USD")


@app.command(name="csv")
def csv_(
    file: Annotated[Path, Parameter(help="CSV with a header, plain or gzipped.")],
    /,
    *more: Annotated[Path, Parameter(help="More of them: they are read as one.")],
    mapping: Annotated[
        Path, Parameter(help="TOML file that says what the columns are; see docs/examples/import.toml.")
    ],
    associates: Annotated[int | None, Parameter(help=SPREAD, validator=Count)] = None,
    check: Annotated[
        bool,
        Parameter(
            help="Read without writing and say what an import would do; 1 when a row is wrong.",
            negative="",
            show_default=False,
        ),
    ] = False,
    json: Json = False,
) -> int:
    """Import your own sales and returns from CSV files whose columns a small TOML file maps.

    Returns are matched to earlier sales of the same customer and item, oldest
    first. A customer belongs to who sold her most by money.

    For example:

        clienteling import csv sales.csv --mapping import.toml --check
        clienteling import csv sales.csv --mapping import.toml
    """
    from services.ops.importing.checking import checked
    from services.ops.importing.mapped_csv import MappedCsv
    from services.ops.importing.mapping import mapping_of
    from services.ops.importing.session import imported

    try:
        meaning = mapping_of(mapping)
        account = Account(minor_digits_of(meaning.currency))
        source = MappedCsv(
            (file, *more), meaning, account, now=SYSTEM_CLOCK.now(), associates=associates or 0
        )
        if check:
            return checked(source, account, json=json, currency=meaning.currency)
    except UnusableFile as error:
        raise WrongUsage(str(error)) from error
    with opened_shop() as shop:
        refuse_other_number_of_associates(shop.handler.known_keys, source.source, associates or 0)
        return imported(shop, source, account, json=json, currency=meaning.currency)

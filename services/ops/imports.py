"""`clienteling import`: history from files."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Protocol

from cyclopts import App, Parameter, validators

from services.ops.catch_up import catch_up
from services.ops.importing.account import Account, Summary
from services.ops.importing.files import UnusableFile
from services.ops.importing.run import ImportRefused, KeyedCommand, run_commands
from services.ops.output import Json, complain, document, err, money, progress, table
from services.ops.shop import Shop, opened_shop

app = App(
    name="import",
    help="""Import history. Rows stream; every row is imported or left out for a named reason, and the sums give the file's.

Stop it whenever you like and run the same command again: it goes on where it stopped, and nothing is imported twice.""",
    help_format="plaintext",
)

UNREADABLE_SHOWN_MAX = 10
WRONG_USAGE = 2


class Source(Protocol):
    """What reads a file of some format."""

    size_bytes: int

    def commands(self, on_progress: Callable[[int], None] | None = None) -> Iterator[KeyedCommand]: ...


@app.command(name="online-retail")
def online_retail(
    file: Annotated[Path, Parameter(help="CSV, plain or .gz, of Online Retail or Online Retail II.")],
    *more: Path,
    associates: Annotated[
        int,
        Parameter(
            help="Made-up associates over whom the customers are spread.",
            validator=validators.Number(gte=1, lte=1000),
        ),
    ] = 10,
    json: Json = False,
) -> int:
    """Import UCI Online Retail or Online Retail II.

    Cancellations are matched to earlier sales of the same customer and stock code, oldest first; what matches nothing is a return without a receipt.
    The files name no salespeople: customers are spread over made-up associates, who are labelled as such.
    """
    from services.ops.importing.online_retail import OnlineRetail, refuse_other_number_of_associates

    account = Account()
    try:
        sources = [OnlineRetail(path, associates, account) for path in (file, *more)]
    except UnusableFile as error:
        complain(str(error))
        return WRONG_USAGE
    with opened_shop() as shop:
        refuse_other_number_of_associates(shop.handler, associates)
        return _import(shop, sources, account, json=json)


@app.command
def northwind(
    folder: Annotated[
        Path, Parameter(help="Folder with orders.csv, order_details.csv, customers.csv and so on.")
    ],
    *,
    json: Json = False,
) -> int:
    """Import Northwind, sold by its own employees. The owner of a customer is who sold her most by money."""
    from services.ops.importing.northwind import Northwind

    account = Account()
    try:
        source = Northwind(folder, account)
    except UnusableFile as error:
        complain(str(error))
        return WRONG_USAGE
    with opened_shop() as shop:
        return _import(shop, [source], account, json=json)


def _import(shop: Shop, sources: Sequence[Source], account: Account, *, json: bool) -> int:
    started = time.monotonic()
    try:
        for source in sources:
            _run(shop, source, account, quiet=json and not err.is_terminal)
    except (UnusableFile, ImportRefused) as error:
        complain(str(error))
        return 1
    summary = account.close()
    for complaint in account.unreadable[:UNREADABLE_SHOWN_MAX]:
        complain(f"left out, {complaint}")
    caught_up = catch_up(
        shop.settings, shop.servers, shop.log.last_position(), quiet=json and not err.is_terminal
    )
    summary.seconds = round(time.monotonic() - started, 3)
    if json:
        document(summary)
    else:
        _show(summary)
    return 0 if caught_up else 1


def _run(shop: Shop, source: Source, account: Account, *, quiet: bool) -> None:
    with progress(quiet=quiet) as bar:
        task = bar.add_task("importing", total=source.size_bytes, rate="")

        def on_batch(events: int, passed_over: int) -> None:
            account.summary.events += events
            account.summary.already_imported += passed_over
            rows = account.summary.rows
            bar.update(task, rate=f"{rows:,} rows, {account.summary.events:,} events")

        run_commands(
            shop.handler,
            source.commands(lambda read: bar.update(task, completed=read)),
            batch_commands_max=shop.settings.import_batch_commands_max,
            on_batch=on_batch,
        )


def _show(summary: Summary) -> None:
    rows = [
        ("rows read", f"{summary.rows:,}"),
        ("customers", f"{summary.customers:,}"),
        ("sales", f"{summary.sales:,}"),
        ("sold", money(summary.sold_minor)),
        ("returns", f"{summary.returns:,}"),
        ("returned", money(summary.returned_minor)),
        ("rounding", money(summary.rounding_minor)),
        *(
            (f"left out: {reason.replace('_', ' ')}", f"{left.rows:,} rows, {money(left.amount_minor)}")
            for reason, left in summary.left_out.items()
        ),
        ("events written", f"{summary.events:,}"),
        ("commands imported before", f"{summary.already_imported:,}"),
        ("seconds", f"{summary.seconds:,.1f}"),
    ]
    table("Import", ("what", ("how much", "right")), rows)

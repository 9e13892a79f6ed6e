"""The TOML mapping that says what the columns of a CSV file mean. docs/import.md explains every key."""

import codecs
import difflib
import tomllib
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from domain.associate.commands import DeficitPolicy
from domain.currencies import CURRENCIES
from domain.money import Currency, NonNegativeMinor, RateBp
from domain.sale.commands import SaleChannel
from services.importing.pipeline.csv_files import UnusableFile

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
#: The heading of a column, or of several: the first of them that is not blank counts.
Heading = Text | Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=10)]
Inherited = Literal[
    "date", "time", "customer", "customer_name", "phone", "email", "associate", "store", "currency", "kind"
]
ALL_INHERITED: tuple[Inherited, ...] = get_args(Inherited)


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; a key that is not known is an error, so that nothing is misspelled in silence."""


class FileShape(_Table, frozen=True, kw_only=True):
    """How the file is written. What is not given is detected."""

    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] | None = None
    encoding: Text | None = None
    decimal_comma: bool | None = None
    date_format: Text | None = None
    day_first: bool | None = None
    skip_rows: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    padded: bool = False
    inherit: tuple[Inherited, ...] = ALL_INHERITED


class Columns(_Table, frozen=True, kw_only=True):
    """The heading of each column, or several headings. `unit_price`, `amount` or both are needed."""

    date: Heading
    sku: Heading | None = None
    time: Heading | None = None
    invoice: Heading | None = None
    customer: Heading | None = None
    customer_name: Heading | None = None
    phone: Heading | None = None
    email: Heading | None = None
    description: Heading | None = None
    department: Heading | None = None
    label: Heading | None = None
    size: Heading | None = None
    quantity: Heading | None = None
    unit_price: Heading | None = None
    amount: Heading | None = None
    discount: Heading | None = None
    discount_percent: Heading | None = None
    tax: Heading | None = None
    shipping: Heading | None = None
    order_discount: Heading | None = None
    refunded: Heading | None = None
    associate: Heading | None = None
    store: Heading | None = None
    currency: Heading | None = None
    kind: Heading | None = None


class Constants(_Table, frozen=True, kw_only=True):
    """What holds where the column is blank, or there is none."""

    sku: Text | None = None
    description: Text | None = None
    department: Text | None = None
    label: Text | None = None
    associate: Text | None = None


class Sales(_Table, frozen=True, kw_only=True):
    """What the column `kind` says of a sale. Without it, the usual words count (kinds.py)."""

    kinds: tuple[Text, ...] = ()


class Returns(_Table, frozen=True, kw_only=True):
    """What marks a return besides a quantity or an amount below zero."""

    kinds: tuple[Text, ...] = ()
    invoice_prefix: Text | None = None


class Pay(_Table, frozen=True, kw_only=True):
    """The pay plan of associates in the file; `rates_bp` maps those with a rate of their own."""

    rate_bp: RateBp = 675
    base_rate_minor: NonNegativeMinor = 0
    deficit_policy: DeficitPolicy = "carry"
    rates_bp: dict[str, RateBp] = {}


class Mapping(_Table, frozen=True, kw_only=True):
    """The whole file. `name` is part of every identifier: the same name resumes the same history."""

    name: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
    currency: Currency
    columns: Columns
    time_zone: Text = "UTC"
    store: Text | None = None
    channel: SaleChannel = "store"
    prices_include_tax: bool = False
    invoice_numbers_restart: Literal["never", "daily", "yearly"] = "never"
    #: Between the names of associates who sold a line together.
    split_separator: Text | None = None
    #: Numbers in the column of the customer that name nobody.
    walk_ins: tuple[Text, ...] = ("0",)
    file: FileShape = FileShape()
    constants: Constants = Constants()
    #: Rows to skip: the values of a column, by its heading.
    skip: dict[Text, tuple[str, ...]] = {}
    sales: Sales = Sales()
    returns: Returns = Returns()
    pay: Pay = Pay()

    def zone(self) -> tzinfo:
        """The zone of times without an offset."""
        return UTC if self.time_zone == "UTC" else ZoneInfo(self.time_zone)


TABLES: dict[str, type[_Table]] = {
    "$": Mapping, "$.file": FileShape, "$.columns": Columns, "$.constants": Constants, "$.sales": Sales,
    "$.returns": Returns, "$.pay": Pay,
}  # fmt: skip
#: What is asked of the keys with a pattern.
WRITTEN_AS: dict[str, str] = {
    "name": "must be 1 to 40 small letters, digits and hyphens",
    "currency": "must be a code of three capital letters, such as EUR",
}
RESERVED_NAMES = ("online-retail", "northwind", "adventureworks")


def mapping_of(path: Path) -> Mapping:
    """The mapping in a TOML file. Raises UnusableFile, whose message says which key is wrong and why."""
    if not path.is_file():
        raise UnusableFile(f"{path}: there is no such file")
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableFile(f"{path}: is no TOML: {error}") from error
    if (strange := _strange_key(content)) is not None:
        raise UnusableFile(f"{path}: {strange}")
    try:
        mapping = msgspec.convert(content, Mapping)
    except msgspec.ValidationError as error:
        said, _, key = str(error).partition(" - at `$.")
        key = key.removesuffix("`")
        said = WRITTEN_AS.get(key, said) if said.startswith("Expected `str` ") else said
        raise UnusableFile(f"{path}: {key}: {said}" if key else f"{path}: {said}") from error
    if (complaint := _complaint(mapping)) is not None:
        raise UnusableFile(f"{path}: {complaint}")
    return mapping


def _strange_key(content: dict[str, object]) -> str | None:
    for place, table in TABLES.items():
        given = content if place == "$" else content.get(place[2:])
        known = [field.name for field in msgspec.structs.fields(table)]
        for key in given if isinstance(given, dict) else ():
            if key not in known:
                where = "" if place == "$" else f" in [{place[2:]}]"
                close = difflib.get_close_matches(str(key), known, 1)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
                return f"there is no key {key!r}{where}: {hint}"
    return None


def _complaint(mapping: Mapping) -> str | None:
    columns = mapping.columns
    if mapping.currency not in CURRENCIES:
        return f"currency {mapping.currency!r} is no currency of ISO 4217"
    if columns.sku is None and mapping.constants.sku is None:
        return "[columns] needs sku, or [constants] sku"
    if columns.unit_price is None and columns.amount is None:
        return "[columns] needs unit_price, amount, or both"
    if columns.discount is not None and columns.discount_percent is not None:
        return "[columns] can have discount or discount_percent, not both"
    for table, kinds in (("sales", mapping.sales.kinds), ("returns", mapping.returns.kinds)):
        if kinds and columns.kind is None:
            return f"[{table}] kinds needs the column that holds them: kind in [columns]"
    if mapping.prices_include_tax and columns.tax is None:
        return "prices_include_tax needs to know the tax of each line: tax in [columns]"
    if mapping.name in RESERVED_NAMES:
        return f"name cannot be {mapping.name!r}: that is a format of its own"
    try:
        mapping.zone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"time_zone {mapping.time_zone!r} is not known; zones are named like Europe/Paris"
    try:
        codecs.lookup(mapping.file.encoding or "utf-8")
    except LookupError:
        return f"[file] encoding {mapping.file.encoding!r} is not known"
    return None

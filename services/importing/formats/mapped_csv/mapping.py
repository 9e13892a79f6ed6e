"""The TOML mapping that says what the columns of a CSV file mean. docs/import.md explains every key."""

import codecs
import difflib
import tomllib
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from domain.associate.commands import DeficitPolicy
from domain.money import Currency, NonNegativeMinor, RateBp
from domain.sale.commands import SaleChannel
from services.importing.pipeline.csv_files import UnusableFile

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; a key that is not known is an error, so that nothing is misspelled in silence."""


class FileShape(_Table, frozen=True, kw_only=True):
    """How the file is written. What is not given is detected."""

    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] | None = None
    encoding: Text | None = None
    decimal_comma: bool = False
    date_format: Text | None = None
    day_first: bool = False


class Columns(_Table, frozen=True, kw_only=True):
    """The heading of each column. `unit_price`, `amount` or both are needed."""

    date: Text
    sku: Text
    time: Text | None = None
    invoice: Text | None = None
    customer: Text | None = None
    customer_name: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    description: Text | None = None
    department: Text | None = None
    label: Text | None = None
    size: Text | None = None
    quantity: Text | None = None
    unit_price: Text | None = None
    amount: Text | None = None
    discount: Text | None = None
    discount_percent: Text | None = None
    tax: Text | None = None
    associate: Text | None = None
    store: Text | None = None
    currency: Text | None = None
    kind: Text | None = None


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
    file: FileShape = FileShape()
    returns: Returns = Returns()
    pay: Pay = Pay()

    def zone(self) -> tzinfo:
        """The zone of times without an offset."""
        return UTC if self.time_zone == "UTC" else ZoneInfo(self.time_zone)


TABLES: dict[str, type[_Table]] = {
    "$": Mapping, "$.file": FileShape, "$.columns": Columns, "$.returns": Returns, "$.pay": Pay,
}  # fmt: skip
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
        raise UnusableFile(
            f"{path}: {key.removesuffix('`')}: {said}" if key else f"{path}: {said}"
        ) from error
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
    if columns.unit_price is None and columns.amount is None:
        return "[columns] needs unit_price, amount, or both"
    if columns.discount is not None and columns.discount_percent is not None:
        return "[columns] can have discount or discount_percent, not both"
    if mapping.returns.kinds and columns.kind is None:
        return "[returns] kinds needs the column that holds them: kind in [columns]"
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

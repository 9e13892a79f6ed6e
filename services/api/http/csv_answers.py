"""Answers that are tables for spreadsheets: CSV as RFC 4180 has it, in UTF-8."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

from services.api.http.openapi_parts import POSITION_HEADER
from services.api.http.route_handlers import NO_STORE

CSV: Final = "text/csv"
#: What a spreadsheet takes a cell for a formula by.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(rows: Iterable[Sequence[Any]]) -> bytes:
    """Lines of a table: texts, whole numbers, days and instants (ISO 8601); None is empty.

    A text that begins as a formula does has an apostrophe before it, and is a text.
    """
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def csv_headers(file_name: str, *, position: int) -> dict[str, str]:
    """The headers of an answer that is a table, and is saved under a name."""
    return {
        **NO_STORE,
        # Litestar has a stream say the handler's media type, whatever its own is, unless a header does.
        "Content-Type": f"{CSV}; charset=utf-8; header=present",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name, safe='')}",
        "Vary": "Accept",
        POSITION_HEADER: str(position),
    }


def _cell(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value

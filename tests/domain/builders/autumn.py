"""Pay periods of autumn 2024, and sales on the fifth of a month."""

from datetime import UTC, date, datetime
from typing import Any

from tests.domain.builders.money_commands import SALE, line_to_sell, record_sale

OCTOBER = {"period_id": "2024-10", "starts_on": date(2024, 10, 1), "ends_on": date(2024, 10, 31)}
NOVEMBER = {"period_id": "2024-11", "starts_on": date(2024, 11, 1), "ends_on": date(2024, 11, 30)}


def sold(cents: int, month: int, sale_id: str = SALE) -> Any:
    at = datetime(2024, month, 5, 15, 0, tzinfo=UTC)
    return record_sale(line_to_sell(unit_price_minor=cents), sale_id=sale_id, occurred_at=at)

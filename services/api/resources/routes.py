"""Every route of the API, in the order in which people read about them."""

from typing import Final

from services.api.http.routing import Route
from services.api.resources import (
    associates,
    book,
    commands,
    heroics,
    ledger,
    pay_periods,
    receipts,
    scores,
    service,
)

ROUTES: Final[tuple[Route, ...]] = (
    *associates.ROUTES,
    *book.ROUTES,
    *scores.ROUTES,
    *ledger.ROUTES,
    *pay_periods.ROUTES,
    *heroics.ROUTES,
    *receipts.ROUTES,
    *commands.ROUTES,
    *service.ROUTES,
)

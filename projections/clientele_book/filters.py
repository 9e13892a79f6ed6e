"""Which customers of a book a list is about."""

from datetime import datetime
from typing import Literal

from projections.clientele_book.page import CustomerPage
from projections.clientele_book.summary import waiting_for
from projections.clientele_book.today import occasions_near, silence

Filter = Literal["lapsing", "waiting", "occasion_near"]


def passes(page: CustomerPage, only: Filter, as_of: datetime) -> bool:
    """Whether a customer is silent for longer than their own rhythm, waits for goods, or has an occasion
    (a birthday, an anniversary) within 14 days. Days are those of the time zone of `as_of`. Unlike for Today
    it does not matter whether anybody has called, or may.
    """
    match only:
        case "lapsing":
            silent = silence(page, as_of)
            return silent is not None and silent.days > silent.usual_days
        case "waiting":
            return bool(waiting_for(page))
        case "occasion_near":
            return any(occasions_near(page, as_of))

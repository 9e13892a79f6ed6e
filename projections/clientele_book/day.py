"""For how long the reasons to reach out to a customer hold, while nothing happens."""

from datetime import UTC, datetime, time, timedelta

from projections.clientele_book.page import CustomerPage
from projections.clientele_book.today import NEAR_DAYS

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


def reasons_hold_until(page: CustomerPage, as_of: datetime) -> datetime:
    """The first instant at which `today` may say something else of the page than at `as_of`, in UTC.

    Every reason goes by the days of `as_of`'s time zone, but for the thank-you, which goes by the moment of
    the purchase.
    """
    day_ends = datetime.combine(as_of.date() + DAY, time.min, as_of.tzinfo)
    recent = [purchase.sold_at for purchase in page.purchases]
    no_longer = [sold_at + timedelta(days=NEAR_DAYS) + MOMENT for sold_at in recent]
    return min(moment.astimezone(UTC) for moment in (day_ends, *recent, *no_longer) if moment > as_of)

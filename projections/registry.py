"""Every projection, in the order they are shown and rebuilt."""

from typing import Any, Final

from projections.associate_directory.fold import PROJECTION as ASSOCIATE_DIRECTORY
from projections.clientele_book.fold import PROJECTION as CLIENTELE_BOOK
from projections.commission_ledger.fold import PROJECTION as COMMISSION_LEDGER
from projections.customer_directory.fold import PROJECTION as CUSTOMER_DIRECTORY
from projections.heroics_wall.fold import PROJECTION as HEROICS_WALL
from projections.kernel import Projection
from projections.loyalty_score.fold import PROJECTION as LOYALTY_SCORE
from projections.pay_calendar.fold import PROJECTION as PAY_CALENDAR
from projections.pay_questions.fold import PROJECTION as PAY_QUESTIONS
from projections.score_parameters.fold import PROJECTION as SCORE_PARAMETERS
from projections.service_context.fold import PROJECTION as SERVICE_CONTEXT
from projections.service_standards.fold import PROJECTION as SERVICE_STANDARDS

ALL: Final[tuple[Projection[Any], ...]] = (
    CLIENTELE_BOOK,
    LOYALTY_SCORE,
    COMMISSION_LEDGER,
    HEROICS_WALL,
    ASSOCIATE_DIRECTORY,
    PAY_CALENDAR,
    SCORE_PARAMETERS,
    SERVICE_CONTEXT,
    SERVICE_STANDARDS,
    CUSTOMER_DIRECTORY,
    PAY_QUESTIONS,
)
BY_NAME: Final = {projection.name: projection for projection in ALL}

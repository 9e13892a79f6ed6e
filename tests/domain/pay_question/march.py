"""Anna's March: hired with Ben and Carl, one sale to Clara, the period closed and her statement issued."""

from typing import Final

from tests.domain.builders import money_commands as money
from tests.domain.builders import money_events, people_events
from tests.domain.builders.money_commands import ANNA, BEN, CLARA
from tests.domain.builders.questions import AT
from tests.domain.given import Given, given

#: Anna, Ben, Clara, the period and the sale; the entry that the sale led to stands at `AT`.
SOLD: Final = given(
    money_events.associate_hired(),
    money_events.associate_hired(associate_id=BEN),
    people_events.customer_registered(),
    money_events.pay_period_opened(),
    money_events.commission_earned(),
    money_events.sale_recorded(customer_id=CLARA),
)
STATED: Final = SOLD.after(money.close_pay_period(), money.issue_statement())


def position_of_last(story: Given) -> int:
    """The position of the last event of a history."""
    return len(story.events)


assert SOLD.events[AT - 1] == money_events.commission_earned(associate_id=ANNA)

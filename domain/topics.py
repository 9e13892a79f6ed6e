"""The one table of topics: names on the outside, classes on the inside. A topic is never reused."""

from domain.associate import events as associate
from domain.commission_account import events as commission_account
from domain.customer import events as customer
from domain.heroic_act import events as heroic_act
from domain.messages import Event
from domain.pay_period import events as pay_period
from domain.return_ import events as return_
from domain.sale import events as sale
from domain.stock_arrival import events as stock_arrival

ROOMS = (customer, sale, return_, heroic_act, associate, commission_account, pay_period, stock_arrival)

CLASS_OF_TOPIC: dict[str, type[Event]] = {
    topic: event_class for room in ROOMS for topic, event_class in room.TOPICS.items()
}
TOPIC_OF_CLASS: dict[type[Event], str] = {event_class: topic for topic, event_class in CLASS_OF_TOPIC.items()}

#: Shapes that are no longer written, and how their JSON object becomes the next one's:
#: "old.topic.v1": ("old.topic.v2", function from dict to dict).
UPCASTERS: dict[str, tuple[str, object]] = {}

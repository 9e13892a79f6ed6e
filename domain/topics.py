"""The one table of topics: the stored name of each event class and version. A topic is never reused."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.associate import events as associate
from domain.commission_account import events as commission_account
from domain.customer import events as customer
from domain.heroic_act import events as heroic_act
from domain.messages import Event
from domain.pay_period import events as pay_period
from domain.pay_question import events as pay_question
from domain.return_ import events as return_
from domain.sale import events as sale
from domain.score_parameters import events as score_parameters
from domain.service_standard import events as service_standard
from domain.stock_arrival import events as stock_arrival
from domain.store import events as store

ROOMS = (
    customer,
    sale,
    return_,
    heroic_act,
    associate,
    commission_account,
    pay_period,
    pay_question,
    stock_arrival,
    score_parameters,
    store,
    service_standard,
)

CLASS_OF_TOPIC: dict[str, type[Event]] = {
    topic: event_class for room in ROOMS for topic, event_class in room.TOPICS.items()
}

#: What makes the JSON object of one shape into that of the next.
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

#: Shapes that are no longer written: "old.topic.v1": ("old.topic.v2", upcaster). Where the next one is no
#: longer written either, it is listed here too, and the event is upcast step by step.
UPCASTERS: dict[str, tuple[str, Upcaster]] = {}


@dataclass(frozen=True)
class Deprecation:
    """That a topic will be written no more: announced on a day, and not before its sunset. `successor` is the
    topic that is written in its place from then on.
    """

    announced: date
    sunset: date
    successor: str


#: Topics that are still written and will be no more. Schemas, headers and the event catalogue say so.
DEPRECATED: dict[str, Deprecation] = {}


def topics_of(classes: Collection[type[Event]]) -> frozenset[str]:
    """The topics under which events of these classes are stored, old ones included."""
    current = {topic for topic, event_class in CLASS_OF_TOPIC.items() if event_class in classes}
    return frozenset(current | {old for old in UPCASTERS if latest_topic(old) in current})


def latest_topic(topic: str) -> str:
    """The topic that is written now in the place of one that is not written any more, else the same."""
    while topic in UPCASTERS:
        topic = UPCASTERS[topic][0]
    return topic

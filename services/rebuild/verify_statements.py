"""Verifying pay: every issued statement beside what history says it should be, up to one position of the
log.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from domain.commission_account.auditing import Audit
from domain.commission_account.discrepancies import Discrepancy
from domain.topics import CLASS_OF_TOPIC, topics_of
from infra.event_store.codec import CODEC
from infra.event_store.quarantine import positions_left_out
from infra.event_store.scan import scan
from infra.postgres import connect
from infra.settings import Settings
from projections.registry import COMMISSION_LEDGER
from services.projector.folding import reason_of
from services.projector.poison_event import PoisonEvent

DISCREPANCIES_SHOWN_MAX = 100
TOLD_EVERY_EVENTS = 2_000
#: What a PoisonEvent names that is met here, where no projection is folded.
STATEMENTS = "issued statements"


@dataclass
class StatementsVerified:
    """How many statements stand in the log up to a position, and what of them (the first ones) is not what
    history says.
    """

    position: int
    statements: int = 0
    discrepancies: list[Discrepancy] = field(default_factory=list[Discrepancy])
    discrepancies_in_all: int = 0


def verify_statements(
    settings: Settings, database_url: str, up_to: int, on_progress: Callable[[int, int], None]
) -> StatementsVerified:
    """Reckon every statement up to a position anew from the events before it. The log is read once, in its
    order, and nothing is locked.

    What the ledger leaves out is left out here. Raises PoisonEvent for an event that cannot be read.
    """
    audit, found = Audit(), StatementsVerified(up_to)
    with connect(settings, database_url, name="verify", limit_statements=False) as connection:
        left_out = positions_left_out(connection, COMMISSION_LEDGER.name)
        facts = scan(connection, by_customer=False, topics=TOPICS, part=0, parts=1, up_to=up_to)
        with closing(facts):
            for told, (position, key, topic, content) in enumerate(facts, start=1):
                if position in left_out:
                    continue
                try:
                    event = CODEC.decode(topic, content)
                    wrong = [] if event is None else audit.take(event, position)
                except Exception as error:
                    raise PoisonEvent(STATEMENTS, key, position, reason_of(error)) from None
                found.discrepancies_in_all += len(wrong)
                found.discrepancies.extend(wrong[: DISCREPANCIES_SHOWN_MAX - len(found.discrepancies)])
                if told % TOLD_EVERY_EVENTS == 0:
                    on_progress(position, up_to)
    on_progress(up_to, up_to)
    found.statements = audit.statements
    return found


def _concern_pay(topic: str) -> bool:
    return topic.startswith(("associate.", "commission_account.", "pay_period.", "store."))


TOPICS = topics_of([event_class for topic, event_class in CLASS_OF_TOPIC.items() if _concern_pay(topic)])

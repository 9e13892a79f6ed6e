"""Replay history from the log in two reads: the first builds an index of what the second must remember."""

from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from typing import Any

import msgspec

from domain.associate.events import AssociateHired, PayPlanChanged
from domain.commission_account.events import LateHoursRecorded
from domain.messages import Event, NotFound
from domain.topics import topics_of
from infra.clock import SYSTEM_CLOCK
from infra.event_store.codec import UndecodableEvent, decode
from infra.event_store.log import EventLog
from infra.event_store.scan import scan
from infra.event_store.states import HistoryUnreadable
from infra.postgres import connect
from infra.settings import Settings
from projections.registry import COMMISSION_LEDGER
from services.analysis.what_if.alternative_rules import AlternativeRules
from services.analysis.what_if.replay import CONSUMES, REVISITING_EVENTS, Replay, revisited_sale_of
from services.rebuild.left_out_events import positions_left_out_of


class ReplayIndex(msgspec.Struct, frozen=True):
    """What the replay needs to know beforehand: end of the log, references of associates, sales revisited
    later (None: any), associates whose accounts are remembered event by event (a plan was computed anew, or
    hours were put right that a statement counts), and the positions of the events it would read that are in
    quarantine.
    """

    end: int
    references: dict[str, str | None]
    revisited_sales: frozenset[str] | None
    remembered: frozenset[str] = frozenset()
    left_out: tuple[int, ...] = ()

    def associate_id(self, associate: str) -> str:
        """The associate of an identifier or a reference.

        Raises NotFound, also when a reference is ambiguous.
        """
        if associate in self.references:
            return associate
        found = [who for who, reference in self.references.items() if reference == associate]
        if len(found) == 1:
            return found[0]
        said = "nobody was hired as" if not found else "several were hired as"
        raise NotFound("associate_unknown", f"{said} {associate}", "--associate")


def build_replay_index(settings: Settings, database_url: str, log: EventLog) -> ReplayIndex:
    """Read the log a first time and build the index. Raises HistoryUnreadable, as `replay_history` does."""
    end = log.last_position()
    with connect(settings, database_url, name="what-if") as connection:
        left_out = positions_left_out_of(connection, COMMISSION_LEDGER, topics_of(CONSUMES))
    references: dict[str, str | None] = {}
    revisited_sales: set[str] = set()
    recomputed: set[str] = set()
    corrected: set[str] = set()
    classes = (AssociateHired, PayPlanChanged, LateHoursRecorded, *REVISITING_EVENTS)
    for _, event in _read(settings, database_url, classes, end, left_out):
        if isinstance(event, PayPlanChanged):
            recomputed |= {event.associate_id} if event.recomputed else set()
        elif isinstance(event, LateHoursRecorded):
            corrected |= {event.associate_id} if event.minutes_before is not None else set()
        elif isinstance(event, AssociateHired):
            references[event.associate_id] = event.reference
        elif (sale_id := revisited_sale_of(event)) is not None:
            revisited_sales.add(sale_id)
    revisited = None if recomputed else frozenset(revisited_sales)
    return ReplayIndex(end, references, revisited, frozenset(recomputed | corrected), tuple(sorted(left_out)))


def replay_history(
    settings: Settings,
    database_url: str,
    index: ReplayIndex,
    rules: AlternativeRules,
    on_position: Callable[[int], None],
) -> Replay:
    """Read the log again and decide everything again.

    `on_position` gets each position. Raises ReplayFailed.
    """
    replay = Replay(rules, SYSTEM_CLOCK.now(), index.revisited_sales, index.remembered)
    for position, event in _read(settings, database_url, CONSUMES, index.end, index.left_out):
        replay.apply_event(event)
        on_position(position)
    return replay


def _read(
    settings: Settings,
    database_url: str,
    classes: tuple[type[Event], ...],
    end: int,
    left_out: Collection[int],
) -> Iterator[tuple[int, Event]]:
    with connect(settings, database_url, name="what-if", limit_statements=False) as connection:
        events: Any = scan(
            connection, by_customer=False, topics=topics_of(classes), part=0, parts=1, up_to=end
        )
        with closing(events):
            for position, stream_id, topic, state in events:
                if position in left_out:
                    continue
                try:
                    event = decode(topic, state)
                except UndecodableEvent as error:
                    raise HistoryUnreadable(stream_id, topic, position) from error
                if event is not None:
                    yield position, event

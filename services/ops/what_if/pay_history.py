"""Everything in the log that pay follows from: read twice, first for what the second reading need not remember."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import msgspec

from domain.associate.events import AssociateHired
from domain.messages import Event, NotFound
from domain.topics import topics_of
from infra.clock import SYSTEM_CLOCK
from infra.event_store.codec import decode
from infra.event_store.scan import scan
from infra.postgres import connect
from services.ops.shop import Shop
from services.ops.what_if.other_rules import OtherRules
from services.ops.what_if.replay import CONSUMES, LOOKS_BACK, Replay, sale_looked_back_at


class Beforehand(msgspec.Struct, frozen=True):
    """What is known before the replay: where the log ends, the staff and their references, the sales that later facts come back to."""

    end: int
    references: dict[str, str | None]
    looked_at_again: frozenset[str]

    def associate_id(self, associate: str) -> str:
        """Whom an identifier or a reference means. Raises NotFound, or Refused when a reference means several."""
        if associate in self.references:
            return associate
        found = [who for who, reference in self.references.items() if reference == associate]
        if len(found) == 1:
            return found[0]
        said = "nobody was hired as" if not found else "several were hired as"
        raise NotFound("associate_unknown", f"{said} {associate}", "--associate")


def look_ahead(shop: Shop) -> Beforehand:
    """The first reading."""
    end = shop.log.last_position()
    references: dict[str, str | None] = {}
    looked_at_again: set[str] = set()
    for _, event in _read(shop, (AssociateHired, *LOOKS_BACK), end):
        if isinstance(event, AssociateHired):
            references[event.associate_id] = event.reference
        elif (sale_id := sale_looked_back_at(event)) is not None:
            looked_at_again.add(sale_id)
    return Beforehand(end, references, frozenset(looked_at_again))


def replayed(shop: Shop, known: Beforehand, rules: OtherRules, on_position: Callable[[int], None]) -> Replay:
    """The second reading, decided again. `on_position` is told where it stands. Raises CannotReplay."""
    replay = Replay(rules, SYSTEM_CLOCK.now(), known.looked_at_again)
    for position, event in _read(shop, CONSUMES, known.end):
        replay.take(event)
        on_position(position)
    return replay


def _read(shop: Shop, classes: tuple[type[Event], ...], end: int) -> Iterator[tuple[int, Event]]:
    with connect(
        shop.settings, shop.servers.database_url, name="what-if", limit_statements=False
    ) as connection:
        facts: Any = scan(
            connection, by_customer=False, topics=topics_of(classes), part=0, parts=1, up_to=end
        )
        with closing(facts):
            for position, _, topic, state in facts:
                event = decode(topic, state)
                if event is not None:
                    yield position, event

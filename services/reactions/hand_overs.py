"""An associate leaves: the book goes to the successors, and nobody is left without an owner."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from domain.associate.events import AssociateLeft
from domain.customer.commands import ReassignOwner
from domain.customer.handing_over import (
    BY_RULE,
    NAMED,
    LeftBehind,
    in_turn,
    nearest,
    to_the_smallest_book,
)
from infra.event_store.log import LoggedEvent
from infra.reaction_store.sources import HAND_OVERS
from projections.associate_directory.queries import WORKING, WORKING_IN_STORE, WORKPLACE
from projections.clientele_book.queries import BOOK_SIZES, LEAVERS_CUSTOMERS
from services.reactions.context import ReactionContext
from services.reactions.keyed_commands import following, key_of

NAME: Final = HAND_OVERS
TOPIC: Final = "associate.left.v1"
READS: Final = ("associate_directory", "clientele_book")

#: A book is handed over in one commit, so that it is dealt out as one; only one that is larger than this
#: takes several.
RECORDS_PER_COMMIT_MAX: Final = 5_000


class NobodyIsLeft(RuntimeError):
    """There is nobody in the house who could take over a book."""


def follow(context: ReactionContext, fact: LoggedEvent, left: AssociateLeft) -> None:
    """Hand over the book of one leaver."""
    records = [
        LeftBehind(row[0], row[1]) for row in context.rows(LEAVERS_CUSTOMERS, associate_id=left.associate_id)
    ]
    if not records:
        return
    successors = [one for one in left.successors if context.works_here(one)]
    if successors:
        dealt, reason = in_turn(records, successors), NAMED
    else:
        dealt, reason = to_the_smallest_book(records, _books_of_colleagues(context, left)), BY_RULE
    commands = list(handed_over(left.associate_id, records, dealt, reason, left.occurred_at))
    context.do(commands, following(NAME, fact), commit_commands_max=RECORDS_PER_COMMIT_MAX)


def handed_over(
    leaver: str, records: Sequence[LeftBehind], dealt: Mapping[str, str], reason: str, at: datetime
) -> Iterator[tuple[str, ReassignOwner]]:
    """One command for each record. Who was given to somebody else meanwhile stays there."""
    for record, person in records:
        yield (
            key_of(NAME, leaver, record, at.isoformat()),
            ReassignOwner(
                customer_id=record,
                associate_id=dealt[person],
                previous_associate_id=leaver,
                reason=reason,
                occurred_at=at,
            ),
        )


def _books_of_colleagues(context: ReactionContext, left: AssociateLeft) -> dict[str, int]:
    """The nearest who can take over, with the sizes of their books."""
    [(store_id, department)] = context.rows(WORKPLACE, associate_id=left.associate_id)
    in_store = [(row[0], row[1]) for row in context.rows(WORKING_IN_STORE, store_id=store_id)]
    in_house = [row[0] for row in context.rows(WORKING)]
    colleagues = nearest(left.associate_id, department, in_store, in_house)
    if not colleagues:
        raise NobodyIsLeft(f"nobody works here who could take over the book of {left.associate_id}")
    sizes = dict.fromkeys(colleagues, 0)
    return sizes | {row[0]: int(row[1]) for row in context.rows(BOOK_SIZES, associate_ids=colleagues)}

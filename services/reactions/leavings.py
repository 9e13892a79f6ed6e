"""The last day that somebody has announced comes: they leave."""

from collections.abc import Iterator
from typing import Final

from domain.associate.commands import LeaveAsAnnounced
from infra.event_store.command_context import context_of
from projections.associate_directory.fold import PROJECTION
from projections.associate_directory.queries import LEAVING
from services.reactions.context import ReactionContext
from services.reactions.keyed_commands import KeyedCommand, key_of

NAME: Final = "leavings"
#: It was taken back meanwhile, or they have left by another command; or their store has another clock by now.
DONE_OTHERWISE: Final = frozenset({"no_leaving_announced", "associate_has_left", "leaving_not_yet"})


def leave_when_the_day_has_come(context: ReactionContext) -> int:
    """Let everybody leave whose announced last day has begun in their store; how many there were."""
    due = context.rows(LEAVING, now=context.clock.now())
    context.do(_commands(due), context_of(f"reaction:{NAME}"), done_otherwise=DONE_OTHERWISE)
    return len(due)


def _commands(due: list[tuple[str, int, str]]) -> Iterator[KeyedCommand]:
    """One command for each announcement: it is named by its position, and happens when the day begins."""
    for key, _, state in due:
        leaving = PROJECTION.decode(state).leaving
        if leaving is not None:
            command = LeaveAsAnnounced(
                associate_id=key, left_on=leaving.left_on, occurred_at=leaving.begins_at
            )
            yield key_of(NAME, key, str(leaving.position)), command

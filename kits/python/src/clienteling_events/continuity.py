"""What to do with the next message, by the places that messages and the checkpoint say. Nothing is asked of
anybody: the same message, checkpoint and lineage always give the same step.
"""

import msgspec

from clienteling_events.lineage import Lineage
from clienteling_events.message import EventMessage


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Up to where a consumer has handled the log, and in which epoch.

    To be stored in the transaction in which the events were handled. `exact`: an event has this position; one
    who begins behind any other number has handled nothing there that could be missing.
    """

    epoch: str
    position: int
    exact: bool = True


class Handle(msgspec.Struct, frozen=True, tag="handle"):
    """It is next. `checkpoint` is the one behind it."""

    checkpoint: Checkpoint


class PassOver(msgspec.Struct, frozen=True, tag="pass_over"):
    """It was handled before, or is of an epoch that is over: acknowledge it and go on."""

    why: str


class Refill(msgspec.Struct, frozen=True, tag="refill"):
    """Events are missing: get them behind `after` up to `up_to` from `GET /v1/events`, then look again."""

    after: int
    up_to: int


class SetBack(msgspec.Struct, frozen=True, tag="set_back"):
    """The log was set back: undo what came of events behind the checkpoint, store it, and look again."""

    checkpoint: Checkpoint


class LineageNeeded(msgspec.Struct, frozen=True, tag="lineage_needed"):
    """It is of an epoch that is not known: read the lineage anew.

    If it is still not known, somebody else wrote the message: pass it over.
    """

    epoch: str


class Contradiction(msgspec.Struct, frozen=True, tag="contradiction"):
    """It says that nothing is where an event was handled: one of the two is not from the log. Reconcile."""

    position: int


Step = Handle | PassOver | Refill | SetBack | LineageNeeded | Contradiction


def next_step(checkpoint: Checkpoint, message: EventMessage, lineage: Lineage) -> Step:
    """What to do with a message. Raises AnotherHouse when the checkpoint is of a log that this is not."""
    if not lineage.knows(message.epoch):
        return LineageNeeded(message.epoch)
    current = lineage.epochs[-1].epoch
    if checkpoint.epoch != current:
        common = lineage.common_position(checkpoint.epoch, checkpoint.position)
        exact = checkpoint.exact or common < checkpoint.position
        return SetBack(Checkpoint(epoch=current, position=common, exact=exact))
    if message.epoch != current:
        return PassOver("it is of an epoch that is over")
    if message.position <= checkpoint.position:
        return PassOver("it was handled before")
    if message.previous_position > checkpoint.position:
        return Refill(checkpoint.position, message.previous_position)
    if message.previous_position < checkpoint.position and checkpoint.exact:
        return Contradiction(checkpoint.position)
    return Handle(Checkpoint(epoch=current, position=message.position))
